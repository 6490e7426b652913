"""Would the tests notice if a rule were a little wrong? Every place of the rules is changed, and its tests are run.

Only tests without a database take part: a rule that they do not hold is not held. A mutant lives in a forked process
in which the module is changed in place, so that one costs what its tests cost. Survivors are told, equivalent or not.
"""

import contextlib
import importlib
import inspect
import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.prove.mutants import Mutant, mutants_of, put
from tests.prove.result import Result, Sizes, judged

NUMBER = 14
SIZES = {"mutants": (150, 100_000)}
SCORE_MIN = 80
"""Percent of the mutants that tests must find."""
SECONDS_MAX = 20
"""A mutant that takes longer hangs, and is found by that."""
SEED = 20_261_122
PROJECT = Path(__file__).parents[2]
HELD_BY: dict[str, tuple[str, ...]] = {
    "domain.claims.rules": ("tests/claims/test_rules.py",),
    "domain.claims.slots": ("tests/claims/test_rules.py",),
    "domain.claims.lines": ("tests/claims/test_rules.py",),
    "domain.claims.elsewhere": ("tests/claims/test_rules.py",),
    "domain.claims.standing": ("tests/claims/test_standing.py",),
    "domain.claims.scoring": ("tests/claims/test_scoring.py",),
    "domain.claims.scoring_evidence": ("tests/claims/test_scoring.py",),
    "domain.warranty.rules": ("tests/warranty/test_coverage.py",),
}
"""The rules, and the tests that hold them."""


class _Collected:
    """The tests that need nothing but themselves."""

    def __init__(self) -> None:
        self.items: list[pytest.Function] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep those without fixtures; those that try examples of their own come last."""
        alone = [one for one in session.items if isinstance(one, pytest.Function) and _is_alone(one)]
        self.items = sorted(alone, key=lambda one: hasattr(one.obj, "hypothesis"))


def _is_alone(item: pytest.Function) -> bool:
    return (
        not inspect.iscoroutinefunction(item.obj)
        and inspect.signature(item.obj).parameters.keys() <= _given(item).keys()
    )


def _given(item: pytest.Function) -> dict[str, object]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def tests_of(files: Sequence[str]) -> list[pytest.Function]:
    """Collect the tests of these files that need nothing but themselves."""
    collected = _Collected()
    asked = ["--collect-only", "-q", "--noconftest", "-p", "no:cacheprovider", *(str(PROJECT / one) for one in files)]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(asked, plugins=[collected])
    return collected.items


def is_found(mutant: Mutant | None, tests: Sequence[pytest.Function]) -> bool:
    """Tell whether a test fails with this change, or hangs; None is no change."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS_MAX)
        # The end of this copy is its answer: nothing of the runner may clean up twice.
        os._exit(1 if _fails(mutant, tests) else 0)
    _, status = os.waitpid(child, 0)
    return status != 0


def _fails(mutant: Mutant | None, tests: Sequence[pytest.Function]) -> bool:
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        try:
            if mutant is not None:
                put(mutant)
            for test in tests:
                test.obj(**_given(test))
        except BaseException:
            return True
    return False


def every_mutant() -> Iterator[Mutant]:
    """Yield every mutant of the rules."""
    for module in HELD_BY:
        path = importlib.import_module(module).__file__
        assert path is not None
        yield from mutants_of(module, Path(path))


async def measure(sizes: Sizes) -> Result:
    """Try a seeded sample of the mutants, or all of them."""
    began = time.perf_counter()
    tests = {module: tests_of(files) for module, files in HELD_BY.items()}
    failures = [
        f"the tests of {module} fail without a change" for module, some in tests.items() if is_found(None, some)
    ]
    failures += [f"{module} has no tests" for module, some in tests.items() if not some]
    every = list(every_mutant())
    tried = random.Random(SEED).sample(every, min(sizes["mutants"], len(every)))
    survivors = [mutant for mutant in sorted(tried, key=every.index) if not is_found(mutant, tests[mutant.module])]
    score = 100 * (len(tried) - len(survivors)) / len(tried)
    if score < SCORE_MIN:
        failures += [f"survived: {mutant.told}" for mutant in survivors]
    tried_of, alive_of = (Counter(mutant.module for mutant in some) for some in (tried, survivors))
    return judged(
        "rules that were made a little wrong",
        f"tests find ≥ {SCORE_MIN} % of the mutants",
        f"{score:.1f} % of {len(tried):,} (of {len(every):,})",
        failures,
        seconds=round(time.perf_counter() - began, 1),
        places={module: f"{tried_of[module] - alive_of[module]} of {tried_of[module]}" for module in HELD_BY},
        survivors=[mutant.told for mutant in survivors],
    )

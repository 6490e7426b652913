"""What is changed in a rule to see whether its tests notice, and what is left alone."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.prove.mutants import mutants_of, put

RULES = '''"""A module of rules."""
from dataclasses import dataclass

least = 3

def is_far(metres: int, name: str = "x-y") -> bool:
    """Tell it."""
    return metres > least and name != "near"

def said(metres: int) -> str:
    if metres < 0:
        return "nothing"
    return f"It is {metres / 1000:.1f} km away."

@dataclass(frozen=True)
class Way:
    metres: int = 5

    @property
    def is_short(self) -> bool:
        return not self.metres > 10
'''


@pytest.fixture
def rules(tmp_path: Path) -> ModuleType:
    path = tmp_path / "rules_of_this_test.py"
    path.write_text(RULES)
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = module
    exec(RULES, vars(module))
    return module


def test_bounds_comparisons_connectives_words_and_branches_are_changed(rules: ModuleType) -> None:
    assert rules.__file__ is not None
    found = [mutant.what for mutant in mutants_of(rules.__name__, Path(rules.__file__))]
    for wanted in (
        "3 → 4",
        "3 → 2",
        "metres > least → metres >= least",
        "metres > least → metres <= least",
        "metres > least and name != 'near' → metres > least or name != 'near'",
        "name != 'near' → name == 'near'",
        "'near' → 'near-x'",
        "if metres < 0:     return 'nothing' → pass",
        "metres / 1000 → metres * 1000",
        "not self.metres > 10 → self.metres > 10",
    ):
        assert wanted in found
    assert not any(what.startswith(("'Tell", "'It", "5 →", "True →")) for what in found)


def test_whoever_holds_a_function_or_a_property_of_the_module_has_the_changed_one(rules: ModuleType) -> None:
    is_far, way = rules.is_far, rules.Way(8)
    assert (is_far(4), way.is_short) == (True, True)
    assert rules.__file__ is not None
    every = {mutant.what: mutant for mutant in mutants_of(rules.__name__, Path(rules.__file__))}
    put(every["not self.metres > 10 → self.metres > 10"])
    assert way.is_short is False
    put(every["3 → 4"])
    assert is_far(4) is False
    put(every["metres > least → metres >= least"])
    assert is_far(4) is True

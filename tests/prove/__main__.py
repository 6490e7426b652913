"""The scoreboard: ``make prove`` and ``make prove-release``; every measure, its target, what came out, pass or not.

Every module here with an async ``measure(sizes) -> Result`` takes part, each in a process of its own: two at a time,
those that measure time alone. ``SIZES`` of a module says how much it does per change and for a release; one with
``RELEASE_ONLY``, which needs more than a checkout has, takes part for a release or when it is named.
"""

import argparse
import asyncio
import dataclasses
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.prove.result import Result
from tests.prove.running import Measure, cancelled_by_sigterm, run

HERE = Path(__file__).parent
STOPPED = 143
"""What a shell shows of a command that SIGTERM ended."""


def main(arguments: Sequence[str]) -> int:
    """Run the measures, print one table, write the JSON; returns 1 when something failed."""
    asked = _parser().parse_args(arguments)
    only = set(filter(None, asked.only.split(",")))
    if unknown := only - {*_names()}:
        raise SystemExit(f"There is no measure {', '.join(sorted(unknown))}; there are: {', '.join(_names())}.")
    every = measures_of(release=asked.release, given=dict(asked.sizes))
    measures = chosen(every, only, release=asked.release)
    began = time.perf_counter()
    try:
        results = asyncio.run(_told_as_they_end(measures, asked.limit))
    except asyncio.CancelledError:
        print("Stopped: nothing is proved, and nothing goes on.", file=sys.stderr)
        return STOPPED
    ordered = {one.name: results[one.name] for one in measures}
    seconds = time.perf_counter() - began
    _table(ordered, seconds)
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(_written(ordered, measures, seconds, release=asked.release), indent=2) + "\n")
    return 0 if all(result.passed for result in ordered.values()) else 1


async def _told_as_they_end(measures: Sequence[Measure], limit_s: float | None) -> dict[str, Result]:
    cancelled_by_sigterm()
    results: dict[str, Result] = {}
    async for name, result in run(measures, limit_s):
        results[name] = result
        said = f"{'pass' if result.passed else 'FAIL'}  {name}: {result.result} ({result.seconds:.0f} s)"
        print("\n".join([said, *(f"      {failure}" for failure in result.failures)]), flush=True)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description="Prove what the product promises.")
    parser.add_argument("--release", action="store_true", help="the larger column of sizes")
    parser.add_argument(
        "--sizes", type=_size, nargs="+", default=[], metavar="MEASURE.SIZE=N", help="other sizes than the column's"
    )
    parser.add_argument("--only", default="", metavar="MEASURE,…", help=f"some of: {', '.join(_names())}")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="end a measure that takes longer: it has failed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON too")
    return parser


def _size(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    return name, int(value)


def _names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if "\nasync def measure(" in path.read_text())


def measures_of(*, release: bool, given: Mapping[str, int]) -> list[Measure]:
    """Return every measure with the sizes of a column, or those given; raises SystemExit for a size nobody has."""
    known: set[str] = set()
    found = []
    for name in _names():
        module = importlib.import_module(f"tests.prove.{name}")
        columns = {size: values[1 if release else 0] for size, values in module.SIZES.items()}
        known |= {f"{name}.{size}" for size in columns}
        sizes = {size: given.get(f"{name}.{size}", value) for size, value in columns.items()}
        alone, release_only = (getattr(module, mark, False) for mark in ("ALONE", "RELEASE_ONLY"))
        found.append(Measure(name, module.NUMBER, alone, sizes, release_only))
    if unknown := given.keys() - known:
        raise SystemExit(f"There is no size {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}.")
    return sorted(found, key=lambda one: (one.number, one.name))


def chosen(every: Sequence[Measure], only: Set[str], *, release: bool) -> list[Measure]:
    """Return the measures that were named; without names those of the column."""
    return [one for one in every if one.name in only or (not only and (release or not one.release_only))]


def _table(results: Mapping[str, Result], seconds: float) -> None:
    table = Table(title=f"{len(results)} measures in {seconds:.0f} s on {os.cpu_count()} cores")
    for head in ("measure", "target", "result", "", "seconds"):
        table.add_column(head, justify="right" if head == "seconds" else "left")
    for result in results.values():
        verdict = "[green]pass[/]" if result.passed else "[red]FAIL[/]"
        table.add_row(result.measure, result.target, result.result, verdict, f"{result.seconds:.0f}")
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _written(
    results: Mapping[str, Result], measures: Sequence[Measure], seconds: float, *, release: bool
) -> dict[str, object]:
    return {
        "column": "release" if release else "per change",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": [round(one, 2) for one in os.getloadavg()],
        "seconds": round(seconds, 1),
        "passed": all(result.passed for result in results.values()),
        "measures": {one.name: {"sizes": dict(one.sizes), **dataclasses.asdict(results[one.name])} for one in measures},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

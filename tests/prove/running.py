"""Each measure in a process of its own, so that none inherits what another left behind, or dies of it."""

import asyncio
import dataclasses
import importlib
import json
import logging
import signal
import sys
import time
import traceback
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from tests.prove.result import Result, Sizes

LANES = 2
TOLD_OF_THE_DEAD = 2_000
"""So many characters of what a process said last are told when it ended without a result."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure and the sizes it is to run with."""

    name: str
    number: int
    alone: bool
    sizes: Sizes
    release_only: bool = False


async def run(measures: Sequence[Measure], limit_s: float | None = None) -> AsyncIterator[tuple[str, Result]]:
    """Yield the result of each measure as it ends: two at a time, those that measure time alone at last.

    One that takes longer than ``limit_s`` is ended, and has failed.
    """
    for lanes, some in ((LANES, [m for m in measures if not m.alone]), (1, [m for m in measures if m.alone])):
        free = asyncio.Semaphore(lanes)

        async def one(measure: Measure, free: asyncio.Semaphore = free) -> tuple[str, Result]:
            async with free:
                return measure.name, await _apart(measure, limit_s)

        for ended in asyncio.as_completed([one(measure) for measure in some]):
            yield await ended


async def _apart(measure: Measure, limit_s: float | None) -> Result:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove.running", measure.name, json.dumps(dict(measure.sizes))),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(limit_s):
            said, complained = await process.communicate()
    except (asyncio.CancelledError, TimeoutError) as why:
        process.terminate()  # which it takes as a cancellation, and ends what it started
        await process.wait()
        if isinstance(why, TimeoutError):
            return Result(measure.name, f"it ends within {limit_s:.0f} s", "it did not", False, limit_s or 0)
        raise
    seconds = round(time.perf_counter() - began, 1)
    try:
        result = Result(**json.loads(said.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        last = complained.decode(errors="replace")[-TOLD_OF_THE_DEAD:]
        result = Result(measure.name, "it ends with a result", f"ended with {process.returncode}", False, 0, [last])
    return dataclasses.replace(result, seconds=seconds)


def cancelled_by_sigterm() -> None:
    """Let SIGTERM cancel the running task, so that what it started is ended; Ctrl-C is deaf in the background."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def measured(name: str, sizes: Mapping[str, int]) -> Result:
    """Run one measure here; what it raises is told as its failure."""
    cancelled_by_sigterm()
    module: Any = importlib.import_module(f"tests.prove.{name}")
    try:
        result: Result = await module.measure(sizes)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"[:200]
        return Result(name, "it runs to its end", told, False, 0.0, traceback.format_exception(error)[-6:])
    return result


def main(name: str, sizes: str) -> None:
    """Print the result of one measure as the last line, as JSON."""
    logging.disable(logging.CRITICAL)  # libraries that tell of every request, migration and lost connection
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )
    result = asyncio.run(measured(name, json.loads(sizes)))
    print(json.dumps(dataclasses.asdict(result), default=str), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Many schedules, on as many processes as asked for, each with a database of its own."""

import asyncio
import multiprocessing
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from api import embedded
from api.trials.simulation.sabotage import FAIR, SABOTAGES
from api.trials.simulation.schedule import Verdict, simulate
from api.trials.simulation.world import Ground, ground

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "12",
}
"""Of a database that may forget everything in a power cut, and does the same at every run."""
TIDY_EVERY = 20
"""So many schedules leave so many dead rows that reading begins to take longer."""
FOUND_MAX = 20
"""After so many seeds that fail nobody reads on."""


@dataclass(slots=True)
class Tally:
    """What many schedules came to."""

    played: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failed: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count a schedule."""
        self.played += 1
        self.faults.update(verdict.faults)
        if verdict.violations:
            self.failed.append(verdict)


@contextmanager
def cluster() -> Iterator[embedded.Embedded]:
    """Lend a PostgreSQL that is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-simulation-") as folder:
        data = Path(folder) / "pg"
        server = embedded.start(data, settings=SETTINGS)
        try:
            yield server
        finally:
            server.stop()
            embedded.remove(data)


@asynccontextmanager
async def ground_of(server: embedded.Embedded, database: str = embedded.DATABASE) -> AsyncIterator[Ground]:
    """Lend a world on an empty database of a server."""
    async with ground(*(server.url(role, database) for role in embedded.ROLES)) as found:
        yield found


async def play(found: Ground, seeds: Iterable[int], heard: Callable[[Verdict], bool], sabotage: str = "") -> None:
    """Play schedules one after another until ``heard`` has heard enough."""
    switched = SABOTAGES[sabotage] if sabotage else FAIR
    for played, seed in enumerate(seeds, 1):
        with structlog.testing.capture_logs():
            verdict = await simulate(found, seed, switched)
        if heard(verdict):
            return
        if played % TIDY_EVERY == 0:
            await found.keeper.tidy()


def play_all(seeds: range, jobs: int, heard: Callable[[Verdict], None], sabotage: str = "") -> Tally:
    """Play all schedules on ``jobs`` processes; ends early when very many fail."""
    tally = Tally()
    spawning: Any = multiprocessing.get_context("spawn")
    verdicts = spawning.Queue()
    workers = [
        spawning.Process(target=_work, args=(seeds[number::jobs], sabotage, verdicts), daemon=True)
        for number in range(jobs)
    ]
    for worker in workers:
        worker.start()
    left = jobs
    try:
        while left and len(tally.failed) < FOUND_MAX:
            verdict = verdicts.get()
            if isinstance(verdict, Verdict):
                tally.add(verdict)
                heard(verdict)
            elif verdict is None:
                left -= 1
            else:
                raise RuntimeError(verdict)
    finally:
        for worker in workers:
            if left:
                worker.terminate()
            worker.join()
    return tally


def _work(seeds: range, sabotage: str, verdicts: Any) -> None:
    """Play a share of the seeds in a process of its own, until its parent ends it or is gone; take the server along."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent was told, and will tell

    def heard(verdict: Verdict) -> bool:
        verdicts.put(verdict)
        parent = multiprocessing.parent_process()
        return parent is not None and not parent.is_alive()

    async def all_of(server: embedded.Embedded) -> None:
        async with ground_of(server) as found:
            await play(found, seeds, heard, sabotage)

    try:
        with cluster() as server:
            asyncio.run(all_of(server))
        verdicts.put(None)
    except Exception as error:
        verdicts.put(f"{type(error).__name__}: {error}")
        raise

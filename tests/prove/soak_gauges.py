"""What is read every second while the product is soaked: memory, sessions of the database, the queue, the machine."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from api.embedded import Embedded
from tests.bench.served import dsn

PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
DRAINED_EACH_S = 0.5
MARKS = {"api": "uvicorn", "worker": "api.running", "postgres": "bin/postgres"}
"""What the command line of the first process of each says; those it began belong to it."""
SESSIONS = """
SELECT count(*) AS connections, count(xact_start) AS open,
       coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float AS oldest_s,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle
FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid() AND datname = current_database()
"""
QUEUE = """
SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS waiting,
       count(*) FILTER (WHERE status = 'failed') AS failed FROM pgqueuer
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading. ``at`` is of ``time.perf_counter``, memory in megabytes; ``late_s``: how late it was taken.

    ``others`` is how many cores somebody else kept busy since the reading before.
    """

    at: float
    late_s: float
    api_mb: float
    worker_mb: float
    postgres_mb: float
    connections: int
    open_transactions: int
    oldest_transaction_s: float
    idle_in_transaction: int
    tasks_waiting: int
    tasks_failed: int
    load: float
    others: float


@dataclass(frozen=True, slots=True)
class Processes:
    """What processes use: memory by part of the product in megabytes, and processor time since they began in seconds.

    ``ours_s`` is of this process and all that it began, ``all_s`` of everything on the machine, and what was taken from
    the machine itself.
    """

    at: float
    memory: dict[str, float]
    ours_s: float
    all_s: float


@asynccontextmanager
async def gauges(server: Embedded) -> AsyncIterator["Gauges"]:
    """Lend what reads: a session of each role, since a role is shown only what its own sessions do."""
    roles = [await asyncpg.connect(dsn(server.url(role))) for role in ("fieldstone_app", "fieldstone_partner")]
    try:
        yield Gauges(roles, processes())
    finally:
        for role in roles:
            await role.close()


@dataclass(slots=True)
class Gauges:
    """Reads once a second."""

    roles: list[Any]
    before: Processes

    async def read(self, due: float) -> Sample:
        """Return one reading."""
        late = time.perf_counter() - due
        now, before = await asyncio.to_thread(processes), self.before
        self.before = now
        others = (now.all_s - before.all_s - now.ours_s + before.ours_s) / (now.at - before.at)
        sessions = [await role.fetchrow(SESSIONS) for role in self.roles]
        queue = await self.roles[0].fetchrow(QUEUE)
        return Sample(
            at=due,
            late_s=late,
            api_mb=now.memory["api"],
            worker_mb=now.memory["worker"],
            postgres_mb=now.memory["postgres"],
            connections=sum(one["connections"] for one in sessions),
            open_transactions=sum(one["open"] for one in sessions),
            oldest_transaction_s=max(one["oldest_s"] for one in sessions),
            idle_in_transaction=sum(one["idle"] for one in sessions),
            tasks_waiting=queue["waiting"],
            tasks_failed=queue["failed"],
            load=os.getloadavg()[0],
            others=max(0.0, others),
        )

    async def read_on(self, samples: list[Sample]) -> None:
        """Add a reading each second until cancelled."""
        due = time.perf_counter()
        while True:
            samples.append(await self.read(due))
            due += 1.0
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def drained(self, seconds: float) -> None:
        """Wait until no task is due, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await self.roles[0].fetchrow(QUEUE))["waiting"]:  # noqa: ASYNC110 - the database does not tell
                    await asyncio.sleep(DRAINED_EACH_S)


def processes() -> Processes:
    """Read what processes use; shared pages count in part."""
    at = time.perf_counter()
    user, nice, system, _idle, _waiting, *interrupts = map(int, Path("/proc/stat").read_text().split()[1:9])
    memory = dict.fromkeys(MARKS, 0.0)
    parents, spent = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                told = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)], spent[int(entry.name)] = int(told[1]), int(told[11]) + int(told[12])
    ours = spent[os.getpid()]
    for process in parents:
        whose = _whose(process, parents)
        if whose is not None:
            ours += spent[process]
            with contextlib.suppress(OSError):  # it ended meanwhile
                memory[whose] += _megabytes_of(process)
    return Processes(at, memory, ours / TICKS, (user + nice + system + sum(interrupts)) / TICKS)


def _whose(process: int, parents: dict[int, int]) -> str | None:
    """Return which part of the product a process belongs to, if this process began it."""
    line = []
    while process in parents and process != os.getpid():
        line.append(process)
        process = parents[process]
    if process != os.getpid():
        return None
    for one in line:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if named := next((name for name, mark in MARKS.items() if mark in command), None):
                return named
    return None


def _megabytes_of(process: int) -> float:
    """Return the proportional set size; where that may not be read, what a process shares with none."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    except PermissionError:
        resident, shared = Path(f"/proc/{process}/statm").read_text().split()[1:3]
        return (int(resident) - int(shared)) * PAGE / 1024**2

"""Lives the year day by day: what reaches us on a day is stored, judged, and later paid."""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from api import embedded
from api.migrate import upgrade
from api.trials.year import diary, frauds, network, sheets
from api.trials.year.gate import AlreadyDone, Gates, Handed
from api.trials.year.loading import connected, store
from api.trials.year.outcome import Outcome, reckon
from api.trials.year.world import Rows, Story, World
from domain.claims.payment import PayClaims, paid_at_once_max
from domain.claims.scored import reckon_norms
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import Database, connect
from domain.kit.ids import new_id
from domain.kit.work import Work, carry_out, transact

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "autovacuum_naptime": "5s",
    "max_connections": "40",
}
"""Of a database that may forget everything in a power cut: it lives for this one run."""
PAID_AFTER_DAYS = 21
COMING_BACK = """
SELECT core_return.id, core_return.serial, claim.visit_id FROM core_return JOIN claim ON claim.id = core_return.claim_id
WHERE core_return.state = 'expected' AND core_return.expected_at <= $1 ORDER BY core_return.id
"""
BACK_AFTER_DAYS = 10
DUE = """
SELECT id FROM claim WHERE state IN ('accepted', 'approved') AND submitted_on <= $1 ORDER BY id
"""
LOOK_AGAIN = (1, 3, 8, 20, 50, 120, 250)
"""After so many days of claims the planner is told how many rows there are."""
Progress = Callable[[str, int, int], None]


@contextmanager
def scratch() -> Iterator[embedded.Embedded]:
    """Lend a PostgreSQL that is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-year-") as folder:
        data = Path(folder) / "pg"
        try:
            server = embedded.start(data, settings=SETTINGS)
            try:
                yield server
            finally:
                server.stop()
        finally:
            embedded.remove(data)


async def judge_year(
    server: embedded.Embedded, claims: int, seed: int, jobs: int, progress: Progress
) -> tuple[list[Story], Outcome]:
    """Build the network, live the year, and count what became of whom; the stories bear their labels."""
    await upgrade(server.url("fieldstone_owner"))
    progress("Building the network", 0, 1)
    world, rows = network.build(seed, claims)
    stories = frauds.commit(world, diary.tell(world, claims))
    progress("Building the network", 1, 1)
    connection = await connected(server.url("fieldstone_owner"))
    urls = server.url("fieldstone_app"), server.url("fieldstone_partner")
    database = connect(*urls, pool_size=1)
    try:
        await store(connection, rows)
        await connection.execute("ANALYZE")
        with Gates(urls, jobs) as gates:
            seconds, said = await _live(database, connection, gates, world, stories, progress)
        return stories, await reckon(connection, stories, said, seed, seconds)
    finally:
        await connection.close()
        await database.close()


async def _live(
    database: Database, connection: Any, gates: Gates, world: World, stories: list[Story], progress: Progress
) -> tuple[float, dict[UUID, str]]:
    """Let every day happen; return how long the gate worked, and what it said to second tries."""
    rows, done, seconds = Rows(), 0, 0.0
    said: dict[UUID, str] = {}
    waiting: list[Handed] = []
    by_visit: dict[UUID, Story] = {}
    for number, (day, group) in enumerate(groupby(stories, key=lambda story: story.submitted_on), 1):
        today = list(group)
        for story in today:
            sheets.write(world, rows, story)
            by_visit[story.visit_id] = story
        await store(connection, rows)
        if number in LOOK_AGAIN:
            await connection.execute("ANALYZE")
        if day.weekday() == 4:
            await _pay(database, connection, Actor(world.office["marek"], Role.SERVICE_MANAGER), day)
            await _reckon(database, day)
        back = await _back(connection, world, by_visit, day) if day.weekday() == 3 else []
        answers = [one for one in waiting if one.submitted_at.date() <= day]
        waiting = [one for one in waiting if one.submitted_at.date() > day]
        waiting += [_answer(world, story) for story in today if story.answer]
        began = time.perf_counter()
        said |= await gates.judge([_handed(world, story) for story in today] + answers + back)
        seconds += time.perf_counter() - began
        done += len(today)
        progress("Judging claims", done, len(stories))
    return seconds, said


async def _back(connection: Any, world: World, by_visit: dict[UUID, Story], day: dt.date) -> list[Handed]:
    """Return the old parts that come back by a day: all but those that somebody keeps, and some are other parts."""
    at = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    found = []
    for core_id, serial, visit_id in await connection.fetch(COMING_BACK, at - dt.timedelta(days=BACK_AFTER_DAYS)):
        story = by_visit[visit_id]
        if story.attempt == "pay":
            continue
        came = f"BD{world.rng.randrange(10**10, 10**11)}" if story.other_core else serial
        handed = replace(_handed(world, story), again="", submitted_at=at, asked_by=world.office["petra"])
        found.append(replace(handed, core=(core_id, came)))
    return found


def _answer(world: World, story: Story) -> Handed:
    """Return what the customer of a visit says, some days later."""
    days = dt.timedelta(days=world.rng.uniform(1, 6))
    handed = _handed(world, story)
    return replace(handed, answer=story.answer, submitted_at=story.submitted_at + days)


def _handed(world: World, story: Story) -> Handed:
    who = story.technician
    return Handed(
        who.id,
        who.partner.id,
        story.visit_id,
        story.op_id,
        story.completed_at,
        story.submitted_at,
        story.result,
        story.attempt,
        unit_id=story.unit.id,
        sold_on=story.unit.sold_on,
        asked_by=world.office["dora"],
    )


async def _reckon(database: Database, day: dt.date) -> None:
    """Let the worker reckon what is usual, as of that day."""
    at = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    await transact(database, SYSTEM, reckon_norms, now=at)


async def _pay(database: Database, connection: Any, manager: Actor, day: dt.date) -> None:
    """Let a manager pay what stands for some weeks and may be paid."""
    at = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    due = [row["id"] for row in await connection.fetch(DUE, day - dt.timedelta(days=PAID_AFTER_DAYS))]
    for start in range(0, len(due), paid_at_once_max):
        command = PayClaims(claim_ids=tuple(due[start : start + paid_at_once_max]))

        async def body(work: Work, command: PayClaims = command) -> None:
            await carry_out(work, command, REGISTER, new_id())

        await transact(database, manager, body, now=at, queue=AlreadyDone())

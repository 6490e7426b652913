"""A reader that polls while slow writers are under way misses nothing."""

import asyncio
import datetime as dt
import random
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kit.actor import SYSTEM
from domain.kit.database import Database, reading
from domain.kit.feeds import Changes, prune_feeds
from domain.kit.ids import new_id
from domain.kit.work import begin
from tests.cast import Cast, actor_of
from tests.conftest import rows

WRITERS = 16
WRITES_EACH = 15
TECHNICIANS = 4


async def test_a_polling_reader_loses_no_row_to_slow_writers(kit: Database, owner: AsyncEngine) -> None:
    technicians = [new_id() for _ in range(TECHNICIANS)]
    written: set[tuple[str, UUID]] = set()
    order = random.Random(7)

    async def write(number: int) -> None:
        for _ in range(WRITES_EACH):
            told = [(technician, new_id()) for technician in order.sample(technicians, order.choice((1, 1, 2)))]
            async with begin(kit, SYSTEM) as work:
                for technician, job in told:
                    work.changes.touch(technician, None, "job", job)
                await asyncio.sleep(order.choice((0, 0, 0, 0.03)))
            written.update((f"t:{technician}", job) for technician, job in told)

    seen: set[tuple[str, UUID]] = set()
    at = {f"t:{technician}": 0 for technician in technicians}

    async def poll() -> None:
        async with reading(kit, SYSTEM) as db:
            for feed, after in at.items():
                found = await db.execute(
                    text("SELECT seq, entity_id FROM feed_entry WHERE feed = :feed AND seq > :after ORDER BY seq"),
                    {"feed": feed, "after": after},
                )
                for seq, entity_id in found:
                    seen.add((feed, entity_id))
                    at[feed] = seq

    writers = asyncio.gather(*(write(number) for number in range(WRITERS)))
    polls = 0
    while not writers.done():
        await poll()
        polls += 1
    await writers
    await poll()
    assert polls > 10
    assert written - seen == set()
    counters = await rows(owner, "SELECT sum(n) FROM feed_counter")
    assert counters == [(len(written),)]


async def test_one_transaction_numbers_its_lines_without_gaps_and_leaves_one_mark_a_feed(
    kit: Database, owner: AsyncEngine
) -> None:
    ann = new_id()
    jobs = [new_id() for _ in range(3)]
    for _ in range(2):
        async with begin(kit, SYSTEM) as work:
            for job in jobs:
                work.changes.touch(ann, None, "job", job)
            work.changes.touch_shared("catalogue", "model", jobs[0])
    assert await rows(owner, "SELECT feed, n FROM feed_counter ORDER BY feed") == [("catalogue", 2), (f"t:{ann}", 6)]
    assert await rows(owner, f"SELECT seq FROM feed_entry WHERE feed = 't:{ann}' ORDER BY seq") == [(4,), (5,), (6,)]
    assert await rows(owner, f"SELECT seq FROM feed_mark WHERE feed = 't:{ann}' ORDER BY seq") == [(3,), (6,)]


async def test_what_left_the_scope_is_told_with_its_reason_and_comes_back_clean(
    kit: Database, owner: AsyncEngine
) -> None:
    ann, job = new_id(), new_id()
    async with begin(kit, SYSTEM) as work:
        work.changes.touch(ann, None, "job", job)
        work.changes.remove(ann, None, "job", job, "reassigned")
    assert await rows(owner, "SELECT seq, removed FROM feed_entry") == [(1, "reassigned")]
    async with begin(kit, SYSTEM) as work:
        work.changes.touch(ann, None, "job", job)
    assert await rows(owner, "SELECT seq, removed FROM feed_entry") == [(2, None)]


async def test_a_partner_own_phone_writes_its_feed_and_sees_no_other(kit: Database, cast: Cast) -> None:
    north, south = actor_of(cast.ann), actor_of(cast.ben)
    for actor in (north, south):
        async with begin(kit, actor) as work:
            work.changes.touch(actor.account_id, actor.partner_id, "job", new_id())
    async with reading(kit, north) as db:
        for table in ("feed_counter", "feed_entry", "feed_mark"):
            found = (await db.execute(text(f"SELECT feed FROM {table}"))).scalars().all()
            assert found == [f"t:{north.account_id}"], table


def test_a_copy_of_the_changes_is_independent() -> None:
    changes, ann = Changes(), new_id()
    before = changes.copy()
    changes.touch(ann, None, "job", new_id())
    assert before.lines == {}
    assert len(changes.lines) == 1


async def test_a_feed_forgets_what_left_long_ago_and_keeps_its_newest_mark(kit: Database, owner: AsyncEngine) -> None:
    technician, gone, there = new_id(), new_id(), new_id()
    day = dt.datetime(2040, 3, 5, tzinfo=dt.UTC)
    async with begin(kit, SYSTEM, now=day) as work:
        work.changes.remove(technician, None, "job", gone, "window")
    async with begin(kit, SYSTEM, now=day) as work:
        work.changes.touch(technician, None, "job", there)
    async with begin(kit, SYSTEM) as work:
        assert await prune_feeds(work.connection, "", day + dt.timedelta(days=59)) is None
    assert len(await rows(owner, "SELECT seq FROM feed_mark")) == 2
    async with begin(kit, SYSTEM) as work:
        assert await prune_feeds(work.connection, "", day + dt.timedelta(days=62)) is None
    assert await rows(owner, "SELECT seq FROM feed_mark") == [(2,)]
    assert await rows(owner, "SELECT entity_id FROM feed_entry") == [(there,)]
    assert await rows(owner, "SELECT n, floor FROM feed_counter") == [(2, 2)]

"""Many slow writers against a reader that polls: the cursor of the product loses nothing, a plain sequence does."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.database import connect
from domain.kit.ids import new_id
from domain.kit.work import begin, utc_now
from mobile_sync.protocol import Acked, Cursor, FeedsAsked, PullRequest
from mobile_sync.pull import pull
from tests.cast import Cast, actor_of

WRITERS = 16
ROUNDS = 12


async def write_slowly(one_row: Callable[[int], Awaitable[None]]) -> None:
    """Let sixteen writers write one row after another, each transaction of another length."""
    dice = random.Random(5)
    pauses = [[dice.choice((0, 0, 0.002, 0.03)) for _ in range(ROUNDS)] for _ in range(WRITERS)]

    async def writer(own: list[float]) -> None:
        for pause in own:
            await one_row(int(pause * 1000))

    await asyncio.gather(*(writer(own) for own in pauses))


async def test_a_reader_that_polls_misses_nothing_of_sixteen_slow_writers(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    url = str(context.settings.database_url)
    many = connect(url, url.replace("fieldstone_app", "fieldstone_partner"), pool_size=WRITERS + 2)
    actor, device = actor_of(cast.otto), actor_of(cast.otto).device_id
    assert device is not None
    written: list[UUID] = []
    seen: set[UUID] = set()
    done = asyncio.Event()

    async def one_row(milliseconds: int) -> None:
        entity_id = new_id()
        async with begin(many, SYSTEM) as work:
            work.changes.touch(actor.account_id, None, "job", entity_id)
            await work.driver.execute(f"SELECT pg_sleep({milliseconds / 1000})")
        written.append(entity_id)

    async def reader() -> None:
        token = Cursor()
        while True:
            last_round = done.is_set()
            request = PullRequest(device, "1", 1, utc_now(), Acked(), FeedsAsked(me=token), limit=7)
            feed = (await pull(many, actor, request, now=utc_now())).feeds["me"]
            assert not feed.reset, "nothing was restored here"
            seen.update(row.id for row in feed.rows)
            token = feed.token
            if last_round and not feed.more:
                return
            await asyncio.sleep(0.002)

    try:
        reading = asyncio.create_task(reader())
        await write_slowly(one_row)
        done.set()
        await reading
    finally:
        await many.close()
    assert len(written) == WRITERS * ROUNDS
    assert set(written) - seen == set()


async def test_the_same_race_is_lost_with_a_plain_sequence(context: Context, owner: AsyncEngine) -> None:
    """What proves that the race above has power: the widespread cursor fails it."""
    async with owner.begin() as connection:
        await connection.execute(text("CREATE TABLE sequence_probe (n bigint GENERATED ALWAYS AS IDENTITY, id uuid)"))
        await connection.execute(text("GRANT SELECT, INSERT ON sequence_probe TO fieldstone_app"))
    url = str(context.settings.database_url)
    many = connect(url, url, pool_size=WRITERS + 2)
    written: list[UUID] = []
    seen: set[UUID] = set()
    done = asyncio.Event()

    async def one_row(milliseconds: int) -> None:
        entity_id = new_id()
        async with begin(many, SYSTEM) as work:
            await work.driver.execute("INSERT INTO sequence_probe (id) VALUES ($1)", entity_id)
            await work.driver.execute(f"SELECT pg_sleep({milliseconds / 1000})")
        written.append(entity_id)

    async def reader() -> None:
        newest = 0
        while True:
            last_round = done.is_set()
            async with many.app.connect() as connection:
                found = await connection.execute(
                    text("SELECT n, id FROM sequence_probe WHERE n > :n ORDER BY n"), {"n": newest}
                )
                for n, entity_id in found.all():
                    newest = n
                    seen.add(entity_id)
            if last_round:
                return
            await asyncio.sleep(0.002)

    try:
        reading = asyncio.create_task(reader())
        await write_slowly(one_row)
        done.set()
        await reading
    finally:
        await many.close()
        async with owner.begin() as connection:
            await connection.execute(text("DROP TABLE sequence_probe"))
    assert set(written) - seen != set(), "this race has no power on this machine: make the writers slower"

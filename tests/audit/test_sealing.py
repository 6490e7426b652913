"""The sealer: everything that is journaled gets one place in the chain, whoever seals and whenever it committed."""

import asyncio
import contextlib
import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_audit import seal_all, seal_continually
from domain.audit.sealer import seal_some
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import Database
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, keep, sqlstate, transact
from tests.audit.chained import Kept, checked, journaled, sealed
from tests.conftest import rows

CHAIN = "SELECT no, op_id FROM audit_chain ORDER BY no"


async def test_what_is_journaled_waits_and_is_sealed_once(context: Context, owner: AsyncEngine) -> None:
    made = await journaled(context.database, 5)
    assert {op_id for (op_id,) in await rows(owner, "SELECT op_id FROM unsealed")} == set(made)
    assert await seal_all(context) == 5
    assert await seal_all(context) == 0
    assert await rows(owner, CHAIN) == list(enumerate(made, 1))
    assert await rows(owner, "SELECT count(*) FROM unsealed") == [(0,)]
    assert await rows(owner, "SELECT no, after FROM audit_checkpoint") == [(5, 0)]
    found = await checked(context)
    assert (found.whole, found.entries, found.checkpoints, found.waiting) == (True, 5, 1, 0)


async def test_the_work_of_partners_is_sealed_too(context: Context, owner: AsyncEngine) -> None:
    partner = Actor(new_id(), Role.TECHNICIAN, new_id())
    made = await journaled(context.database, 2, partner)
    assert await seal_all(context) == 2
    assert [op_id for _, op_id in await rows(owner, CHAIN)] == made


async def test_what_was_rolled_back_never_waits(context: Context, owner: AsyncEngine) -> None:
    async def undone(work: Work) -> None:
        await keep(work, new_id(), "test.kept", 1, b"{}", Kept("A test."))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await transact(context.database, SYSTEM, undone)
    assert await rows(owner, "SELECT count(*) FROM unsealed") == [(0,)]


async def test_an_entry_that_commits_late_is_not_passed_over(context: Context, owner: AsyncEngine) -> None:
    early = new_id()
    async with begin(context.database, SYSTEM) as work:
        await keep(work, early, "test.kept", 1, b"{}", Kept("A test."))
        later = await journaled(context.database, 3)
        assert await seal_all(context) == 3
    assert await seal_all(context) == 1
    assert await rows(owner, CHAIN) == list(enumerate([*later, early], 1))
    assert (await checked(context)).whole


async def test_what_commits_while_it_seals_is_never_missed(context: Context, owner: AsyncEngine) -> None:
    """Twelve hands journal, some slowly, while two sealers with small batches run beside them."""
    sealers = [asyncio.create_task(_seal_in_small_batches(context)) for _ in range(2)]
    made = await asyncio.gather(*(_slowly(context.database, hand, 25) for hand in range(12)))
    for one in sealers:
        one.cancel()
    await asyncio.gather(*sealers, return_exceptions=True)
    ((meanwhile,),) = await rows(owner, "SELECT count(*) FROM audit_checkpoint")
    assert meanwhile != 0
    await seal_all(context)
    wanted = {op_id for some in made for op_id in some}
    found = await rows(owner, CHAIN)
    assert [no for no, _ in found] == list(range(1, 301))
    assert {op_id for _, op_id in found} == wanted
    assert (await checked(context)).whole


async def _slowly(database: Database, hand: int, count: int) -> list[object]:
    made: list[object] = []
    for number in range(count):
        async with begin(database, SYSTEM) as work:
            op_id = new_id()
            await keep(work, op_id, "test.kept", 1, b"{}", Kept("A test."))
            await asyncio.sleep((hand * 7 + number * 3) % 11 / 1000)
        made.append(op_id)
    return made


async def _seal_in_small_batches(context: Context) -> None:
    while True:
        await seal_all(context, 7)
        await asyncio.sleep(0)


async def test_a_second_sealer_steps_back_while_one_is_at_it(context: Context) -> None:
    await journaled(context.database, 3)
    hand = await context.sealing.checkpoint_hand()
    async with begin(context.database, SYSTEM) as work:
        assert await seal_some(work, hand) == 3
        assert await seal_all(context) == 0
    assert await seal_all(context) == 0
    assert (await checked(context)).entries == 3


async def test_a_sealer_that_died_leaves_its_entries_to_the_next(context: Context, owner: AsyncEngine) -> None:
    await sealed(context, 2)
    made = await journaled(context.database, 3)
    hand = await context.sealing.checkpoint_hand()

    async def undone(work: Work) -> None:
        assert await seal_some(work, hand) == 3
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await transact(context.database, SYSTEM, undone)
    assert (await checked(context)).waiting == 3
    assert await seal_all(context, 2) == 3
    assert {op_id for _, op_id in (await rows(owner, CHAIN))[2:]} == set(made)  # which two are first is not said
    assert await rows(owner, "SELECT no, after FROM audit_checkpoint ORDER BY no") == [(2, 0), (4, 2), (5, 4)]


async def test_what_is_in_the_chain_already_is_not_sealed_again(context: Context, owner: AsyncEngine) -> None:
    ids = await sealed(context, 2)
    async with owner.begin() as connection:
        await connection.execute(text(f"INSERT INTO unsealed (op_id) VALUES ('{ids[0]}')"))
    await journaled(context.database)
    assert await seal_all(context) == 1
    assert (await checked(context)).whole


async def test_the_worker_seals_every_second(context: Context) -> None:
    sealing = asyncio.create_task(seal_continually(context))
    await journaled(context.database, 4)
    try:
        async with asyncio.timeout(60):
            while (await checked(context)).entries < 4:  # noqa: ASYNC110 - it is the time that is waited for
                await asyncio.sleep(0.05)
    finally:
        sealing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sealing


TOO_MUCH = """
CREATE FUNCTION too_much() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
  IF (SELECT count(*) FROM added) > 2 THEN RAISE EXCEPTION 'too much for one statement'; END IF;
  RETURN NULL;
END$$
"""
MET = """
CREATE TRIGGER too_much AFTER INSERT ON audit_chain REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION too_much()
"""


async def test_a_sealer_that_failed_goes_on_with_fewer_entries_at_a_time(context: Context, owner: AsyncEngine) -> None:
    await journaled(context.database, 7)
    async with owner.begin() as connection:
        await connection.execute(text(TOO_MUCH))
        await connection.execute(text(MET))
    sealing = asyncio.create_task(seal_continually(context, 8, dt.timedelta(milliseconds=10)))
    try:
        async with asyncio.timeout(60):
            while (await checked(context)).waiting:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        sealing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sealing
        async with owner.begin() as connection:
            await connection.execute(text("DROP FUNCTION too_much CASCADE"))
    assert (await checked(context)).whole


async def test_a_checkpoint_needs_a_key_that_is_valid_now(context: Context, owner: AsyncEngine) -> None:
    await journaled(context.database, 1)
    hand = await context.sealing.checkpoint_hand()
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE sealing_key SET revoked_at = now() WHERE purpose = 'checkpoint'"))
    with pytest.raises(Exception, match="a key that is valid now"):
        await transact(context.database, SYSTEM, lambda work: seal_some(work, hand))
    assert await seal_all(context) == 1  # with a key that was made for it
    assert (await checked(context)).whole


@pytest.mark.parametrize("table", ["audit_chain", "audit_checkpoint", "unsealed"])
async def test_a_partner_neither_sees_nor_writes_the_chain(context: Context, table: str) -> None:
    for statement in (f"SELECT count(*) FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
        async with context.database.partner.connect() as connection:
            with pytest.raises(DBAPIError) as refused:
                await connection.execute(text(statement))
        assert sqlstate(refused.value) == "42501", statement


async def test_the_product_may_not_put_entries_in_line_by_hand(context: Context) -> None:
    async with context.database.app.connect() as connection:
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(text(f"INSERT INTO unsealed (op_id) VALUES ('{new_id()}')"))
    assert sqlstate(refused.value) == "42501"

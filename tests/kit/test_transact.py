"""Trying again: after deadlocks, serialisation failures and lock time-outs, and after nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kit.actor import SYSTEM
from domain.kit.database import Database, sqlstate
from domain.kit.ids import new_id
from domain.kit.problem import Busy
from domain.kit.work import Work, begin, transact
from tests.conftest import rows
from tests.kit.probe import insert

RIVALS = 50


def failing(state: str, times: int) -> tuple[list[int], Callable[[Work], Awaitable[str]]]:
    tries: list[int] = []

    async def body(work: Work) -> str:
        tries.append(len(tries) + 1)
        await insert(work, f"try {len(tries)}")
        if len(tries) <= times:
            await work.db.execute(text(f"DO $$BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{state}'; END$$"))
        return "done"

    return tries, body


@pytest.mark.parametrize("state", ["40P01", "40001", "55P03"])
async def test_it_tries_again_when_the_same_work_may_succeed(kit: Database, owner: AsyncEngine, state: str) -> None:
    tries, body = failing(state, times=2)
    assert await transact(kit, SYSTEM, body) == "done"
    assert tries == [1, 2, 3]
    assert await rows(owner, "SELECT name FROM probe") == [("try 3",)]


@pytest.mark.parametrize("state", ["40P01", "40001", "55P03"])
async def test_after_the_third_failure_it_says_busy(kit: Database, owner: AsyncEngine, state: str) -> None:
    tries, body = failing(state, times=3)
    with pytest.raises(Busy) as busy:
        await transact(kit, SYSTEM, body)
    assert busy.value.retry_after == 1
    assert tries == [1, 2, 3]
    assert await rows(owner, "SELECT * FROM probe") == []


@pytest.mark.parametrize("state", ["23505", "23514", "22012", "42501", "57014"])
async def test_it_tries_nothing_else_again(kit: Database, state: str) -> None:
    tries, body = failing(state, times=1)
    with pytest.raises(DBAPIError) as failure:
        await transact(kit, SYSTEM, body)
    assert sqlstate(failure.value) == state
    assert tries == [1]


async def test_two_that_lock_crosswise_both_arrive(kit: Database) -> None:
    async with begin(kit, SYSTEM) as work:
        ash, elm = await insert(work, "ash"), await insert(work, "elm")
    tries = 0

    async def lock_both(first: UUID, second: UUID) -> None:
        async def body(work: Work) -> None:
            nonlocal tries
            tries += 1
            for probe_id in (first, second):
                await work.db.execute(text("SELECT FROM probe WHERE id = :id FOR NO KEY UPDATE"), {"id": probe_id})
                await asyncio.sleep(0.05)

        await transact(kit, SYSTEM, body)

    await asyncio.gather(lock_both(ash, elm), lock_both(elm, ash))
    assert tries > 2, "there was no deadlock to try again after"


async def test_the_weaker_row_lock_and_foreign_keys_do_not_deadlock(kit: Database, owner: AsyncEngine) -> None:
    async with begin(kit, SYSTEM) as work:
        unit = await insert(work, "ash")

    async def insert_then_lock() -> None:
        async with begin(kit, SYSTEM) as work:
            await work.db.execute(text("INSERT INTO probe_child VALUES (:id, :unit)"), {"id": new_id(), "unit": unit})
            await work.db.execute(text("SELECT FROM probe WHERE id = :unit FOR NO KEY UPDATE"), {"unit": unit})

    failures = await asyncio.gather(*(insert_then_lock() for _ in range(RIVALS)), return_exceptions=True)
    assert [failure for failure in failures if failure is not None] == []
    assert await rows(owner, "SELECT count(*) FROM probe_child") == [(RIVALS,)]


async def test_a_lock_that_is_not_given_up_is_busy_and_no_defect(kit: Database) -> None:
    async with begin(kit, SYSTEM) as holder:
        ash = await insert(holder, "ash")
    async with begin(kit, SYSTEM) as holder:
        await holder.db.execute(text("SELECT FROM probe WHERE id = :id FOR NO KEY UPDATE"), {"id": ash})

        async def wait_briefly(work: Work) -> None:
            await work.db.execute(text("SET LOCAL lock_timeout = '20ms'"))
            await work.db.execute(text("SELECT FROM probe WHERE id = :id FOR NO KEY UPDATE"), {"id": ash})

        with pytest.raises(Busy):
            await transact(kit, SYSTEM, wait_briefly)

"""What becomes of a push when we fail: it is done again, set aside after five tries, or waits for the database."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.commands import REGISTER
from domain.kit.problem import Busy, TooMany
from domain.kit.work import Work
from tests import make
from tests.cast import Cast
from tests.conftest import rows
from tests.sync.handset import handset
from tests.sync.pushing import push_with, register_where


async def test_a_failure_of_our_own_blocks_for_five_tries_and_is_set_aside(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.minutes(ready.visit_id, 1), phone.travel(ready.visit_id), phone.minutes(ready.visit_id, 2)]

    async def fail(*_: Any) -> Any:
        raise RuntimeError("a defect")

    broken = register_where("visit.travel", fail)
    said = [await push_with(context, phone, broken, *ops) for _ in range(5)]
    assert [[one.status for one in answer.results] for answer in said[:4]] == [["applied", "retry"]] * 4
    assert [one.status for one in said[4].results] == ["applied", "recorded", "applied"]
    assert said[4].results[1].reason == "server-error"
    assert await rows(owner, "SELECT minutes FROM time_entry ORDER BY 1") == [(1,), (2,)]
    assert await rows(owner, "SELECT reason FROM recorded_work") == [("server-error",)]


@pytest.mark.parametrize("state", ["53100", "53300", "57P03"])
async def test_what_fails_because_the_database_can_serve_nobody_is_never_set_aside(
    state: str, cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.minutes(ready.visit_id, 1), phone.travel(ready.visit_id)]

    async def fail(work: Work, *_: Any) -> Any:
        await work.driver.execute(f"DO $$BEGIN RAISE SQLSTATE '{state}'; END$$")

    broken = register_where("visit.travel", fail)
    for _ in range(6):
        with pytest.raises(Busy):
            await push_with(context, phone, broken, *ops)
    assert [status for status, _ in await phone.fates(*ops)] == ["applied", "applied"]
    assert await rows(owner, "SELECT count(*) FROM recorded_work") == [(0,)]


async def test_what_may_pass_is_sent_again_when_we_say_and_what_came_before_it_stays(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.minutes(ready.visit_id, 1), phone.travel(ready.visit_id), phone.minutes(ready.visit_id, 2)]

    async def too_many(*_: Any) -> Any:
        raise TooMany("Later.", retry_after=7)

    answer = await push_with(context, phone, register_where("visit.travel", too_many), *ops)
    assert (answer.status, answer.retry_after, answer.last_seq) == ("retry", 7, 1)
    assert [(one.status, one.reason) for one in answer.results] == [("applied", None), ("retry", TooMany.code)]
    assert await rows(owner, "SELECT minutes FROM time_entry") == [(1,)]
    assert [status for status, _ in await phone.fates(*ops)] == ["applied"] * 3


async def deadlock(work: Work) -> None:
    await work.driver.execute("DO $$BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '40P01'; END$$")


async def test_what_met_a_deadlock_is_done_again_with_all_of_its_commit(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    tries = []

    async def at_the_second_try(work: Work, cmd: Any) -> Any:
        tries.append(cmd)
        if len(tries) == 1:
            await deadlock(work)
        return await REGISTER.actions[type(cmd)].carry_out(work, cmd)

    register = register_where("visit.travel", at_the_second_try)
    answer = await push_with(context, phone, register, phone.minutes(ready.visit_id), phone.travel(ready.visit_id))
    assert [(one.status, one.replayed) for one in answer.results] == [("applied", False)] * 2
    assert len(tries) == 2
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(1,)]


async def test_what_is_busy_for_too_long_is_sent_again_and_takes_nothing_back(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)

    async def never(work: Work, cmd: Any) -> Any:
        await deadlock(work)

    busy = register_where("visit.travel", never)
    minutes = REGISTER.by_tag["time.log"]
    alone = dataclasses.replace(busy.actions[minutes], locks_unit=True)  # it is committed before the next one
    register = dataclasses.replace(busy, actions={**busy.actions, minutes: alone})
    first, second = phone.minutes(ready.visit_id), phone.travel(ready.visit_id)
    answer = await push_with(context, phone, register, first, second)
    assert (answer.status, answer.last_seq, answer.retry_after) == ("retry", 1, 1)
    assert [one.status for one in answer.results] == ["applied"]
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(1,)]
    with pytest.raises(Busy):
        await push_with(context, phone, register, second)

"""What a phone that is broken, or lies, can do to the server and to others: nothing."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.ids import new_id
from tests import make
from tests.cast import Cast
from tests.conftest import rows
from tests.sync.handset import handset
from tests.sync.test_push import push_with, register_where


@pytest.mark.parametrize(("then", "now"), [(0, 2**53), (2**53, 0)])
async def test_a_clock_that_ran_for_ages_is_taken_for_the_earliest_or_latest_it_can_be(
    then: int, now: int, cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    answer = await phone.push(phone.minutes(ready.visit_id, mono=then, boot="b1"), mono=now)
    assert [one["status"] for one in answer["results"]] == ["applied"]
    assert await rows(owner, "SELECT estimated_at BETWEEN '1990-01-01 00:00Z' AND now() FROM journal") == [(True,)]


async def test_what_cannot_even_be_set_aside_ends_the_push(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    """Five failures set an operation aside; where that fails as well the phone is told to come back."""
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.travel(ready.visit_id, job=str(new_id())), phone.minutes(ready.visit_id)]

    async def fail(*_: Any) -> Any:
        raise RuntimeError("a defect")

    broken = register_where("visit.travel", fail)
    for _ in range(4):
        await push_with(context, phone, broken, *ops)
    async with owner.begin() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("ALTER TABLE journal ADD CONSTRAINT probe CHECK (outcome <> 'recorded')")
    try:
        said = [await push_with(context, phone, broken, *ops) for _ in range(2)]
    finally:
        async with owner.begin() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute("ALTER TABLE journal DROP CONSTRAINT probe")
    assert [[one.status for one in answer.results] for answer in said] == [["retry"], ["retry"]]
    assert await rows(owner, "SELECT tries FROM op_failure") == [(7,)]
    answer = await push_with(context, phone, broken, *ops)
    assert [one.status for one in answer.results] == ["recorded", "applied"]

"""The helpers other tests stand on."""

from zoneinfo import ZoneInfo

import pytest

from api.context import Context
from domain.jobs.model import Visit
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from tests import make
from tests.cast import Cast


async def test_a_ready_visit_is_planned_for_now_and_the_next_right_after_it(context: Context, cast: Cast) -> None:
    first = await make.ready_visit(context, cast)
    second = await make.ready_visit(context, cast)
    others = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        one, two = await work.db.get_one(Visit, first.visit_id), await work.db.get_one(Visit, second.visit_id)
        assert one.planned_from < work.now < one.planned_to == two.planned_from
        assert (await work.db.get_one(Visit, others.visit_id)).partner_id is None


async def test_a_contract_lists_its_units(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id)
        await make.part_limit(work, ready.fault_group_id, ready.part_id, 2)


@pytest.mark.parametrize("hour", [0, 7, 12, 23])
def test_it_is_midday_in_the_zone_of_a_site(hour: int) -> None:
    now = utc_now().replace(hour=hour)
    assert now.astimezone(ZoneInfo(make.midday_zone(now))).hour == 12

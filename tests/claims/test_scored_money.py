"""Scored rules on what a claim asks for: parts that no fault explains, and much money."""

from typing import Any

import pytest

from api.context import Context
from api.worker import drain
from domain.catalog.model import Part
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import run
from tests.claims.test_preauthorisation import granted
from tests.claims.test_scored import reasons
from tests.claims.visits import claimed, claims, complete, fill_sheet, now, scan

FITTED, DEAR = {"parts-without-fault": 100}, {"much-money": 100}


async def fitted(ready: make.ReadyVisit, result: str, *, quantity: int = 4) -> None:
    """Complete a visit on which parts were fitted and no fault was recorded."""
    who, visit = ready.technician, {"visit_id": str(ready.visit_id)}
    await who.done("/visits/arrive", visit | {"at": now()})
    await who.done("/visits/start", visit | {"at": now()})
    part = {"kind": "used", "part_id": str(ready.part_id), "quantity": quantity, "unit_of_measure": "pcs"}
    await who.done("/parts-used", visit | part)
    await scan(ready)
    response = await complete(ready, result=result)
    assert response.status_code == 200, response.text


async def judged(context: Context) -> tuple[str, dict[str, int]]:
    """The state of the latest claim once it was scored, and what its score found."""
    await drain(context)
    return (await claims(context))[-1].state, await reasons(context)


@pytest.mark.parametrize(
    ("kind", "result"),
    [("install", "installed"), ("maintain", "maintained"), ("inspect", "inspected"), ("advise", "advised")],
)
async def test_parts_of_a_visit_without_a_fault_bring_a_person_in(
    context: Context, cast: Cast, kind: str, result: str
) -> None:
    await fitted(await make.ready_visit(context, cast, kind=kind), result)
    assert await judged(context) == ("in_review", FITTED)
    assert (await claims(context))[0].told == {"state": "in_review", "reasons": ["under-check"]}


@pytest.mark.parametrize(
    ("given", "kind", "result", "found"),
    [
        ({}, "maintain", "maintained", {}),
        ({}, "inspect", "inspected", FITTED),
        ({"covers_parts": False}, "maintain", "maintained", {}),
    ],
)
async def test_maintenance_may_need_the_parts_that_its_contract_pays(
    context: Context, cast: Cast, given: dict[str, Any], kind: str, result: str, found: dict[str, int]
) -> None:
    ready = await make.ready_visit(context, cast, kind=kind)
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, **given)
    await fitted(ready, result)
    assert (await judged(context))[1] == found


async def test_parts_that_are_paid_to_nobody_need_no_fault(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, kind="maintain")
    await run(context, "UPDATE part SET claimable = false WHERE id = :id", id=ready.part_id)
    await ready.technician.done("/times", {"visit_id": str(ready.visit_id), "kind": "labour", "minutes": 20})
    await fitted(ready, "maintained")
    assert (await judged(context))[1] == {}


@pytest.mark.parametrize(("allowed", "found"), [(4, {}), (3, FITTED)])
async def test_parts_that_a_person_allowed_before_need_no_fault(
    context: Context, cast: Cast, allowed: int, found: dict[str, int]
) -> None:
    ready = await make.ready_visit(context, cast, kind="install")
    async with begin(context.database, SYSTEM) as work:
        number = (await work.db.get_one(Part, ready.part_id)).number
    await granted(context, cast, ready, parts=[{"number": number, "quantity": allowed}])
    await fitted(ready, "installed")
    assert (await judged(context))[1] == found


@pytest.mark.parametrize("beside", [False, True])
async def test_parts_where_no_fault_was_found_bring_a_person_in(context: Context, cast: Cast, beside: bool) -> None:
    ready = await make.ready_visit(context, cast)
    visit = {"visit_id": str(ready.visit_id)}
    async with begin(context.database, SYSTEM) as work:
        code = await make.fault_code(work, fault_group_id=ready.fault_group_id, no_fault_found=True)
    await ready.technician.done("/visits/arrive", visit | {"at": now()})
    await ready.technician.done("/faults", visit | {"fault_code_id": str(code), "symptom": "noise"})
    await ready.technician.done("/readings", visit | {"name": "voltage", "value": "230"})
    await ready.technician.done("/photos", visit | {"sha256": "ab" * 32, "kind": "other"})
    if beside:
        await fill_sheet(ready, minutes=20)
        await scan(ready)
        assert (await complete(ready)).status_code == 200
    else:
        await fitted(ready, "no_fault_found")
    assert (await judged(context))[1] == ({} if beside else FITTED)


async def test_a_fault_beside_which_none_was_found_explains_no_parts(context: Context, cast: Cast) -> None:
    """The result speaks for the whole visit, whatever else stands on its sheet."""
    await claimed(await make.ready_visit(context, cast), minutes=20)
    await run(context, "UPDATE visit SET result = 'no_fault_found'")
    assert (await judged(context))[1] == FITTED


async def test_a_fault_that_was_struck_out_explains_no_parts(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=20)
    await run(context, "UPDATE fault SET voided_at = now() - interval '1 day', void_reason = 'by mistake'")
    assert (await judged(context))[1] == FITTED


@pytest.mark.parametrize(("limit", "state", "found"), [(5700, "accepted", {}), (5699, "in_review", DEAR)])
async def test_no_sum_that_needs_two_people_passes_by_the_rules_alone(
    context: Context, cast: Cast, limit: int, state: str, found: dict[str, int]
) -> None:
    await claimed(await make.ready_visit(context, cast, limits={"two_people_over_minor": limit}), minutes=20)
    assert (await claims(context))[0].asked_minor == 5700
    assert await judged(context) == (state, found)
    seen = (await cast.pam.get("/claims")).text
    assert not any(word in seen for word in ("much-money", "two_people", '"S28"'))


@pytest.mark.parametrize(("limit", "found"), [(4200, {}), (4199, DEAR)])
async def test_what_the_cover_does_not_pay_is_no_money(
    context: Context, cast: Cast, limit: int, found: dict[str, int]
) -> None:
    ready = await make.ready_visit(context, cast, limits={"two_people_over_minor": limit})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_parts=False)
    await claimed(ready, minutes=20)
    assert (await judged(context))[1] == found

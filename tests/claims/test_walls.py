"""D5, D6, D12, D13, D16 over the real database: what the rule says, and the wall behind it."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.context import Context
from domain.installs.model import UnitComponent
from domain.installs.serials import normalise
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.worklog.model import Photo
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.visits import claims, complete, fill_sheet, hits, lines, scan

SHA = "ab" * 32


async def change(context: Context, statement: str, **params: Any) -> Any:
    async with begin(context.database, SYSTEM) as work:
        result = await work.db.execute(text(statement), params)
        return result.all() if result.returns_rows else None


async def another(context: Context, ready: make.ReadyVisit, technician: Caller, **job: Any) -> make.ReadyVisit:
    """A visit on the same unit by another job, or on a unit of its own where ``unit_id`` says so."""
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, technician=technician, **{"unit_id": ready.unit_id} | job)
        return replace(ready, job_id=job_id, visit_id=await make.visit(work, job_id), technician=technician)


async def finish(ready: make.ReadyVisit, new_serial: str = "", old_serial: str = "") -> None:
    """Fill the sheet, fit a component if one is named, scan, complete."""
    await fill_sheet(ready)
    if new_serial:
        part = {
            "visit_id": str(ready.visit_id),
            "kind": "used",
            "part_id": str(ready.part_id),
            "quantity": 1,
            "unit_of_measure": "pcs",
            "new_serial": new_serial,
            "old_serial": old_serial,
            "model_component_id": str(ready.component_id),
        }
        await ready.technician.done("/parts-used", part)
    await scan(ready)
    response = await complete(ready)
    assert response.status_code == 200, response.text


async def found(context: Context) -> list[tuple[str, str]]:
    return [(hit.rule, hit.reason) for hit in await hits(context)]


# D5


async def pay(context: Context) -> None:
    for table in ("claim_line", "claim"):
        await change(context, f"UPDATE {table} SET state = 'paid'")


async def test_a_repair_within_the_days_of_a_paid_one_is_refused(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await finish(ready)
    await pay(context)
    await finish(await another(context, ready, cast.ben))
    first, second = await claims(context)
    assert (first.state, second.state) == ("paid", "refused")
    assert second.told == {"state": "refused", "reasons": ["ask-the-office"]}
    assert await found(context) == [("D5", "window-overlaps")]
    assert second.facts["rivals"][0]["failed_on"] == first.failed_on.isoformat()


async def test_the_database_keeps_repair_windows_apart_even_if_the_rule_were_wrong(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast)
    await finish(ready)
    await pay(context)
    await finish(await another(context, ready, cast.ben))
    accept = "UPDATE claim_line SET state = 'approved' WHERE state = 'refused' AND kind = 'fault'"
    with pytest.raises(IntegrityError, match="ex_claim_line_window"):
        await change(context, accept)
    await change(
        context,
        "UPDATE claim_line SET failed_on = failed_on + 9, repaired_on = repaired_on + 9 WHERE state = 'refused'",
    )
    await change(context, accept)


# D6


async def component(context: Context, ready: make.ReadyVisit, serial: str | None) -> UUID:
    async with begin(context.database, SYSTEM) as work:
        row = {
            "unit_id": ready.unit_id,
            "model_component_id": ready.component_id,
            "component_serial": serial,
            "fitted_on": dt.date(2026, 1, 1),
        }
        return await make.keep(work, UnitComponent, row, {})


async def positions(context: Context, ready: make.ReadyVisit) -> list[tuple[Any, ...]]:
    rows = await change(
        context,
        "SELECT component_serial, removed_on IS NULL FROM unit_component WHERE unit_id = :id ORDER BY 1",
        id=ready.unit_id,
    )
    return [tuple(row) for row in rows]


async def test_an_accepted_claim_puts_its_component_in_place(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await component(context, ready, "OLD1")
    await finish(ready, "px-88 1", "old-1")
    (claim,) = await claims(context)
    assert claim.state == "accepted"
    assert await positions(context, ready) == [("OLD1", False), ("PX881", True)]
    ((kind, on, before, after, actor),) = await change(
        context, 'SELECT kind, "on", before, after, actor_id FROM unit_move WHERE op_id = :id', id=claim.id
    )
    assert (kind, on, actor) == ("component", claim.repaired_on, cast.ann.id)
    assert (before["component_serial"], after["component_serial"]) == ("OLD1", "PX881")


@pytest.mark.parametrize(("sat", "left"), [("OLD1", True), (None, False)])
async def test_without_a_serial_on_the_plate_what_sat_there_leaves(
    context: Context, cast: Cast, sat: str | None, left: bool
) -> None:
    """A component whose serial is another than the one said to have been taken out is not touched."""
    ready = await make.ready_visit(context, cast)
    await component(context, ready, sat)
    await finish(ready, "PX881", "WRONG")
    assert sorted(await positions(context, ready), key=str) == sorted([("PX881", True), (sat, left)], key=str)


async def test_a_component_of_another_unit_is_looked_at_and_moves_nowhere(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    other = await make.ready_visit(context, cast, technician=cast.ben)
    await component(context, other, "PX881")
    await finish(ready, "PX881")
    (claim,) = await claims(context)
    assert (claim.state, claim.told["reasons"]) == ("in_review", ["under-check"])
    assert await found(context) == [("D6", "component-elsewhere")]
    assert await positions(context, ready) == []


async def test_a_component_that_was_claimed_before_is_looked_at(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await finish(ready, "PX881")
    other = await make.ready_visit(context, cast, technician=cast.ben)
    await finish(other, "px881")
    first, second = await claims(context)
    assert (first.state, second.state) == ("accepted", "in_review")
    numbers = {one["claim_number"] for one in second.facts["elsewhere"]["components"]}
    assert numbers == {None, first.number}


async def test_the_database_lets_a_component_sit_in_one_place(context: Context, cast: Cast) -> None:
    one, two = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    await component(context, one, "PX881")
    with pytest.raises(IntegrityError, match="uq_unit_component_serial_now"):
        await component(context, two, "PX881")


@pytest.mark.parametrize("serial", ["px-88", "PX 88", "ｐｘ８８", "p\u200bx\u201388", "  ", "A\t1\u00a0", "№7"])
async def test_the_database_makes_the_key_that_the_product_makes(context: Context, serial: str) -> None:
    ((key,),) = await change(context, "SELECT component_key(:serial)", serial=serial)
    assert key == normalise(serial)


# D12


async def be_there(context: Context, ready: make.ReadyVisit, since: int, until: int) -> None:
    """Move a completed visit to these minutes from now."""
    await change(
        context,
        "UPDATE visit SET arrived_at = now() + make_interval(mins => :since), started_at = NULL, "
        "completed_at = now() + make_interval(mins => :until) WHERE id = :id",
        since=since,
        until=until,
        id=ready.visit_id,
    )


@pytest.mark.parametrize(
    ("since", "until", "state"), [(-90, -30, "in_review"), (-90, -60, "accepted"), (-30, 30, "in_review")]
)
async def test_a_technician_who_was_elsewhere_meanwhile_is_looked_at(
    context: Context, cast: Cast, since: int, until: int, state: str
) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    await finish(first)
    await be_there(context, first, since, until)
    await fill_sheet(second)
    await scan(second)
    await change(
        context,
        "UPDATE visit SET arrived_at = now() - interval '55 minutes' WHERE id = :id",
        id=second.visit_id,
    )
    assert (await complete(second)).status_code == 200
    claim = (await claims(context))[-1]
    assert claim.state == state
    assert await found(context) == ([("D12", "in-two-places")] if state == "in_review" else [])


async def test_a_pause_is_no_presence_and_one_site_is_one_place(context: Context, cast: Cast) -> None:
    first = await make.ready_visit(context, cast)
    second = await make.ready_visit(context, cast)
    same_site = await another(context, second, cast.ann)
    await finish(first)
    await be_there(context, first, -90, -1)
    await change(
        context,
        "INSERT INTO visit_event (id, visit_id, partner_id, step, at, received_at, op_id) "
        "SELECT gen_random_uuid(), id, partner_id, 'pause', now() - interval '80 minutes', now(), id "
        "FROM visit WHERE id = :id",
        id=first.visit_id,
    )
    await fill_sheet(second)
    await scan(second)
    an_hour_ago = "UPDATE visit SET arrived_at = now() - interval '1 hour' WHERE id = :id"
    await change(context, an_hour_ago, id=second.visit_id)
    assert (await complete(second)).status_code == 200
    await be_there(context, second, -60, 20)
    same_site = replace(same_site, fault_code_id=first.fault_code_id)
    await finish(same_site)
    assert [claim.state for claim in await claims(context)][1:] == ["accepted", "accepted"]
    assert await found(context) == []


# D13


async def photo(context: Context, ready: make.ReadyVisit, **given: Any) -> None:
    async with begin(context.database, SYSTEM) as work:
        row = {"visit_id": ready.visit_id, "kind": "label", "sha256": SHA, "entered_at": work.now}
        await make.keep(work, Photo, row | {"partner_id": actor_of(ready.technician).partner_id}, given)


async def test_a_photo_of_another_job_is_looked_at(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    other = await make.ready_visit(context, cast, technician=cast.ben)
    await photo(context, other, voided_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), void_reason="taken back")
    await photo(context, ready)
    await finish(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.told["reasons"], claim.photos_reused) == ("in_review", ["under-check"], 1)
    assert await found(context) == [("D13", "photo-reused")]
    with pytest.raises(IntegrityError, match="ck_claim_photos_of_this_job"):
        await change(context, "UPDATE claim SET state = 'accepted'")


async def test_a_photo_of_an_earlier_visit_of_the_job_may_come_again(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        earlier = replace(ready, visit_id=await make.visit(work, ready.job_id, number=2))
    await photo(context, earlier)
    await photo(context, ready)
    await finish(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.photos_reused) == ("accepted", 0)


# D16


async def test_a_dear_part_is_held_until_the_old_one_is_back(context: Context, cast: Cast) -> None:
    await finish(await make.ready_visit(context, cast, limits={"core_return_minor": 1000}))
    (claim,) = await claims(context)
    held = {line.kind: (line.on_hold, line.hold_reason) for line in await lines(context)}
    assert claim.state == "accepted"
    assert held.pop("part") == (True, "core-return")
    assert set(held.values()) == {(False, "")}


async def test_what_was_entered_late_is_held_no_longer_once_it_is_claimed(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await change(context, "UPDATE part_used SET on_hold = true")
    await scan(ready)
    await complete(ready)
    (part,) = [line for line in await lines(context) if line.kind == "part"]
    assert (part.on_hold, part.hold_reason) == (False, "")


# The gate's functions


async def test_the_gate_tells_a_partner_of_its_own_visit_alone(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await component(context, ready, "OLD1")
    await finish(ready, "PX881", "OLD1")
    (claim,) = await claims(context)
    async with begin(context.database, actor_of(cast.ben)) as work:
        told = text("SELECT gate_visit(:visit), gate_unit_now(:unit), fit_components(:claim, now(), :claim)")
        ids = {"visit": ready.visit_id, "unit": ready.unit_id, "claim": claim.id}
        assert tuple((await work.db.execute(told, ids)).one()) == (None, None, 0)
    for hidden in ("visit_presence(gen_random_uuid(), now(), now())",):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with begin(context.database, actor_of(cast.ben)) as work:
                await work.db.execute(text(f"SELECT {hidden}"))

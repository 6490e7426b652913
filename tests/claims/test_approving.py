"""What a reviewer may approve: money goes with a fault that stands, and some of it takes more than one person."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import APPROVE, GOODWILL, decided, lines_by_kind, manager, run
from tests.claims.test_claims import rival_job
from tests.claims.test_preauthorisation import granted
from tests.claims.visits import claimed, claims, complete, fill_sheet, lines, now, scan

DECIDE = "/claims/decide"
DUPLICATE = {"decision": "refuse", "reason": "duplicate"}


async def appeal(context: Context, cast: Cast, claim: Any, *kinds: str) -> None:
    """Have the office appeal against the refused lines of a claim, or of these kinds only."""
    for line in await lines(context):
        if line.claim_id == claim.id and line.state == "refused" and (not kinds or line.kind in kinds):
            body = {"claim_id": str(claim.id), "line_id": str(line.id), "note": "it was another one"}
            await cast.pam.done("/claims/appeal", body)


async def beside_a_rival(context: Context, cast: Cast, **given: Any) -> tuple[Any, Any, UUID]:
    """A claim that stands, one on the same fault and a second that waits, and the group of the second fault."""
    first = await make.ready_visit(context, cast, **given)
    second = await rival_job(context, cast, first, cast.ann)
    async with begin(context.database, SYSTEM) as work:
        group = await make.fault_group(work)
        code = await make.fault_code(work, fault_group_id=group)
    await claimed(first)
    await fill_sheet(second)
    where = {"model_component_id": str(second.component_id), "designator": "R13"}
    other = {"visit_id": str(second.visit_id), "fault_code_id": str(code), "symptom": "leaks"}
    await cast.ann.done("/faults", other | where)
    await scan(second, "SOMETHING123")
    assert (await complete(second)).status_code == 200
    stands, waits = await claims(context)
    assert (stands.state, waits.state) == ("accepted", "in_review")
    await appeal(context, cast, waits)
    return stands, waits, group


async def faults_of(context: Context, claim: Any, group: UUID) -> tuple[str, str]:
    """The ids of the fault lines of a claim: of this group, and of the other."""
    found = [line for line in await lines(context) if line.claim_id == claim.id and line.kind == "fault"]
    good, duplicate = sorted(found, key=lambda line: line.fault_group_id != group)
    return str(good.id), str(duplicate.id)


async def test_no_money_is_granted_on_a_fault_that_another_claim_holds(context: Context, cast: Cast) -> None:
    first = await make.ready_visit(context, cast)
    second = await rival_job(context, cast, first, cast.ann)
    await claimed(first)
    await claimed(second)
    stands, refused = await claims(context)
    assert refused.state == "refused"
    await appeal(context, cast, refused, "part", "labour", "travel", "expense")
    response = await cast.rex.post(DECIDE, {"claim_id": str(refused.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "already-claimed")
    assert response.json()["claims"] == [stands.number]
    assert await decided(context) == []
    told = await cast.rex.done(DECIDE, {"claim_id": str(refused.id), "others": DUPLICATE})
    assert told["state"] == "refused"


async def test_no_money_is_granted_on_the_days_of_a_repair_that_was_paid(context: Context, cast: Cast) -> None:
    first = await make.ready_visit(context, cast)
    await claimed(first)
    await run(context, "UPDATE claim SET scored_at = now()")
    (paid,) = await claims(context)
    await cast.ada.done("/claims/pay", {"claim_ids": [str(paid.id)]})
    await claimed(await rival_job(context, cast, first, cast.ann))
    _, refused = await claims(context)
    await appeal(context, cast, refused, "labour")
    response = await cast.rex.post(DECIDE, {"claim_id": str(refused.id), "others": APPROVE})
    assert (response.json()["code"], response.json()["claims"]) == ("already-claimed", [paid.number])
    # A repair of other days is a second failure.
    await run(
        context,
        "UPDATE claim_line SET failed_on = failed_on - 90, repaired_on = repaired_on - 90 WHERE claim_id = :id",
        id=paid.id,
    )
    await run(context, "UPDATE claim SET repaired_on = repaired_on - 90 WHERE id = :id", id=paid.id)
    assert (await cast.rex.done(DECIDE, {"claim_id": str(refused.id), "others": APPROVE}))["state"] == "approved"


async def test_the_good_fault_of_two_is_approved_with_its_lines(context: Context, cast: Cast) -> None:
    _, waits, group = await beside_a_rival(context, cast)
    good, duplicate = await faults_of(context, waits, group)
    named = [{"line_id": duplicate, **DUPLICATE}, {"line_id": good, **APPROVE}]
    told = await cast.rex.done(DECIDE, {"claim_id": str(waits.id), "lines": named, "others": APPROVE})
    assert (told["state"], told["approved_minor"]) == ("approved", waits.asked_minor)
    assert {line["id"]: line["state"] for line in told["lines"]}[duplicate] == "refused"


async def test_money_follows_a_fault_that_was_approved_before_it(context: Context, cast: Cast) -> None:
    stands, waits, group = await beside_a_rival(context, cast)
    good, duplicate = await faults_of(context, waits, group)
    labour = (await lines_by_kind(context, waits.id))["labour"]
    money = {"claim_id": str(waits.id), "lines": [{"line_id": str(labour.id), **APPROVE}]}
    response = await cast.rex.post(DECIDE, money)
    assert (response.json()["code"], response.json()["claims"]) == ("already-claimed", [stands.number])
    named = [{"line_id": duplicate, **DUPLICATE}, {"line_id": good, **APPROVE}]
    await cast.rex.done(DECIDE, {"claim_id": str(waits.id), "lines": named})
    assert (await cast.rex.done(DECIDE, money))["lines"][0]["state"] == "approved"


async def test_money_leans_on_a_proposal_only_until_it_is_granted(context: Context, cast: Cast) -> None:
    _, waits, group = await beside_a_rival(context, cast, limits={"two_people_over_minor": 0})
    good, duplicate = await faults_of(context, waits, group)
    named = [{"line_id": duplicate, **DUPLICATE}, {"line_id": good, **APPROVE}]
    body = {"claim_id": str(waits.id), "others": APPROVE}
    assert (await cast.rex.done(DECIDE, body | {"lines": named}))["needs_second"] is True
    labour = (await lines_by_kind(context, waits.id))["labour"]
    alone = {"claim_id": str(waits.id), "lines": [{"line_id": str(labour.id), **APPROVE}]}
    for without in (alone, body | {"lines": [{"line_id": good, **DUPLICATE}]}):
        response = await cast.ada.post(DECIDE, without)
        assert (response.status_code, response.json()["code"]) == (409, "already-claimed")
    assert (await cast.ada.done(DECIDE, body))["state"] == "approved"


async def test_money_is_granted_without_its_fault_where_nobody_else_has_it(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    fault = (await lines_by_kind(context, claim.id))["fault"]
    named = [{"line_id": str(fault.id), "decision": "refuse", "reason": "not-our-product"}]
    told = await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": named, "others": APPROVE})
    assert (told["state"], told["approved_minor"]) == ("approved", claim.asked_minor)


async def test_a_second_trip_with_leave_is_paid_though_the_first_has_the_fault(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await granted(context, cast, ready, repeat_trip=True)
    async with begin(context.database, SYSTEM) as work:
        visit_id = await make.visit(work, ready.job_id, number=2)
    second = replace(ready, visit_id=visit_id)
    await fill_sheet(second)
    await claimed(ready)
    await scan(second)
    await run(context, "UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id", id=visit_id)
    assert (await complete(second)).status_code == 200
    _, again = await claims(context)
    assert (again.state, again.repeat_trip) == ("refused", True)
    await appeal(context, cast, again, "labour")
    assert (await cast.rex.done(DECIDE, {"claim_id": str(again.id), "others": APPROVE}))["state"] == "approved"


LONG_AGO = ("sold_on", "installed_on", "in_service_on", "warranty_start_on")


def unconfirmed(**given: Any) -> dict[str, Any]:
    """A unit that nobody has confirmed, with no days but these."""
    return {"status": "unconfirmed", **dict.fromkeys((*LONG_AGO, "warranty_end_on")), **given}


async def confirmed(context: Context, cast: Cast, ready: make.ReadyVisit) -> Any:
    """Claim the visit's repair and confirm its unit; return the claim, that waits."""
    await claimed(ready)
    await cast.dora.done("/units/confirm", {"unit_id": str(ready.unit_id)})
    (claim,) = await claims(context)
    assert claim.state == "in_review"
    return claim


async def test_what_was_out_of_cover_on_an_unconfirmed_unit_is_goodwill(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given=unconfirmed(warranty_end_on=dt.date(2020, 1, 1)))
    claim = await confirmed(context, cast, ready)
    response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "only-as-goodwill")
    body = {"claim_id": str(claim.id), "others": GOODWILL}
    assert (await cast.rex.done(DECIDE, body))["needs_second"] is True
    assert (await cast.ada.done(DECIDE, body))["state"] == "approved"


async def test_the_cover_of_a_unit_that_was_unconfirmed_is_today_s(context: Context, cast: Cast) -> None:
    said = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=30)
    ready = await make.ready_visit(context, cast, unit_given=unconfirmed(installed_on=said))
    claim = await confirmed(context, cast, ready)
    assert claim.coverage["parts"] is True
    change = {"field": "installed_on", "base": said.isoformat(), "value": "2015-01-01"}
    await cast.dora.done("/units/correct", {"unit_id": str(ready.unit_id), "reason": "invoice", "changes": [change]})
    (waits,) = (await cast.ada.get("/warranty-changes", waiting=True)).json()["items"]
    agreed = {"change_id": waits["id"], "decision": "approve", "reason": "seen on the invoice"}
    await cast.ada.done("/warranty-changes/decide", agreed)
    response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "only-as-goodwill")


async def test_the_contract_of_a_unit_that_was_unconfirmed_pays_once_it_is_confirmed(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast, unit_given=unconfirmed(warranty_end_on=dt.date(2020, 1, 1)))
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
    claim = await confirmed(context, cast, ready)
    assert claim.coverage["parts"] is False
    line = await lines_by_kind(context, claim.id)
    refused = [{"line_id": str(line[kind].id), **DUPLICATE} for kind in ("travel", "expense")]
    for kind in ("travel", "expense"):
        trip = [{"line_id": str(line[kind].id), **APPROVE}]
        response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "lines": trip})
        assert response.json()["code"] == "only-as-goodwill"
    told = await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": refused, "others": APPROVE})
    assert (told["state"], told["needs_second"]) == ("approved", False)


async def test_a_late_claim_on_an_unconfirmed_unit_in_cover_is_still_goodwill(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"status": "unconfirmed"})
    claim = await confirmed(context, cast, ready)
    late = '[{"rule": "D8", "result": "refuse", "reason": "submitted-late"}]'
    await run(
        context,
        "UPDATE claim SET state = 'refused', lane = 'refuse', decision = jsonb_set(decision, '{hits}', :hits)",
        hits=late,
    )
    await run(context, "UPDATE claim_line SET state = 'refused'")
    found = (await lines_by_kind(context, claim.id)).values()
    body = {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **APPROVE} for line in found]}
    assert (await cast.rex.post(DECIDE, body)).json()["code"] == "only-as-goodwill"


async def scrapped(context: Context, cast: Cast, **given: Any) -> tuple[make.ReadyVisit, dict[str, Any]]:
    """A claim on a unit that was scrapped, appealed against if it was refused, and the approval of all of it."""
    ready = await make.ready_visit(context, cast, unit_given={"status": "scrapped"}, **given)
    await claimed(ready)
    (claim,) = await claims(context)
    await appeal(context, cast, claim)
    return ready, {"claim_id": str(claim.id), "others": APPROVE}


async def test_a_claim_refused_for_a_scrapped_unit_takes_two_people(context: Context, cast: Cast) -> None:
    _, body = await scrapped(context, cast)
    told = await cast.rex.done(DECIDE, body)
    assert (told["state"], told["needs_second"]) == ("in_review", True)
    assert (await cast.rex.post(DECIDE, body)).json()["code"] == "needs-second-person"
    assert (await cast.ada.done(DECIDE, body))["state"] == "approved"


async def test_one_person_approves_once_the_unit_is_in_use_after_all(context: Context, cast: Cast) -> None:
    ready, body = await scrapped(context, cast)
    await run(context, "UPDATE unit SET status = 'installed' WHERE id = :id", id=ready.unit_id)
    assert (await cast.rex.done(DECIDE, body))["state"] == "approved"


async def test_one_person_approves_where_the_programme_only_reviews_the_unit(context: Context, cast: Cast) -> None:
    _, body = await scrapped(context, cast, modes={"D2": "review"})
    assert (await cast.rex.done(DECIDE, body))["state"] == "approved"


async def test_a_unit_scrapped_after_its_claim_was_refused_for_more_takes_no_second_person(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast, modes={"D11": "block"})
    await claimed(ready, minutes=61)
    (claim,) = await claims(context)
    assert claim.state == "refused"
    await run(context, "UPDATE unit SET status = 'scrapped' WHERE id = :id", id=ready.unit_id)
    await appeal(context, cast, claim)
    assert (await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE}))["state"] == "approved"


def by_hand(ready: make.ReadyVisit, kind: str) -> tuple[str, dict[str, Any]]:
    """What of a visit somebody at the desk can write down, with its path."""
    written: dict[str, dict[str, Any]] = {
        "/parts-used": {"kind": "used", "part_id": str(ready.part_id), "quantity": 4, "unit_of_measure": "pcs"},
        "/times": {"kind": "travel", "minutes": 200},
        "/expenses": {"direction": "spent", "kind": "parking", "amount_minor": 900, "currency": "EUR"},
        "/faults": {
            "fault_code_id": str(ready.fault_code_id),
            "symptom": "leaks",
            "model_component_id": str(ready.component_id),
            "designator": "R13",
        },
        "/scans": {"source": "camera", "scanned_text": ready.serial, "scanned_at": now()},
    }
    return kind, written[kind] | {"visit_id": str(ready.visit_id)}


@pytest.mark.parametrize("kind", ["/parts-used", "/times", "/expenses", "/faults", "/scans"])
async def test_who_wrote_something_of_the_visit_does_not_decide_on_its_claim(
    context: Context, cast: Cast, kind: str
) -> None:
    mia = await manager(context, cast)
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready, minutes=61)
    await scan(ready)
    await mia.done(*by_hand(ready, kind))
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    assert claim.submitted_by == cast.ann.id
    body = {"claim_id": str(claim.id), "others": APPROVE}
    response = await mia.post(DECIDE, body)
    assert (response.status_code, response.json()["code"]) == (403, "own-claim")
    assert (await cast.rex.done(DECIDE, body))["state"] == "approved"


async def test_who_only_completed_the_visit_does_not_decide_on_its_claim(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast)
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready, minutes=61)
    await scan(ready)
    assert (await complete(replace(ready, technician=mia))).status_code == 200
    (claim,) = await claims(context)
    response = await mia.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (403, "own-claim")


async def test_who_wrote_on_another_visit_decides_on_this_one(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast)
    other = await make.ready_visit(context, cast)
    await fill_sheet(other)
    await mia.done(*by_hand(other, "/times"))
    ready = await make.ready_visit(context, cast)
    await claimed(ready, minutes=61)
    (claim,) = await claims(context)
    assert (await mia.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE}))["state"] == "approved"

"""What a reviewer decides line by line, who may not, and what takes two people."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.context import Context
from domain.claims.adjudication import DecideClaim
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Role
from domain.kit.ids import new_id
from domain.kit.work import begin
from tests import make
from tests.cast import Cast, actor_of
from tests.claims.reviewing import APPROVE, GOODWILL, REFUSE, SEND_BACK, decided, lines_by_kind, manager, run, waiting
from tests.claims.visits import claimed, claims, fill_sheet, lines

DECIDE = "/claims/decide"


async def test_a_reviewer_approves_what_waits_and_it_takes_its_slot(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    told = await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (told["state"], told["payable"], told["needs_second"]) == ("approved", True, False)
    found = await lines(context)
    assert {line.state for line in found} == {"approved"}
    assert {line.reason for line in found} == {"evidence-convincing"}
    assert all(line.approved_minor == line.amount_minor for line in found)
    assert told["approved_minor"] == sum(line.amount_minor for line in found)
    assert (await cast.pam.get("/claims")).json()["items"][0]["state"] == "approved"
    again = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    assert (again.status_code, again.json()["code"]) == (409, "claim-not-in-review")


async def test_each_line_gets_its_own_decision(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = await lines_by_kind(context, claim.id)
    some = [
        {"line_id": str(line["fault"].id), **APPROVE},
        {
            "line_id": str(line["labour"].id),
            "decision": "approve_in_part",
            "reason": "excessive-labour",
            "approved_minutes": 40,
        },
        {"line_id": str(line["travel"].id), "decision": "refuse", "reason": "excessive-travel"},
        {"line_id": str(line["expense"].id), **SEND_BACK},
    ]
    told = await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": some})
    assert told["state"] == "in_review"  # the part still waits
    told = await cast.rex.done(
        DECIDE, {"claim_id": str(claim.id), "others": APPROVE | {"reason": "other", "note": "ok"}}
    )
    assert told["state"] == "approved"  # a sent-back line can be decided before its answer
    found = await lines_by_kind(context, claim.id)
    assert {kind: one.state for kind, one in found.items()} == {
        "fault": "approved",
        "labour": "approved",
        "travel": "refused",
        "expense": "approved",
        "part": "approved",
    }
    assert (found["labour"].approved_minutes, found["labour"].approved_minor) == (40, 3000)
    assert (found["travel"].approved_minor, found["travel"].reason) == (None, "excessive-travel")
    (stored,) = await claims(context)
    assert stored.approved_minor == 3000 + found["part"].amount_minor + 450
    assert stored.told == {"state": "approved", "reasons": ["excessive-travel"]}
    detail = (await cast.pam.get(f"/claims/{claim.id}")).json()
    assert {one["kind"]: one["reason"] for one in detail["lines"]}["travel"] == "excessive-travel"
    assert detail["decisions"] == []
    detail = (await cast.rex.get(f"/claims/{claim.id}")).json()
    assert sorted({(one["decision"], one["decided_by"]) for one in detail["decisions"]}) == [
        ("approve", "Rex"),
        ("approve_in_part", "Rex"),
        ("refuse", "Rex"),
        ("send_back", "Rex"),
    ]
    assert len(detail["decisions"]) == 6


@pytest.mark.parametrize(
    ("kind", "ruling"),
    [
        ("labour", {"decision": "approve_in_part", "reason": "excessive-labour"}),
        ("labour", {"decision": "approve_in_part", "reason": "excessive-labour", "approved_minutes": 60}),
        ("labour", {"decision": "approve_in_part", "reason": "excessive-labour", "approved_quantity": 1}),
        ("part", {"decision": "approve_in_part", "reason": "excessive-parts", "approved_quantity": 1}),
        ("fault", {"decision": "approve_in_part", "reason": "other", "note": "x", "approved_minor": 1}),
        ("fault", {"decision": "approve", "reason": "not-covered"}),
        ("fault", {"decision": "refuse", "reason": "evidence-convincing"}),
        ("fault", {"decision": "refuse", "reason": "other", "note": " "}),
        ("part", {"decision": "approve", "reason": "evidence-convincing", "approved_minor": 1}),
    ],
)
async def test_a_ruling_without_sense_is_refused(
    context: Context, cast: Cast, kind: str, ruling: dict[str, Any]
) -> None:
    _, claim = await waiting(context, cast)
    line = (await lines_by_kind(context, claim.id))[kind]
    response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **ruling}]})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
    assert await decided(context) == []


async def test_a_line_is_granted_in_part_by_money_too(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = (await lines_by_kind(context, claim.id))["part"]
    some = {"decision": "approve_in_part", "reason": "excessive-parts", "approved_minor": line.amount_minor - 1}
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **some}]})
    line = (await lines_by_kind(context, claim.id))["part"]
    assert (line.approved_minor, line.approved_quantity) == (line.amount_minor - 1, line.quantity)


async def test_a_decision_on_another_line_gives_no_more_days_to_answer(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = await lines_by_kind(context, claim.id)
    sent_back = {"line_id": str(line["expense"].id), **SEND_BACK}
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": [sent_back]})
    await run(context, "UPDATE claim SET answer_by = answer_by - 3")
    (before,) = await claims(context)
    approved = {"line_id": str(line["labour"].id), **APPROVE}
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": [approved]})
    (after,) = await claims(context)
    assert after.answer_by == before.answer_by is not None


async def test_lines_are_named_once_and_are_of_the_claim(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = (await lines_by_kind(context, claim.id))["fault"]
    twice = [{"line_id": str(line.id), **APPROVE}] * 2
    assert (await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "lines": twice})).status_code == 422
    strange = [{"line_id": str(uuid4()), **APPROVE}]
    assert (await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "lines": strange})).status_code == 404
    assert (await cast.rex.post(DECIDE, {"claim_id": str(claim.id)})).status_code == 422
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **REFUSE}]})
    again = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **APPROVE}]})
    assert (again.status_code, again.json()["code"]) == (409, "line-not-waiting")


async def test_a_line_nobody_priced_is_paid_what_the_reviewer_says(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await run(context, "UPDATE claim_line SET amount_minor = NULL WHERE kind = 'part'")
    body = {"claim_id": str(claim.id), "others": APPROVE}
    assert (await cast.rex.post(DECIDE, body)).json()["field"] == "approved_minor"
    part = (await lines_by_kind(context, claim.id))["part"]
    priced = {"line_id": str(part.id), **APPROVE, "approved_minor": 1200}
    await cast.rex.done(DECIDE, body | {"lines": [priced]})
    assert (await lines_by_kind(context, claim.id))["part"].approved_minor == 1200


async def test_a_slot_that_is_taken_meanwhile_is_not_given_twice(context: Context, cast: Cast) -> None:
    ready, _ = await waiting(context, cast)
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
        visit_id = await make.visit(work, job_id)
    await claimed(replace(ready, job_id=job_id, visit_id=visit_id, technician=cast.ben))
    waits, rival = await claims(context)
    assert (waits.state, rival.state) == ("in_review", "in_review")
    await cast.rex.done(DECIDE, {"claim_id": str(rival.id), "others": APPROVE})
    before = len(await decided(context))
    response = await cast.rex.post(DECIDE, {"claim_id": str(waits.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "already-claimed")
    assert response.json()["claims"] == [rival.number]
    assert len(await decided(context)) == before


async def test_nothing_is_approved_for_an_unconfirmed_unit(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"status": "unconfirmed"})
    await claimed(ready)
    (claim,) = await claims(context)
    body = {"claim_id": str(claim.id), "others": APPROVE}
    refused = await cast.rex.post(DECIDE, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "unit-unconfirmed")
    await run(context, "UPDATE unit SET status = 'installed' WHERE id = :id", id=ready.unit_id)
    assert (await cast.rex.done(DECIDE, body))["payable"] is True


async def test_only_the_office_decides_and_only_about_claims(context: Context, cast: Cast) -> None:
    body = {"claim_id": str(uuid4()), "others": APPROVE}
    assert (await cast.rex.post(DECIDE, body)).status_code == 404
    for other in (cast.pam, cast.ann, cast.dora):
        assert (await other.post(DECIDE, body)).status_code == 403


async def test_who_keyed_the_visit_in_does_not_decide_on_its_claim(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast)
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)  # and nothing scanned yet
    await claimed(replace(ready, technician=mia), minutes=61)
    (claim,) = await claims(context)
    assert (claim.state, claim.submitted_by) == ("in_review", mia.id)
    body = {"claim_id": str(claim.id), "others": APPROVE}
    response = await mia.post(DECIDE, body)
    assert (response.status_code, response.json()["code"]) == (403, "own-claim")
    assert (await cast.rex.done(DECIDE, body))["state"] == "approved"


WRITE = """
INSERT INTO claim_decision (id, claim_id, line_id, partner_id, decision, reason, needs_two, proposed, confirms,
  submitted_by, decided_by, decided_at, decider_partner_id, proposed_by)
SELECT :id, claim_id, id, partner_id, :decision, :reason, :needs_two, :proposed, :confirms,
  :liar, :by, now(), NULL, :liar
FROM claim_line WHERE kind = 'fault'
"""


async def test_the_database_lets_nobody_decide_for_their_own_side(context: Context, cast: Cast) -> None:
    await waiting(context, cast)
    given = {"decision": "approve", "reason": "evidence-convincing", "liar": cast.dora.id, "confirms": None}
    given |= {"needs_two": False, "proposed": False}
    for who, wall in (
        (cast.pam, "decider_is_ours"),
        (cast.ben, "decider_is_ours"),
        (cast.ann, "not_the_submitter|ours"),
    ):
        with pytest.raises(IntegrityError, match=wall):
            await run(context, WRITE, **given, id=new_id(), by=who.id)
    await run(context, "UPDATE claim SET submitted_by = :rex", rex=cast.rex.id)
    with pytest.raises(IntegrityError, match="not_the_submitter"):
        await run(context, WRITE, **given, id=new_id(), by=cast.rex.id)
    await run(context, WRITE, **given, id=new_id(), by=cast.ada.id)
    (stored,) = await decided(context)
    assert (stored.submitted_by, stored.decider_partner_id, stored.proposed_by) == (cast.rex.id, None, None)


async def test_the_database_wants_two_people(context: Context, cast: Cast) -> None:
    await waiting(context, cast)
    given = {"decision": "approve", "liar": cast.dora.id, "needs_two": True}
    for reason, needs_two in (("evidence-convincing", True), ("goodwill", True), ("goodwill", False)):
        once = given | {"reason": reason, "needs_two": needs_two, "proposed": False, "confirms": None}
        with pytest.raises(IntegrityError, match="two"):
            await run(context, WRITE, **once, id=new_id(), by=cast.rex.id)
    first = new_id()
    await run(context, WRITE, **given, reason="goodwill", proposed=True, confirms=None, id=first, by=cast.rex.id)
    with pytest.raises(IntegrityError, match="second_person"):
        await run(
            context, WRITE, **given, reason="goodwill", proposed=False, confirms=first, id=new_id(), by=cast.rex.id
        )
    await run(context, WRITE, **given, reason="goodwill", proposed=False, confirms=first, id=new_id(), by=cast.ada.id)
    assert [one.proposed_by for one in await decided(context)] == [None, cast.rex.id]


async def test_decisions_stay_as_they_were_made(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    for change in ("UPDATE claim_decision SET decision = 'approve'", "DELETE FROM claim_decision"):
        with pytest.raises(DBAPIError, match="permission denied"):
            await run(context, change)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with begin(context.database, actor_of(cast.pam)) as work:
            await work.db.execute(text("SELECT * FROM claim_decision"))


async def test_much_money_is_proposed_by_one_and_confirmed_by_another(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast, limits={"two_people_over_minor": 5_000})
    body = {"claim_id": str(claim.id), "others": APPROVE}
    told = await cast.rex.done(DECIDE, body)
    assert (told["state"], told["payable"], told["needs_second"]) == ("in_review", False, True)
    assert all(line["proposed"] and line["state"] == "in_review" for line in told["lines"])
    detail = (await cast.pam.get(f"/claims/{claim.id}")).json()
    assert not any(line["proposed"] or line["approved_minor"] for line in detail["lines"])
    assert detail["claim"]["needs_second"] is False
    again = await cast.rex.post(DECIDE, body)
    assert (again.status_code, again.json()["code"]) == (409, "needs-second-person")
    told = await cast.ada.done(DECIDE, body)
    assert (told["state"], told["payable"], told["needs_second"]) == ("approved", True, False)
    found = await decided(context)
    assert [(one.proposed, one.confirms is not None) for one in found] == [(True, False)] * 5 + [(False, True)] * 5
    assert {one.proposed_by for one in found[5:]} == {cast.rex.id}


async def test_a_sum_that_grows_over_the_limit_needs_two_from_there_on(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast, limits={"two_people_over_minor": 5_000})
    line = await lines_by_kind(context, claim.id)
    one = {"claim_id": str(claim.id), "lines": [{"line_id": str(line["labour"].id), **APPROVE}]}
    assert (await cast.rex.done(DECIDE, one))["lines"][0]["state"] == "approved"
    other = {"claim_id": str(claim.id), "lines": [{"line_id": str(line["travel"].id), **APPROVE}]}
    assert (await cast.rex.done(DECIDE, other))["lines"][0]["proposed"] is True
    less = APPROVE | {"decision": "approve_in_part", "reason": "excessive-travel", "approved_minutes": 5}
    mia = await manager(context, cast)
    told = await mia.done(DECIDE, other | {"lines": [{"line_id": str(line["travel"].id), **less}]})
    assert (told["lines"][0]["state"], told["lines"][0]["proposed"]) == ("approved", False)


async def test_a_second_person_may_refuse_what_was_proposed(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast, limits={"two_people_over_minor": 0})
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    told = await cast.ada.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    assert (told["state"], told["needs_second"]) == ("refused", False)


async def test_an_admin_proposes_nothing(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    response = await cast.ada.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (403, "not-allowed")


LATE = """UPDATE claim SET state = 'refused', lane = 'refuse', decision = jsonb_set(decision, '{hits}',
  '[{"rule": "D8", "result": "refuse", "reason": "submitted-late"}]')"""


async def test_a_claim_that_came_too_late_is_granted_as_goodwill_by_two_people(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await run(context, LATE)
    await run(context, "UPDATE claim_line SET state = 'refused'")
    found = await lines_by_kind(context, claim.id)
    body = {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **GOODWILL} for line in found.values()]}
    told = await cast.rex.done(DECIDE, body)
    assert (told["state"], told["needs_second"]) == ("refused", True)
    told = await cast.ada.done(DECIDE, body)
    assert (told["state"], told["payable"], told["needs_second"]) == ("approved", True, False)


async def test_a_line_out_of_cover_is_granted_as_goodwill_by_two_people(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
    await claimed(ready)
    (claim,) = await claims(context)
    line = await lines_by_kind(context, claim.id)
    assert (line["travel"].state, line["travel"].reason) == ("refused", "not-covered")
    plain = {"claim_id": str(claim.id), "lines": [{"line_id": str(line["travel"].id), **APPROVE}]}
    response = await cast.rex.post(DECIDE, plain)
    assert (response.status_code, response.json()["code"]) == (409, "only-as-goodwill")
    body = {"claim_id": str(claim.id), "lines": [{"line_id": str(line["travel"].id), **GOODWILL}]}
    told = await cast.rex.done(DECIDE, body)
    assert (told["lines"][0]["state"], told["lines"][0]["proposed"], told["state"]) == ("refused", True, "approved")
    told = await (await manager(context, cast)).done(DECIDE, body)
    assert (told["lines"][0]["state"], told["lines"][0]["approved_minor"]) == ("approved", 2250)


async def test_what_was_refused_for_more_than_cover_is_not_approved(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ann)
        visit_id = await make.visit(work, job_id)
    await claimed(replace(ready, job_id=job_id, visit_id=visit_id))
    _, refused = await claims(context)
    assert refused.state == "refused"
    line = await lines_by_kind(context, refused.id)
    body = {"claim_id": str(refused.id), "lines": [{"line_id": str(line["fault"].id), **GOODWILL}]}
    response = await cast.rex.post(DECIDE, body)
    assert (response.status_code, response.json()["code"]) == (409, "claim-not-in-review")


async def test_nothing_is_approved_without_a_scan(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await run(context, "UPDATE claim SET state = 'refused', scan_id = NULL")
    response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "without-scan")


def test_a_decision_of_before_lines_is_one_on_all_that_wait() -> None:
    action = REGISTER.actions[DecideClaim]
    old = {"claim_id": str(uuid4()), "decision": "approve", "reason": "seen on the photo"}
    command = action.command_from(1, old)
    assert isinstance(command, DecideClaim)
    assert command.others is not None
    assert (action.version, command.others.decision, command.others.note) == (2, "approve", "seen on the photo")
    refused = action.command_from(1, old | {"decision": "refuse"})
    assert isinstance(refused, DecideClaim)
    assert refused.others is not None
    assert (refused.others.decision, refused.others.reason) == ("refuse", "other")


async def test_a_service_manager_is_a_reviewer_too(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast, role=Role.SERVICE_MANAGER)
    _, claim = await waiting(context, cast)
    assert (await mia.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE}))["state"] == "refused"
    (card,) = (await cast.pam.get("/claims")).json()["items"]
    assert (card["state"], card["reasons"]) == ("refused", ["evidence-contradicts"])


SITS = """INSERT INTO unit_component (id, unit_id, model_component_id, component_serial, fitted_on)
  VALUES (gen_random_uuid(), :unit, :component, 'PX881', '2026-01-01')"""


async def fitted(context: Context, cast: Cast) -> tuple[make.ReadyVisit, Any]:
    """A claim that waits, with a board that was fitted."""
    ready, claim = await waiting(context, cast)
    await run(
        context,
        "UPDATE part_used SET new_serial = 'px-88 1', model_component_id = :component WHERE visit_id = :visit",
        component=ready.component_id,
        visit=ready.visit_id,
    )
    return ready, claim


async def test_what_was_fitted_sits_in_the_unit_once_all_is_decided(context: Context, cast: Cast) -> None:
    ready, claim = await fitted(context, cast)
    line = await lines_by_kind(context, claim.id)
    sits = text("SELECT count(*) FROM unit_component WHERE unit_id = :unit AND component_serial = 'PX881'")
    for kind, expected in (("part", 0), ("others", 1)):
        one = {"lines": [{"line_id": str(line[kind].id), **APPROVE}]} if kind == "part" else {"others": REFUSE}
        await cast.rex.done(DECIDE, {"claim_id": str(claim.id)} | one)
        async with begin(context.database, SYSTEM) as work:
            assert await work.db.scalar(sits, {"unit": ready.unit_id}) == expected


async def test_a_component_that_sits_elsewhere_is_not_approved(context: Context, cast: Cast) -> None:
    other, _ = await waiting(context, cast, technician=cast.ben)
    _, claim = await fitted(context, cast)
    await run(context, SITS, unit=other.unit_id, component=other.component_id)
    response = await cast.rex.post(DECIDE, {"claim_id": str(claim.id), "others": APPROVE})
    assert (response.status_code, response.json()["code"]) == (409, "component-elsewhere")
    assert response.json()["serials"] == ["PX881"]


async def test_the_days_of_a_paid_repair_are_not_paid_again(context: Context, cast: Cast) -> None:
    ready, _ = await waiting(context, cast)
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
        visit_id = await make.visit(work, job_id)
    await claimed(replace(ready, job_id=job_id, visit_id=visit_id, technician=cast.ben))
    waits, rival = await claims(context)
    await cast.rex.done(DECIDE, {"claim_id": str(rival.id), "others": APPROVE})
    await run(context, "UPDATE claim SET scored_at = now()")
    told = await cast.ada.done("/claims/pay", {"claim_ids": [str(rival.id)]})
    assert told["claims"][0]["outcome"] == "paid"
    response = await cast.rex.post(DECIDE, {"claim_id": str(waits.id), "others": APPROVE})
    assert (response.json()["code"], response.json()["claims"]) == ("already-claimed", [rival.number])

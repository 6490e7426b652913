"""What a claim stands on is taken back: a report withdrawn, a claimed line struck; the money waits for a person."""

from typing import Any
from uuid import UUID

import pytest

from api.context import Context
from api.worker import drain
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import APPROVE, REFUSE, alerts, lines_by_kind, run, waiting
from tests.claims.visits import claimed, claims, lines
from tests.sync.handset import handset

TOLD_UNDER_CHECK = {"state": "in_review", "reasons": ["under-check"]}


async def accepted(context: Context, cast: Cast) -> tuple[make.ReadyVisit, Any]:
    """A visit whose claim the gate accepted and scored; and that claim."""
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.payable) == ("accepted", True)
    return ready, claim


def withdrawing(ready: make.ReadyVisit) -> dict[str, Any]:
    return {"visit_id": str(ready.visit_id), "reason": "nobody was there"}


def striking(ready: make.ReadyVisit, kind: str, line_id: UUID) -> dict[str, Any]:
    strike = [{"kind": kind, "line_id": str(line_id)}]
    return {"visit_id": str(ready.visit_id), "reason": "no such thing", "corrections": {"strike": strike}}


def correcting(ready: make.ReadyVisit, line: Any, **reads: str) -> dict[str, Any]:
    faults = [{"line_id": str(line.fault_id), **reads}]
    return {"visit_id": str(ready.visit_id), "reason": "read again", "corrections": {"faults": faults}}


async def test_of_a_withdrawn_report_an_accepted_claim_waits_for_a_person(context: Context, cast: Cast) -> None:
    ready, claim = await accepted(context, cast)
    await cast.ada.done("/reports/withdraw", withdrawing(ready))
    (now,) = await claims(context)
    assert (now.state, now.payable, now.approved_minor, now.told) == ("in_review", False, None, TOLD_UNDER_CHECK)
    assert {line.state for line in await lines(context)} == {"in_review"}
    paid = await cast.ada.done("/claims/pay", {"claim_ids": [str(claim.id)]})
    assert paid["claims"][0]["outcome"] == "not-payable"
    items = (await cast.rex.get(f"/claims/{claim.id}/evidence")).json()["items"]
    (told,) = [item for item in items if item["kind"] == "report" and item["what"] == "withdraw"]
    assert told["summary"] == "The report was withdrawn, after the claim was decided: nobody was there"
    assert await alerts(context) == []


@pytest.mark.parametrize(("kind", "column"), [("part", "part_used_id"), ("time", "time_entry_id")])
async def test_of_a_struck_line_an_accepted_claim_waits_and_the_reviewer_sees_which(
    context: Context, cast: Cast, kind: str, column: str
) -> None:
    ready, claim = await accepted(context, cast)
    struck = (await lines_by_kind(context, claim.id))["part" if kind == "part" else "labour"]
    asked = await cast.pam.post("/reports/amend", striking(ready, kind, getattr(struck, column)))
    assert asked.status_code == 202
    assert [one.state for one in await claims(context)] == ["accepted"]
    await cast.dora.done("/reports/decide", {"amendment_id": asked.json()["id"], "decision": "approve"})
    assert [(one.state, one.payable) for one in await claims(context)] == [("in_review", False)]
    shown = (await cast.rex.get(f"/claims/{claim.id}")).json()["lines"]
    assert [line["id"] for line in shown if line["struck"]] == [str(struck.id)]
    own = (await cast.pam.get(f"/claims/{claim.id}")).json()["lines"]
    assert {line["struck"] for line in own} == {None}


async def test_a_line_struck_after_the_visit_stops_the_claim_once_our_office_accepts_it(
    context: Context, cast: Cast
) -> None:
    _, claim = await accepted(context, cast)
    part = (await lines_by_kind(context, claim.id))["part"]
    strike = {"line_id": str(part.part_used_id), "kind": "part", "reason": "it was never fitted"}
    phone = handset(cast.ann)
    assert [status for status, _ in await phone.fates(phone.record("line.void", strike))] == ["recorded"]
    assert [one.state for one in await claims(context)] == ["accepted"]
    (held,) = (await cast.dora.get("/recorded-work")).json()["items"]
    await cast.dora.done("/recorded-work/decide", {"op_ids": [held["op_id"]], "decision": "accept"})
    assert [(one.state, one.payable) for one in await claims(context)] == [("in_review", False)]


async def test_a_declined_amendment_leaves_the_claim_where_it_is(context: Context, cast: Cast) -> None:
    ready, claim = await accepted(context, cast)
    part = (await lines_by_kind(context, claim.id))["part"]
    asked = (await cast.pam.post("/reports/amend", striking(ready, "part", part.part_used_id))).json()
    await cast.pam.done("/reports/decide", {"amendment_id": asked["id"], "decision": "decline"})
    assert [one.state for one in await claims(context)] == ["accepted"]


async def test_what_is_struck_or_written_besides_what_was_claimed_stops_nothing(context: Context, cast: Cast) -> None:
    ready, claim = await accepted(context, cast)
    notes = {"visit_id": str(ready.visit_id), "reason": "a word", "corrections": {"notes": "Due in July."}}
    await cast.dora.done("/reports/amend", notes)
    visit = {"visit_id": str(ready.visit_id), "reason": "an hour was forgotten"}
    await cast.dora.done("/reports/amend", visit | {"corrections": {"times": [{"kind": "labour", "minutes": 60}]}})
    fault = (await lines_by_kind(context, claim.id))["fault"]
    same = {"symptom": "does not drain at all", "fault_code_id": str(ready.fault_code_id)}
    await cast.dora.done("/reports/amend", correcting(ready, fault, **same))
    assert [one.state for one in await claims(context)] == ["accepted"]


async def test_a_fault_of_another_code_is_not_the_one_that_was_claimed(context: Context, cast: Cast) -> None:
    ready, claim = await accepted(context, cast)
    fault = (await lines_by_kind(context, claim.id))["fault"]
    other = await make.ready_visit(context, cast)
    await cast.dora.done("/reports/amend", correcting(ready, fault, fault_code_id=str(other.fault_code_id)))
    assert [one.state for one in await claims(context)] == ["in_review"]


@pytest.mark.parametrize("state", ["approved", "paid"])
async def test_of_what_a_person_granted_managers_get_an_alert(context: Context, cast: Cast, state: str) -> None:
    ready, claim = await accepted(context, cast)
    part = (await lines_by_kind(context, claim.id))["part"]
    await run(context, f"UPDATE claim_line SET state = '{state}'")
    await run(context, f"UPDATE claim SET state = '{state}'")
    await cast.dora.done("/reports/amend", striking(ready, "part", part.part_used_id))
    await cast.ada.done("/reports/withdraw", withdrawing(ready))
    assert [one.state for one in await claims(context)] == [state]
    first, second = await alerts(context)
    assert first == (
        "claimed-line-struck",
        {"claim_number": claim.number, "state": state, "lines": [part.label]},
    )
    assert (second[0], len(second[1]["lines"])) == ("report-withdrawn", 5)


async def test_a_granted_line_of_a_claim_that_still_waits_is_an_alert_and_the_gate_s_lines_wait_too(
    context: Context, cast: Cast
) -> None:
    ready, claim = await accepted(context, cast)
    found = await lines_by_kind(context, claim.id)
    await run(context, "UPDATE claim SET state = 'in_review'")
    await run(context, "UPDATE claim_line SET state = 'approved' WHERE id = :id", id=found["part"].id)
    await run(context, "UPDATE claim_line SET state = 'in_review' WHERE id = :id", id=found["travel"].id)
    await cast.dora.done("/reports/amend", striking(ready, "part", found["part"].part_used_id))
    stands = await lines_by_kind(context, claim.id)
    assert {kind: line.state for kind, line in stands.items() if kind != "part"} == dict.fromkeys(
        ("fault", "labour", "travel", "expense"), "in_review"
    )
    assert stands["part"].state == "approved"
    assert [kind for kind, _ in await alerts(context)] == ["claimed-line-struck"]


async def test_of_what_was_refused_nothing_has_to_be_stopped(context: Context, cast: Cast) -> None:
    ready, claim = await waiting(context, cast)
    part = (await lines_by_kind(context, claim.id))["part"]
    refuse = {"line_id": str(part.id), **REFUSE}
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "lines": [refuse], "others": APPROVE})
    await cast.dora.done("/reports/amend", striking(ready, "part", part.part_used_id))
    assert [one.state for one in await claims(context)] == ["approved"]
    assert await alerts(context) == []


async def test_a_visit_without_a_claim_has_nothing_to_stop(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await claimed(ready)
    await cast.ada.done("/reports/withdraw", withdrawing(ready))
    assert await claims(context) == []
    assert await alerts(context) == []


async def test_the_partner_s_system_is_told_that_the_claim_waits(context: Context, cast: Cast) -> None:
    hook = {"url": "https://hooks.example.com/claims", "events": ["claim.changed"]}
    made = (await cast.pam.post("/webhooks", hook)).json()
    await cast.ada.done("/webhooks/approve", {"webhook_id": made["id"]})
    ready, claim = await accepted(context, cast)
    part = (await lines_by_kind(context, claim.id))["part"]
    asked = (await cast.pam.post("/reports/amend", striking(ready, "part", part.part_used_id))).json()
    assert (await cast.pam.get("/webhooks/messages")).json()["items"] == []
    await cast.dora.done("/reports/decide", {"amendment_id": asked["id"], "decision": "approve"})
    await cast.ada.done("/reports/withdraw", withdrawing(ready))
    (message,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert message["event"] == "claim.changed"

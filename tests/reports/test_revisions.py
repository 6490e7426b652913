"""What can be read of a report's life: states, reasons, differences, and what a reviewer sees of it."""

import uuid
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, execute, transact
from domain.reports import rules
from domain.reports.amendments import SignReport
from tests.cast import Cast
from tests.claims.visits import claimed
from tests.conftest import rows
from tests.make import ready_visit
from tests.reports.sheets import SIGNATURE, Reported, printed, reported
from tests.reports.test_amendments import UNSIGNED, amending, late_hour


@pytest.mark.parametrize(
    ("stored", "revision", "signature", "printed_yet", "state"),
    [
        ("frozen", 2, "given", False, "frozen"),
        ("frozen", 2, "given", True, "sealed"),
        ("frozen", 1, "given", True, "superseded"),
        ("frozen", 2, "awaited", True, "awaiting_signature"),
        ("frozen", 2, "declined", True, "customer_declined"),
        ("withdrawn", 1, "given", True, "withdrawn"),
        ("withdrawn", 2, "declined", True, "withdrawn"),
    ],
)
def test_the_state_of_a_revision(
    stored: str, revision: int, signature: rules.Signature, printed_yet: bool, state: str
) -> None:
    assert rules.state_of(stored, revision, 2, signature, printed=printed_yet) == state


@pytest.mark.parametrize(
    ("why", "state"),
    [("absent", "awaiting_signature"), ("remote", "awaiting_signature"), ("declined", "customer_declined")],
)
async def test_why_nobody_signed_decides_what_is_awaited(context: Context, cast: Cast, why: str, state: str) -> None:
    visit = await reported(context, cast, **{**UNSIGNED, "no_signature_reason": why})
    assert (await cast.ann.get(f"/reports/{visit.visit_id}/revisions")).json()["state"] == state


async def test_each_revision_names_its_predecessor_and_the_reason(context: Context, cast: Cast) -> None:
    visit = await printed(context, cast)
    await late_hour(context, visit)
    asked = await cast.dora.post("/reports/amend", amending(visit))
    await cast.ada.done("/reports/decide", {"amendment_id": asked.json()["id"], "decision": "approve", "note": "right"})
    life = (await cast.dora.get(f"/reports/{visit.visit_id}/revisions")).json()
    second, first = life["revisions"]
    assert (first["state"], first["predecessor"], first["reason"]) == ("superseded", None, "")
    assert (second["state"], second["predecessor"], second["reason"]) == ("frozen", 1, "An hour was forgotten")
    (amendment,) = life["amendments"]
    assert second["amendment_id"] == amendment["id"]
    assert (amendment["asked_by_name"], amendment["decided_by_name"]) == ("Dora", "Ada")
    assert (amendment["state"], amendment["two_people"], amendment["note"]) == ("approved", True, "right")
    await drain(context)
    told = (await cast.pam.get(f"/reports/{visit.visit_id}/revisions")).json()
    assert told["state"] == "sealed"
    assert (told["amendments"][0]["asked_by_name"], told["amendments"][0]["decided_by_name"]) == (None, None)


async def test_another_partner_sees_no_revision_no_difference_and_no_amendment(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast)
    await late_hour(context, visit)
    await cast.dora.post("/reports/amend", amending(visit))
    for caller in (cast.ben, cast.otto):
        assert (await caller.get(f"/reports/{visit.visit_id}/revisions")).status_code == 404
        assert (await caller.get(f"/reports/{visit.visit_id}/difference", before=1, after=1)).status_code == 404
    assert (await cast.ben.get("/report-amendments")).status_code == 403
    assert len((await cast.pam.get("/report-amendments")).json()["items"]) == 1
    assert (await cast.pam.get("/report-amendments", waiting="false")).json()["items"] == []


async def test_pages_of_amendments_go_on_where_they_ended(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    for month in ("May", "June", "July"):
        await cast.dora.done("/reports/amend", amending(visit, corrections={"notes": f"Due in {month}."}))
    first = (await cast.ada.get("/report-amendments", limit=2)).json()
    rest = (await cast.ada.get("/report-amendments", limit=2, cursor=first["next"])).json()
    notes = [one["corrections"]["notes"] for one in first["items"] + rest["items"]]
    assert notes == ["Due in July.", "Due in June.", "Due in May."]


async def test_a_difference_is_told_field_by_field(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    ((fault_id,),) = await rows(owner, "SELECT id FROM fault")
    ((part_id,),) = await rows(owner, "SELECT id FROM part_used WHERE kind = 'used'")
    await late_hour(context, visit)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE unit SET serial = 'WM24-CORRECTED', serial_key = 'WM24CORRECTED'")
    corrections = {
        "notes": "Due in July.",
        "faults": [{"line_id": str(fault_id), "designator": "R14"}],
        "strike": [{"kind": "part", "line_id": str(part_id)}],
    }
    await cast.dora.done("/reports/amend", amending(visit, corrections=corrections))
    told = (await cast.ann.get(f"/reports/{visit.visit_id}/difference", before=1, after=2)).json()
    lines = {line["field"]: (line["before"], line["after"]) for line in told["lines"]}
    assert lines["serial"] == (visit.ready.serial, "WM24-CORRECTED")
    assert lines["faults.1.designator"] == ("R12", "R14")
    assert lines["times.3"] == (None, "labour, 60")
    assert lines["notes"] == ("Filter is due in June.", "Due in July.")
    before, after = lines["parts.1"]
    assert "P7-251177" in before
    assert after is None
    assert len(lines) == 5
    missing = await cast.ann.get(f"/reports/{visit.visit_id}/difference", before=1, after=3)
    assert missing.status_code == 404


async def sign(context: Context, visit: Reported, revision: int = 1) -> tuple[str, Any]:
    """Sign as the customer's page does, for the product itself."""
    raw = {"visit_id": str(visit.visit_id), "revision": revision, "signed_by": "Mia Okafor", "signature": SIGNATURE}
    command = msgspec.convert({"type": "report.sign", **raw}, SignReport)

    async def body(work: Work) -> tuple[str, Any]:
        entry = await execute(work, uuid.uuid4(), command, msgspec.json.encode(command), context.register)
        return entry.outcome, msgspec.json.decode(entry.answer)

    return await transact(context.database, SYSTEM, body, queue=context.queue)


async def test_a_customer_who_was_absent_signs_later(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    outcome, told = await sign(context, visit)
    assert (outcome, told["revision"]) == ("applied", 2)
    life = (await cast.ann.get(f"/reports/{visit.visit_id}/revisions")).json()
    assert [one["signature"] for one in life["revisions"]] == ["given", "awaited"]
    assert life["revisions"][0]["reason"] == "Signed by the customer afterwards"
    assert (life["amendments"][0]["kind"], life["amendments"][0]["asked_by"]) == ("sign", None)
    difference = (await cast.ann.get(f"/reports/{visit.visit_id}/difference")).json()
    lines = {line["field"]: (line["before"], line["after"]) for line in difference["lines"]}
    assert lines == {
        "personal.signer": ("", "Mia Okafor"),
        "personal.signature": (None, "signed"),
        "personal.no_signature_reason": ("absent", None),
    }
    outcome, refused = await sign(context, visit)
    assert (outcome, refused["code"]) == ("rejected", "already-signed")
    await late_hour(context, visit)
    assert (await cast.dora.post("/reports/amend", amending(visit))).status_code == 202


async def test_a_customer_signs_what_was_read_and_nothing_that_was_withdrawn(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    outcome, told = await sign(context, visit, revision=2)
    assert (outcome, told["code"]) == ("rejected", "report-moved-on")
    withdrawing = {"visit_id": str(visit.visit_id), "reason": "Written for another machine"}
    await cast.ada.done("/reports/withdraw", withdrawing)
    outcome, told = await sign(context, visit)
    assert (outcome, told["code"]) == ("rejected", "report-withdrawn")


async def test_a_reviewer_sees_what_was_asked_about_the_report_and_declined(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    await claimed(ready)
    ((claim_id, fault_id),) = await rows(owner, "SELECT claim.id, fault.id FROM claim JOIN fault USING (visit_id)")
    corrections = {"faults": [{"line_id": str(fault_id), "designator": "R14"}]}
    change = {"visit_id": str(ready.visit_id), "reason": "Wrong place", "corrections": corrections}
    asked = await cast.pam.post("/reports/amend", change)
    assert asked.status_code == 202, asked.text

    async def told() -> list[tuple[str, str, str | None]]:
        items = (await cast.rex.get(f"/claims/{claim_id}/evidence")).json()["items"]
        return [(one["what"], one["summary"], one["by"]) for one in items if one["kind"] == "report"]

    waits = ("asked", "An amendment of the report was asked for: Wrong place", "Pam")
    assert await told() == [waits]
    decline = {"amendment_id": asked.json()["id"], "decision": "decline", "note": "R12 is right."}
    await cast.dora.done("/reports/decide", decline)
    assert await told() == [waits, ("declined", "An amendment of the report was declined. R12 is right.", "Dora")]


async def test_a_reviewer_sees_that_the_report_was_amended_after_the_claim_was_decided(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    await claimed(ready)
    ((claim_id, state),) = await rows(owner, "SELECT id, state FROM claim")
    assert state == "accepted"
    change = {"visit_id": str(ready.visit_id), "reason": "Wrong month", "corrections": {"notes": "Due in July."}}
    asked = await cast.pam.post("/reports/amend", change)
    amendment = {"amendment_id": asked.json()["id"], "decision": "approve"}
    if asked.status_code == 202:
        await cast.dora.done("/reports/decide", amendment)
    items = (await cast.rex.get(f"/claims/{claim_id}/evidence")).json()["items"]
    (done,) = [item for item in items if item["kind"] == "report" and item["what"] == "amend"]
    assert done["summary"] == "The report was amended, after the claim was decided: Wrong month"
    assert done["facts"]["after_decision"]
    assert done["facts"]["revision"] == 2

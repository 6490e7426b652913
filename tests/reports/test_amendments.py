"""How a report comes to its next revision: what is frozen again, who is enough, and what is refused."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.database import writing
from domain.kit.work import begin
from domain.reports.document import ReportDocument, belongs, read
from domain.worklog.model import TimeEntry
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows
from tests.make import keep, ready_visit
from tests.reports.sheets import Reported, printed, reported

UNSIGNED: dict[str, Any] = {"signature": None, "signed_by": None, "no_signature_reason": "absent"}
WHY = "An hour was forgotten"


async def late_hour(context: Context, visit: Reported, minutes: int = 60) -> None:
    """A line that came to the sheet after the visit was completed."""
    async with begin(context.database, SYSTEM) as work:
        line = {"visit_id": visit.visit_id, "partner_id": visit.ready.partner_id, "entered_at": work.now}
        await keep(work, TimeEntry, line, {"kind": "labour", "minutes": minutes})


async def document_of(owner: AsyncEngine, revision: int) -> ReportDocument:
    ((found,),) = await rows(owner, f"SELECT document FROM report_revision WHERE revision = {revision}")
    assert isinstance(found, bytes)
    return read(found, ReportDocument)


def amending(visit: Reported, **given: Any) -> dict[str, Any]:
    return {"visit_id": str(visit.visit_id), "reason": WHY, **given}


async def test_late_work_comes_into_the_next_revision_with_its_reason(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    first = (await cast.dora.get(f"/reports/{visit.visit_id}")).json()
    await late_hour(context, visit)
    told = await cast.dora.done("/reports/amend", amending(visit))
    assert (told["state"], told["revision"]) == ("approved", 2)
    document = await document_of(owner, 2)
    assert [time.minutes for time in document.times] == [41, 105, 60]
    assert (document.revision_reason, document.revision) == (WHY, 2)
    assert document.flags == ()
    await drain(context)
    second = (await cast.ann.get(f"/reports/{visit.visit_id}")).json()
    assert second["revision"] == 2
    assert second["rendered_at"] is not None
    assert second["verification_address"] != first["verification_address"]
    assert second["number"] == first["number"]


async def test_a_new_revision_has_a_salt_of_its_own(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    await late_hour(context, visit)
    await cast.dora.done("/reports/amend", amending(visit))
    found = await rows(
        owner,
        "SELECT document, personal, salt FROM report_revision JOIN report_person USING (report_id, revision) "
        "ORDER BY revision",
    )
    assert len({salt for _, _, salt in found}) == 2
    for document, personal, salt in found:
        assert isinstance(document, bytes)
        assert isinstance(personal, bytes)
        assert isinstance(salt, bytes)
        assert belongs(read(document, ReportDocument), personal, salt)


async def test_a_revision_that_says_nothing_new_is_refused(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    for visit in (
        await reported(context, cast),
        await reported(context, cast, technician=cast.ben, code="B" * 26, **UNSIGNED),
    ):
        refused = await cast.dora.post("/reports/amend", amending(visit))
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-amend")
        same = amending(visit, corrections={"notes": "Filter is due in June."})
        assert (await cast.dora.post("/reports/amend", same)).json()["code"] == "nothing-to-amend"
    assert await rows(owner, "SELECT count(*) FROM report_revision") == [(2,)]
    assert await rows(owner, "SELECT count(*) FROM report_amendment") == [(0,)]


async def test_after_the_signature_nothing_is_frozen_before_a_second_person_of_ours_approved(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    await late_hour(context, visit)
    asked = await cast.dora.post("/reports/amend", amending(visit))
    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["revision"]) == ("waiting", 1)
    waiting = {"amendment_id": asked.json()["id"], "decision": "approve"}
    own = await cast.dora.post("/reports/decide", waiting)
    assert (own.status_code, own.json()["code"]) == (403, "not-allowed")
    assert (await cast.pam.post("/reports/decide", waiting)).status_code == 403
    assert (await cast.ben.post("/reports/decide", waiting)).status_code == 403
    assert await rows(owner, "SELECT count(*) FROM report_revision") == [(1,)]
    done = await cast.ada.done("/reports/decide", waiting)
    assert (done["state"], done["revision"]) == ("approved", 2)
    document = await document_of(owner, 2)
    assert document.flags == ("changed-after-signature",)
    again = await cast.ada.post("/reports/decide", waiting)
    assert again.json()["code"] == "amendment-decided"


async def test_a_partners_office_amends_its_own_report_and_nobody_elses(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    other = await reported(context, cast, technician=cast.ben, code="B" * 26, **UNSIGNED)
    assert (await cast.pam.post("/reports/amend", amending(other))).status_code == 404
    told = await cast.pam.done("/reports/amend", amending(visit, corrections={"notes": "Filter is due in July."}))
    assert (told["state"], told["revision"]) == ("approved", 2)
    assert (await document_of(owner, 2)).notes == "Filter is due in July."
    assert (await cast.ann.post("/reports/amend", amending(visit))).status_code == 403


async def test_lines_that_a_partner_corrects_wait_for_our_office_even_without_a_signature(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    hour = {"times": [{"kind": "labour", "minutes": 30}]}
    asked = await cast.pam.post("/reports/amend", amending(visit, corrections=hour))
    assert asked.status_code == 202
    assert await rows(owner, "SELECT count(*) FROM time_entry WHERE minutes = 30") == [(0,)]
    await cast.dora.done("/reports/decide", {"amendment_id": asked.json()["id"], "decision": "approve"})
    assert [time.minutes for time in (await document_of(owner, 2)).times] == [41, 105, 30]


async def test_a_corrected_fault_is_written_anew_and_the_old_line_stays_readable(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    ((fault_id,),) = await rows(owner, "SELECT id FROM fault")
    ((part_id,),) = await rows(owner, "SELECT id FROM part_used WHERE kind = 'used'")
    corrections = {
        "faults": [{"line_id": str(fault_id), "designator": "R14", "cause": "Short circuit"}],
        "strike": [{"kind": "part", "line_id": str(part_id)}],
    }
    await cast.dora.done("/reports/amend", amending(visit, corrections=corrections))
    document = await document_of(owner, 2)
    assert [(one.designator, one.cause, one.symptom) for one in document.faults] == [
        ("R14", "Short circuit", "Water stays in the drum")
    ]
    assert document.parts == ()
    told = await rows(owner, "SELECT designator, void_reason FROM fault ORDER BY voided_at NULLS LAST")
    assert told == [("R12", WHY), ("R14", None)]
    again = await cast.dora.post("/reports/amend", amending(visit, corrections=corrections))
    assert (again.status_code, again.json()["code"]) == (422, "invalid-request")


@pytest.mark.parametrize(
    "corrections",
    [
        {"strike": [{"kind": "part", "line_id": str(uuid.uuid4())}]},
        {"faults": [{"line_id": str(uuid.uuid4())}]},
        {"times": [{"kind": "labour", "minutes": 5, "labour_operation_id": str(uuid.uuid4())}]},
        {"strike": [{"kind": "part", "line_id": "0198c5b0-0000-7000-8000-000000000001"}] * 2},
    ],
    ids=["strike", "faults", "times", "twice"],
)
async def test_what_no_sheet_has_cannot_be_corrected(
    context: Context, cast: Cast, owner: AsyncEngine, corrections: dict[str, Any]
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    refused = await cast.dora.post("/reports/amend", amending(visit, corrections=corrections))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert await rows(owner, "SELECT count(*) FROM report_amendment") == [(0,)]


async def test_a_fault_is_not_corrected_to_a_code_that_there_is_not(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    ((fault_id,),) = await rows(owner, "SELECT id FROM fault")
    corrections = {"faults": [{"line_id": str(fault_id), "fault_code_id": str(uuid.uuid4())}]}
    refused = await cast.dora.post("/reports/amend", amending(visit, corrections=corrections))
    assert (refused.status_code, refused.json()["field"]) == (422, "fault_code_id")


async def test_an_amendment_that_there_is_not_is_not_decided(cast: Cast) -> None:
    refused = await cast.dora.post("/reports/decide", {"amendment_id": str(uuid.uuid4()), "decision": "approve"})
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


async def test_what_waited_is_decided_by_how_the_report_stands_then(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    await late_hour(context, visit)
    asked = (await cast.dora.post("/reports/amend", amending(visit))).json()
    approve = {"amendment_id": asked["id"], "decision": "approve"}
    async with owner.begin() as connection:
        await connection.execute(
            text("DELETE FROM time_entry WHERE entered_at = (SELECT max(entered_at) FROM time_entry)")
        )
    refused = await cast.ada.post("/reports/decide", approve)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-amend")
    await late_hour(context, visit, 30)
    await cast.ada.done("/reports/erase", {"visit_id": str(visit.visit_id), "reason": "Asked for in writing"})
    refused = await cast.ada.post("/reports/decide", approve)
    assert (refused.status_code, refused.json()["code"]) == (409, "report-moved-on")


async def test_one_thing_waits_at_a_time_and_who_asked_takes_it_back(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast)
    new = amending(visit, corrections={"notes": "Filter is due in July."})
    asked = (await cast.pam.post("/reports/amend", new)).json()
    second = await cast.dora.post("/reports/amend", new)
    assert (second.status_code, second.json()["code"]) == (409, "amendment-waits")
    back = {"amendment_id": asked["id"], "decision": "decline", "note": "typed too fast"}
    assert (await cast.pam.done("/reports/decide", back))["state"] == "declined"
    assert (await cast.dora.post("/reports/amend", new)).status_code == 202
    ours = (await cast.dora.get("/report-amendments", waiting="true")).json()["items"][0]["id"]
    refused = await cast.pam.post("/reports/decide", {"amendment_id": ours, "decision": "decline"})
    assert refused.status_code == 403


async def test_a_visit_that_is_not_completed_has_nothing_to_amend(context: Context, cast: Cast) -> None:
    ready = await ready_visit(context, cast)
    refused = await cast.dora.post("/reports/amend", {"visit_id": str(ready.visit_id), "reason": WHY})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-completed-yet")
    told = (await cast.ann.get(f"/reports/{ready.visit_id}/revisions")).json()
    assert (told["state"], told["revisions"]) == ("draft", [])


async def test_a_partner_whose_job_went_to_another_leaves_its_report_to_our_office(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE job SET partner_id = '{cast.south}', technician_id = NULL")
    change = amending(visit, corrections={"notes": "Due in July."})
    refused = await cast.pam.post("/reports/amend", change)
    assert (refused.status_code, refused.json()["code"]) == (409, "job-reassigned")
    assert (await cast.dora.done("/reports/amend", change))["revision"] == 2


REVISION_2 = (
    "INSERT INTO report_revision (report_id, revision, partner_id, document, digest, verification_code, short_code, "
    "frozen_at, signature, amendment_id) SELECT report_id, 2, partner_id, document, digest, 'B', 'B', frozen_at, "
    "signature, :amendment FROM report_revision WHERE revision = 1"
)
ASK = (
    "INSERT INTO report_amendment (id, report_id, partner_id, predecessor, kind, reason, asked_by, asked_at) "
    "SELECT :id, id, partner_id, 1, 'amend', 'why not', :who, now() FROM report"
)
DECIDE = (
    "INSERT INTO amendment_decision (amendment_id, partner_id, decision, two, asked_by, decided_by, of_office, "
    "decided_at) VALUES (:id, :partner, 'approve', false, :who, :who, true, now())"
)


async def as_role(context: Context, caller: Caller, *statements: tuple[str, dict[str, Any]]) -> None:
    """Run statements on the database role of somebody, past every rule of the program."""
    async with writing(context.database, actor_of(caller)) as (connection, _):
        for statement, given in statements:
            await connection.execute(text(statement), given)


async def test_the_database_admits_no_revision_without_an_approved_amendment(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    one = uuid.uuid4()
    for caller in (cast.ada, cast.pam):
        ask = (ASK, {"id": one, "who": caller.id})
        for statements in ([(REVISION_2, {"amendment": None})], [ask, (REVISION_2, {"amendment": one})]):
            with pytest.raises(DBAPIError, match="row-level security"):
                await as_role(context, caller, *statements)
        await as_role(context, caller, ask)
        decide = (DECIDE, {"id": one, "who": caller.id, "partner": visit.ready.partner_id})
        await as_role(context, caller, decide)
        with pytest.raises(DBAPIError, match=r"row-level security|duplicate"):
            await as_role(context, caller, (REVISION_2.replace(", 2,", ", 3,"), {"amendment": one}))
        one = uuid.uuid4()
    for statement in ("UPDATE report_revision SET revision = 7", "DELETE FROM report_amendment"):
        with pytest.raises(DBAPIError, match=r"permission denied|append-only"):
            await as_role(context, cast.ada, (statement, {}))
    assert await rows(owner, "SELECT count(*) FROM report_revision") == [(1,)]


async def test_the_database_wants_a_second_person_of_ours_after_the_signature(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    one, partner = uuid.uuid4(), visit.ready.partner_id
    await as_role(context, cast.pam, (ASK, {"id": one, "who": cast.pam.id}))
    assert await rows(owner, "SELECT two FROM report_amendment") == [(True,)]
    for caller, who in ((cast.pam, cast.pam), (cast.ada, cast.pam), (cast.ada, cast.ann), (cast.ada, cast.otto)):
        with pytest.raises(DBAPIError, match=r"two_people|row-level security"):
            await as_role(context, caller, (DECIDE, {"id": one, "who": who.id, "partner": partner}))
    with pytest.raises(DBAPIError, match="row-level security"):
        await as_role(context, cast.pam, (DECIDE, {"id": one, "who": cast.ada.id, "partner": partner}))
    with pytest.raises(DBAPIError, match="row-level security"):
        await as_role(context, cast.pam, (ASK, {"id": uuid.uuid4(), "who": cast.ada.id}))
    await as_role(context, cast.ada, (DECIDE, {"id": one, "who": cast.ada.id, "partner": partner}))

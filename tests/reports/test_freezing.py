"""What a report says when a visit is completed, and that nothing on a sheet can stop it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.reports import codes
from domain.reports.document import PersonalPart, ReportDocument, belongs, digest, read
from domain.worklog.model import Fault
from tests.cast import Cast
from tests.conftest import rows
from tests.make import ReadyVisit, keep, ready_visit
from tests.reports.sheets import CODE, PIN, completed, freeze, give_pin, reported
from tests.worklog.sheets import LINES, body_of, start


async def frozen(owner: AsyncEngine) -> tuple[ReportDocument, PersonalPart]:
    """The only report there is, checked against its seal."""
    ((document, sealed, personal, salt),) = await rows(
        owner,
        "SELECT document, digest, personal, salt FROM report_revision JOIN report_person USING (report_id, revision)",
    )
    assert isinstance(document, bytes)
    assert isinstance(personal, bytes)
    assert isinstance(salt, bytes)
    assert digest(document) == sealed
    found = read(document, ReportDocument)
    assert belongs(found, personal, salt)
    return found, read(personal, PersonalPart)


async def complete(ready: ReadyVisit, key: str = "done", **given: Any) -> httpx.Response:
    """Fill in the sheet and complete the visit as a phone does."""
    await start(ready)
    for path in LINES:
        await ready.technician.done(path, body_of(path, ready))
    return await ready.technician.post("/visits/complete", body_of("/visits/complete", ready, **given), key=key)


def hashes(code: str = CODE, pin: str = PIN) -> dict[str, str]:
    return {"code_hash": codes.code_hash(code).hex(), "pin_hash": codes.pin_hash(code, pin).hex()}


async def test_a_frozen_document_holds_every_standing_line_of_the_sheet(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    document, personal = await frozen(owner)
    assert document.serial == visit.ready.serial
    assert document.partner == "Northern Service"
    assert document.result == "repaired"
    assert [fault.designator for fault in document.faults] == ["R12"]
    assert [(part.old_serial, part.new_serial) for part in document.parts] == [("P7-220918", "P7-251177")]
    assert [(time.kind, time.minutes) for time in document.times] == [("travel", 41), ("labour", 105)]
    assert [charge.amount_minor for charge in document.charges] == [4500]
    assert [expense.amount_minor for expense in document.expenses] == [680]
    assert [reading.value for reading in document.readings] == ["55.5"]
    assert [photo.kind for photo in document.photos] == ["before", "after"]
    assert document.coverage.parts
    assert document.coverage.source == "Standard warranty"
    assert document.flags == ()
    assert personal.signer == "Mia Okafor"
    assert personal.technician == "Ann"
    assert personal.signature is not None


async def test_completing_over_http_leaves_a_report_that_the_phones_code_opens(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    done = await complete(ready, collection=hashes())
    assert done.status_code == 200, done.text
    await drain(context)
    shown = await give_pin(http, CODE, PIN)
    assert shown.status_code == 200
    assert ready.serial in shown.text
    document, personal = await frozen(owner)
    assert document.result == "repaired"
    assert personal.no_signature_reason == "absent"
    assert await rows(owner, "SELECT count(*) FROM claim") == [(1,)]


async def test_a_second_completion_changes_no_report_and_may_bring_the_code(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    assert (await complete(ready)).status_code == 200
    before = await rows(owner, "SELECT * FROM report_revision")
    second = await ready.technician.post(
        "/visits/complete", body_of("/visits/complete", ready, result="not_repaired", collection=hashes())
    )
    assert second.status_code == 200, second.text
    assert await rows(owner, "SELECT * FROM report_revision") == before
    await drain(context)
    assert (await give_pin(http, CODE, PIN)).status_code == 200


async def test_a_code_that_another_visit_has_costs_the_code_and_not_the_visit(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    first, second = await ready_visit(context, cast), await ready_visit(context, cast, technician=cast.ben)
    assert (await complete(first, collection=hashes())).status_code == 200
    assert (await complete(second, collection=hashes())).status_code == 200
    assert await rows(owner, "SELECT visit_id FROM collection") == [(first.visit_id,)]
    assert await rows(owner, "SELECT count(*) FROM report") == [(2,)]


async def test_an_own_technicians_visit_is_reported_too(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await reported(context, cast, technician=cast.otto)
    document, _ = await frozen(owner)
    assert document.partner == ""


async def test_an_abandoned_visit_has_no_report(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await completed(context, cast, state="abandoned", abandoned_reason="nobody there")
    await freeze(context, ready)
    assert await rows(owner, "SELECT * FROM report") == []
    assert await rows(owner, "SELECT * FROM collection") == []


async def test_a_sheet_of_megabytes_is_cut_and_its_report_says_so(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await completed(context, cast)
    async with begin(context.database, SYSTEM) as work:
        long = {
            "symptom": "漏" * 200,
            "cause": "漏" * 4000,
            "action": "漏" * 4000,
            "fault_code_id": ready.fault_code_id,
        }
        line = {"visit_id": ready.visit_id, "partner_id": ready.partner_id, "entered_at": work.now}
        for _ in range(101):
            await keep(work, Fault, line, long)
    await freeze(context, ready)
    document, _ = await frozen(owner)
    assert "shortened" in document.flags
    await drain(context)
    assert await rows(owner, "SELECT count(*) FROM report_file") == [(1,)]


async def test_a_doubtful_clock_is_said_on_the_report_and_nothing_else_of_the_gate(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast, clock_uncertain=True, overlaps_actual=True)
    document, _ = await frozen(owner)
    assert document.flags == ("clock-uncertain",)


async def test_names_of_the_catalogue_are_in_the_customers_language(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await completed(context, cast)
    async with owner.begin() as connection:
        for statement in (
            "UPDATE customer SET language = 'zh'",
            "UPDATE model SET name_zh = '洗衣机'",
            "UPDATE fault_code SET name_zh = '不排水'",
            "UPDATE part SET name_zh = '排水泵'",
        ):
            await connection.exec_driver_sql(statement)
    await freeze(context, ready)
    document, _ = await frozen(owner)
    assert (document.model_name, document.faults[0].name, document.parts[0].name) == ("洗衣机", "不排水", "排水泵")
    assert document.faults[0].component == "Control board"
    assert document.coverage.source.startswith("标准保修")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_day_of_a_visit_is_that_of_its_site(
    context: Context, cast: Cast, owner: AsyncEngine, zone: str
) -> None:
    ready = await completed(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE site SET time_zone = '{zone}'")
    await freeze(context, ready)
    document, _ = await frozen(owner)
    ((at,),) = await rows(owner, "SELECT completed_at FROM visit WHERE state = 'completed'")
    assert isinstance(at, datetime)
    assert document.visited_on == at.astimezone(ZoneInfo(zone)).date()


async def test_what_pays_is_decided_for_the_day_of_the_failure(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await completed(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE unit SET warranty_end_on = current_date - 5")
        await connection.exec_driver_sql("UPDATE fault SET failed_on = current_date - 6")
    await freeze(context, ready)
    document, _ = await frozen(owner)
    assert document.coverage.parts

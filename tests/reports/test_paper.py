"""The way of paper: job sheets printed for a day without a phone, keyed in by the office, collected by the customer."""

import datetime as dt
import io
from uuid import UUID

import pytest
import zxingcpp
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from domain.reports.paper_codes import paper_secret
from tests import make
from tests.cast import Caller, Cast
from tests.conftest import rows
from tests.printing.machine import needs_poppler
from tests.printing.pages import page_picture
from tests.reports.test_freezing import frozen
from tests.worklog.sheets import LINES, body_of, send, start


async def asked(caller: Caller, technician: Caller, day: dt.date, **more: str) -> list[str]:
    """The text of every page of a day's job sheets."""
    response = await caller.get("/job-sheets", day=day.isoformat(), technician_id=str(technician.id), **more)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf"), response.text
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(response.content)).pages]


async def day_of(owner: AsyncEngine, visit_id: UUID) -> dt.date:
    ((day,),) = await rows(
        owner,
        "SELECT (planned_from AT TIME ZONE site.time_zone)::date FROM visit JOIN job ON job.id = job_id "
        f"JOIN site ON site.id = job.site_id WHERE visit.id = '{visit_id}'",
    )
    assert isinstance(day, dt.date)
    return day


@pytest.mark.parametrize("who", ["ann", "pam", "dora", "ada"])
async def test_a_technicians_day_is_printed_for_whom_it_concerns(
    cast: Cast, context: Context, owner: AsyncEngine, who: str
) -> None:
    ready = await make.ready_visit(context, cast)
    (page,) = await asked(getattr(cast, who), cast.ann, await day_of(owner, ready.visit_id))
    assert "".join(ready.serial.split()) in page
    assert "PIN" in page


@pytest.mark.parametrize("who", ["ben", "otto"])
async def test_nobody_else_finds_anything_in_it(cast: Cast, context: Context, owner: AsyncEngine, who: str) -> None:
    ready = await make.ready_visit(context, cast)
    pages = await asked(getattr(cast, who), cast.ann, await day_of(owner, ready.visit_id))
    assert pages == ["FieldstoneNovisitsareplannedforthisday."]


async def test_reviewers_have_no_business_with_papers(cast: Cast) -> None:
    response = await cast.rex.get("/job-sheets", technician_id=str(cast.ann.id), day="2026-03-02")
    assert response.status_code == 403


async def test_a_sheet_knows_what_was_done_before_and_what_may_be_written(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    first = await make.ready_visit(context, cast)
    await keyed_in(cast.dora, first)
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(
            work,
            unit_id=first.unit_id,
            technician=cast.ann,
            customer_id=first.customer_id,
            site_id=first.site_id,
            contact_id=first.contact_id,
        )
        visit_id = await make.visit(work, job_id)
    (page,) = await asked(cast.ann, cast.ann, await day_of(owner, visit_id))
    ((fault_code, component, number),) = await rows(
        owner,
        "SELECT fault_code.code, model_component.code, job.number FROM fault_code, model_component, job, visit "
        f"WHERE visit.id = '{first.visit_id}' AND job.id = visit.job_id",
    )
    for known in (f"J-{number}", "R12", fault_code, component):
        assert str(known) in page


async def keyed_in(caller: Caller, ready: make.ReadyVisit, **given: object) -> None:
    """Key a whole sheet in, as it stands on paper."""
    at = utc_now() - dt.timedelta(minutes=50)
    for number, step in enumerate(("travel", "arrive", "start")):
        moment = (at + dt.timedelta(minutes=10 * number)).isoformat()
        await caller.done(f"/visits/{step}", {"visit_id": str(ready.visit_id), "at": moment})
    for path in LINES:
        await caller.done(path, body_of(path, ready))
    await caller.done("/visits/complete", body_of("/visits/complete", ready, **given))


@needs_poppler
async def test_paper_goes_all_the_way_from_the_printer_to_the_customer(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    day = await day_of(owner, ready.visit_id)
    pdf = (await cast.pam.get("/job-sheets", technician_id=str(cast.ann.id), day=day.isoformat())).content
    (address,) = (code.text for code in zxingcpp.read_barcodes(page_picture(pdf, 200)) if code.text.startswith("http"))
    page = "".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    pin = page[page.rindex("PIN") + 3 :][:6]
    path = "/c/" + address.rpartition("/c/")[2]
    early = await cast.ann.http.get(path)
    assert 'name="pin"' not in early.text

    await keyed_in(cast.dora, ready, office_was_asked=True)
    document, _ = await frozen(owner)
    assert (document.keyed_in_by_office, document.office_was_asked) == (True, True)
    await drain(context)

    opened = await cast.ann.http.post(path, data={"pin": pin})
    assert opened.status_code == 200
    assert document.report_number in opened.text
    report = await cast.ann.get(f"/reports/{ready.visit_id}/pdf")
    text = "".join(PdfReader(io.BytesIO(report.content)).pages[0].extract_text().split())
    assert "Thisjobsheetwaswrittenbyhandandkeyedinbytheoffice.Theofficehadbeenaskedtodoso." in text


async def test_a_sheet_nobody_asked_to_key_in_says_so(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    await keyed_in(cast.dora, await make.ready_visit(context, cast))
    document, _ = await frozen(owner)
    assert (document.keyed_in_by_office, document.office_was_asked) == (True, False)


async def test_who_signed_on_paper_is_named_on_the_report(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await keyed_in(cast.dora, ready, signed_by="Mia Okafor", no_signature_reason=None)
    await drain(context)
    report = await cast.ann.get(f"/reports/{ready.visit_id}/pdf")
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(report.content)).pages)
    assert "Signedonpaper" in text
    assert await rows(owner, "SELECT signature FROM report_revision") == [("given",)]


async def test_a_technician_has_the_customer_sign_on_the_phone(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    await send(cast.ann, "/faults", ready)
    status, told = await send(cast.ann, "/visits/complete", ready, signed_by="Mia Okafor", no_signature_reason=None)
    assert (status, told["code"]) == (422, "sheet-incomplete")


async def test_a_technician_cannot_say_that_the_office_keyed_it_in(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await keyed_in(cast.ann, ready, office_was_asked=True)
    document, _ = await frozen(owner)
    assert (document.keyed_in_by_office, document.office_was_asked) == (False, False)
    assert await rows(owner, "SELECT count(*) FROM collection") == [(0,)]


async def test_the_codes_on_paper_are_always_the_same_and_nobody_elses(context: Context) -> None:
    one, other = UUID(int=1), UUID(int=2)
    assert paper_secret(context.signer, one) == paper_secret(context.signer, one)
    assert paper_secret(context.signer, one).code != paper_secret(context.signer, other).code
    assert len(paper_secret(context.signer, one).pin) == 6

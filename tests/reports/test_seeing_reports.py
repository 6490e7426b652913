"""Who of our own people and partners sees which report, and how its paper comes about."""

import io

import msgspec
import pytest
from pgqueuer.errors import RetryRequested
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_reports import issue_report
from api.worker import drain
from domain.reports import queries
from domain.reports.actions import RenderReport
from tests.cast import Caller, Cast
from tests.conftest import rows
from tests.printing.machine import needs_chinese
from tests.reports.sheets import printed, reported


async def test_the_technician_the_partner_and_the_office_see_how_a_report_stands(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast)
    seen = [
        (await caller.get(f"/reports/{visit.visit_id}")).json() for caller in (cast.ann, cast.pam, cast.dora, cast.rex)
    ]
    assert all(one == seen[0] for one in seen)
    told = seen[0]
    assert (told["state"], told["revision"], told["rendered_at"]) == ("frozen", 1, None)
    assert len(bytes.fromhex(told["digest"])) == 32
    assert told["verification_address"].startswith("HTTP://127.0.0.1:8000/V/")
    early = await cast.ann.get(f"/reports/{visit.visit_id}/pdf")
    assert (early.status_code, early.json()["code"]) == (409, "report-not-printed")


async def test_another_partner_and_another_technician_see_nothing(context: Context, cast: Cast, nobody: Caller) -> None:
    visit = await printed(context, cast)
    for path in (f"/reports/{visit.visit_id}", f"/reports/{visit.visit_id}/pdf"):
        assert (await cast.ben.get(path)).status_code == 404
        assert (await cast.otto.get(path)).status_code == 404
        assert (await nobody.get(path)).status_code == 401


async def test_the_paper_carries_the_facts_and_nothing_of_the_camera(context: Context, cast: Cast) -> None:
    visit = await printed(context, cast)
    paper = await cast.ann.get(f"/reports/{visit.visit_id}/pdf")
    assert paper.headers["content-type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(paper.content))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    for fact in (visit.ready.serial, "R12", "NorthernService", "55.5°C", "45.00EUR", "6.80EUR", "MiaOkafor"):
        assert fact in text, fact
    assert sum(len(page.images) for page in reader.pages) == 1
    assert b"51.5074" not in paper.content
    told = (await cast.ann.get(f"/reports/{visit.visit_id}")).json()
    notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", ())]
    links = [note["/A"]["/URI"] for note in notes if note["/Subtype"] == "/Link"]
    assert links == [told["verification_address"]]
    assert told["short_code"] in text


@needs_chinese
async def test_a_customer_who_reads_chinese_gets_a_chinese_paper(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE customer SET language = 'zh'")
    await drain(context)
    paper = await cast.ann.get(f"/reports/{visit.visit_id}/pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert "服务报告" in text


async def test_printing_twice_keeps_one_paper(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await printed(context, cast)
    before = await rows(owner, "SELECT report_id, blob_sha256, rendered_at FROM report_file")
    await issue_report(context, msgspec.json.encode(RenderReport(before[0][0], 1)))  # type: ignore[arg-type]
    assert await rows(owner, "SELECT report_id, blob_sha256, rendered_at FROM report_file") == before


async def test_printing_waits_for_files_that_cannot_be_reached(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast)
    ((report_id,),) = await rows(owner, "SELECT id FROM report")
    context.blobs = BrokenBlobs()
    with pytest.raises(RetryRequested):
        await issue_report(context, msgspec.json.encode(RenderReport(report_id, 1)))  # type: ignore[arg-type]
    assert await rows(owner, "SELECT * FROM report_file") == []


class BrokenBlobs:
    """A file store that cannot be reached."""

    async def put(self, content: bytes) -> str:
        raise OSError("no such disk")

    async def get(self, sha256: str) -> bytes | None:
        raise OSError("no such disk")


async def test_a_report_without_its_personal_part_prints_and_names_nobody(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM report_person")
    await drain(context)
    paper = await cast.ann.get(f"/reports/{visit.visit_id}/pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert "Mia" not in text
    assert "erased" in text


async def test_a_document_that_was_tampered_with_is_not_printed(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast)
    async with context.database.app.connect() as db:
        ((report_id,),) = await rows(owner, "SELECT id FROM report")
        stored = await queries.stored_revision(db, report_id, 1)  # type: ignore[arg-type]
    assert stored is not None
    other = stored.document.replace(b"repaired", b"advised")
    with pytest.raises(ValueError, match="digest"):
        msgspec.structs.replace(stored, document=other).opened()
    with pytest.raises(ValueError, match="personal"):
        msgspec.structs.replace(stored, salt=bytes(32)).opened()

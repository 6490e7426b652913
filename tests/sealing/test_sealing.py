"""The worker seals what it prints: token in the QR, PAdES in the PDF, a row in the register; once."""

import asyncio
import hashlib
import io
from pathlib import Path

import httpx
import msgspec
import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.pdf_check import inner_seal
from api.adapters.pdf_seal import seal_pdf
from api.context import Context
from api.tasks_reports import issue_report
from domain.kit.database import reading
from domain.reports.actions import RenderReport
from printing.report import render_report
from printing.words import Language
from tests.cast import Cast, actor_of
from tests.conftest import rows
from tests.printing import visits
from tests.reports.sheets import reported
from tests.sealing.pdf_keys import AT, new_pdf_key
from tests.sealing.reports import issued, pdfsig, run


async def test_a_printed_report_is_sealed_and_its_qr_leads_to_it(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    token, pdf = await issued(context, cast, owner)
    ((visit_id, document_digest, sha256, sealed_at, state, frozen_at, file_sha256),) = await rows(
        owner,
        "SELECT visit_id, r.digest, s.pdf_sha256, s.sealed_at, report.state, r.frozen_at, f.blob_sha256 "
        "FROM report_seal s JOIN report_revision r USING (report_id, revision) "
        "JOIN report_file f USING (report_id, revision) JOIN report ON report.id = report_id",
    )
    assert state == "sealed"
    assert sha256 == file_sha256 == hashlib.sha256(pdf).hexdigest()
    assert sealed_at > frozen_at
    said = await context.sealing.read_token(token)
    assert said is not None
    assert said.digest == document_digest[:16]
    assert said.revision == 1
    notes = [note.get_object() for note in PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]]
    address = f"HTTP://127.0.0.1:8000/V/{token}"
    assert [note["/A"]["/URI"] for note in notes if note["/Subtype"] == "/Link"] == [address]
    told = await cast.dora.get(f"/reports/{visit_id}")
    assert told.json()["verification_address"] == address
    page = await http.get(f"/V/{token}", headers={"accept": "application/json"})
    assert page.json()["standing"] == "genuine"


async def test_sealing_it_again_keeps_the_first_seal(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await issued(context, cast, owner)
    before = await rows(owner, "SELECT * FROM report_seal")
    ((report_id,),) = await rows(owner, "SELECT report_id FROM report_seal")
    await issue_report(context, msgspec.json.encode(RenderReport(report_id, 1)))
    assert await rows(owner, "SELECT * FROM report_seal") == before


async def test_workers_that_seal_one_revision_at_once_leave_one_seal_and_its_file(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast)
    ((report_id,),) = await rows(owner, "SELECT report_id FROM report_revision")
    payload = msgspec.json.encode(RenderReport(report_id, 1))
    await asyncio.gather(*(issue_report(context, payload) for _ in range(4)))
    ((sealed_sha256, file_sha256),) = await rows(
        owner, "SELECT pdf_sha256, blob_sha256 FROM report_seal JOIN report_file USING (report_id, revision)"
    )
    assert sealed_sha256 == file_sha256
    assert await context.blobs.get(str(sealed_sha256)) is not None


async def test_a_worker_that_died_before_it_entered_the_seal_makes_the_same_one_again(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast)
    ((report_id,),) = await rows(owner, "SELECT report_id FROM report_revision")
    payload = msgspec.json.encode(RenderReport(report_id, 1))
    await run(owner, "ALTER TABLE report_file ADD CONSTRAINT power_cut CHECK (false)")
    try:
        with pytest.raises(IntegrityError):
            await issue_report(context, payload)
    finally:
        await run(owner, "ALTER TABLE report_file DROP CONSTRAINT power_cut")
    assert await rows(owner, "SELECT * FROM report_seal") == []
    assert await rows(owner, "SELECT state FROM report") == [("frozen",)]
    stored = {path.name for path in (Path(context.settings.data) / "blobs").rglob("*") if path.is_file()}
    await issue_report(context, payload)
    assert {path.name for path in (Path(context.settings.data) / "blobs").rglob("*") if path.is_file()} == stored
    assert await rows(owner, "SELECT state FROM report") == [("sealed",)]


async def test_a_partner_sees_the_seals_of_its_own_reports_alone(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await issued(context, cast, owner)
    for person, expected in ((cast.pam, 1), (cast.ben, 0)):
        async with reading(context.database, actor_of(person)) as db:
            found = (await db.execute(text("SELECT token, pdf_sha256, sealed_at FROM report_seal"))).all()
        assert len(found) == expected


async def test_other_peoples_tools_agree_on_twenty_reports(tmp_path: Path) -> None:
    key = new_pdf_key()
    language: tuple[Language, ...] = ("en", "zh")

    def check() -> list[tuple[bool, bool, bool]]:
        found = []
        for number in range(20):
            document = visits.document(report_number=f"R-{700000 + number}", revision=number + 1)
            paper = render_report(
                document, visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD", language[number % 2]
            )
            pdf = seal_pdf(paper, AT, key)
            said, told = inner_seal(pdf, [key.root]), pdfsig(pdf, tmp_path)
            found.append((said.whole, "Signature is Valid" in told, "Total document signed" in told))
        return found

    assert await asyncio.to_thread(check) == [(True, True, True)] * 20

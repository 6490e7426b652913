"""The worker seals what it prints: token in the QR, PAdES in the PDF, a row in the register; once."""

import hashlib
import io

import httpx
import msgspec
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_reports import issue_report
from domain.reports.actions import RenderReport
from tests.cast import Cast
from tests.conftest import rows
from tests.sealing.reports import issued


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

"""Erasing by law what names a person: what goes, and what holds without it."""

import hashlib
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.database import writing
from domain.reports import queries
from domain.reports.document import ReportDocument, digest, read
from tests.cast import Cast, actor_of
from tests.conftest import rows
from tests.make import ready_visit
from tests.reports.sheets import CODE, PIN, SIGNATURE, Reported, give_pin, printed, reported
from tests.reports.test_freezing import complete
from tests.worklog.sheets import body_of


def erasing(visit_id: object) -> dict[str, Any]:
    return {"visit_id": str(visit_id), "reason": "Asked for in writing on 3 March"}


async def paper(cast: Cast, visit: Reported) -> tuple[bytes, str]:
    content = (await cast.ada.get(f"/reports/{visit.visit_id}/pdf")).content
    return content, "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


async def test_names_go_and_documents_digests_and_codes_stay(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    before = await rows(owner, "SELECT document, digest, short_code FROM report_revision WHERE revision = 1")
    old, text_before = await paper(cast, visit)
    assert "Mia" in text_before
    told = await cast.ada.done("/reports/erase", erasing(visit.visit_id))
    assert told["revision"] == 2
    await drain(context)
    assert await rows(owner, "SELECT document, digest, short_code FROM report_revision WHERE revision = 1") == before
    assert await rows(owner, "SELECT count(*) FROM report_person") == [(0,)]
    assert await rows(owner, "SELECT signature, signed_by FROM visit WHERE state = 'completed'") == [(None, None)]
    assert await context.blobs.get(hashlib.sha256(old).hexdigest()) is None
    _, text_after = await paper(cast, visit)
    assert "Mia" not in text_after
    assert "Pump" in text_after
    assert (await give_pin(http, CODE, PIN)).status_code == 200
    found = await http.post("/V", data={"code": str(before[0][2])}, headers={"accept": "application/json"})
    assert (found.json()["standing"], found.json()["newest_revision"]) == ("superseded", 2)


async def test_the_revision_that_is_left_says_the_same_of_the_visit(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    await cast.ada.done("/reports/erase", erasing(visit.visit_id))
    told = (await cast.ada.get(f"/reports/{visit.visit_id}/difference", before=1, after=2)).json()
    assert told["lines"] == []
    async with context.database.app.connect() as db:
        ((report_id, document, sealed),) = await rows(
            owner, "SELECT report_id, document, digest FROM report_revision WHERE revision = 2"
        )
        stored = await queries.stored_revision(db, report_id, 2)  # type: ignore[arg-type]
    assert isinstance(document, bytes)
    assert digest(document) == sealed
    assert read(document, ReportDocument).revision_reason == "Personal data erased as the law asks"
    assert stored is not None
    assert stored.opened()[1] is None


async def test_erasing_twice_changes_nothing_and_names_do_not_come_back(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    await cast.ada.done("/reports/erase", erasing(visit.visit_id))
    assert (await cast.ada.done("/reports/erase", erasing(visit.visit_id)))["revision"] == 2
    change = {"visit_id": str(visit.visit_id), "reason": "Wrong month", "corrections": {"notes": "Due in July."}}
    asked = await cast.dora.post("/reports/amend", change)
    assert asked.status_code == 202, "what was signed once stays signed"
    await cast.ada.done("/reports/decide", {"amendment_id": asked.json()["id"], "decision": "approve"})
    assert await rows(owner, "SELECT count(*) FROM report_person") == [(0,)]
    life = (await cast.ada.get(f"/reports/{visit.visit_id}/revisions")).json()
    assert [one["signature"] for one in life["revisions"]] == ["given"] * 3
    assert life["erased_at"] is not None


async def test_what_the_journal_keeps_of_the_signature_goes_too(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    signed: dict[str, Any] = {"signed_by": "Mia Okafor", "signature": SIGNATURE, "no_signature_reason": None}
    assert (await complete(ready, **signed)).status_code == 200
    bodies = "SELECT sent FROM journal_body WHERE convert_from(sent, 'UTF8') LIKE '%Okafor%'"
    assert len(await rows(owner, bodies)) == 1
    await cast.ada.done("/reports/erase", erasing(ready.visit_id))
    assert await rows(owner, bodies) == []
    assert await rows(owner, "SELECT outcome FROM journal WHERE kind = 'report.erase'") == [("applied",)]


class ErasesMeanwhile:
    """The file store of a worker that is overtaken: before its paper is kept, somebody erases."""

    def __init__(self, context: Context, cast: Cast, visit: Reported) -> None:
        self.blobs, self.cast, self.visit = context.blobs, cast, visit
        self.kept: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.blobs, name)

    async def put(self, content: bytes) -> str:
        if not self.kept:
            self.kept.append(hashlib.sha256(content).hexdigest())
            await self.cast.ada.done("/reports/erase", erasing(self.visit.visit_id))
        return await self.blobs.put(content)


async def test_a_paper_that_was_being_printed_meanwhile_is_not_kept(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    overtaken = ErasesMeanwhile(context, cast, visit)
    context.blobs = overtaken  # type: ignore[assignment]
    await drain(context)
    await drain(context)
    assert await rows(owner, "SELECT revision FROM report_file") == [(2,)]
    assert len(overtaken.kept) == 1
    assert await context.blobs.get(overtaken.kept[0]) is None
    assert "Mia" not in (await paper(cast, visit))[1]


async def test_managers_alone_erase(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await printed(context, cast)
    assert (await cast.ada.post("/reports/erase", erasing(uuid4()))).status_code == 404
    for caller in (cast.dora, cast.rex, cast.pam, cast.ann):
        assert (await caller.post("/reports/erase", erasing(visit.visit_id))).status_code == 403
    for caller, statement in (
        (cast.pam, "DELETE FROM report_person"),
        (cast.ada, "UPDATE report_person SET personal = ''"),
        (cast.ada, "DELETE FROM report_erasure"),
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with writing(context.database, actor_of(caller)) as (connection, _):
                await connection.execute(text(statement))
    assert await rows(owner, "SELECT count(*) FROM report_person") == [(1,)]


async def test_what_was_refused_before_it_was_signed_anew_goes_too(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    signed: dict[str, Any] = {"signed_by": "Mia Okafor", "signature": SIGNATURE, "no_signature_reason": None}
    early = body_of("/visits/complete", ready, **signed)
    assert (await ready.technician.post("/visits/complete", early, key="too-early")).status_code == 409
    assert (await complete(ready, **signed)).status_code == 200
    other = await reported(context, cast, technician=cast.ben, code="A" * 26)
    later = body_of("/visits/complete", other.ready, **signed)
    assert (await cast.ben.post("/visits/complete", later, key="another")).status_code == 200
    bodies = "SELECT sent FROM journal_body WHERE convert_from(sent, 'UTF8') LIKE '%Okafor%'"
    assert len(await rows(owner, bodies)) == 3
    await cast.ada.done("/reports/erase", erasing(ready.visit_id))
    assert len(await rows(owner, bodies)) == 1, "another visit's stays"

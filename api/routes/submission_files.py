"""Claims as a file: sent, handed in by the worker, with what became of every row."""

import asyncio
import csv
import io
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.imports.claims import TEMPLATE, headings
from api.imports.files import look_through
from api.leftovers import UPLOADS
from api.operation import Call, Reply, operation
from api.problems import IdempotencyKeyMissing
from domain.claims import submission_files
from domain.claims.submission_files import FileProgress, RowLine, RowQuery
from domain.kit.actor import Role
from domain.kit.limits import NO_CONTROL
from domain.kit.page import Page, PageQuery
from domain.kit.problem import BodyTooLarge, InvalidRequest, NotFound, OperationIdReused, WrongMediaType
from domain.kit.work import Work

TAG = "partner systems"
PARTNER_OFFICE = frozenset({Role.PARTNER_OFFICE})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
file_bytes_max = 20 * 1024 * 1024
RESULT = ("line", "status", "job_number", "claim_number", "state", "reasons", "why_no_claim", "flags", "errors")
FileName = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]


class WhatName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's name on the sender's side."""

    file_name: FileName = ""


class WhichFile(msgspec.Struct, frozen=True):
    """The id of a file."""

    id: UUID


class WhichLanguage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The language of the headings."""

    language: Literal["en", "zh"] = "en"


@operation(
    "POST",
    "/claims/submit/file",
    tag=TAG,
    by=PARTNER_OFFICE,
    query=WhatName,
    body=bytes,
    body_media=f"text/csv|{XLSX}",
    body_bytes_max=file_bytes_max,
    answer=FileProgress,
    example="job_number,technician,arrived_at,completed_at,scanned_text,result\n"
    "100123,ann@nordwerk.example,2026-03-02 09:30,2026-03-02 10:45,AC10-2601-000123,repaired\n",
    statuses=(202,),
    problems=(InvalidRequest, BodyTooLarge, WrongMediaType, OperationIdReused, IdempotencyKeyMissing),
    keys=True,
)
async def submit_file(call: Call) -> object:
    """Hand in a file of visits, CSV or XLSX, one row a claim; it is worked off in the background.

    The first row is the heading, in English or Chinese (`/claims/submit/template`); times without a zone are the
    site's. Every row gets an outcome of its own, a bad one stops none, and the same file again changes nothing.
    """
    asked, file_id = call.query(WhatName), call.op_id()
    uploads = Path(call.context.settings.data) / UPLOADS
    uploads.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=uploads)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            async for part in call.parts():
                await asyncio.to_thread(file.write, part)
        source = await asyncio.to_thread(look_through, path)
        await call.context.blobs.put_file(path)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def open_it(work: Work) -> None:
        await submission_files.open_file(work, file_id, asked.file_name, source.sha256, source.bytes_total)

    await call.write(open_it)
    async with call.reading() as db:
        found = await submission_files.progress_of(db, call.actor, file_id)
    location = {"location": f"/claims/submit/files/{file_id}"}
    return Reply(msgspec.json.encode(found), status=202, headers=location)


@operation(
    "GET", "/claims/submit/files", tag=TAG, by=PARTNER_OFFICE, query=PageQuery, answer=Page[FileProgress], keys=True
)
async def list_submission_files(call: Call) -> object:
    """List the files of claims that were handed in, newest first."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await submission_files.files(db, call.actor, page)


@operation(
    "GET",
    "/claims/submit/files/{id:uuid}",
    tag=TAG,
    by=PARTNER_OFFICE,
    params=WhichFile,
    answer=FileProgress,
    problems=(NotFound,),
    keys=True,
)
async def show_submission_file(call: Call) -> object:
    """Say how far a file is: rows read, with a claim, without one, refused."""
    async with call.reading() as db:
        return await submission_files.progress_of(db, call.actor, call.params(WhichFile).id)


@operation(
    "GET",
    "/claims/submit/files/{id:uuid}/rows",
    tag=TAG,
    by=PARTNER_OFFICE,
    params=WhichFile,
    query=RowQuery,
    answer=Page[RowLine],
    problems=(NotFound,),
    keys=True,
)
async def list_submission_rows(call: Call) -> object:
    """List the rows of a file by line, with what each was told: its claim, why there is none, or what is wrong."""
    asked, page = call.params(WhichFile), call.query(RowQuery)
    async with call.reading() as db:
        await submission_files.progress_of(db, call.actor, asked.id)
        return await submission_files.rows_of(db, call.actor, asked.id, page)


@operation(
    "GET",
    "/claims/submit/files/{id:uuid}/result",
    tag=TAG,
    by=PARTNER_OFFICE,
    params=WhichFile,
    answer=str,
    media="text/csv",
    example_answer=f"{','.join(RESULT)}\r\n2,claimed,100123,500081,accepted,,,,\r\n",
    problems=(NotFound,),
    keys=True,
)
async def download_submission_result(call: Call) -> object:
    """Give what became of every row as CSV; while the file is worked off: of those that are done."""
    file_id = call.params(WhichFile).id
    async with call.reading() as db:
        await submission_files.progress_of(db, call.actor, file_id)

    async def lines() -> AsyncIterator[bytes]:
        yield b"\xef\xbb\xbf" + _csv(RESULT)
        cursor: str | None = None
        while True:
            async with call.reading() as db:
                page = await submission_files.rows_of(db, call.actor, file_id, RowQuery(limit=200, cursor=cursor))
            yield b"".join(_csv(_cells(row)) for row in page.items)
            cursor = page.next
            if cursor is None:
                return

    return Reply(media="text/csv", headers=_download(f"claims-{file_id}.csv"), stream=lines())


@operation(
    "GET",
    "/claims/submit/template",
    tag=TAG,
    by=PARTNER_OFFICE,
    query=WhichLanguage,
    answer=str,
    media="text/csv",
    example_answer="job_number,technician,arrived_at,completed_at,scanned_text,result\r\n",
    keys=True,
)
async def download_submission_template(call: Call) -> object:
    """Give an empty file of claims with all its columns and one row that shows how each is filled in."""
    asked = call.query(WhichLanguage)
    shown = [TEMPLATE.get(name, "") for name in headings("en")]
    content = b"\xef\xbb\xbf" + _csv(headings(asked.language)) + _csv(shown)
    return Reply(content, media="text/csv", headers=_download("claims.csv"))


def _cells(row: RowLine) -> tuple[object, ...]:
    told = row.told
    errors = "; ".join(f"{one.column}: {one.words}".removeprefix(": ") for one in told.errors)
    number = "" if told.claim_number is None else told.claim_number
    words = (" ".join(told.reasons), told.why_no_claim or "", " ".join(told.flags), errors)
    return row.line, row.status, told.job_number, number, told.state or "", *words


def _csv(cells: tuple[object, ...] | list[str]) -> bytes:
    """Return a line; a text that a spreadsheet would calculate is kept a text."""
    texts = [str(cell) for cell in cells]
    into = io.StringIO()
    csv.writer(into).writerow(
        f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in texts
    )
    return into.getvalue().encode()


def _download(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}

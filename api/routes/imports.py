"""Imports: files of master data and of units go in, progress and refused rows come out."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.report import REPORT_HEADING, ImportProgress, imports, progress_of, refusals_of, report_line
from api.imports.running import open_run
from api.leftovers import UPLOADS
from api.operation import Call, Reply, operation
from api.problems import IdempotencyKeyMissing
from api.tasks_imports import RUN, RunImport
from domain.kit.actor import Role
from domain.kit.limits import NO_CONTROL, Word, import_bytes_max
from domain.kit.page import Page, PageQuery
from domain.kit.problem import BodyTooLarge, InvalidRequest, NotAllowed, NotFound, OperationIdReused, WrongMediaType
from domain.kit.work import Work
from domain.people.access import MASTER_DATA

TAG = "imports"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FileName = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]


class WhatFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file is a list of, and its name on the sender's side."""

    kind: Word
    file_name: FileName = ""


class WhichImport(msgspec.Struct, frozen=True):
    """The id of an import."""

    id: UUID


def _refuse_below_admin(call: Call, kind: str) -> None:
    if KINDS[kind].for_admin and call.actor.role is not Role.ADMIN:
        raise NotAllowed(f"{kind} are imported by an admin.")


@operation(
    "POST",
    "/imports",
    tag=TAG,
    by=MASTER_DATA,
    query=WhatFile,
    body=bytes,
    body_media=f"text/csv|{XLSX}",
    body_bytes_max=import_bytes_max,
    answer=ImportProgress,
    example="model,serial,status,customer,site\nHP6,HP6-2601-777001A,installed,C10211,C10211-1\n",
    statuses=(202,),
    problems=(InvalidRequest, NotAllowed, BodyTooLarge, WrongMediaType, OperationIdReused, IdempotencyKeyMissing),
)
async def start_import(call: Call) -> object:
    """Send a file of rows, CSV or XLSX, to be imported in the background.

    Kinds: programmes, programme-versions, models, components, parts, fault-groups, fault-codes, labour-operations,
    part-limits, warranty-terms, customers, contacts, sites, units, unit-components, contracts, contract-units;
    partners and people for an admin. The first row is the heading, in English or Chinese. Good rows are kept, bad ones
    told with line, column and reason. The same file again changes nothing; an interrupted import of it goes on.
    """
    asked = call.query(WhatFile)
    kind = KINDS.get(asked.kind)
    if kind is None:
        raise InvalidRequest(f"The kind is one of {', '.join(KINDS)}.", field="kind")
    _refuse_below_admin(call, kind.name)
    op_id = call.op_id()
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

    async def open_it(work: Work) -> UUID:
        run_id, is_open = await open_run(work, kind, source, asked.file_name, op_id)
        if is_open:  # also one that was interrupted for good; two tasks of one run share its chunks
            await work.enqueue(RUN, RunImport(run_id))
        return run_id

    run_id = await call.write(open_it)
    found = await progress_of(call.context.database, call.actor, run_id)
    return Reply(msgspec.json.encode(found), status=202, headers={"location": f"/imports/{run_id}"})


@operation("GET", "/imports", tag=TAG, by=MASTER_DATA, query=PageQuery, answer=Page[ImportProgress])
async def list_imports(call: Call) -> object:
    """List imports, newest first."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await imports(db, page)


@operation(
    "GET",
    "/imports/{id:uuid}",
    tag=TAG,
    by=MASTER_DATA,
    params=WhichImport,
    answer=ImportProgress,
    problems=(NotFound,),
)
async def show_import(call: Call) -> object:
    """Say how far an import is: rows read, kept (new or changed), unchanged, refused."""
    return await progress_of(call.context.database, call.actor, call.params(WhichImport).id)


@operation(
    "GET",
    "/imports/{id:uuid}/refusals",
    tag=TAG,
    by=MASTER_DATA,
    params=WhichImport,
    answer=str,
    media="text/csv",
    example_answer=f'{REPORT_HEADING}5,status,flying,"is none of in_stock, sold, installed"\r\n',
    problems=(NotFound, NotAllowed),
)
async def list_refusals(call: Call) -> object:
    """Give the refused rows as CSV: line, column, value, reason. While the import runs: those found so far.

    Rows of partners and people are for an admin, as their import is.
    """
    run = await progress_of(call.context.database, call.actor, call.params(WhichImport).id)
    _refuse_below_admin(call, run.kind)

    async def lines() -> AsyncIterator[bytes]:
        yield b"\xef\xbb\xbf" + REPORT_HEADING.encode()
        async for refusal in refusals_of(call.context.database, call.actor, run.id):
            yield report_line(refusal).encode()

    headers = {
        "content-disposition": f'attachment; filename="refused-{run.id}.csv"',
        "x-content-type-options": "nosniff",
    }
    return Reply(media="text/csv", headers=headers, stream=lines())

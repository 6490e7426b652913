"""Print jobs: many documents asked for at once, with their progress and their file."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec

from api.bulk_prints import MEDIA
from api.operation import Call, Reply, command_operation, operation
from domain.kit.actor import OFFICE
from domain.kit.page import Page, PageQuery
from domain.kit.ports import Blobs
from domain.kit.problem import Kind, NotFound, Problem
from domain.reports import print_jobs
from domain.reports.print_jobs import PrintProgress

TAG = "print jobs"
piece_bytes = 256 * 1024

command_operation("/print-jobs", TAG, print_jobs.start_print_job)


class NotPrintedYet(Problem, kind=Kind.CONFLICT):
    """This print job has no file: it is not done, it failed, or its file was dropped after a day."""


class WhichPrint(msgspec.Struct, frozen=True):
    """The id of a print job."""

    id: UUID


@operation("GET", "/print-jobs", tag=TAG, by=OFFICE, query=PageQuery, answer=Page[PrintProgress])
async def list_print_jobs(call: Call) -> object:
    """List your print jobs, newest first."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await print_jobs.print_jobs(db, call.actor, page)


@operation(
    "GET",
    "/print-jobs/{id:uuid}",
    tag=TAG,
    by=OFFICE,
    params=WhichPrint,
    answer=PrintProgress,
    problems=(NotFound,),
)
async def show_print_job(call: Call) -> object:
    """Tell how far a print job of yours is."""
    async with call.reading() as db:
        return await print_jobs.print_progress(db, call.actor, call.params(WhichPrint).id)


@operation(
    "GET",
    "/print-jobs/{id:uuid}/file",
    tag=TAG,
    by=OFFICE,
    params=WhichPrint,
    answer=bytes,
    media="|".join(sorted({*MEDIA.values()})),
    problems=(NotFound, NotPrintedYet),
)
async def fetch_print(call: Call) -> object:
    """Give the file of a print job of yours: a PDF, ZPL or a zip; it is kept for a day."""
    job_id = call.params(WhichPrint).id
    async with call.reading() as db:
        await print_jobs.print_progress(db, call.actor, job_id)
        file = await print_jobs.print_file(db, call.actor, job_id)
    if file is None:
        raise NotPrintedYet("GET /print-jobs/{id} tells how far it is.")
    headers = {
        "content-disposition": f'attachment; filename="{file.file_name}"',
        "x-content-type-options": "nosniff",
    }
    stream = _pieces(call.context.blobs, file.blob_sha256)
    return Reply(media=file.media, headers=headers, stream=stream)


async def _pieces(blobs: Blobs, sha256: str) -> AsyncIterator[bytes]:
    async with blobs.file(sha256) as path:
        if path is None:
            return
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, piece_bytes):
                yield piece

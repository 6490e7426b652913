"""Background work on print jobs: printing, and dropping the files after a day."""

import asyncio
import datetime as dt
import tempfile
from pathlib import Path

import msgspec
import structlog
from pgqueuer.errors import RetryRequested

from api.bulk_prints import Printed, print_documents
from api.context import Context
from api.imports.running import may_pass
from api.leftovers import PRINTS
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.problem import Busy, Problem
from domain.kit.work import Work, transact
from domain.reports import print_jobs
from domain.reports.print_jobs import PrintFile, RunPrint
from printing.label_layout import LabelTooSmall

log = structlog.get_logger()
TRY_AGAIN_AFTER = dt.timedelta(seconds=15)
NAMED_MAX = 20
NOTHING = "None of these documents could be printed."
NOBODY = "The account that asked for it is disabled."
BROKEN = "It broke on our side; it was logged."


@task(print_jobs.PRINT)
async def run_print_job(context: Context, payload: bytes) -> None:
    """Run a print job to its end, in the name of who asked; begun again, it prints the same file."""
    job_id = msgspec.json.decode(payload, type=RunPrint).print_job_id

    async def tell(printed: int) -> None:
        await transact(context.database, SYSTEM, lambda work: print_jobs.tell_printed(work, job_id, printed))

    async def end(
        failure: str | None, done: Printed | None = None, kept: PrintFile | None = None, size: int = 0
    ) -> None:
        async def body(work: Work) -> None:
            printed = done.printed if done else 0
            await print_jobs.end_print(work, job_id, file=kept, bytes_total=size, printed=printed, failure=failure)

        await transact(context.database, SYSTEM, body, queue=context.queue)

    try:
        async with reading(context.database, SYSTEM) as db:
            waiting = await print_jobs.waiting_print(db, job_id)
        if waiting is None:
            await end(NOBODY)
            return
        folder = Path(context.settings.data) / PRINTS
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            file = Path(place) / "print"
            try:
                done = await print_documents(context, waiting.actor, waiting.asked, job_id, file, tell)
            except LabelTooSmall as error:
                await end(str(error))
                return
            if done.printed == 0:
                await end(NOTHING)
                return
            size = (await asyncio.to_thread(file.stat)).st_size
            kept = PrintFile(await context.blobs.put_file(file), done.file_name, done.media)
        await end(_gaps(done), done, kept, size)
    except Exception as error:
        if isinstance(error, Busy) or (may_pass(error) and not isinstance(error, Problem)):
            raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error
        log.exception("print job broke", print_job_id=str(job_id))
        await end(BROKEN)


@task(print_jobs.FORGET_PRINTS)
async def forget_prints(context: Context, payload: bytes) -> None:
    """Drop the files of print jobs that are older than a day."""
    while dropped := await transact(context.database, SYSTEM, print_jobs.forget_prints):
        for sha256 in dropped:
            await context.blobs.remove(sha256)


def _gaps(done: Printed) -> str | None:
    if not done.missing:
        return None
    named = ", ".join(str(one) for one in done.missing[:NAMED_MAX])
    more = " and others" if len(done.missing) > NAMED_MAX else ""
    return f"{len(done.missing)} of them are not there, or not yet: {named}{more}."

"""Background work on reports: printing a frozen revision."""

import asyncio
import datetime as dt

import msgspec
from pgqueuer.errors import RetryRequested
from sqlalchemy.dialects.postgresql import insert

from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.problem import Busy
from domain.kit.work import Work, transact
from domain.reports import codes, queries
from domain.reports.actions import RENDER, RenderReport
from domain.reports.model import ReportFile
from printing.report import render_report
from printing.words import Language

TRY_AGAIN_AFTER = dt.timedelta(seconds=30)


@task(RENDER)
async def print_report(context: Context, payload: bytes) -> None:
    """Print a revision and keep its PDF, once: a second run finds the file and does nothing.

    A photo whose bytes have not arrived leaves an empty frame; the paper stays as it was printed. When the files or the
    database cannot be reached, the task comes back later.
    """
    asked = msgspec.json.decode(payload, type=RenderReport)
    try:
        async with reading(context.database, SYSTEM) as db:
            stored = await queries.stored_revision(db, asked.report_id, asked.revision)
        if stored is None or stored.blob_sha256 is not None:
            return
        pdf = await _printed(context, stored)
        await _keep(context, stored, await context.blobs.put(pdf), len(pdf))
    except (OSError, Busy) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error


async def _printed(context: Context, stored: queries.StoredRevision) -> bytes:
    document, personal = stored.opened()
    photos = {}
    for photo in document.photos:
        content = await context.blobs.get(photo.sha256)
        if content is not None:
            photos[photo.sha256] = content
    address = codes.verification_address(context.settings.public_url, stored.token)
    language: Language = "zh" if stored.language == "zh" else "en"
    return await asyncio.to_thread(
        render_report, document, personal, photos, address, stored.short_code, language=language
    )


async def _keep(context: Context, stored: queries.StoredRevision, blob_sha256: str, bytes_total: int) -> None:
    async def keep(work: Work) -> None:
        await work.db.execute(
            insert(ReportFile)
            .values(
                report_id=stored.report_id,
                revision=stored.revision,
                partner_id=stored.partner_id,
                blob_sha256=blob_sha256,
                bytes_total=bytes_total,
                rendered_at=work.now,
            )
            .on_conflict_do_nothing()
        )

    await transact(context.database, SYSTEM, keep)

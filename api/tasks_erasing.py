"""Background work after an erasure: the papers that named somebody leave the file store."""

import datetime as dt

import msgspec
from pgqueuer.errors import RetryRequested
from sqlalchemy import select

from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.reports.erasing import FORGET, ForgetFile
from domain.reports.model import ReportFile

TRY_AGAIN_AFTER = dt.timedelta(seconds=30)


@task(FORGET)
async def forget_file(context: Context, payload: bytes) -> None:
    """Remove a PDF unless a report cites it; one that is gone is no error."""
    sha256 = msgspec.json.decode(payload, type=ForgetFile).blob_sha256
    try:
        async with reading(context.database, SYSTEM) as db:
            cited = await db.scalar(select(ReportFile.report_id).where(ReportFile.blob_sha256 == sha256).limit(1))
        if cited is None:
            await context.blobs.remove(sha256)
    except OSError as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error

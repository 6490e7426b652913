"""Background work after an erasure: the files that named somebody leave the file store."""

import datetime as dt

import msgspec
from pgqueuer.errors import RetryRequested
from sqlalchemy import select

from api.backups.contents import CITING
from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.files import FORGET, ForgetFile
from domain.kit.work import utc_now

TRY_AGAIN_AFTER = dt.timedelta(seconds=30)


@task(FORGET)
async def forget_file(context: Context, payload: bytes) -> None:
    """Remove a file unless a row cites it; one that is gone is no error."""
    asked = msgspec.json.decode(payload, type=ForgetFile)
    if asked.not_before is not None and utc_now() < asked.not_before:
        raise RetryRequested(asked.not_before - utc_now(), "not yet")
    try:
        async with reading(context.database, SYSTEM) as db:
            for column in CITING:
                if await db.scalar(select(column).where(column == asked.blob_sha256).limit(1)) is not None:
                    return
        await context.blobs.remove(asked.blob_sha256)
    except OSError as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error

"""Background work on uploads: what has come whole becomes a picture, what nobody goes on with is forgotten."""

import datetime as dt

import msgspec
from pgqueuer.errors import RetryRequested

from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.journal import told_of
from domain.kit.problem import Busy, Problem
from domain.kit.work import Work, transact
from domain.worklog import transfers
from mobile_sync.photos.problems import PhotoQueueFull
from mobile_sync.uploads import keep_picture, picture_of

TRY_AGAIN_AFTER = dt.timedelta(seconds=30)
unhurried_seconds_max = 20.0
"""Nobody waits for this: a photo that a busy machine is slow with is not refused for it."""


@task(transfers.FINISH)
async def finish_upload(context: Context, payload: bytes) -> None:
    """Make the picture of a transfer, once: a second run finds it made and does nothing.

    What is no picture is told as refused. When files or database cannot be reached, the task comes back later.
    """
    asked = msgspec.json.decode(payload, type=transfers.FinishUpload)
    try:
        async with reading(context.database, SYSTEM) as db:
            waiting = await transfers.whole(db, asked.transfer_id)
        if waiting is None:
            return
        owner, sha256, content = waiting
        try:
            picture = await picture_of(context.sandbox, context.blobs, content, seconds_max=unhurried_seconds_max)
        except Problem as problem:
            if not problem.kind.is_final:
                raise
            why = told_of(problem)
            await transact(context.database, owner, lambda work: transfers.tell_refused(work, asked.transfer_id, why))
            return

        async def keep(work: Work) -> None:
            kept = await keep_picture(work, sha256, picture)
            await transfers.tell_kept(work, asked.transfer_id, kept.id)

        await transact(context.database, owner, keep, queue=context.queue)
    except (OSError, Busy, PhotoQueueFull) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error


async def forget_stale(context: Context) -> int:
    """Forget the transfers whose time is over, some in each transaction; return how many."""
    forgotten = 0
    while some := await transact(context.database, SYSTEM, transfers.forget_stale):
        forgotten += some
    return forgotten

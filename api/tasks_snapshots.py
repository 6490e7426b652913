"""Background work on the shared feeds: the snapshots that new phones load."""

import datetime as dt

import structlog
from pgqueuer.errors import RetryRequested

from api.context import Context
from api.worker import task
from domain.kit.problem import Busy
from mobile_sync.snapshots import BUILD, build_snapshots

log = structlog.get_logger()
TRY_AGAIN_AFTER = dt.timedelta(seconds=15)


@task(BUILD)
async def build(context: Context, _: bytes) -> None:
    """Build what snapshots are due; when files or database cannot be reached, or another is at it, come back later."""
    try:
        feeds = await build_snapshots(context.database, context.blobs)
    except (OSError, Busy) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error
    if feeds:
        log.info("snapshots built", feeds=feeds)

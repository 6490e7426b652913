"""Background work on what phones hold: what the clock changes, and what one side's work changes for the other."""

import datetime as dt
from functools import partial
from uuid import UUID

import msgspec

from api.context import Context
from api.worker import task
from domain.jobs.scope import MOVE_WINDOW, move_window, tell_jobs_on
from domain.kit.actor import SYSTEM
from domain.kit.feeds import prune_feeds
from domain.kit.work import Work, transact
from domain.worklog.completion import TELL_OURS, UnitVisited


@task(MOVE_WINDOW)
async def move(context: Context, _: bytes, *, now: dt.datetime | None = None) -> None:
    """Tell phones what came near and what closed long ago, then forget what no phone can ask for any more.

    Many short transactions, none of which waits for a job that somebody is changing; a second run finds nothing to do.
    """
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = await transact(context.database, SYSTEM, partial(move_window, after=after), now=now)
    feed: str | None = ""
    while feed is not None:
        feed = await transact(context.database, SYSTEM, partial(_prune, after=feed), now=now)


async def _prune(work: Work, after: str) -> str | None:
    return await prune_feeds(work.connection, after, work.now)


@task(TELL_OURS)
async def tell_ours(context: Context, payload: bytes, *, now: dt.datetime | None = None) -> None:
    """Tell our own technicians' phones that hold a job on a unit that a partner has worked on it."""
    unit_id = msgspec.json.decode(payload, type=UnitVisited).unit_id
    await transact(context.database, SYSTEM, partial(_tell_our_own, unit_id=unit_id), now=now)


async def _tell_our_own(work: Work, unit_id: UUID) -> None:
    await tell_jobs_on(work, unit_id, None)

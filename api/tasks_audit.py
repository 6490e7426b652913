"""Background work of the audit chain: every second, what was journaled gets its place and a signature."""

import asyncio
import datetime as dt
from functools import partial

import structlog
from sqlalchemy import exists, select

from api.context import Context
from domain.audit.model import Unsealed
from domain.audit.sealer import ENTRIES_MAX, seal_some
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import transact

log = structlog.get_logger()
EVERY = dt.timedelta(seconds=1)
AFTER_A_FAILURE = dt.timedelta(seconds=15)
_WAITS = select(exists(select(Unsealed.op_id)))


async def seal_all(context: Context, entries_max: int = ENTRIES_MAX) -> int:
    """Seal until nothing waits, or another sealer is at it; return how many entries this one sealed."""
    sealed = 0
    while await _waits(context):
        hand = await context.sealing.checkpoint_hand()
        some = await transact(context.database, SYSTEM, partial(seal_some, hand=hand, entries_max=entries_max))
        if not some:
            break
        sealed += some
    return sealed


async def seal_continually(
    context: Context, entries_max: int = ENTRIES_MAX, after_a_failure: dt.timedelta = AFTER_A_FAILURE
) -> None:
    """Seal every second until cancelled; two workers that do so take turns.

    What failed is tried again with half as many entries at a time: long ones may be too much for one transaction.
    """
    entries = entries_max
    while True:
        pause = EVERY
        try:
            await seal_all(context, entries)
            entries = entries_max
        except Exception:
            log.exception("sealing the audit chain failed; it is tried again", seconds=after_a_failure.total_seconds())
            pause = after_a_failure
            entries = max(1, entries // 2)
        await asyncio.sleep(pause.total_seconds())


async def _waits(context: Context) -> bool:
    async with reading(context.database, SYSTEM) as db:
        return bool(await db.scalar(_WAITS))

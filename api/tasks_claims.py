"""Background work of the claim gate."""

import msgspec
from pgqueuer.errors import RetryRequested

from api.context import Context
from api.worker import task
from domain.claims.actions import RESOLVE, ResolveScan, resolve_scan
from domain.kit.actor import SYSTEM
from domain.kit.work import transact


@task(RESOLVE)
async def resolve(context: Context, payload: bytes) -> None:
    """Judge a partner's reading for the office; that of one that names too many strange serials comes back later."""
    asked = msgspec.json.decode(payload, type=ResolveScan)
    wait = await transact(context.database, SYSTEM, lambda work: resolve_scan(work, asked.scan_id))
    if wait:
        raise RetryRequested(wait, "its partner has spent its budget of strange serials")

"""Background work of the claim gate."""

import msgspec

from api.context import Context
from api.worker import task
from domain.claims.actions import RESOLVE, ResolveScan, resolve_scan
from domain.kit.actor import SYSTEM
from domain.kit.work import transact


@task(RESOLVE)
async def resolve(context: Context, payload: bytes) -> None:
    """Judge a partner's reading for the office."""
    asked = msgspec.json.decode(payload, type=ResolveScan)
    await transact(context.database, SYSTEM, lambda work: resolve_scan(work, asked.scan_id))

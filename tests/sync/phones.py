"""What a technician's phone is told and what it should hold, for tests of sync."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.jobs.scope import scope_of
from domain.kit.database import reading
from domain.kit.work import utc_now
from tests.cast import Caller, actor_of
from tests.conftest import rows

Told = dict[tuple[str, UUID], str | None]


async def told(owner: AsyncEngine, caller: Caller) -> Told:
    """What a technician's feed says of each job and visit: None while it is theirs, or why it left."""
    entries = await rows(owner, f"SELECT kind, entity_id, removed FROM feed_entry WHERE feed = 't:{caller.id}'")
    return {(str(kind), UUID(str(entity))): None if why is None else str(why) for kind, entity, why in entries}


async def numbers(owner: AsyncEngine, caller: Caller) -> dict[tuple[str, UUID], int]:
    """The feed's number of each entity: it grows when the phone is told of it again."""
    entries = await rows(owner, f"SELECT kind, entity_id, seq FROM feed_entry WHERE feed = 't:{caller.id}'")
    return {(str(kind), UUID(str(entity))): int(str(seq)) for kind, entity, seq in entries}


async def scope(context: Context, caller: Caller, now: dt.datetime | None = None) -> set[tuple[str, UUID]]:
    """What the phone should hold."""
    async with reading(context.database, actor_of(caller)) as db:
        return await scope_of(db, actor_of(caller), now or utc_now())


async def agree(context: Context, owner: AsyncEngine, *callers: Caller, now: dt.datetime | None = None) -> None:
    """The feed of each technician says what their scope says."""
    for caller in callers:
        live = {entity for entity, why in (await told(owner, caller)).items() if why is None}
        assert live == await scope(context, caller, now)

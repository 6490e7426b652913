"""Background work on the install base: units that partners' technicians found."""

import msgspec
import structlog

from api.context import Context
from api.worker import task
from domain.claims.watching import watch_found_unit
from domain.installs.actions import REGISTER_LATER, FoundUnit, add_unit
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.problem import Problem
from domain.kit.work import Work, transact

log = structlog.get_logger()


@task(REGISTER_LATER)
async def register_found_unit(context: Context, payload: bytes) -> None:
    """Add a found unit as unconfirmed, unless the install base has it; its move names who found it."""
    found = msgspec.json.decode(payload, type=FoundUnit)
    await transact(context.database, SYSTEM, lambda work: watch_found_unit(work, found))

    async def add(work: Work) -> None:
        work.op_id = found.unit_id
        await add_unit(work, found.unit, found.unit_id, "unconfirmed")

    try:
        await transact(context.database, Actor(found.found_by, Role.SYSTEM), add)
    except Problem as problem:
        if not problem.kind.is_final:
            raise
        log.info("found unit not added", unit_id=str(found.unit_id), why=problem.code)

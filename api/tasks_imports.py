"""Background work on imports: reading an uploaded file to its end."""

import asyncio
import datetime as dt
from uuid import UUID

import asyncpg
import msgspec
import structlog
from pgqueuer.errors import RetryRequested
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from api.context import Context
from api.imports.files import Source, look_through
from api.imports.kinds import Kind
from api.imports.register import KINDS
from api.imports.running import Importing, give_up, may_pass, run_import
from api.worker import task
from domain.installs.model import ImportRun
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import reading
from domain.kit.problem import Problem

log = structlog.get_logger()
RUN = "import.run"
TRY_AGAIN_AFTER = dt.timedelta(seconds=15)


class RunImport(msgspec.Struct, frozen=True):
    """Which import to read to its end."""

    run_id: UUID


@task(RUN)
async def read_to_the_end(context: Context, payload: bytes) -> None:
    """Import the file of a run from where it is; a second worker on the same run takes other chunks of it.

    When files, database or sandbox cannot be reached, the task comes back later and goes on; when it breaks on our
    side, the run says so.
    """
    run_id = msgspec.json.decode(payload, type=RunImport).run_id
    try:
        async with reading(context.database, SYSTEM) as db:
            query = select(ImportRun.kind, ImportRun.sha256, ImportRun.actor_id, ImportRun.finished_at)
            run = (await db.execute(query.where(ImportRun.id == run_id))).one_or_none()
        if run is None or run.finished_at is not None:
            return
        importing = Importing(context.database, context.sandbox, Actor(run.actor_id, Role.SYSTEM), context.queue)
        async with context.blobs.file(run.sha256) as path:
            if path is None:
                await give_up(importing, run_id, "The uploaded file is no longer there; send it again.")
                return
            source = await asyncio.to_thread(look_through, path)
            await _run(importing, KINDS[run.kind], source, run_id)
    except (OSError, Problem, DBAPIError, asyncpg.InterfaceError) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error


async def _run(importing: Importing, kind: Kind, source: Source, run_id: UUID) -> None:
    try:
        await run_import(importing, kind, source, run_id)
    except Exception as error:
        if may_pass(error):
            raise
        await give_up(importing, run_id, "The import broke on our side; it was logged.")
        log.exception("import broke", run_id=str(run_id))

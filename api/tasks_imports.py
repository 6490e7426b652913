"""Background work on imports: reading an uploaded file to its end."""

import asyncio
import datetime as dt
from uuid import UUID

import msgspec
from pgqueuer.errors import RetryRequested
from sqlalchemy import select

from api.context import Context
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.running import Importing, give_up, run_import
from api.worker import task
from domain.installs.model import ImportRun
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import reading
from domain.kit.problem import Busy

RUN = "import.run"
TRY_AGAIN_AFTER = dt.timedelta(seconds=15)


class RunImport(msgspec.Struct, frozen=True):
    """Which import to read to its end."""

    run_id: UUID


@task(RUN)
async def read_to_the_end(context: Context, payload: bytes) -> None:
    """Import the file of a run from where it is; a second worker on the same run takes other chunks of it.

    When the files or the database cannot be reached, the task comes back later and goes on.
    """
    run_id = msgspec.json.decode(payload, type=RunImport).run_id
    try:
        async with reading(context.database, SYSTEM) as db:
            query = select(ImportRun.kind, ImportRun.sha256, ImportRun.actor_id, ImportRun.finished_at)
            run = (await db.execute(query.where(ImportRun.id == run_id))).one_or_none()
        if run is None or run.finished_at is not None:
            return
        importing = Importing(context.database, context.sandbox, Actor(run.actor_id, Role.SYSTEM))
        async with context.blobs.file(run.sha256) as path:
            if path is None:
                await give_up(importing, run_id, "The uploaded file is no longer there; send it again.")
                return
            source = await asyncio.to_thread(look_through, path)
            await run_import(importing, KINDS[run.kind], source, run_id)
    except (OSError, Busy) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error

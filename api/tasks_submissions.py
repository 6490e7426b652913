"""Background work on files of claims."""

import asyncio
import datetime as dt

import msgspec
import structlog
from pgqueuer.errors import RetryRequested
from sqlalchemy import select

from api.context import Context
from api.imports.files import look_through
from api.imports.handing_in import Handing
from api.imports.running import may_pass
from api.worker import task
from domain.claims.submission_files import RUN, RunFile, end_file
from domain.claims.submitted import SubmissionFile
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import reading
from domain.kit.work import transact
from domain.people.model import Account, Partner

log = structlog.get_logger()
TRY_AGAIN_AFTER = dt.timedelta(seconds=15)


@task(RUN)
async def hand_in_file(context: Context, payload: bytes) -> None:
    """Hand in a file of claims to its end, in the name of who sent it; comes back when something was not to be had."""
    file_id = msgspec.json.decode(payload, type=RunFile).file_id

    async def end(why: str) -> None:
        await transact(context.database, SYSTEM, lambda work: end_file(work, file_id, why))

    try:
        async with reading(context.database, SYSTEM) as db:
            query = select(SubmissionFile.sha256, SubmissionFile.finished_at, Account.id, Account.partner_id)
            query = query.add_columns(Account.name, Account.disabled_at, Partner.suspended_at)
            query = query.join(Account, Account.id == SubmissionFile.account_id)
            query = query.join(Partner, Partner.id == SubmissionFile.partner_id)
            file = (await db.execute(query.where(SubmissionFile.id == file_id))).one_or_none()
        if file is None or file.finished_at is not None:
            return
        if file.disabled_at is not None:
            await end("The account that sent it is disabled.")
            return
        if file.suspended_at is not None:
            await end("Your company's work for us is suspended; send the file again once it is resumed.")
            return
        actor = Actor(file.id, Role.PARTNER_OFFICE, file.partner_id, name=file.name)
        async with context.blobs.file(file.sha256) as path:
            if path is None:
                await end("The uploaded file is no longer there; send it again.")
                return
            source = await asyncio.to_thread(look_through, path)
            handing = Handing(context.database, context.queue, context.register, context.sandbox, actor, file_id)
            try:
                await handing.run(source)
            except Exception as error:
                if may_pass(error):
                    raise
                await end("It broke on our side; it was logged. Rows that have an outcome are handed in.")
                log.exception("submission broke", file_id=str(file_id))
    except Exception as error:
        if not may_pass(error):
            raise
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error

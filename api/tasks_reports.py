"""Background work on reports: a frozen revision is printed with its token, sealed, and entered into the register."""

import asyncio
import datetime as dt
import hashlib

import msgspec
from pgqueuer.errors import RetryRequested
from sqlalchemy import insert, update

from api.adapters.pdf_seal import seal_pdf
from api.branding import brand_of
from api.context import Context
from api.sealing import Hands
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.files import FORGET, ForgetFile
from domain.kit.problem import Busy
from domain.kit.work import Work, transact, utc_now
from domain.mailing.letters import send_report
from domain.reports import codes, queries
from domain.reports.actions import RENDER, RenderReport
from domain.reports.document import ReportDocument
from domain.reports.erasing import still_names
from domain.reports.model import Report, ReportFile
from domain.sealing.seals import NewSeal, register_seal
from domain.sealing.token import Token, seal_token, serial_ends
from printing.report import render_report
from printing.words import Language

TRY_AGAIN_AFTER = dt.timedelta(seconds=30)
UNCITED_FOR = dt.timedelta(hours=1)
"""How long a paper may lie in the file store before a row cites it."""


@task(RENDER)
async def issue_report(context: Context, payload: bytes) -> None:
    """Print and seal a revision and keep its PDF, once: a second run finds the file and does nothing.

    A photo whose bytes have not arrived leaves an empty frame; the paper stays as it was printed. When the files or the
    database cannot be reached, the task comes back later.
    """
    asked = msgspec.json.decode(payload, type=RenderReport)
    try:
        async with reading(context.database, SYSTEM) as db:
            stored = await queries.stored_revision(db, asked.report_id, asked.revision)
        if stored is None or stored.blob_sha256 is not None:
            return
        hands = await context.sealing.hands()
        token, pdf = await _sealed(context, stored, hands)
        pdf_sha256 = hashlib.sha256(pdf).hexdigest()
        await _expect(context, pdf_sha256)
        await context.blobs.put(pdf)
        seal = NewSeal(
            report_id=stored.report_id,
            revision=stored.revision,
            partner_id=stored.partner_id,
            token=token,
            token_key_id=hands.token_key_id,
            pdf_key_id=hands.pdf_key.id,
            pdf_sha256=pdf_sha256,
        )
        if await _keep(context, seal, len(pdf), names=stored.personal is not None):
            await context.blobs.put(pdf)  # again: a worker that was held up for an hour finds its paper gone
    except (OSError, Busy) as error:
        raise RetryRequested(TRY_AGAIN_AFTER, str(error)) from error


async def _sealed(context: Context, stored: queries.StoredRevision, hands: Hands) -> tuple[str, bytes]:
    document, personal = stored.opened()
    photos = {}
    for photo in document.photos:
        content = await context.blobs.get(photo.sha256)
        if content is not None:
            photos[photo.sha256] = content
    language: Language = "zh" if stored.language == "zh" else "en"

    def make() -> tuple[str, bytes]:
        token = seal_token(token_of(document, stored.digest, hands.token_key_id), hands.token_key)
        address = codes.verification_address(context.settings.public_url, token)
        brand = brand_of(context.settings)
        pdf = render_report(document, personal, photos, address, stored.short_code, language=language, brand=brand)
        return token, seal_pdf(pdf, document.frozen_at, hands.pdf_key)

    return await asyncio.to_thread(make)


def token_of(document: ReportDocument, digest: bytes, key_id: str) -> Token:
    """Return what the QR of a revision says."""
    return Token(
        key_id=key_id,
        report_id=document.report_id,
        revision=document.revision,
        serial_ends=serial_ends(document.serial),
        day=document.visited_on,
        result=document.result,
        digest=digest[:16],
    )


async def _expect(context: Context, sha256: str) -> None:
    """Have a paper removed later unless a row cites it then: a worker that dies leaves nothing that names somebody."""
    task = ForgetFile(sha256, utc_now() + UNCITED_FOR)
    await transact(context.database, SYSTEM, lambda work: work.enqueue(FORGET, task), queue=context.queue)


async def _keep(context: Context, seal: NewSeal, bytes_total: int, *, names: bool) -> bool:
    """Enter seal and file and call the report sealed, in one transaction; False when another run was first.

    A paper that names somebody whose part was erased meanwhile is forgotten.
    """

    async def keep(work: Work) -> bool:
        if names and not await still_names(work, seal.report_id, seal.revision):
            await work.enqueue(FORGET, ForgetFile(seal.pdf_sha256))
            return False
        if not await register_seal(work, seal):
            return False
        await work.db.execute(
            insert(ReportFile).values(
                report_id=seal.report_id,
                revision=seal.revision,
                partner_id=seal.partner_id,
                blob_sha256=seal.pdf_sha256,
                bytes_total=bytes_total,
                rendered_at=work.now,
            )
        )
        await work.db.execute(
            update(Report).where(Report.id == seal.report_id, Report.state == "frozen").values(state="sealed")
        )
        if context.settings.mails:
            await send_report(work, seal.report_id, context.session_key)
        return True

    return await transact(context.database, SYSTEM, keep, queue=context.queue)

"""Telling a customer by mail that a report is ready: once for each report and address, tried until it got out."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.model import Contact, Customer
from domain.jobs.model import Job, Visit
from domain.kit.ids import new_id
from domain.kit.read import AnySelect, Read
from domain.kit.work import Work
from domain.mailing.model import Letter
from domain.reports import codes
from domain.reports.document import ReportDocument, read
from domain.reports.erasing import ErasePersonalPart
from domain.reports.model import Collection, Report, ReportErasure, ReportRevision

SEND = "letter.send"
PAUSES = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
    dt.timedelta(hours=12),
    dt.timedelta(hours=24),
    dt.timedelta(hours=24),
)
"""Between the attempts: about three days, as mail servers themselves go on trying."""
error_letters_max = 300
shown_max = 50


class SendLetter(msgspec.Struct, frozen=True):
    """Which letter the worker has to send."""

    letter_id: UUID


class LetterRow(msgspec.Struct, frozen=True):
    """A letter with the newest revision of the report it speaks of."""

    id: UUID
    address: str
    language: str
    state: str
    document: bytes
    created_at: dt.datetime

    def opened(self) -> ReportDocument:
        """Return the report."""
        return read(self.document, ReportDocument)


_newest = (
    select(ReportRevision.document)
    .where(ReportRevision.report_id == Letter.report_id)
    .order_by(ReportRevision.revision.desc())
    .limit(1)
    .scalar_subquery()
    .label("document")
)
_LETTERS = Read(
    LetterRow,
    select(Letter.id, Letter.address, Letter.language, Letter.state, _newest, Letter.created_at),
)


async def send_report(work: Work, report_id: UUID, key: bytes) -> None:
    """Have the customer of a report told that it is ready, if the job's contact gave an address and was not told yet.

    The letter has a collection code and a PIN of its own, made with ``key``: those that the phone made are known here
    as hashes only, and go on opening the report.
    """
    found = (await work.db.execute(_addressee(report_id))).one_or_none()
    if found is None:
        return
    visit_id, partner_id, address, language = found
    letter_id = new_id()
    letter = {"id": letter_id, "report_id": report_id, "partner_id": partner_id, "address": address}
    written = await work.db.scalar(
        insert(Letter)
        .values(**letter, language=language, state="waiting", created_at=work.now)
        .on_conflict_do_nothing()
        .returning(Letter.id)
    )
    if written is None:
        return
    secret = codes.letter_secret(key, letter_id)
    hashes = {"code_hash": secret.code_hash, "pin_hash": secret.pin_hash}
    await work.db.execute(
        insert(Collection).values(**hashes, visit_id=visit_id, partner_id=partner_id, letter_id=letter_id)
    )
    await work.enqueue(SEND, SendLetter(letter_id))


def _addressee(report_id: UUID) -> AnySelect:
    erased = select(ReportErasure.report_id).where(ReportErasure.report_id == Report.id).exists()
    return (
        select(Report.visit_id, Report.partner_id, Contact.email, Customer.language)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Job, Job.id == Visit.job_id)
        .join(Customer, Customer.id == Job.customer_id)
        .join(Contact, Contact.id == Job.contact_id)
        .where(Report.id == report_id, Report.state != "withdrawn", Contact.email != "", ~erased)
    )


async def waiting_letter(db: AsyncConnection, letter_id: UUID) -> LetterRow | None:
    """Return a letter that was not sent yet, or None."""
    return await _LETTERS.first(db, _LETTERS.statement.where(Letter.id == letter_id, Letter.state == "waiting"))


async def newest_letters(db: AsyncConnection) -> list[LetterRow]:
    """Return the letters made last, the newest first."""
    return await _LETTERS.all(db, _LETTERS.statement.order_by(Letter.created_at.desc()).limit(shown_max))


async def write_attempt(work: Work, letter_id: UUID, error: str, *, final: bool) -> dt.timedelta | None:
    """Write down how an attempt ended; returns after which pause to try again, or None when it is over.

    Locks: the letter.
    """
    letter = (await work.db.scalars(select(Letter).where(Letter.id == letter_id).with_for_update(key_share=True))).one()
    if letter.state != "waiting":
        return None
    letter.attempts += 1
    letter.error = error[:error_letters_max]
    if not error:
        letter.state, letter.sent_at = "sent", work.now
        return None
    if final or letter.attempts > len(PAUSES):
        letter.state = "failed"
        return None
    return PAUSES[letter.attempts - 1]


async def forget_addresses(work: Work, cmd: ErasePersonalPart) -> None:
    """Erase the addresses that a visit's report was mailed to; what was not sent yet is sent no more."""
    of_visit = select(Report.id).where(Report.visit_id == cmd.visit_id).scalar_subquery()
    gone = update(Letter).where(Letter.report_id == of_visit)
    await work.db.execute(gone.where(Letter.state == "waiting").values(state="failed", error="erased"))
    await work.db.execute(gone.values(address=Letter.id.cast(Letter.address.type)))

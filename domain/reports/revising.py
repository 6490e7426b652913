"""Freezing a report once more: the record as it stands now becomes its next revision."""

import datetime as dt
import secrets
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from domain.kit.problem import Kind, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.reports import codes, rules
from domain.reports.actions import RENDER, RenderReport
from domain.reports.collecting import NotCompletedYet
from domain.reports.document import PersonalPart, ReportDocument, commit, digest, read, salt_bytes
from domain.reports.model import Report, ReportAmendment, ReportErasure, ReportPerson, ReportRevision
from domain.reports.sheet import NO_COMMITMENT, sheet_of
from domain.sealing.seals import seal_counts

AFTER_SIGNATURE = "changed-after-signature"
"""The flag of a document that says something else than what the customer signed."""
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class NothingToAmend(Problem, kind=Kind.CONFLICT):
    """The report says already what is recorded; record first what is missing, or correct it."""


class Head(msgspec.Struct, frozen=True):
    """The report of a locked visit, and its newest revision."""

    report_id: UUID
    visit_id: UUID
    number: int
    state: str
    partner_id: UUID | None
    revision: int
    document: bytes
    signature: rules.Signature
    personal: bytes | None
    erased: bool


_HEADS = Read(
    Head,
    select(
        Report.id.label("report_id"),
        Report.visit_id,
        Report.number,
        Report.state,
        Report.partner_id,
        ReportRevision.revision,
        ReportRevision.document,
        ReportRevision.signature,
        ReportPerson.personal,
        ReportErasure.report_id.is_not(None).label("erased"),
    )
    .join(ReportRevision, ReportRevision.report_id == Report.id)
    .outerjoin(
        ReportPerson,
        (ReportPerson.report_id == Report.id) & (ReportPerson.revision == ReportRevision.revision),
    )
    .outerjoin(ReportErasure, ReportErasure.report_id == Report.id)
    .order_by(ReportRevision.revision.desc())
    .limit(1),
)


async def head_of(work: Work, visit_id: UUID) -> Head:
    """Return the report of a visit that the caller has locked; raises NotCompletedYet."""
    head = await _HEADS.first(work.db, _HEADS.statement.where(Report.visit_id == visit_id))
    if head is None:
        raise NotCompletedYet("Complete the visit first; its report is made then.")
    return head


async def says_something_new(work: Work, head: Head) -> bool:
    """Decide whether the record as it stands now would make another report than the newest revision."""
    document, personal = await _made(work, head, "")
    return _differs(head, document, personal)


async def counts_no_more(work: Work, head: Head) -> bool:
    """Decide whether our office may freeze the same once more: it is withdrawn, or a key of its seal was revoked."""
    if head.state == "withdrawn":
        return True
    return work.actor.is_office and await seal_counts(work.db, head.report_id, head.revision) is False


async def revise(work: Work, head: Head, amendment: ReportAmendment) -> int:
    """Freeze the record as it stands now as the next revision, have it printed, and return its number.

    The amendment is written down and approved. A withdrawn report is one again that counts.
    Raises: NothingToAmend.
    """
    await work.flush()
    document, personal = await _made(work, head, amendment.reason)
    differs = _differs(head, document, personal)
    if not differs and not await counts_no_more(work, head):
        raise NothingToAmend("Nothing was recorded or corrected since it was frozen.")
    if head.signature == "given" and (differs or AFTER_SIGNATURE in read(head.document, ReportDocument).flags):
        document = msgspec.structs.replace(document, flags=(*document.flags, AFTER_SIGNATURE))
    await _freeze_next(work, head, amendment, document, None if head.erased else personal)
    if head.state == "withdrawn":
        await work.db.execute(update(Report).where(Report.id == head.report_id).values(state="frozen"))
    return document.revision


async def revise_same(work: Work, head: Head, amendment: ReportAmendment, personal: PersonalPart | None) -> int:
    """Freeze what the newest revision says once more, bound to a personal part or none, and return its number.

    Not from the record: whoever erases or seals anew changes nothing else.
    """
    was = read(head.document, ReportDocument)
    given = {"revision": head.revision + 1, "revision_reason": amendment.reason, "frozen_at": work.now}
    await _freeze_next(work, head, amendment, msgspec.structs.replace(was, **given), personal)
    return head.revision + 1


async def _freeze_next(
    work: Work, head: Head, amendment: ReportAmendment, document: ReportDocument, personal: PersonalPart | None
) -> None:
    """Write the next revision down and have it printed; without a personal part it is bound to an empty one."""
    salt = secrets.token_bytes(salt_bytes)
    personal_bytes = rules.frozen(personal or PersonalPart())
    bound = msgspec.structs.replace(document, personal_commitment=commit(personal_bytes, salt).hex())
    document_bytes = rules.frozen(bound)
    names = {"report_id": head.report_id, "revision": bound.revision, "partner_id": head.partner_id}
    work.db.add(
        ReportRevision(
            **names,
            document=document_bytes,
            digest=digest(document_bytes),
            verification_code=codes.new_token(),
            short_code=codes.new_short_code(),
            frozen_at=work.now,
            signature=head.signature if personal is None else rules.signature_of(personal),
            amendment_id=amendment.id,
        )
    )
    if personal is not None:
        work.db.add(ReportPerson(**names, salt=salt, personal=personal_bytes))
    await work.flush()
    await work.enqueue(RENDER, RenderReport(head.report_id, bound.revision))


async def _made(work: Work, head: Head, reason: str) -> tuple[ReportDocument, PersonalPart]:
    """Return the next revision, of which a personal part that was erased stays erased."""
    document, personal = await sheet_of(
        work.driver, head.visit_id, report_id=head.report_id, number=head.number, at=work.now
    )
    document = msgspec.structs.replace(document, revision=head.revision + 1, revision_reason=reason)
    return document, PersonalPart() if head.erased else personal


def _differs(head: Head, document: ReportDocument, personal: PersonalPart) -> bool:
    was = read(head.document, ReportDocument)
    if _content(was) != _content(read(rules.frozen(document), ReportDocument)):
        return True
    return head.personal is not None and head.personal != rules.frozen(personal)


def _content(document: ReportDocument) -> ReportDocument:
    """Return what a revision says of the visit, without what tells it from other revisions."""
    flags = tuple(flag for flag in document.flags if flag != AFTER_SIGNATURE)
    return msgspec.structs.replace(
        document, revision=1, revision_reason="", frozen_at=_NEVER, flags=flags, personal_commitment=NO_COMMITMENT
    )

"""Sealing reports anew whose newest seal counts no more, because a key was revoked as of a moment before it.

Nobody is asked: a report that is sealed anew says what it said, and is bound to the same people. That it was is written
down as an amendment that nobody asked for. What is withdrawn or waits for a second person is left alone.
"""

from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.jobs.scope import standing_now, tell_visit
from domain.jobs.visits import lock_visit
from domain.kit.actor import Role
from domain.kit.command import Command, Done, action
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import AnySelect, Read
from domain.kit.work import Work
from domain.reports.amendments import (
    AmendmentWaits,
    ReportAmended,
    decide,
    language_of,
    refuse_while_waiting,
    write_down,
)
from domain.reports.collecting import NotCompletedYet
from domain.reports.corrections import Corrections
from domain.reports.document import PersonalPart, read
from domain.reports.model import Report, ReportRevision
from domain.reports.revising import head_of, revise_same
from domain.sealing.model import ReportSeal, SealingKey
from domain.sealing.seals import counted, seal_counts

RESEALED = {"en": "Sealed anew; nothing else was changed", "zh": "重新签章，内容未变"}
"""The reason in the new revision, in the customer's language."""
AT_ONCE = 500
"""How many reports are looked up at a time."""
BEGINNING = UUID(int=0)
"""Before the first report."""


class SealCounts(Problem, kind=Kind.CONFLICT):
    """This report has a seal that counts, or one is on its way, or it is withdrawn."""


class ResealReport(Command, tag="report.reseal", frozen=True, kw_only=True):
    """Freeze the newest revision of a report once more and have it sealed, since its seal counts no more."""

    visit_id: UUID


class VoidReport(msgspec.Struct, frozen=True):
    """A report whose newest seal counts no more."""

    report_id: UUID
    visit_id: UUID


@action(
    ResealReport,
    by=frozenset({Role.SYSTEM}),
    answer=ReportAmended,
    raises=(NotFound, NotCompletedYet, AmendmentWaits, SealCounts),
    creates=True,
    example=ResealReport(visit_id=UUID("0198c5b0-0000-7000-8000-000000000001")),
)
async def reseal_report(work: Work, cmd: ResealReport) -> Done:
    """Freeze it once more, unless it was since.

    Locks: the visit.
    """
    visit, _ = await lock_visit(work, cmd.visit_id)
    head = await head_of(work, visit.id)
    if head.state == "withdrawn" or await seal_counts(work.db, head.report_id, head.revision) is not False:
        raise SealCounts("There is nothing to seal anew.")
    await refuse_while_waiting(work, head)
    reason = RESEALED[await language_of(work, visit)]
    amendment = await write_down(work, head, "reseal", reason, Corrections())
    await decide(work, amendment, "approve", "")
    personal = None if head.personal is None else read(head.personal, PersonalPart)
    revision = await revise_same(work, head, amendment, personal)
    await tell_visit(work, visit, await standing_now(work, visit))
    return Done(ReportAmended(id=amendment.id, visit_id=visit.id, state="approved", revision=revision))


_seal, _later = ReportSeal.__table__, ReportRevision.__table__.alias("later")
_token_key, _pdf_key = SealingKey.__table__.alias("token_key"), SealingKey.__table__.alias("pdf_key")


def _void(key: str | None) -> AnySelect:
    """Select the reports whose newest seal counts no more, of one key or of any."""
    newer = select(_later.c.revision).where(
        _later.c.report_id == _seal.c.report_id, _later.c.revision > _seal.c.revision
    )
    found = (
        select(Report.id.label("report_id"), Report.visit_id)
        .join(_seal, _seal.c.report_id == Report.id)
        .join(_token_key, _token_key.c.id == _seal.c.token_key_id)
        .join(_pdf_key, _pdf_key.c.id == _seal.c.pdf_key_id)
        .where(Report.state != "withdrawn", ~counted(_seal, _token_key, _pdf_key), ~newer.exists())
    )
    return found if key is None else found.where(or_(_seal.c.token_key_id == key, _seal.c.pdf_key_id == key))


_VOID = Read(VoidReport, _void(None))


async def count_void(db: AsyncConnection, key: str | None) -> int:
    """Return of how many reports the newest seal counts no more, of a key or of any."""
    return await db.scalar(select(func.count()).select_from(_void(key).subquery())) or 0


async def next_void(db: AsyncConnection, key: str | None, after: UUID) -> list[VoidReport]:
    """Return the next of those reports in the order of their ids: none at the end."""
    return await _VOID.all(db, _void(key).where(Report.id > after).order_by(Report.id).limit(AT_ONCE))

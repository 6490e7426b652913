"""The life of a report as it can be read: its revisions, what was asked about it, and what waits for somebody."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from domain.jobs.model import Job, Visit
from domain.kit.actor import Actor
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account
from domain.reports import rules
from domain.reports.amendments import Asked
from domain.reports.corrections import Corrections
from domain.reports.differences import DifferenceLine, differences
from domain.reports.model import (
    AmendmentDecision,
    Report,
    ReportAmendment,
    ReportErasure,
    ReportFile,
    ReportRevision,
)
from domain.reports.queries import stored_revision

listed_max = 200
AmendmentState = Literal["waiting", "approved", "declined"]


class RevisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One revision: where it is in its life, which one it took the place of, why, and at whose wish."""

    revision: int
    state: rules.State
    signature: rules.Signature
    digest: str
    frozen_at: dt.datetime
    printed_at: dt.datetime | None
    short_code: str
    predecessor: int | None
    reason: str
    amendment_id: UUID | None


class AmendmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked about a report, by whom, and how it ended.

    ``asked_by`` is null where the customer signed later; a partner reads the names of its own people.
    """

    id: UUID
    visit_id: UUID
    report_number: str
    job_number: str
    kind: Asked
    predecessor: int
    reason: str
    corrections: Corrections
    two_people: bool
    state: AmendmentState
    asked_by: UUID | None
    asked_by_name: str | None
    asked_at: dt.datetime
    decided_by_name: str | None
    decided_at: dt.datetime | None
    note: str | None


class ReportLife(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that became of the report of a visit, newest first; a draft until the visit is completed."""

    visit_id: UUID
    state: rules.State
    number: str | None
    erased_at: dt.datetime | None
    revisions: list[RevisionLine]
    amendments: list[AmendmentLine]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a later revision says otherwise than an earlier one."""

    before: int
    after: int
    lines: list[DifferenceLine]


class AmendmentQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which amendments: those that wait, or those that were decided; otherwise all."""

    waiting: bool | None = None


class _RevisionRow(msgspec.Struct, frozen=True):
    stored: str
    number: int
    erased_at: dt.datetime | None
    revision: int
    signature: rules.Signature
    digest: str
    frozen_at: dt.datetime
    printed_at: dt.datetime | None
    short_code: str
    predecessor: int | None
    reason: str | None
    amendment_id: UUID | None


class _AmendmentRow(msgspec.Struct, frozen=True):
    id: UUID
    visit_id: UUID
    number: int
    job_number: int
    kind: Asked
    predecessor: int
    reason: str
    corrections: dict[str, Any]
    two: bool
    asked_by: UUID | None
    asked_by_name: str | None
    asked_at: dt.datetime
    decision: str | None
    decided_by_name: str | None
    decided_at: dt.datetime | None
    note: str | None


_asker, _decider = aliased(Account), aliased(Account)
_REVISIONS = Read(
    _RevisionRow,
    select(
        Report.state.label("stored"),
        Report.number,
        ReportErasure.erased_at,
        ReportRevision.revision,
        ReportRevision.signature,
        func.encode(ReportRevision.digest, "hex").label("digest"),
        ReportRevision.frozen_at,
        ReportFile.rendered_at.label("printed_at"),
        ReportRevision.short_code,
        ReportAmendment.predecessor,
        ReportAmendment.reason,
        ReportRevision.amendment_id,
    )
    .join(Report, Report.id == ReportRevision.report_id)
    .outerjoin(ReportErasure, ReportErasure.report_id == Report.id)
    .outerjoin(ReportAmendment, ReportAmendment.id == ReportRevision.amendment_id)
    .outerjoin(
        ReportFile,
        (ReportFile.report_id == ReportRevision.report_id) & (ReportFile.revision == ReportRevision.revision),
    )
    .order_by(ReportRevision.revision.desc())
    .limit(listed_max),
)
_AMENDMENTS = Read(
    _AmendmentRow,
    select(
        ReportAmendment.id,
        Report.visit_id,
        Report.number,
        Job.number.label("job_number"),
        ReportAmendment.kind,
        ReportAmendment.predecessor,
        ReportAmendment.reason,
        ReportAmendment.corrections,
        ReportAmendment.two,
        ReportAmendment.asked_by,
        _asker.name.label("asked_by_name"),
        ReportAmendment.asked_at,
        AmendmentDecision.decision,
        _decider.name.label("decided_by_name"),
        AmendmentDecision.decided_at,
        AmendmentDecision.note,
    )
    .join(Report, Report.id == ReportAmendment.report_id)
    .join(Visit, Visit.id == Report.visit_id)
    .join(Job, Job.id == Visit.job_id)
    .outerjoin(_asker, _asker.id == ReportAmendment.asked_by)
    .outerjoin(AmendmentDecision, AmendmentDecision.amendment_id == ReportAmendment.id)
    .outerjoin(_decider, _decider.id == AmendmentDecision.decided_by)
    .order_by(ReportAmendment.asked_at.desc(), ReportAmendment.id.desc()),
)


async def life_of(db: AsyncConnection, actor: Actor, visit_id: UUID) -> ReportLife | None:
    """Return the revisions and amendments of a visit's report, or None when the visit is not the principal's to see."""
    mine = own_rows(actor, Visit.partner_id, Visit.technician_id)
    if await db.scalar(select(Visit.id).where(Visit.id == visit_id, mine)) is None:
        return None
    rows = await _REVISIONS.all(db, _REVISIONS.statement.where(Report.visit_id == visit_id))
    if not rows:
        return ReportLife(visit_id=visit_id, state="draft", number=None, erased_at=None, revisions=[], amendments=[])
    of_visit = _AMENDMENTS.statement.where(Report.visit_id == visit_id).limit(listed_max)
    newest = rows[0]
    revisions = [_revision(row, newest.revision) for row in rows]
    return ReportLife(
        visit_id=visit_id,
        state=revisions[0].state,
        number=rules.report_number(newest.number),
        erased_at=newest.erased_at,
        revisions=revisions,
        amendments=[_amendment(row) for row in await _AMENDMENTS.all(db, of_visit)],
    )


async def amendments(db: AsyncConnection, actor: Actor, page: AmendmentQuery) -> Page[AmendmentLine]:
    """Return a page of what was asked about reports, newest first."""
    statement = _AMENDMENTS.statement.where(own_rows(actor, ReportAmendment.partner_id))
    if page.waiting is not None:
        waits = AmendmentDecision.amendment_id.is_(None)
        statement = statement.where(waits if page.waiting else ~waits)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(ReportAmendment.asked_at, ReportAmendment.id) < tuple_(at, last))
    rows = await _AMENDMENTS.all(db, statement.limit(page.limit + 1))
    return page_of([_amendment(row) for row in rows], page.limit, "asked_at", "id")


async def difference(db: AsyncConnection, actor: Actor, visit_id: UUID, before: int, after: int) -> Difference | None:
    """Return what two revisions of a visit's report say differently, or None unless both are the principal's to see."""
    mine = own_rows(actor, Report.partner_id, Visit.technician_id)
    found = select(Report.id).join(Visit, Visit.id == Report.visit_id).where(Report.visit_id == visit_id, mine)
    report_id = await db.scalar(found)
    if report_id is None:
        return None
    old, new = await stored_revision(db, report_id, before), await stored_revision(db, report_id, after)
    if old is None or new is None:
        return None
    (document, person), (later, later_person) = old.opened(), new.opened()
    return Difference(before=before, after=after, lines=differences(document, later, person, later_person))


def _revision(row: _RevisionRow, newest: int) -> RevisionLine:
    printed = row.printed_at is not None
    return RevisionLine(
        revision=row.revision,
        state=rules.state_of(row.stored, row.revision, newest, row.signature, printed=printed),
        signature=row.signature,
        digest=row.digest,
        frozen_at=row.frozen_at,
        printed_at=row.printed_at,
        short_code=row.short_code,
        predecessor=row.predecessor,
        reason=row.reason or "",
        amendment_id=row.amendment_id,
    )


def _amendment(row: _AmendmentRow) -> AmendmentLine:
    states: dict[str | None, AmendmentState] = {None: "waiting", "approve": "approved", "decline": "declined"}
    return AmendmentLine(
        id=row.id,
        visit_id=row.visit_id,
        report_number=rules.report_number(row.number),
        job_number=rules.job_number(row.job_number),
        kind=row.kind,
        predecessor=row.predecessor,
        reason=row.reason,
        corrections=msgspec.convert(row.corrections, Corrections),
        two_people=row.two,
        state=states[row.decision],
        asked_by=row.asked_by,
        asked_by_name=row.asked_by_name,
        asked_at=row.asked_at,
        decided_by_name=row.decided_by_name,
        decided_at=row.decided_at,
        note=row.note,
    )

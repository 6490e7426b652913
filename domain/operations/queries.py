"""What can be read of recorded work and of a phone's operations."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.jobs.model import Job
from domain.kit.actor import Actor
from domain.kit.journal import JournalBody, JournalEntry
from domain.kit.limits import Word
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.operations.model import Quarantine, RecordedWork
from domain.people.access import own_rows
from domain.people.model import Account


class RecordedWorkQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which recorded work: waiting (the usual), accepted or declined; of one job."""

    decision: Word = "waiting"
    job_id: UUID | None = None


class RecordedWorkLine(msgspec.Struct, frozen=True):
    """Work by somebody that needs a decision, or had one: what was sent and why it was not simply applied."""

    op_id: UUID
    seq: int
    kind: str
    reason: str
    at: dt.datetime
    recorded_at: dt.datetime | None
    job_id: UUID | None
    job_number: int | None
    subject: str | None
    visit_id: UUID | None
    actor_id: UUID
    technician: str | None
    partner_id: UUID | None
    sent: Any
    decision: str | None
    note: str | None
    decided_by: str | None
    decided_at: dt.datetime | None


class OpResult(msgspec.Struct, frozen=True):
    """A decision about recorded work, as it comes down to the phone."""

    op: UUID
    kind: str
    decision: str
    note: str
    decided_at: dt.datetime


class DeviceOperationLine(msgspec.Struct, frozen=True):
    """One operation of a phone as support reads it: its number, its fate, its clocks."""

    op_id: UUID
    seq: int
    kind: str
    version: int
    outcome: str
    reason: str | None
    client_at: dt.datetime | None
    estimated_at: dt.datetime | None
    received_at: dt.datetime


class QuarantineLine(msgspec.Struct, frozen=True):
    """Something in quarantine: why, when, and how it begins."""

    id: UUID
    device_id: UUID
    account_id: UUID
    op_id: UUID | None
    why: str
    at: dt.datetime
    bytes: int
    begins: str


_DECIDER = Account.__table__.alias("decider")
_RECORDED = Read(
    RecordedWorkLine,
    select(
        RecordedWork.op_id,
        RecordedWork.seq,
        RecordedWork.kind,
        RecordedWork.reason,
        RecordedWork.at,
        JournalEntry.estimated_at.label("recorded_at"),
        RecordedWork.job_id,
        Job.number.label("job_number"),
        Job.subject,
        RecordedWork.visit_id,
        RecordedWork.actor_id,
        Account.name.label("technician"),
        RecordedWork.partner_id,
        JournalBody.sent,
        RecordedWork.decision,
        RecordedWork.note,
        _DECIDER.c.name.label("decided_by"),
        RecordedWork.decided_at,
    )
    .select_from(RecordedWork)
    .join(JournalEntry, JournalEntry.op_id == RecordedWork.op_id)
    .outerjoin(JournalBody, JournalBody.op_id == RecordedWork.op_id)
    .outerjoin(Job, Job.id == RecordedWork.job_id)
    .outerjoin(Account, Account.id == RecordedWork.actor_id)
    .outerjoin(_DECIDER, _DECIDER.c.id == RecordedWork.decided_by),
)
_RESULTS = Read(
    OpResult,
    select(
        RecordedWork.op_id.label("op"),
        RecordedWork.kind,
        RecordedWork.decision,
        func.coalesce(RecordedWork.note, "").label("note"),
        RecordedWork.decided_at,
    ).where(RecordedWork.decision.is_not(None)),
)
_CODE = r'^\{"code":"([a-z-]+)"'
"""How a problem's answer begins. What follows is not read as jsonb, which refuses what a phone may have put into it."""
_OPERATIONS = Read(
    DeviceOperationLine,
    select(
        JournalEntry.op_id,
        JournalEntry.seq,
        JournalEntry.kind,
        JournalEntry.version,
        JournalEntry.outcome,
        func.substring(func.convert_from(JournalBody.answer, "UTF8"), _CODE).label("reason"),
        JournalEntry.client_at,
        JournalEntry.estimated_at,
        JournalEntry.received_at,
    )
    .outerjoin(JournalBody, JournalBody.op_id == JournalEntry.op_id)
    .order_by(JournalEntry.seq.desc(), JournalEntry.op_id),
)
_QUARANTINE = Read(
    QuarantineLine,
    select(
        Quarantine.id,
        Quarantine.device_id,
        Quarantine.account_id,
        Quarantine.op_id,
        Quarantine.why,
        Quarantine.at,
        func.length(Quarantine.raw).label("bytes"),
        func.encode(func.substr(Quarantine.raw, 1, 300), "escape").label("begins"),
    ).order_by(Quarantine.id.desc()),
)


async def recorded_work(db: AsyncConnection, actor: Actor, page: RecordedWorkQuery) -> Page[RecordedWorkLine]:
    """Return a page of recorded work, the oldest first, with what was sent."""
    wanted = RecordedWork.decision.is_(None) if page.decision == "waiting" else RecordedWork.decision == page.decision
    statement = _RECORDED.statement.where(wanted, own_rows(actor, RecordedWork.partner_id))
    if page.job_id is not None:
        statement = statement.where(RecordedWork.job_id == page.job_id)
    if page.cursor:
        key = read_cursor(page.cursor, dt.datetime, int, UUID)
        statement = statement.where(tuple_(RecordedWork.at, RecordedWork.seq, RecordedWork.op_id) > key)
    ordered = statement.order_by(RecordedWork.at, RecordedWork.seq, RecordedWork.op_id)
    rows = await _RECORDED.all(db, ordered.limit(page.limit + 1))
    told = [
        msgspec.structs.replace(row, sent=None if row.sent is None else msgspec.json.decode(row.sent)) for row in rows
    ]
    return page_of(told, page.limit, "at", "seq", "op_id")


async def op_results(db: AsyncConnection, actor: Actor, ids: list[UUID]) -> dict[UUID, msgspec.Struct]:
    """Return the decisions about a technician's own recorded work, by operation."""
    own = _RESULTS.statement.where(RecordedWork.op_id.in_(ids), RecordedWork.actor_id == actor.account_id)
    return {row.op: row for row in await _RESULTS.all(db, own)}


async def operations_of(
    db: AsyncConnection, actor: Actor, device_id: UUID, page: PageQuery
) -> Page[DeviceOperationLine]:
    """Return a page of a phone's operations, the newest first."""
    statement = _OPERATIONS.statement.where(
        JournalEntry.device_id == device_id, own_rows(actor, JournalEntry.partner_id)
    )
    if page.cursor:
        (last,) = read_cursor(page.cursor, int)
        statement = statement.where(JournalEntry.seq < last)
    return page_of(await _OPERATIONS.all(db, statement.limit(page.limit + 1)), page.limit, "seq")


async def quarantine(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[QuarantineLine]:
    """Return a page of what lies in quarantine, the newest first."""
    statement = _QUARANTINE.statement.where(own_rows(actor, Quarantine.partner_id))
    if page.cursor:
        (last,) = read_cursor(page.cursor, UUID)
        statement = statement.where(Quarantine.id < last)
    return page_of(await _QUARANTINE.all(db, statement.limit(page.limit + 1)), page.limit, "id")

"""What of a visit came to the office as recorded work, for the time line of its claim."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.model import Claim
from domain.claims.time_line import EvidenceItem
from domain.kit.read import Read
from domain.operations.model import RecordedWork
from domain.people.model import Account

rows_max = 1000


class _Row(msgspec.Struct, frozen=True):
    op_id: UUID
    at: dt.datetime
    kind: str
    reason: str
    decision: str | None
    note: str | None
    decided_by: str | None
    decided_at: dt.datetime | None


_ROWS = Read(
    _Row,
    select(
        RecordedWork.op_id,
        RecordedWork.at,
        RecordedWork.kind,
        RecordedWork.reason,
        RecordedWork.decision,
        RecordedWork.note,
        Account.name.label("decided_by"),
        RecordedWork.decided_at,
    )
    .join(Claim, Claim.visit_id == RecordedWork.visit_id)
    .outerjoin(Account, Account.id == RecordedWork.decided_by)
    .order_by(RecordedWork.at, RecordedWork.op_id)
    .limit(rows_max),
)


async def recorded_work_of_claim(db: AsyncConnection, claim_id: UUID) -> list[EvidenceItem]:
    """Return what was recorded for a decision on a claim's visit, and the decisions; for the office alone."""
    rows = await _ROWS.all(db, _ROWS.statement.where(Claim.id == claim_id))
    recorded = [
        EvidenceItem(
            at=row.at,
            kind="recorded-work",
            what="recorded",
            summary=f"{row.kind} was recorded for the office: {row.reason}.",
            refers_to=row.op_id,
            facts={"kind": row.kind, "reason": row.reason},
        )
        for row in rows
    ]
    decided = [
        EvidenceItem(
            at=row.decided_at,
            kind="recorded-work",
            what=row.decision or "",
            summary=f"{row.kind} was {row.decision}. {row.note or ''}".strip(),
            by=row.decided_by,
            facts={"kind": row.kind, "note": row.note},
        )
        for row in rows
        if row.decided_at is not None
    ]
    return recorded + decided

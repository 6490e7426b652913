"""What became of a report after it was frozen, for the time line of its visit's claim."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from domain.claims.model import Claim
from domain.claims.reviewed import LineRuling
from domain.claims.time_line import EvidenceItem
from domain.kit.read import Read
from domain.people.model import Account
from domain.reports.model import AmendmentDecision, Report, ReportAmendment, ReportRevision

rows_max = 200
ASKED = {"amend": "An amendment of the report", "withdraw": "The withdrawal of the report"}
DONE = {
    "amend": "The report was amended",
    "withdraw": "The report was withdrawn",
    "sign": "The customer signed the report afterwards",
    "erase": "The personal part of the report was erased by law",
    "reseal": "The report was sealed anew, since a key had been revoked",
}


class _Row(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    reason: str
    predecessor: int
    asked_at: dt.datetime
    asked_by: str | None
    decision: str | None
    note: str | None
    decided_at: dt.datetime | None
    decided_by: str | None
    revision: int | None
    claim_decided_at: dt.datetime | None


_asker, _decider = aliased(Account), aliased(Account)
_ruled_at = select(func.max(LineRuling.decided_at)).where(LineRuling.claim_id == Claim.id).scalar_subquery()
_ROWS = Read(
    _Row,
    select(
        ReportAmendment.id,
        ReportAmendment.kind,
        ReportAmendment.reason,
        ReportAmendment.predecessor,
        ReportAmendment.asked_at,
        _asker.name.label("asked_by"),
        AmendmentDecision.decision,
        AmendmentDecision.note,
        AmendmentDecision.decided_at,
        _decider.name.label("decided_by"),
        ReportRevision.revision,
        # What no person decided yet was decided by the gate as it came in.
        func.coalesce(_ruled_at, case((Claim.lane != "review", Claim.submitted_at))).label("claim_decided_at"),
    )
    .join(Report, Report.id == ReportAmendment.report_id)
    .join(Claim, Claim.visit_id == Report.visit_id)
    .outerjoin(AmendmentDecision, AmendmentDecision.amendment_id == ReportAmendment.id)
    .outerjoin(ReportRevision, ReportRevision.amendment_id == ReportAmendment.id)
    .outerjoin(_asker, _asker.id == ReportAmendment.asked_by)
    .outerjoin(_decider, _decider.id == AmendmentDecision.decided_by)
    .order_by(ReportAmendment.asked_at, ReportAmendment.id)
    .limit(rows_max),
)


async def report_of_claim(db: AsyncConnection, claim_id: UUID) -> list[EvidenceItem]:
    """Return what was asked about the report of a claim's visit and what became of it; for the office alone."""
    found: list[EvidenceItem] = []
    for row in await _ROWS.all(db, _ROWS.statement.where(Claim.id == claim_id)):
        if row.decided_at != row.asked_at:
            waits = f"{ASKED.get(row.kind, row.kind)} was asked for: {row.reason}"
            found.append(_item(row, row.asked_at, "asked", waits, row.asked_by))
        if row.decided_at is not None and row.decision == "approve":
            late = ", after the claim was decided" if _is_late(row, row.decided_at) else ""
            done = f"{DONE.get(row.kind, row.kind)}{late}: {row.reason}"
            found.append(_item(row, row.decided_at, row.kind, done, row.decided_by))
        elif row.decided_at is not None:
            declined = f"{ASKED.get(row.kind, row.kind)} was declined. {row.note or ''}".strip()
            found.append(_item(row, row.decided_at, "declined", declined, row.decided_by))
    return found


def _item(row: _Row, at: dt.datetime, what: str, summary: str, by: str | None) -> EvidenceItem:
    facts = {
        "kind": row.kind,
        "reason": row.reason,
        "predecessor": row.predecessor,
        "revision": row.revision,
        "after_decision": _is_late(row, at),
    }
    return EvidenceItem(at=at, kind="report", what=what, summary=summary, by=by, facts=facts)


def _is_late(row: _Row, at: dt.datetime) -> bool:
    return row.claim_decided_at is not None and at > row.claim_decided_at

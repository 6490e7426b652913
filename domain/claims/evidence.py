"""The time line of a claim: all that was recorded, seen and decided about its visit, as one list by moment."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.answered import CustomerAnswer
from domain.claims.model import Claim, ClaimLine, Scan
from domain.claims.photos import photos_of_claim
from domain.claims.reviewed import ClaimReply, CoreReturn, LineRuling
from domain.claims.score_model import ScoreRecord
from domain.claims.time_line import EvidenceItem, is_cut, of_photo, of_sheet, position
from domain.claims.watched import Alert
from domain.kit.actor import Actor
from domain.kit.journal import JournalEntry
from domain.kit.read import Read
from domain.people.model import Account
from domain.worklog.queries import sheet

items_max = 1000
rows_max = items_max + 1


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The time line of a claim; ``complete`` is false where it is longer than what is shown of it."""

    claim_id: UUID
    number: int
    visit_id: UUID
    complete: bool
    items: list[EvidenceItem]


class _ClaimRow(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    visit_id: UUID
    lane: str
    state: str
    submitted_at: dt.datetime
    decision: dict[str, Any]
    paid_at: dt.datetime | None
    paid_by: str | None
    approved_minor: int | None
    currency: str | None


class _OldPartRow(msgspec.Struct, frozen=True):
    id: UUID
    part_number: str
    serial: str
    expected_at: dt.datetime
    received_at: dt.datetime | None
    matches: bool | None
    waived_at: dt.datetime | None
    waive_reason: str | None


class _AlertRow(msgspec.Struct, frozen=True):
    id: UUID
    at: dt.datetime
    kind: str
    facts: dict[str, Any]
    scan_id: UUID | None


class _ScanRow(msgspec.Struct, frozen=True):
    id: UUID
    scanned_at: dt.datetime
    source: str
    scanned_text: str
    symbology: str
    typed_reason: str | None
    photo_id: UUID | None
    matches_job: bool
    tag: str
    latitude_e6: int | None
    longitude_e6: int | None
    verdict: dict[str, Any] | None
    told: dict[str, Any]


class _ScoreRow(msgspec.Struct, frozen=True):
    id: UUID
    scored_at: dt.datetime
    points: int
    findings: list[Any]


class _RulingRow(msgspec.Struct, frozen=True):
    id: UUID
    decided_at: dt.datetime
    decision: str
    reason: str
    note: str
    proposed: bool
    approved_minor: int | None
    by: str
    kind: str
    label: str
    line_id: UUID


class _ReplyRow(msgspec.Struct, frozen=True):
    id: UUID
    replied_at: dt.datetime
    kind: str
    note: str
    by: str
    line_id: UUID | None


class _CustomerRow(msgspec.Struct, frozen=True):
    id: UUID
    answered_at: dt.datetime
    answer: str
    channel: str
    note: str


class _Operation(msgspec.Struct, frozen=True):
    """Who sent what is on a line, by which clocks."""

    op_id: UUID
    by: str | None
    client_at: dt.datetime | None
    received_at: dt.datetime


_CLAIMS = Read(
    _ClaimRow,
    select(
        Claim.id,
        Claim.number,
        Claim.visit_id,
        Claim.lane,
        Claim.state,
        Claim.submitted_at,
        Claim.decision,
        Claim.paid_at,
        Account.name.label("paid_by"),
        Claim.approved_minor,
        Claim.currency,
    ).outerjoin(Account, Account.id == Claim.paid_by),
)
_OLD_PARTS = Read(
    _OldPartRow,
    select(
        CoreReturn.id,
        CoreReturn.part_number,
        CoreReturn.serial,
        CoreReturn.expected_at,
        CoreReturn.received_at,
        CoreReturn.matches,
        CoreReturn.waived_at,
        CoreReturn.waive_reason,
    ).order_by(CoreReturn.expected_at),
)
_ALERTS = Read(
    _AlertRow,
    select(Alert.id, Alert.at, Alert.kind, Alert.facts, Alert.scan_id)
    .join(Scan, Scan.id == Alert.scan_id)
    .order_by(Alert.at),
)
_SCANS = Read(
    _ScanRow,
    select(
        Scan.id,
        Scan.scanned_at,
        Scan.source,
        Scan.scanned_text,
        Scan.symbology,
        Scan.typed_reason,
        Scan.photo_id,
        Scan.matches_job,
        Scan.tag,
        Scan.latitude_e6,
        Scan.longitude_e6,
        Scan.verdict,
        Scan.told,
    ).order_by(Scan.scanned_at, Scan.id),
)
_SCORES = Read(
    _ScoreRow,
    select(ScoreRecord.id, ScoreRecord.scored_at, ScoreRecord.points, ScoreRecord.findings).order_by(
        ScoreRecord.scored_at
    ),
)
_RULINGS = Read(
    _RulingRow,
    select(
        LineRuling.id,
        LineRuling.decided_at,
        LineRuling.decision,
        LineRuling.reason,
        LineRuling.note,
        LineRuling.proposed,
        LineRuling.approved_minor,
        Account.name.label("by"),
        ClaimLine.kind,
        ClaimLine.label,
        LineRuling.line_id,
    )
    .join(ClaimLine, ClaimLine.id == LineRuling.line_id)
    .join(Account, Account.id == LineRuling.decided_by)
    .order_by(LineRuling.decided_at, LineRuling.id),
)
_REPLIES = Read(
    _ReplyRow,
    select(
        ClaimReply.id,
        ClaimReply.replied_at,
        ClaimReply.kind,
        ClaimReply.note,
        Account.name.label("by"),
        ClaimReply.line_id,
    )
    .join(Account, Account.id == ClaimReply.replied_by)
    .order_by(ClaimReply.replied_at, ClaimReply.id),
)
_CUSTOMERS = Read(
    _CustomerRow,
    select(
        CustomerAnswer.id,
        CustomerAnswer.answered_at,
        CustomerAnswer.answer,
        CustomerAnswer.channel,
        CustomerAnswer.note,
    ).order_by(CustomerAnswer.answered_at),
)
_OPERATIONS = Read(
    _Operation,
    select(JournalEntry.op_id, Account.name.label("by"), JournalEntry.client_at, JournalEntry.received_at).outerjoin(
        Account, Account.id == JournalEntry.actor_id
    ),
)


async def evidence(
    db: AsyncConnection, actor: Actor, claim_id: UUID, beside: Iterable[EvidenceItem] = ()
) -> Evidence | None:
    """Return the time line of a claim, or None when there is none; for the office alone.

    ``beside`` is what contexts above the claims know of the visit.
    """
    claim = await _CLAIMS.first(db, _CLAIMS.statement.where(Claim.id == claim_id))
    found = None if claim is None else await sheet(db, actor, claim.visit_id)
    if claim is None or found is None:
        return None
    of_visit, of_claim = Scan.visit_id == claim.visit_id, ScoreRecord.claim_id == claim_id
    items = [*beside, _submitted(claim), *of_sheet(found)]
    items += map(of_photo, await photos_of_claim(db, claim_id) or [])
    items += map(_scan, await _SCANS.all(db, _SCANS.statement.where(of_visit).limit(rows_max)))
    items += map(_score, await _SCORES.all(db, _SCORES.statement.where(of_claim).limit(rows_max)))
    ruled = _RULINGS.statement.where(LineRuling.claim_id == claim_id).limit(rows_max)
    items += map(_ruling, await _RULINGS.all(db, ruled))
    replied = _REPLIES.statement.where(ClaimReply.claim_id == claim_id).limit(rows_max)
    items += map(_reply, await _REPLIES.all(db, replied))
    old_parts = _OLD_PARTS.statement.where(CoreReturn.claim_id == claim_id).limit(rows_max)
    for old_part in await _OLD_PARTS.all(db, old_parts):
        items += _old_part(old_part)
    items += map(_alert, await _ALERTS.all(db, _ALERTS.statement.where(of_visit).limit(rows_max)))
    if claim.paid_at is not None:
        items.append(_paid(claim.paid_at, claim))
    asked = _CUSTOMERS.statement.where(CustomerAnswer.visit_id == claim.visit_id).limit(rows_max)
    items += map(_customer, await _CUSTOMERS.all(db, asked))
    items.sort(key=lambda item: (item.at, item.kind, item.what))
    shown = await _with_clocks(db, items[:items_max])
    return Evidence(
        claim_id=claim.id,
        number=claim.number,
        visit_id=claim.visit_id,
        complete=len(items) <= items_max and not is_cut(found),
        items=shown,
    )


async def _with_clocks(db: AsyncConnection, items: list[EvidenceItem]) -> list[EvidenceItem]:
    """Add who sent each thing and by which clocks: what was recorded has its operation's id."""
    ids = {item.refers_to for item in items if item.refers_to is not None}
    statement = _OPERATIONS.statement.where(JournalEntry.op_id.in_(ids)).limit(items_max)
    sent = {one.op_id: one for one in await _OPERATIONS.all(db, statement)}
    return [_clocked(item, sent.get(item.refers_to) if item.refers_to else None) for item in items]


def _clocked(item: EvidenceItem, sent: _Operation | None) -> EvidenceItem:
    if sent is None:
        return item
    return msgspec.structs.replace(
        item,
        by=item.by or sent.by,
        client_at=item.client_at or sent.client_at,
        received_at=item.received_at or sent.received_at,
    )


def _submitted(claim: _ClaimRow) -> EvidenceItem:
    hits = claim.decision["hits"]
    reasons = [f"{hit['rule']}: {hit['reason']}" for hit in hits]
    found = [{"rule": hit["rule"], "reason": hit["reason"]} for hit in hits]
    facts = {"lane": claim.lane, "reasons": reasons, "hits": found}
    summary = f"Submitted; the gate: {claim.lane}. {'; '.join(reasons)}".strip()
    return EvidenceItem(
        at=claim.submitted_at, kind="claim", what=claim.lane, summary=summary, refers_to=claim.id, facts=facts
    )


def _paid(at: dt.datetime, claim: _ClaimRow) -> EvidenceItem:
    facts = {"approved_minor": claim.approved_minor, "currency": claim.currency}
    return EvidenceItem(at=at, kind="payment", what="paid", summary="Paid.", by=claim.paid_by, facts=facts)


def _old_part(part: _OldPartRow) -> Iterator[EvidenceItem]:
    facts = {"number": part.part_number, "serial": part.serial}
    whose = f"{part.part_number} {part.serial}".strip()
    back = f"{whose} came back." if part.matches else f"Another part came back than {part.part_number}."
    steps = (
        (part.expected_at, "expected", f"{whose} is to come back."),
        (part.received_at, "received" if part.matches else "received-other", back),
        (part.waived_at, "waived", f"{whose} need not come back: {part.waive_reason}"),
    )
    for at, what, told in steps:
        if at is not None:
            yield EvidenceItem(at=at, kind="old-part", what=what, summary=told, refers_to=part.id, facts=facts)


def _alert(alert: _AlertRow) -> EvidenceItem:
    told = f"{alert.kind.replace('-', ' ').capitalize()}."
    facts = alert.facts | {"scan_id": alert.scan_id}
    return EvidenceItem(at=alert.at, kind="alert", what=alert.kind, summary=told, refers_to=alert.id, facts=facts)


def _scan(scan: _ScanRow) -> EvidenceItem:
    verdict = scan.verdict or {}
    reasons = [str(hit["reason"]) for hit in verdict.get("hits", ())]
    facts: dict[str, Any] = {
        "source": scan.source,
        "text": scan.scanned_text,
        "symbology": scan.symbology,
        "typed_reason": scan.typed_reason,
        "photo_id": scan.photo_id,
        "matches_job": scan.matches_job,
        "tag": scan.tag,
        "known": verdict.get("known"),
        "reasons": reasons,
        "told": scan.told.get("status"),
        **position(scan.latitude_e6, scan.longitude_e6),
    }
    what = "of-the-unit" if scan.matches_job else "of-another"
    whose = "the job's unit" if scan.matches_job else "something else"
    told = f"Read {scan.scanned_text!r} ({scan.source}): {whose}. {', '.join(reasons)}".strip()
    return EvidenceItem(at=scan.scanned_at, kind="scan", what=what, summary=told, refers_to=scan.id, facts=facts)


def _score(score: _ScoreRow) -> EvidenceItem:
    sentences = [str(finding["sentence"]) for finding in score.findings]
    told = f"{score.points} points. {' '.join(sentences)}".strip()
    facts = {"points": score.points, "findings": score.findings}
    return EvidenceItem(
        at=score.scored_at, kind="score", what="scored", summary=told, by="system", refers_to=score.id, facts=facts
    )


def _ruling(ruling: _RulingRow) -> EvidenceItem:
    done = f"{ruling.decision.replace('_', ' ')}{', waits for a second person' if ruling.proposed else ''}"
    told = f"{ruling.kind} {ruling.label}: {done}; {ruling.reason}. {ruling.note}".strip()
    facts = {
        "line_id": ruling.line_id,
        "line": {"kind": ruling.kind, "label": ruling.label},
        "reason": ruling.reason,
        "note": ruling.note,
        "proposed": ruling.proposed,
        "approved_minor": ruling.approved_minor,
    }
    return EvidenceItem(
        at=ruling.decided_at, kind="decision", what=ruling.decision, summary=told, by=ruling.by, facts=facts
    )


def _reply(reply: _ReplyRow) -> EvidenceItem:
    words = {"answer": "answers", "appeal": "appeals", "withdraw": "withdraws the claim"}
    told = f"The partner {words[reply.kind]}. {reply.note}".strip()
    facts = {"line_id": reply.line_id, "note": reply.note}
    return EvidenceItem(at=reply.replied_at, kind="reply", what=reply.kind, summary=told, by=reply.by, facts=facts)


def _customer(said: _CustomerRow) -> EvidenceItem:
    words = {"happened": "the visit happened", "did_not_happen": "nobody came", "wrong": "the report is wrong"}
    told = f"The customer says by {said.channel}: {words[said.answer]}. {said.note}".strip()
    return EvidenceItem(
        at=said.answered_at,
        kind="customer",
        what=said.answer,
        summary=told,
        refers_to=said.id,
        facts={"channel": said.channel, "note": said.note},
    )

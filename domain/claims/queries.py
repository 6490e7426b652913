"""What can be read of scans and claims: the office all, a partner's people their own as far as it was told."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import false, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.facts import ClaimDecision, ClaimFacts, ClaimState, Lane
from domain.claims.model import Claim, ClaimLine, RuleHit, Scan
from domain.claims.reviewed import ClaimReply, LineRuling
from domain.jobs.model import Job
from domain.kit.actor import Actor
from domain.kit.limits import Count
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account
from domain.worklog.model import Expense, Fault, PartUsed, TimeEntry

lines_max = 1000
"""No claim has more lines."""


class ClaimQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which claims: in a state; in a lane, which the office alone may ask for; by the number of claim or job."""

    state: ClaimState | None = None
    lane: Lane | None = None
    number: Count | None = None


class ScanQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose scans: those of a visit."""

    visit_id: UUID


class ClaimCard(msgspec.Struct, frozen=True):
    """A claim as the lists show it; its money is in the partner's ``currency``.

    Lane, payable and unit are null for a partner's office.
    """

    id: UUID
    number: int
    state: str
    reasons: list[str]
    partner_id: UUID
    visit_id: UUID
    job_id: UUID
    repaired_on: dt.date
    submitted_at: dt.datetime
    currency: str | None
    asked_minor: int | None
    approved_minor: int | None
    lane: str | None
    payable: bool | None
    unit_id: UUID | None
    needs_second: bool
    appealed: bool
    answer_by: dt.date | None
    paid_at: dt.datetime | None


class LineCard(msgspec.Struct, frozen=True):
    """A line of a claim: what is asked, what is approved, and why it is refused, sent back or paid.

    A proposed line waits for a second person; a partner hears nothing of that. ``struck``: the sheet does not have the
    line any more, or not as it was claimed; null for a partner's office.
    """

    id: UUID
    kind: str
    state: str
    label: str
    fault_group_id: UUID | None
    quantity: int | None
    minutes: int | None
    amount_minor: int | None
    approved_minor: int | None
    currency: str | None
    on_hold: bool
    hold_reason: str
    reason: str
    appealed: bool
    approved_minutes: int | None
    approved_quantity: int | None
    proposed: bool
    struck: bool | None


class RulingCard(msgspec.Struct, frozen=True):
    """A person's decision on a line; a proposed one counts once another ``confirms`` it."""

    id: UUID
    line_id: UUID
    decision: str
    reason: str
    note: str
    approved_minor: int | None
    proposed: bool
    confirms: UUID | None
    decided_by: str
    decided_at: dt.datetime


class ReplyCard(msgspec.Struct, frozen=True):
    """What the partner's office answered to a line, appealed with, or withdrew the claim for."""

    id: UUID
    line_id: UUID | None
    kind: str
    note: str
    photo_ids: list[UUID]
    replied_by: str
    replied_at: dt.datetime


class HitCard(msgspec.Struct, frozen=True):
    """A rule that a claim did not pass."""

    rule: str
    rule_version: int
    mode: str
    result: str
    reason: str
    inputs: dict[str, Any]


class ClaimDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A claim with its lines; the office gets what it was decided from, its hits and decisions."""

    claim: ClaimCard
    facts: ClaimFacts | None = None
    decision: ClaimDecision | None = None
    hits: list[HitCard] = []
    lines: list[LineCard] = []
    decisions: list[RulingCard] = []
    replies: list[ReplyCard] = []


class ScanCard(msgspec.Struct, frozen=True):
    """A reading and what was told of it; unit, verdict and when it was judged are null for a partner's people."""

    id: UUID
    visit_id: UUID
    source: str
    scanned_text: str
    symbology: str
    typed_reason: str | None
    photo_id: UUID | None
    scanned_at: dt.datetime
    told_status: str
    told_covered: str | None
    unit_id: UUID | None
    verdict: dict[str, Any] | None
    resolved_at: dt.datetime | None


_CLAIM = (
    Claim.id,
    Claim.number,
    Claim.state,
    Claim.told["reasons"].label("reasons"),
    Claim.partner_id,
    Claim.visit_id,
    Claim.job_id,
    Claim.repaired_on,
    Claim.submitted_at,
    Claim.currency,
    Claim.asked_minor,
    Claim.approved_minor,
)
_REVIEW = (Claim.appealed, Claim.answer_by, Claim.paid_at)
OFFICE_CLAIMS = Read(ClaimCard, select(*_CLAIM, Claim.lane, Claim.payable, Claim.unit_id, Claim.needs_second, *_REVIEW))
_OWN_CLAIMS = Read(
    ClaimCard,
    select(
        *_CLAIM,
        null().label("lane"),
        null().label("payable"),
        null().label("unit_id"),
        false().label("needs_second"),
        *_REVIEW,
    ),
)
_LINE = (
    ClaimLine.id,
    ClaimLine.kind,
    ClaimLine.state,
    ClaimLine.label,
    ClaimLine.fault_group_id,
    ClaimLine.quantity,
    ClaimLine.minutes,
    ClaimLine.amount_minor,
    ClaimLine.approved_minor,
    ClaimLine.currency,
    ClaimLine.on_hold,
    ClaimLine.hold_reason,
    ClaimLine.reason,
    ClaimLine.appealed,
    ClaimLine.approved_minutes,
    ClaimLine.approved_quantity,
)
_SOURCES: tuple[tuple[Any, Any], ...] = (
    (ClaimLine.fault_id, Fault),
    (ClaimLine.part_used_id, PartUsed),
    (ClaimLine.time_entry_id, TimeEntry),
    (ClaimLine.expense_id, Expense),
)
_STRUCK = or_(*(select(one.id).where(one.id == own, one.voided_at.is_not(None)).exists() for own, one in _SOURCES))
_LINES = Read(LineCard, select(*_LINE, ClaimLine.proposed, _STRUCK.label("struck")))
_OWN_LINES = Read(LineCard, select(*_LINE, false().label("proposed"), null().label("struck")))
_RULINGS = Read(
    RulingCard,
    select(
        LineRuling.id,
        LineRuling.line_id,
        LineRuling.decision,
        LineRuling.reason,
        LineRuling.note,
        LineRuling.approved_minor,
        LineRuling.proposed,
        LineRuling.confirms,
        Account.name.label("decided_by"),
        LineRuling.decided_at,
    ).join_from(LineRuling, Account, Account.id == LineRuling.decided_by),
)
_REPLIES = Read(
    ReplyCard,
    select(
        ClaimReply.id,
        ClaimReply.line_id,
        ClaimReply.kind,
        ClaimReply.note,
        ClaimReply.photo_ids,
        Account.name.label("replied_by"),
        ClaimReply.replied_at,
    ).join_from(ClaimReply, Account, Account.id == ClaimReply.replied_by),
)
_HITS = Read(
    HitCard,
    select(RuleHit.rule, RuleHit.rule_version, RuleHit.mode, RuleHit.result, RuleHit.reason, RuleHit.inputs),
)
_SCAN = (
    Scan.id,
    Scan.visit_id,
    Scan.source,
    Scan.scanned_text,
    Scan.symbology,
    Scan.typed_reason,
    Scan.photo_id,
    Scan.scanned_at,
    Scan.told["status"].astext.label("told_status"),
    Scan.told["covered"].astext.label("told_covered"),
)
_OUR_SCANS = Read(ScanCard, select(*_SCAN, Scan.unit_id, Scan.verdict, Scan.resolved_at))
_PARTNER_SCANS = Read(
    ScanCard, select(*_SCAN, null().label("unit_id"), null().label("verdict"), null().label("resolved_at"))
)


def _claims_for(actor: Actor) -> Read[ClaimCard]:
    """Return the read that asks for no more columns than the principal may know."""
    return OFFICE_CLAIMS if actor.is_office else _OWN_CLAIMS


async def claims(db: AsyncConnection, actor: Actor, page: ClaimQuery) -> Page[ClaimCard]:
    """Return a page of claims, newest first."""
    read = _claims_for(actor)
    statement = read.statement.where(own_rows(actor, Claim.partner_id))
    if page.state is not None:
        statement = statement.where(Claim.state == page.state)
    if page.lane is not None and actor.is_office:
        statement = statement.where(Claim.lane == page.lane)
    if page.number is not None:
        job = select(Job.id).where(Job.number == page.number).scalar_subquery()
        statement = statement.where((Claim.number == page.number) | (Claim.job_id == job))
    if page.cursor:
        (number,) = read_cursor(page.cursor, int)
        statement = statement.where(Claim.number < number)
    rows = await read.all(db, statement.order_by(Claim.number.desc()).limit(page.limit + 1))
    return page_of(rows, page.limit, "number")


async def claim(db: AsyncConnection, actor: Actor, claim_id: UUID) -> ClaimDetail | None:
    """Return one claim, or None when there is none to see."""
    read = _claims_for(actor)
    card = await read.first(db, read.statement.where(Claim.id == claim_id, own_rows(actor, Claim.partner_id)))
    if card is None:
        return None
    read_lines = _LINES if actor.is_office else _OWN_LINES
    lines = read_lines.statement.where(ClaimLine.claim_id == claim_id).order_by(ClaimLine.id).limit(lines_max)
    replies = _REPLIES.statement.where(ClaimReply.claim_id == claim_id).order_by(ClaimReply.id).limit(lines_max)
    detail = ClaimDetail(claim=card, lines=await read_lines.all(db, lines), replies=await _REPLIES.all(db, replies))
    if not actor.is_office:
        return detail
    stored: Any = (await db.execute(select(Claim.facts, Claim.decision).where(Claim.id == claim_id))).one()
    hits = _HITS.statement.where(RuleHit.claim_id == claim_id).order_by(RuleHit.id).limit(lines_max)
    rulings = _RULINGS.statement.where(LineRuling.claim_id == claim_id).order_by(LineRuling.id).limit(lines_max)
    return msgspec.structs.replace(
        detail,
        facts=msgspec.convert(stored.facts, ClaimFacts),
        decision=msgspec.convert(stored.decision, ClaimDecision),
        hits=await _HITS.all(db, hits),
        decisions=await _RULINGS.all(db, rulings),
    )


async def scans(db: AsyncConnection, actor: Actor, page: ScanQuery) -> Page[ScanCard]:
    """Return a page of the readings of one visit, as they came."""
    read = _OUR_SCANS if actor.partner_id is None else _PARTNER_SCANS
    statement = read.statement.where(
        Scan.visit_id == page.visit_id, own_rows(actor, Scan.partner_id, Scan.technician_id)
    )
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        later = (Scan.scanned_at > at) | ((Scan.scanned_at == at) & (Scan.id > last))
        statement = statement.where(later)
    rows = await read.all(db, statement.order_by(Scan.scanned_at, Scan.id).limit(page.limit + 1))
    return page_of(rows, page.limit, "scanned_at", "id")

"""Paying claims: what was accepted or approved, scored, holds no part back and waits neither for a picture nor for us.

A photo that the sheet names and whose bytes have not come is no evidence yet. Photos come late over slow phones:
nothing is refused for it, the money waits. One that will never come our office strikes from the report; and what a
person approved, who saw that the picture is missing, waits no more.
"""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, case, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.model import Claim, ClaimLine
from domain.claims.standing import LIVE
from domain.kit.actor import MANAGERS
from domain.kit.command import Answer, Command, Done, action
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.model import Partner
from domain.worklog.model import Photo

paid_at_once_max = 500
Waits = Literal["partner-suspended", "evidence-missing"]
Outcome = Literal["paid", "already-paid", "not-found", "not-payable", "not-scored", "on-hold"] | Waits


class PayClaims(Command, tag="claim.pay", frozen=True, kw_only=True):
    """Pay claims that are accepted or approved, up to 500 at once; each gets an outcome of its own.

    A claim is paid whole, once it was scored and no part of it is awaited back; not while its partner is suspended,
    nor, where the rules alone accepted it, before every photo of its visit has come: one that never will is struck from
    the report. What cannot be paid stays as it is and stops no other.
    """

    claim_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=paid_at_once_max)]


class ClaimPaid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one claim, and how much was paid for it."""

    id: UUID
    outcome: Outcome
    paid_minor: int | None = None
    currency: str | None = None


class ClaimsPaid(Answer, frozen=True, kw_only=True):
    """What became of each claim, in the order they were named."""

    claims: tuple[ClaimPaid, ...]


class PayableQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose claims: those of a partner."""

    partner_id: UUID | None = None


class PayableCard(msgspec.Struct, frozen=True):
    """A claim that can be paid, and how much; its money is in the partner's ``currency``.

    ``waits`` says what its payment waits for yet: a partner that is suspended, or a photo that has not come.
    """

    id: UUID
    number: int
    state: str
    partner_id: UUID
    repaired_on: dt.date
    submitted_at: dt.datetime
    approved_minor: int
    currency: str
    waits: Waits | None


_HELD = select(ClaimLine.id).where(ClaimLine.claim_id == Claim.id, ClaimLine.state.in_(LIVE), ClaimLine.on_hold)
_SUSPENDED = select(Partner.id).where(Partner.id == Claim.partner_id, ~Partner.active).exists()
_PHOTO_MISSING = (
    select(Photo.id)
    .where(Photo.visit_id == Claim.visit_id, Photo.upload_id.is_(None), Photo.voided_at.is_(None))
    .exists()
)
_WAITS = case(
    (_SUSPENDED, "partner-suspended"), ((Claim.state == "accepted") & _PHOTO_MISSING, "evidence-missing")
).label("waits")
_PAYABLE = Read(
    PayableCard,
    select(
        Claim.id,
        Claim.number,
        Claim.state,
        Claim.partner_id,
        Claim.repaired_on,
        Claim.submitted_at,
        Claim.approved_minor,
        Claim.currency,
        _WAITS,
    ).where(Claim.state.in_(LIVE), ~Claim.needs_second, Claim.scored_at.is_not(None), ~_HELD.exists()),
)


@action(
    PayClaims,
    by=MANAGERS,
    answer=ClaimsPaid,
    raises=(InvalidRequest,),
    example=PayClaims(claim_ids=(UUID("0198c5b0-0000-7000-8000-000000000001"),)),
)
async def pay_claims(work: Work, cmd: PayClaims) -> Done:
    """Turn live lines into paid ones.

    Locks: the claims by id.
    """
    if len(set(cmd.claim_ids)) < len(cmd.claim_ids):
        raise InvalidRequest("A claim is named more than once.", field="claim_ids")
    locked = select(Claim.id).where(Claim.id.in_(cmd.claim_ids)).order_by(Claim.id).with_for_update(key_share=True)
    await work.db.execute(locked)
    found = select(
        Claim.id,
        Claim.state,
        Claim.needs_second,
        Claim.scored_at,
        Claim.approved_minor,
        Claim.currency,
        _HELD.exists().label("held"),
        _WAITS,
    ).where(Claim.id.in_(cmd.claim_ids))
    claims = {row.id: row for row in await work.db.execute(found)}
    outcomes = {claim_id: _outcome(claims.get(claim_id)) for claim_id in cmd.claim_ids}
    paid = [claim_id for claim_id, outcome in outcomes.items() if outcome == "paid"]
    if paid:
        told: ColumnElement[Any] = literal_column("""jsonb_set(claim.told, '{state}', '"paid"')""")
        await work.db.execute(
            update(Claim)
            .where(Claim.id.in_(paid))
            .values(state="paid", payable=False, told=told, paid_at=work.now, paid_by=work.actor.account_id)
        )
        await work.db.execute(
            update(ClaimLine).where(ClaimLine.claim_id.in_(paid), ClaimLine.state.in_(LIVE)).values(state="paid")
        )
    answer = tuple(
        ClaimPaid(
            id=claim_id,
            outcome=outcome,
            paid_minor=claims[claim_id].approved_minor if outcome == "paid" else None,
            currency=claims[claim_id].currency if outcome == "paid" else None,
        )
        for claim_id, outcome in outcomes.items()
    )
    return Done(ClaimsPaid(claims=answer), outcome="applied" if len(paid) == len(answer) else "applied_flagged")


def _outcome(claim: Any) -> Outcome:
    """Return what becomes of a claim, by its row."""
    if claim is None:
        return "not-found"
    if claim.state == "paid":
        return "already-paid"
    if claim.state not in LIVE or claim.needs_second:
        return "not-payable"
    if claim.scored_at is None:
        return "not-scored"
    if claim.held:
        return "on-hold"
    waits: Waits | None = claim.waits
    return waits or "paid"


async def payable_claims(db: AsyncConnection, page: PayableQuery) -> Page[PayableCard]:
    """Return a page of the claims that can be paid, those too whose payment waits, the oldest first."""
    statement = _PAYABLE.statement
    if page.partner_id is not None:
        statement = statement.where(Claim.partner_id == page.partner_id)
    if page.cursor:
        (number,) = read_cursor(page.cursor, int)
        statement = statement.where(Claim.number > number)
    rows = await _PAYABLE.all(db, statement.order_by(Claim.number).limit(page.limit + 1))
    return page_of(rows, page.limit, "number")

"""The reviewers' queue: claims that wait for a person, by what they ask for and how risky they look."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import exists, func, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.model import Claim, RuleHit
from domain.claims.reviewed import LineRuling
from domain.kit.limits import Code
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.model import Account, Partner

# As the partial index says it, to the letter: only then is it used.
WAITS = literal_column("(claim.state = 'in_review' OR claim.needs_second)", type_=Claim.payable.type)


class QueueQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the waiting: of a partner, hit by a rule, appealed, needing a second person; or overdue."""

    partner_id: UUID | None = None
    rule: Code | None = None
    appealed: bool | None = None
    needs_second: bool | None = None
    overdue: bool = False


class QueueCard(msgspec.Struct, frozen=True):
    """A claim that waits, and why.

    ``review_weight`` is what it asks for in the smallest coin and a thousand for each point of risk. Where
    ``needs_second``, anybody who reviews or manages may confirm but ``proposed_by``.
    """

    id: UUID
    number: int
    state: str
    partner_id: UUID
    partner: str
    job_id: UUID
    repaired_on: dt.date
    submitted_at: dt.datetime
    currency: str | None
    asked_minor: int | None
    risk_points: int | None
    review_weight: int
    rules: list[str]
    reasons: list[str]
    appealed: bool
    needs_second: bool
    proposed_by: str | None
    answer_by: dt.date | None


_RULES, _REASONS = (
    func.array(
        select(column)
        .where(RuleHit.claim_id == Claim.id, RuleHit.result != "warn")
        .order_by(RuleHit.id)
        .scalar_subquery()
    )
    for column in (RuleHit.rule, RuleHit.reason)
)
_PROPOSED_BY = (
    select(Account.name)
    .join_from(LineRuling, Account, Account.id == LineRuling.decided_by)
    .where(LineRuling.claim_id == Claim.id, LineRuling.proposed, Claim.needs_second)
    .order_by(LineRuling.decided_at.desc())
    .limit(1)
    .correlate(Claim)
    .scalar_subquery()
)
_QUEUE = Read(
    QueueCard,
    select(
        Claim.id,
        Claim.number,
        Claim.state,
        Claim.partner_id,
        Partner.name.label("partner"),
        Claim.job_id,
        Claim.repaired_on,
        Claim.submitted_at,
        Claim.currency,
        Claim.asked_minor,
        Claim.risk_points,
        Claim.review_weight,
        _RULES.label("rules"),
        _REASONS.label("reasons"),
        Claim.appealed,
        Claim.needs_second,
        _PROPOSED_BY.label("proposed_by"),
        Claim.answer_by,
    ).join_from(Claim, Partner, Partner.id == Claim.partner_id),
)


async def waiting_claims(db: AsyncConnection, page: QueueQuery) -> Page[QueueCard]:
    """Return a page of the claims that wait, the heaviest first; for the office alone."""
    statement = _QUEUE.statement
    if page.overdue:
        statement = statement.where(Claim.state == "sent_back", Claim.answer_by < func.current_date())
    else:
        statement = statement.where(WAITS)
    if page.partner_id is not None:
        statement = statement.where(Claim.partner_id == page.partner_id)
    if page.rule is not None:
        statement = statement.where(exists().where(RuleHit.claim_id == Claim.id, RuleHit.rule == page.rule))
    if page.appealed is not None:
        statement = statement.where(Claim.appealed == page.appealed)
    if page.needs_second is not None:
        statement = statement.where(Claim.needs_second == page.needs_second)
    if page.cursor:
        weight, number = read_cursor(page.cursor, int, int)
        statement = statement.where(tuple_(Claim.review_weight, Claim.number) < (weight, number))
    order = (Claim.review_weight.desc(), Claim.number.desc())
    rows = await _QUEUE.all(db, statement.order_by(*order).limit(page.limit + 1))
    return page_of(rows, page.limit, "review_weight", "number")

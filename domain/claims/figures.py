"""Figures for managers: counted by the worker per day, partner and rule, and summed for whoever asks."""

import datetime as dt
from typing import Any, Literal

import msgspec
from sqlalchemy import SQLColumnExpression, Text, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.counted import ClaimChange, ClaimFigure
from domain.claims.rules import RULES
from domain.kit.limits import Day
from domain.kit.problem import InvalidRequest
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.model import Partner

COUNT = "claim.figures"
"""The worker's task that counts the days on which something changed."""
changes_at_once = 20_000
days_at_once = 200
rows_max = 5_000
days_max = 3 * 366
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtextextended('claim.figures', 0))"
_TAKE = """
DELETE FROM claim_change USING (
  SELECT DISTINCT day, partner_id FROM (SELECT day, partner_id FROM claim_change ORDER BY id LIMIT $1) AS oldest
  LIMIT $2
) AS due
WHERE claim_change.day = due.day AND claim_change.partner_id = due.partner_id
RETURNING claim_change.day, claim_change.partner_id
"""
_FORGET = """
DELETE FROM claim_figure USING unnest($1::date[], $2::uuid[]) AS due(day, partner_id)
WHERE claim_figure.day = due.day AND claim_figure.partner_id = due.partner_id
"""
# A claim is refused, doubted or paid as a whole; what a person granted less of it than was asked is stopped.
_RECOUNT = """
INSERT INTO claim_figure (day, partner_id, rule, currency, claims, at_once_claims, accepted_claims, approved_claims,
  in_review_claims, refused_claims, paid_claims, withdrawn_claims, asked_minor, at_once_minor, granted_minor,
  in_review_minor, stopped_minor, paid_minor, withdrawn_minor)
SELECT one.day, one.partner_id, one.rule, one.currency, count(*),
  count(*) FILTER (WHERE lane = 'accept'), count(*) FILTER (WHERE state = 'accepted'),
  count(*) FILTER (WHERE state = 'approved'), count(*) FILTER (WHERE state IN ('in_review', 'sent_back')),
  count(*) FILTER (WHERE state = 'refused'), count(*) FILTER (WHERE state = 'paid'),
  count(*) FILTER (WHERE state = 'withdrawn'), sum(asked),
  coalesce(sum(asked) FILTER (WHERE lane = 'accept'), 0),
  coalesce(sum(granted) FILTER (WHERE state IN ('accepted', 'approved')), 0),
  coalesce(sum(asked) FILTER (WHERE state IN ('in_review', 'sent_back')), 0),
  coalesce(sum(asked) FILTER (WHERE state = 'refused'), 0)
    + coalesce(sum(asked - granted) FILTER (WHERE state IN ('accepted', 'approved', 'paid')), 0),
  coalesce(sum(granted) FILTER (WHERE state = 'paid'), 0),
  coalesce(sum(asked) FILTER (WHERE state = 'withdrawn'), 0)
FROM (
  SELECT due.day, due.partner_id, claim.lane, claim.state, coalesce(claim.currency, '') AS currency,
    coalesce(claim.asked_minor, 0) AS asked, coalesce(claim.approved_minor, 0) AS granted,
    coalesce(strictest.rule, CASE WHEN claim.lane = 'accept' AND (claim.state IN ('in_review', 'sent_back')
      OR EXISTS (SELECT FROM claim_decision WHERE claim_decision.claim_id = claim.id)) THEN 'after-check' ELSE '' END
    ) AS rule
  FROM unnest($1::date[], $2::uuid[]) AS due(day, partner_id)
  JOIN claim ON claim.submitted_on = due.day AND claim.partner_id = due.partner_id
  LEFT JOIN LATERAL (
    SELECT rule FROM rule_hit WHERE rule_hit.claim_id = claim.id AND rule_hit.result <> 'warn'
    ORDER BY rule_hit.result = 'refuse' DESC, array_position($3::text[], rule_hit.rule) LIMIT 1
  ) AS strictest ON true
) AS one
GROUP BY 1, 2, 3, 4
"""


class CountDays(msgspec.Struct, frozen=True):
    """The task of counting; it takes what is there to be counted."""


async def count_days(work: Work) -> int:
    """Count some partners' days anew on which claims came or changed; return how many.

    What changes meanwhile is counted by the next run. A second run at the same time counts nothing.
    """
    if not await work.driver.fetchval(_ONE_AT_A_TIME):
        return 0
    taken = await work.driver.fetch(_TAKE, changes_at_once, days_at_once)
    due = sorted({(row["day"], row["partner_id"]) for row in taken})
    if due:
        days, partners = [day for day, _ in due], [partner_id for _, partner_id in due]
        await work.driver.execute(_FORGET, days, partners)
        await work.driver.execute(_RECOUNT, days, partners, [rule.id for rule in RULES])
    return len(due)


By = Literal["rule", "partner", "month"]


class FigureQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which days of submission, the last included, and summed by what."""

    first: Day = msgspec.field(name="from")
    last: Day = msgspec.field(name="to")
    by: By


class FigureLine(msgspec.Struct, frozen=True):
    """Claims and money under one rule, partner or month, in one currency.

    ``key`` is the rule's id, the partner's id or the month; by rule each claim counts once: under the strictest rule
    it did not pass, under ``after-check`` where it passed and was doubted later, under ``none`` where nothing was
    found.
    ``asked_minor`` is the sum of granted (and unpaid), in review, stopped, paid and withdrawn. ``at_once`` are those
    that the gate accepted itself, however they stand now.
    """

    key: str
    name: str
    currency: str
    claims: int
    at_once_claims: int
    accepted_claims: int
    approved_claims: int
    in_review_claims: int
    refused_claims: int
    paid_claims: int
    withdrawn_claims: int
    asked_minor: int
    at_once_minor: int
    granted_minor: int
    in_review_minor: int
    stopped_minor: int
    paid_minor: int
    withdrawn_minor: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; ``up_to_date`` is false while something that changed is still to be counted."""

    by: By
    up_to_date: bool
    lines: list[FigureLine]


_SUMS = [
    cast(func.sum(getattr(ClaimFigure, name)), ClaimFigure.asked_minor.type).label(name)
    for name in FigureLine.__struct_fields__
    if name.endswith(("_minor", "claims"))
]


def _figures(key: SQLColumnExpression[str], name: SQLColumnExpression[str] | None = None) -> Read[FigureLine]:
    named = key if name is None else name
    columns: list[Any] = [key.label("key"), func.max(named).label("name"), ClaimFigure.currency, *_SUMS]
    summed = select(*columns).group_by(key, ClaimFigure.currency).order_by(key, ClaimFigure.currency)
    if name is not None:
        summed = summed.join(Partner, Partner.id == ClaimFigure.partner_id)
    return Read(FigureLine, summed.limit(rows_max))


_READS: dict[By, Read[FigureLine]] = {
    "rule": _figures(func.coalesce(func.nullif(ClaimFigure.rule, ""), "none")),
    "partner": _figures(cast(ClaimFigure.partner_id, Text), Partner.name),
    "month": _figures(func.to_char(ClaimFigure.day, "YYYY-MM")),
}


async def figures(db: AsyncConnection, asked: FigureQuery) -> Figures:
    """Return the figures of some days; for the office alone.

    Raises: InvalidRequest for days that do not follow one another, or too many of them.
    """
    if not dt.timedelta() <= asked.last - asked.first < dt.timedelta(days=days_max):
        raise InvalidRequest(f"Ask for 1 to {days_max} days.", field="to")
    read = _READS[asked.by]
    lines = await read.all(db, read.statement.where(ClaimFigure.day.between(asked.first, asked.last)))
    waiting = await db.scalar(select(exists().select_from(ClaimChange)))
    return Figures(by=asked.by, up_to_date=not waiting, lines=lines)

"""What managers count by: claims and money per day, partner and rule, and which days are to be counted anew."""

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, Identity, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Record


class ClaimChange(Record):
    """That a claim of a partner's day came or changed; gone once the day is counted. Written by the database itself."""

    __tablename__ = "claim_change"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[dt.date]
    partner_id: Mapped[UUID]


class ClaimFigure(Record):
    """How the claims that a partner submitted on a day stand, by the rule that decided on them and their currency.

    Every claim is counted in one row: ``rule`` is the strictest rule it did not pass, the first of the gate's table
    where several are as strict; ``after-check`` where it passed and was doubted later; '' where nothing was found.
    Of ``asked_minor`` each part is granted (and unpaid), in review, stopped, paid or withdrawn. ``at_once`` are those
    that the gate accepted itself, however they stand now.
    """

    __tablename__ = "claim_figure"
    __table_args__ = (PrimaryKeyConstraint("day", "partner_id", "rule", "currency"),)
    day: Mapped[dt.date]
    partner_id: Mapped[UUID]
    rule: Mapped[str]
    currency: Mapped[str]
    claims: Mapped[int]
    at_once_claims: Mapped[int]
    accepted_claims: Mapped[int]
    approved_claims: Mapped[int]
    in_review_claims: Mapped[int]
    refused_claims: Mapped[int]
    paid_claims: Mapped[int]
    withdrawn_claims: Mapped[int]
    asked_minor: Mapped[Big]
    at_once_minor: Mapped[Big]
    granted_minor: Mapped[Big]
    in_review_minor: Mapped[Big]
    stopped_minor: Mapped[Big]
    paid_minor: Mapped[Big]
    withdrawn_minor: Mapped[Big]

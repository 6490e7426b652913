"""What scoring remembers: narrow measures of every claim, what is usual, and the scores themselves."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record


class ClaimMeasure(Record):
    """The few figures of a claim that later claims are compared with; written when it is first scored.

    It is derived, and wide history is read from it alone: no foreign key.
    """

    __tablename__ = "claim_measure"
    __table_args__ = (
        Index("ix_claim_measure_technician_id_on", "technician_id", "on"),
        Index("ix_claim_measure_partner_id_city_on", "partner_id", "city", "on"),
        Index("ix_claim_measure_unit_id_on", "unit_id", "on"),
        Index("ix_claim_measure_on", "on", postgresql_using="brin"),
    )
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID]
    technician_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    model_id: Mapped[UUID]
    fault_group_id: Mapped[UUID | None]
    site_id: Mapped[UUID]
    city: Mapped[str]
    on: Mapped[dt.date]
    labour_minutes: Mapped[int]
    travel_minutes: Mapped[int]
    parts_minor: Mapped[Big]
    at_cap: Mapped[bool]
    no_fault_found: Mapped[bool]
    end_of_cover: Mapped[bool]


class ClaimNorm(Record):
    """What is usual: labour and parts per model and fault group, and the network's week and shares (under nil ids).

    A share's ``median`` is its percentage; ``mad`` is the median distance from the median.
    """

    __tablename__ = "claim_norm"
    __table_args__ = (PrimaryKeyConstraint("what", "model_id", "fault_group_id"),)
    what: Mapped[str]
    model_id: Mapped[UUID]
    fault_group_id: Mapped[UUID]
    median: Mapped[float]
    mad: Mapped[float]
    count: Mapped[int]
    reckoned_at: Mapped[dt.datetime]


class ScoreRecord(Record):
    """One scoring of a claim, with its reasons and the facts they rest on; a later one is added beside it."""

    __tablename__ = "claim_score"
    __table_args__ = (Index("ix_claim_score_claim_id_scored_at", "claim_id", "scored_at"),)
    id: Mapped[Pk]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    partner_id: Mapped[UUID]
    points: Mapped[int]
    version: Mapped[int]
    findings: Mapped[list[Any]]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB())
    scored_at: Mapped[dt.datetime]

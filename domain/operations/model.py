"""Recorded work, quarantine and failures: nothing a phone sent is ever thrown away."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record


class RecordedWork(Record):
    """An operation kept for the office to accept or decline; its entry in the journal stays as it is."""

    __tablename__ = "recorded_work"
    __table_args__ = (
        CheckConstraint("decision IN ('accepted', 'declined')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided"),
        Index("ix_recorded_work_waiting", "at", "seq", "op_id", postgresql_where=text("decision IS NULL")),
        Index(
            "ix_recorded_work_decided", "decision", "at", "seq", "op_id", postgresql_where=text("decision IS NOT NULL")
        ),
    )
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[Big]
    kind: Mapped[str]
    reason: Mapped[str]
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    visit_id: Mapped[UUID | None]
    actor_id: Mapped[UUID] = mapped_column(index=True)
    partner_id: Mapped[UUID | None]
    at: Mapped[dt.datetime]
    decision: Mapped[str | None]
    note: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    decided_op: Mapped[UUID | None]
    decided_at: Mapped[dt.datetime | None]


class Quarantine(Record):
    """What arrived and cannot be an entry, to the letter: a known id with other content, unreadable, revoked."""

    __tablename__ = "quarantine"
    __table_args__ = (
        CheckConstraint("why IN ('mismatch', 'undecodable', 'too-large', 'revoked')", name="why"),
        Index("ix_quarantine_op_id", "op_id"),
        Index("ix_quarantine_device_id_at", "device_id", "at"),
        Index("ix_quarantine_partner_id_id", "partner_id", "id"),
    )
    id: Mapped[Pk]
    device_id: Mapped[UUID]
    account_id: Mapped[UUID]
    partner_id: Mapped[UUID | None]
    op_id: Mapped[UUID | None]
    why: Mapped[str]
    raw: Mapped[bytes]
    at: Mapped[dt.datetime]


class OpFailure(Record):
    """How often an operation failed by our own fault, counted in transactions of their own; five set it aside."""

    __tablename__ = "op_failure"
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID | None]
    device_id: Mapped[UUID]
    tries: Mapped[int] = mapped_column(SmallInteger)
    error: Mapped[str]
    at: Mapped[dt.datetime]

"""Scans, claims and claim lines: what the gate knew, decided and told."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record, Sorted

CLAIM_STATES = ("accepted", "in_review", "sent_back", "refused", "approved", "paid", "withdrawn")
LIVE_STATES = ("accepted", "approved")


class Scan(Record):
    """One reading of a barcode on a visit; kept even when refused. What was read is text: the unit is resolved here.

    ``tag`` is what our label's code was worth; ``strange_no`` counts the serials of a partner's day that no job of its
    own explains; ``serial_stem`` and ``serial_no`` are the serial before and from its last number on.
    """

    __tablename__ = "scan"
    __table_args__ = (
        CheckConstraint("source IN ('camera', 'photo', 'typed')", name="source"),
        CheckConstraint(
            "source <> 'typed' OR (typed_reason IS NOT NULL AND photo_id IS NOT NULL)", name="typed_needs_evidence"
        ),
        CheckConstraint("tag IN ('none', 'ok', 'wrong', 'revoked')", name="tag"),
        Index(
            "ix_scan_run",
            "partner_id",
            "serial_stem",
            "serial_no",
            postgresql_where=text("partner_id IS NOT NULL AND serial_no IS NOT NULL"),
        ),
        Index(
            "ix_scan_partner_id_scanned_at",
            "partner_id",
            "scanned_at",
            postgresql_where=text("partner_id IS NOT NULL"),
        ),
    )
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    partner_id: Mapped[UUID | None]
    technician_id: Mapped[UUID]
    source: Mapped[str]
    scanned_text: Mapped[str]
    symbology: Mapped[str] = mapped_column(server_default="")
    typed_reason: Mapped[str | None]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    serial_key: Mapped[Sorted | None] = mapped_column(index=True)
    gtin: Mapped[str | None]
    serial_stem: Mapped[Sorted | None]
    serial_no: Mapped[Big | None]
    tag: Mapped[str] = mapped_column(server_default="none")
    strange_no: Mapped[int | None]
    entered_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    unit_id: Mapped[UUID | None] = mapped_column(index=True)
    matches_job: Mapped[bool]
    scanned_at: Mapped[dt.datetime]
    scanned_on: Mapped[dt.date]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    op_id: Mapped[UUID]
    resolved_at: Mapped[dt.datetime | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    told: Mapped[dict[str, Any]]


class Claim(Record):
    """What a partner asks us to pay for a visit; born when a covered visit is completed.

    ``paid_partner_id`` is the partner while the claim is accepted, approved or paid: only then must the assignment be
    this partner's, for what is refused is stored whatever is wrong with it. ``asked_minor`` and ``approved_minor`` are
    the sums of the lines in the partner's ``currency``; nothing is approved before it was decided.
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(f"state IN {CLAIM_STATES}", name="state"),
        CheckConstraint("lane IN ('accept', 'review', 'refuse')", name="lane"),
        CheckConstraint("state NOT IN ('accepted', 'approved', 'paid') OR unit_id IS NOT NULL", name="unit_known"),
        CheckConstraint("state IN ('refused', 'withdrawn') OR scan_id IS NOT NULL", name="no_scan"),
        CheckConstraint("state <> 'accepted' OR authorisation_id IS NOT NULL", name="authorised"),
        CheckConstraint("state <> 'accepted' OR photos_reused = 0", name="photos_of_this_job"),
        CheckConstraint("NOT repeat_trip OR preauthorisation_id IS NOT NULL", name="repeat_trip"),
        ForeignKeyConstraint(["assignment_id", "paid_partner_id"], ["assignment.id", "assignment.partner_id"]),
        ForeignKeyConstraint(["authorisation_id", "partner_id"], ["authorisation.id", "authorisation.partner_id"]),
        ForeignKeyConstraint(
            ["preauthorisation_id", "job_id", "partner_id"],
            ["preauthorisation.id", "preauthorisation.job_id", "preauthorisation.partner_id"],
        ),
        UniqueConstraint("id", "partner_id"),
        Index("ix_claim_partner_id_number", "partner_id", "number"),
        Index("ix_claim_submitted_on_partner_id", "submitted_on", "partner_id"),
        Index("ix_claim_state_number", "state", "number"),
        Index("ix_claim_unit_id", "unit_id"),
        Index(
            "ix_claim_review_weight_number",
            "review_weight",
            "number",
            postgresql_where=text("state = 'in_review' OR needs_second"),
        ),
        Index("ix_claim_risk_points_number", "risk_points", "number", postgresql_where=text("state = 'in_review'")),
        Index(
            "uq_claim_assignment_paid_once",
            "assignment_id",
            unique=True,
            postgresql_where=text("state IN ('accepted', 'approved', 'paid') AND NOT repeat_trip"),
        ),
    )
    id: Mapped[Pk]
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=500001), unique=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), unique=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), index=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    paid_partner_id: Mapped[UUID | None] = mapped_column(
        Computed("CASE WHEN state IN ('accepted', 'approved', 'paid') THEN partner_id END", persisted=True)
    )
    authorisation_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    scan_id: Mapped[UUID | None] = mapped_column(ForeignKey("scan.id"))
    lane: Mapped[str]
    state: Mapped[str]
    payable: Mapped[bool]
    photos_reused: Mapped[int] = mapped_column(server_default=text("0"))
    currency: Mapped[str | None]
    asked_minor: Mapped[Big | None]
    approved_minor: Mapped[Big | None]
    failed_on: Mapped[dt.date]
    repaired_on: Mapped[dt.date]
    submitted_on: Mapped[dt.date]
    submitted_at: Mapped[dt.datetime]
    submitted_by: Mapped[UUID | None]
    preauthorisation_id: Mapped[UUID | None] = mapped_column(unique=True)
    repeat_trip: Mapped[bool] = mapped_column(server_default=text("false"))
    needs_second: Mapped[bool] = mapped_column(server_default=text("false"))
    appealed: Mapped[bool] = mapped_column(server_default=text("false"))
    answer_by: Mapped[dt.date | None]
    paid_at: Mapped[dt.datetime | None]
    paid_by: Mapped[UUID | None]
    risk_points: Mapped[int | None]
    scored_at: Mapped[dt.datetime | None]
    review_weight: Mapped[Big] = mapped_column(
        Computed("coalesce(asked_minor, 0) + 1000 * coalesce(risk_points, 0)::bigint", persisted=True), nullable=True
    )
    coverage: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    decision: Mapped[dict[str, Any]]
    told: Mapped[dict[str, Any]]


class ClaimLine(Record):
    """One fault, part, labour or expense of a claim; a live fault line occupies the slot (unit, fault group).

    ``repair_window`` holds the days from failure to repair; null in lines that are older than the column.
    """

    __tablename__ = "claim_line"
    __table_args__ = (
        ForeignKeyConstraint(["claim_id", "partner_id"], ["claim.id", "claim.partner_id"]),
        CheckConstraint("kind IN ('fault', 'part', 'labour', 'travel', 'expense')", name="kind"),
        CheckConstraint(f"state IN {CLAIM_STATES}", name="state"),
        CheckConstraint("kind <> 'fault' OR fault_group_id IS NOT NULL", name="fault_group"),
        CheckConstraint("state <> 'paid' OR NOT on_hold", name="held_is_not_paid"),
        CheckConstraint("approved_minor BETWEEN 0 AND coalesce(amount_minor, approved_minor)", name="approved"),
        CheckConstraint("state NOT IN ('accepted', 'approved', 'paid') OR unit_id IS NOT NULL", name="unit_known"),
        Index(
            "uq_claim_line_live",
            "unit_id",
            "fault_group_id",
            unique=True,
            postgresql_where=text("kind = 'fault' AND state IN ('accepted', 'approved')"),
        ),
        Index("ix_claim_line_unit_id_fault_group_id", "unit_id", "fault_group_id"),
        ExcludeConstraint(
            ("unit_id", "="),
            ("fault_group_id", "="),
            ("repair_window", "&&"),
            using="gist",
            where=text("kind = 'fault' AND state IN ('accepted', 'approved', 'paid')"),
            name="ex_claim_line_window",
        ),
    )
    id: Mapped[Pk]
    claim_id: Mapped[UUID] = mapped_column(index=True)
    partner_id: Mapped[UUID]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str]
    state: Mapped[str]
    live: Mapped[bool] = mapped_column(Computed("state IN ('accepted', 'approved')", persisted=True))
    fault_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("fault_group.id"))
    fault_id: Mapped[UUID | None] = mapped_column(ForeignKey("fault.id"))
    part_used_id: Mapped[UUID | None] = mapped_column(ForeignKey("part_used.id"))
    time_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_entry.id"))
    expense_id: Mapped[UUID | None] = mapped_column(ForeignKey("expense.id"))
    label: Mapped[str]
    quantity: Mapped[int | None]
    minutes: Mapped[int | None]
    amount_minor: Mapped[Big | None]
    approved_minor: Mapped[Big | None]
    currency: Mapped[str | None]
    on_hold: Mapped[bool] = mapped_column(server_default=text("false"))
    hold_reason: Mapped[str] = mapped_column(server_default="")
    failed_on: Mapped[dt.date | None]
    repaired_on: Mapped[dt.date | None]
    repair_window: Mapped[Range[dt.date] | None] = mapped_column(
        DATERANGE,
        Computed("CASE WHEN failed_on <= repaired_on THEN daterange(failed_on, repaired_on, '[]') END", persisted=True),
    )
    reason: Mapped[str] = mapped_column(server_default="")
    proposed: Mapped[bool] = mapped_column(server_default=text("false"))
    appealed: Mapped[bool] = mapped_column(server_default=text("false"))
    approved_minutes: Mapped[int | None]
    approved_quantity: Mapped[int | None]


def stands() -> ColumnElement[bool]:
    """Tell of a claim whether anything of it is granted: also while other lines of it wait, as for an appeal."""
    granted = select(ClaimLine.id).where(ClaimLine.claim_id == Claim.id, ClaimLine.state.in_(LIVE_STATES))
    return or_(Claim.state.in_((*LIVE_STATES, "paid")), granted.exists())


class RuleHit(Record):
    """One rule that did not pass, with its version, mode, inputs and result: a verdict can be replayed from these."""

    __tablename__ = "rule_hit"
    __table_args__ = (ForeignKeyConstraint(["claim_id", "partner_id"], ["claim.id", "claim.partner_id"]),)
    id: Mapped[Pk]
    claim_id: Mapped[UUID] = mapped_column(index=True)
    partner_id: Mapped[UUID]
    rule: Mapped[str] = mapped_column(index=True)
    rule_version: Mapped[int]
    mode: Mapped[str]
    result: Mapped[str]
    reason: Mapped[str]
    inputs: Mapped[dict[str, Any]]

"""Jobs, their assignments and their visits."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record

JOB_KINDS = ("repair", "install", "maintain", "inspect", "advise")
JOB_STATES = ("open", "assigned", "accepted", "in_progress", "completed", "cancelled")
JOB_MODES = ("on_site", "bench", "remote")
VISIT_STATES = ("planned", "travelling", "arrived", "working", "paused", "completed", "abandoned")


class Job(Record):
    """The work order: exactly one unit; machines at one site are sibling jobs."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"kind IN {JOB_KINDS}", name="kind"),
        CheckConstraint(f"state IN {JOB_STATES}", name="state"),
        CheckConstraint(f"mode IN {JOB_MODES}", name="mode"),
        CheckConstraint("(state IN ('open', 'cancelled')) OR assignment_id IS NOT NULL", name="assigned"),
        Index("ix_job_partner_id_unit_id", "partner_id", "unit_id"),
        Index("ix_job_partner_id_customer_id", "partner_id", "customer_id"),
        Index("ix_job_partner_id_site_id", "partner_id", "site_id"),
        Index("ix_job_technician_id_required_from", "technician_id", "required_from"),
        Index("ix_job_required_from_id", "required_from", "id"),
        Index("ix_job_partner_id_required_from_id", "partner_id", "required_from", "id"),
        Index("ix_job_state_required_from_id", "state", "required_from", "id"),
        Index("ix_job_unit_id_created_at", "unit_id", "created_at"),
    )
    id: Mapped[Pk]
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=100001), unique=True)
    kind: Mapped[str]
    mode: Mapped[str]
    state: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    sibling_of: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"), index=True)
    subject: Mapped[str]
    problem: Mapped[str] = mapped_column(server_default="")
    priority: Mapped[int]
    estimated_minutes: Mapped[int]
    required_from: Mapped[dt.datetime]
    required_to: Mapped[dt.datetime]
    tools: Mapped[str] = mapped_column(server_default="")
    reminder: Mapped[str] = mapped_column(server_default="")
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignment.id", use_alter=True))
    cancelled_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_by: Mapped[UUID]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[dt.datetime | None]


class Assignment(Record):
    """That a job was given to a partner or to our own team; never changed, so that a claim can point to it."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("id", "partner_id"),)
    id: Mapped[Pk]
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), index=True)
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"), index=True)
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    assigned_by: Mapped[UUID]
    assigned_at: Mapped[dt.datetime]


class Visit(Record):
    """One trip or bench session on a job; planned slots of a technician cannot overlap, actual spans may.

    ``submitted_through`` says how a partner handed the whole visit in, where no phone recorded it.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(f"state IN {VISIT_STATES}", name="state"),
        CheckConstraint("planned_from < planned_to", name="planned"),
        CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name="completed"),
        CheckConstraint("state <> 'abandoned' OR abandoned_reason IS NOT NULL", name="abandoned"),
        CheckConstraint("submitted_through IN ('api', 'file', 'desk')", name="submitted_through"),
        ExcludeConstraint(
            ("technician_id", "="),
            ("planned_span", "&&"),
            using="gist",
            where=text("state NOT IN ('completed', 'abandoned')"),
            name="ex_visit_planned_slot",
        ),
        Index("ix_visit_technician_id_planned_from", "technician_id", "planned_from"),
        Index(
            "ix_visit_technician_id_completed_at",
            "technician_id",
            "completed_at",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        Index("ix_visit_partner_id_planned_from", "partner_id", "planned_from"),
    )
    id: Mapped[Pk]
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), index=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    technician_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    number: Mapped[int]
    state: Mapped[str]
    planned_from: Mapped[dt.datetime]
    planned_to: Mapped[dt.datetime]
    planned_span: Mapped[Range[dt.datetime]] = mapped_column(
        TSTZRANGE, Computed("tstzrange(planned_from, planned_to)", persisted=True)
    )
    travelled_at: Mapped[dt.datetime | None]
    arrived_at: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime | None]
    completed_at: Mapped[dt.datetime | None]
    abandoned_reason: Mapped[str | None]
    overlaps_actual: Mapped[bool] = mapped_column(server_default=text("false"))
    clock_uncertain: Mapped[bool] = mapped_column(server_default=text("false"))
    keyed_in_by_office: Mapped[bool] = mapped_column(server_default=text("false"))
    office_was_asked: Mapped[bool] = mapped_column(server_default=text("false"))
    result: Mapped[str | None]
    summary: Mapped[str] = mapped_column(server_default="")
    signature: Mapped[dict[str, Any] | None]
    signed_by: Mapped[str | None]
    no_signature_reason: Mapped[str | None]
    why_no_claim: Mapped[str | None]
    submitted_through: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class VisitEvent(Record):
    """One step of a visit with the phone's clock and the server's; superseded steps stay in the time line."""

    __tablename__ = "visit_event"
    __table_args__ = (Index("ix_visit_event_visit_id_at", "visit_id", "at"),)
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    partner_id: Mapped[UUID | None]
    step: Mapped[str]
    superseded: Mapped[bool] = mapped_column(server_default=text("false"))
    client_at: Mapped[dt.datetime | None]
    at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    op_id: Mapped[UUID]

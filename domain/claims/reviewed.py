"""What people do about claims: decisions, partners' replies, pre-authorisations and old parts that came back."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record

GRANTED = "decision IN ('approve', 'approve_in_part')"


class LineRuling(Record):
    """One person's decision on one line, as it was made; ``proposed`` until a second person ``confirms`` it.

    Who submitted, whose organisation the decider is of and who proposed are filled in by the database itself, so that
    the checks on them hold whatever the code says.
    """

    __tablename__ = "claim_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'approve_in_part', 'refuse', 'send_back')", name="decision"),
        CheckConstraint("decider_partner_id IS NULL", name="decider_is_ours"),
        CheckConstraint("decided_by <> submitted_by", name="not_the_submitter"),
        CheckConstraint(f"NOT needs_two OR NOT ({GRANTED}) OR proposed OR confirms IS NOT NULL", name="two_people"),
        CheckConstraint(f"reason <> 'goodwill' OR NOT ({GRANTED}) OR needs_two", name="goodwill_needs_two"),
        CheckConstraint("(confirms IS NULL) = (proposed_by IS NULL)", name="confirms"),
        CheckConstraint("proposed_by <> decided_by AND NOT (proposed AND confirms IS NOT NULL)", name="second_person"),
        CheckConstraint("reason <> 'other' OR note <> ''", name="other_says_why"),
        UniqueConstraint("confirms"),
        Index("ix_claim_decision_line_id_id", "line_id", "id"),
        Index("ix_claim_decision_claim_id", "claim_id"),
        Index("ix_claim_decision_decided_by_decided_at", "decided_by", "decided_at"),
    )
    id: Mapped[Pk]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("claim_line.id"))
    partner_id: Mapped[UUID]
    decision: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    approved_minor: Mapped[Big | None]
    approved_minutes: Mapped[int | None]
    approved_quantity: Mapped[int | None]
    needs_two: Mapped[bool] = mapped_column(server_default=text("false"))
    proposed: Mapped[bool] = mapped_column(server_default=text("false"))
    confirms: Mapped[UUID | None] = mapped_column(ForeignKey("claim_decision.id"))
    proposed_by: Mapped[UUID | None]
    submitted_by: Mapped[UUID]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    decider_partner_id: Mapped[UUID | None]
    decided_at: Mapped[dt.datetime]


class ClaimReply(Record):
    """What the partner's office did about a claim: answered a line, appealed against it, or withdrew the claim."""

    __tablename__ = "claim_reply"
    __table_args__ = (
        ForeignKeyConstraint(["claim_id", "partner_id"], ["claim.id", "claim.partner_id"]),
        CheckConstraint("kind IN ('answer', 'appeal', 'withdraw')", name="kind"),
        CheckConstraint("(kind = 'withdraw') = (line_id IS NULL)", name="line"),
        Index("uq_claim_reply_appeal_once", "line_id", unique=True, postgresql_where=text("kind = 'appeal'")),
        Index("ix_claim_reply_claim_id", "claim_id"),
    )
    id: Mapped[Pk]
    claim_id: Mapped[UUID]
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim_line.id"))
    partner_id: Mapped[UUID]
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    photo_ids: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    replied_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    replied_at: Mapped[dt.datetime]


class Preauthorisation(Record):
    """Leave to do more than the rules let pass, asked for before the work and good for one claim on the job.

    ``asked`` and ``granted`` name labour minutes, parts, money, goodwill and a repeated trip.
    """

    __tablename__ = "preauthorisation"
    __table_args__ = (
        CheckConstraint("state IN ('requested', 'granted', 'refused')", name="state"),
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(state = 'granted') = (granted IS NOT NULL AND valid_until IS NOT NULL)", name="granted"),
        CheckConstraint("decided_by <> asked_by", name="not_the_asker"),
        UniqueConstraint("id", "job_id", "partner_id"),
        Index("ix_preauthorisation_partner_id_number", "partner_id", "number"),
        Index("ix_preauthorisation_state_number", "state", "number"),
        Index("ix_preauthorisation_job_id", "job_id"),
    )
    id: Mapped[Pk]
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=800001), unique=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    state: Mapped[str] = mapped_column(server_default="requested")
    asked: Mapped[dict[str, Any]]
    note: Mapped[str]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[dt.datetime]
    granted: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    valid_until: Mapped[dt.date | None]
    reason: Mapped[str | None]
    decision_note: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[dt.datetime | None]


class CoreReturn(Record):
    """An old part that must come back before its line is paid: expected until it is received or waived.

    ``matches`` is false where another part came than the one that was taken out; the line stays on hold then.
    """

    __tablename__ = "core_return"
    __table_args__ = (
        CheckConstraint("state IN ('expected', 'received', 'waived')", name="state"),
        CheckConstraint("(state = 'received') <= (received_by IS NOT NULL)", name="received"),
        CheckConstraint("(state = 'waived') = (waived_by IS NOT NULL AND waive_reason IS NOT NULL)", name="waived"),
        UniqueConstraint("line_id"),
        ForeignKeyConstraint(["claim_id", "partner_id"], ["claim.id", "claim.partner_id"]),
        Index("ix_core_return_state_id", "state", "id"),
        Index("ix_core_return_partner_id_id", "partner_id", "id"),
        Index("ix_core_return_claim_id", "claim_id"),
        Index("ix_core_return_serial_key", "serial_key"),
        Index("ix_core_return_weighed", "part_number", "id", postgresql_where=text("weight_grams IS NOT NULL")),
    )
    id: Mapped[Pk]
    claim_id: Mapped[UUID]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("claim_line.id"))
    partner_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="expected")
    part_number: Mapped[str]
    quantity: Mapped[int]
    serial: Mapped[str] = mapped_column(server_default="")
    serial_key: Mapped[str] = mapped_column(server_default="")
    expected_at: Mapped[dt.datetime]
    received_serial: Mapped[str | None]
    weight_grams: Mapped[int | None]
    matches: Mapped[bool | None]
    note: Mapped[str] = mapped_column(server_default="")
    received_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[dt.datetime | None]
    waive_reason: Mapped[str | None]
    waived_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    waived_at: Mapped[dt.datetime | None]

"""Where partners' systems want to be told, and what they were told."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record


class Webhook(Record):
    """An address of a partner that hears of some events; it is called once the office has approved its host.

    The previous secret still signs until ``previous_until``, so that a partner can change over without a gap.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'active', 'disabled', 'removed')", name="state"),
        CheckConstraint("state <> 'active' OR approved_at IS NOT NULL", name="approved"),
    )
    id: Mapped[Pk]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    url: Mapped[str]
    host: Mapped[str]
    events: Mapped[list[Any]]
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_until: Mapped[dt.datetime | None]
    state: Mapped[str]
    created_by: Mapped[UUID]
    created_at: Mapped[dt.datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[dt.datetime | None]
    failing_since: Mapped[dt.datetime | None]
    disabled_why: Mapped[str | None]


class WebhookMessage(Record):
    """One message to one address: the bytes that are signed, and every attempt to deliver them.

    ``subject_id`` is the claim or pre-authorisation it speaks of.
    """

    __tablename__ = "webhook_message"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="state"),
        Index("ix_webhook_message_partner_id_id", "partner_id", "id"),
        Index("ix_webhook_message_webhook_id_subject_id", "webhook_id", "subject_id"),
    )
    id: Mapped[Pk]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    partner_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    created_at: Mapped[dt.datetime]
    next_at: Mapped[dt.datetime | None]
    delivered_at: Mapped[dt.datetime | None]

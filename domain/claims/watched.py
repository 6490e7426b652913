"""What is watched for, and what was seen: honey serials, alerts, locks of partners, the limits in force."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record, Sorted


class HoneySerial(Record):
    """A valid serial that was never sold: whoever names it did not read it off a machine."""

    __tablename__ = "honey_serial"
    serial_key: Mapped[Sorted] = mapped_column(primary_key=True)
    note: Mapped[str]
    added_by: Mapped[UUID]
    added_at: Mapped[dt.datetime]


class Alert(Record):
    """Something a manager should look at. ``once`` names the occasion: of one kind it is told a single time."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("kind", "once"),
        Index("ix_alert_at", "at", "id"),
        Index("ix_alert_waiting", "at", "id", postgresql_where=text("handled_at IS NULL")),
    )
    id: Mapped[Pk]
    kind: Mapped[str]
    once: Mapped[str]
    partner_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    scan_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime]
    handled_at: Mapped[dt.datetime | None]
    handled_by: Mapped[UUID | None]
    note: Mapped[str | None]


class PartnerLock(Record):
    """A time in which all new claims of a partner went to a person; the partner is not told."""

    __tablename__ = "partner_lock"
    __table_args__ = (
        Index("uq_partner_lock_now", "partner_id", unique=True, postgresql_where=text("unlocked_at IS NULL")),
    )
    id: Mapped[Pk]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    why: Mapped[str]
    locked_at: Mapped[dt.datetime]
    unlocked_at: Mapped[dt.datetime | None]
    unlocked_by: Mapped[UUID | None]
    reason: Mapped[str | None]


class WatchLimits(Record):
    """The numbers of the watch as a manager set them; the newest row is in force, and none is ever changed."""

    __tablename__ = "watch_limits"
    id: Mapped[Pk]
    limits: Mapped[dict[str, Any]]
    reason: Mapped[str]
    set_by: Mapped[UUID]
    set_at: Mapped[dt.datetime] = mapped_column(index=True)

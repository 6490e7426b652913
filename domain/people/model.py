"""Partners, accounts, devices and sessions."""

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
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record, Sorted


class Partner(Record):
    """A service company that repairs for us; its grade sets what it is paid. It is active while it is not suspended."""

    __tablename__ = "partner"
    __table_args__ = (CheckConstraint("grade IN ('A', 'B', 'C')", name="grade"),)
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    grade: Mapped[str]
    region: Mapped[str]
    deposit_minor: Mapped[Big] = mapped_column(server_default=text("0"))
    currency: Mapped[str]
    suspended_at: Mapped[dt.datetime | None]
    active: Mapped[bool] = mapped_column(Computed("suspended_at IS NULL", persisted=True))


class Authorisation(Record):
    """That a partner may repair on warranty, from one day to another: products of a line, in a region; '*' is any."""

    __tablename__ = "authorisation"
    __table_args__ = (
        UniqueConstraint("id", "partner_id"),
        CheckConstraint("to_on >= from_on", name="days"),
        Index("ix_authorisation_from_on_id", "from_on", "id"),
    )
    id: Mapped[Pk]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    product_line: Mapped[str]
    region: Mapped[str]
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date | None]


class Certification(Record):
    """That a technician has learned to repair products of a line ('*' is any), from one day to another."""

    __tablename__ = "certification"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="days"),
        Index("ix_certification_from_on_id", "from_on", "id"),
    )
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    product_line: Mapped[str]
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date | None]


class Account(Record):
    """One person who signs in; a technician is an account in that role."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "role IN ('admin','dispatcher','service_manager','reviewer','parts_manager','partner_office','technician')",
            name="role",
        ),
        CheckConstraint(
            "(role = 'partner_office') <= (partner_id IS NOT NULL) "
            "AND (partner_id IS NOT NULL) <= (role IN ('partner_office', 'technician'))",
            name="partner_fits_role",
        ),
        Index("ix_account_partner_id_login", "partner_id", "login"),
        Index("ix_account_phone_digits", "phone_digits"),
        Index("ix_account_email", "email"),
    )
    id: Mapped[Pk]
    login: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=1001))
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    phone_digits: Mapped[str] = mapped_column(Computed("regexp_replace(phone, '[^0-9]', '', 'g')", persisted=True))
    language: Mapped[str] = mapped_column(server_default="en")
    password_hash: Mapped[str | None]
    disabled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Device(Record):
    """A phone enrolled for one account; ``last_seq`` is the last number of its operations that was taken.

    ``enrolled_from`` is the id under which it asked for this one: who revokes that one means this phone too.
    """

    __tablename__ = "device"
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    partner_id: Mapped[UUID | None]
    name: Mapped[str]
    last_seq: Mapped[Big] = mapped_column(server_default=text("0"))
    app_version: Mapped[str] = mapped_column(server_default="")
    enrolled_at: Mapped[dt.datetime]
    enrolled_from: Mapped[UUID | None]
    last_seen_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class SignIn(Record):
    """A session: one family of refresh tokens. Only hashes are stored; the latest two generations are known."""

    __tablename__ = "session"
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    partner_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"), index=True)
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    refresh_hash: Mapped[bytes]
    previous_hash: Mapped[bytes | None]
    rotated_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_why: Mapped[str | None]


class AccessToken(Record):
    """A short-lived opaque token of a session, stored hashed."""

    __tablename__ = "access_token"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    until: Mapped[dt.datetime] = mapped_column(index=True)


class Invitation(Record):
    """A link that lets one person set a password once: an invitation or a reset."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("purpose IN ('invite', 'reset')", name="purpose"),)
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    partner_id: Mapped[UUID | None]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[str]
    until: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class ApiKey(Record):
    """What a partner's own system signs its requests with; it acts as an account of the partner's office."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("per_minute > 0", name="per_minute"),)
    id: Mapped[Pk]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    per_minute: Mapped[int]
    created_by: Mapped[UUID]
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class AuthEvent(Record):
    """What happened around credentials, which never travel in commands and so never reach the journal."""

    __tablename__ = "auth_event"
    id: Mapped[Pk]
    account_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Budget(Record):
    """How much of something was used in one window: rate limits by account, device or link, never by address."""

    __tablename__ = "budget"
    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[dt.datetime] = mapped_column(primary_key=True)
    used: Mapped[int]

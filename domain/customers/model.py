"""Customers, their contacts and their sites."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record, Sorted


class Customer(Record):
    """Who owns units."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("customer_class IN ('vip', 'key', 'standard', 'indirect')", name="customer_class"),
        Index("ix_customer_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )
    id: Mapped[Pk]
    number: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    customer_class: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")


class Contact(Record):
    """Whom to call; ``phone_digits`` is what a caller is recognised by."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_phone_backwards", text("reverse(phone_digits)")),)
    id: Mapped[Pk]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]
    phone_digits: Mapped[Sorted] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(server_default="")


class Site(Record):
    """Where units stand; its time zone decides what day a visit happened on."""

    __tablename__ = "site"
    id: Mapped[Pk]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    code: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    address: Mapped[str]
    city: Mapped[str]
    region: Mapped[str]
    country: Mapped[str]
    time_zone: Mapped[str]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]

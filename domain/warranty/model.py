"""Warranty terms of models and contracts of customers."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record, Sorted


class WarrantyTerm(Record):
    """The default warranty of a model for units sold from a day on; months from the warranty start."""

    __tablename__ = "warranty_term"
    __table_args__ = (UniqueConstraint("model_id", "from_on"),)
    id: Mapped[Pk]
    model_id: Mapped[UUID] = mapped_column(ForeignKey("model.id"))
    from_on: Mapped[dt.date]
    parts_months: Mapped[int]
    labour_months: Mapped[int]
    travel_months: Mapped[int]


class Contract(Record):
    """The signed agreement of a customer: which units, which days, what it pays."""

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'active', 'ended', 'cancelled')", name="status"),
        CheckConstraint("starts_on <= ends_on", name="days"),
    )
    id: Mapped[Pk]
    number: Mapped[Sorted] = mapped_column(unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str]
    contract_type: Mapped[str]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    terms: Mapped[str] = mapped_column(server_default="")
    charging_mode: Mapped[str]
    response_mode: Mapped[str]
    response_hours: Mapped[int]
    covers_parts: Mapped[bool]
    covers_labour: Mapped[bool]
    covers_travel: Mapped[bool]


class ContractUnit(Record):
    """A unit that a contract lists."""

    __tablename__ = "contract_unit"
    __table_args__ = (PrimaryKeyConstraint("contract_id", "unit_id"), Index("ix_contract_unit_unit_id", "unit_id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))

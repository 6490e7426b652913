"""The install base: units, their components, and every dated move."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record, Sorted

UNIT_STATUSES = ("unconfirmed", "in_stock", "sold", "installed", "scrapped", "stolen", "returned", "replaced")


class Unit(Record):
    """One installed appliance or machine; ``serial_key`` is the serial as it is looked up."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("model_id", "serial_key"),
        CheckConstraint(f"status IN {UNIT_STATUSES}", name="status"),
        Index("ix_unit_serial_key", "serial_key"),
        Index("ix_unit_customer_id_serial_key", "customer_id", "serial_key"),
    )
    id: Mapped[Pk]
    model_id: Mapped[UUID] = mapped_column(ForeignKey("model.id"))
    serial: Mapped[str]
    serial_key: Mapped[Sorted]
    status: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(server_default="")
    reference_number: Mapped[str] = mapped_column(server_default="")
    warranty_type: Mapped[str] = mapped_column(server_default="standard")
    sold_on: Mapped[dt.date | None]
    installed_on: Mapped[dt.date | None]
    in_service_on: Mapped[dt.date | None]
    warranty_start_on: Mapped[dt.date | None]
    warranty_end_on: Mapped[dt.date | None]
    supplier: Mapped[str] = mapped_column(server_default="")
    dealer: Mapped[str] = mapped_column(server_default="")


class UnitComponent(Record):
    """A component in its place; a serialised one sits in exactly one unit at a time."""

    __tablename__ = "unit_component"
    __table_args__ = (
        Index(
            "uq_unit_component_serial_now",
            "component_serial",
            unique=True,
            postgresql_where=text("removed_on IS NULL AND component_serial IS NOT NULL"),
        ),
    )
    id: Mapped[Pk]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    model_component_id: Mapped[UUID] = mapped_column(ForeignKey("model_component.id"))
    component_serial: Mapped[Sorted | None]
    fitted_on: Mapped[dt.date]
    removed_on: Mapped[dt.date | None]


class UnitMove(Record):
    """A dated change of owner, site, component, status or warranty date, with its author."""

    __tablename__ = "unit_move"
    __table_args__ = (Index("ix_unit_move_unit_id_at", "unit_id", "at"),)
    id: Mapped[Pk]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    on: Mapped[dt.date]
    kind: Mapped[str]
    summary: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    actor_id: Mapped[UUID]
    op_id: Mapped[UUID | None]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ImportRun(Record):
    """One import of a file: how far it came and what became of its rows.

    ``rows_read`` is also where an interrupted import goes on.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        Index("ix_import_run_sha256_kind", "sha256", "kind"),
    )
    id: Mapped[Pk]
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    state: Mapped[str]
    rows_read: Mapped[Big] = mapped_column(server_default=text("0"))
    rows_kept: Mapped[Big] = mapped_column(server_default=text("0"))
    rows_unchanged: Mapped[Big] = mapped_column(server_default=text("0"))
    rows_refused: Mapped[Big] = mapped_column(server_default=text("0"))
    bytes_done: Mapped[Big] = mapped_column(server_default=text("0"))
    bytes_total: Mapped[Big] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]
    actor_id: Mapped[UUID]
    started_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[dt.datetime | None]


class ImportRefusal(Record):
    """Why a row of an import was not kept: the line it begins on, the column to blame ('' for the whole row)."""

    __tablename__ = "import_refusal"
    __table_args__ = (PrimaryKeyConstraint("run_id", "line", "column"),)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("import_run.id"))
    line: Mapped[Big]
    column: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]


class UnitTag(Record):
    """A label that was issued for a unit; of its tag code only a hash is kept. Several labels may hold at once."""

    __tablename__ = "unit_tag"
    __table_args__ = (
        UniqueConstraint("unit_id", "generation"),
        UniqueConstraint("code_hash"),
        Index("ix_unit_tag_issued_at", "issued_at", "id"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason IS NULL)", name="revoked"),
    )
    id: Mapped[Pk]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    generation: Mapped[int] = mapped_column(SmallInteger)
    code_hash: Mapped[bytes]
    issued_at: Mapped[dt.datetime]
    issued_by: Mapped[UUID]
    revoked_at: Mapped[dt.datetime | None]
    revoked_reason: Mapped[str | None]


class WarrantyChange(Record):
    """A change of what decides a claimed unit's cover: one person asks for it, another one decides."""

    __tablename__ = "warranty_change"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'declined')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided"),
        CheckConstraint("decision <> 'approved' OR decided_by <> requested_by", name="two_people"),
        Index("ix_warranty_change_requested_at", "requested_at", "id"),
    )
    id: Mapped[Pk]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str]
    requested_by: Mapped[UUID]
    requested_at: Mapped[dt.datetime]
    decision: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[dt.datetime | None]
    note: Mapped[str | None]

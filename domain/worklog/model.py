"""Everything recorded on a visit: the job sheet, line by line."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record


class TimeEntry(Record):
    """Travel or labour, in minutes; labour is compared with its operation's standard minutes."""

    __tablename__ = "time_entry"
    __table_args__ = (CheckConstraint("kind IN ('travel', 'labour')", name="kind"),)
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    kind: Mapped[str]
    minutes: Mapped[int]
    labour_operation_id: Mapped[UUID | None] = mapped_column(ForeignKey("labour_operation.id"))
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    note: Mapped[str] = mapped_column(server_default="")
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class PartUsed(Record):
    """A part that was fitted or is missing; ``on_hold`` when it was not entered on the day of the visit.

    ``new_serial_key`` is the new serial as it is looked up.
    """

    __tablename__ = "part_used"
    __table_args__ = (
        CheckConstraint("kind IN ('used', 'missing', 'returned')", name="kind"),
        Index("ix_part_used_new_serial_key", "new_serial_key", postgresql_where=text("new_serial_key IS NOT NULL")),
    )
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    kind: Mapped[str]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"), index=True)
    quantity: Mapped[int]
    unit_of_measure: Mapped[str]
    old_serial: Mapped[str] = mapped_column(server_default="")
    new_serial: Mapped[str] = mapped_column(server_default="")
    new_serial_key: Mapped[str | None] = mapped_column(
        Computed("nullif(component_key(new_serial), '')", persisted=True)
    )
    model_component_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_component.id"))
    designator: Mapped[str] = mapped_column(server_default="")
    used_on: Mapped[dt.date]
    entered_on: Mapped[dt.date]
    on_hold: Mapped[bool] = mapped_column(server_default=text("false"))
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class Expense(Record):
    """Money spent on a visit, or charged to the customer."""

    __tablename__ = "expense"
    __table_args__ = (
        CheckConstraint("direction IN ('spent', 'charged')", name="direction"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    direction: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[Big]
    currency: Mapped[str]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    note: Mapped[str] = mapped_column(server_default="")
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class Fault(Record):
    """Symptom, fault code, cause, action, failed component and reference designator."""

    __tablename__ = "fault"
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    fault_code_id: Mapped[UUID] = mapped_column(ForeignKey("fault_code.id"))
    symptom: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default="")
    action: Mapped[str] = mapped_column(server_default="")
    model_component_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_component.id"))
    designator: Mapped[str] = mapped_column(server_default="")
    failed_on: Mapped[dt.date | None]
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class Reading(Record):
    """A measured value, as text with its unit: a meter's display is evidence, not arithmetic."""

    __tablename__ = "reading"
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    name: Mapped[str]
    value: Mapped[str]
    unit_of_measure: Mapped[str] = mapped_column(server_default="")
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class Upload(Record):
    """Bytes that arrived: ``sha256`` is of the bytes as uploaded, ``blob_sha256`` of the picture made anew from them.

    ``reads`` are the barcodes seen on it. Bytes may come before or after the command that cites them.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("sha256", "account_id"),)
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    partner_id: Mapped[UUID | None]
    sha256: Mapped[str]
    blob_sha256: Mapped[str] = mapped_column(index=True)
    width: Mapped[int]
    height: Mapped[int]
    taken_at: Mapped[dt.datetime | None]
    reads: Mapped[list[Any] | None]
    at: Mapped[dt.datetime]


class Transfer(Record):
    """Bytes on their way, by the id that the phone gave the attachment; kept in pieces until all have come."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("received >= 0 AND received <= length", name="received"),
        Index("ix_transfer_not_kept", "account_id", "created_at", postgresql_where=text("upload_id IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    partner_id: Mapped[UUID | None]
    sha256: Mapped[str | None]
    length: Mapped[Big]
    received: Mapped[Big] = mapped_column(server_default=text("0"))
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("upload.id"))
    problem: Mapped[dict[str, Any] | None]


class TransferPart(Record):
    """A piece that arrived; a reported offset is durable because its piece was committed."""

    __tablename__ = "transfer_part"
    __table_args__ = (PrimaryKeyConstraint("transfer_id", "at_byte"),)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfer.id", ondelete="CASCADE"))
    at_byte: Mapped[Big]
    partner_id: Mapped[UUID | None]
    content: Mapped[bytes]


class Photo(Record):
    """A photo of a visit; ``upload_id`` is null until its bytes have arrived."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("kind IN ('label', 'before', 'after', 'receipt', 'other')", name="kind"),
        Index("ix_photo_sha256", "sha256"),
    )
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    kind: Mapped[str]
    caption: Mapped[str] = mapped_column(server_default="")
    sha256: Mapped[str]
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("upload.id"), index=True)
    taken_at: Mapped[dt.datetime | None]
    from_gallery: Mapped[bool | None]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    entered_at: Mapped[dt.datetime]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None]


class PhotoPrint(Record):
    """A 64-bit fingerprint of an upload, whole or its middle; ``band_0`` to ``band_3`` are its 16-bit quarters.

    ``kind``: d compares neighbouring shades, f compares low frequencies. Print and bands are signed.
    """

    __tablename__ = "photo_print"
    __table_args__ = (
        PrimaryKeyConstraint("upload_id", "kind", "part"),
        CheckConstraint("kind IN ('d', 'f')", name="kind"),
        CheckConstraint("part IN ('whole', 'middle')", name="part"),
        *(
            Index(f"ix_photo_print_band_{n}", f"band_{n}", "kind", postgresql_include=["print", "upload_id"])
            for n in range(4)
        ),
    )
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("upload.id"))
    partner_id: Mapped[UUID | None]
    kind: Mapped[str]
    part: Mapped[str]
    print: Mapped[Big]
    band_0: Mapped[int] = mapped_column(SmallInteger)
    band_1: Mapped[int] = mapped_column(SmallInteger)
    band_2: Mapped[int] = mapped_column(SmallInteger)
    band_3: Mapped[int] = mapped_column(SmallInteger)

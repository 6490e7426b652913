"""Product models, parts, fault codes, labour operations and warranty programmes."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record, Sorted


class Programme(Record):
    """A warranty scheme; its limits and rule modes are dated versions, so that an old verdict stays explainable."""

    __tablename__ = "programme"
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]


class ProgrammeVersion(Record):
    """Limits and rule modes of a programme from one day on; never changed, so that a verdict can be explained.

    ``limits``: days_to_submit, labour_percent_max, ... as the gate's ``Limits`` names them; ``modes``: rule id to off,
    warn, review or block. Of two versions from the same day the one that was set later holds.
    """

    __tablename__ = "programme_version"
    __table_args__ = (UniqueConstraint("programme_id", "from_on", "set_at"),)
    id: Mapped[Pk]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    from_on: Mapped[dt.date]
    limits: Mapped[dict[str, Any]]
    modes: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(server_default="")
    set_by: Mapped[UUID | None]
    set_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Model(Record):
    """A product model; ``serial_pattern`` is the maker's format of its serials."""

    __tablename__ = "model"
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    gtin: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    product_line: Mapped[str]
    serial_pattern: Mapped[str] = mapped_column(server_default="")
    programme_id: Mapped[UUID | None] = mapped_column(ForeignKey("programme.id"), index=True)


class ModelComponent(Record):
    """A component a model is built of; ``designator`` says whether a repair must name its place on the board."""

    __tablename__ = "model_component"
    __table_args__ = (
        UniqueConstraint("model_id", "code"),
        CheckConstraint("designator IN ('required', 'none')", name="designator"),
    )
    id: Mapped[Pk]
    model_id: Mapped[UUID] = mapped_column(ForeignKey("model.id"))
    code: Mapped[str]
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    designator: Mapped[str]
    designator_pattern: Mapped[str] = mapped_column(server_default="")
    serialised: Mapped[bool] = mapped_column(server_default=text("false"))


class Part(Record):
    """A spare part; claimable and key parts must be entered on the day of the visit."""

    __tablename__ = "part"
    id: Mapped[Pk]
    number: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    unit_of_measure: Mapped[str]
    claimable: Mapped[bool]
    key_part: Mapped[bool] = mapped_column(server_default=text("false"))
    serialised: Mapped[bool] = mapped_column(server_default=text("false"))
    price_minor: Mapped[Big] = mapped_column(server_default=text("0"))
    currency: Mapped[str]


class FaultGroup(Record):
    """A column of the fault-code table: codes that mean the same repair."""

    __tablename__ = "fault_group"
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")


class FaultCode(Record):
    """A fault code; ``no_fault_found`` codes need readings and a photo instead of a failed component."""

    __tablename__ = "fault_code"
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    fault_group_id: Mapped[UUID] = mapped_column(ForeignKey("fault_group.id"), index=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    no_fault_found: Mapped[bool] = mapped_column(server_default=text("false"))


class LabourOperation(Record):
    """A repair item with its standard minutes."""

    __tablename__ = "labour_operation"
    id: Mapped[Pk]
    code: Mapped[Sorted] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    standard_minutes: Mapped[int]


class PartLimit(Record):
    """The largest quantity of a part that one repair of a fault group can need."""

    __tablename__ = "part_limit"
    __table_args__ = (UniqueConstraint("fault_group_id", "part_id"),)
    id: Mapped[Pk]
    fault_group_id: Mapped[UUID] = mapped_column(ForeignKey("fault_group.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"), index=True)
    quantity_max: Mapped[int]

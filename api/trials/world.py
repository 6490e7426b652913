"""What the demo's week of jobs refers to: partners, technicians, units, parts and codes by their ids."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from domain.kit.base import Record
from domain.kit.work import Work

ROWS_AT_ONCE = 1000


@dataclass(slots=True)
class Technician:
    """A technician of the demo, with the region they work in."""

    id: UUID
    login: str
    partner_id: UUID | None
    region: str


@dataclass(slots=True)
class Installed:
    """A unit of the demo, as the week of jobs needs it."""

    id: UUID
    model: str
    line: str
    model_id: UUID
    gtin: str
    serial: str
    status: str
    customer_id: UUID
    site_id: UUID
    contact_id: UUID
    region: str
    time_zone: str
    covered: bool


@dataclass(slots=True)
class World:
    """Everything the week of jobs refers to."""

    partners: dict[str, UUID] = field(default_factory=dict)
    offices: dict[str, UUID] = field(default_factory=dict)
    technicians: list[Technician] = field(default_factory=list)
    components: dict[tuple[str, str], UUID] = field(default_factory=dict)
    fault_codes: dict[str, list[UUID]] = field(default_factory=dict)
    operations: dict[str, UUID] = field(default_factory=dict)
    parts: dict[str, list[tuple[UUID, str, bool]]] = field(default_factory=dict)
    units: list[Installed] = field(default_factory=list)


async def add_rows(work: Work, cls: type[Record], rows: list[dict[str, Any]]) -> None:
    """Insert rows, a thousand at a time."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        await work.db.execute(insert(cls), rows[start : start + ROWS_AT_ONCE])

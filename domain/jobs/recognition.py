"""Which unit a read text may mean, and how much of that a principal may know.

Our own people ask the install base. A partner's people are answered from the units of their own jobs alone: any other
serial, real or invented, takes the same path, which looks nothing up.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model
from domain.installs.makers import MakerFormat
from domain.installs.model import Unit
from domain.installs.serials import Candidate, Parsed, normalise
from domain.jobs.model import Job
from domain.kit.actor import Actor
from domain.kit.read import Read
from domain.people.access import own_rows

Knowledge = Literal["known", "several", "not-found", "under-check", "no-serial"]
OWN_JOBS_MAX = 500
MAKERS_MAX = 2000


class KnownUnit(msgspec.Struct, frozen=True):
    """A unit as a scanner's screen shows it."""

    unit_id: UUID
    serial: str
    serial_key: str
    status: str
    model: str
    model_name: str
    gtin: str | None


class Recognised(msgspec.Struct, frozen=True):
    """What may be told: ``known`` with its unit, ``several`` when models share the serial, or why there is none."""

    knowledge: Knowledge
    unit: KnownUnit | None = None


_UNITS = Read(
    KnownUnit,
    select(
        Unit.id.label("unit_id"),
        Unit.serial,
        Unit.serial_key,
        Unit.status,
        Model.code.label("model"),
        Model.name.label("model_name"),
        Model.gtin,
    ).join(Model, Model.id == Unit.model_id),
)


async def makers(db: AsyncConnection) -> list[MakerFormat]:
    """Return the makers' serial formats of all models that have one."""
    rows = await db.execute(
        select(Model.code, Model.serial_pattern).where(Model.serial_pattern != "").limit(MAKERS_MAX)
    )
    return [MakerFormat(code, pattern) for code, pattern in rows.all()]


async def recognise(db: AsyncConnection, actor: Actor, texts: Sequence[Parsed]) -> list[Recognised]:
    """Tell for each text which unit it names, as far as the principal may know; one statement for all of them."""
    if actor.partner_id is None:
        keys = sorted({key for parsed in texts for key, _, _ in readings(parsed)})
        units = await _UNITS.all(db, _UNITS.statement.where(Unit.serial_key.in_(keys)).limit(OWN_JOBS_MAX))
        missing: Knowledge = "not-found"
    else:
        own = select(Job.unit_id).where(own_rows(actor, Job.partner_id), Job.state.not_in(("cancelled", "completed")))
        if actor.role == "technician":
            own = own.where(or_(Job.technician_id == actor.account_id, Job.technician_id.is_(None)))
        units = await _UNITS.all(db, _UNITS.statement.where(Unit.id.in_(own)).limit(OWN_JOBS_MAX))
        missing = "under-check"
    return [_match(parsed, units, missing) for parsed in texts]


def readings(parsed: Parsed) -> list[tuple[str, str | None, str | None]]:
    """Return what a text may mean as (serial key, GTIN, model code), surest first; a GTIN alone names no unit."""
    sources: list[Parsed | Candidate] = [parsed, *parsed.alternatives]
    return [(normalise(one.serial), one.gtin, one.model) for one in sources if one.serial]


def _match(parsed: Parsed, units: Sequence[KnownUnit], missing: Knowledge) -> Recognised:
    found = readings(parsed)
    if not found:
        return Recognised("no-serial")
    for key, gtin, model in found:
        fits = [
            unit
            for unit in units
            if unit.serial_key == key and gtin in (None, unit.gtin) and model in (None, unit.model)
        ]
        if len(fits) == 1:
            return Recognised("known", fits[0])
        if fits:
            return Recognised("several")
    return Recognised(missing)

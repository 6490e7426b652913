"""Gathers what one reading of a barcode is judged from: its visit, the unit of its job, and the units it may name."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Text, bindparam, case, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.catalog.model import Model
from domain.claims.facts import Rival, ScanFacts, Source, TagState
from domain.claims.labelled import TaggedUnit, tagged_unit
from domain.claims.model import Claim, ClaimLine
from domain.claims.rules import names_unit
from domain.customers.model import Site
from domain.installs.makers import MakerFormat
from domain.installs.model import Unit
from domain.installs.serials import Parsed, normalise, parse
from domain.installs.tags import right_code
from domain.jobs.model import Assignment, Job, Visit
from domain.jobs.recognition import makers, readings
from domain.jobs.scope import Standing
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_params, own_rows_of
from domain.warranty.queries import gathered_facts, json_list, json_object
from domain.warranty.rules import CoverageFacts, coverage
from domain.worklog.model import Photo

TYPED = "]Z0"
"""The symbology identifier of text that a person typed. Source: ISO/IEC 15424."""
_STANDING = ("job_technician_id", "job_state", "closed_at", "required_from")
RIVALS_MAX = 200
CANDIDATES_MAX = 50


class UnitSeen(msgspec.Struct, frozen=True):
    """A unit with all that a reading of it is judged by."""

    id: UUID
    serial_key: str
    status: str
    model: str
    gtin: str | None
    coverage: CoverageFacts
    rivals: tuple[Rival, ...] = ()


class VisitSeen(msgspec.Struct, frozen=True):
    """A visit as a reading meets it; ``unit`` and ``job`` are None where the principal may no longer see them."""

    id: UUID
    job_id: UUID
    partner_id: UUID | None
    technician_id: UUID
    state: str
    job: Standing | None
    assigned: bool
    time_zone: str
    maker: str
    photo_kind: str | None
    unit: UnitSeen | None

    def names_its_unit(self, parsed: Parsed) -> bool:
        """Tell whether the reading is the unit of the visit's job.

        This is one proof on which a partner's people learn anything about a unit; serial and tag code of a label of
        ours are the other one.
        """
        unit = self.unit
        return unit is not None and names_unit(readings(parsed), unit.serial_key, unit.gtin, unit.model)

    def read(self, text: str, source: Source, symbology: str) -> Parsed:
        """Return what a text says, with the maker's format of the job's model."""
        return parse(text, TYPED if source == "typed" else symbology or None, self._makers())

    def _makers(self) -> Sequence[MakerFormat]:
        if self.unit is None or not self.maker:
            return ()
        try:
            return (MakerFormat(self.unit.model, self.maker),)
        except ValueError:  # a pattern that master data should not have let in stops no visit
            return ()


_RIVALS = (
    select(
        json_object(
            claim_number=Claim.number,
            partner_id=ClaimLine.partner_id,
            fault_group_id=ClaimLine.fault_group_id,
            state=ClaimLine.state,
            repaired_on=Claim.repaired_on,
        )
    )
    .join_from(ClaimLine, Claim, Claim.id == ClaimLine.claim_id)
    .where(
        ClaimLine.unit_id == Unit.id, ClaimLine.kind == "fault", ClaimLine.state.in_(("accepted", "approved", "paid"))
    )
    .order_by(ClaimLine.id.desc())
    .limit(RIVALS_MAX)
)


def _unit(customer_id: Any, *outer: Any, with_rivals: bool) -> ColumnElement[Any]:
    """Return a unit as one JSON text; rivals only where no partner asks: they are not its to see."""
    rivals = {"rivals": json_list(_RIVALS, Unit)} if with_rivals else {}
    known = json_object(
        id=Unit.id,
        serial_key=Unit.serial_key,
        status=Unit.status,
        model=Model.code,
        gtin=Model.gtin,
        coverage=gathered_facts(customer_id, *outer),
        **rivals,
    )
    return case((Unit.id.is_not(None), cast(known, Text)))


@cache
def _visit(role: Role, ours: bool) -> Prepared:
    """Return the statement of a role and side; kept, because putting it together takes longer than running it."""
    photo = select(Photo.kind).where(
        Photo.id == bindparam("photo_id"), Photo.visit_id == Visit.id, Photo.voided_at.is_(None)
    )
    return Prepared(
        select(
            Visit.id,
            Visit.job_id,
            Visit.partner_id,
            Visit.technician_id,
            Visit.state,
            Job.technician_id.label("job_technician_id"),
            Job.state.label("job_state"),
            Job.closed_at,
            Job.required_from,
            Assignment.partner_id.is_not_distinct_from(Visit.partner_id).label("assigned"),
            Site.time_zone,
            Model.serial_pattern,
            photo.scalar_subquery().label("photo_kind"),
            _unit(Job.customer_id, Job, with_rivals=ours).label("unit"),
        )
        .join_from(Visit, Assignment, Assignment.id == Visit.assignment_id)
        .join(Job, Job.id == Visit.job_id, isouter=True)
        .join(Site, Site.id == Job.site_id, isouter=True)
        .join(Unit, Unit.id == Job.unit_id, isouter=True)
        .join(Model, Model.id == Unit.model_id, isouter=True)
        .where(Visit.id == bindparam("visit_id"), own_rows_of(role, ours, Visit.partner_id)),
        "visit_id",
        "photo_id",
        *own_params(SYSTEM),
    )


async def visit_seen(work: Work, actor: Actor, visit_id: UUID, photo_id: UUID | None = None) -> VisitSeen | None:
    """Return the visit of a reading with all around it, by one statement, or None when it is not to be seen."""
    given = {"visit_id": visit_id, "photo_id": photo_id, **own_params(actor)}
    row = await _visit(actor.role, actor.partner_id is None).first(work.driver, given)
    if row is None:
        return None
    return VisitSeen(
        row["id"],
        row["job_id"],
        row["partner_id"],
        row["technician_id"],
        row["state"],
        None if row["required_from"] is None else Standing._make(row[name] for name in _STANDING),
        row["assigned"],
        row["time_zone"] or "UTC",
        row["serial_pattern"] or "",
        row["photo_kind"],
        None if row["unit"] is None else msgspec.json.decode(row["unit"], type=UnitSeen),
    )


class TagSeen(msgspec.Struct, frozen=True):
    """What the tag code of a reading is worth, and the unit that it proves."""

    state: TagState = "none"
    unit: TaggedUnit | None = None


async def tag_seen(work: Work, parsed: Parsed) -> TagSeen:
    """Judge a tag code: wrong ones by the key alone, so that nothing is looked up for who has not read a label."""
    if not parsed.tag:
        return TagSeen()
    code_hash = right_code(work.signer, parsed)
    unit = None if code_hash is None else await tagged_unit(work.driver, code_hash)
    if unit is None:
        return TagSeen("wrong")
    # Where the serial was corrected since, the label says something that is no longer so.
    if unit.revoked or unit.serial_key != normalise(parsed.serial or ""):
        return TagSeen("revoked")
    return TagSeen("ok", unit)


_NAMED = (
    select(_unit(Unit.customer_id, with_rivals=True))
    .join_from(Unit, Model, Model.id == Unit.model_id)
    .where(Unit.serial_key.in_(bindparam("keys", expanding=True)))
    .order_by(Unit.id)
    .limit(CANDIDATES_MAX)
)


async def units_named(db: AsyncSession, text: str, symbology: str | None) -> list[UnitSeen]:
    """Return the units a text may name: all that fit its surest reading that fits any. For our own people alone."""
    found = readings(parse(text, symbology, await makers(await db.connection())))
    if not found:
        return []
    rows = await db.scalars(_NAMED, {"keys": sorted({key for key, _, _ in found})})
    units = [msgspec.json.decode(row, type=UnitSeen) for row in rows]
    for reading in found:
        fitting = [unit for unit in units if names_unit([reading], unit.serial_key, unit.gtin, unit.model)]
        if fitting:
            return fitting
    return []


async def scan_facts(
    db: AsyncSession,
    seen: VisitSeen,
    parsed: Parsed,
    source: Source,
    symbology: str,
    scanned_on: dt.date,
    tag: TagState,
) -> ScanFacts:
    """Return what a reading is judged from; the install base is asked where it is not the unit of the visit's job."""
    matches = seen.names_its_unit(parsed)
    if matches and seen.unit is not None:
        units = [seen.unit]
    else:
        units = await units_named(db, parsed.text, TYPED if source == "typed" else symbology or None)
    unit = units[0] if len(units) == 1 else None
    return ScanFacts(
        source=source,
        serial_read=bool(readings(parsed)),
        matches_job=matches,
        units_found=len(units),
        assigned=seen.assigned,
        scanned_on=scanned_on,
        tag=tag,
        unit_id=None if unit is None else unit.id,
        unit_status=None if unit is None else unit.status,
        rivals=() if unit is None else unit.rivals,
        coverage=None if unit is None else coverage(unit.coverage, scanned_on),
    )

"""What was broken and what was fitted: faults and parts of a job sheet, with their places on the unit."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from domain.catalog.model import FaultCode, ModelComponent, Part
from domain.customers.model import Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit
from domain.jobs.visits import open_sheet
from domain.kit.command import Command, Done, action
from domain.kit.limits import Day, Line, Note, OptionalLine, Quantity
from domain.kit.problem import InvalidRequest
from domain.kit.work import Work
from domain.people.access import SHEET
from domain.worklog.actions import ID, SHEET_PROBLEMS, LineWritten, Short, entered_at, written
from domain.worklog.rules import day_at, judge_entry

PartKind = Literal["used", "missing", "returned"]


class UsePart(Command, tag="part.use", frozen=True, kw_only=True):
    """Say which part was fitted, is missing or was taken back.

    The unit of measure is the part's own. Parts are entered on the day of the visit: a claimable or key part that is
    entered later is on hold.
    """

    visit_id: UUID
    kind: PartKind
    part_id: UUID
    quantity: Quantity
    unit_of_measure: Line
    old_serial: OptionalLine = ""
    new_serial: OptionalLine = ""
    model_component_id: UUID | None = None
    designator: Short = ""
    used_on: Day | None = None


class RecordFault(Command, tag="fault.record", frozen=True, kw_only=True):
    """Record a fault: symptom, fault code, cause, action, failed component and its reference designator."""

    visit_id: UUID
    fault_code_id: UUID
    symptom: Line
    cause: Note = ""
    action: Note = ""
    model_component_id: UUID | None = None
    designator: Short = ""
    failed_on: Day | None = None


async def refuse_foreign_component(work: Work, visit: Visit, model_component_id: UUID | None) -> None:
    """Raise InvalidRequest unless a component is of the unit's own model; of a job that went away, any one will do."""
    if model_component_id is None:
        return
    known = select(ModelComponent.id).where(ModelComponent.id == model_component_id)
    if visit.state != "abandoned":
        known = (
            known.join(Unit, Unit.model_id == ModelComponent.model_id)
            .join(Job, Job.unit_id == Unit.id)
            .where(Job.id == visit.job_id)
        )
    if await work.db.scalar(known) is None:
        raise InvalidRequest("The unit's model has no such component.", field="model_component_id")


@action(
    UsePart,
    by=SHEET,
    answer=LineWritten,
    raises=(*SHEET_PROBLEMS, InvalidRequest),
    creates=True,
    example=UsePart(visit_id=ID, kind="used", part_id=ID, quantity=1, unit_of_measure="pcs", new_serial="P88-1"),
)
async def use_part(work: Work, cmd: UsePart) -> Done:
    """Add the part and judge by the same-day rule whether the line is on hold."""
    visit, flags = await open_sheet(work, cmd.visit_id)
    part = (
        await work.db.execute(select(Part.unit_of_measure, Part.claimable, Part.key_part).where(Part.id == cmd.part_id))
    ).one_or_none()
    if part is None:
        raise InvalidRequest("There is no such part.", field="part_id")
    if part.unit_of_measure != cmd.unit_of_measure:
        raise InvalidRequest(f"This part is counted in {part.unit_of_measure}.", field="unit_of_measure")
    await refuse_foreign_component(work, visit, cmd.model_component_id)
    time_zone = await work.db.scalar(
        select(Site.time_zone).join(Job, Job.site_id == Site.id).where(Job.id == visit.job_id)
    )
    known = PartKnown(part.claimable, part.key_part, time_zone or "UTC")
    return written(work.op_id, *flags, *add_part(work, visit, cmd, known))


@dataclass(frozen=True, slots=True)
class PartKnown:
    """What the catalogue says of a part, and the zone of the site where it is fitted."""

    claimable: bool
    key_part: bool
    time_zone: str


def add_part(work: Work, visit: Visit, cmd: UsePart, known: PartKnown) -> tuple[str, ...]:
    """Write the part on a sheet that is open, and return what the same-day rule notes: late-entry, on-hold."""
    visited_on = day_at(visit.arrived_at or visit.started_at or visit.planned_from, known.time_zone)
    entered = judge_entry(
        cmd.kind,
        claimable=known.claimable,
        key_part=known.key_part,
        visited_on=visited_on,
        entered_at=entered_at(work),
        time_zone=known.time_zone,
    )
    work.rows.add(
        "part_used",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "kind": cmd.kind,
            "part_id": cmd.part_id,
            "quantity": cmd.quantity,
            "unit_of_measure": cmd.unit_of_measure,
            "old_serial": cmd.old_serial,
            "new_serial": cmd.new_serial,
            "model_component_id": cmd.model_component_id,
            "designator": cmd.designator,
            "used_on": cmd.used_on or visited_on,
            "entered_on": entered.on,
            "on_hold": entered.on_hold,
            "entered_at": entered_at(work),
        },
    )
    notes = (("late-entry", entered.late), ("on-hold", entered.on_hold))
    return tuple(word for word, holds in notes if holds)


@action(
    RecordFault,
    by=SHEET,
    answer=LineWritten,
    raises=(*SHEET_PROBLEMS, InvalidRequest),
    creates=True,
    example=RecordFault(
        visit_id=ID, fault_code_id=ID, symptom="Does not drain", model_component_id=ID, designator="R12"
    ),
)
async def record_fault(work: Work, cmd: RecordFault) -> Done:
    """Add the fault; whether its designator fits is asked when the visit is completed."""
    visit, flags = await open_sheet(work, cmd.visit_id)
    if not await work.db.scalar(select(FaultCode.id).where(FaultCode.id == cmd.fault_code_id)):
        raise InvalidRequest("There is no such fault code.", field="fault_code_id")
    await refuse_foreign_component(work, visit, cmd.model_component_id)
    add_fault(work, visit, cmd)
    return written(work.op_id, *flags)


def add_fault(work: Work, visit: Visit, cmd: RecordFault) -> None:
    """Write the fault on a sheet that is open; whether its code and component are known was asked."""
    work.rows.add(
        "fault",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "fault_code_id": cmd.fault_code_id,
            "symptom": cmd.symptom,
            "cause": cmd.cause,
            "action": cmd.action,
            "model_component_id": cmd.model_component_id,
            "designator": cmd.designator,
            "failed_on": cmd.failed_on,
            "entered_at": entered_at(work),
        },
    )

"""What can be read of a job sheet: one visit with all its lines."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import FaultCode, LabourOperation, Model, ModelComponent, Part
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit, VisitEvent
from domain.kit.actor import Actor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account
from domain.worklog.model import Expense, Fault, PartUsed, Photo, Reading, TimeEntry

lines_max = 500
"""No sheet has more lines of one kind."""


class SheetHead(msgspec.Struct, frozen=True):
    """Whose visit it is, where, on which machine, and how far it is; a job that went to another partner is not told."""

    visit_id: UUID
    visit_number: int
    state: str
    planned_from: dt.datetime
    planned_to: dt.datetime
    travelled_at: dt.datetime | None
    arrived_at: dt.datetime | None
    started_at: dt.datetime | None
    completed_at: dt.datetime | None
    abandoned_reason: str | None
    overlaps_actual: bool
    clock_uncertain: bool
    keyed_in_by_office: bool
    result: str | None
    summary: str
    signed_by: str | None
    signature: dict[str, Any] | None
    no_signature_reason: str | None
    version: int
    partner_id: UUID | None
    technician_id: UUID
    technician: str | None
    job_id: UUID
    job_number: int | None
    job_kind: str | None
    job_state: str | None
    subject: str | None
    problem: str | None
    customer_name: str | None
    contact_name: str | None
    contact_phone: str | None
    site_name: str | None
    address: str | None
    city: str | None
    time_zone: str | None
    unit_id: UUID | None
    serial: str | None
    model_code: str | None
    model_name: str | None


class StepLine(msgspec.Struct, frozen=True):
    """One step in the time line; a superseded one came when it was already past."""

    step: str
    at: dt.datetime
    client_at: dt.datetime | None
    received_at: dt.datetime
    superseded: bool


class TimeLine(msgspec.Struct, frozen=True):
    """Minutes of travel or labour, beside the standard minutes of the operation."""

    id: UUID
    kind: str
    minutes: int
    operation: str | None
    operation_name: str | None
    standard_minutes: int | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    note: str
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class UsedPartLine(msgspec.Struct, frozen=True):
    """A part that was fitted, is missing or was taken back."""

    id: UUID
    kind: str
    part_id: UUID
    number: str
    name: str
    quantity: int
    unit_of_measure: str
    old_serial: str
    new_serial: str
    component: str | None
    designator: str
    used_on: dt.date
    entered_on: dt.date
    on_hold: bool
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class ExpenseLine(msgspec.Struct, frozen=True):
    """Money spent, or charged to the customer."""

    id: UUID
    direction: str
    kind: str
    amount_minor: int
    currency: str
    photo_id: UUID | None
    note: str
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class FaultLine(msgspec.Struct, frozen=True):
    """A fault with its code, its failed component and the component's place."""

    id: UUID
    fault_code_id: UUID
    code: str
    name: str
    no_fault_found: bool
    symptom: str
    cause: str
    action: str
    component: str | None
    component_name: str | None
    designator: str
    failed_on: dt.date | None
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class ReadingLine(msgspec.Struct, frozen=True):
    """A measured value."""

    id: UUID
    name: str
    value: str
    unit_of_measure: str
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class PhotoLine(msgspec.Struct, frozen=True):
    """A photo, and whether its bytes have arrived."""

    id: UUID
    kind: str
    caption: str
    sha256: str
    arrived: bool
    taken_at: dt.datetime | None
    entered_at: dt.datetime
    voided_at: dt.datetime | None
    void_reason: str | None


class VisitSheet(msgspec.Struct, frozen=True):
    """A whole job sheet; lines that were taken back are still there, with the reason."""

    visit: SheetHead
    steps: list[StepLine]
    times: list[TimeLine]
    parts: list[UsedPartLine]
    expenses: list[ExpenseLine]
    faults: list[FaultLine]
    readings: list[ReadingLine]
    photos: list[PhotoLine]


_HEAD = Read(
    SheetHead,
    select(
        Visit.id.label("visit_id"),
        Visit.number.label("visit_number"),
        Visit.state,
        Visit.planned_from,
        Visit.planned_to,
        Visit.travelled_at,
        Visit.arrived_at,
        Visit.started_at,
        Visit.completed_at,
        Visit.abandoned_reason,
        Visit.overlaps_actual,
        Visit.clock_uncertain,
        Visit.keyed_in_by_office,
        Visit.result,
        Visit.summary,
        Visit.signed_by,
        Visit.signature,
        Visit.no_signature_reason,
        Visit.version,
        Visit.partner_id,
        Visit.technician_id,
        Account.name.label("technician"),
        Visit.job_id,
        Job.number.label("job_number"),
        Job.kind.label("job_kind"),
        Job.state.label("job_state"),
        Job.subject,
        Job.problem,
        Customer.name.label("customer_name"),
        Contact.name.label("contact_name"),
        Contact.phone.label("contact_phone"),
        Site.name.label("site_name"),
        Site.address,
        Site.city,
        Site.time_zone,
        Job.unit_id,
        Unit.serial,
        Model.code.label("model_code"),
        Model.name.label("model_name"),
    )
    .select_from(Visit)
    .outerjoin(Account, Account.id == Visit.technician_id)
    .outerjoin(Job, Job.id == Visit.job_id)
    .outerjoin(Customer, Customer.id == Job.customer_id)
    .outerjoin(Contact, Contact.id == Job.contact_id)
    .outerjoin(Site, Site.id == Job.site_id)
    .outerjoin(Unit, Unit.id == Job.unit_id)
    .outerjoin(Model, Model.id == Unit.model_id),
)
STEPS = Read(
    StepLine,
    select(
        VisitEvent.step, VisitEvent.at, VisitEvent.client_at, VisitEvent.received_at, VisitEvent.superseded
    ).order_by(VisitEvent.at, VisitEvent.id),
)
TIMES = Read(
    TimeLine,
    select(
        TimeEntry.id,
        TimeEntry.kind,
        TimeEntry.minutes,
        LabourOperation.code.label("operation"),
        LabourOperation.name.label("operation_name"),
        LabourOperation.standard_minutes,
        TimeEntry.started_at,
        TimeEntry.ended_at,
        TimeEntry.note,
        TimeEntry.entered_at,
        TimeEntry.voided_at,
        TimeEntry.void_reason,
    )
    .outerjoin(LabourOperation, LabourOperation.id == TimeEntry.labour_operation_id)
    .order_by(TimeEntry.entered_at, TimeEntry.id),
)
PARTS = Read(
    UsedPartLine,
    select(
        PartUsed.id,
        PartUsed.kind,
        PartUsed.part_id,
        Part.number,
        Part.name,
        PartUsed.quantity,
        PartUsed.unit_of_measure,
        PartUsed.old_serial,
        PartUsed.new_serial,
        ModelComponent.code.label("component"),
        PartUsed.designator,
        PartUsed.used_on,
        PartUsed.entered_on,
        PartUsed.on_hold,
        PartUsed.entered_at,
        PartUsed.voided_at,
        PartUsed.void_reason,
    )
    .join(Part, Part.id == PartUsed.part_id)
    .outerjoin(ModelComponent, ModelComponent.id == PartUsed.model_component_id)
    .order_by(PartUsed.entered_at, PartUsed.id),
)
EXPENSES = Read(
    ExpenseLine,
    select(
        Expense.id,
        Expense.direction,
        Expense.kind,
        Expense.amount_minor,
        Expense.currency,
        Expense.photo_id,
        Expense.note,
        Expense.entered_at,
        Expense.voided_at,
        Expense.void_reason,
    ).order_by(Expense.entered_at, Expense.id),
)
FAULTS = Read(
    FaultLine,
    select(
        Fault.id,
        Fault.fault_code_id,
        FaultCode.code,
        FaultCode.name,
        FaultCode.no_fault_found,
        Fault.symptom,
        Fault.cause,
        Fault.action,
        ModelComponent.code.label("component"),
        ModelComponent.name.label("component_name"),
        Fault.designator,
        Fault.failed_on,
        Fault.entered_at,
        Fault.voided_at,
        Fault.void_reason,
    )
    .join(FaultCode, FaultCode.id == Fault.fault_code_id)
    .outerjoin(ModelComponent, ModelComponent.id == Fault.model_component_id)
    .order_by(Fault.entered_at, Fault.id),
)
READINGS = Read(
    ReadingLine,
    select(
        Reading.id,
        Reading.name,
        Reading.value,
        Reading.unit_of_measure,
        Reading.entered_at,
        Reading.voided_at,
        Reading.void_reason,
    ).order_by(Reading.entered_at, Reading.id),
)
PHOTOS = Read(
    PhotoLine,
    select(
        Photo.id,
        Photo.kind,
        Photo.caption,
        Photo.sha256,
        Photo.upload_id.is_not(None).label("arrived"),
        Photo.taken_at,
        Photo.entered_at,
        Photo.voided_at,
        Photo.void_reason,
    ).order_by(Photo.entered_at, Photo.id),
)


async def sheet(db: AsyncConnection, actor: Actor, visit_id: UUID) -> VisitSheet | None:
    """Return the whole sheet of a visit, or None; always eight statements."""
    head = await _HEAD.first(
        db, _HEAD.statement.where(Visit.id == visit_id, own_rows(actor, Visit.partner_id, Visit.technician_id))
    )
    if head is None:
        return None
    return VisitSheet(
        visit=head,
        steps=await STEPS.all(
            db,
            STEPS.statement.where(VisitEvent.visit_id == visit_id, own_rows(actor, VisitEvent.partner_id)).limit(
                lines_max
            ),
        ),
        times=await TIMES.all(
            db,
            TIMES.statement.where(TimeEntry.visit_id == visit_id, own_rows(actor, TimeEntry.partner_id)).limit(
                lines_max
            ),
        ),
        parts=await PARTS.all(
            db,
            PARTS.statement.where(PartUsed.visit_id == visit_id, own_rows(actor, PartUsed.partner_id)).limit(lines_max),
        ),
        expenses=await EXPENSES.all(
            db,
            EXPENSES.statement.where(Expense.visit_id == visit_id, own_rows(actor, Expense.partner_id)).limit(
                lines_max
            ),
        ),
        faults=await FAULTS.all(
            db, FAULTS.statement.where(Fault.visit_id == visit_id, own_rows(actor, Fault.partner_id)).limit(lines_max)
        ),
        readings=await READINGS.all(
            db,
            READINGS.statement.where(Reading.visit_id == visit_id, own_rows(actor, Reading.partner_id)).limit(
                lines_max
            ),
        ),
        photos=await PHOTOS.all(
            db, PHOTOS.statement.where(Photo.visit_id == visit_id, own_rows(actor, Photo.partner_id)).limit(lines_max)
        ),
    )

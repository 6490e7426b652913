"""The papers of a technician's day: what stands on each job sheet, as far as its reader may know."""

import datetime as dt
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Date, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import FaultCode, Model, ModelComponent
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit
from domain.jobs.queries import day_begins_before, day_ends_after
from domain.kit.actor import Actor
from domain.kit.limits import Day
from domain.kit.ports import Signer
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account, Partner
from domain.reports import rules
from domain.reports.paper import JobSheetPaper, PaperCode, PaperHistory
from domain.reports.paper_codes import paper_secret
from domain.worklog.history import HistoryLine, history

Language = Literal["en", "zh"]
sheets_max = 60
"""Nobody visits more in a day."""
fault_codes_max, components_max = 200, 200


class JobSheetQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose job sheets, of which day as the sites count days, in which language."""

    technician_id: UUID
    day: Day
    language: Language = "en"


class PlannedRow(msgspec.Struct, frozen=True):
    """A planned visit with all that its paper says of job, customer and unit."""

    visit_id: UUID
    visit_number: int
    planned_from: dt.datetime
    planned_to: dt.datetime
    job_id: UUID
    job_number: int
    kind: str
    mode: str
    priority: int
    subject: str
    problem: str
    tools: str
    reminder: str
    estimated_minutes: int
    customer: str
    contact: str | None
    phone: str | None
    site: str
    address: str
    city: str
    time_zone: str
    unit_id: UUID
    serial: str
    unit_name: str
    model_id: UUID
    model_code: str
    model_name: str
    model_name_zh: str
    technician: str
    technician_number: int
    partner: str | None


class CodeRow(msgspec.Struct, frozen=True):
    """A fault code in both languages."""

    code: str
    name: str
    name_zh: str


class ComponentRow(msgspec.Struct, frozen=True):
    """A component in both languages, and whether its place must be named."""

    code: str
    name: str
    name_zh: str
    designator: str


_PLANNED = Read(
    PlannedRow,
    select(
        Visit.id.label("visit_id"),
        Visit.number.label("visit_number"),
        Visit.planned_from,
        Visit.planned_to,
        Job.id.label("job_id"),
        Job.number.label("job_number"),
        Job.kind,
        Job.mode,
        Job.priority,
        Job.subject,
        Job.problem,
        Job.tools,
        Job.reminder,
        Job.estimated_minutes,
        Customer.name.label("customer"),
        Contact.name.label("contact"),
        Contact.phone,
        Site.name.label("site"),
        Site.address,
        Site.city,
        Site.time_zone,
        Unit.id.label("unit_id"),
        Unit.serial,
        Unit.name.label("unit_name"),
        Model.id.label("model_id"),
        Model.code.label("model_code"),
        Model.name.label("model_name"),
        Model.name_zh.label("model_name_zh"),
        Account.name.label("technician"),
        Account.number.label("technician_number"),
        Partner.name.label("partner"),
    )
    .select_from(Visit)
    .join(Job, Job.id == Visit.job_id)
    .join(Customer, Customer.id == Job.customer_id)
    .join(Site, Site.id == Job.site_id)
    .join(Unit, Unit.id == Job.unit_id)
    .join(Model, Model.id == Unit.model_id)
    .join(Account, Account.id == Visit.technician_id)
    .outerjoin(Contact, Contact.id == Job.contact_id)
    .outerjoin(Partner, Partner.id == Visit.partner_id)
    .where(Visit.state.not_in(("completed", "abandoned")))
    .order_by(Visit.planned_from, Visit.id)
    .limit(sheets_max),
)
_CODES = Read(
    CodeRow, select(FaultCode.code, FaultCode.name, FaultCode.name_zh).order_by(FaultCode.code).limit(fault_codes_max)
)
_COMPONENTS = Read(
    ComponentRow,
    select(ModelComponent.code, ModelComponent.name, ModelComponent.name_zh, ModelComponent.designator)
    .order_by(case((ModelComponent.designator == "required", 0), else_=1), ModelComponent.code)
    .limit(components_max),
)


async def job_sheets(
    db: AsyncConnection, actor: Actor, signer: Signer, address: str, asked: JobSheetQuery
) -> list[JobSheetPaper]:
    """Return the papers of a technician's planned visits of one site-local day, in the order of their slots.

    ``address`` is where customers collect reports, without the code. Nobody else's technician has any papers here. What
    is completed or abandoned needs none.
    """
    planned = await _PLANNED.all(
        db, _PLANNED.statement.where(own_rows(actor, Visit.partner_id, Visit.technician_id), *_on(asked))
    )
    fault_codes = await _fault_codes(db, asked.language) if planned else ()
    models = {row.model_id for row in planned}
    components = {model_id: await _components(db, model_id, asked.language) for model_id in models}
    papers = []
    for row in planned:
        earlier = await history(db, actor, row.unit_id, row.job_id)
        secret = paper_secret(signer, row.visit_id)
        papers.append(
            JobSheetPaper(
                job_number=rules.job_number(row.job_number),
                visit_number=row.visit_number,
                kind=row.kind,
                mode=row.mode,
                priority=row.priority,
                subject=row.subject,
                problem=row.problem,
                tools=row.tools,
                reminder=row.reminder,
                estimated_minutes=row.estimated_minutes,
                customer=row.customer,
                contact=row.contact or "",
                phone=row.phone or "",
                site=row.site,
                address=", ".join(filter(None, (row.address, row.city))),
                time_zone=row.time_zone,
                planned_from=row.planned_from,
                planned_to=row.planned_to,
                model_code=row.model_code,
                model_name=_named(row.model_name, row.model_name_zh, asked.language),
                serial=row.serial,
                unit_name=row.unit_name,
                technician=row.technician,
                technician_number=rules.technician_number(row.technician_number),
                partner=row.partner or "",
                history=tuple(map(_told, earlier)),
                fault_codes=fault_codes,
                components=components[row.model_id],
                collection_address=f"{address.rstrip('/')}/c/{secret.code}",
                pin=secret.pin,
            )
        )
    return papers


def _on(asked: JobSheetQuery) -> tuple[ColumnElement[bool], ...]:
    midnight = dt.datetime.combine(asked.day, dt.time(), dt.UTC)
    return (
        Visit.technician_id == asked.technician_id,
        Visit.planned_from >= midnight - day_begins_before,
        Visit.planned_from < midnight + day_ends_after,
        cast(func.timezone(Site.time_zone, Visit.planned_from), Date) == asked.day,
    )


async def _fault_codes(db: AsyncConnection, language: Language) -> tuple[PaperCode, ...]:
    return tuple(PaperCode(row.code, _named(row.name, row.name_zh, language)) for row in await _CODES.all(db))


async def _components(db: AsyncConnection, model_id: UUID, language: Language) -> tuple[PaperCode, ...]:
    rows = await _COMPONENTS.all(db, _COMPONENTS.statement.where(ModelComponent.model_id == model_id))
    return tuple(
        PaperCode(row.code, _named(row.name, row.name_zh, language), starred=row.designator == "required")
        for row in rows
    )


def _named(name: str, chinese: str, language: Language) -> str:
    return chinese if language == "zh" and chinese else name


def _told(line: HistoryLine) -> PaperHistory:
    found = "; ".join(filter(None, (line.faults, line.parts)))
    said = " ".join(filter(None, (rules.job_number(line.job_number), found or line.summary, line.technician)))
    return PaperHistory(line.visited_on, said)

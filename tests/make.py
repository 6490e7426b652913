"""Plain functions that store valid, dull rows: a test says only what matters to it."""

import datetime as dt
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from api.context import Context
from domain.catalog.model import (
    FaultCode,
    FaultGroup,
    LabourOperation,
    Model,
    ModelComponent,
    Part,
    PartLimit,
    Programme,
    ProgrammeVersion,
)
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.installs.serials import normalise
from domain.jobs.model import Assignment, Job, Visit
from domain.kit.actor import SYSTEM
from domain.kit.base import Record
from domain.kit.ids import new_id
from domain.kit.work import Work, begin
from domain.warranty.model import Contract, ContractUnit, WarrantyTerm
from tests.cast import Caller, Cast, actor_of

_numbers = count(1)


def number() -> int:
    """Return a number no other row of this process has."""
    return next(_numbers)


def midday_zone(now: dt.datetime) -> str:
    """Return a time zone in which it is between noon and one o'clock: no test breaks at midnight."""
    ahead = 12 - now.astimezone(dt.UTC).hour
    return "UTC" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


async def keep(work: Work, kind: type[Record], dull: dict[str, Any], given: dict[str, Any]) -> UUID:
    """Store one row: the dull values with the given ones over them."""
    row = kind(**{"id": new_id(), **dull, **given})
    work.db.add(row)
    await work.db.flush()
    stored: UUID = row.id  # type: ignore[attr-defined]
    return stored


async def programme(work: Work, **given: Any) -> UUID:
    """A warranty scheme with one version since 2000; ``limits`` and ``modes`` go to the version."""
    version = {
        "from_on": given.pop("from_on", dt.date(2000, 1, 1)),
        "limits": given.pop("limits", {}),
        "modes": given.pop("modes", {}),
    }
    n = number()
    programme_id = await keep(work, Programme, {"code": f"PRG{n}", "name": f"Programme {n}"}, given)
    await keep(work, ProgrammeVersion, {"programme_id": programme_id}, version)
    return programme_id


async def model(work: Work, **given: Any) -> UUID:
    """A washing machine without components, in a programme of its own unless one is given."""
    n = number()
    if "programme_id" not in given:
        given["programme_id"] = await programme(work)
    dull = {
        "code": f"WM{n}",
        "gtin": f"{gtin_body(n)}{check_digit(gtin_body(n))}",
        "name": f"Washer {n}",
        "product_line": "washers",
    }
    return await keep(work, Model, dull, given)


def gtin_body(n: int) -> str:
    """The first thirteen digits of a GTIN-14 made for tests."""
    return f"0400{n:09d}"


def check_digit(body: str) -> int:
    """The last digit of a GTIN. Source: GS1 General Specifications, 7.9."""
    return -sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body))) % 10


async def component(work: Work, model_id: UUID, **given: Any) -> UUID:
    """A control board whose repair must name a place such as R12."""
    dull = {
        "model_id": model_id,
        "code": f"PCB{number()}",
        "name": "Control board",
        "designator": "required",
        "designator_pattern": "[A-Z]{1,2}[0-9]{1,3}",
    }
    return await keep(work, ModelComponent, dull, given)


async def part(work: Work, **given: Any) -> UUID:
    """A claimable part that is counted in pieces."""
    n = number()
    dull = {
        "number": f"P-{n:06d}",
        "name": f"Pump {n}",
        "unit_of_measure": "pcs",
        "claimable": True,
        "price_minor": 1500,
        "currency": "EUR",
    }
    return await keep(work, Part, dull, given)


async def fault_group(work: Work, **given: Any) -> UUID:
    """A column of the fault-code table."""
    n = number()
    return await keep(work, FaultGroup, {"code": f"G{n}", "name": f"Group {n}"}, given)


async def fault_code(work: Work, **given: Any) -> UUID:
    """A fault code in a group of its own unless one is given."""
    n = number()
    if "fault_group_id" not in given:
        given["fault_group_id"] = await fault_group(work)
    return await keep(work, FaultCode, {"code": f"F{n}", "name": f"Fault {n}"}, given)


async def labour_operation(work: Work, **given: Any) -> UUID:
    """A repair item of an hour."""
    n = number()
    return await keep(work, LabourOperation, {"code": f"L{n}", "name": f"Repair {n}", "standard_minutes": 60}, given)


async def part_limit(work: Work, fault_group_id: UUID, part_id: UUID, quantity_max: int = 1) -> UUID:
    """How much of a part one repair may need."""
    dull = {"fault_group_id": fault_group_id, "part_id": part_id, "quantity_max": quantity_max}
    return await keep(work, PartLimit, dull, {})


async def warranty_term(work: Work, model_id: UUID, **given: Any) -> UUID:
    """Two years for everything."""
    dull = {
        "model_id": model_id,
        "from_on": dt.date(2000, 1, 1),
        "parts_months": 24,
        "labour_months": 24,
        "travel_months": 24,
    }
    return await keep(work, WarrantyTerm, dull, given)


async def customer(work: Work, **given: Any) -> UUID:
    """A standard customer."""
    n = number()
    return await keep(work, Customer, {"number": f"C{n}", "name": f"Customer {n}", "customer_class": "standard"}, given)


async def contact(work: Work, customer_id: UUID, **given: Any) -> UUID:
    """Somebody to call."""
    n = number()
    dull = {
        "customer_id": customer_id,
        "name": f"Cyd {n}",
        "phone": f"+49 30 {n:06d}",
        "phone_digits": f"4930{n:06d}",
    }
    return await keep(work, Contact, dull, given)


async def site(work: Work, customer_id: UUID, **given: Any) -> UUID:
    """A place where it is noon now."""
    n = number()
    dull = {
        "customer_id": customer_id,
        "code": f"S{n}",
        "name": f"Laundry {n}",
        "address": f"Canal Street {n}",
        "city": "Berlin",
        "region": "north",
        "country": "DE",
        "time_zone": midday_zone(work.now),
    }
    return await keep(work, Site, dull, given)


async def unit(work: Work, model_id: UUID, **given: Any) -> UUID:
    """An installed unit in the first year of its warranty."""
    serial = str(given.pop("serial", f"SN{number():08d}"))
    start = work.now.date() - dt.timedelta(days=100)
    dull = {
        "model_id": model_id,
        "serial": serial,
        "serial_key": normalise(serial),
        "status": "installed",
        "sold_on": start,
        "installed_on": start,
        "in_service_on": start,
        "warranty_start_on": start,
        "warranty_end_on": start + dt.timedelta(days=730),
    }
    return await keep(work, Unit, dull, given)


async def contract(work: Work, customer_id: UUID, *unit_ids: UUID, **given: Any) -> UUID:
    """An active contract of this and next year that pays for everything on the listed units."""
    n, today = number(), work.now.date()
    dull = {
        "number": f"CT{n}",
        "customer_id": customer_id,
        "name": f"Full service {n}",
        "status": "active",
        "contract_type": "service",
        "starts_on": today - dt.timedelta(days=200),
        "ends_on": today + dt.timedelta(days=400),
        "charging_mode": "included",
        "response_mode": "on_site",
        "response_hours": 24,
        "covers_parts": True,
        "covers_labour": True,
        "covers_travel": True,
    }
    contract_id = await keep(work, Contract, dull, given)
    work.db.add_all([ContractUnit(contract_id=contract_id, unit_id=unit_id) for unit_id in unit_ids])
    await work.db.flush()
    return contract_id


async def job(
    work: Work,
    *,
    unit_id: UUID | None = None,
    partner_id: UUID | None = None,
    technician: Caller | None = None,
    **given: Any,
) -> UUID:
    """A repair on a unit of its own unless one is given; assigned when a partner or technician is named."""
    if unit_id is None:
        unit_id = await unit(work, await model(work))
    if technician is not None:
        partner_id = actor_of(technician).partner_id
    if "customer_id" not in given:
        known = await work.db.get_one(Unit, unit_id)
        given["customer_id"] = known.customer_id or await customer(work)
        if known.site_id is not None:
            given.setdefault("site_id", known.site_id)
    if "site_id" not in given:
        given["site_id"] = await site(work, given["customer_id"])
    dull = {
        "kind": "repair",
        "mode": "on_site",
        "state": "open",
        "unit_id": unit_id,
        "subject": "Does not drain",
        "problem": "Water stays in the drum",
        "priority": 3,
        "estimated_minutes": 60,
        "required_from": work.now - dt.timedelta(hours=4),
        "required_to": work.now + dt.timedelta(hours=8),
        "created_by": SYSTEM.account_id,
    }
    state = given.pop("state", None)
    job_id = await keep(work, Job, dull, given)
    row = await work.db.get_one(Job, job_id)
    if partner_id is not None or technician is not None:
        row.partner_id, row.technician_id = partner_id, None if technician is None else technician.id
        row.assignment_id = await keep(
            work,
            Assignment,
            {"job_id": job_id, "assigned_by": SYSTEM.account_id, "assigned_at": work.now},
            {"partner_id": partner_id, "technician_id": row.technician_id},
        )
    row.state = state or ("open" if row.assignment_id is None else "assigned")
    await work.db.flush()
    return job_id


async def visit(work: Work, job_id: UUID, **given: Any) -> UUID:
    """A planned visit of the job's technician: now, or right after the last slot that is taken."""
    given_job = await work.db.get_one(Job, job_id)
    taken = await work.db.scalar(
        select(func.max(Visit.planned_to)).where(
            Visit.technician_id == given_job.technician_id, Visit.state.not_in(("completed", "abandoned"))
        )
    )
    start = max(work.now - dt.timedelta(minutes=30), taken or work.now - dt.timedelta(minutes=30))
    start = given.get("planned_from", start)
    dull = {
        "job_id": job_id,
        "assignment_id": given_job.assignment_id,
        "partner_id": given_job.partner_id,
        "technician_id": given_job.technician_id,
        "number": 1,
        "state": "planned",
        "planned_from": start,
        "planned_to": start + dt.timedelta(hours=1),
    }
    return await keep(work, Visit, dull, given)


@dataclass(frozen=True, slots=True)
class ReadyVisit:
    """An assigned repair with a planned visit on an installed unit in warranty, and all a sheet needs."""

    job_id: UUID
    visit_id: UUID
    assignment_id: UUID
    unit_id: UUID
    serial: str
    gtin: str
    model_id: UUID
    programme_id: UUID
    customer_id: UUID
    contact_id: UUID
    site_id: UUID
    component_id: UUID
    fault_group_id: UUID
    fault_code_id: UUID
    part_id: UUID
    labour_operation_id: UUID
    technician: Caller
    partner_id: UUID | None


async def ready_visit(
    context: Context,
    cast: Cast,
    *,
    technician: Caller | None = None,
    limits: dict[str, Any] | None = None,
    modes: dict[str, Any] | None = None,
    unit_given: dict[str, Any] | None = None,
    site_given: dict[str, Any] | None = None,
    **job_given: Any,
) -> ReadyVisit:
    """Store everything for a visit of a technician (ann unless named), whose partner has the job assigned."""
    technician = technician or cast.ann
    async with begin(context.database, SYSTEM) as work:
        programme_id = await programme(work, limits=limits or {}, modes=modes or {})
        model_id = await model(work, programme_id=programme_id)
        await warranty_term(work, model_id)
        component_id = await component(work, model_id)
        group_id = await fault_group(work)
        customer_id = await customer(work)
        contact_id = await contact(work, customer_id)
        site_id = await site(work, customer_id, **(site_given or {}))
        unit_id = await unit(work, model_id, **{"customer_id": customer_id, "site_id": site_id} | (unit_given or {}))
        job_given = {"customer_id": customer_id, "site_id": site_id, "contact_id": contact_id} | job_given
        job_id = await job(work, unit_id=unit_id, technician=technician, **job_given)
        stored = await work.db.get_one(Job, job_id)
        assert stored.assignment_id is not None
        known, product = await work.db.get_one(Unit, unit_id), await work.db.get_one(Model, model_id)
        return ReadyVisit(
            job_id=job_id,
            visit_id=await visit(work, job_id),
            assignment_id=stored.assignment_id,
            unit_id=unit_id,
            serial=known.serial,
            gtin=product.gtin or "",
            model_id=model_id,
            programme_id=programme_id,
            customer_id=customer_id,
            contact_id=contact_id,
            site_id=site_id,
            component_id=component_id,
            fault_group_id=group_id,
            fault_code_id=await fault_code(work, fault_group_id=group_id),
            part_id=await part(work),
            labour_operation_id=await labour_operation(work),
            technician=technician,
            partner_id=stored.partner_id,
        )

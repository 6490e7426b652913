"""What was done to a unit before, in three lines: read before a visit."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import Date, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import FaultCode, ModelComponent, Part
from domain.customers.model import Site
from domain.jobs.model import Job, Visit
from domain.kit.actor import Actor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account
from domain.worklog.model import Fault, PartUsed

history_lines = 3
"""How much of a unit's past a technician reads before a visit."""


class HistoryLine(msgspec.Struct, frozen=True):
    """One line of a unit's past: an earlier visit, what was found and fitted, and by whom."""

    visited_on: dt.date
    job_number: int
    kind: str
    result: str | None
    summary: str
    faults: str | None
    parts: str | None
    technician: str | None


_FOUND = (
    select(
        func.string_agg(
            func.concat_ws(" ", FaultCode.code, ModelComponent.code, func.nullif(Fault.designator, "")), ", "
        )
    )
    .select_from(Fault)
    .join(FaultCode, FaultCode.id == Fault.fault_code_id)
    .outerjoin(ModelComponent, ModelComponent.id == Fault.model_component_id)
    .where(Fault.visit_id == Visit.id, Fault.voided_at.is_(None))
    .correlate(Visit)
    .scalar_subquery()
)
_FITTED = (
    select(func.string_agg(func.concat_ws(" ", Part.number, "×", PartUsed.quantity, PartUsed.unit_of_measure), ", "))
    .select_from(PartUsed)
    .join(Part, Part.id == PartUsed.part_id)
    .where(PartUsed.visit_id == Visit.id, PartUsed.kind == "used", PartUsed.voided_at.is_(None))
    .correlate(Visit)
    .scalar_subquery()
)
HISTORY = Read(
    HistoryLine,
    select(
        cast(func.timezone(Site.time_zone, Visit.completed_at), Date).label("visited_on"),
        Job.number.label("job_number"),
        Job.kind,
        Visit.result,
        Visit.summary,
        _FOUND.label("faults"),
        _FITTED.label("parts"),
        Account.name.label("technician"),
    )
    .select_from(Job)
    .join(Visit, Visit.job_id == Job.id)
    .join(Site, Site.id == Job.site_id)
    .outerjoin(Account, Account.id == Visit.technician_id)
    .where(Visit.state == "completed")
    .order_by(Visit.completed_at.desc(), Visit.id.desc()),
)


async def history(db: AsyncConnection, actor: Actor, unit_id: UUID, job_id: UUID) -> list[HistoryLine]:
    """Return the last completed visits to a unit on other jobs, in three lines.

    Our own technicians read all of it; a partner's people what their own partner did.
    """
    known = true() if actor.partner_id is None else own_rows(actor, Visit.partner_id)
    statement = HISTORY.statement.where(Job.unit_id == unit_id, Job.id != job_id, known)
    return await HISTORY.all(db, statement.limit(history_lines))

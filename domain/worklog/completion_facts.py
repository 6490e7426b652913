"""One statement that gathers what the completion of a visit asks: its sheet, where its technician was, who is told."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, DateTime, Text, bindparam, cast, func, select

from domain.catalog.model import FaultCode, ModelComponent
from domain.jobs.held import Held
from domain.jobs.model import Job, Visit
from domain.jobs.rules import Span
from domain.jobs.scope import OwnVisit, held_on, scope_params
from domain.jobs.steps import elsewhere
from domain.kit.read import AnySelect, Prepared
from domain.kit.work import Work
from domain.worklog.model import Fault, Photo, Reading
from domain.worklog.rules import FaultFacts


class VisitOfJob(msgspec.Struct, frozen=True, array_like=True):
    """A visit of the job that is being completed."""

    id: UUID
    technician_id: UUID
    state: str
    planned_from: dt.datetime


class JobHeld(msgspec.Struct, frozen=True, array_like=True):
    """A job that some phone holds, and whose it is."""

    id: UUID
    technician_id: UUID
    partner_id: UUID | None


class CompletionFacts(msgspec.Struct, frozen=True):
    """What stands on the sheet, voided lines not counted; the technician's other visits; visits of the job.

    ``shown_by`` are the jobs on the same unit that phones hold which show what was done to it.
    """

    faults: tuple[FaultFacts, ...]
    readings: int
    photos: int
    meanwhile: tuple[Span, ...]
    visits: tuple[VisitOfJob, ...]
    shown_by: tuple[JobHeld, ...]

    def visits_of(self, technician_id: UUID | None) -> list[OwnVisit]:
        """Return a technician's own visits of the job, as the scope asks."""
        return [
            OwnVisit(visit.id, visit.state, visit.planned_from)
            for visit in self.visits
            if visit.technician_id == technician_id
        ]


def _listed(rows: AnySelect) -> ColumnElement[Any]:
    """Return rows as a JSON list of lists, as text; null for none."""
    inner = rows.subquery()
    return cast(select(func.json_agg(func.json_build_array(*inner.c))).scalar_subquery(), Text)


_VISIT_ID: Any = bindparam("visit_id")
_SINCE: Any = bindparam("since", type_=DateTime(timezone=True))
_FAULTS = (
    select(
        FaultCode.no_fault_found,
        ModelComponent.designator,
        ModelComponent.designator_pattern,
        Fault.designator.label("at"),
    )
    .select_from(Fault)
    .join(FaultCode, FaultCode.id == Fault.fault_code_id)
    .outerjoin(ModelComponent, ModelComponent.id == Fault.model_component_id)
    .where(Fault.visit_id == _VISIT_ID, Fault.voided_at.is_(None))
    .order_by(Fault.id)
)
_READINGS, _PHOTOS = (
    select(func.count()).where(line.visit_id == _VISIT_ID, line.voided_at.is_(None)).scalar_subquery()
    for line in (Reading, Photo)
)
_GATHER = Prepared(
    select(
        _listed(_FAULTS).label("faults"),
        _READINGS.label("readings"),
        _PHOTOS.label("photos"),
        _listed(elsewhere(bindparam("technician_id"), _VISIT_ID, _SINCE)).label("meanwhile"),
        _listed(
            select(Visit.id, Visit.technician_id, Visit.state, Visit.planned_from).where(
                Visit.job_id == bindparam("job_id")
            )
        ).label("visits"),
        _listed(
            select(Job.id, Job.technician_id, Job.partner_id).where(held_on(bindparam("unit_id"), "side0", "side1"))
        ).label("shown_by"),
    ),
    "visit_id",
    "technician_id",
    "since",
    "job_id",
    "unit_id",
    "side0",
    "side1",
    "horizon",
    "kept_since",
)


async def gather(work: Work, held: Held) -> CompletionFacts:
    """Gather for a visit that is held, as everything stands before it is completed."""
    job, visit = held.job, held.visit
    given = {
        "visit_id": visit.id,
        "technician_id": visit.technician_id,
        "since": visit.arrived_at or visit.started_at,
        "job_id": visit.job_id,
        "unit_id": None if job is None else job.unit_id,
        # A partner's transaction cannot see our jobs; what we did to a partner's unit both sides show.
        "side0": visit.partner_id,
        "side1": visit.partner_id if work.actor.partner_id is not None else None,
        **scope_params(work.now),
    }
    row = await _GATHER.first(work.driver, given)
    faults = _decoded(row["faults"], tuple[bool, str | None, str | None, str])
    return CompletionFacts(
        faults=tuple(
            FaultFacts(no_fault_found, demand is not None, demand == "required", pattern or "", place)
            for no_fault_found, demand, pattern, place in faults
        ),
        readings=row["readings"],
        photos=row["photos"],
        meanwhile=tuple(Span(*span) for span in _decoded(row["meanwhile"], tuple[dt.datetime, dt.datetime | None])),
        visits=tuple(_decoded(row["visits"], VisitOfJob)),
        shown_by=tuple(_decoded(row["shown_by"], JobHeld)),
    )


def _decoded(told: str | None, kind: Any) -> list[Any]:
    return [] if told is None else msgspec.json.decode(told, type=list[kind])

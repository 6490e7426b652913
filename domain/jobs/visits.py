"""Whose a visit is, what it still takes, and the slots that visits hold."""

import datetime as dt
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import TSTZRANGE

from domain.jobs.model import Job, Visit
from domain.jobs.scope import STANDING, Standing, standing_now, tell_visit
from domain.kit.actor import Role
from domain.kit.ids import new_id
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.model import Account

CLOSED = frozenset({"completed", "abandoned"})
REASSIGNED, CANCELLED = "job-reassigned", "job-cancelled"
"""Why a visit was abandoned that its technician did not abandon."""
JOB_COMPLETED = "job-completed"
slot_max = dt.timedelta(hours=24)
"""A planned visit is a trip of one day."""


class NotYourVisit(Problem, kind=Kind.FORBIDDEN, queued="recorded"):
    """This visit is another technician's."""


class VisitClosed(Problem, kind=Kind.CONFLICT, queued="recorded"):
    """The visit is completed or abandoned; its sheet takes nothing more."""


class JobReassigned(Problem, kind=Kind.CONFLICT, queued="recorded"):
    """The job was given to somebody else."""


class JobCancelled(Problem, kind=Kind.CONFLICT, queued="recorded"):
    """The job was cancelled."""


class SlotTaken(Problem, kind=Kind.CONFLICT):
    """The technician is already planned elsewhere at this time."""


class TechnicianDisabled(Problem, kind=Kind.CONFLICT):
    """The technician's account is disabled; nobody plans a visit for them."""


class JobClosed(Problem, kind=Kind.CONFLICT):
    """The job is completed or cancelled."""


class JobNotAssigned(Problem, kind=Kind.CONFLICT):
    """No technician is named for this job yet."""


async def lock_job(work: Work, job_id: UUID) -> Job | None:
    """Return the job if it is on the principal's side, or None.

    Locks: the job.
    """
    return await work.db.scalar(
        select(Job)
        .where(Job.id == job_id, true() if work.accepted else own_rows(work.actor, Job.partner_id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def job_of(work: Work, job_id: UUID) -> Job:
    """Return the job, locked.

    Locks: the job. Raises: NotFound.
    """
    job = await lock_job(work, job_id)
    if job is None:
        raise NotFound("There is no such job among yours.")
    return job


async def open_job(work: Work, job_id: UUID) -> Job:
    """Return the job, locked, while it can still change.

    Locks: the job. Raises: NotFound, JobClosed.
    """
    job = await job_of(work, job_id)
    if job.state in ("completed", "cancelled"):
        raise JobClosed(f"The job is {job.state}.", state=job.state)
    return job


async def lock_visit(work: Work, visit_id: UUID) -> tuple[Visit, Standing | None]:
    """Return the visit if the principal may write on it, and how its job stands: None when that went to others.

    Locks: the visit. Raises: NotFound, NotYourVisit.
    """
    found = (
        await work.db.execute(
            select(Visit, *STANDING)
            .outerjoin(Job, Job.id == Visit.job_id)
            .where(Visit.id == visit_id, own_rows(work.actor, Visit.partner_id))
            .with_for_update(key_share=True, of=Visit)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such visit among yours.")
    visit, *job = found
    if work.actor.role is Role.TECHNICIAN and visit.technician_id != work.actor.account_id and not work.accepted:
        raise NotYourVisit("Only the technician of a visit writes on its sheet.")
    return visit, None if job[-1] is None else Standing._make(job)


async def lock_job_and_visit(work: Work, visit_id: UUID) -> tuple[Job | None, Visit]:
    """Return a visit the principal may write on, with its job: None when that went to another partner.

    Locks: the job, then the visit. Raises: NotFound, NotYourVisit.
    """
    job_id = await work.db.scalar(
        select(Visit.job_id).where(Visit.id == visit_id, own_rows(work.actor, Visit.partner_id))
    )
    job = None if job_id is None else await lock_job(work, job_id)
    visit, _ = await lock_visit(work, visit_id)
    return job, visit


def was_there(visit: Visit) -> bool:
    """Tell whether the technician had come before the visit was closed."""
    return (visit.arrived_at or visit.started_at) is not None


def taken_away(visit: Visit) -> bool:
    """Tell whether the visit was abandoned by the office, behind its technician's back."""
    return visit.state == "abandoned" and visit.abandoned_reason in (REASSIGNED, CANCELLED)


def before_it_was_taken(visit: Visit) -> str:
    """Return how far a visit had come when the office took it away."""
    if visit.started_at is not None:
        return "working"
    if visit.arrived_at is not None:
        return "arrived"
    return "planned" if visit.travelled_at is None else "travelling"


def closed(visit: Visit) -> Problem:
    """Return the problem that says why a closed visit takes nothing more."""
    if visit.state == "abandoned" and visit.abandoned_reason == REASSIGNED:
        return JobReassigned("The job went to somebody else before this arrived; the office decides about your work.")
    if visit.state == "abandoned" and visit.abandoned_reason == CANCELLED:
        return JobCancelled("The job was cancelled before this arrived; the office decides about your work.")
    missing = "What is missing goes into another visit, or into a new job of the office once this one is closed."
    return VisitClosed(f"The visit is {visit.state}. {missing}", state=visit.state)


async def open_sheet(work: Work, visit_id: UUID) -> tuple[Visit, tuple[str, ...]]:
    """Return the visit whose sheet takes a line, tell its phone, and say what has to be noted about that line.

    What a technician did who had come before the job went to somebody else is taken and flagged.
    Locks: the visit. Raises: NotFound, NotYourVisit, VisitClosed, JobReassigned, JobCancelled.
    """
    visit, job = await lock_visit(work, visit_id)
    flags: tuple[str, ...] = ()
    if visit.state in CLOSED:
        before = taken_away(visit) and visit.abandoned_reason == REASSIGNED and was_there(visit)
        if not (before or work.accepted):
            raise closed(visit)
        flags = ("accepted-by-office",) if work.accepted else ("after-reassignment",)
        job = await standing_now(work, visit)
    if work.actor.is_office:
        visit.keyed_in_by_office = True
    await tell_visit(work, visit, job)
    return visit, flags


async def hold_slot(
    work: Work, technician_id: UUID, planned_from: dt.datetime, planned_to: dt.datetime, *, besides: UUID | None = None
) -> None:
    """Make sure that a technician may work and is free, ``besides`` a visit that is being moved.

    Locks: the technician. The database excludes overlaps even if this is wrong.
    Raises: TechnicianDisabled, SlotTaken, InvalidRequest.
    """
    if not planned_from < planned_to <= planned_from + slot_max:
        raise InvalidRequest("A slot ends after it begins, within a day.", field="planned_to")
    if await work.db.scalar(
        select(Account.disabled_at).where(Account.id == technician_id).with_for_update(key_share=True)
    ):
        raise TechnicianDisabled("Name another technician for this job first.")
    span = func.tstzrange(planned_from, planned_to, type_=TSTZRANGE)
    rivals = select(Visit.planned_from, Visit.planned_to).where(
        Visit.technician_id == technician_id,
        Visit.state.not_in(sorted(CLOSED)),
        Visit.planned_span.op("&&")(span),
    )
    if besides is not None:
        rivals = rivals.where(Visit.id != besides)
    rival = (await work.db.execute(rivals.order_by(Visit.planned_from).limit(1))).first()
    if rival is not None:
        since, until = (moment.astimezone(dt.UTC).isoformat(timespec="minutes") for moment in rival)
        raise SlotTaken(
            f"The technician is planned elsewhere from {since} to {until}.", planned_from=since, planned_to=until
        )


async def plan(work: Work, job: Job, planned_from: dt.datetime, planned_to: dt.datetime) -> Visit:
    """Plan the next visit of the job's technician; the job is locked and assigned.

    Locks: the technician. Raises: TechnicianDisabled, SlotTaken, InvalidRequest.
    """
    assert job.technician_id is not None, "a visit is planned for a job with a technician"
    await hold_slot(work, job.technician_id, planned_from, planned_to)
    last = await work.db.scalar(select(func.max(Visit.number)).where(Visit.job_id == job.id))
    visit = Visit(
        id=new_id(),
        job_id=job.id,
        assignment_id=job.assignment_id,
        partner_id=job.partner_id,
        technician_id=job.technician_id,
        number=(last or 0) + 1,
        state="planned",
        planned_from=planned_from,
        planned_to=planned_to,
    )
    work.db.add(visit)
    await work.db.flush()
    return visit


async def open_visits(work: Work, job_id: UUID) -> list[Visit]:
    """Return the visits of a locked job that are neither completed nor abandoned."""
    await work.db.flush()
    found = await work.db.scalars(
        select(Visit)
        .where(Visit.job_id == job_id, Visit.state.not_in(sorted(CLOSED)))
        .order_by(Visit.number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)


def abandon(work: Work, visit: Visit, why: str) -> None:
    """Abandon a visit for its technician; the time line says so."""
    visit.state, visit.abandoned_reason, visit.version = "abandoned", why, visit.version + 1
    write_event(work, visit, "abandon", work.now, None)


def write_event(
    work: Work, visit: Visit, step: str, at: dt.datetime, client_at: dt.datetime | None, *, superseded: bool = False
) -> None:
    """Add a step to the time line of a visit."""
    work.rows.add(
        "visit_event",
        {
            "id": new_id(),
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "step": step,
            "superseded": superseded,
            "client_at": client_at,
            "at": at,
            "received_at": work.now,
            "op_id": work.op_id,
        },
    )

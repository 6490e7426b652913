"""Who goes, and when: assigning jobs, planning and moving visits."""

import datetime as dt
from uuid import UUID

from sqlalchemy import select

from domain.jobs.model import Assignment, Visit
from domain.jobs.scope import standing, take_from, tell_job, tell_jobs_on, tell_visit, tell_whole
from domain.jobs.visits import (
    CLOSED,
    REASSIGNED,
    JobCancelled,
    JobClosed,
    JobNotAssigned,
    JobReassigned,
    NotYourVisit,
    SlotTaken,
    TechnicianDisabled,
    VisitClosed,
    abandon,
    closed,
    hold_slot,
    lock_job_and_visit,
    open_job,
    open_visits,
    plan,
)
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Count, Moment, Word
from domain.kit.problem import InvalidRequest, Kind, NotAllowed, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import PARTNER_DESK
from domain.people.model import Account, Partner


class VisitUnderWay(Problem, kind=Kind.CONFLICT):
    """The technician has already set out for this visit."""


class AssignJob(Command, tag="job.assign", frozen=True, kw_only=True):
    """Give a job to a partner or to our own team, and name its technician; with a slot the visit is planned at once.

    Without a partner it is our own team's. Assigning again reassigns: visits that the former technician still had are
    abandoned and leave that phone. A partner's office names technicians of its own for jobs that are its own.
    """

    job_id: UUID
    partner_id: UUID | None = None
    technician_id: UUID | None = None
    planned_from: Moment | None = None
    planned_to: Moment | None = None


class PlanVisit(Command, tag="visit.plan", frozen=True, kw_only=True):
    """Plan another visit of the job's technician; planned slots of a technician cannot overlap."""

    job_id: UUID
    planned_from: Moment
    planned_to: Moment


class RescheduleVisit(Command, tag="visit.reschedule", frozen=True, kw_only=True):
    """Move a visit that nobody has set out for."""

    visit_id: UUID
    planned_from: Moment
    planned_to: Moment


class JobAssigned(Answer, frozen=True, kw_only=True):
    """How the job stands now, and the visit that was planned."""

    job_id: UUID
    state: Word
    assignment_id: UUID
    visit_id: UUID | None = None


class VisitPlanned(Answer, frozen=True, kw_only=True):
    """The visit, its slot and its number on the job."""

    visit_id: UUID
    number: Count
    planned_from: dt.datetime
    planned_to: dt.datetime


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_FROM = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
_TO = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)


async def refuse_stranger(work: Work, technician_id: UUID, partner_id: UUID | None) -> None:
    """Raise InvalidRequest unless this is an active technician of a partner, or of our own team."""
    found = (
        await work.db.execute(
            select(Account.role, Account.partner_id, Account.disabled_at).where(Account.id == technician_id)
        )
    ).one_or_none()
    if found is None or found.role != Role.TECHNICIAN or found.partner_id != partner_id or found.disabled_at:
        side = "our own team" if partner_id is None else "this partner"
        raise InvalidRequest(f"There is no such technician in {side}.", field="technician_id")


@action(
    AssignJob,
    by=PARTNER_DESK,
    answer=JobAssigned,
    raises=(NotFound, NotAllowed, JobClosed, SlotTaken, TechnicianDisabled, InvalidRequest),
    example=AssignJob(job_id=_ID, partner_id=_ID, technician_id=_ID, planned_from=_FROM, planned_to=_TO),
)
async def assign_job(work: Work, cmd: AssignJob) -> Done:
    """Write the assignment, move the job, take visits away from the former technician and plan the new one.

    A partner's office changes who goes, never that the job was given to its partner: one assignment is paid once, and
    only we give work out.
    """
    ours = work.actor.role is not Role.PARTNER_OFFICE
    if not ours and cmd.partner_id != work.actor.partner_id:
        raise NotAllowed("A partner's office assigns to its own technicians.")
    slot = _slot(cmd)
    job = await open_job(work, cmd.job_id)
    if cmd.partner_id is not None and not await work.db.scalar(
        select(Partner.active).where(Partner.id == cmd.partner_id)
    ):
        raise InvalidRequest("There is no such active partner.", field="partner_id")
    if cmd.technician_id is not None:
        await refuse_stranger(work, cmd.technician_id, cmd.partner_id)
    former_id, former_partner_id = job.technician_id, job.partner_id
    for visit in await open_visits(work, job.id):
        if visit.technician_id != cmd.technician_id or (slot is not None and visit.state == "planned"):
            abandon(work, visit, REASSIGNED)
    if ours:
        job.assignment_id = await _write_assignment(work, cmd)
    if job.state != "in_progress" or cmd.technician_id != former_id:
        job.state = "assigned"
    job.partner_id, job.technician_id, job.version = cmd.partner_id, cmd.technician_id, job.version + 1
    await work.db.flush()
    visit_id = None if slot is None else (await plan(work, job, *slot)).id
    if former_id is not None and former_id != cmd.technician_id:
        await take_from(work, former_id, former_partner_id, job.id, "reassigned")
    if former_partner_id != job.partner_id:  # what was done on it is no longer the former partner's to read
        await tell_jobs_on(work, job.unit_id, former_partner_id, job.partner_id)
    await tell_whole(work, [job])
    assert job.assignment_id is not None, "an assigned job has its assignment"
    return Done(JobAssigned(job_id=job.id, state=job.state, assignment_id=job.assignment_id, visit_id=visit_id))


def _slot(cmd: AssignJob) -> tuple[dt.datetime, dt.datetime] | None:
    if cmd.planned_from is None and cmd.planned_to is None:
        return None
    if cmd.planned_from is None or cmd.planned_to is None or cmd.technician_id is None:
        raise InvalidRequest("A slot has a beginning, an end and a technician.", field="planned_from")
    return cmd.planned_from, cmd.planned_to


async def _write_assignment(work: Work, cmd: AssignJob) -> UUID:
    assignment_id = new_id()
    work.db.add(
        Assignment(
            id=assignment_id,
            job_id=cmd.job_id,
            partner_id=cmd.partner_id,
            technician_id=cmd.technician_id,
            assigned_by=work.actor.account_id,
            assigned_at=work.now,
        )
    )
    await work.db.flush()
    return assignment_id


def _planned(visit: Visit) -> VisitPlanned:
    return VisitPlanned(
        visit_id=visit.id, number=visit.number, planned_from=visit.planned_from, planned_to=visit.planned_to
    )


@action(
    PlanVisit,
    by=PARTNER_DESK,
    answer=VisitPlanned,
    raises=(NotFound, JobClosed, JobNotAssigned, SlotTaken, TechnicianDisabled, InvalidRequest),
    creates=True,
    example=PlanVisit(job_id=_ID, planned_from=_FROM, planned_to=_TO),
)
async def plan_visit(work: Work, cmd: PlanVisit) -> Done:
    """Hold the slot and add the visit."""
    job = await open_job(work, cmd.job_id)
    if job.technician_id is None:
        raise JobNotAssigned("Name a technician first; a slot is a technician's.")
    visit = await plan(work, job, cmd.planned_from, cmd.planned_to)
    await tell_job(work, job)
    await tell_visit(work, visit, standing(job))
    return Done(_planned(visit))


@action(
    RescheduleVisit,
    by=PARTNER_DESK,
    answer=VisitPlanned,
    raises=(
        *(NotFound, NotYourVisit, VisitClosed, JobReassigned, JobCancelled),
        *(VisitUnderWay, SlotTaken, TechnicianDisabled, InvalidRequest),
    ),
    example=RescheduleVisit(visit_id=_ID, planned_from=_FROM, planned_to=_TO),
)
async def reschedule_visit(work: Work, cmd: RescheduleVisit) -> Done:
    """Hold the new slot and let the old one go."""
    job, visit = await lock_job_and_visit(work, cmd.visit_id)
    if visit.state in CLOSED:
        raise closed(visit)
    if visit.state != "planned":
        raise VisitUnderWay(f"The visit is {visit.state}; plan another one.", state=visit.state)
    await hold_slot(work, visit.technician_id, cmd.planned_from, cmd.planned_to, besides=visit.id)
    visit.planned_from, visit.planned_to, visit.version = cmd.planned_from, cmd.planned_to, visit.version + 1
    assert job is not None, "a job that goes to others takes its open visits along"
    await tell_job(work, job)
    await tell_visit(work, visit, standing(job))
    return Done(_planned(visit))

"""Jobs and visits."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.jobs import actions, planning, queries, steps
from domain.kit.page import Page
from domain.kit.problem import NotFound
from domain.kit.work import utc_now
from domain.people.access import EVERYBODY, FIELD
from domain.worklog.history import HistoryLine, history

TAG = "jobs"

command_operation("/jobs", TAG, actions.create_job)
command_operation("/jobs/assign", TAG, planning.assign_job)
command_operation("/jobs/accept", TAG, actions.accept_job)
command_operation("/jobs/cancel", TAG, actions.cancel_job)
command_operation("/visits", TAG, planning.plan_visit)
command_operation("/visits/reschedule", TAG, planning.reschedule_visit)
command_operation("/visits/travel", TAG, steps.start_travel)
command_operation("/visits/arrive", TAG, steps.arrive_at_visit)
command_operation("/visits/start", TAG, steps.start_work)
command_operation("/visits/pause", TAG, steps.pause_work)
command_operation("/visits/resume", TAG, steps.resume_work)
command_operation("/visits/abandon", TAG, steps.abandon_visit)


class JobId(msgspec.Struct, frozen=True):
    """An id in the path."""

    id: UUID


class JobSheet(msgspec.Struct, frozen=True):
    """A job with its visits, and the last three earlier visits to its unit."""

    job: queries.JobFacts
    visits: list[queries.VisitLine]
    history: list[HistoryLine]


@operation("GET", "/jobs", tag=TAG, by=EVERYBODY, query=queries.JobQuery, answer=Page[queries.JobLine], keys=True)
async def list_jobs(call: Call) -> object:
    """List jobs, the latest required first.

    A partner's office sees its own; a technician those of their own and those that wait for anybody in the team.
    """
    page = call.query(queries.JobQuery)
    async with call.reading() as db:
        return await queries.jobs(db, call.actor, page)


@operation("GET", "/my/jobs", tag=TAG, by=FIELD, query=queries.DayQuery, answer=list[queries.JobCard], etag=True)
async def list_my_jobs(call: Call) -> object:
    """List a technician's jobs of one day, in the order of their slots.

    Today, as each site counts its days, unless a day is given.
    """
    day = call.query(queries.DayQuery).day
    async with call.reading() as db:
        return await queries.jobs_of_day(db, call.actor, day, utc_now())


@operation(
    "GET",
    "/jobs/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=JobId,
    answer=JobSheet,
    problems=(NotFound,),
    etag=True,
    keys=True,
)
async def show_job(call: Call) -> object:
    """Show a job with its visits, and what was done to its unit before."""
    job_id = call.params(JobId).id
    async with call.reading() as db:
        job = await queries.job(db, call.actor, job_id)
        if job is None:
            raise NotFound("There is no such job among yours.")
        visits = await queries.visits_of(db, call.actor, job_id)
        return JobSheet(job, visits, await history(db, call.actor, job.unit_id, job_id))

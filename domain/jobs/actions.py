"""Creating, accepting and cancelling jobs."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select

from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job
from domain.jobs.scope import take_from, tell_whole
from domain.jobs.visits import CANCELLED, JobClosed, JobNotAssigned, abandon, job_of, open_job, open_visits
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Count, Line, Moment, Note, OptionalLine, Priority, Reason, Word
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK, FIELD

JobKind = Literal["repair", "install", "maintain", "inspect", "advise"]
Mode = Literal["on_site", "bench", "remote"]
EstimatedMinutes = Annotated[int, Meta(ge=5, le=14 * 24 * 60)]


class NotYourJob(Problem, kind=Kind.FORBIDDEN, queued="recorded"):
    """This job is another technician's."""


class CreateJob(Command, tag="job.create", frozen=True, kw_only=True):
    """Create a job on one unit.

    Machines at one site are sibling jobs: name the first one in ``sibling_of``. Site and contact are the customer's.
    """

    kind: JobKind
    mode: Mode = "on_site"
    customer_id: UUID
    site_id: UUID
    unit_id: UUID
    contact_id: UUID | None = None
    subject: Line
    problem: Note = ""
    priority: Priority = 3
    estimated_minutes: EstimatedMinutes = 60
    required_from: Moment
    required_to: Moment
    tools: OptionalLine = ""
    reminder: OptionalLine = ""
    sibling_of: UUID | None = None


class AcceptJob(Command, tag="job.accept", frozen=True, kw_only=True):
    """Accept a job that is assigned to you, or to your partner or team and to nobody in particular."""

    job_id: UUID


class CancelJob(Command, tag="job.cancel", frozen=True, kw_only=True):
    """Cancel a job; its open visits are abandoned and leave the phones."""

    job_id: UUID
    reason: Reason


class JobCreated(Answer, frozen=True, kw_only=True):
    """The id and number of the new job."""

    id: UUID
    number: Count


class JobChanged(Answer, frozen=True, kw_only=True):
    """How the job stands now."""

    job_id: UUID
    state: Word


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_FROM = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
_TO = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)


@action(
    CreateJob,
    by=DESK,
    answer=JobCreated,
    raises=(InvalidRequest,),
    creates=True,
    example=CreateJob(
        kind="repair",
        customer_id=_ID,
        site_id=_ID,
        unit_id=_ID,
        subject="Does not drain",
        required_from=_FROM,
        required_to=_TO,
    ),
)
async def create_job(work: Work, cmd: CreateJob) -> Done:
    """Add the job if customer, site, contact and unit belong together."""
    if not cmd.required_from < cmd.required_to:
        raise InvalidRequest("The job is required until after it is required from.", field="required_to")
    if await work.db.scalar(select(Customer.id).where(Customer.id == cmd.customer_id)) is None:
        raise InvalidRequest("There is no such customer.", field="customer_id")
    if await work.db.scalar(select(Site.customer_id).where(Site.id == cmd.site_id)) != cmd.customer_id:
        raise InvalidRequest("The customer has no such site.", field="site_id")
    if cmd.contact_id is not None:
        owner = await work.db.scalar(select(Contact.customer_id).where(Contact.id == cmd.contact_id))
        if owner != cmd.customer_id:
            raise InvalidRequest("The customer has no such contact.", field="contact_id")
    unit = (await work.db.execute(select(Unit.customer_id).where(Unit.id == cmd.unit_id))).one_or_none()
    if unit is None or unit.customer_id not in (None, cmd.customer_id):
        raise InvalidRequest("The customer has no such unit.", field="unit_id")
    if cmd.sibling_of is not None and await work.db.scalar(select(Job.id).where(Job.id == cmd.sibling_of)) is None:
        raise InvalidRequest("There is no such job to be a sibling of.", field="sibling_of")
    job = Job(
        id=new_id(),
        kind=cmd.kind,
        mode=cmd.mode,
        state="open",
        customer_id=cmd.customer_id,
        site_id=cmd.site_id,
        contact_id=cmd.contact_id,
        unit_id=cmd.unit_id,
        sibling_of=cmd.sibling_of,
        subject=cmd.subject,
        problem=cmd.problem,
        priority=cmd.priority,
        estimated_minutes=cmd.estimated_minutes,
        required_from=cmd.required_from,
        required_to=cmd.required_to,
        tools=cmd.tools,
        reminder=cmd.reminder,
        created_by=work.actor.account_id,
        created_at=work.now,
    )
    work.db.add(job)
    await work.db.flush()
    return Done(JobCreated(id=job.id, number=job.number))


@action(
    AcceptJob,
    by=FIELD,
    answer=JobChanged,
    raises=(NotFound, NotYourJob, JobClosed, JobNotAssigned),
    example=AcceptJob(job_id=_ID),
)
async def accept_job(work: Work, cmd: AcceptJob) -> Done:
    """Name the technician and note that they will come; accepting again changes nothing."""
    job = await open_job(work, cmd.job_id)
    if job.assignment_id is None:
        raise JobNotAssigned("The office has not given this job to anybody.")
    if job.partner_id != work.actor.partner_id or job.technician_id not in (None, work.actor.account_id):
        raise NotYourJob("Somebody else has this job.")
    if job.state != "assigned":
        return Done(JobChanged(job_id=job.id, state=job.state), outcome="superseded")
    job.technician_id, job.state, job.version = work.actor.account_id, "accepted", job.version + 1
    await tell_whole(work, [job])
    return Done(JobChanged(job_id=job.id, state=job.state))


@action(
    CancelJob,
    by=DESK,
    answer=JobChanged,
    raises=(NotFound, JobClosed),
    example=CancelJob(job_id=_ID, reason="the customer repaired it"),
)
async def cancel_job(work: Work, cmd: CancelJob) -> Done:
    """Close the job and its open visits; cancelling again changes nothing."""
    job = await job_of(work, cmd.job_id)
    if job.state == "cancelled":
        return Done(JobChanged(job_id=job.id, state=job.state), outcome="superseded")
    if job.state == "completed":
        raise JobClosed("The job is completed; what was done cannot be cancelled.", state=job.state)
    for visit in await open_visits(work, job.id):
        abandon(work, visit, CANCELLED)
    job.state, job.cancelled_reason, job.closed_at, job.version = "cancelled", cmd.reason, work.now, job.version + 1
    if job.technician_id is not None:
        await take_from(work, job.technician_id, job.partner_id, job.id, "cancelled")
    return Done(JobChanged(job_id=job.id, state=job.state))

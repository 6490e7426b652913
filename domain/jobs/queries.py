"""What can be read of jobs: the desk's list, a technician's day, one job with its visits."""

import datetime as dt
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Date, DateTime, Text, and_, bindparam, cast, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.limits import Day, Moment, Word
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import AnySelect, Prepared, Read
from domain.people.access import own_params, own_rows, own_rows_of
from domain.people.model import Account

visits_max = 200
"""No job is visited more often."""
day_begins_before, day_ends_after = dt.timedelta(hours=14), dt.timedelta(hours=36)
"""Between these, counted from midnight UTC, lies what any time zone calls that day or, now, today."""


class JobQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs: in a state, of a technician, on a unit, required from and to."""

    state: Word | None = None
    technician_id: UUID | None = None
    unit_id: UUID | None = None
    required_after: Moment | None = msgspec.field(default=None, name="from")
    required_before: Moment | None = msgspec.field(default=None, name="to")


class DayQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day, as the sites count days; today when it is not given."""

    day: Day | None = None


class JobLine(msgspec.Struct, frozen=True):
    """A job as the desk's list shows it."""

    id: UUID
    number: int
    kind: str
    mode: str
    state: str
    priority: int
    subject: str
    required_from: dt.datetime
    required_to: dt.datetime
    customer_id: UUID
    customer_name: str
    site_id: UUID
    site_name: str
    city: str
    time_zone: str
    unit_id: UUID
    serial: str
    model_name: str
    partner_id: UUID | None
    technician_id: UUID | None
    technician: str | None


class JobCard(msgspec.Struct, frozen=True):
    """A job of a technician's day: who, where, which machine, what is wrong, what was promised, how far it is."""

    job_id: UUID
    number: int
    kind: str
    mode: str
    state: str
    priority: int
    subject: str
    problem: str
    tools: str
    reminder: str
    estimated_minutes: int
    customer_id: UUID
    customer_name: str
    contact_name: str | None
    contact_phone: str | None
    site_id: UUID
    site_name: str
    address: str
    city: str
    time_zone: str
    unit_id: UUID
    serial: str
    unit_name: str
    model_code: str
    model_name: str
    visit_id: UUID
    visit_number: int
    visit_state: str
    promised_from: dt.datetime
    promised_to: dt.datetime


class JobFacts(msgspec.Struct, frozen=True):
    """Everything about a job itself; the unit's reference and since when it stands there are null for a partner's."""

    id: UUID
    number: int
    kind: str
    mode: str
    state: str
    priority: int
    subject: str
    problem: str
    tools: str
    reminder: str
    estimated_minutes: int
    required_from: dt.datetime
    required_to: dt.datetime
    sibling_of: UUID | None
    cancelled_reason: str | None
    customer_id: UUID
    customer_name: str
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    site_id: UUID
    site_name: str
    address: str
    city: str
    time_zone: str
    unit_id: UUID
    serial: str
    unit_name: str
    reference_number: str | None
    installed_on: dt.date | None
    model_id: UUID
    model_code: str
    model_name: str
    partner_id: UUID | None
    technician_id: UUID | None
    technician: str | None
    version: int
    created_at: dt.datetime
    closed_at: dt.datetime | None


class VisitLine(msgspec.Struct, frozen=True):
    """A visit as its job shows it."""

    id: UUID
    number: int
    state: str
    technician_id: UUID
    technician: str | None
    planned_from: dt.datetime
    planned_to: dt.datetime
    arrived_at: dt.datetime | None
    completed_at: dt.datetime | None
    result: str | None
    abandoned_reason: str | None


def _with_places(statement: AnySelect) -> AnySelect:
    """Join a job's customer, site, unit and model."""
    return (
        statement.join(Customer, Customer.id == Job.customer_id)
        .join(Site, Site.id == Job.site_id)
        .join(Unit, Unit.id == Job.unit_id)
        .join(Model, Model.id == Unit.model_id)
    )


_JOBS = Read(
    JobLine,
    _with_places(
        select(
            Job.id,
            Job.number,
            Job.kind,
            Job.mode,
            Job.state,
            Job.priority,
            Job.subject,
            Job.required_from,
            Job.required_to,
            Job.customer_id,
            Customer.name.label("customer_name"),
            Job.site_id,
            Site.name.label("site_name"),
            Site.city,
            Site.time_zone,
            Job.unit_id,
            Unit.serial,
            Model.name.label("model_name"),
            Job.partner_id,
            Job.technician_id,
            Account.name.label("technician"),
        ).select_from(Job)
    ).outerjoin(Account, Account.id == Job.technician_id),
)
_CARDS = Read(
    JobCard,
    _with_places(
        select(
            Job.id.label("job_id"),
            Job.number,
            Job.kind,
            Job.mode,
            Job.state,
            Job.priority,
            Job.subject,
            Job.problem,
            Job.tools,
            Job.reminder,
            Job.estimated_minutes,
            Job.customer_id,
            Customer.name.label("customer_name"),
            Contact.name.label("contact_name"),
            Contact.phone.label("contact_phone"),
            Job.site_id,
            Site.name.label("site_name"),
            Site.address,
            Site.city,
            Site.time_zone,
            Job.unit_id,
            Unit.serial,
            Unit.name.label("unit_name"),
            Model.code.label("model_code"),
            Model.name.label("model_name"),
            Visit.id.label("visit_id"),
            Visit.number.label("visit_number"),
            Visit.state.label("visit_state"),
            Visit.planned_from.label("promised_from"),
            Visit.planned_to.label("promised_to"),
        )
        .select_from(Visit)
        .join(Job, Job.id == Visit.job_id)
    )
    .outerjoin(Contact, Contact.id == Job.contact_id)
    .where(Visit.state != "abandoned")
    .order_by(Visit.planned_from, Visit.id),
)


def _facts(told: bool) -> Read[JobFacts]:
    def ours(column: Any, kind: Any) -> Any:
        return column if told else cast(null(), kind).label(column.key)

    return Read(
        JobFacts,
        _with_places(
            select(
                Job.id,
                Job.number,
                Job.kind,
                Job.mode,
                Job.state,
                Job.priority,
                Job.subject,
                Job.problem,
                Job.tools,
                Job.reminder,
                Job.estimated_minutes,
                Job.required_from,
                Job.required_to,
                Job.sibling_of,
                Job.cancelled_reason,
                Job.customer_id,
                Customer.name.label("customer_name"),
                Contact.name.label("contact_name"),
                Contact.phone.label("contact_phone"),
                Contact.email.label("contact_email"),
                Job.site_id,
                Site.name.label("site_name"),
                Site.address,
                Site.city,
                Site.time_zone,
                Job.unit_id,
                Unit.serial,
                Unit.name.label("unit_name"),
                ours(Unit.reference_number, Text),
                ours(Unit.installed_on, Date),
                Unit.model_id,
                Model.code.label("model_code"),
                Model.name.label("model_name"),
                Job.partner_id,
                Job.technician_id,
                Account.name.label("technician"),
                Job.version,
                Job.created_at,
                Job.closed_at,
            ).select_from(Job)
        )
        .outerjoin(Contact, Contact.id == Job.contact_id)
        .outerjoin(Account, Account.id == Job.technician_id),
    )


_FACTS, _PARTNERS_FACTS = _facts(told=True), _facts(told=False)
_VISITS = Read(
    VisitLine,
    select(
        Visit.id,
        Visit.number,
        Visit.state,
        Visit.technician_id,
        Account.name.label("technician"),
        Visit.planned_from,
        Visit.planned_to,
        Visit.arrived_at,
        Visit.completed_at,
        Visit.result,
        Visit.abandoned_reason,
    )
    .outerjoin(Account, Account.id == Visit.technician_id)
    .order_by(Visit.number),
)


def own_jobs(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that keeps a statement to jobs this principal may see.

    A technician sees their own, and those given to their partner or team and to nobody in particular.
    """
    side = own_rows(actor, Job.partner_id)
    if actor.role is not Role.TECHNICIAN:
        return side
    for_anybody = and_(Job.technician_id.is_(None), Job.assignment_id.is_not(None))
    return and_(side, or_(Job.technician_id == actor.account_id, for_anybody))


async def jobs(db: AsyncConnection, actor: Actor, page: JobQuery) -> Page[JobLine]:
    """Return a page of jobs, the latest required first."""
    statement = _JOBS.statement.where(own_jobs(actor))
    if page.state is not None:
        statement = statement.where(Job.state == page.state)
    if page.technician_id is not None:
        statement = statement.where(Job.technician_id == page.technician_id)
    if page.unit_id is not None:
        statement = statement.where(Job.unit_id == page.unit_id)
    if page.required_after is not None:
        statement = statement.where(Job.required_from >= page.required_after)
    if page.required_before is not None:
        statement = statement.where(Job.required_from < page.required_before)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(or_(Job.required_from < at, and_(Job.required_from == at, Job.id < last)))
    latest = statement.order_by(Job.required_from.desc(), Job.id.desc())
    rows = await _JOBS.all(db, latest.limit(page.limit + 1))
    return page_of(rows, page.limit, "required_from", "id")


@cache
def _own_day(role: Role, ours: bool) -> Prepared:
    """Return the statement of a technician's days, kept for all of a side, because phones ask this most of all."""
    today = cast(func.timezone(Site.time_zone, bindparam("now", type_=DateTime(timezone=True))), Date)
    of_day = _CARDS.statement.where(
        own_rows_of(role, ours, Visit.partner_id, Visit.technician_id),
        Visit.planned_from >= bindparam("first"),
        Visit.planned_from < bindparam("last"),
        cast(func.timezone(Site.time_zone, Visit.planned_from), Date)
        == func.coalesce(bindparam("day", type_=Date()), today),
    )
    return Prepared(of_day, "first", "last", "day", "now", *own_params(SYSTEM))


async def jobs_of_day(db: AsyncConnection, actor: Actor, day: dt.date | None, now: dt.datetime) -> list[JobCard]:
    """Return a technician's visits of one site-local day, or of today as each site counts it; one statement."""
    midnight = dt.datetime.combine(day or now.date(), dt.time(), dt.UTC)
    given = {"first": midnight - day_begins_before, "last": midnight + day_ends_after, "day": day, "now": now}
    rows = await _own_day(actor.role, actor.partner_id is None).all(db, {**given, **own_params(actor)})
    return [JobCard(*row) for row in rows]


async def job(db: AsyncConnection, actor: Actor, job_id: UUID) -> JobFacts | None:
    """Return one job, or None; a partner's people learn nothing from which the warranty's end could be reckoned."""
    read = _FACTS if actor.partner_id is None else _PARTNERS_FACTS
    return await read.first(db, read.statement.where(Job.id == job_id, own_jobs(actor)))


async def visits_of(db: AsyncConnection, actor: Actor, job_id: UUID) -> list[VisitLine]:
    """Return the visits of a job, in their order."""
    statement = _VISITS.statement.where(Visit.job_id == job_id, own_rows(actor, Visit.partner_id))
    return await _VISITS.all(db, statement.limit(visits_max))

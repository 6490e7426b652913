"""What a technician's phone may hold, and telling it what came, changed and left.

The feed of a technician says what ``scope_of`` says: whoever changes a job or a visit tells it in the same transaction.
What only the clock changes is told by ``move_window``.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Exists,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from domain.jobs.model import Job, Visit
from domain.kit.actor import Actor
from domain.kit.feeds import FeedEntry
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_rows

sent_ahead = dt.timedelta(days=30)
"""How long before it is required or planned a job comes to the phone."""
kept_after_closing = dt.timedelta(days=7)
"""How long a completed job stays on the phone."""
jobs_at_once = 500
"""How many jobs one transaction moves in or out of the window."""
MOVE_WINDOW = "scope.window"
"""The worker's task that tells what only the clock changed."""
Why = Literal["reassigned", "cancelled", "window"]
_own_visit = aliased(Visit)
_OPEN = ("open", "assigned", "accepted", "in_progress")


class VisitHeld(Protocol):
    """A visit as far as telling of it needs."""

    @property
    def id(self) -> UUID: ...  # noqa: D102
    @property
    def job_id(self) -> UUID: ...  # noqa: D102
    @property
    def technician_id(self) -> UUID: ...  # noqa: D102
    @property
    def partner_id(self) -> UUID | None: ...  # noqa: D102


class Standing(NamedTuple):
    """How a job stands, as far as the scope asks; ``first_at`` is when it is required or first planned."""

    technician_id: UUID | None
    state: str
    closed_at: dt.datetime | None
    first_at: dt.datetime


class OwnVisit(NamedTuple):
    """A visit of a job's own technician, as far as the scope asks."""

    id: UUID
    state: str
    planned_from: dt.datetime


STANDING = (Job.technician_id, Job.state, Job.closed_at, Job.required_from)
"""The columns of a job's ``Standing``, but for its visits."""


def why_gone(job: Standing, technician_id: UUID, now: dt.datetime) -> Why | None:
    """Decide why a technician's phone may not hold a job and the visits on it; None while it may."""
    if job.technician_id != technician_id:
        return "reassigned"
    if job.state == "cancelled":
        return "cancelled"
    if job.state == "completed":
        return None if job.closed_at is not None and job.closed_at > now - kept_after_closing else "window"
    return None if job.first_at <= now + sent_ahead else "window"


def in_scope(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition that a job may be held by its technician's phone; the same decision in SQL."""
    return _in_scope(now + sent_ahead, now - kept_after_closing)


def _in_scope(horizon: Any, kept_since: Any) -> ColumnElement[bool]:
    planned = (
        exists()
        .where(
            _own_visit.job_id == Job.id,
            _own_visit.technician_id == Job.technician_id,
            _own_visit.state != "abandoned",
            _own_visit.planned_from <= horizon,
        )
        .correlate(Job)
    )
    return and_(
        Job.technician_id.is_not(None),
        or_(
            and_(Job.state.in_(_OPEN), or_(Job.required_from <= horizon, planned)),
            and_(Job.state == "completed", Job.closed_at > kept_since),
        ),
    )


def standing(job: Job, first_at: dt.datetime | None = None) -> Standing:
    """Return how a loaded job stands."""
    return Standing(job.technician_id, job.state, job.closed_at, first_at or job.required_from)


async def standing_now(work: Work, visit: VisitHeld) -> Standing | None:
    """Return how a visit's job stands at this moment, None when the principal can no longer see it."""
    found = (await work.db.execute(select(*STANDING).where(Job.id == visit.job_id))).one_or_none()
    return None if found is None else Standing(*found)


async def scope_of(db: AsyncConnection, actor: Actor, now: dt.datetime) -> set[tuple[str, UUID]]:
    """Return everything a technician's phone should hold, as (kind, id)."""
    own = and_(Job.technician_id == actor.account_id, own_rows(actor, Job.partner_id), in_scope(now))
    jobs = select(literal("job").label("kind"), Job.id).where(own)
    visits = (
        select(literal("visit"), Visit.id)
        .join(Job, Job.id == Visit.job_id)
        .where(own, own_rows(actor, Visit.partner_id, Visit.technician_id))
    )
    return {(kind, entity_id) for kind, entity_id in (await db.execute(union_all(jobs, visits))).all()}


async def tell_job(work: Work, job: Job) -> None:
    """Tell the phone of a job's technician that it changed; its visits too where it may have come or gone by that."""
    if job.technician_id is None:
        return
    if job.required_from > work.now + sent_ahead or why_gone(standing(job), job.technician_id, work.now):
        await tell_whole(work, [job])
    else:
        work.changes.touch(job.technician_id, job.partner_id, "job", job.id)


async def tell_visit(work: Work, visit: VisitHeld, job: Standing | None) -> None:
    """Tell the phone of a visit's technician that the visit changed.

    ``job`` is how its job stands, None where it went to others. A statement is spent only on a job far ahead, which
    the visit may bring along.
    """
    why: Why | None = "reassigned"
    if job is not None:
        why = why_gone(job, visit.technician_id, work.now)
        if job.technician_id == visit.technician_id and job.first_at > work.now + sent_ahead:
            await tell_whole(work, [await work.db.get_one(Job, visit.job_id)])
            return
    if why is None:
        work.changes.touch(visit.technician_id, visit.partner_id, "visit", visit.id)
    else:
        work.changes.remove(visit.technician_id, visit.partner_id, "visit", visit.id, why)


async def take_from(work: Work, technician_id: UUID, partner_id: UUID | None, job_id: UUID, why: Why) -> None:
    """Take a job and a technician's visits on it from the technician's phone."""
    work.changes.remove(technician_id, partner_id, "job", job_id, why)
    own = select(Visit.id).where(Visit.job_id == job_id, Visit.technician_id == technician_id)
    for visit_id in (await work.db.scalars(own)).all():
        work.changes.remove(technician_id, partner_id, "visit", visit_id, why)


_OWN_VISITS = Prepared(
    select(Visit.job_id, Visit.id, Visit.state, Visit.planned_from)
    .join(Job, Job.id == Visit.job_id)
    .where(Job.id == func.any(bindparam("jobs", type_=ARRAY(Uuid))), Visit.technician_id == Job.technician_id),
    "jobs",
)


async def tell_whole(work: Work, jobs: Sequence[Job]) -> None:
    """Give jobs with their technicians' own visits to the phones, or take them, as the scope says; one statement."""
    await work.flush()
    rows = await work.driver.fetch(_OWN_VISITS.sql, *_OWN_VISITS.values({"jobs": [job.id for job in jobs]}))
    visits: dict[UUID, list[OwnVisit]] = {job.id: [] for job in jobs}
    for job_id, *visit in rows:
        visits[job_id].append(OwnVisit(*visit))
    for job in jobs:
        tell_with(work, job, visits[job.id])


def tell_with(work: Work, job: Job, visits: Sequence[OwnVisit]) -> None:
    """Give a job with its technician's own visits to the phone, or take them, as the scope says."""
    if job.technician_id is None:
        return
    first_at = min([job.required_from, *(visit.planned_from for visit in visits if visit.state != "abandoned")])
    why = why_gone(standing(job, first_at), job.technician_id, work.now)
    for kind, entity_id in [("job", job.id), *(("visit", visit.id) for visit in visits)]:
        if why is None:
            work.changes.touch(job.technician_id, job.partner_id, kind, entity_id)
        else:
            work.changes.remove(job.technician_id, job.partner_id, kind, entity_id, why)


async def tell_jobs(work: Work, which: ColumnElement[bool]) -> None:
    """Tell the phones that hold one of these jobs that what they show of it changed; one statement."""
    await work.flush()
    held = select(Job.id, Job.technician_id, Job.partner_id).where(which, in_scope(work.now))
    for job_id, technician_id, partner_id in (await work.db.execute(held)).all():
        assert technician_id is not None, "in scope is what somebody holds"
        work.changes.touch(technician_id, partner_id, "job", job_id)


async def tell_jobs_on(work: Work, unit_id: UUID, *sides: UUID | None) -> None:
    """Tell the phones that hold a job on a unit that what they show of the unit changed.

    ``sides`` are the partners whose phones show it, None for our own; without any it is everybody's.
    """
    await work.flush()
    held = _held_on(len(sides))
    given: dict[str, Any] = {f"side{number}": side for number, side in enumerate(sides)}
    given |= {"unit": unit_id, **scope_params(work.now)}
    for job_id, technician_id, partner_id in await work.driver.fetch(held.sql, *held.values(given)):
        work.changes.touch(technician_id, partner_id, "job", job_id)


@cache
def _held_on(sides: int) -> Prepared:
    """Return the statement of the jobs on a unit that phones of so many sides hold; made once, run by every visit."""
    names = [f"side{number}" for number in range(sides)]
    statement = select(Job.id, Job.technician_id, Job.partner_id).where(held_on(bindparam("unit"), *names))
    return Prepared(statement, "unit", "horizon", "kept_since", *names)


def held_on(unit_id: Any, *sides: str) -> ColumnElement[bool]:
    """Return the condition that phones hold a job on a unit; ``sides`` names parameters, as ``scope_params`` does."""
    of_them = or_(*(Job.partner_id.is_not_distinct_from(bindparam(name)) for name in sides)) if sides else true()
    return and_(Job.unit_id == unit_id, of_them, _in_scope(bindparam("horizon"), bindparam("kept_since")))


def scope_params(now: dt.datetime) -> dict[str, dt.datetime]:
    """Return the parameters of ``held_on``, but for its sides."""
    return {"horizon": now + sent_ahead, "kept_since": now - kept_after_closing}


def _is_told(kind: str, entity_id: Any) -> Exists:
    """Return the condition that the feed of a job's technician says that an entity is there."""
    return exists().where(
        FeedEntry.feed == func.concat("t:", cast(Job.technician_id, Text)),
        FeedEntry.kind == kind,
        FeedEntry.entity_id == entity_id,
        FeedEntry.removed.is_(None),
    )


async def move_window(work: Work, after: UUID) -> UUID | None:
    """Tell what only the clock changed, for the next jobs by id: what came near, and what closed long ago.

    Whatever else a feed says otherwise than the scope is put right too. Returns the id to go on after, None when
    nothing is left; running it again changes nothing.
    Locks: the jobs; those that somebody is changing now are told by that.
    """
    # Each side is gathered whole before it is sorted: walking all jobs by their ids would find as much, slowly.
    live = select(FeedEntry.feed, FeedEntry.kind, FeedEntry.entity_id).where(FeedEntry.removed.is_(None)).cte("live")
    jobs_told = select(live.c.feed, live.c.entity_id.label("job_id")).where(live.c.kind == "job")
    visits_told = (
        select(live.c.feed, Visit.job_id)
        .join(Visit, Visit.id == live.c.entity_id)
        .where(live.c.kind == "visit", live.c.feed == func.concat("t:", cast(Visit.technician_id, Text)))
    )
    told = union_all(jobs_told, visits_told).cte("told")
    gone = (
        select(Job.id)
        .join(told, and_(told.c.job_id == Job.id, told.c.feed == func.concat("t:", cast(Job.technician_id, Text))))
        .where(Job.id > after, in_scope(work.now).is_not(true()))
    )
    unsaid = exists().where(
        _own_visit.job_id == Job.id,
        _own_visit.technician_id == Job.technician_id,
        ~_is_told("visit", _own_visit.id).correlate(Job, _own_visit),
    )
    untold = or_(~_is_told("job", Job.id).correlate(Job), unsaid.correlate(Job))
    come = select(Job.id).where(Job.state.in_(_OPEN), Job.id > after, in_scope(work.now), untold)
    moved = union(gone, come).cte("moved").prefix_with("MATERIALIZED", dialect="postgresql")
    ids = (await work.db.scalars(select(moved.c.id).order_by(moved.c.id).limit(jobs_at_once))).all()
    jobs = await work.db.scalars(
        select(Job).where(Job.id.in_(ids)).order_by(Job.id).with_for_update(key_share=True, skip_locked=True)
    )
    await tell_whole(work, jobs.all())
    return ids[-1] if len(ids) == jobs_at_once else None

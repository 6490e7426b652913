"""The steps of a visit, as its technician presses them or the office keys them in."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from domain.jobs.model import Job, Visit
from domain.jobs.rules import Span, next_state, overlap, reckon
from domain.jobs.scope import standing, tell_job, tell_visit
from domain.jobs.visits import (
    CLOSED,
    JobCancelled,
    JobReassigned,
    NotYourVisit,
    VisitClosed,
    before_it_was_taken,
    closed,
    lock_job_and_visit,
    taken_away,
    was_there,
    write_event,
)
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Moment, Reason, Word
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import AnySelect
from domain.kit.work import Work
from domain.people.access import SHEET

look_back = dt.timedelta(days=31)
"""How far from its plan a visit may lie to be compared with another one."""


class StepOutOfOrder(Problem, kind=Kind.CONFLICT, queued="recorded"):
    """The visit has not come to this step."""


class StartTravel(Command, tag="visit.travel", frozen=True, kw_only=True):
    """Set out for a visit.

    ``at`` is the phone's clock. A step that is already past is kept in the time line and changes nothing.
    """

    visit_id: UUID
    at: Moment


class ArriveAtVisit(Command, tag="visit.arrive", frozen=True, kw_only=True):
    """Arrive at the site; going straight here without having set out is fine."""

    visit_id: UUID
    at: Moment


class StartWork(Command, tag="visit.start", frozen=True, kw_only=True):
    """Start working; the steps before may have been forgotten."""

    visit_id: UUID
    at: Moment


class PauseWork(Command, tag="visit.pause", frozen=True, kw_only=True):
    """Pause the work."""

    visit_id: UUID
    at: Moment


class ResumeWork(Command, tag="visit.resume", frozen=True, kw_only=True):
    """Go on after a pause."""

    visit_id: UUID
    at: Moment


class AbandonVisit(Command, tag="visit.abandon", frozen=True, kw_only=True):
    """Give a visit up, with a reason; the job waits for another one."""

    visit_id: UUID
    at: Moment
    reason: Reason


class VisitStepped(Answer, frozen=True, kw_only=True):
    """How the visit stands now, and what is noted: clock-uncertain, overlaps-actual."""

    visit_id: UUID
    state: Word
    flags: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of a step: when it happened, whether it was already past, what has to be noted."""

    at: dt.datetime
    superseded: bool
    flags: tuple[str, ...]


async def take_step(
    work: Work,
    job: Job | None,
    visit: Visit,
    step: str,
    said_at: dt.datetime,
    reason: str | None = None,
    *,
    ends_at_once: bool = False,
    meanwhile: Sequence[Span] | None = None,
) -> Stepped:
    """Move a locked visit by one step, write the time line and tell the technician's phones.

    ``reason`` is why it is abandoned. ``ends_at_once`` says that its completion follows in the same operation: whether
    the technician was elsewhere meanwhile is asked then, when it is known how long that was. ``meanwhile`` is where the
    technician was, when that has been gathered already.
    Raises: StepOutOfOrder, VisitClosed, JobReassigned, JobCancelled.
    """
    accepted = work.accepted and taken_away(visit)
    if taken_away(visit) and not was_there(visit) and not accepted:
        raise closed(visit)
    then = next_state(before_it_was_taken(visit) if accepted else visit.state, step)
    if then == "impossible":
        if visit.state in CLOSED:
            raise closed(visit)
        raise StepOutOfOrder(f"A visit that is {visit.state} cannot {step}.", state=visit.state)
    reckoned = reckon(said_at, work.now, work.stamp.client_at, work.stamp.estimated_at)
    superseded = then == "superseded"
    write_event(work, visit, step, reckoned.at, said_at, superseded=superseded)
    if work.actor.is_office:
        visit.keyed_in_by_office = True
    if superseded:
        await tell_visit(work, visit, None if job is None else standing(job))
        return Stepped(reckoned.at, superseded=True, flags=())
    if accepted and step != "complete":
        then = visit.state  # a visit that was taken away holds no slot again; its moments are known now
    _move(visit, step, then, reckoned.at, reason)
    visit.clock_uncertain = visit.clock_uncertain or reckoned.uncertain
    flags = ["clock-uncertain"] if reckoned.uncertain else []
    asks = step in ("arrive", "start", "complete") and not ends_at_once
    if asks and _in_two_places(visit, await _meanwhile(work, visit) if meanwhile is None else meanwhile):
        visit.overlaps_actual = True
        flags.append("overlaps-actual")
    if job is not None and job.technician_id == visit.technician_id:
        if job.state in ("assigned", "accepted") and step != "abandon":
            job.state, job.version = "in_progress", job.version + 1
        await tell_job(work, job)
    await tell_visit(work, visit, None if job is None else standing(job))
    return Stepped(reckoned.at, superseded=False, flags=tuple(flags))


def _move(visit: Visit, step: str, state: str, at: dt.datetime, reason: str | None) -> None:
    visit.state, visit.version = state, visit.version + 1
    match step:
        case "travel":
            visit.travelled_at = at
        case "arrive":
            visit.arrived_at = at
        case "start":
            visit.started_at = at
        case "complete":
            visit.completed_at, visit.abandoned_reason = at, None
        case "abandon":
            visit.abandoned_reason = reason
        case _:
            pass


def _in_two_places(visit: Visit, meanwhile: Sequence[Span]) -> bool:
    """Tell whether the technician was on another visit meanwhile."""
    since = visit.arrived_at or visit.started_at
    assert since is not None, "who is there has come"
    own = Span(since, visit.completed_at)
    return any(overlap(own, other) for other in meanwhile)


async def _meanwhile(work: Work, visit: Visit) -> list[Span]:
    rows = await work.db.execute(elsewhere(visit.technician_id, visit.id, visit.arrived_at or visit.started_at))
    return [Span(row.since, row.until) for row in rows]


def elsewhere(technician_id: Any, visit_id: Any, since: Any) -> AnySelect:
    """Return a technician's other visits that had not ended at a moment: from when to when.

    One that is paused or given up does not count. The moment may be a parameter.
    """
    begun = func.coalesce(Visit.arrived_at, Visit.started_at)
    return select(begun.label("since"), Visit.completed_at.label("until")).where(
        Visit.technician_id == technician_id,
        Visit.id != visit_id,
        Visit.planned_from > since - look_back,
        Visit.state.in_(("arrived", "working", "completed")),
        begun.is_not(None),
        or_(Visit.completed_at.is_(None), Visit.completed_at > since),
    )


async def _press(work: Work, visit_id: UUID, step: str, said_at: dt.datetime, reason: str | None = None) -> Done:
    job, visit = await lock_job_and_visit(work, visit_id)
    stepped = await take_step(work, job, visit, step, said_at, reason)
    answer = VisitStepped(visit_id=visit.id, state=visit.state, flags=stepped.flags)
    if stepped.superseded:
        return Done(answer, outcome="superseded")
    return Done(answer, outcome="applied_flagged" if stepped.flags else "applied")


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
_PROBLEMS: tuple[type[Problem], ...] = (
    NotFound,
    NotYourVisit,
    StepOutOfOrder,
    VisitClosed,
    JobReassigned,
    JobCancelled,
)


@action(StartTravel, by=SHEET, answer=VisitStepped, raises=_PROBLEMS, example=StartTravel(visit_id=_ID, at=_AT))
async def start_travel(work: Work, cmd: StartTravel) -> Done:
    """Note that the technician has set out."""
    return await _press(work, cmd.visit_id, "travel", cmd.at)


@action(ArriveAtVisit, by=SHEET, answer=VisitStepped, raises=_PROBLEMS, example=ArriveAtVisit(visit_id=_ID, at=_AT))
async def arrive_at_visit(work: Work, cmd: ArriveAtVisit) -> Done:
    """Note that the technician is there."""
    return await _press(work, cmd.visit_id, "arrive", cmd.at)


@action(StartWork, by=SHEET, answer=VisitStepped, raises=_PROBLEMS, example=StartWork(visit_id=_ID, at=_AT))
async def start_work(work: Work, cmd: StartWork) -> Done:
    """Note that work began."""
    return await _press(work, cmd.visit_id, "start", cmd.at)


@action(PauseWork, by=SHEET, answer=VisitStepped, raises=_PROBLEMS, example=PauseWork(visit_id=_ID, at=_AT))
async def pause_work(work: Work, cmd: PauseWork) -> Done:
    """Note a pause."""
    return await _press(work, cmd.visit_id, "pause", cmd.at)


@action(ResumeWork, by=SHEET, answer=VisitStepped, raises=_PROBLEMS, example=ResumeWork(visit_id=_ID, at=_AT))
async def resume_work(work: Work, cmd: ResumeWork) -> Done:
    """Note that the pause is over."""
    return await _press(work, cmd.visit_id, "resume", cmd.at)


@action(
    AbandonVisit,
    by=SHEET,
    answer=VisitStepped,
    raises=_PROBLEMS,
    example=AbandonVisit(visit_id=_ID, at=_AT, reason="nobody at home"),
)
async def abandon_visit(work: Work, cmd: AbandonVisit) -> Done:
    """Close the visit without a result."""
    return await _press(work, cmd.visit_id, "abandon", cmd.at, cmd.reason)

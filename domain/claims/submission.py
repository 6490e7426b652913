"""A visit handed in whole: what a phone records step by step, in one body of a partner's own system.

Steps, lines and completion are those that a phone's commands run: there is no second set of rules.
"""

import datetime as dt
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Text, bindparam, cast, or_, select

from domain.claims.codes import OVER, Codes, SubmissionRefused, catalogue_of, refused
from domain.claims.model import Claim
from domain.claims.submitted_lines import (
    Sheet,
    SubmittedExpense,
    SubmittedFault,
    SubmittedPart,
    SubmittedPhoto,
    SubmittedReading,
    SubmittedScan,
    SubmittedTime,
    blaming,
)
from domain.jobs.held import Held, hold
from domain.jobs.model import Visit
from domain.jobs.planning import AssignJob, PlanVisit, assign_job, plan_visit, refuse_stranger
from domain.jobs.steps import take_step
from domain.jobs.visits import CLOSED, JobClosed, SlotTaken, job_of, open_visits, slot_max
from domain.kit.actor import SYSTEM, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Count, Moment, Note, Word
from domain.kit.problem import InvalidRequest, NotFound
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_params, own_rows, own_rows_of
from domain.worklog.completion import CompleteVisit, NoSignature, Result, complete


class SubmitClaim(Command, tag="claim.submit", frozen=True, kw_only=True):
    """Hand in one completed visit of a job of yours, whole.

    The visit is planned if nobody has, its lines are written and it is completed as a technician's phone would do it:
    the same rules, the claim opens by the same gate. Parts that are handed in after the day of the visit are on hold.
    Photos are uploaded before (`/uploads`) and named by their SHA-256. Where something does not fit, nothing is kept
    and `errors` says what is wrong with which field.
    """

    job_number: Count
    technician_id: UUID
    arrived_at: Moment
    completed_at: Moment
    scan: SubmittedScan
    result: Result
    summary: Note = ""
    no_signature_reason: NoSignature = "remote"
    faults: Annotated[tuple[SubmittedFault, ...], Meta(max_length=20)] = ()
    times: Annotated[tuple[SubmittedTime, ...], Meta(max_length=20)] = ()
    parts: Annotated[tuple[SubmittedPart, ...], Meta(max_length=50)] = ()
    expenses: Annotated[tuple[SubmittedExpense, ...], Meta(max_length=20)] = ()
    readings: Annotated[tuple[SubmittedReading, ...], Meta(max_length=20)] = ()
    photos: Annotated[tuple[SubmittedPhoto, ...], Meta(max_length=20)] = ()


class ClaimSubmitted(Answer, frozen=True, kw_only=True):
    """The visit and its claim: number, state and reasons as told; or why there is no claim.

    ``flags`` is what is noted: on-hold, late-entry, clock-uncertain, overlaps-actual.
    """

    visit_id: UUID
    claim_id: UUID | None = None
    claim_number: int | None = None
    state: Word | None = None
    reasons: tuple[Word, ...] = ()
    why_no_claim: Word | None = None
    flags: tuple[Word, ...] = ()


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    SubmitClaim,
    by=frozenset({Role.PARTNER_OFFICE}),
    answer=ClaimSubmitted,
    raises=(SubmissionRefused, JobClosed, SlotTaken, NotFound, InvalidRequest),
    creates=True,
    locks_unit=True,
    example=SubmitClaim(
        job_number=100123,
        technician_id=_ID,
        arrived_at=dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC),
        completed_at=dt.datetime(2026, 3, 2, 10, 45, tzinfo=dt.UTC),
        scan=SubmittedScan(scanned_text="(01)04015512003100(21)AC10-2601-000123", symbology="]Q1"),
        faults=(SubmittedFault(fault_code="W01", component_code="PUMP", designator="M1", symptom="Does not drain"),),
        times=(SubmittedTime(kind="labour", minutes=40, labour_operation="R10"),),
        parts=(SubmittedPart(part_number="PU-100"),),
        result="repaired",
        summary="Drain pump replaced, tested with a full drum",
    ),
)
async def submit_claim(work: Work, cmd: SubmitClaim) -> Done:
    """Use or plan the visit, write its lines, complete it, and tell what became of the claim."""
    if not cmd.arrived_at < cmd.completed_at <= cmd.arrived_at + slot_max:
        raise refused("completed_at", InvalidRequest.code, "A visit ends after it begins, within a day.")
    catalogue = await catalogue_of(work, cmd.job_number, cmd.technician_id, _codes(cmd))
    held = await _waiting(work, cmd, catalogue.visit_id) or await _planned(work, cmd, catalogue.job_id)
    job, visit = held.job, held.visit
    visit.submitted_through = _through(work)
    arrived = await take_step(work, job, visit, "arrive", cmd.arrived_at, ends_at_once=True)
    sheet = Sheet(work, visit, catalogue)
    await sheet.write(cmd)
    completion = CompleteVisit(
        visit_id=visit.id,
        at=cmd.completed_at,
        result=cmd.result,
        summary=cmd.summary,
        no_signature_reason=cmd.no_signature_reason,
    )
    await work.flush()
    with blaming(""):
        done: Any = await complete(work, held, completion)
    assert work.register is not None, "a command is carried out from its register"
    for follow in work.register.then.get(CompleteVisit, []):
        await follow(work, completion)
    await work.flush()
    flags = dict.fromkeys((*arrived.flags, *sheet.flags, *done.answer.flags))
    return await _told(work, visit.id, tuple(flags))


def _codes(cmd: SubmitClaim) -> Codes:
    named = [*(fault.component_code for fault in cmd.faults), *(part.component_code for part in cmd.parts)]
    return Codes(
        faults=frozenset(fault.fault_code for fault in cmd.faults),
        components=frozenset(code for code in named if code is not None),
        parts=frozenset(part.part_number for part in cmd.parts),
        operations=frozenset(time.labour_operation for time in cmd.times if time.labour_operation is not None),
    )


def _through(work: Work) -> str:
    """Return how it came: a partner's system, its people at the desk, or the worker that reads a file."""
    if work.actor.key_id is not None:
        return "api"
    return "desk" if work.actor.session_id is not None else "file"


async def _waiting(work: Work, cmd: SubmitClaim, visit_id: UUID | None) -> Held | None:
    """Return the visit that waits for this technician, held; None where something has to be planned or refused first.

    Locks: the job, then the visit.
    """
    if visit_id is None:
        return None
    held = await hold(work, visit_id)
    stands = held.job is not None and held.job.technician_id == cmd.technician_id and held.job.state not in OVER
    return held if stands and held.visit.state not in CLOSED else None


async def _planned(work: Work, cmd: SubmitClaim, job_id: UUID) -> Held:
    """Return the open visit of this technician on the job, held, planned now if there is none.

    Locks: the job, then the technician, then the visit.
    """
    visit = await _job_and_visit(work, cmd, job_id)
    await work.flush()
    return await hold(work, visit.id)


async def _job_and_visit(work: Work, cmd: SubmitClaim, job_id: UUID) -> Visit:
    job = await job_of(work, job_id)
    if job.state in OVER:
        claims = select(Claim.number).where(Claim.job_id == job.id, own_rows(work.actor, Claim.partner_id))
        numbers = list((await work.db.scalars(claims.order_by(Claim.number))).all())
        raise JobClosed(f"The job is {job.state}.", state=job.state, claims=numbers)
    with blaming(""):
        await refuse_stranger(work, cmd.technician_id, work.actor.partner_id)
    slot: dict[str, Any] = {"planned_from": cmd.arrived_at, "planned_to": cmd.completed_at}
    if job.technician_id != cmd.technician_id:
        who: dict[str, Any] = {"partner_id": work.actor.partner_id, "technician_id": cmd.technician_id}
        with blaming(""):
            assigned: Any = await assign_job.carry_out(work, AssignJob(job_id=job.id, **who, **slot))
        return await work.db.get_one(Visit, assigned.answer.visit_id)
    waiting = [visit for visit in await open_visits(work, job.id) if visit.technician_id == cmd.technician_id]
    if waiting:
        return max(waiting, key=lambda visit: (visit.state != "planned", -visit.number))
    with blaming(""):
        planned: Any = await plan_visit.carry_out(work, PlanVisit(job_id=job.id, **slot))
    return await work.db.get_one(Visit, planned.answer.visit_id)


@cache
def _claim_of(role: Role, ours: bool) -> Prepared:
    own = own_rows_of(role, ours, Claim.partner_id)
    statement = (
        select(Claim.id, Claim.number, cast(Claim.told, Text).label("told"), Visit.why_no_claim)
        .join_from(Visit, Claim, Claim.visit_id == Visit.id, isouter=True)
        .where(Visit.id == bindparam("visit_id"), or_(Claim.id.is_(None), own))
    )
    return Prepared(statement, "visit_id", *own_params(SYSTEM))


async def _told(work: Work, visit_id: UUID, flags: tuple[str, ...]) -> Done:
    actor = work.actor
    statement = _claim_of(actor.role, actor.partner_id is None)
    row = await statement.first(work.driver, {"visit_id": visit_id, **own_params(actor)})
    told = msgspec.json.decode(row["told"] or "{}")
    answer = ClaimSubmitted(
        visit_id=visit_id,
        claim_id=row["id"],
        claim_number=row["number"],
        state=told.get("state"),
        reasons=tuple(told.get("reasons", ())),
        why_no_claim=row["why_no_claim"],
        flags=flags,
    )
    return Done(answer, outcome="applied_flagged" if flags else "applied")

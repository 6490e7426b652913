"""Completing a visit: the sheet is frozen with its result and the customer's signature."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Text, bindparam, cast, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.catalog.model import FaultCode, ModelComponent
from domain.jobs.model import Job, Visit
from domain.jobs.scope import tell_jobs_on, tell_whole
from domain.jobs.steps import StepOutOfOrder, take_step
from domain.jobs.visits import JOB_COMPLETED, abandon, lock_job_and_visit, open_visits
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Moment, Note, OptionalLine, Sha256, Word
from domain.kit.problem import InvalidRequest, Kind, Problem
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import SHEET
from domain.worklog.actions import ID, LINES, SHEET_PROBLEMS
from domain.worklog.model import Fault, Photo, Reading
from domain.worklog.rules import FaultFacts, SheetFacts, missing_for_completion

Result = Literal["repaired", "not_repaired", "no_fault_found", "installed", "maintained", "inspected", "advised"]
NoSignature = Literal["absent", "declined", "remote"]

TELL_OURS = "unit.visited"
"""The worker's task that tells our own technicians' phones what a partner did to a unit."""
signature_bytes_max = 20 * 1024
signed_lines_max = 500
Coordinate = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Stroke = Annotated[tuple[tuple[Coordinate, Coordinate], ...], msgspec.Meta(min_length=1, max_length=4_000)]
Side = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The strokes of a pen on a pad of ``width`` x ``height``; x grows to the right, y downwards."""

    width: Side
    height: Side
    strokes: Annotated[tuple[Stroke, ...], msgspec.Meta(min_length=1, max_length=500)]

    def __post_init__(self) -> None:
        """Refuse more strokes than a signature can have."""
        if len(msgspec.json.encode(self.strokes)) > signature_bytes_max:
            raise ValueError(f"a signature has at most {signature_bytes_max} bytes of strokes")


class CollectionHashes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the phone made for the customer's QR: hashes of the collection code and of its PIN, never the secrets."""

    code_hash: Sha256
    pin_hash: Sha256


class CompleteVisit(Command, tag="visit.complete", frozen=True, kw_only=True):
    """Complete a visit and freeze its sheet.

    What a complete sheet needs depends on the job's kind; free text never satisfies it. The customer signs, or a
    reason says why not. ``lines`` are the ids of the lines that the customer read: where the sheet has others by now
    the completion is flagged ``sheet-differs``, and what was signed stays as it was sent. Photos whose bytes are still
    on the way do not hold it up. A visit that did not repair leaves its job in progress.
    """

    visit_id: UUID
    at: Moment
    result: Result
    summary: Note = ""
    signed_by: OptionalLine = ""
    signature: Signature | None = None
    no_signature_reason: NoSignature | None = None
    lines: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=signed_lines_max)] | None = None
    collection: CollectionHashes | None = None


class VisitCompleted(Answer, frozen=True, kw_only=True):
    """How the visit and its job stand now, and what is noted: clock-uncertain, overlaps-actual, sheet-differs."""

    visit_id: UUID
    job_id: UUID
    state: Word
    job_state: Word | None = None
    flags: tuple[Word, ...] = ()


class UnitVisited(msgspec.Struct, frozen=True):
    """The task of telling who holds a job on a unit that it was visited."""

    unit_id: UUID


class SheetIncomplete(Problem, kind=Kind.INVALID, queued="recorded"):
    """The sheet lacks what a job of this kind needs."""


@action(
    CompleteVisit,
    by=SHEET,
    answer=VisitCompleted,
    locks_unit=True,
    raises=(*SHEET_PROBLEMS, StepOutOfOrder, SheetIncomplete, InvalidRequest),
    example=CompleteVisit(
        visit_id=ID,
        at=dt.datetime(2026, 3, 2, 11, 5, tzinfo=dt.UTC),
        result="repaired",
        summary="Drain pump replaced, tested with a full drum",
        no_signature_reason="absent",
    ),
)
async def complete_visit(work: Work, cmd: CompleteVisit) -> Done:
    """Close the visit if its sheet is complete, and the job with it unless nothing was repaired.

    A second completion is kept in the time line and changes nothing: the first sheet stands as it was signed.
    """
    job, visit = await lock_job_and_visit(work, cmd.visit_id)
    return await complete(work, job, visit, cmd)


async def complete(work: Work, job: Job | None, visit: Visit, cmd: CompleteVisit) -> Done:
    """Complete a visit that is locked, with its job: None when that went to another partner."""
    stepped = await take_step(work, job, visit, "complete", cmd.at)
    if job is None or stepped.superseded:
        return Done(_answer(visit, None if job is None else job.state, ()), outcome="superseded")
    if cmd.signature is not None and cmd.no_signature_reason is not None:
        raise InvalidRequest("There is a signature or a reason for none, not both.", field="no_signature_reason")
    visit.result, visit.summary, visit.signed_by = cmd.result, cmd.summary, cmd.signed_by or None
    visit.signature = None if cmd.signature is None else msgspec.to_builtins(cmd.signature)
    visit.no_signature_reason = cmd.no_signature_reason
    await work.flush()
    missing = missing_for_completion(await sheet_facts(work, visit, job.kind, cmd))
    if missing:
        told = [{"what": one.code, "words": one.words} for one in missing]
        raise SheetIncomplete(" ".join(one.words for one in missing), missing=told)
    if cmd.result != "not_repaired":
        await _complete_job(work, job, visit, stepped.at)
    await _tell_of_history(work, job, visit)
    flags = stepped.flags
    if cmd.lines is not None and set(cmd.lines) != await _lines_of(work.db, visit.id):
        flags = (*flags, "sheet-differs")
    return Done(_answer(visit, job.state, flags), outcome="applied_flagged" if flags else "applied")


async def _lines_of(db: AsyncSession, visit_id: UUID) -> set[UUID]:
    """Return the ids of the lines that stand on a sheet."""
    standing = [select(line.id).where(line.visit_id == visit_id, line.voided_at.is_(None)) for line in LINES.values()]
    return set((await db.scalars(union_all(*standing))).all())


def _answer(visit: Visit, job_state: str | None, flags: tuple[str, ...]) -> VisitCompleted:
    return VisitCompleted(visit_id=visit.id, job_id=visit.job_id, state=visit.state, job_state=job_state, flags=flags)


async def _complete_job(work: Work, job: Job, visit: Visit, at: dt.datetime) -> None:
    """Close the job, once; visits that were planned in case of need give their slots back."""
    if job.state != "completed":
        job.state, job.closed_at, job.version = "completed", at, job.version + 1
    for other in await open_visits(work, job.id):
        if other.id != visit.id and other.state == "planned":
            abandon(work, other, JOB_COMPLETED)
    await tell_whole(work, [job])


async def _tell_of_history(work: Work, job: Job, visit: Visit) -> None:
    """Tell the phones that show what was done to this unit: the partner's own, and ours.

    A partner's transaction cannot see our jobs, so the worker tells those.
    """
    if visit.partner_id is not None:
        await tell_jobs_on(work, job.unit_id, visit.partner_id)
    if work.actor.partner_id is None:
        await tell_jobs_on(work, job.unit_id, None)
    else:
        await work.enqueue(TELL_OURS, UnitVisited(job.unit_id))


_VISIT_ID: Any = bindparam("visit_id")
_FAULTS = (
    select(
        func.json_build_array(
            FaultCode.no_fault_found, ModelComponent.designator, ModelComponent.designator_pattern, Fault.designator
        ).label("fault")
    )
    .select_from(Fault)
    .join(FaultCode, FaultCode.id == Fault.fault_code_id)
    .outerjoin(ModelComponent, ModelComponent.id == Fault.model_component_id)
    .where(Fault.visit_id == _VISIT_ID, Fault.voided_at.is_(None))
    .order_by(Fault.id)
    .subquery()
)
_READINGS, _PHOTOS = (
    select(func.count()).where(line.visit_id == _VISIT_ID, line.voided_at.is_(None)).scalar_subquery()
    for line in (Reading, Photo)
)
_SHEET = Prepared(
    select(
        cast(select(func.json_agg(_FAULTS.c.fault)).scalar_subquery(), Text).label("faults"),
        _READINGS.label("readings"),
        _PHOTOS.label("photos"),
    ),
    "visit_id",
)


async def sheet_facts(work: Work, visit: Visit, job_kind: str, cmd: CompleteVisit) -> SheetFacts:
    """Gather what the rule of completeness asks, from lines that are not voided; one statement."""
    found = await _SHEET.first(work.driver, {"visit_id": visit.id})
    faults = msgspec.json.decode(found["faults"] or "[]", type=list[tuple[bool, str | None, str | None, str]])
    return SheetFacts(
        job_kind=job_kind,
        result=cmd.result,
        faults=tuple(
            FaultFacts(no_fault_found, demand is not None, demand == "required", pattern or "", place)
            for no_fault_found, demand, pattern, place in faults
        ),
        readings=found["readings"],
        photos=found["photos"],
        signed=cmd.signature is not None,
        no_signature_reason=cmd.no_signature_reason,
    )

"""Completing a visit: the sheet is frozen with its result and the customer's signature."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select, union_all

from domain.jobs.held import Held, hold, save
from domain.jobs.model import Job, Visit
from domain.jobs.scope import tell_whole, tell_with
from domain.jobs.steps import StepOutOfOrder, take_step
from domain.jobs.visits import JOB_COMPLETED, abandon, open_visits
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Moment, Note, OptionalLine, Sha256, Word
from domain.kit.problem import InvalidRequest, Kind, Problem
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import SHEET
from domain.worklog.actions import ID, LINES, SHEET_PROBLEMS
from domain.worklog.completion_facts import CompletionFacts, gather
from domain.worklog.rules import SheetFacts, missing_for_completion

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
    on the way do not hold it up. A visit that did not repair leaves its job in progress. Where the office keys in a
    paper sheet, ``signed_by`` alone names who signed on the paper, and ``office_was_asked`` says whether its technician
    asked for it; from a technician they do not.
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
    office_was_asked: bool = False


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
    return await complete(work, await hold(work, cmd.visit_id), cmd)


async def complete(work: Work, held: Held, cmd: CompleteVisit) -> Done:
    """Complete a visit that is held; what is written is written before it returns."""
    job, visit = held.job, held.visit
    facts = await gather(work, held)
    stepped = await take_step(work, job, visit, "complete", cmd.at, meanwhile=facts.meanwhile)
    if job is None or stepped.superseded:
        await save(work, held)
        return Done(_answer(visit, None if job is None else job.state, ()), outcome="superseded")
    if cmd.signature is not None and cmd.no_signature_reason is not None:
        raise InvalidRequest("There is a signature or a reason for none, not both.", field="no_signature_reason")
    visit.result, visit.summary, visit.signed_by = cmd.result, cmd.summary, cmd.signed_by or None
    visit.signature = None if cmd.signature is None else msgspec.to_builtins(cmd.signature)
    visit.no_signature_reason = cmd.no_signature_reason
    visit.office_was_asked = work.actor.is_office and cmd.office_was_asked
    missing = missing_for_completion(_sheet_facts(work, facts, job.kind, cmd))
    if missing:
        told = [{"what": one.code, "words": one.words} for one in missing]
        raise SheetIncomplete(" ".join(one.words for one in missing), missing=told)
    await _tell_of_history(work, job, facts)
    if cmd.result != "not_repaired":
        await _complete_job(work, job, visit, stepped.at, facts)
    await save(work, held)
    flags = stepped.flags
    if cmd.lines is not None and set(cmd.lines) != await _lines_of(work, visit.id):
        flags = (*flags, "sheet-differs")
    return Done(_answer(visit, job.state, flags), outcome="applied_flagged" if flags else "applied")


_LINES = Prepared(
    union_all(
        *(
            select(line.id).where(line.visit_id == bindparam("visit_id"), line.voided_at.is_(None))
            for line in LINES.values()
        )
    ),
    "visit_id",
)


async def _lines_of(work: Work, visit_id: UUID) -> set[UUID]:
    """Return the ids of the lines that stand on a sheet."""
    rows = await work.driver.fetch(_LINES.sql, *_LINES.values({"visit_id": visit_id}))
    return {row["id"] for row in rows}


def _answer(visit: Visit, job_state: str | None, flags: tuple[str, ...]) -> VisitCompleted:
    return VisitCompleted(visit_id=visit.id, job_id=visit.job_id, state=visit.state, job_state=job_state, flags=flags)


async def _complete_job(work: Work, job: Job, visit: Visit, at: dt.datetime, facts: CompletionFacts) -> None:
    """Close the job, once; visits that were planned in case of need give their slots back."""
    if job.state != "completed":
        job.state, job.closed_at, job.version = "completed", at, job.version + 1
    if not any(other.state == "planned" and other.id != visit.id for other in facts.visits):
        tell_with(work, job, facts.visits_of(job.technician_id))
        return
    for other in await open_visits(work, job.id):
        if other.id != visit.id and other.state == "planned":
            abandon(work, other, JOB_COMPLETED)
    await tell_whole(work, [job])


async def _tell_of_history(work: Work, job: Job, facts: CompletionFacts) -> None:
    """Tell the phones that show what was done to this unit: the partner's own, and ours.

    A partner's transaction cannot see our jobs, so the worker tells those.
    """
    for shown in facts.shown_by:
        work.changes.touch(shown.technician_id, shown.partner_id, "job", shown.id)
    if work.actor.partner_id is not None:
        await work.enqueue(TELL_OURS, UnitVisited(job.unit_id))


def _sheet_facts(work: Work, facts: CompletionFacts, job_kind: str, cmd: CompleteVisit) -> SheetFacts:
    signed_on_paper = work.actor.is_office and bool(cmd.signed_by)
    return SheetFacts(
        job_kind=job_kind,
        result=cmd.result,
        faults=facts.faults,
        readings=facts.readings,
        photos=facts.photos,
        signed=cmd.signature is not None or signed_on_paper,
        no_signature_reason=cmd.no_signature_reason,
    )

"""A visit handed in whole: what a phone records step by step, in one body of a partner's own system.

Every line is written by the same actions that a phone's commands run: there is no second set of rules.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import or_, select

from domain.claims.actions import RecordScan, record_scan
from domain.claims.codes import Catalogue, Codes, SubmissionRefused, catalogue_of, refused
from domain.claims.facts import Source
from domain.claims.model import Claim
from domain.jobs.model import Visit
from domain.jobs.planning import AssignJob, PlanVisit, assign_job, plan_visit, refuse_stranger
from domain.jobs.steps import ArriveAtVisit, arrive_at_visit
from domain.jobs.visits import JobClosed, SlotTaken, job_of, open_visits, slot_max
from domain.kit.actor import Role
from domain.kit.command import Action, Answer, Command, Done, action
from domain.kit.ids import operation_id
from domain.kit.limits import (
    AmountMinor,
    Code,
    Count,
    Currency,
    Day,
    Line,
    Minutes,
    Moment,
    Note,
    OptionalLine,
    Quantity,
    Reason,
    ScannedText,
    Sha256,
    Symbology,
    Word,
)
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.worklog.actions import (
    AddExpense,
    AddPhoto,
    LogTime,
    PhotoKind,
    RecordReading,
    Short,
    TimeKind,
    add_expense,
    add_photo,
    log_time,
    record_reading,
)
from domain.worklog.completion import CompleteVisit, NoSignature, Result, SheetIncomplete, complete_visit
from domain.worklog.model import Transfer, Upload
from domain.worklog.repairs import RecordFault, UsePart, record_fault, use_part

_FIELD_OF_MISSING = {"result": "result", "reading": "readings", "photo": "photos", "signature": "no_signature_reason"}
"""Which field mends what a sheet still lacks; everything else is said of the faults."""

_NAMES = {"photo_id": "photo_sha256"}
"""How a submission names what an action's command calls otherwise."""


class SubmittedScan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reading of the unit's label; from a photo or typed, it names a photo of the label by its hash."""

    scanned_text: ScannedText
    source: Source = "camera"
    symbology: Symbology = ""
    typed_reason: Reason | None = None
    photo_sha256: Sha256 | None = None


class SubmittedFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault by its codes."""

    fault_code: Code
    symptom: Line
    component_code: Code | None = None
    designator: Short = ""
    failed_on: Day | None = None
    cause: Note = ""
    action: Note = ""


class SubmittedTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Travel or labour; labour names its operation by code."""

    kind: TimeKind
    minutes: Minutes
    labour_operation: Code | None = None


class SubmittedPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part that was fitted, counted as its catalogue counts it."""

    part_number: Code
    quantity: Quantity = 1
    old_serial: OptionalLine = ""
    new_serial: OptionalLine = ""
    component_code: Code | None = None
    designator: Short = ""


class SubmittedExpense(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that was spent."""

    kind: Word
    amount_minor: AmountMinor
    currency: Currency


class SubmittedReading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured, as the meter showed it."""

    name: Line
    value: Short
    unit_of_measure: Short = ""


class SubmittedPhoto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A photo that was uploaded before, by the SHA-256 of its bytes."""

    sha256: Sha256
    kind: PhotoKind = "other"
    caption: OptionalLine = ""
    taken_at: Moment | None = None


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


@contextmanager
def blaming(place: str) -> Iterator[None]:
    """Tell what an action refuses as said of a place in the submission."""
    try:
        yield
    except SubmissionRefused:
        raise
    except SheetIncomplete as problem:
        errors = [
            {"field": _FIELD_OF_MISSING.get(one["what"], "faults"), "code": one["what"], "words": one["words"]}
            for one in problem.facts["missing"]
        ]
        raise SubmissionRefused(problem.detail, errors=errors) from problem
    except Problem as problem:
        if problem.kind is not Kind.INVALID:
            raise
        said = str(problem.facts.get("field", ""))
        field = ".".join(part for part in (place, _NAMES.get(said, said)) if part)
        raise refused(field, problem.code, problem.detail) from problem


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
    op_id = work.op_id
    if not cmd.arrived_at < cmd.completed_at <= cmd.arrived_at + slot_max:
        raise refused("completed_at", InvalidRequest.code, "A visit ends after it begins, within a day.")
    catalogue = await catalogue_of(work, cmd.job_number, _codes(cmd))
    visit = await _visit(work, cmd, catalogue.job_id)
    writing = _Writing(work, op_id, visit.id, catalogue)
    visit.submitted_through = _through(work)
    await work.flush()
    await writing.act("arrived_at", arrive_at_visit, ArriveAtVisit(visit_id=visit.id, at=cmd.arrived_at))
    await writing.lines(cmd)
    work.op_id = op_id
    completion = CompleteVisit(
        visit_id=visit.id,
        at=cmd.completed_at,
        result=cmd.result,
        summary=cmd.summary,
        no_signature_reason=cmd.no_signature_reason,
    )
    with blaming(""):
        done = await complete_visit.carry_out(work, completion)
    writing.note(done)
    await work.flush()
    assert work.register is not None, "a command is carried out from its register"
    for follow in work.register.then.get(CompleteVisit, []):
        await follow(work, completion)
    await work.flush()
    return await _told(work, visit.id, tuple(writing.flags))


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


async def _visit(work: Work, cmd: SubmitClaim, job_id: UUID) -> Visit:
    """Return the open visit of this technician on the job, planned now if there is none.

    Locks: the job, then the technician.
    """
    job = await job_of(work, job_id)
    if job.state in ("completed", "cancelled"):
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


class _Writing:
    """The lines of one submission on their way to the sheet, each under an id of its own made from the operation's."""

    def __init__(self, work: Work, op_id: UUID, visit_id: UUID, catalogue: Catalogue) -> None:
        self.work, self.op_id, self.visit_id, self.catalogue = work, op_id, visit_id, catalogue
        self.flags: dict[str, None] = {}

    async def act(self, place: str, one: Action, command: Command) -> UUID:
        """Carry out one action for a place in the submission; returns the id of what it wrote."""
        self.work.op_id = operation_id(self.op_id, place)
        with blaming(place):
            self.note(await one.carry_out(self.work, command))
        await self.work.flush()  # the next action locks and reads the visit anew
        return self.work.op_id

    def note(self, done: Done) -> None:
        """Keep what was noted about a line."""
        self.flags |= dict.fromkeys(getattr(done.answer, "flags", ()))

    async def lines(self, cmd: SubmitClaim) -> None:
        """Write everything that stands on the sheet, photos first: the reading may name one."""
        visit: dict[str, Any] = {"visit_id": self.visit_id}
        known = self.catalogue
        label = await self._photos(cmd)
        scan = cmd.scan
        await self.act(
            "scan",
            record_scan,
            RecordScan(
                **visit,
                source=scan.source,
                scanned_text=scan.scanned_text,
                symbology=scan.symbology,
                typed_reason=scan.typed_reason,
                photo_id=label,
                scanned_at=cmd.arrived_at,
            ),
        )
        for n, fault in enumerate(cmd.faults):
            place = f"faults[{n}]"
            given: dict[str, Any] = {
                "fault_code_id": known.fault_code(place, fault.fault_code),
                "model_component_id": known.component(place, fault.component_code),
                "symptom": fault.symptom,
                "designator": fault.designator,
                "failed_on": fault.failed_on,
                "cause": fault.cause,
                "action": fault.action,
            }
            await self.act(place, record_fault, RecordFault(**visit, **given))
        for n, time in enumerate(cmd.times):
            operation = known.labour_operation(f"times[{n}]", time.labour_operation)
            entry = LogTime(**visit, kind=time.kind, minutes=time.minutes, labour_operation_id=operation)
            await self.act(f"times[{n}]", log_time, entry)
        for n, part in enumerate(cmd.parts):
            place = f"parts[{n}]"
            part_id, unit_of_measure = known.part(place, part.part_number)
            used: dict[str, Any] = {
                "part_id": part_id,
                "unit_of_measure": unit_of_measure,
                "quantity": part.quantity,
                "old_serial": part.old_serial,
                "new_serial": part.new_serial,
                "model_component_id": known.component(place, part.component_code),
                "designator": part.designator,
            }
            await self.act(place, use_part, UsePart(**visit, kind="used", **used))
        for n, expense in enumerate(cmd.expenses):
            spent = msgspec.structs.asdict(expense)
            await self.act(f"expenses[{n}]", add_expense, AddExpense(**visit, direction="spent", **spent))
        for n, reading in enumerate(cmd.readings):
            measured = msgspec.structs.asdict(reading)
            await self.act(f"readings[{n}]", record_reading, RecordReading(**visit, **measured))

    async def _photos(self, cmd: SubmitClaim) -> UUID | None:
        """Add the photos; returns the one that the reading names."""
        photos = {photo.sha256: (f"photos[{n}]", photo) for n, photo in enumerate(cmd.photos)}
        named = cmd.scan.photo_sha256
        if named is not None and named not in photos:
            photos[named] = "scan.photo_sha256", SubmittedPhoto(sha256=named, kind="label")
        if not photos:
            return None
        arrived = await _arrived(self.work, set(photos))
        ids: dict[str, UUID] = {}
        for sha256, (place, photo) in photos.items():
            if sha256 not in arrived:
                raise refused(place, "not-uploaded", "Upload this photo first; its bytes are not here.")
            given: dict[str, Any] = {
                "kind": photo.kind,
                "sha256": sha256,
                "caption": photo.caption,
                "taken_at": photo.taken_at,
            }
            ids[sha256] = await self.act(place, add_photo, AddPhoto(visit_id=self.visit_id, **given))
        return ids.get(named or "")


async def _arrived(work: Work, hashes: set[str]) -> set[str]:
    """Return which of these contents this account has uploaded, be their pictures made already or not."""
    mine = work.actor.account_id
    kept = select(Upload.sha256).where(Upload.account_id == mine, Upload.sha256.in_(hashes))
    come = select(Transfer.sha256).where(
        Transfer.account_id == mine, Transfer.sha256.in_(hashes), Transfer.finished_at.is_not(None)
    )
    return {str(one) for one in (await work.db.scalars(kept.union(come))).all()}


async def _told(work: Work, visit_id: UUID, flags: tuple[str, ...]) -> Done:
    row = (
        await work.db.execute(
            select(Claim.id, Claim.number, Claim.told, Visit.why_no_claim)
            .join_from(Visit, Claim, Claim.visit_id == Visit.id, isouter=True)
            .where(Visit.id == visit_id, or_(Claim.id.is_(None), own_rows(work.actor, Claim.partner_id)))
        )
    ).one()
    told = row.told or {}
    answer = ClaimSubmitted(
        visit_id=visit_id,
        claim_id=row.id,
        claim_number=row.number,
        state=told.get("state"),
        reasons=tuple(told.get("reasons", ())),
        why_no_claim=row.why_no_claim,
        flags=flags,
    )
    return Done(answer, outcome="applied_flagged" if flags else "applied")

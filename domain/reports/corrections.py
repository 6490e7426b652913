"""What an amendment corrects on the sheet of a completed visit: lines are struck out and written anew."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from domain.catalog.model import FaultCode, LabourOperation
from domain.jobs.model import Visit
from domain.kit.ids import new_id
from domain.kit.limits import Line, Minutes, Note
from domain.kit.problem import InvalidRequest
from domain.kit.work import Work
from domain.worklog.actions import LINES, LineKind, Short, TimeKind
from domain.worklog.model import Fault, TimeEntry
from domain.worklog.repairs import refuse_foreign_component

lines_max = 50


class StruckLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that should not be on the sheet."""

    kind: LineKind
    line_id: UUID


class CorrectedFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault line as it should read; what is left out stays as it was."""

    line_id: UUID
    fault_code_id: UUID | None = None
    symptom: Line | None = None
    cause: Note | None = None
    action: Note | None = None
    model_component_id: UUID | None = None
    designator: Short | None = None


class AddedTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Travel or labour that is missing."""

    kind: TimeKind
    minutes: Minutes
    labour_operation_id: UUID | None = None
    note: Note = ""


class Corrections(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is corrected on the sheet itself; nothing, where only the record as it stands now is frozen again."""

    notes: Note | None = None
    strike: Annotated[tuple[StruckLine, ...], Meta(max_length=lines_max)] = ()
    faults: Annotated[tuple[CorrectedFault, ...], Meta(max_length=lines_max)] = ()
    times: Annotated[tuple[AddedTime, ...], Meta(max_length=lines_max)] = ()

    @property
    def of_lines(self) -> bool:
        """Whether lines are corrected, not the notes alone."""
        return bool(self.strike or self.faults or self.times)

    def change(self, visit: Visit) -> bool:
        """Tell whether they leave anything else than it is."""
        return self.of_lines or self.notes not in (None, visit.summary)


async def check(work: Work, visit: Visit, wanted: Corrections) -> None:
    """Raise InvalidRequest unless every named line stands on the sheet, once, and what is put there is known."""
    named = [(one.kind, one.line_id) for one in wanted.strike]
    named += [("fault", one.line_id) for one in wanted.faults]
    if len({line_id for _, line_id in named}) < len(named):
        raise InvalidRequest("A line is named more than once.", field="corrections")
    for kind, line_id in named:
        line = LINES[kind]
        standing = select(line.id).where(line.id == line_id, line.visit_id == visit.id, line.voided_at.is_(None))
        if await work.db.scalar(standing) is None:
            raise InvalidRequest(f"No such {kind} stands on this sheet.", field="corrections", line_id=str(line_id))
    for fault in wanted.faults:
        code = select(FaultCode.id).where(FaultCode.id == fault.fault_code_id)
        if fault.fault_code_id is not None and await work.db.scalar(code) is None:
            raise InvalidRequest("There is no such fault code.", field="fault_code_id")
        await refuse_foreign_component(work, visit, fault.model_component_id)
    for time in wanted.times:
        operation = select(LabourOperation.id).where(LabourOperation.id == time.labour_operation_id)
        if time.labour_operation_id is not None and await work.db.scalar(operation) is None:
            raise InvalidRequest("There is no such labour operation.", field="labour_operation_id")


async def carry_out(work: Work, visit: Visit, wanted: Corrections, reason: str) -> set[UUID]:
    """Strike and write the lines of a sheet whose visit is locked; whether they can be was asked.

    Returns the lines that whoever claimed for them can claim for no more: those struck, and faults of another code.
    """
    gone = {one.line_id for one in wanted.strike}
    if wanted.notes is not None:
        visit.summary = wanted.notes
    for struck in wanted.strike:
        line: Any = await work.db.get_one(LINES[struck.kind], struck.line_id)
        line.voided_at, line.void_reason = work.now, reason
    for corrected in wanted.faults:
        fault = await work.db.get_one(Fault, corrected.line_id)
        fault.voided_at, fault.void_reason = work.now, reason
        if corrected.fault_code_id not in (None, fault.fault_code_id):
            gone.add(fault.id)
        work.db.add(_written_anew(work, fault, corrected))
    for time in wanted.times:
        given = {**msgspec.structs.asdict(time), "visit_id": visit.id, "partner_id": visit.partner_id}
        work.db.add(TimeEntry(id=new_id(), entered_at=work.now, **given))
    await work.flush()
    return gone


def _written_anew(work: Work, was: Fault, corrected: CorrectedFault) -> Fault:
    names = ("fault_code_id", "symptom", "cause", "action", "model_component_id", "designator")
    given = {name: getattr(corrected, name) for name in names}
    reads = {name: getattr(was, name) if value is None else value for name, value in given.items()}
    return Fault(
        id=new_id(),
        visit_id=was.visit_id,
        partner_id=was.partner_id,
        failed_on=was.failed_on,
        entered_at=work.now,
        **reads,
    )

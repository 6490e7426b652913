"""The lines of a job sheet: time, parts, expenses, faults, readings, photos; and taking a line back."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select

from domain.catalog.model import LabourOperation
from domain.jobs.model import Visit
from domain.jobs.visits import JobCancelled, JobReassigned, NotYourVisit, VisitClosed, open_sheet
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import (
    NO_CONTROL,
    AmountMinor,
    Currency,
    LatitudeE6,
    Line,
    LongitudeE6,
    Minutes,
    Moment,
    Note,
    OptionalLine,
    Reason,
    Sha256,
    Word,
)
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import SHEET, own_rows
from domain.worklog.model import Expense, Fault, PartUsed, Photo, Reading, TimeEntry, Upload
from domain.worklog.uploads import lock_content

TimeKind = Literal["travel", "labour"]
Direction = Literal["spent", "charged"]
PhotoKind = Literal["label", "before", "after", "receipt", "other"]
LineKind = Literal["time", "part", "expense", "fault", "reading", "photo"]
Short = Annotated[str, Meta(max_length=64, pattern=NO_CONTROL)]


class LogTime(Command, tag="time.log", frozen=True, kw_only=True):
    """Log travel or labour on a visit, in minutes.

    Labour names its labour operation, whose standard minutes it will be compared with.
    """

    visit_id: UUID
    kind: TimeKind
    minutes: Minutes
    labour_operation_id: UUID | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    note: Note = ""


class AddExpense(Command, tag="expense.add", frozen=True, kw_only=True):
    """Add money that was spent on a visit, or that the customer was charged."""

    visit_id: UUID
    direction: Direction
    kind: Word
    amount_minor: AmountMinor
    currency: Currency
    photo_id: UUID | None = None
    note: Note = ""


class RecordReading(Command, tag="reading.record", frozen=True, kw_only=True):
    """Record a measured value as the text that the meter showed, with its unit."""

    visit_id: UUID
    name: Line
    value: Short
    unit_of_measure: Short = ""


class AddPhoto(Command, tag="photo.add", frozen=True, kw_only=True):
    """Add a photo to a visit by the SHA-256 of its bytes as they are uploaded.

    The bytes travel apart and may arrive before or after; completing the visit does not wait for them. A position is
    in millionths of a degree, and of where the photo was taken.
    """

    visit_id: UUID
    kind: PhotoKind
    sha256: Sha256
    caption: OptionalLine = ""
    taken_at: Moment | None = None
    from_gallery: bool | None = None
    latitude_e6: LatitudeE6 | None = None
    longitude_e6: LongitudeE6 | None = None


class VoidLine(Command, tag="line.void", frozen=True, kw_only=True):
    """Take a line of the sheet back, with a reason; it stays readable and counts no more."""

    line_id: UUID
    kind: LineKind
    reason: Reason


class LineWritten(Answer, frozen=True, kw_only=True):
    """The id of the line, and what is noted about it: on-hold, late-entry, after-reassignment."""

    id: UUID
    flags: tuple[Word, ...] = ()


class UnknownLine(Problem, kind=Kind.MISSING, queued="recorded"):
    """There is no such line on your sheets."""


ID = UUID("0198c5b0-0000-7000-8000-000000000001")
"""The id in examples."""
SHEET_PROBLEMS: tuple[type[Problem], ...] = (NotFound, NotYourVisit, VisitClosed, JobReassigned, JobCancelled)
"""Why a sheet may not take a line."""


def written(line_id: UUID, *flags: str) -> Done:
    """Return the end of an action that wrote a line, flagged if anything is noted about it."""
    return Done(LineWritten(id=line_id, flags=flags), outcome="applied_flagged" if flags else "applied")


def entered_at(work: Work) -> dt.datetime:
    """Return when a line was entered: what late arrival at the server does not change."""
    return work.stamp.estimated_at or work.now


@action(
    LogTime,
    by=SHEET,
    answer=LineWritten,
    raises=(*SHEET_PROBLEMS, InvalidRequest),
    creates=True,
    example=LogTime(visit_id=ID, kind="labour", minutes=45, labour_operation_id=ID),
)
async def log_time(work: Work, cmd: LogTime) -> Done:
    """Add the minutes to the sheet."""
    if cmd.started_at is not None and cmd.ended_at is not None and cmd.ended_at < cmd.started_at:
        raise InvalidRequest("Work ends after it begins.", field="ended_at")
    visit, flags = await open_sheet(work, cmd.visit_id)
    named = cmd.labour_operation_id
    if named is not None and not await work.db.scalar(select(LabourOperation.id).where(LabourOperation.id == named)):
        raise InvalidRequest("There is no such labour operation.", field="labour_operation_id")
    add_time(work, visit, cmd)
    return written(work.op_id, *flags)


def add_time(work: Work, visit: Visit, cmd: LogTime) -> None:
    """Write the minutes on a sheet that is open; whether the operation is known was asked."""
    work.rows.add(
        "time_entry",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "kind": cmd.kind,
            "minutes": cmd.minutes,
            "labour_operation_id": cmd.labour_operation_id,
            "started_at": cmd.started_at,
            "ended_at": cmd.ended_at,
            "note": cmd.note,
            "entered_at": entered_at(work),
        },
    )


@action(
    AddExpense,
    by=SHEET,
    answer=LineWritten,
    raises=(*SHEET_PROBLEMS, InvalidRequest),
    creates=True,
    example=AddExpense(visit_id=ID, direction="spent", kind="parking", amount_minor=450, currency="EUR"),
)
async def add_expense(work: Work, cmd: AddExpense) -> Done:
    """Add the amount to the sheet; a receipt is a photo of the same visit."""
    visit, flags = await open_sheet(work, cmd.visit_id)
    if cmd.photo_id is not None:
        own = select(Photo.id).where(Photo.id == cmd.photo_id, Photo.visit_id == visit.id)
        if await work.db.scalar(own) is None:
            raise InvalidRequest("This visit has no such photo.", field="photo_id")
    add_spent(work, visit, cmd)
    return written(work.op_id, *flags)


def add_spent(work: Work, visit: Visit, cmd: AddExpense) -> None:
    """Write the amount on a sheet that is open; whether its receipt is there was asked."""
    work.rows.add(
        "expense",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "direction": cmd.direction,
            "kind": cmd.kind,
            "amount_minor": cmd.amount_minor,
            "currency": cmd.currency,
            "photo_id": cmd.photo_id,
            "note": cmd.note,
            "entered_at": entered_at(work),
        },
    )


@action(
    RecordReading,
    by=SHEET,
    answer=LineWritten,
    raises=SHEET_PROBLEMS,
    creates=True,
    example=RecordReading(visit_id=ID, name="drain pump current", value="0.42", unit_of_measure="A"),
)
async def record_reading(work: Work, cmd: RecordReading) -> Done:
    """Add the value to the sheet."""
    visit, flags = await open_sheet(work, cmd.visit_id)
    add_measured(work, visit, cmd)
    return written(work.op_id, *flags)


def add_measured(work: Work, visit: Visit, cmd: RecordReading) -> None:
    """Write the value on a sheet that is open."""
    work.rows.add(
        "reading",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "name": cmd.name,
            "value": cmd.value,
            "unit_of_measure": cmd.unit_of_measure,
            "entered_at": entered_at(work),
        },
    )


@action(
    AddPhoto,
    by=SHEET,
    answer=LineWritten,
    raises=SHEET_PROBLEMS,
    creates=True,
    example=AddPhoto(visit_id=ID, kind="label", sha256="0" * 64, caption="The type plate"),
)
async def add_photo(work: Work, cmd: AddPhoto) -> Done:
    """Add the photo, with its bytes if they have arrived."""
    visit, flags = await open_sheet(work, cmd.visit_id)
    await lock_content(work, cmd.sha256)
    upload_id = await work.db.scalar(
        select(Upload.id).where(Upload.sha256 == cmd.sha256, Upload.account_id == work.actor.account_id)
    )
    work.rows.add(
        "photo",
        {
            "id": work.op_id,
            "visit_id": visit.id,
            "partner_id": visit.partner_id,
            "kind": cmd.kind,
            "caption": cmd.caption,
            "sha256": cmd.sha256,
            "upload_id": upload_id,
            "taken_at": cmd.taken_at,
            "from_gallery": cmd.from_gallery,
            "latitude_e6": cmd.latitude_e6,
            "longitude_e6": cmd.longitude_e6,
            "entered_at": entered_at(work),
        },
    )
    return written(work.op_id, *flags)


LINES: dict[str, type[TimeEntry | PartUsed | Expense | Fault | Reading | Photo]] = {
    "time": TimeEntry,
    "part": PartUsed,
    "expense": Expense,
    "fault": Fault,
    "reading": Reading,
    "photo": Photo,
}
"""What a line of each kind is stored as."""


@action(
    VoidLine,
    by=SHEET,
    answer=LineWritten,
    raises=(*SHEET_PROBLEMS, UnknownLine),
    example=VoidLine(line_id=ID, kind="part", reason="wrong part number"),
)
async def void_line(work: Work, cmd: VoidLine) -> Done:
    """Strike the line out; striking it out again changes nothing."""
    kind = LINES[cmd.kind]
    visit_id = await work.db.scalar(
        select(kind.visit_id).where(kind.id == cmd.line_id, own_rows(work.actor, kind.partner_id))
    )
    if visit_id is None:
        raise UnknownLine(f"No {cmd.kind} has this id on your sheets.")
    _, flags = await open_sheet(work, visit_id)
    line: Any = await work.db.get_one(kind, cmd.line_id, populate_existing=True)
    if line.voided_at is not None:
        return Done(LineWritten(id=line.id), outcome="superseded")
    line.voided_at, line.void_reason = work.now, cmd.reason
    return written(line.id, *flags)

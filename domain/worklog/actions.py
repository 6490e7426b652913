"""The lines of a job sheet: time, parts, expenses, faults, readings, photos; and taking a line back."""

from typing import Literal
from uuid import UUID

from domain.kit.command import Answer, Command
from domain.kit.limits import (
    AmountMinor,
    Currency,
    Day,
    Line,
    Minutes,
    Moment,
    Note,
    OptionalLine,
    Quantity,
    Reason,
    Sha256,
    Word,
)

TimeKind = Literal["travel", "labour"]
PartKind = Literal["used", "missing", "returned"]
Direction = Literal["spent", "charged"]
PhotoKind = Literal["label", "before", "after", "receipt", "other"]
LineKind = Literal["time", "part", "expense", "fault", "reading", "photo"]


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


class UsePart(Command, tag="part.use", frozen=True, kw_only=True):
    """Say which part was fitted, is missing or was taken back.

    The unit of measure is the part's own. Parts are entered on the day of the visit: a claimable or key part that is
    entered later is on hold.
    """

    visit_id: UUID
    kind: PartKind
    part_id: UUID
    quantity: Quantity
    unit_of_measure: Line
    old_serial: OptionalLine = ""
    new_serial: OptionalLine = ""
    model_component_id: UUID | None = None
    designator: OptionalLine = ""
    used_on: Day | None = None


class AddExpense(Command, tag="expense.add", frozen=True, kw_only=True):
    """Add money that was spent on a visit, or that the customer was charged."""

    visit_id: UUID
    direction: Direction
    kind: Word
    amount_minor: AmountMinor
    currency: Currency
    photo_id: UUID | None = None
    note: Note = ""


class RecordFault(Command, tag="fault.record", frozen=True, kw_only=True):
    """Record a fault: symptom, fault code, cause, action, failed component and its reference designator."""

    visit_id: UUID
    fault_code_id: UUID
    symptom: Line
    cause: Note = ""
    action: Note = ""
    model_component_id: UUID | None = None
    designator: OptionalLine = ""
    failed_on: Day | None = None


class RecordReading(Command, tag="reading.record", frozen=True, kw_only=True):
    """Record a measured value as the text that the meter showed, with its unit."""

    visit_id: UUID
    name: Line
    value: Line
    unit_of_measure: OptionalLine = ""


class AddPhoto(Command, tag="photo.add", frozen=True, kw_only=True):
    """Add a photo to a visit by the SHA-256 of its bytes as they are uploaded.

    The bytes travel apart and may arrive before or after; completing the visit does not wait for them.
    """

    visit_id: UUID
    kind: PhotoKind
    sha256: Sha256
    caption: OptionalLine = ""
    taken_at: Moment | None = None


class VoidLine(Command, tag="line.void", frozen=True, kw_only=True):
    """Take a line of the sheet back, with a reason; it stays readable and counts no more."""

    line_id: UUID
    kind: LineKind
    reason: Reason


class LineWritten(Answer, frozen=True, kw_only=True):
    """The id of the line, and what is noted about it: on-hold, late-entry, after-reassignment."""

    id: UUID
    flags: tuple[Word, ...] = ()

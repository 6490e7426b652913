"""The lines of a visit that was handed in whole, on their way to its sheet: by codes, each blamed for itself.

They are written by what a phone's commands write with; what those look up is asked here once for all lines.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from domain.claims.actions import RecordScan, record_scan
from domain.claims.codes import Catalogue, SubmissionRefused, refused
from domain.claims.facts import Source
from domain.jobs.model import Visit
from domain.kit.ids import operation_id
from domain.kit.limits import (
    AmountMinor,
    Code,
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
from domain.kit.problem import Kind, Problem
from domain.kit.work import Work
from domain.worklog.actions import (
    AddExpense,
    AddPhoto,
    LogTime,
    PhotoKind,
    RecordReading,
    Short,
    TimeKind,
    add_measured,
    add_photo,
    add_spent,
    add_time,
)
from domain.worklog.completion import SheetIncomplete
from domain.worklog.model import Transfer, Upload
from domain.worklog.repairs import RecordFault, UsePart, add_fault, add_part

if TYPE_CHECKING:
    from domain.claims.submission import SubmitClaim

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


@contextmanager
def blaming(place: str) -> Iterator[None]:
    """Tell what an action refuses as said of a place in the submission."""
    try:
        yield
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


class Sheet:
    """The sheet of one submission; each line has an id of its own, made from the operation's and its place."""

    def __init__(self, work: Work, visit: Visit, catalogue: Catalogue) -> None:
        self.work, self.visit, self.catalogue = work, visit, catalogue
        self.op_id = work.op_id
        self.flags: dict[str, None] = {}

    async def write(self, cmd: "SubmitClaim") -> None:
        """Write everything that stands on the sheet, photos first: the reading may name one.

        Raises: SubmissionRefused.
        """
        try:
            await self._scan(cmd, await self._photos(cmd))
            self._lines(cmd)
        finally:
            self.work.op_id = self.op_id

    def _at(self, place: str) -> dict[str, Any]:
        """Go to a place in the submission: what is written next has the id of that place."""
        self.work.op_id = operation_id(self.op_id, place)
        return {"visit_id": self.visit.id}

    async def _scan(self, cmd: "SubmitClaim", label: UUID | None) -> None:
        scan = cmd.scan
        command = RecordScan(
            **self._at("scan"),
            source=scan.source,
            scanned_text=scan.scanned_text,
            symbology=scan.symbology,
            typed_reason=scan.typed_reason,
            photo_id=label,
            scanned_at=cmd.arrived_at,
        )
        with blaming("scan"):
            await record_scan.carry_out(self.work, command)

    def _lines(self, cmd: "SubmitClaim") -> None:
        work, visit, known = self.work, self.visit, self.catalogue
        for n, fault in enumerate(cmd.faults):
            place = f"faults[{n}]"
            add_fault(
                work,
                visit,
                RecordFault(
                    **self._at(place),
                    fault_code_id=known.fault_code(place, fault.fault_code),
                    model_component_id=known.component(place, fault.component_code),
                    symptom=fault.symptom,
                    designator=fault.designator,
                    failed_on=fault.failed_on,
                    cause=fault.cause,
                    action=fault.action,
                ),
            )
        for n, time in enumerate(cmd.times):
            place = f"times[{n}]"
            operation = known.labour_operation(place, time.labour_operation)
            entry = LogTime(**self._at(place), kind=time.kind, minutes=time.minutes, labour_operation_id=operation)
            add_time(work, visit, entry)
        for n, part in enumerate(cmd.parts):
            place = f"parts[{n}]"
            found = known.part(place, part.part_number)
            used = UsePart(
                **self._at(place),
                kind="used",
                part_id=found.id,
                unit_of_measure=found.unit_of_measure,
                quantity=part.quantity,
                old_serial=part.old_serial,
                new_serial=part.new_serial,
                model_component_id=known.component(place, part.component_code),
                designator=part.designator,
            )
            self.flags |= dict.fromkeys(add_part(work, visit, used, found.known))
        for n, expense in enumerate(cmd.expenses):
            spent = msgspec.structs.asdict(expense)
            add_spent(work, visit, AddExpense(**self._at(f"expenses[{n}]"), direction="spent", **spent))
        for n, reading in enumerate(cmd.readings):
            measured = msgspec.structs.asdict(reading)
            add_measured(work, visit, RecordReading(**self._at(f"readings[{n}]"), **measured))

    async def _photos(self, cmd: "SubmitClaim") -> UUID | None:
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
            command = AddPhoto(**self._at(place), **msgspec.structs.asdict(photo))
            with blaming(place):
                await add_photo.carry_out(self.work, command)
            ids[sha256] = self.work.op_id
        await self.work.flush()
        return ids.get(named or "")


async def _arrived(work: Work, hashes: set[str]) -> set[str]:
    """Return which of these contents this account has uploaded, be their pictures made already or not."""
    mine = work.actor.account_id
    kept = select(Upload.sha256).where(Upload.account_id == mine, Upload.sha256.in_(hashes))
    come = select(Transfer.sha256).where(
        Transfer.account_id == mine, Transfer.sha256.in_(hashes), Transfer.finished_at.is_not(None)
    )
    return {str(one) for one in (await work.db.scalars(kept.union(come))).all()}

"""What stands on the time line of a claim, and how the lines of a sheet and its photos are told there."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.claims.photos import ClaimPhoto
from domain.worklog.queries import SheetHead, StepLine, VisitSheet, lines_max

EvidenceKind = Literal[
    "step",
    "scan",
    "photo",
    "time",
    "part",
    "expense",
    "fault",
    "reading",
    "signature",
    "claim",
    "score",
    "decision",
    "reply",
    "payment",
    "old-part",
    "alert",
    "customer",
    "recorded-work",
    "report",
]


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on the time line, at the moment the server reckons it happened.

    ``what`` is a stable word within its kind, ``summary`` a short sentence. ``client_at`` is what the phone's clock
    said and ``received_at`` when it reached us. ``struck``: taken back, or it came when it was already past.
    """

    at: dt.datetime
    kind: EvidenceKind
    what: str
    summary: str
    by: str | None = None
    refers_to: UUID | None = None
    client_at: dt.datetime | None = None
    received_at: dt.datetime | None = None
    struck: bool = False
    link: str | None = None
    facts: dict[str, Any] = {}


def is_cut(found: VisitSheet) -> bool:
    """Tell whether a sheet may have more lines than were read of it."""
    lines = (found.steps, found.times, found.parts, found.expenses, found.faults, found.readings)
    return any(len(one) >= lines_max for one in lines)


def of_sheet(found: VisitSheet) -> Iterator[EvidenceItem]:
    """Yield every step and line of a sheet, struck ones too, and how it was signed."""
    yield from (_step(step, found.visit) for step in found.steps)
    for time in found.times:
        what = f"{time.operation} {time.operation_name}" if time.operation else time.kind
        facts = {"minutes": time.minutes, "operation": time.operation, "standard_minutes": time.standard_minutes}
        yield _line("time", time.kind, f"{time.minutes} minutes: {what}", time, facts)
    for part in found.parts:
        facts = {
            "number": part.number,
            "quantity": part.quantity,
            "old_serial": part.old_serial,
            "new_serial": part.new_serial,
            "on_hold": part.on_hold,
        }
        yield _line("part", part.kind, f"{part.quantity} {part.unit_of_measure} {part.number} {part.name}", part, facts)
    for expense in found.expenses:
        facts = {"amount_minor": expense.amount_minor, "currency": expense.currency, "direction": expense.direction}
        yield _line("expense", expense.kind, f"{expense.direction}: {expense.kind}", expense, facts)
    for fault in found.faults:
        facts = {
            "code": fault.code,
            "component": fault.component,
            "designator": fault.designator,
            "failed_on": str(fault.failed_on or ""),
        }
        yield _line("fault", fault.code, f"{fault.code} {fault.name}: {fault.symptom}", fault, facts)
    for reading in found.readings:
        told = f"{reading.name}: {reading.value} {reading.unit_of_measure}".strip()
        yield _line("reading", "measured", told, reading, {})
    if found.visit.completed_at is not None:
        yield _signature(found.visit.completed_at, found.visit)


def _step(step: StepLine, visit: SheetHead) -> EvidenceItem:
    return EvidenceItem(
        at=step.at,
        kind="step",
        what=step.step,
        summary=f"{step.step.replace('_', ' ').replace('-', ' ').capitalize()}.",
        by=visit.technician,
        client_at=step.client_at,
        received_at=step.received_at,
        struck=step.superseded,
    )


def _line(kind: EvidenceKind, what: str, summary: str, line: Any, facts: dict[str, Any]) -> EvidenceItem:
    struck = line.voided_at is not None
    told = f"{summary} (taken back: {line.void_reason})" if struck else summary
    given = facts | {"voided_at": line.voided_at, "void_reason": line.void_reason} if struck else facts
    return EvidenceItem(
        at=line.entered_at, kind=kind, what=what, summary=told, refers_to=line.id, struck=struck, facts=given
    )


def _signature(at: dt.datetime, visit: SheetHead) -> EvidenceItem:
    facts: dict[str, Any] = {
        "result": visit.result,
        "clock_uncertain": visit.clock_uncertain,
        "keyed_in": visit.keyed_in_by_office,
    }
    if visit.signed_by:
        what, told = "signed", f"Signed by {visit.signed_by}."
        facts["signed_by"] = visit.signed_by
    else:
        why = visit.no_signature_reason or "unknown"
        what, told = "unsigned", f"No signature: {why}."
        facts["why"] = why
    return EvidenceItem(at=at, kind="signature", what=what, summary=told, by=visit.technician, facts=facts)


def of_photo(photo: ClaimPhoto) -> EvidenceItem:
    """Return a photo as it stands on the line: when it was taken, where else it was used."""
    facts: dict[str, Any] = {
        "caption": photo.caption,
        "camera_at": photo.camera_at,
        "entered_at": photo.entered_at,
        "arrived_at": photo.arrived_at,
        "from_gallery": photo.from_gallery,
        "other_jobs": photo.other_jobs,
        "alike": [one.job_number for one in photo.alike],
        **position(photo.latitude_e6, photo.longitude_e6),
    }
    named = ": ".join(filter(None, ("" if photo.kind == "other" else photo.kind, photo.caption))) or "no caption"
    again = f"; also on jobs {', '.join(map(str, photo.other_jobs))}" if photo.other_jobs else ""
    return EvidenceItem(
        at=photo.taken_at or photo.entered_at,
        kind="photo",
        what=photo.kind,
        summary=f"{named[0].upper()}{named[1:]}{again}",
        refers_to=photo.id,
        struck=photo.voided_at is not None,
        link=photo.picture,
        facts=facts,
    )


def position(latitude_e6: int | None, longitude_e6: int | None) -> dict[str, int]:
    """Return a position for the facts, if one was given."""
    if latitude_e6 is None or longitude_e6 is None:
        return {}
    return {"latitude_e6": latitude_e6, "longitude_e6": longitude_e6}

"""Corrections of a unit, field by field: each says what it was taken to be, so that two people's corrections merge."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from domain.installs.actions import locked_unit, note_move
from domain.installs.model import Unit
from domain.installs.serials import normalise
from domain.installs.warranty_changes import COVER, ask_for, needs_two
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import EARLIEST, LATEST, OptionalLine, Reason
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK, FIELD

UnitField = Literal[
    "serial",
    "name",
    "reference_number",
    "warranty_type",
    "sold_on",
    "installed_on",
    "in_service_on",
    "warranty_start_on",
    "warranty_end_on",
    "supplier",
    "dealer",
]
ON_SITE = frozenset({"serial", "name", "installed_on", "in_service_on"})
"""What a technician sees on site and may correct; the rest stands in the office's papers."""


class SerialOfAnotherUnit(Problem, kind=Kind.CONFLICT):
    """Another unit of this model has this serial."""


class FieldChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field: what it was when it was read (``base``) and what it shall be; dates as 2026-03-31, '' for none."""

    field: UnitField
    base: OptionalLine
    value: OptionalLine


class CorrectUnit(Command, tag="unit.correct", frozen=True, kw_only=True):
    """Correct a unit's serial, dates or other facts.

    Fields that others changed meanwhile stay as they are; what was sent for them is kept as a proposal. So are the
    dates that decide the cover of a unit which somebody has claimed on: another person decides about them. What a
    partner's technician sends is recorded for the office.
    """

    unit_id: UUID
    changes: Annotated[tuple[FieldChange, ...], Meta(min_length=1, max_length=11)]
    reason: Reason


class CorrectedUnit(Answer, frozen=True, kw_only=True):
    """The unit, the fields that were changed, and those where somebody else was first or must decide."""

    unit_id: UUID
    changed: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    CorrectUnit,
    by=FIELD | DESK,
    answer=CorrectedUnit,
    locks_unit=True,
    raises=(NotFound, SerialOfAnotherUnit, InvalidRequest),
    example=CorrectUnit(
        unit_id=_ID, changes=(FieldChange("serial", "WM24-003171", "WM24-003117"),), reason="read off the plate"
    ),
)
async def correct_unit(work: Work, cmd: CorrectUnit) -> Done:
    """Change every field that still is what its base says."""
    names = [change.field for change in cmd.changes]
    if len(set(names)) < len(names):
        raise InvalidRequest("A field is given more than once.", field="changes")
    if work.actor.partner_id is not None:
        # By one path for every unit there is or is not: see RegisterUnit.
        return Done(CorrectedUnit(unit_id=cmd.unit_id, proposed=tuple(names)), outcome="recorded")
    unit = await locked_unit(work, cmd.unit_id)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    proposed: list[str] = []
    for change in cmd.changes:
        value = _value(change)
        stored = getattr(unit, change.field)
        if _text(stored) not in (change.base, change.value) or not _may(work, change.field):
            proposed.append(change.field)
        elif stored != value:
            before[change.field], after[change.field] = stored, value
    asked = {name: after.pop(name) for name in COVER if name in after} if await _is_for_two(work, unit, after) else {}
    proposed += asked
    if "serial" in after:
        unit.serial_key = await _free_key(work, unit, after["serial"])
    for name, value in after.items():
        setattr(unit, name, value)
    _check_order(unit, asked)
    if asked:
        ask_for(work, unit, {name: before[name] for name in asked}, asked, cmd.reason)
    if after:
        kind = "details" if after.keys().isdisjoint(COVER) else "warranty"
        note_move(work, unit.id, kind, before, after, cmd.reason, work.now.date())
    answer = CorrectedUnit(unit_id=unit.id, changed=tuple(after), proposed=tuple(proposed))
    if not proposed:
        return Done(answer)
    return Done(answer, outcome="applied_flagged" if after else "recorded")


async def _is_for_two(work: Work, unit: Unit, after: dict[str, Any]) -> bool:
    return not after.keys().isdisjoint(COVER) and await needs_two(work, unit.id)


def _check_order(unit: Unit, asked: dict[str, Any]) -> None:
    start = asked.get("warranty_start_on", unit.warranty_start_on)
    end = asked.get("warranty_end_on", unit.warranty_end_on)
    if start and end and end < start:
        raise InvalidRequest("The warranty ends before it starts.", field="warranty_end_on")


def _may(work: Work, field: str) -> bool:
    return work.actor.role is not Role.TECHNICIAN or field in ON_SITE


def _text(stored: str | dt.date | None) -> str:
    return stored.isoformat() if isinstance(stored, dt.date) else stored or ""


def _value(change: FieldChange) -> str | dt.date | None:
    if not change.field.endswith("_on"):
        return change.value.strip()
    if not change.value:
        return None
    try:
        day = dt.date.fromisoformat(change.value)
    except ValueError:
        raise InvalidRequest("This is no date such as 2026-03-31.", field=change.field) from None
    if not EARLIEST.date() <= day <= LATEST.date():
        raise InvalidRequest("A day must lie between 1990 and 2100.", field=change.field)
    return day


async def _free_key(work: Work, unit: Unit, serial: str) -> str:
    key = normalise(serial)
    if not key or len(serial) > 128:
        raise InvalidRequest(
            "A serial has 1 to 128 characters, at least one of them a letter or digit.", field="serial"
        )
    other = await work.db.scalar(
        select(Unit.id).where(Unit.model_id == unit.model_id, Unit.serial_key == key, Unit.id != unit.id)
    )
    if other is not None:
        raise SerialOfAnotherUnit("Another unit of this model has this serial.", unit_id=str(other))
    return key

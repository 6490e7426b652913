"""Changing the cover of a unit that somebody has claimed on: one person asks for it, another one decides.

Who can move a warranty's start alone can make any repair a covered one. The database refuses such a change by itself,
whatever program asks for it: see ``refuse_cover_change``.
"""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.installs.actions import locked_unit, note_move
from domain.installs.model import Unit, WarrantyChange
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Reason, Word
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import Kind, NotAllowed, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import DESK

COVER = ("warranty_type", "sold_on", "in_service_on", "installed_on", "warranty_start_on", "warranty_end_on")
"""What decides whether a unit is covered."""
_CLAIMED = text("SELECT EXISTS (SELECT FROM claim WHERE unit_id = :unit)")


class WarrantyChangeDecided(Problem, kind=Kind.CONFLICT):
    """Somebody decided about this change before."""


class UnitChangedMeanwhile(Problem, kind=Kind.CONFLICT):
    """The unit is no longer as it was when the change was asked for; decline it and correct the unit anew."""


class DecideWarrantyChange(Command, tag="warranty_change.decide", frozen=True, kw_only=True):
    """Approve or decline a change of a claimed unit's cover.

    Whoever asked for it may decline it, and never approve it.
    """

    change_id: UUID
    decision: Literal["approve", "decline"]
    reason: Reason


class WarrantyDecided(Answer, frozen=True, kw_only=True):
    """The change, its unit, and how it ended."""

    id: UUID
    unit_id: UUID
    decision: Word


class ChangeQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes: those that wait, or those that were decided; of one unit, or all."""

    waiting: bool | None = None
    unit_id: UUID | None = None


class ChangeLine(msgspec.Struct, frozen=True):
    """A change of a unit's cover that needs, or had, two people."""

    id: UUID
    unit_id: UUID
    serial: str
    before: dict[str, str | None]
    after: dict[str, str | None]
    reason: str
    requested_by: UUID
    requested_at: dt.datetime
    decision: str | None
    decided_by: UUID | None
    decided_at: dt.datetime | None
    note: str | None


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_CHANGES = Read(
    ChangeLine,
    select(
        WarrantyChange.id,
        WarrantyChange.unit_id,
        Unit.serial,
        WarrantyChange.before,
        WarrantyChange.after,
        WarrantyChange.reason,
        WarrantyChange.requested_by,
        WarrantyChange.requested_at,
        WarrantyChange.decision,
        WarrantyChange.decided_by,
        WarrantyChange.decided_at,
        WarrantyChange.note,
    ).join_from(WarrantyChange, Unit, Unit.id == WarrantyChange.unit_id),
)


async def needs_two(work: Work, unit_id: UUID) -> bool:
    """Tell whether somebody has claimed on the unit, whatever became of it."""
    return bool(await work.db.scalar(_CLAIMED, {"unit": unit_id}))


def ask_for(work: Work, unit: Unit, before: dict[str, Any], after: dict[str, Any], reason: str) -> None:
    """Write down a change for somebody else to decide; ids of changes are those of the corrections that asked."""
    work.db.add(
        WarrantyChange(
            id=work.op_id,
            unit_id=unit.id,
            before=msgspec.to_builtins(before),
            after=msgspec.to_builtins(after),
            reason=reason,
            requested_by=work.actor.account_id,
            requested_at=work.now,
        )
    )


@action(
    DecideWarrantyChange,
    by=DESK,
    answer=WarrantyDecided,
    raises=(NotFound, NotAllowed, WarrantyChangeDecided, UnitChangedMeanwhile),
    locks_unit=True,
    example=DecideWarrantyChange(change_id=_ID, decision="approve", reason="the invoice shows the same day"),
)
async def decide_warranty_change(work: Work, cmd: DecideWarrantyChange) -> Done:
    """Close the change, and carry it out when it was approved.

    Locks: the unit, then the change.
    """
    unit_id = await work.db.scalar(select(WarrantyChange.unit_id).where(WarrantyChange.id == cmd.change_id))
    if unit_id is None:
        raise NotFound("There is no such change.")
    unit = await locked_unit(work, unit_id)
    change = await work.db.scalar(
        select(WarrantyChange).where(WarrantyChange.id == cmd.change_id).with_for_update(key_share=True)
    )
    assert change is not None  # changes are never deleted
    if change.decision is not None:
        raise WarrantyChangeDecided(f"It was {change.decision}.", decision=change.decision)
    approved = cmd.decision == "approve"
    if approved and change.requested_by == work.actor.account_id:
        raise NotAllowed("Somebody else approves what you asked for.")
    change.decision = "approved" if approved else "declined"
    change.decided_by, change.decided_at, change.note = work.actor.account_id, work.now, cmd.reason
    await work.flush()
    if approved:
        _carry_out(work, unit, change)
    return Done(WarrantyDecided(id=change.id, unit_id=unit.id, decision=change.decision))


def _carry_out(work: Work, unit: Unit, change: WarrantyChange) -> None:
    values = {name: _read(name, told) for name, told in change.after.items()}
    before = {name: getattr(unit, name) for name in values}
    if msgspec.to_builtins(before) != change.before:
        raise UnitChangedMeanwhile("Decline it, look at the unit, and correct it anew.")
    for name, value in values.items():
        setattr(unit, name, value)
    note_move(work, unit.id, "warranty", before, values, f"{change.reason} / {change.note}", work.now.date())


def _read(name: str, told: str | None) -> str | dt.date | None:
    return dt.date.fromisoformat(told) if told and name.endswith("_on") else told


async def warranty_changes(db: AsyncConnection, page: ChangeQuery) -> Page[ChangeLine]:
    """Return a page of changes, newest first."""
    statement = _CHANGES.statement
    if page.waiting is not None:
        is_open = WarrantyChange.decision.is_(None)
        statement = statement.where(is_open if page.waiting else ~is_open)
    if page.unit_id is not None:
        statement = statement.where(WarrantyChange.unit_id == page.unit_id)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(WarrantyChange.requested_at, WarrantyChange.id) < tuple_(at, last))
    newest = statement.order_by(WarrantyChange.requested_at.desc(), WarrantyChange.id.desc())
    return page_of(await _CHANGES.all(db, newest.limit(page.limit + 1)), page.limit, "requested_at", "id")

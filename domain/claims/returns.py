"""Old parts that must come back before their line is paid: expected, received or waived."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.model import Claim, ClaimLine
from domain.claims.reviewed import CoreReturn
from domain.installs.serials import normalise
from domain.kit.actor import MANAGERS, Actor, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Note, OptionalLine, Reason, Word
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.worklog.model import PartUsed

RECEIVERS = frozenset({Role.PARTS_MANAGER, Role.ADMIN})
CORE_RETURN = "core-return"
"""The reason of a line's hold. Source: the gate's rule D16."""
State = Literal["expected", "received", "waived"]
Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
_EXPECTED = insert(CoreReturn)
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


class ReturnSettled(Problem, kind=Kind.CONFLICT):
    """The part came back, or was waived, before."""


class ReceiveCoreReturn(Command, tag="core_return.receive", frozen=True, kw_only=True):
    """Record an old part that came back; where it is the one that was taken out, its line is not held any more.

    The serial is read off the part, where the sheet names one. Another part than the expected one is recorded, and the
    line stays on hold until the right one comes or a manager waives it.
    """

    core_return_id: UUID
    serial: OptionalLine = ""
    weight_grams: Grams | None = None
    note: Note = ""


class WaiveCoreReturn(Command, tag="core_return.waive", frozen=True, kw_only=True):
    """Pay without the old part, with a reason."""

    core_return_id: UUID
    reason: Reason


class CoreReturnSettled(Answer, frozen=True, kw_only=True):
    """How the return stands; ``matches`` is false for a part that was not expected, null where nobody can tell."""

    id: UUID
    state: Word
    matches: bool | None = None
    on_hold: bool


async def expect_returns(work: Work, claim_id: UUID) -> None:
    """Write down which old parts of a claim must come back: those of the lines, one at least, held for it."""
    await work.flush()
    held = (
        select(ClaimLine.id, ClaimLine.partner_id, ClaimLine.label, ClaimLine.quantity, PartUsed.old_serial)
        .join_from(ClaimLine, PartUsed, PartUsed.id == ClaimLine.part_used_id)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.hold_reason == CORE_RETURN)
    )
    rows = [
        {
            "id": new_id(),
            "claim_id": claim_id,
            "line_id": line.id,
            "partner_id": line.partner_id,
            "part_number": line.label,
            "quantity": line.quantity,
            "serial": line.old_serial,
            "serial_key": normalise(line.old_serial),
            "expected_at": work.now,
        }
        for line in (await work.db.execute(held)).all()
    ]
    await work.db.execute(_EXPECTED, rows)


@action(
    ReceiveCoreReturn,
    by=RECEIVERS,
    answer=CoreReturnSettled,
    raises=(NotFound, ReturnSettled, InvalidRequest),
    example=ReceiveCoreReturn(core_return_id=_ID, serial="BD10000001", weight_grams=850),
)
async def receive_core_return(work: Work, cmd: ReceiveCoreReturn) -> Done:
    """Compare what came with what was taken out.

    Locks: the claim, the return.
    """
    found = await _open(work, cmd.core_return_id)
    if found.serial_key and not normalise(cmd.serial):
        raise InvalidRequest("Read the serial off the part; the sheet names one.", field="serial")
    matches = normalise(cmd.serial) == found.serial_key if found.serial_key else None
    found.state, found.matches = "received", matches
    found.received_serial, found.weight_grams, found.note = cmd.serial or None, cmd.weight_grams, cmd.note
    found.received_by, found.received_at = work.actor.account_id, work.now
    held = matches is False
    if not held:
        await _lift(work, found)
    answer = CoreReturnSettled(id=found.id, state=found.state, matches=matches, on_hold=held)
    return Done(answer, outcome="applied_flagged" if held else "applied")


@action(
    WaiveCoreReturn,
    by=MANAGERS,
    answer=CoreReturnSettled,
    raises=(NotFound, ReturnSettled),
    example=WaiveCoreReturn(core_return_id=_ID, reason="burnt with the building"),
)
async def waive_core_return(work: Work, cmd: WaiveCoreReturn) -> Done:
    """Lift the hold without the part.

    Locks: the claim, the return.
    """
    found = await _open(work, cmd.core_return_id)
    found.state, found.waive_reason = "waived", cmd.reason
    found.waived_by, found.waived_at = work.actor.account_id, work.now
    await _lift(work, found)
    return Done(CoreReturnSettled(id=found.id, state=found.state, matches=found.matches, on_hold=False))


async def _open(work: Work, core_return_id: UUID) -> CoreReturn:
    """Return what is still to come, locked after its claim; a wrong part that came settles nothing."""
    claim = select(Claim.id).join(CoreReturn, CoreReturn.claim_id == Claim.id).where(CoreReturn.id == core_return_id)
    await work.db.execute(claim.with_for_update(key_share=True, of=Claim))
    locked = select(CoreReturn).where(CoreReturn.id == core_return_id).with_for_update(key_share=True)
    found = await work.db.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("No old part is expected under this id.")
    if found.state == "waived" or (found.state == "received" and found.matches is not False):
        raise ReturnSettled(f"It was {found.state}.", state=found.state)
    return found


async def _lift(work: Work, found: CoreReturn) -> None:
    line = update(ClaimLine).where(ClaimLine.id == found.line_id, ClaimLine.hold_reason == CORE_RETURN)
    await work.db.execute(line.values(on_hold=False, hold_reason=""))


class CoreReturnQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which old parts: in a state, with a serial as it is read off the part, of a claim."""

    state: State | None = None
    serial: OptionalLine = ""
    claim_id: UUID | None = None


class CoreReturnCard(msgspec.Struct, frozen=True):
    """An old part that must come back, and whether it did; what came and who decided is for the office."""

    id: UUID
    claim_id: UUID
    claim_number: int
    line_id: UUID
    partner_id: UUID
    state: str
    part_number: str
    quantity: int
    serial: str
    expected_at: dt.datetime
    received_at: dt.datetime | None
    received_serial: str | None
    weight_grams: int | None
    matches: bool | None
    waive_reason: str | None


_CARD = (
    CoreReturn.id,
    CoreReturn.claim_id,
    Claim.number.label("claim_number"),
    CoreReturn.line_id,
    CoreReturn.partner_id,
    CoreReturn.state,
    CoreReturn.part_number,
    CoreReturn.quantity,
    CoreReturn.serial,
    CoreReturn.expected_at,
    CoreReturn.received_at,
)
_FOR_OFFICE = (CoreReturn.received_serial, CoreReturn.weight_grams, CoreReturn.matches, CoreReturn.waive_reason)
_OFFICE = Read(
    CoreReturnCard, select(*_CARD, *_FOR_OFFICE).join_from(CoreReturn, Claim, Claim.id == CoreReturn.claim_id)
)
_OWN = Read(
    CoreReturnCard,
    select(*_CARD, *(null().label(column.name) for column in _FOR_OFFICE)).join_from(
        CoreReturn, Claim, Claim.id == CoreReturn.claim_id
    ),
)


async def core_returns(db: AsyncConnection, actor: Actor, page: CoreReturnQuery) -> Page[CoreReturnCard]:
    """Return a page of old parts, newest first."""
    read = _OFFICE if actor.is_office else _OWN
    statement = read.statement.where(own_rows(actor, CoreReturn.partner_id))
    if page.state is not None:
        statement = statement.where(CoreReturn.state == page.state)
    if page.claim_id is not None:
        statement = statement.where(CoreReturn.claim_id == page.claim_id)
    if page.serial and actor.is_office:
        statement = statement.where(CoreReturn.serial_key == normalise(page.serial))
    if page.cursor:
        (last,) = read_cursor(page.cursor, UUID)
        statement = statement.where(CoreReturn.id < last)
    rows = await read.all(db, statement.order_by(CoreReturn.id.desc()).limit(page.limit + 1))
    return page_of(rows, page.limit, "id")

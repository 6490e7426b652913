"""The install base as it is changed by hand: every change is a dated move with its author."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from domain.catalog.model import Model
from domain.customers.model import Customer, Site
from domain.installs.model import Unit, UnitMove
from domain.installs.serials import normalise
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Day, Note, OptionalLine, Reason, Serial
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK, FIELD

REGISTER_LATER = "unit.register"
"""The task that registers what a partner's technician found."""
UnitStatus = Literal["in_stock", "sold", "installed", "scrapped", "stolen", "returned", "replaced"]


class UnitAlreadyKnown(Problem, kind=Kind.CONFLICT):
    """The install base has a unit of this model with this serial."""


class UnitNotUnconfirmed(Problem, kind=Kind.CONFLICT, queued="superseded"):
    """This unit is confirmed already."""


class SiteOfAnotherCustomer(Problem, kind=Kind.INVALID):
    """The site belongs to another customer than the unit."""


class RegisterUnit(Command, tag="unit.register", frozen=True, kw_only=True):
    """Register a unit that the install base does not know.

    What a technician finds is unconfirmed until the office confirms it. A partner's technician is told that it was
    recorded, and nothing of whether the serial was known.
    """

    model_id: UUID
    serial: Serial
    customer_id: UUID | None = None
    site_id: UUID | None = None
    name: OptionalLine = ""
    installed_on: Day | None = None
    note: Note = ""


class ConfirmUnit(Command, tag="unit.confirm", frozen=True, kw_only=True):
    """Confirm a unit that was found on site; from now on it counts as any other."""

    unit_id: UUID
    status: UnitStatus = "installed"
    reason: Reason = "checked by the office"


class MoveUnit(Command, tag="unit.move", frozen=True, kw_only=True):
    """Move a unit to another owner or another site on a day."""

    unit_id: UUID
    customer_id: UUID | None
    site_id: UUID | None
    on: Day
    reason: Reason


class SetUnitStatus(Command, tag="unit.status", frozen=True, kw_only=True):
    """Say that a unit was scrapped, stolen, returned, replaced, sold or installed on a day."""

    unit_id: UUID
    status: UnitStatus
    on: Day
    reason: Reason


class RegisteredUnit(Answer, frozen=True, kw_only=True):
    """The id the unit has, or will have when the office took it up."""

    unit_id: UUID


class ChangedUnit(Answer, frozen=True, kw_only=True):
    """The unit that was changed."""

    unit_id: UUID


class FoundUnit(msgspec.Struct, frozen=True):
    """A unit that a partner's technician found, as the task gets it."""

    unit_id: UUID
    found_by: UUID
    unit: RegisterUnit


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


def note_move(
    work: Work, unit_id: UUID, kind: str, before: dict[str, Any], after: dict[str, Any], summary: str, on: dt.date
) -> None:
    """Write down what changed on a unit, when, and who did it; what is equal before and after is left out."""
    changed = [name for name in after if before.get(name) != after[name]]
    work.db.add(
        UnitMove(
            id=new_id(),
            unit_id=unit_id,
            on=on,
            kind=kind,
            summary=summary,
            before=msgspec.to_builtins({name: before[name] for name in changed if name in before}),
            after=msgspec.to_builtins({name: after[name] for name in changed}),
            actor_id=work.actor.account_id,
            op_id=work.op_id,
            at=work.now,
        )
    )


async def locked_unit(work: Work, unit_id: UUID) -> Unit:
    """Return a unit, locked against other changes. Raises: NotFound."""
    unit = await work.db.scalar(select(Unit).where(Unit.id == unit_id).with_for_update(key_share=True))
    if unit is None:
        raise NotFound("There is no such unit.")
    return unit


async def place_unit(work: Work, customer_id: UUID | None, site_id: UUID | None) -> UUID | None:
    """Return whose the unit is, and check that the site is theirs. Raises: NotFound, SiteOfAnotherCustomer."""
    if customer_id is not None and await work.db.scalar(select(Customer.id).where(Customer.id == customer_id)) is None:
        raise NotFound("There is no such customer.")
    if site_id is None:
        return customer_id
    owner = await work.db.scalar(select(Site.customer_id).where(Site.id == site_id))
    if owner is None:
        raise NotFound("There is no such site.")
    if customer_id not in (None, owner):
        raise SiteOfAnotherCustomer("Choose a site of the unit's owner.")
    return owner


async def add_unit(work: Work, cmd: RegisterUnit, unit_id: UUID, status: str) -> None:
    """Add a unit with its first move. Raises: UnitAlreadyKnown, NotFound, InvalidRequest."""
    key = normalise(cmd.serial)
    if not key:
        raise InvalidRequest("A serial has at least one letter or digit.", field="serial")
    if await work.db.scalar(select(Model.id).where(Model.id == cmd.model_id)) is None:
        raise NotFound("There is no such model.")
    customer_id = await place_unit(work, cmd.customer_id, cmd.site_id)
    known = await work.db.scalar(select(Unit.id).where(Unit.model_id == cmd.model_id, Unit.serial_key == key))
    if known is not None:
        raise UnitAlreadyKnown("A unit of this model has this serial.", unit_id=str(known))
    found = {"status": status, "customer_id": customer_id, "site_id": cmd.site_id, "installed_on": cmd.installed_on}
    work.db.add(
        Unit(id=unit_id, model_id=cmd.model_id, serial=cmd.serial.strip(), serial_key=key, name=cmd.name, **found)
    )
    await work.db.flush()
    note_move(work, unit_id, "registered", {}, found, cmd.note, work.now.date())


@action(
    RegisterUnit,
    by=FIELD | DESK,
    answer=RegisteredUnit,
    raises=(UnitAlreadyKnown, NotFound, SiteOfAnotherCustomer, InvalidRequest),
    creates=True,
    example=RegisterUnit(model_id=_ID, serial="WM24-003117"),
)
async def register_unit(work: Work, cmd: RegisterUnit) -> Done:
    """Add the unit; what a partner's technician found is looked up later, by the worker, so that nothing shows."""
    answer = RegisteredUnit(unit_id=work.op_id)
    if work.actor.partner_id is not None:
        await work.enqueue(REGISTER_LATER, FoundUnit(work.op_id, work.actor.account_id, cmd))
        return Done(answer, outcome="recorded")
    await add_unit(work, cmd, work.op_id, "installed" if work.actor.is_office else "unconfirmed")
    return Done(answer)


@action(
    ConfirmUnit,
    by=DESK,
    answer=ChangedUnit,
    raises=(NotFound, UnitNotUnconfirmed),
    example=ConfirmUnit(unit_id=_ID),
)
async def confirm_unit(work: Work, cmd: ConfirmUnit) -> Done:
    """Give an unconfirmed unit its status."""
    unit = await locked_unit(work, cmd.unit_id)
    if unit.status != "unconfirmed":
        raise UnitNotUnconfirmed(f"The unit is {unit.status}.", status=unit.status)
    note_move(work, unit.id, "status", {"status": unit.status}, {"status": cmd.status}, cmd.reason, work.now.date())
    unit.status = cmd.status
    return Done(ChangedUnit(unit_id=unit.id))


@action(
    MoveUnit,
    by=DESK,
    answer=ChangedUnit,
    raises=(NotFound, SiteOfAnotherCustomer),
    example=MoveUnit(
        unit_id=_ID, customer_id=_ID, site_id=None, on=dt.date(2026, 3, 31), reason="sold on with the building"
    ),
)
async def move_unit(work: Work, cmd: MoveUnit) -> Done:
    """Change owner and site together, so that a unit never stands where its former owner had it."""
    unit = await locked_unit(work, cmd.unit_id)
    customer_id = await place_unit(work, cmd.customer_id, cmd.site_id)
    before = {"customer_id": unit.customer_id, "site_id": unit.site_id}
    after = {"customer_id": customer_id, "site_id": cmd.site_id}
    if before != after:
        kind = "owner" if unit.customer_id != customer_id else "site"
        note_move(work, unit.id, kind, before, after, cmd.reason, cmd.on)
        unit.customer_id, unit.site_id = customer_id, cmd.site_id
    return Done(ChangedUnit(unit_id=unit.id))


@action(
    SetUnitStatus,
    by=DESK,
    answer=ChangedUnit,
    raises=(NotFound,),
    example=SetUnitStatus(unit_id=_ID, status="scrapped", on=dt.date(2026, 3, 31), reason="not worth a new drum"),
)
async def set_unit_status(work: Work, cmd: SetUnitStatus) -> Done:
    """Change the status."""
    unit = await locked_unit(work, cmd.unit_id)
    if unit.status != cmd.status:
        note_move(work, unit.id, "status", {"status": unit.status}, {"status": cmd.status}, cmd.reason, cmd.on)
        unit.status = cmd.status
    return Done(ChangedUnit(unit_id=unit.id))

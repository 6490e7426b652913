"""What managers do about the watch: honey serials, its numbers, alerts, and letting a partner go on."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.watched import Alert, HoneySerial, PartnerLock, WatchLimits
from domain.claims.watching import Numbers, budget_of, numbers_in_force
from domain.installs.serials import normalise
from domain.kit.actor import MANAGERS, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Line, Reason, Serial
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.model import Budget

WATCHERS = MANAGERS | {Role.REVIEWER}


class HoneySerialKnown(Problem, kind=Kind.CONFLICT):
    """This serial is watched already."""


class AlertHandled(Problem, kind=Kind.CONFLICT):
    """Somebody dealt with this alert before."""


class PartnerNotLocked(Problem, kind=Kind.CONFLICT):
    """This partner is not locked."""


class AddHoneySerial(Command, tag="honey_serial.add", frozen=True, kw_only=True):
    """Watch for a serial that is valid and was never sold: nobody can have read it off a machine."""

    serial: Serial
    note: Line


class RemoveHoneySerial(Command, tag="honey_serial.remove", frozen=True, kw_only=True):
    """Watch no longer for a serial, because its machine is to be sold."""

    serial: Serial
    reason: Reason


class HandleAlert(Command, tag="alert.handle", frozen=True, kw_only=True):
    """Say what was done about an alert, once."""

    alert_id: UUID
    note: Reason


class UnlockPartner(Command, tag="partner.unlock", frozen=True, kw_only=True):
    """Let a partner's claims be decided by the rules again, and let its budget of today begin anew.

    Claims that wait for a person meanwhile go on waiting.
    """

    partner_id: UUID
    reason: Reason


class SetWatchLimits(Command, tag="watch_limits.set", frozen=True, kw_only=True):
    """Set how many strange serials a partner may name, and what counts as a run; it holds from now on."""

    numbers: Numbers
    reason: Reason


class HoneyChanged(Answer, frozen=True, kw_only=True):
    """The serial as it is looked up."""

    serial_key: str


class AlertDone(Answer, frozen=True, kw_only=True):
    """The alert that was dealt with."""

    id: UUID


class PartnerUnlocked(Answer, frozen=True, kw_only=True):
    """The partner that was unlocked."""

    partner_id: UUID


class WatchLimitsSet(Answer, frozen=True, kw_only=True):
    """The numbers in force."""

    id: UUID
    numbers: Numbers


class AlertQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts: those nobody dealt with yet; of one partner."""

    waiting: bool | None = None
    partner_id: UUID | None = None


class AlertLine(msgspec.Struct, frozen=True):
    """Something that was seen, and what was done about it."""

    id: UUID
    kind: str
    partner_id: UUID | None
    unit_id: UUID | None
    scan_id: UUID | None
    facts: dict[str, Any]
    at: dt.datetime
    handled_at: dt.datetime | None
    handled_by: UUID | None
    note: str | None


class HoneyLine(msgspec.Struct, frozen=True):
    """A serial that is watched for."""

    serial_key: str
    note: str
    added_by: UUID
    added_at: dt.datetime


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_ALERTS = Read(
    AlertLine,
    select(
        Alert.id,
        Alert.kind,
        Alert.partner_id,
        Alert.unit_id,
        Alert.scan_id,
        Alert.facts,
        Alert.at,
        Alert.handled_at,
        Alert.handled_by,
        Alert.note,
    ),
)
_HONEY = Read(HoneyLine, select(HoneySerial.serial_key, HoneySerial.note, HoneySerial.added_by, HoneySerial.added_at))


def _key(serial: str) -> str:
    key = normalise(serial)
    if not key:
        raise InvalidRequest("A serial has at least one letter or digit.", field="serial")
    return key


@action(
    AddHoneySerial,
    by=MANAGERS,
    answer=HoneyChanged,
    raises=(HoneySerialKnown, InvalidRequest),
    creates=True,
    example=AddHoneySerial(serial="WM24-990001", note="never left the works"),
)
async def add_honey_serial(work: Work, cmd: AddHoneySerial) -> Done:
    """Add the serial to those that are watched for."""
    key = _key(cmd.serial)
    if await work.db.get(HoneySerial, key) is not None:
        raise HoneySerialKnown("Remove it first to change its note.")
    work.db.add(HoneySerial(serial_key=key, note=cmd.note, added_by=work.actor.account_id, added_at=work.now))
    return Done(HoneyChanged(serial_key=key))


@action(
    RemoveHoneySerial,
    by=MANAGERS,
    answer=HoneyChanged,
    raises=(NotFound, InvalidRequest),
    example=RemoveHoneySerial(serial="WM24-990001", reason="to be sold after all"),
)
async def remove_honey_serial(work: Work, cmd: RemoveHoneySerial) -> Done:
    """Take the serial out; the journal keeps that it was there."""
    key = _key(cmd.serial)
    gone = delete(HoneySerial).where(HoneySerial.serial_key == key).returning(HoneySerial.serial_key)
    if await work.db.scalar(gone) is None:
        raise NotFound("This serial is not watched for.")
    return Done(HoneyChanged(serial_key=key))


@action(
    HandleAlert,
    by=WATCHERS,
    answer=AlertDone,
    raises=(NotFound, AlertHandled),
    example=HandleAlert(alert_id=_ID, note="called the partner; a training unit"),
)
async def handle_alert(work: Work, cmd: HandleAlert) -> Done:
    """Close the alert with a note."""
    alert = await work.db.scalar(select(Alert).where(Alert.id == cmd.alert_id).with_for_update(key_share=True))
    if alert is None:
        raise NotFound("There is no such alert.")
    if alert.handled_at is not None:
        raise AlertHandled("Read what was noted.")
    alert.handled_at, alert.handled_by, alert.note = work.now, work.actor.account_id, cmd.note
    return Done(AlertDone(id=alert.id))


@action(
    UnlockPartner,
    by=MANAGERS,
    answer=PartnerUnlocked,
    raises=(PartnerNotLocked,),
    example=UnlockPartner(partner_id=_ID, reason="a new technician scanned the whole store room"),
)
async def unlock_partner(work: Work, cmd: UnlockPartner) -> Done:
    """End the lock and forget what was spent."""
    standing = select(PartnerLock).where(PartnerLock.partner_id == cmd.partner_id, PartnerLock.unlocked_at.is_(None))
    lock = await work.db.scalar(standing.with_for_update(key_share=True))
    if lock is None:
        raise PartnerNotLocked("Its claims are decided by the rules.")
    lock.unlocked_at, lock.unlocked_by, lock.reason = work.now, work.actor.account_id, cmd.reason
    await work.db.execute(delete(Budget).where(Budget.key == budget_of(cmd.partner_id)))
    return Done(PartnerUnlocked(partner_id=cmd.partner_id))


@action(
    SetWatchLimits,
    by=MANAGERS,
    answer=WatchLimitsSet,
    raises=(InvalidRequest,),
    creates=True,
    example=SetWatchLimits(numbers=Numbers(strange_serials_per_day=30), reason="the partners' season"),
)
async def set_watch_limits(work: Work, cmd: SetWatchLimits) -> Done:
    """Add the numbers; those before stay on record."""
    if cmd.numbers.strange_serials_lock <= cmd.numbers.strange_serials_per_day:
        raise InvalidRequest("The lock comes after the budget.", field="numbers")
    values = {"limits": msgspec.to_builtins(cmd.numbers), "reason": cmd.reason}
    work.db.add(WatchLimits(id=work.op_id, set_by=work.actor.account_id, set_at=work.now, **values))
    return Done(WatchLimitsSet(id=work.op_id, numbers=cmd.numbers))


async def alerts(db: AsyncConnection, page: AlertQuery) -> Page[AlertLine]:
    """Return a page of alerts, newest first."""
    statement = _ALERTS.statement
    if page.waiting is not None:
        is_open = Alert.handled_at.is_(None)
        statement = statement.where(is_open if page.waiting else ~is_open)
    if page.partner_id is not None:
        statement = statement.where(Alert.partner_id == page.partner_id)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(Alert.at, Alert.id) < tuple_(at, last))
    newest = statement.order_by(Alert.at.desc(), Alert.id.desc())
    return page_of(await _ALERTS.all(db, newest.limit(page.limit + 1)), page.limit, "at", "id")


async def honey_serials(db: AsyncConnection, page: PageQuery) -> Page[HoneyLine]:
    """Return a page of the serials that are watched for."""
    statement = _HONEY.statement
    if page.cursor:
        (last,) = read_cursor(page.cursor, str)
        statement = statement.where(HoneySerial.serial_key > last)
    rows = await _HONEY.all(db, statement.order_by(HoneySerial.serial_key).limit(page.limit + 1))
    return page_of(rows, page.limit, "serial_key")


async def watch_limits(db: AsyncConnection) -> Numbers:
    """Return the numbers in force."""
    return await numbers_in_force(db)

"""The watch: what a partner's people name that no job of theirs explains. Partners are told nothing.

Serials that are strange to a partner spend its budget of the day; beyond it their judgement waits longer and longer,
then a manager has to unlock the partner: until then a person looks at all its claims. Honey serials, which nobody can
have read off a machine, and runs of neighbouring serials are told to the managers.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.claims.model import Claim, Scan
from domain.claims.watched import Alert, HoneySerial, PartnerLock, WatchLimits
from domain.installs.actions import FoundUnit
from domain.installs.model import Unit
from domain.installs.serials import normalise
from domain.jobs.model import Job
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.people.model import Account

Number = Annotated[int, Meta(ge=1, le=100_000)]
Days = Annotated[int, Meta(ge=1, le=366)]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
READ_AT_ONCE = 1000
_DAY = dt.timedelta(days=1)
_LOCK_BUDGET = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_SPEND = text(
    "INSERT INTO budget AS b (key, window_start, used) VALUES (:key, :start, 1) "
    "ON CONFLICT (key, window_start) DO UPDATE SET used = b.used + 1 RETURNING used"
)


class Numbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the watch lets pass.

    A partner may name ``strange_serials_per_day`` that no job of its own explains; from ``strange_serials_lock`` on it
    is locked. The first judgement beyond the budget waits ``pause_seconds``, each further one twice as long, none
    longer than ``pause_seconds_max``. ``run_length`` serials no further than ``run_distance`` from the first to the
    last, within ``run_days``, are a run.
    """

    strange_serials_per_day: Number = 20
    strange_serials_lock: Number = 60
    pause_seconds: Seconds = 60
    pause_seconds_max: Seconds = 21_600
    run_length: Number = 8
    run_distance: Number = 20
    run_days: Days = 30

    def pause(self, strange_no: int) -> dt.timedelta:
        """Return how long the judgement of a partner's so many-th strange serial of a day waits."""
        over = strange_no - self.strange_serials_per_day
        if over <= 0:
            return dt.timedelta()
        doubled = self.pause_seconds * 2 ** min(over - 1, 20)
        return dt.timedelta(seconds=min(doubled, self.pause_seconds_max))


def is_run(numbers: Sequence[int], length: int, distance: int) -> bool:
    """Tell whether ``length`` different numbers lie within ``distance``."""
    ordered = sorted(set(numbers))
    return any(last - first <= distance for first, last in zip(ordered, ordered[length - 1 :], strict=False))


def budget_of(partner_id: UUID | None) -> str:
    """Return the key of a partner's budget of strange serials."""
    return f"strange-serials:{partner_id}"


async def numbers_in_force(db: AsyncSession | AsyncConnection) -> Numbers:
    """Return what a manager set last, or the product's own numbers."""
    newest = select(WatchLimits.limits).order_by(WatchLimits.set_at.desc(), WatchLimits.id.desc()).limit(1)
    stored = await db.scalar(newest)
    return Numbers() if stored is None else msgspec.convert(stored, Numbers)


async def watch_scan(work: Work, scan: Scan, keys: Sequence[str], unit_id: UUID | None) -> dt.timedelta:
    """Look at a partner's reading once and return how long its judgement has to wait yet.

    ``keys`` are the serials it may name, ``unit_id`` the one unit it was found to be.
    """
    if scan.partner_id is None or not keys:
        return dt.timedelta()
    numbers = await numbers_in_force(work.db)
    await touch_honey(work, scan.partner_id, keys, unit_id, scan.id, "scan")
    await _run(work, scan, numbers)
    explained = scan.matches_job or scan.tag == "ok" or await _has_job(work, scan.partner_id, unit_id)
    if scan.strange_no is None and not explained:
        scan.strange_no = await _named_before(work, scan) or await _spend(work, scan.partner_id, numbers, scan.id)
    return max(dt.timedelta(), scan.entered_at + numbers.pause(scan.strange_no or 0) - work.now)


async def watch_found_unit(work: Work, found: FoundUnit) -> None:
    """Look at the serial of a unit that a partner's technician says to have found."""
    partner_id = await work.db.scalar(select(Account.partner_id).where(Account.id == found.found_by))
    key = normalise(found.unit.serial)
    if partner_id is None or not key:
        return
    unit_id = await work.db.scalar(
        select(Unit.id).where(Unit.model_id == found.unit.model_id, Unit.serial_key == key, Unit.id != found.unit_id)
    )
    await touch_honey(work, partner_id, [key], unit_id, None, "found-unit")
    if not await _has_job(work, partner_id, unit_id):
        await _spend(work, partner_id, await numbers_in_force(work.db), None)


async def watch_claim(work: Work, claim_id: UUID) -> None:
    """Look at the unit of a claim: nobody can have repaired a machine that was never sold."""
    found = select(Claim.partner_id, Claim.unit_id, Claim.scan_id, Unit.serial_key).join(Unit, Unit.id == Claim.unit_id)
    row: Any = (await work.db.execute(found.where(Claim.id == claim_id))).one_or_none()
    if row is not None:
        await touch_honey(work, row.partner_id, [row.serial_key], row.unit_id, row.scan_id, "claim")


async def raise_alert(work: Work, kind: str, once: str, **about: Any) -> None:
    """Tell the managers of something, a single time for each occasion."""
    await work.flush()  # the reading that it is about
    values = {"id": new_id(), "kind": kind, "once": once, "at": work.now, "facts": {}} | about
    await work.db.execute(insert(Alert).values(values).on_conflict_do_nothing())


async def touch_honey(
    work: Work, partner_id: UUID | None, keys: Sequence[str], unit_id: UUID | None, scan_id: UUID | None, how: str
) -> None:
    """Tell the managers when one of the serials is a honey serial; ``partner_id`` is whose people named it."""
    for key in await work.db.scalars(select(HoneySerial.serial_key).where(HoneySerial.serial_key.in_(keys))):
        once = f"{partner_id or 'ours'}:{key}:{how}:{work.now:%Y-%m-%d}"
        facts = {"serial_key": key, "how": how}
        about = {"partner_id": partner_id, "unit_id": unit_id, "scan_id": scan_id}
        await raise_alert(work, "honey-serial", once, facts=facts, **about)


async def _run(work: Work, scan: Scan, numbers: Numbers) -> None:
    if scan.serial_stem is None or scan.serial_no is None:
        return
    near = (
        select(Scan.serial_no)
        .distinct()
        .where(
            Scan.partner_id == scan.partner_id,
            Scan.serial_stem == scan.serial_stem,
            Scan.serial_no.between(scan.serial_no - numbers.run_distance, scan.serial_no + numbers.run_distance),
            Scan.scanned_at > work.now - numbers.run_days * _DAY,
        )
        .limit(READ_AT_ONCE)
    )
    found = [number for number in await work.db.scalars(near) if number is not None]
    if is_run(found, numbers.run_length, numbers.run_distance):
        once = f"{scan.partner_id}:{scan.serial_stem}:{work.now:%Y-%m}"
        facts = {"stem": scan.serial_stem, "first": min(found), "last": max(found), "serials": len(found)}
        await raise_alert(work, "serial-run", once, partner_id=scan.partner_id, scan_id=scan.id, facts=facts)


async def _has_job(work: Work, partner_id: UUID, unit_id: UUID | None) -> bool:
    if unit_id is None:
        return False
    mine = select(func.count()).where(Job.unit_id == unit_id, Job.partner_id == partner_id)
    return bool(await work.db.scalar(mine))


async def _named_before(work: Work, scan: Scan) -> int | None:
    """Return what a partner's serial counted as when it was named first: a second look at it spends nothing.

    Locks: the partner's budget, so that of two readings of one serial the second sees the first.
    """
    await work.db.execute(_LOCK_BUDGET, {"key": budget_of(scan.partner_id)})
    earlier = select(func.min(Scan.strange_no)).where(
        Scan.serial_key == scan.serial_key, Scan.partner_id == scan.partner_id, Scan.strange_no.is_not(None)
    )
    return await work.db.scalar(earlier)


async def _spend(work: Work, partner_id: UUID, numbers: Numbers, scan_id: UUID | None) -> int:
    """Count one more strange serial of the day, and return which one it is; too many lock the partner."""
    start = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    used: int = (await work.db.execute(_SPEND, {"key": budget_of(partner_id), "start": start})).scalar_one()
    about = {"partner_id": partner_id, "scan_id": scan_id, "facts": {"strange_serials": used}}
    if used > numbers.strange_serials_per_day:
        await raise_alert(work, "budget-spent", f"{partner_id}:{start:%Y-%m-%d}", **about)
    if used >= numbers.strange_serials_lock:
        lock = {"id": new_id(), "partner_id": partner_id, "why": "strange-serials", "locked_at": work.now}
        made = insert(PartnerLock).values(lock).on_conflict_do_nothing().returning(PartnerLock.id)
        if (lock_id := await work.db.scalar(made)) is not None:
            await raise_alert(work, "partner-locked", str(lock_id), **about)
    return used

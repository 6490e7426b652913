"""The customer's way to a report: a collection code, its PIN, and the pauses after wrong ones."""

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.jobs.model import Visit
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.sessions import note
from domain.reports import codes, rules
from domain.reports.model import Collection, Report, ReportErasure, ReportRevision


class NotCompletedYet(Problem, kind=Kind.CONFLICT):
    """This visit is not completed, so it has no report yet."""


class WrongPin(Problem, kind=Kind.FORBIDDEN):
    """This PIN does not open the report."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a PIN; ``visit_id`` is known when it was right, ``wait`` when the code rests."""

    outcome: Literal["right", "wrong", "resting", "unknown"]
    visit_id: UUID | None = None
    wait: dt.timedelta = dt.timedelta(0)


class Newest(msgspec.Struct, frozen=True):
    """The newest revision of a report, and what became of the report."""

    revision: int
    signature: str
    state: str
    erased: bool


_NEWEST = Read(
    Newest,
    select(
        ReportRevision.revision,
        ReportRevision.signature,
        Report.state,
        ReportErasure.report_id.is_not(None).label("erased"),
    )
    .join(Report, Report.id == ReportRevision.report_id)
    .outerjoin(ReportErasure, ReportErasure.report_id == Report.id)
    .order_by(ReportRevision.revision.desc())
    .limit(1),
)


async def make_collection_code(work: Work, visit_id: UUID) -> codes.CollectionSecret:
    """Return a new collection code and PIN for a completed visit; the former ones lead nowhere from now on.

    Raises: NotFound, NotCompletedYet.
    """
    visit = (
        await work.db.execute(
            select(Visit.state, Visit.partner_id).where(
                Visit.id == visit_id, own_rows(work.actor, Visit.partner_id, Visit.technician_id)
            )
        )
    ).one_or_none()
    if visit is None:
        raise NotFound("There is no such visit among yours.")
    if visit.state != "completed":
        raise NotCompletedYet("Complete the visit first; its report is made then.")
    secret = codes.new_collection_secret()
    fresh = {
        "code_hash": secret.code_hash,
        "pin_hash": secret.pin_hash,
        "tries": 0,
        "paused_until": None,
        "created_at": work.now,
    }
    await work.db.execute(
        insert(Collection)
        .values(visit_id=visit_id, partner_id=visit.partner_id, **fresh)
        .on_conflict_do_update(index_elements=["visit_id"], index_where=Collection.letter_id.is_(None), set_=fresh)
    )
    note(work, work.actor.account_id, "collection-code-made", visit=str(visit_id))
    return secret


async def try_pin(work: Work, code: str, pin: str) -> Tried:
    """Decide whether a PIN opens a collection code, counting what is wrong; the caller's transaction must commit.

    Every fifth wrong PIN makes the code rest. The row is locked, so that tries at the same time are counted one by one.
    """
    given = codes.pin_hash(code, pin)
    collection = await work.db.scalar(
        select(Collection).where(Collection.code_hash == codes.code_hash(code)).with_for_update(key_share=True)
    )
    fits = hmac.compare_digest(given, bytes(32) if collection is None else collection.pin_hash)
    if collection is None:
        return Tried("unknown")
    if collection.paused_until is not None and collection.paused_until > work.now:
        return Tried("resting", wait=collection.paused_until - work.now)
    if fits:
        collection.tries, collection.paused_until = 0, None
        note(work, None, "report-collected", visit=str(collection.visit_id))
        return Tried("right", collection.visit_id)
    collection.tries += 1
    pause = rules.pause_after(collection.tries)
    collection.paused_until = None if pause is None else work.now + pause
    note(work, None, "collection-pin-refused", visit=str(collection.visit_id), tries=collection.tries)
    return Tried("wrong") if pause is None else Tried("resting", wait=pause)


async def visit_behind(db: AsyncConnection, code: str) -> UUID | None:
    """Return the visit that a collection code belongs to."""
    visit: UUID | None = await db.scalar(
        select(Collection.visit_id).where(Collection.code_hash == codes.code_hash(code))
    )
    return visit


async def one_at_a_time(work: Work, visit_id: UUID) -> None:
    """Let whoever uses the collection codes of a visit wait for one another until this transaction ends."""
    codes_of = select(Collection.code_hash).where(Collection.visit_id == visit_id).order_by(Collection.code_hash)
    await work.db.execute(codes_of.with_for_update(key_share=True))


async def newest_of(db: AsyncConnection, visit_id: UUID) -> Newest | None:
    """Return how the report of a visit stands now, printed or not; None while it has none."""
    return await _NEWEST.first(db, _NEWEST.statement.where(Report.visit_id == visit_id))


def may_sign(newest: Newest, shown: int, said: str | None) -> bool:
    """Decide whether a customer may sign the revision that is shown; ``said`` is what they said of the visit last."""
    stands = newest.state != "withdrawn" and not newest.erased and newest.revision == shown
    return stands and newest.signature != "given" and said in (None, "happened")

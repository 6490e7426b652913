"""Freezing the report of a completed visit, and the customer's way to it: collection code, PIN, pauses."""

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.jobs.model import Visit
from domain.kit.ids import new_id
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.sessions import note
from domain.reports import codes, rules
from domain.reports.document import commit, digest, salt_bytes
from domain.reports.model import Collection, Report
from domain.reports.sheet import sheet_of
from domain.worklog.completion import CompleteVisit

RENDER = "report.render"


class NotCompletedYet(Problem, kind=Kind.CONFLICT):
    """This visit is not completed, so it has no report yet."""


class WrongPin(Problem, kind=Kind.FORBIDDEN):
    """This PIN does not open the report."""


class RenderReport(msgspec.Struct, frozen=True):
    """Which revision the worker has to print."""

    report_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a PIN; ``visit_id`` is known when it was right, ``wait`` when the code rests."""

    outcome: Literal["right", "wrong", "resting", "unknown"]
    visit_id: UUID | None = None
    wait: dt.timedelta = dt.timedelta(0)


_COMPLETED = Prepared(
    select(Visit.partner_id, Report.id)
    .outerjoin(Report, Report.visit_id == Visit.id)
    .where(Visit.id == bindparam("visit_id"), Visit.state == "completed", Visit.result.is_not(None)),
    "visit_id",
)
_NEW_REPORT = """
INSERT INTO report (id, visit_id, partner_id, state, created_at) VALUES ($1, $2, $3, 'frozen', $4) RETURNING number
"""
_NEW_REVISION = """
WITH revision AS (
  INSERT INTO report_revision (report_id, revision, partner_id, document, digest, verification_code, short_code,
                               frozen_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)
INSERT INTO report_person (report_id, revision, partner_id, salt, personal) VALUES ($1, $2, $3, $9, $10)
"""


async def freeze_report(work: Work, cmd: CompleteVisit) -> None:
    """Freeze the sheet of a visit that was just completed as revision 1 of its report, and have it printed.

    Nothing on a sheet can stop it: what is too long is cut. A completion that came second changes no report. The
    collection code that came along leads to the report, unless the visit has one already.
    """
    row = await _COMPLETED.first(work.driver, {"visit_id": cmd.visit_id})
    if row is None:
        return
    partner_id, report_id = row
    if report_id is None:
        await _freeze(work, cmd.visit_id, partner_id)
    if cmd.collection is not None:
        await work.db.execute(
            # A code that some visit already has is the phone's mistake: it costs the code, never the visit.
            insert(Collection)
            .values(
                visit_id=cmd.visit_id,
                partner_id=partner_id,
                code_hash=bytes.fromhex(cmd.collection.code_hash),
                pin_hash=bytes.fromhex(cmd.collection.pin_hash),
            )
            .on_conflict_do_nothing()
        )


async def _freeze(work: Work, visit_id: UUID, partner_id: UUID | None) -> None:
    report_id = new_id()
    number = await work.driver.fetchval(_NEW_REPORT, report_id, visit_id, partner_id, work.now)
    document, personal = await sheet_of(work.driver, visit_id, report_id=report_id, number=number, at=work.now)
    salt = secrets.token_bytes(salt_bytes)
    personal_bytes = rules.frozen(personal)
    bound = msgspec.structs.replace(document, personal_commitment=commit(personal_bytes, salt).hex())
    document_bytes = rules.frozen(bound)
    names = (report_id, bound.revision, partner_id)
    codes_of_it = (codes.new_token(), codes.new_short_code(), work.now)
    frozen = (document_bytes, digest(document_bytes), *codes_of_it)
    await work.driver.execute(_NEW_REVISION, *names, *frozen, salt, personal_bytes)
    await work.enqueue(RENDER, RenderReport(report_id, bound.revision))


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
        .on_conflict_do_update(index_elements=["visit_id"], set_=fresh)
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

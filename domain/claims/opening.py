"""The claim of a completed visit: the unit is locked, the facts are gathered, the rules decide, all of it is stored."""

import datetime as dt
from typing import Any, get_args
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select, update

from domain.claims.facts import (
    DEFAULTS,
    MODES,
    Allowance,
    ClaimFacts,
    Elsewhere,
    Lane,
    Limits,
    Mode,
    Permit,
    Rival,
    ScanSeen,
    Sheet,
)
from domain.claims.fitting import fit_components
from domain.claims.lines import asked_lines
from domain.claims.returns import CORE_RETURN, expect_returns
from domain.claims.rules import decide, uses_allowance
from domain.claims.scored import SCORE, ScoreLater
from domain.claims.sheets import EVERYTHING
from domain.claims.storing import Place, store
from domain.jobs.model import Visit
from domain.kit.work import Work
from domain.warranty.rules import CoverageFacts, coverage
from domain.worklog.completion import CompleteVisit
from domain.worklog.rules import day_at

_VISIT = select(Visit.id, Visit.partner_id, Visit.state, Visit.why_no_claim).where(Visit.id == bindparam("visit_id"))


class Allowed(msgspec.Struct, frozen=True):
    """A pre-authorisation that no claim has used."""

    id: UUID
    granted: Allowance


class UnitNow(msgspec.Struct, frozen=True):
    """A unit that is locked: its status and the day it got it, and the lines that stand or were paid on it."""

    status: str
    status_on: dt.date | None = None
    rivals: tuple[Rival, ...] = ()


async def open_claim_for_visit(work: Work, cmd: CompleteVisit) -> None:
    """Open the claim of a partner's covered visit, or write on the visit why there is none.

    A visit that already has either is left alone: a completion may arrive twice.
    Locks: the unit, as late as can be: of two simultaneous claims the second sees the first, and the unit's status is
    the one that holds now.
    """
    row = await EVERYTHING.first(work.driver, {"visit_id": cmd.visit_id})
    why = await _why_nothing_is_gathered(work, cmd.visit_id) if row is None else await _open(work, row)
    if why is not None:
        await work.db.execute(update(Visit).where(Visit.id == cmd.visit_id).values(why_no_claim=why))


async def _why_nothing_is_gathered(work: Work, visit_id: UUID) -> str | None:
    visit = (await work.db.execute(_VISIT, {"visit_id": visit_id})).one()
    if visit.state != "completed" or visit.why_no_claim is not None:
        return None
    return "in-house" if visit.partner_id is None else "job-reassigned"


async def _open(work: Work, row: Any) -> str | None:
    """Open the claim, or return why there is none.

    All that can be done before the unit is locked is done before: from the lock to the commit others wait.
    """
    facts = claim_facts(row, work.now)
    if facts.visit_claims:
        return None
    if not facts.coverage.pays and facts.unit_status != "unconfirmed" and not facts.allowance.goodwill:
        return "out-of-warranty"
    if not any(asked_lines(facts)):
        return "nothing-to-claim"
    await work.enqueue(SCORE, ScoreLater(work.op_id))
    await work.hand_over()
    seen = await lock_unit(work, facts.unit_id)
    locked = {"unit_status": seen.status, "unit_status_on": seen.status_on, "rivals": seen.rivals}
    facts = msgspec.structs.replace(facts, **locked)
    decision = decide(facts)
    store(work, Place(row["visit_id"], row["job_id"], row["assignment_id"]), facts, decision)
    if any(line.hold_reason == CORE_RETURN for line in decision.lines):
        await expect_returns(work, work.op_id)
    if decision.state == "accepted" and any(part.serial for part in facts.sheet.parts):
        await fit_components(work, work.op_id)
    return None


async def lock_unit(work: Work, unit_id: UUID) -> UnitNow:
    """Return the unit as it is from now on until this work ends, rivals of other partners included.

    Locks: the unit.
    """
    told = await work.driver.fetchval("SELECT gate_unit_now($1)", unit_id)
    return msgspec.json.decode(told, type=UnitNow)


def claim_facts(row: Any, now: dt.datetime) -> ClaimFacts:
    """Return the facts in a gathered row, yet without rivals; ``now`` is the moment the claim reached us."""
    sheet = msgspec.json.decode(row["sheet"], type=Sheet)
    repaired_on = day_at(row["completed_at"], row["time_zone"])
    reported_on = day_at(row["created_at"], row["time_zone"])
    cover = msgspec.json.decode(row["coverage"], type=CoverageFacts)
    said = [fault.failed_on for fault in sheet.faults if fault.failed_on is not None]
    # Where the sheet does not say it, the failure was there when the job was created.
    failed_on = min(said, default=min(reported_on, repaired_on))
    facts = ClaimFacts(
        partner_id=row["partner_id"],
        assignment_partner_id=row["assignment_partner_id"],
        assignment_current=row["assignment_current"],
        assignment_claims=tuple(row["assignment_claims"]),
        visit_claims=tuple(row["visit_claims"]),
        unit_id=row["unit_id"],
        unit_status=row["unit_status"],
        scan=_best(msgspec.json.decode(row["scans"], type=list[ScanSeen])),
        failed_on=failed_on,
        repaired_on=repaired_on,
        submitted_on=day_at(now, row["time_zone"]),
        arrived_at=row["arrived_at"],
        completed_at=row["completed_at"],
        clock_uncertain=row["clock_uncertain"],
        repaired=row["result"] != "not_repaired",
        coverage=coverage(cover, failed_on),
        sheet=sheet,
        rivals=(),
        limits=limits_of(_decoded(row["limits"])),
        modes=modes_of(_decoded(row["modes"])),
        reported_on=reported_on,
        covered_when_reported=coverage(cover, reported_on).pays,
        partner_currency=row["partner_currency"],
        permit=msgspec.json.decode(row["permit"], type=Permit),
        elsewhere=msgspec.json.decode(row["elsewhere"], type=Elsewhere),
        partner_locked=row["partner_locked"],
    )
    return _with_leave(facts, msgspec.json.decode(row["allowed"], type=list[Allowed]))


def _with_leave(facts: ClaimFacts, allowed: list[Allowed]) -> ClaimFacts:
    """Return the facts with the pre-authorisation that helps most, the oldest of equals: a claim uses one."""
    given = [msgspec.structs.replace(facts, preauthorisation_id=one.id, allowance=one.granted) for one in allowed]
    return min(given, key=_against, default=facts)


def _against(facts: ClaimFacts) -> tuple[int, int, bool]:
    """Return how much speaks against a claim with this leave; leave that changes nothing comes after one that does."""
    decision = decide(facts)
    return get_args(Lane).index(decision.lane), len(decision.hits), not uses_allowance(facts)


def _decoded(told: str | None) -> dict[str, Any] | None:
    return None if told is None else msgspec.json.decode(told, type=dict[str, Any])


def limits_of(given: dict[str, Any] | None) -> Limits:
    """Return a programme's limits; what it does not name, or names without sense, has its default."""
    known = {
        name: value
        for name, value in (given or {}).items()
        if name in Limits.__struct_fields__ and type(value) is int and value >= 0
    }
    return msgspec.structs.replace(DEFAULTS, **known)


def modes_of(given: dict[str, Any] | None) -> dict[str, Mode]:
    """Return a programme's rule modes; a word that is no mode is left out, so that the rule's own holds."""
    return {rule: mode for rule, mode in (given or {}).items() if mode in MODES}


def _best(scans: list[ScanSeen]) -> ScanSeen | None:
    """Return the reading that proves most: of the job's unit before any other, a machine's before a typed one.

    A label whose code is right proves more than any; one whose code is wrong is not made good by the serial alone.
    """
    worth = ("none", "revoked", "wrong", "ok")
    return max(scans, key=lambda scan: (scan.matches_job, scan.source != "typed", worth.index(scan.tag)), default=None)

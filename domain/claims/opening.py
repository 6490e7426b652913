"""The claim of a completed visit: the unit is locked, the facts are gathered, the rules decide, all of it is stored."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, insert, select, update

from domain.claims.facts import (
    DEFAULTS,
    MODES,
    NOTHING_MORE,
    Allowance,
    ClaimDecision,
    ClaimFacts,
    Elsewhere,
    Limits,
    Line,
    Mode,
    Permit,
    Rival,
    ScanSeen,
    Sheet,
)
from domain.claims.fitting import fit_components
from domain.claims.lines import asked_lines, sum_in
from domain.claims.model import Claim, ClaimLine, RuleHit
from domain.claims.rules import decide, uses_allowance
from domain.claims.scored import SCORE, ScoreLater
from domain.claims.sheets import EVERYTHING
from domain.jobs.model import Job, Visit
from domain.kit.base import Record
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.warranty.rules import CoverageFacts, coverage
from domain.worklog.completion import CompleteVisit
from domain.worklog.rules import day_at

_VISIT = (
    select(Visit.id, Visit.job_id, Visit.assignment_id, Visit.partner_id, Visit.state, Visit.why_no_claim, Job.unit_id)
    .join_from(Visit, Job, Job.id == Visit.job_id, isouter=True)
    .where(Visit.id == bindparam("visit_id"))
)
_TABLES = Record.metadata.tables
_CLAIM, _LINES, _HITS = (insert(_TABLES[kind.__tablename__]) for kind in (Claim, ClaimLine, RuleHit))
_SOURCE_COLUMN = {
    "fault": "fault_id",
    "part": "part_used_id",
    "labour": "time_entry_id",
    "travel": "time_entry_id",
    "expense": "expense_id",
}


class Allowed(msgspec.Struct, frozen=True):
    """A pre-authorisation that no claim has used."""

    id: UUID | None = None
    granted: Allowance = NOTHING_MORE


class UnitNow(msgspec.Struct, frozen=True):
    """A unit that is locked: its status, and the lines that stand or were paid on it."""

    status: str
    rivals: tuple[Rival, ...] = ()


async def open_claim_for_visit(work: Work, cmd: CompleteVisit) -> None:
    """Open the claim of a partner's covered visit, or write on the visit why there is none.

    A visit that already has either is left alone: a completion may arrive twice.
    Locks: the unit, as late as can be: of two simultaneous claims the second sees the first, and the unit's status is
    the one that holds now.
    """
    visit = (await work.db.execute(_VISIT, {"visit_id": cmd.visit_id})).one()
    if visit.state != "completed" or visit.why_no_claim is not None:
        return
    if visit.partner_id is None:
        why: str | None = "in-house"
    else:
        why = "job-reassigned" if visit.unit_id is None else await _open(work, visit)
    if why is not None:
        await work.db.execute(update(Visit).where(Visit.id == visit.id).values(why_no_claim=why))


async def _open(work: Work, visit: Any) -> str | None:
    """Open the claim, or return why there is none."""
    facts = claim_facts((await work.db.execute(EVERYTHING, {"visit_id": visit.id})).one(), work.now)
    if facts.visit_claims:
        return None
    if not facts.coverage.pays and facts.unit_status != "unconfirmed" and not facts.allowance.goodwill:
        return "out-of-warranty"
    if not any(asked_lines(facts)):
        return "nothing-to-claim"
    seen = await lock_unit(work, facts.unit_id)
    facts = msgspec.structs.replace(facts, unit_status=seen.status, rivals=seen.rivals)
    decision = decide(facts)
    await _store(work, visit, facts, decision)
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
    sheet = msgspec.json.decode(row.sheet, type=Sheet)
    allowed = Allowed() if row.allowed is None else msgspec.json.decode(row.allowed, type=Allowed)
    repaired_on = day_at(row.completed_at, row.time_zone)
    reported_on = day_at(row.created_at, row.time_zone)
    cover = msgspec.json.decode(row.coverage, type=CoverageFacts)
    said = [fault.failed_on for fault in sheet.faults if fault.failed_on is not None]
    # Where the sheet does not say it, the failure was there when the job was created.
    failed_on = min(said, default=min(reported_on, repaired_on))
    return ClaimFacts(
        partner_id=row.partner_id,
        assignment_partner_id=row.assignment_partner_id,
        assignment_current=row.assignment_current,
        assignment_claims=tuple(row.assignment_claims),
        visit_claims=tuple(row.visit_claims),
        unit_id=row.unit_id,
        unit_status=row.unit_status,
        scan=_best(msgspec.json.decode(row.scans, type=list[ScanSeen])),
        failed_on=failed_on,
        repaired_on=repaired_on,
        submitted_on=day_at(now, row.time_zone),
        clock_uncertain=row.clock_uncertain,
        repaired=row.result != "not_repaired",
        coverage=coverage(cover, failed_on),
        sheet=sheet,
        rivals=(),
        limits=limits_of(row.limits),
        modes=modes_of(row.modes),
        reported_on=reported_on,
        covered_when_reported=coverage(cover, reported_on).pays,
        partner_currency=row.partner_currency,
        permit=msgspec.json.decode(row.permit, type=Permit),
        elsewhere=msgspec.json.decode(row.elsewhere, type=Elsewhere),
        partner_locked=row.partner_locked,
        preauthorisation_id=allowed.id,
        allowance=allowed.granted,
    )


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


async def _store(work: Work, visit: Any, facts: ClaimFacts, decision: ClaimDecision) -> None:
    """Store the claim under the operation's own id, so that one operation can never open two."""
    claim = {
        "id": work.op_id,
        "visit_id": visit.id,
        "job_id": visit.job_id,
        "assignment_id": visit.assignment_id,
        "partner_id": facts.partner_id,
        "authorisation_id": None if facts.permit is None else facts.permit.authorisation_id,
        "unit_id": facts.unit_id,
        "scan_id": None if facts.scan is None else facts.scan.id,
        "lane": decision.lane,
        "state": decision.state,
        "payable": decision.payable,
        "photos_reused": len({photo.photo_id for photo in facts.elsewhere.photos}) if facts.elsewhere else 0,
        "currency": facts.partner_currency,
        "asked_minor": sum_in(facts.partner_currency, decision.lines),
        "approved_minor": _approved(facts, decision),
        "failed_on": facts.failed_on,
        "repaired_on": facts.repaired_on,
        "submitted_on": facts.submitted_on,
        "submitted_at": work.now,
        "submitted_by": work.actor.account_id,
        "preauthorisation_id": facts.preauthorisation_id if uses_allowance(facts) else None,
        "repeat_trip": uses_allowance(facts) and facts.allowance.repeat_trip,
        "coverage": msgspec.to_builtins(facts.coverage),
        "facts": msgspec.to_builtins(facts),
        "decision": msgspec.to_builtins(decision),
        "told": msgspec.to_builtins(decision.told),
    }
    await work.db.execute(_CLAIM, claim)
    slot = next((hit.told for hit in decision.hits if hit.rule == "D3"), "")
    await work.db.execute(_LINES, [_line(work.op_id, facts, line, slot) for line in decision.lines])
    if decision.hits:
        await work.db.execute(_HITS, [_hit(work.op_id, facts.partner_id, hit) for hit in decision.hits])
    await work.enqueue(SCORE, ScoreLater(work.op_id))


def _approved(facts: ClaimFacts, decision: ClaimDecision) -> int | None:
    if decision.state != "accepted":
        return None
    return sum_in(facts.partner_currency, (line for line in decision.lines if line.state == "accepted"))


def _line(claim_id: UUID, facts: ClaimFacts, line: Line, told_of_slot: str) -> dict[str, Any]:
    accepted = line.state == "accepted"
    # Whose claim holds the slot is told in the words of the rule, which knows what its partner may hear.
    sources = dict.fromkeys(_SOURCE_COLUMN.values()) | {_SOURCE_COLUMN[line.kind]: line.source_id}
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "partner_id": facts.partner_id,
        "unit_id": facts.unit_id,
        "kind": line.kind,
        "state": line.state,
        "fault_group_id": line.fault_group_id,
        "label": line.label,
        "quantity": line.quantity,
        "minutes": line.minutes,
        "amount_minor": line.amount_minor,
        "approved_minor": line.amount_minor if accepted and line.currency == facts.partner_currency else None,
        "currency": line.currency,
        "on_hold": line.on_hold,
        "hold_reason": line.hold_reason,
        "failed_on": facts.failed_on,
        "repaired_on": facts.repaired_on,
        "reason": told_of_slot if line.reason == "already-claimed" else line.reason,
        **sources,
    }


def _hit(claim_id: UUID, partner_id: UUID, hit: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "partner_id": partner_id,
        "rule": hit.rule,
        "rule_version": hit.version,
        "mode": hit.mode,
        "result": hit.result,
        "reason": hit.reason,
        "inputs": hit.inputs,
    }

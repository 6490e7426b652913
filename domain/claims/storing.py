"""A claim as it was decided, written down: the claim, its lines, and every rule it did not pass."""

from typing import Any, NamedTuple
from uuid import UUID

from domain.claims.facts import ClaimDecision, ClaimFacts, Hit, Line
from domain.claims.lines import sum_in
from domain.claims.rules import uses_allowance
from domain.kit.ids import new_id
from domain.kit.work import Work

_SOURCE_COLUMN = {
    "fault": "fault_id",
    "part": "part_used_id",
    "labour": "time_entry_id",
    "travel": "time_entry_id",
    "expense": "expense_id",
}


class Place(NamedTuple):
    """The visit of a claim, its job, and the assignment it was done on."""

    visit_id: UUID
    job_id: UUID
    assignment_id: UUID


def store(work: Work, place: Place, facts: ClaimFacts, decision: ClaimDecision) -> None:
    """Have the claim stored with its lines and hits, by the statement that writes what waits: the unit is locked.

    It has the operation's own id, so that one operation can never open two.
    """
    claim = {
        "id": work.op_id,
        "visit_id": place.visit_id,
        "job_id": place.job_id,
        "assignment_id": place.assignment_id,
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
        "repeat_trip": bool(facts.assignment_claims) and uses_allowance(facts) and facts.allowance.repeat_trip,
        "coverage": facts.coverage,
        "facts": facts,
        "decision": decision,
        "told": decision.told,
    }
    # What is told of a slot that is taken is what its rule may tell: whose claim holds it is not said by the line.
    told = {hit.rule: hit.told for hit in decision.hits}
    slot = {"already-claimed": told.get("D3", ""), "window-overlaps": told.get("D5", "")}
    work.rows.add("claim", claim)
    for line in decision.lines:
        work.rows.add("claim_line", _line(work.op_id, facts, line, slot.get(line.reason, line.reason)))
    for hit in decision.hits:
        work.rows.add("rule_hit", _hit(work.op_id, facts.partner_id, hit))


def _approved(facts: ClaimFacts, decision: ClaimDecision) -> int | None:
    if decision.state != "accepted":
        return None
    return sum_in(facts.partner_currency, (line for line in decision.lines if line.state == "accepted"))


def _line(claim_id: UUID, facts: ClaimFacts, line: Line, reason: str) -> dict[str, Any]:
    # Money of another currency is no sum in the partner's: who decides says what is paid for it.
    counted = facts.partner_currency is None or line.currency in (None, facts.partner_currency)
    asked = line.amount_minor if counted else None
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
        "amount_minor": asked,
        "approved_minor": asked if line.state == "accepted" and line.currency == facts.partner_currency else None,
        "currency": line.currency,
        "on_hold": line.on_hold,
        "hold_reason": line.hold_reason,
        "failed_on": facts.failed_on,
        "repaired_on": facts.repaired_on,
        "reason": reason,
        **sources,
    }


def _hit(claim_id: UUID, partner_id: UUID, hit: Hit) -> dict[str, Any]:
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

"""Judging a claim once more from its stored facts: what each rule said then, and what it says of the same facts now."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.facts import ClaimDecision, ClaimFacts, Hit, Mode
from domain.claims.model import Claim
from domain.claims.rules import RULES, Rule, decide
from domain.kit.read import Read

claims_at_once = 500

Outcome = Literal["passed", "off", "warn", "review", "refuse", "not-judged"]
Note = Literal["same", "older-version", "newer-rule", "different"]


class RuleOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said of a claim, then and now.

    ``judged_by`` is the version that judged it: null for a rule that is newer than the claim, and for a decision that
    is older than the noting of versions. ``reason`` and ``inputs`` are those of then, or else of now.
    """

    rule: str
    version: int
    judged_by: int | None
    mode: Mode
    stored: Outcome
    replayed: Outcome
    note: Note
    reason: str = ""
    inputs: dict[str, Any] = {}


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A claim judged once more; it is equal where every rule of the same version and the decision say the same.

    A rule that has changed or come since explains a difference; it makes none.
    """

    claim_id: UUID
    number: int
    equal: bool
    stored_state: str
    replayed_state: str
    rules: tuple[RuleOutcome, ...]


class StoredClaim(msgspec.Struct, frozen=True):
    """A claim as it was stored when it was judged."""

    claim_id: UUID
    number: int
    facts: dict[str, Any]
    decision: dict[str, Any]

    def replayed(self) -> Replay:
        """Return the replay; raises msgspec.ValidationError for facts that this release cannot read."""
        facts = msgspec.convert(self.facts, ClaimFacts)
        return replay(self.claim_id, self.number, facts, msgspec.convert(self.decision, ClaimDecision))


_STORED = Read(StoredClaim, select(Claim.id.label("claim_id"), Claim.number, Claim.facts, Claim.decision))


async def stored_claim(db: AsyncConnection, which: UUID | int) -> StoredClaim | None:
    """Return a claim by its id or number, or None; for the office alone."""
    key = Claim.id == which if isinstance(which, UUID) else Claim.number == which
    return await _STORED.first(db, _STORED.statement.where(key))


async def stored_claims(db: AsyncConnection, since: dt.date) -> AsyncIterator[StoredClaim]:
    """Yield every claim submitted since a day, by number, some at a time; for the office alone."""
    last = 0
    while True:
        after = _STORED.statement.where(Claim.number > last, Claim.submitted_on >= since)
        found = await _STORED.all(db, after.order_by(Claim.number).limit(claims_at_once))
        for one in found:
            yield one
        if len(found) < claims_at_once:
            return
        last = found[-1].number


def replay(claim_id: UUID, number: int, facts: ClaimFacts, decision: ClaimDecision) -> Replay:
    """Return what every rule says of the stored facts, beside what was stored."""
    again = decide(facts)
    rules = tuple(_outcome(rule, facts, decision, again) for rule in RULES)
    gone = {hit.rule for hit in decision.hits} - {rule.id for rule in RULES}
    notes = {one.note for one in rules}
    explained = bool(gone) or not notes.isdisjoint({"older-version", "newer-rule"})
    same = msgspec.structs.replace(again, versions=decision.versions) == decision
    return Replay(
        claim_id=claim_id,
        number=number,
        equal="different" not in notes and (same or explained),
        stored_state=decision.state,
        replayed_state=again.state,
        rules=rules,
    )


def _outcome(rule: Rule, facts: ClaimFacts, decision: ClaimDecision, again: ClaimDecision) -> RuleOutcome:
    then, now = _hit(rule, decision), _hit(rule, again)
    known = decision.versions is not None
    judged_by = then.version if then else (decision.versions or {}).get(rule.id)
    mode = rule.mode_in(facts.modes)
    quiet: Outcome = "off" if mode == "off" else "passed"
    stored: Outcome = then.result if then else "not-judged" if known and judged_by is None else quiet
    seen = then or now
    return RuleOutcome(
        rule=rule.id,
        version=rule.version,
        judged_by=judged_by,
        mode=mode,
        stored=stored,
        replayed=now.result if now else quiet,
        note=_note(rule, then, now, judged_by, is_newer=stored == "not-judged"),
        reason=seen.reason if seen else "",
        inputs=seen.inputs if seen else {},
    )


def _note(rule: Rule, then: Hit | None, now: Hit | None, judged_by: int | None, *, is_newer: bool) -> Note:
    if is_newer:
        return "newer-rule"
    if judged_by not in (None, rule.version):
        return "older-version"
    return "same" if then == now else "different"


def _hit(rule: Rule, decision: ClaimDecision) -> Hit | None:
    return next((hit for hit in decision.hits if hit.rule == rule.id), None)

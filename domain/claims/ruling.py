"""What a person's decision grants of a line, and whether the gate had more against it than time and cover."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from domain.claims.facts import DEFAULTS, LineKind
from domain.claims.lines import is_paid_by
from domain.claims.model import Claim, ClaimLine
from domain.claims.rules import GOODWILL, IN_USE
from domain.claims.standing import OUT_OF_COVER, Decision, DecisionReason, Move, share
from domain.kit.limits import AmountMinor, Minutes, Note, Quantity
from domain.kit.problem import InvalidRequest
from domain.warranty.rules import Coverage

MOVES_OF: dict[Decision, Move] = {
    "approve": "approve",
    "approve_in_part": "approve",
    "refuse": "refuse",
    "send_back": "send_back",
}


class Ruling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision with its reason; in part, it says how much: minutes of a time, quantity of a part, or money."""

    decision: Decision
    reason: DecisionReason
    note: Note = ""
    approved_minor: AmountMinor | None = None
    approved_minutes: Minutes | None = None
    approved_quantity: Quantity | None = None


class RulingOnLine(Ruling, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision on one line."""

    line_id: UUID


@dataclass(frozen=True, slots=True)
class Granted:
    """How much of a line is granted."""

    minor: int | None = None
    minutes: int | None = None
    quantity: int | None = None


def was_unconfirmed(facts: dict[str, Any]) -> bool:
    """Tell whether nobody had confirmed the unit when the gate decided: it had no dates to refuse a line by."""
    return facts.get("unit_status") == "unconfirmed"


def is_out_of_cover(claim: Claim, cover: dict[str, Any], line: ClaimLine) -> bool:
    """Tell whether time or cover is all that the gate had against a line, or would have had on a confirmed unit.

    ``cover`` is the one that counts: the claim's own, or today's where the unit was unconfirmed.
    """
    decision = claim.decision
    source = str(line.fault_id or line.part_used_id or line.time_entry_id or line.expense_id)
    own = next((one["reason"] for one in decision.get("lines", ()) if one["source_id"] == source), "")
    if own:
        return own in OUT_OF_COVER
    unrefused = any(hit["reason"] == GOODWILL for hit in decision.get("hits", ())) or was_unconfirmed(claim.facts)
    if unrefused and not is_paid_by(msgspec.convert(cover, Coverage), msgspec.convert(line.kind, LineKind)):
        return True
    refusing = {hit["reason"] for hit in decision.get("hits", ()) if hit["result"] == "refuse"}
    return bool(refusing) and refusing <= OUT_OF_COVER


def is_out_of_use(claim: Claim, unit_status: str | None) -> bool:
    """Tell whether the gate refused the claim because of what had become of its unit, and that is so still."""
    refused = any(hit["rule"] == "D2" and hit["result"] == "refuse" for hit in claim.decision.get("hits", ()))
    return refused and unit_status not in IN_USE


def limit_of(facts: dict[str, Any], name: str) -> int:
    """Return a number of the programme as the claim's facts have it, or its default where they are older than it."""
    stored = facts.get("limits", {}).get(name)
    return int(getattr(DEFAULTS, name) if stored is None else stored)


def granted_by(line: ClaimLine, ruling: Ruling) -> Granted:
    """Return how much a ruling grants of a line; raises InvalidRequest where it does not say, or says too much."""
    said = Granted(ruling.approved_minor, ruling.approved_minutes, ruling.approved_quantity)
    nothing = said == Granted()
    if ruling.decision == "approve_in_part":
        return _in_part(line, said)
    if ruling.decision == "approve" and line.amount_minor is None and line.kind != "fault":
        if said.minor is None or said.minutes is not None or said.quantity is not None:
            raise InvalidRequest("Nobody has priced this line: say what is paid for it.", field="approved_minor")
        return Granted(said.minor, line.minutes, line.quantity)
    if not nothing:
        raise InvalidRequest("How much belongs to what is approved in part.", field="approved_minor")
    if ruling.decision == "approve":
        return Granted(line.amount_minor, line.minutes, line.quantity)
    return Granted()


def _in_part(line: ClaimLine, said: Granted) -> Granted:
    asked = Granted(line.amount_minor, line.minutes, line.quantity)
    ways = [(name, getattr(said, name), getattr(asked, name)) for name in ("minor", "minutes", "quantity")]
    given = [(name, some, whole) for name, some, whole in ways if some is not None]
    if len(given) != 1 or line.kind == "fault":
        raise InvalidRequest("Say how much in one way: money, minutes of a time or quantity of a part.", field="lines")
    ((name, some, whole),) = given
    if whole is None or not 0 < some < whole:
        raise InvalidRequest(f"In part is more than nothing and less than {whole}.", field=f"approved_{name}")
    if name == "minor":
        return Granted(some, line.minutes, line.quantity)
    minor = None if line.amount_minor is None else share(line.amount_minor, some, whole)
    return Granted(minor, some, line.quantity) if name == "minutes" else Granted(minor, line.minutes, some)

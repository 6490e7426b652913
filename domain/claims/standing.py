"""Where a claim and its lines may go: one table of states, and what follows from people's decisions.

A claim's state follows from its lines. The moves of a line (a dash: there is no such move)::

                 accepted   in_review  sent_back  refused     approved   paid  withdrawn
    approve      -          approved   approved   approved *  -          -     -
    refuse       -          refused    refused    -           -          -     -
    send_back    -          sent_back  -          -           -          -     -
    answer       -          -          in_review  -           -          -     -
    appeal       -          -          -          in_review + -          -     -
    withdraw     withdrawn  withdrawn  withdrawn  -           withdrawn  -     -
    pay          paid       -          -          -           paid       -     -

``*`` by goodwill only, so by two people, and only where the gate had nothing against it but time and cover.
``+`` once per line. A claim that is paid or withdrawn is closed: nothing moves on it any more. A claim is paid as a
whole, when none of its lines waits or is on hold; it is withdrawn as a whole, unless nothing of it was granted.
"""

from collections.abc import Iterable
from typing import Literal

from domain.claims.facts import ClaimState

Move = Literal["approve", "refuse", "send_back", "answer", "appeal", "withdraw", "pay"]
Decision = Literal["approve", "approve_in_part", "refuse", "send_back"]
DecisionReason = Literal[
    "evidence-convincing",
    "goodwill",
    "within-authorisation",
    "not-covered",
    "no-warranty-record",
    "not-our-product",
    "duplicate",
    "excessive-labour",
    "excessive-parts",
    "excessive-travel",
    "evidence-missing",
    "evidence-contradicts",
    "not-authorised",
    "customer-denies",
    "photo-reused",
    "other",
]
"""Why a person decided; ``other`` needs a note. Where X12 element 1172 has a name for it: not-covered is its "expired
warranty", no-warranty-record "no warranty record", not-our-product "not our product", duplicate "duplicate charge",
excessive-labour "excessive labor hours", excessive-parts "excessive quantity", excessive-travel "excessive mileage or
travel", not-authorised "authorization missing". The others are words of our own.
"""
GRANTING: frozenset[str] = frozenset({"evidence-convincing", "goodwill", "within-authorisation"})
"""The reasons for which something is paid; ``other`` can be one for either, and is not among them."""
WAITING: frozenset[str] = frozenset({"in_review", "sent_back"})
LIVE: frozenset[str] = frozenset({"accepted", "approved"})
CLOSED: frozenset[str] = frozenset({"paid", "withdrawn"})
OUT_OF_COVER: frozenset[str] = frozenset({"not-covered", "not-claimable", "submitted-late"})
"""What the gate may have against a line that goodwill can pass over."""
MOVES: dict[Move, dict[str, ClaimState]] = {
    "approve": {"in_review": "approved", "sent_back": "approved", "refused": "approved"},
    "refuse": {"in_review": "refused", "sent_back": "refused"},
    "send_back": {"in_review": "sent_back"},
    "answer": {"sent_back": "in_review"},
    "appeal": {"refused": "in_review"},
    "withdraw": dict.fromkeys(("accepted", "in_review", "sent_back", "approved"), "withdrawn"),
    "pay": {"accepted": "paid", "approved": "paid"},
}


def state_of(lines: Iterable[str]) -> ClaimState:
    """Return the state of a claim whose lines stand at these states and of which a person decided something."""
    states = set(lines)
    if "in_review" in states:
        return "in_review"
    if "sent_back" in states:
        return "sent_back"
    if states & LIVE:
        return "approved"
    if "paid" in states:
        return "paid"
    return "withdrawn" if states == {"withdrawn"} else "refused"


def fits(decision: Decision, reason: DecisionReason) -> bool:
    """Tell whether a reason can be the reason of a decision; less than was asked may be granted for either."""
    if reason == "other" or decision == "approve_in_part":
        return True
    return (reason in GRANTING) == (decision == "approve")


def share(amount_minor: int, granted: int, asked: int) -> int:
    """Return the part of an amount that goes with so much of what was asked, rounded half up."""
    return (2 * amount_minor * granted + asked) // (2 * asked)

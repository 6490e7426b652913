"""D3 and D5: one live line for each unit and fault group, and repair windows that do not overlap."""

from collections.abc import Iterable, Set
from uuid import UUID

from domain.claims.facts import ClaimFacts, Rival
from domain.claims.findings import ASK_THE_OFFICE, Finding


def taken(facts: ClaimFacts) -> Set[UUID]:
    """Return the slots that this claim asks for and a live line occupies."""
    return {rival.fault_group_id for rival in _live(facts)}


def overlapping(facts: ClaimFacts) -> Set[UUID]:
    """Return the slots that this claim asks for and a paid line had within the same days."""
    return {rival.fault_group_id for rival in _paid_meanwhile(facts)}


def one_live_line(facts: ClaimFacts) -> Finding | None:
    """D3: no live line of another claim stands on the unit and fault group."""
    return _found("already-claimed", facts, _live(facts))


def windows_apart(facts: ClaimFacts) -> Finding | None:
    """D5: the days from failure to repair are not those of a repair that was paid; of live lines D3 speaks."""
    return _found("window-overlaps", facts, _paid_meanwhile(facts), soft=facts.clock_uncertain)


def _live(facts: ClaimFacts) -> list[Rival]:
    return [rival for rival in facts.rivals if rival.is_live and rival.fault_group_id in facts.fault_groups]


def _paid_meanwhile(facts: ClaimFacts) -> list[Rival]:
    return [
        rival
        for rival in facts.rivals
        if not rival.is_live
        and rival.failed_on is not None
        and rival.fault_group_id in facts.fault_groups
        and rival.failed_on <= facts.repaired_on
        and facts.failed_on <= rival.repaired_on
    ]


def _found(reason: str, facts: ClaimFacts, rivals: Iterable[Rival], *, soft: bool = False) -> Finding | None:
    found = list(rivals)
    if not found:
        return None
    # Whose claim the rival is tells a partner what another one does: only its own is named.
    own = all(rival.partner_id == facts.partner_id for rival in found)
    return Finding(
        reason,
        "already-claimed" if own else ASK_THE_OFFICE,
        at_most_review=soft or facts.fault_groups != {rival.fault_group_id for rival in found},
        inputs={"claims": [rival.claim_number for rival in found]},
    )

"""D3 and D5: one live line for each unit and fault group, and repair windows that do not overlap.

What nobody has decided yet is in nobody's way, and no later claim passes it: whichever comes second waits as well.
"""

from collections.abc import Iterable, Set
from uuid import UUID

from domain.claims.facts import ClaimFacts, Rival
from domain.claims.findings import ASK_THE_OFFICE, UNDER_CHECK, Finding


def taken(facts: ClaimFacts) -> Set[UUID]:
    """Return the slots that this claim asks for and that a live line of these weeks occupies."""
    return {rival.fault_group_id for rival in _live(facts) if not _is_long_ago(rival, facts)}


def overlapping(facts: ClaimFacts) -> Set[UUID]:
    """Return the slots that this claim asks for and a paid line had within the same days."""
    return {rival.fault_group_id for rival in _paid_meanwhile(facts)}


def one_live_line(facts: ClaimFacts) -> Finding | None:
    """D3: no line of another claim stands on the unit and fault group, nor waits for a person there.

    A line that still stands when no sheet of its repair could come any more is no duplicate of this one; its money is
    held for a reason of its own. A person looks.
    """
    live = _live(facts)
    if not live:
        waiting = [rival.claim_number for rival in _asked_of(facts) if _waits(rival, facts)]
        return Finding("rival-under-check", UNDER_CHECK, True, {"claims": waiting}) if waiting else None
    return _found("already-claimed", facts, live, soft=any(_is_long_ago(rival, facts) for rival in live))


def windows_apart(facts: ClaimFacts) -> Finding | None:
    """D5: the days from failure to repair are not those of a repair that was paid; of live lines D3 speaks."""
    return _found("window-overlaps", facts, _paid_meanwhile(facts), soft=facts.clock_uncertain)


def _asked_of(facts: ClaimFacts) -> list[Rival]:
    return [rival for rival in facts.rivals if rival.fault_group_id in facts.fault_groups]


def _live(facts: ClaimFacts) -> list[Rival]:
    return [rival for rival in _asked_of(facts) if rival.is_live]


def _waits(rival: Rival, facts: ClaimFacts) -> bool:
    """Tell whether a claim that nobody decided is in the way: one sent back that nobody answers is not for ever."""
    return rival.state == "in_review" or (rival.waits and not _is_long_ago(rival, facts))


def _is_long_ago(rival: Rival, facts: ClaimFacts) -> bool:
    return (facts.repaired_on - rival.repaired_on).days > facts.limits.days_to_submit


def _paid_meanwhile(facts: ClaimFacts) -> list[Rival]:
    return [
        rival
        for rival in _asked_of(facts)
        if rival.state == "paid"
        and rival.failed_on is not None
        and rival.failed_on <= facts.repaired_on
        and facts.failed_on <= rival.repaired_on
    ]


def _found(reason: str, facts: ClaimFacts, rivals: Iterable[Rival], *, soft: bool) -> Finding | None:
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

"""Counts what became of honest claims and of frauds, by the labels that the gate never saw."""

from collections import Counter
from typing import Any
from uuid import UUID

import msgspec

from api.trials.year.world import HONEST, Story

EXAMPLES_MAX = 20
TRIED = {
    "twice": {"applied": "refused"},
    "replay": {"replayed": "refused"},
    "altered": {"refused": "refused"},
    "cover": {"refused": "refused"},
    "approve": {"rejected": "refused"},
    "pay": {"on-hold": "refused", "not-payable": "reviewed"},
}
"""What a second try must be answered; a second claim of one visit could not even be stored."""
STOOD = """
SELECT visit.id, visit.why_no_claim, claim.number, claim.state, claim.lane,
       EXISTS (SELECT FROM core_return WHERE core_return.claim_id = claim.id AND NOT matches) AS held,
       ARRAY(SELECT rule || ':' || reason FROM rule_hit WHERE rule_hit.claim_id = claim.id AND result <> 'warn'
             UNION SELECT (found->>'rule') || ':' || (found->>'reason')
             FROM claim_score, jsonb_array_elements(findings) AS found WHERE claim_score.claim_id = claim.id) AS hits
FROM visit LEFT JOIN claim ON claim.visit_id = visit.id
"""


class Pattern(msgspec.Struct, kw_only=True):
    """What became of the frauds of one pattern; caught = refused + reviewed."""

    injected: int = 0
    caught: int = 0
    refused: int = 0
    reviewed: int = 0
    missed: int = 0


class Certain(msgspec.Struct):
    """Frauds that a rule knows for certain, and how many were refused or held for a person."""

    injected: int
    stopped: int
    percent: float


class Scored(msgspec.Struct):
    """Frauds that only their circumstances tell, and how many a person is shown."""

    injected: int
    found: int
    percent: float


class Honest(msgspec.Struct):
    """What the gate did to those who did nothing wrong."""

    claims: int
    refused: int
    reviewed: int
    review_load_percent: float
    refused_examples: list[int]
    reasons: dict[str, int]
    """Why honest claims were held or refused: rule:reason."""


class Outcome(msgspec.Struct):
    """The year's figures."""

    claims: int
    seed: int
    seconds: float
    claims_per_s: float
    patterns: dict[str, Pattern]
    certain: Certain
    scored: Scored
    honest: Honest

    @property
    def holds(self) -> bool:
        """Whether no certain fraud passed and no honest claim was refused."""
        return self.certain.stopped == self.certain.injected and self.honest.refused == 0


def is_certain(label: str) -> bool:
    """Tell whether a pattern is one that a certain rule speaks of."""
    return label.startswith(("D", "no-scan"))


async def reckon(connection: Any, stories: list[Story], said: dict[UUID, str], seed: int, seconds: float) -> Outcome:
    """Return the figures of the year from what is stored."""
    stood = {row["id"]: row for row in await connection.fetch(STOOD)}
    patterns: dict[str, Pattern] = {}
    honest = Honest(0, 0, 0, 0.0, [], {})
    reasons: Counter[str] = Counter()
    for story in stories:
        fate, number, hits = _fate(stood[story.visit_id])
        if story.attempt:
            fate = TRIED[story.attempt].get(said[story.visit_id], "passed")
        if story.label == HONEST:
            honest.claims += 1
            honest.reviewed += fate == "reviewed"
            if fate == "refused":
                honest.refused += 1
                honest.refused_examples.append(number)
            if fate in ("refused", "reviewed"):
                reasons.update(hits)
        else:
            pattern = patterns.setdefault(story.label, Pattern())
            pattern.injected += 1
            pattern.refused += fate == "refused"
            pattern.reviewed += fate == "reviewed"
            pattern.missed += fate == "passed"
            pattern.caught += fate != "passed"
    del honest.refused_examples[EXAMPLES_MAX:]
    honest.reasons = dict(reasons.most_common(30))
    honest.review_load_percent = _percent(honest.reviewed, honest.claims)
    certain = [one for label, one in patterns.items() if is_certain(label)]
    scored = [one for label, one in patterns.items() if not is_certain(label)]
    sums = [(sum(one.injected for one in kind), sum(one.caught for one in kind)) for kind in (certain, scored)]
    return Outcome(
        claims=len(stories),
        seed=seed,
        seconds=round(seconds, 1),
        claims_per_s=round(len(stories) / max(seconds, 0.001), 1),
        patterns=dict(sorted(patterns.items())),
        certain=Certain(*sums[0], _percent(sums[0][1], sums[0][0])),
        scored=Scored(*sums[1], _percent(sums[1][1], sums[1][0])),
        honest=honest,
    )


def _fate(row: Any) -> tuple[str, int, list[str]]:
    if row["number"] is None:
        return "refused", 0, [f"no-claim:{row['why_no_claim']}"]
    fate = {"refused": "refused", "in_review": "reviewed", "sent_back": "reviewed"}.get(row["state"], "passed")
    if fate == "passed" and row["held"]:
        fate = "reviewed"  # nothing of it is paid before a manager decides
    return fate, row["number"], row["hits"]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 100.0

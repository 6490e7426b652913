"""A verdict can be given once more, years later, from the facts it was given from."""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.claims.facts import ClaimDecision, ClaimFacts
from domain.claims.replaying import Replay, replay
from domain.claims.rules import RULES, VERSIONS, decide

VECTORS = Path(__file__).parents[1] / "vectors"
CLAIM = UUID("0198c5b0-0000-7000-8000-000000000007")


class Stored(msgspec.Struct, forbid_unknown_fields=True):
    """A claim as some release stored it; ``since`` says which month's."""

    name: str
    since: str
    facts: dict[str, Any]
    decision: dict[str, Any]


STORED = msgspec.json.decode((VECTORS / "replays.json").read_bytes(), type=list[Stored])


def named(stored: Stored) -> str:
    return stored.name.replace(" ", "-")


def replayed(facts: dict[str, Any], decision: dict[str, Any]) -> Replay:
    return replay(CLAIM, 500001, msgspec.convert(facts, ClaimFacts), msgspec.convert(decision, ClaimDecision))


@pytest.mark.parametrize("stored", STORED, ids=named)
def test_what_an_older_release_stored_replays_to_its_verdict(stored: Stored) -> None:
    again = replayed(stored.facts, stored.decision)
    assert again.equal
    assert again.stored_state == again.replayed_state
    assert {one.note for one in again.rules} <= {"same", "older-version"}
    hits = {hit["rule"]: hit["result"] for hit in stored.decision["hits"]}
    assert {one.rule: one.stored for one in again.rules if one.stored not in ("passed", "off")} == hits


def today(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts of a stored claim, and the decision of this release on them, as both are stored."""
    facts = next(stored.facts for stored in STORED if stored.name == name)
    return facts, msgspec.to_builtins(decide(msgspec.convert(facts, ClaimFacts)))


def test_a_decision_names_the_version_of_every_rule_that_judged_it() -> None:
    facts, decision = today("everything in order")
    assert decision["versions"] == {rule.id: rule.version for rule in RULES}
    again = replayed(facts, decision)
    assert again.equal
    assert {one.rule: one.judged_by for one in again.rules} == VERSIONS
    assert {one.note for one in again.rules} == {"same"}


def test_a_rule_that_says_something_else_of_the_same_facts_is_a_difference() -> None:
    facts, decision = today("everything in order")
    again = replayed(facts | {"unit_status": "scrapped"}, decision)
    assert not again.equal
    assert (again.stored_state, again.replayed_state) == ("accepted", "refused")
    (other,) = (one for one in again.rules if one.note == "different")
    assert (other.rule, other.stored, other.replayed, other.reason) == ("D2", "passed", "refuse", "unit-scrapped")


def test_other_inputs_are_a_difference_though_the_result_is_the_same() -> None:
    facts, decision = today("more than the catalogue says and a long day")
    (hit,) = decision["hits"]
    again = replayed(facts, decision | {"hits": [hit | {"inputs": {"over": []}}]})
    assert [one.rule for one in again.rules if one.note == "different"] == ["D11"]


def test_a_rule_that_changed_since_judged_by_an_older_version_and_makes_no_difference() -> None:
    facts, decision = today("everything in order")
    decision["versions"]["D2"] = 0
    again = replayed(facts | {"unit_status": "scrapped"}, decision)
    assert again.equal
    (older,) = (one for one in again.rules if one.note == "older-version")
    told = (older.rule, older.judged_by, older.version, older.stored, older.replayed)
    assert told == ("D2", 0, VERSIONS["D2"], "passed", "refuse")


def test_a_rule_that_came_since_did_not_judge() -> None:
    facts, decision = today("everything in order")
    del decision["versions"]["D2"]
    again = replayed(facts | {"unit_status": "scrapped"}, decision)
    assert again.equal
    (newer,) = (one for one in again.rules if one.note == "newer-rule")
    assert (newer.rule, newer.judged_by, newer.stored) == ("D2", None, "not-judged")


def test_a_rule_that_was_off_says_so() -> None:
    facts, _ = today("everything in order")
    facts = facts | {"modes": {"travel": "off"}}
    again = replayed(facts, msgspec.to_builtins(decide(msgspec.convert(facts, ClaimFacts))))
    assert {one.rule for one in again.rules if (one.stored, one.replayed) == ("off", "off")} == {"travel"}


def test_a_stored_state_that_does_not_follow_from_the_rules_is_a_difference() -> None:
    facts, decision = today("everything in order")
    assert not replayed(facts, decision | {"state": "refused"}).equal

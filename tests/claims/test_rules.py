"""The certain rules, case by case, without a database."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.claims.facts import ClaimDecision, ClaimFacts, Elsewhere, ScanFacts
from domain.claims.lines import sum_in, wage
from domain.claims.opening import limits_of
from domain.claims.rules import RULES, decide, judge_scan, names_unit

VECTORS = Path(__file__).parents[1] / "vectors"


class ClaimCase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    change: dict[str, Any]
    lane: str
    hits: list[str]
    told: list[str]
    refused_lines: list[str]
    part: dict[str, Any] = {}
    """What is different about the one part of the sheet."""


class ClaimCases(msgspec.Struct, forbid_unknown_fields=True):
    facts: dict[str, Any]
    cases: list[ClaimCase]


class ScanCase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    change: dict[str, Any]
    known: bool
    in_use: bool
    covered: bool
    hits: list[str]


class ScanCases(msgspec.Struct, forbid_unknown_fields=True):
    facts: dict[str, Any]
    cases: list[ScanCase]


CLAIMS = msgspec.json.decode((VECTORS / "claim_rules.json").read_bytes(), type=ClaimCases)
CLAIMS.cases += msgspec.json.decode((VECTORS / "claim_walls.json").read_bytes(), type=list[ClaimCase])
SCANS = msgspec.json.decode((VECTORS / "scan_verdicts.json").read_bytes(), type=ScanCases)


def named(case: ClaimCase | ScanCase) -> str:
    return case.name.replace(" ", "-")


def facts_of(case: ClaimCase) -> ClaimFacts:
    facts = CLAIMS.facts | case.change
    if case.part:
        facts |= {"sheet": facts["sheet"] | {"parts": [facts["sheet"]["parts"][0] | case.part]}}
    return msgspec.convert(facts | {"limits": msgspec.to_builtins(limits_of(facts["limits"]))}, ClaimFacts)


@pytest.mark.parametrize("case", CLAIMS.cases, ids=named)
def test_a_claim_goes_to_its_lane(case: ClaimCase) -> None:
    decision = decide(facts_of(case))
    assert decision.lane == case.lane
    assert [f"{hit.rule} {hit.result} {hit.reason}" for hit in decision.hits] == case.hits
    assert list(decision.told.reasons) == case.told
    assert decision.payable == (case.lane == "accept")
    refused = [line.kind for line in decision.lines if line.reason]
    assert refused == case.refused_lines
    if case.lane == "refuse":
        assert {line.state for line in decision.lines} == {"refused"}


@pytest.mark.parametrize("case", CLAIMS.cases, ids=named)
def test_a_decision_replays_from_what_is_stored(case: ClaimCase) -> None:
    facts = facts_of(case)
    decision = decide(facts)
    stored_facts, stored_decision = msgspec.json.encode(facts), msgspec.json.encode(decision)
    replayed = decide(msgspec.json.decode(stored_facts, type=ClaimFacts))
    assert replayed == msgspec.json.decode(stored_decision, type=ClaimDecision) == decision


@pytest.mark.parametrize("name", ["ten operations at their standard times", "a fortune in another currency"])
def test_facts_that_are_older_than_a_limit_replay_to_their_decision(name: str) -> None:
    case = next(case for case in CLAIMS.cases if case.name == name)
    limits = {
        "days_to_submit": 30,
        "labour_percent_max": 100,
        "labour_minutes_without_operation_max": 60,
        "part_quantity_max": 20,
    }
    stored = {key: value for key, value in CLAIMS.facts.items() if key != "partner_currency"} | case.change
    decision = decide(msgspec.convert(stored | {"limits": limits}, ClaimFacts))
    assert decision.lane == "accept"
    assert {line.kind for line in decision.lines if line.amount_minor is not None} <= {"expense"}


@pytest.mark.parametrize("case", SCANS.cases, ids=named)
def test_a_reading_gets_its_verdict(case: ScanCase) -> None:
    verdict = judge_scan(msgspec.convert(SCANS.facts | case.change, ScanFacts))
    assert (verdict.known, verdict.in_use, verdict.covered) == (case.known, case.in_use, case.covered)
    assert [f"{hit.rule} {hit.reason}" for hit in verdict.hits] == case.hits


def test_each_rule_has_a_name_of_its_own_and_a_mode_not_below_its_floor() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.mode_in({}) == rule.mode for rule in RULES)


def test_the_lines_of_a_claim_carry_what_the_sheet_says() -> None:
    plain = next(case for case in CLAIMS.cases if case.name == "everything in order")
    lines = {line.kind: line for line in decide(facts_of(plain)).lines}
    assert set(lines) == {"fault", "part", "labour", "travel", "expense"}
    assert (lines["labour"].minutes, lines["labour"].label) == (60, "L1")
    asked = {"fault": 0, "part": 1500, "labour": 4500, "travel": 2250, "expense": 450}
    assert {kind: line.amount_minor for kind, line in lines.items()} == asked
    assert {line.currency for line in lines.values()} == {"EUR"}
    assert sum_in("EUR", lines.values()) == sum(asked.values())
    merged = next(case for case in CLAIMS.cases if case.name == "two faults of one group are one line")
    faults = [line for line in decide(facts_of(merged)).lines if line.kind == "fault"]
    assert [line.label for line in faults] == ["F1, F2"]


@pytest.mark.parametrize(
    ("part", "currency", "amount", "total"),
    [
        ({"quantity": 3, "quantity_max": 3}, "EUR", 4500, 11_700),
        ({"claimable": False}, "EUR", 0, 7_200),
        ({"currency": "USD"}, "USD", None, 7_200),
    ],
)
def test_a_part_asks_for_its_price(part: dict[str, Any], currency: str, amount: int | None, total: int) -> None:
    plain = next(case for case in CLAIMS.cases if case.name == "everything in order")
    lines = decide(facts_of(msgspec.structs.replace(plain, part=part))).lines
    (fitted,) = [line for line in lines if line.kind == "part"]
    assert (fitted.currency, fitted.amount_minor, sum_in("EUR", lines)) == (currency, amount, total)


@pytest.mark.parametrize(
    ("part", "core_return", "on_hold", "why"),
    [
        ({}, None, False, ""),
        ({}, 1499, True, "core-return"),
        ({}, 1500, False, ""),
        ({"claimable": False}, 0, False, ""),
        ({"on_hold": True, "entered_on": "2026-03-04"}, None, False, ""),
        ({"on_hold": True, "entered_on": "2026-03-04"}, 1499, True, "core-return"),
        ({"on_hold": True, "entered_on": "2026-03-05"}, None, True, "same-day"),
        ({"on_hold": True}, None, True, ""),
    ],
)
def test_a_part_is_held_until_it_was_entered_and_until_the_old_one_is_back(
    part: dict[str, Any], core_return: int | None, on_hold: bool, why: str
) -> None:
    plain = next(case for case in CLAIMS.cases if case.name == "everything in order")
    facts = facts_of(msgspec.structs.replace(plain, part=part))
    limits = msgspec.structs.replace(facts.limits, core_return_minor=core_return)
    decision = decide(msgspec.structs.replace(facts, limits=limits))
    (line,) = [line for line in decision.lines if line.kind == "part"]
    assert (decision.lane, line.on_hold, line.hold_reason) == ("accept", on_hold, why)


def test_one_serial_is_not_fitted_twice() -> None:
    plain = next(case for case in CLAIMS.cases if case.name == "everything in order")
    facts = facts_of(msgspec.structs.replace(plain, part={"serial": "PX88"}))
    (part,) = facts.sheet.parts
    sheet = msgspec.structs.replace(facts.sheet, parts=(part, part))
    for elsewhere, hits in ((None, []), (Elsewhere(), ["D6"])):
        decision = decide(msgspec.structs.replace(facts, sheet=sheet, elsewhere=elsewhere))
        assert [hit.rule for hit in decision.hits if hit.rule == "D6"] == hits


@pytest.mark.parametrize(("minutes", "rate", "paid"), [(60, 4500, 4500), (45, 3000, 2250), (1, 30, 1), (1, 29, 0)])
def test_minutes_are_paid_to_the_nearest_coin(minutes: int, rate: int, paid: int) -> None:
    assert wage(minutes, rate) == paid


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (("SN1", None, None), True),
        (("SN2", None, None), False),
        (("SN1", "04000000000012", None), True),
        (("SN1", "04000000000029", None), False),
        (("SN1", None, "WM1"), True),
        (("SN1", None, "WM2"), False),
    ],
)
def test_a_reading_names_the_unit_only_if_nothing_contradicts_it(
    reading: tuple[str, str | None, str | None], expected: bool
) -> None:
    assert names_unit([reading], "SN1", "04000000000012", "WM1") is expected


def test_a_model_without_a_gtin_is_not_contradicted_by_one() -> None:
    assert names_unit([("SN1", "04000000000012", None)], "SN1", None, "WM1")
    assert not names_unit([], "SN1", None, "WM1")

"""The certain rules, case by case, without a database."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.claims.facts import ClaimDecision, ClaimFacts, Elsewhere, ScanFacts
from domain.claims.lines import sum_in, wage
from domain.claims.opening import limits_of
from domain.claims.rules import RULES, decide, judge_scan, names_unit, uses_allowance

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


class InputsCase(msgspec.Struct, forbid_unknown_fields=True):
    case: str
    inputs: dict[str, dict[str, Any]]


CLAIMS = msgspec.json.decode((VECTORS / "claim_rules.json").read_bytes(), type=ClaimCases)
CLAIMS.cases += msgspec.json.decode((VECTORS / "claim_walls.json").read_bytes(), type=list[ClaimCase])
CLAIMS.cases += msgspec.json.decode((VECTORS / "claim_leave.json").read_bytes(), type=list[ClaimCase])
INPUTS = msgspec.json.decode((VECTORS / "claim_inputs.json").read_bytes(), type=list[InputsCase])
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
    assert all(line.state == decision.state for line in decision.lines if not line.reason)
    if case.lane == "refuse":
        assert {line.state for line in decision.lines} == {"refused"}


@pytest.mark.parametrize("case", CLAIMS.cases, ids=named)
def test_a_decision_replays_from_what_is_stored(case: ClaimCase) -> None:
    facts = facts_of(case)
    decision = decide(facts)
    stored_facts, stored_decision = msgspec.json.encode(facts), msgspec.json.encode(decision)
    replayed = decide(msgspec.json.decode(stored_facts, type=ClaimFacts))
    assert replayed == msgspec.json.decode(stored_decision, type=ClaimDecision) == decision


@pytest.mark.parametrize("stored", INPUTS, ids=lambda stored: stored.case.replace(" ", "-"))
def test_a_finding_is_stored_with_what_it_rests_on(stored: InputsCase) -> None:
    case = next(case for case in CLAIMS.cases if case.name == stored.case)
    found = {hit.rule: hit.inputs for hit in decide(facts_of(case)).hits if hit.inputs}
    assert msgspec.to_builtins(found) == stored.inputs


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


def test_a_decision_tells_which_version_of_each_rule_made_it_and_how_mild_a_programme_may_make_it() -> None:
    block, review, off = "block from block", "block from review", "block from off"
    mild, never_mild = "review from off", "review from review"
    table = {
        "no-scan 1": block,
        "D1 1": never_mild,
        "scan-unit 1": never_mild,
        "typed 1": never_mild,
        "D17 1": never_mild,
        "watch 1": never_mild,
        "D2 2": off,
        "D3 2": review,
        "D4 1": block,
        "D5 1": review,
        "D6 1": never_mild,
        "D8 3": off,
        "failure-day 1": never_mild,
        "clock 1": never_mild,
        "repaired 1": mild,
        "D9 1": never_mild,
        "D10 3": review,
        "D11 5": mild,
        "D12 1": mild,
        "D13 1": never_mild,
        "expense 4": mild,
        "travel 1": mild,
        "coverage 2": off,
    }
    assert {
        f"{rule.id} {rule.version}": f"{rule.mode_in({})} from {rule.mode_in({rule.id: 'off'})}" for rule in RULES
    } == table
    versions = decide(facts_of(CLAIMS.cases[0])).versions
    assert versions is not None
    assert [f"{rule} {version}" for rule, version in versions.items()] == list(table)


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("nothing is covered", {"fault": "not-covered", "part": "not-covered", "expense": "not-covered"}),
        ("travel is not covered", {"fault": "", "travel": "not-covered", "expense": "not-covered"}),
        ("a part that is not claimable is not paid and not counted", {"fault": "", "part": "not-claimable"}),
        ("an own claim stands", {"fault": "already-claimed", "part": ""}),
        ("an own paid repair within the same days", {"fault": "window-overlaps", "part": ""}),
        ("nothing is covered and goodwill was authorised", {"fault": "", "part": "", "labour": "", "expense": ""}),
    ],
)
def test_each_line_says_why_it_is_not_paid(name: str, reasons: dict[str, str]) -> None:
    case = next(case for case in CLAIMS.cases if case.name == name)
    found = {line.kind: line.reason for line in decide(facts_of(case)).lines}
    assert {kind: found[kind] for kind in reasons} == reasons


@pytest.mark.parametrize(
    ("name", "is_used"),
    [
        ("everything in order", False),
        ("everything is covered and goodwill was authorised", False),
        ("less labour than the standard needs no leave", False),
        ("as much labour as was authorised", True),
        ("as many of a part as were authorised", True),
        ("spent as much as was authorised", True),
        ("the assignment was claimed before and a second trip was authorised", True),
        ("nothing is covered and goodwill was authorised", True),
    ],
)
def test_a_leave_is_used_only_where_it_changes_something(name: str, *, is_used: bool) -> None:
    case = next(case for case in CLAIMS.cases if case.name == name)
    assert uses_allowance(facts_of(case)) is is_used


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
    assert faults[0].source_id == facts_of(merged).sheet.faults[0].id
    apart = next(case for case in CLAIMS.cases if case.name == "one of two faults is taken")
    assert [line.label for line in decide(facts_of(apart)).lines if line.kind == "fault"] == ["F1", "F2"]


def test_money_of_another_currency_is_not_in_the_sum() -> None:
    facts = facts_of(next(case for case in CLAIMS.cases if case.name == "a little in another currency"))
    lines = decide(facts).lines
    foreign = [line.amount_minor or 0 for line in lines if line.kind == "expense" and line.currency == "USD"]
    assert foreign != []
    assert sum_in("USD", lines) == sum(foreign)
    assert sum_in("EUR", lines) == sum(line.amount_minor or 0 for line in lines) - sum(foreign)


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


@pytest.mark.parametrize(("core_return", "why"), [(4499, "core-return"), (4500, "")])
@pytest.mark.parametrize("quantities", [(3,), (1, 1, 1), (2, 1)])
def test_a_part_is_held_for_all_of_its_number_on_however_many_lines(
    quantities: tuple[int, ...], core_return: int, why: str
) -> None:
    facts = facts_of(CLAIMS.cases[0])
    (part,) = facts.sheet.parts
    parts = tuple(msgspec.structs.replace(part, quantity=one) for one in quantities)
    other = msgspec.structs.replace(part, number="P-2", price_minor=4499)
    sheet = msgspec.structs.replace(facts.sheet, parts=(*parts, other))
    limits = msgspec.structs.replace(facts.limits, core_return_minor=core_return)
    decision = decide(msgspec.structs.replace(facts, sheet=sheet, limits=limits))
    held = [line.hold_reason for line in decision.lines if line.kind == "part"]
    assert held == [*[why for _ in quantities], ""]


def test_one_serial_is_not_fitted_twice() -> None:
    plain = next(case for case in CLAIMS.cases if case.name == "everything in order")
    facts = facts_of(msgspec.structs.replace(plain, part={"serial": "PX88"}))
    (part,) = facts.sheet.parts
    sheet = msgspec.structs.replace(facts.sheet, parts=(part, part))
    for elsewhere, twice in ((None, []), (Elsewhere(), [["PX88"]])):
        decision = decide(msgspec.structs.replace(facts, sheet=sheet, elsewhere=elsewhere))
        assert [hit.inputs["twice"] for hit in decision.hits if hit.rule == "D6"] == twice


@pytest.mark.parametrize("serials", [("PX88", "PX89"), ("", ""), ("PX88", "")])
def test_components_of_their_own_serials_or_of_none_are_not_one_fitted_twice(serials: tuple[str, str]) -> None:
    facts = facts_of(CLAIMS.cases[0])
    (part,) = facts.sheet.parts
    parts = tuple(msgspec.structs.replace(part, serial=serial, quantity_max=2) for serial in serials)
    sheet = msgspec.structs.replace(facts.sheet, parts=parts)
    assert decide(msgspec.structs.replace(facts, sheet=sheet, elsewhere=Elsewhere())).hits == ()


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

"""The scored rules, case by case, without a database."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.claims.score_facts import ClaimScore, ScoreFacts, Spot, metres_between
from domain.claims.score_gathering import serials_beside
from domain.claims.scoring import SCORED, SCORING_VERSION, score

VECTORS = Path(__file__).parents[1] / "vectors"


class ScoreCase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    change: dict[str, Any]
    hits: list[str]


class ScoreCases(msgspec.Struct, forbid_unknown_fields=True):
    facts: dict[str, Any]
    cases: list[ScoreCase]


class WordsCase(msgspec.Struct, forbid_unknown_fields=True):
    case: str
    sentence: str
    inputs: dict[str, Any]


SCORES = msgspec.json.decode((VECTORS / "scores.json").read_bytes(), type=ScoreCases)
SCORES.cases += msgspec.json.decode((VECTORS / "score_bounds.json").read_bytes(), type=list[ScoreCase])
WORDS = msgspec.json.decode((VECTORS / "score_words.json").read_bytes(), type=list[WordsCase])
EACH_CASE = pytest.mark.parametrize("case", SCORES.cases, ids=lambda case: case.name.replace(" ", "-"))


def facts_of(case: ScoreCase) -> ScoreFacts:
    return msgspec.convert(SCORES.facts | case.change, ScoreFacts)


@EACH_CASE
def test_a_claim_gets_points(case: ScoreCase) -> None:
    found = score(facts_of(case))
    assert [f"{hit.rule} {hit.points} {hit.reason}" for hit in found.findings] == case.hits
    assert found.points == sum(hit.points for hit in found.findings)
    for hit in found.findings:
        assert hit.sentence.endswith(".")
        assert hit.sentence[0].isupper() or hit.sentence[0].isdigit()


@EACH_CASE
def test_a_score_replays_from_what_is_stored(case: ScoreCase) -> None:
    facts = facts_of(case)
    stored, given = msgspec.json.encode(facts), msgspec.json.encode(score(facts))
    again = score(msgspec.json.decode(stored, type=ScoreFacts))
    assert again == msgspec.json.decode(given, type=ClaimScore) == score(facts)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.case.replace(" ", "-"))
def test_points_say_in_a_sentence_what_they_rest_on(words: WordsCase) -> None:
    case = next(case for case in SCORES.cases if case.name == words.case)
    found = {hit.sentence: hit.inputs for hit in score(facts_of(case)).findings}
    assert found.get(words.sentence) == words.inputs, found


def test_a_score_tells_which_version_of_each_rule_gave_it() -> None:
    assert {rule.id: rule.version for rule in SCORED if rule.version != 1} == {"S18": 2}
    assert score(facts_of(SCORES.cases[0])).version == SCORING_VERSION == 3


def test_every_rule_has_a_case_that_hits_and_none_gives_more_than_its_weight() -> None:
    hit = {line.split()[0] for case in SCORES.cases for line in case.hits}
    assert hit == {rule.id for rule in SCORED}
    assert len({rule.id for rule in SCORED}) == len(SCORED)
    given = [hit for case in SCORES.cases for hit in score(facts_of(case)).findings]
    assert {rule.id: rule.weight for rule in SCORED} == {
        rule.id: max(hit.points for hit in given if hit.rule == rule.id) for rule in SCORED
    }


@pytest.mark.parametrize(
    ("serial", "beside"),
    [
        ("SN00000100", ("SN00000090", "SN00000110")),
        ("SN00000003", ("SN00000000", "SN00000013")),
        ("A995", ("A985", "A999")),
        ("2107-0456-B", ("2107-0446-B", "2107-0466-B")),
        ("AB12", None),
        ("NOTHING", None),
    ],
)
def test_serials_beside_one_have_its_form(serial: str, beside: tuple[str, str] | None) -> None:
    assert serials_beside(serial) == beside


def test_a_distance_is_measured_on_the_globe() -> None:
    berlin, hamburg = Spot(52_520_000, 13_405_000), Spot(53_551_000, 9_994_000)
    metres = metres_between(berlin, hamburg)
    assert metres is not None
    assert abs(metres - 255_000) < 1_500
    assert metres_between(berlin, berlin) == 0
    assert metres_between(berlin, None) is None
    assert metres_between(Spot(0, 179_999_999), Spot(0, -179_999_999)) in (0, 1)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_desk_has_words_for_every_reason(language: str) -> None:
    words = (Path(__file__).parents[2] / "web" / "desk" / "src" / "words" / f"{language}-claims.ts").read_text()
    reasons = {line.split()[2] for case in SCORES.cases for line in case.hits}
    assert {reason for reason in reasons if f'"score.{reason}"' not in words} == set()

"""The state table of a visit, a phone's clock, and being in two places."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from domain.jobs.model import VISIT_STATES
from domain.jobs.rules import Span, next_state, overlap, reckon

MOVES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/visit_moves.json").read_text())
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def after(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move['state']}-{move['step']}")
def test_a_step_makes_of_a_visit_what_the_table_says(move: Any) -> None:
    assert next_state(move["state"], move["step"]) == move["then"]


def test_the_table_is_whole() -> None:
    assert {move["state"] for move in MOVES} == set(VISIT_STATES)
    assert len(MOVES) == len(VISIT_STATES) * 7


@pytest.mark.parametrize(
    ("said", "client", "estimated", "at", "uncertain"),
    [
        (after(-3), None, None, after(-3), False),
        (after(4), None, None, NOON, False),
        (after(6), None, None, NOON, True),
        (after(-600), None, None, after(-600), False),
        (after(-60), after(0), after(2), after(-58), False),
        (after(-60), after(-30), after(0), after(-30), True),
        (after(60), after(90), after(0), after(-30), True),
        (after(0), after(0), None, NOON, False),
        (after(0), None, after(0), NOON, False),
    ],
)
def test_a_moment_is_reckoned_from_the_phones_offset(
    said: dt.datetime, client: dt.datetime | None, estimated: dt.datetime | None, at: dt.datetime, uncertain: bool
) -> None:
    reckoned = reckon(said, NOON, client, estimated)
    assert (reckoned.at, reckoned.uncertain) == (at, uncertain)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Span(after(0), after(60)), Span(after(30), after(90)), True),
        (Span(after(0), after(60)), Span(after(60), after(90)), False),
        (Span(after(60), after(90)), Span(after(0), after(60)), False),
        (Span(after(0), None), Span(after(60), after(90)), True),
        (Span(after(100), None), Span(after(60), after(90)), False),
        (Span(after(0), after(60)), Span(after(30), None), True),
        (Span(after(0), None), Span(after(10), None), True),
        (Span(after(0), after(60)), Span(after(70), None), False),
    ],
)
def test_nobody_is_in_two_places(one: Span, other: Span, both: bool) -> None:
    assert overlap(one, other) is both
    assert overlap(other, one) is both

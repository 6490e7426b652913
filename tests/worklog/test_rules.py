"""What a complete sheet needs, and the same-day rule."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.worklog.rules import SheetFacts, judge_entry, missing_for_completion

SHEETS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/completeness.json").read_text())
DAY = dt.date(2026, 3, 2)


@pytest.mark.parametrize("row", SHEETS, ids=lambda row: row["why"])
def test_a_sheet_needs_what_the_table_says(row: Any) -> None:
    missing = missing_for_completion(msgspec.convert(row["facts"], SheetFacts))
    assert [one.code for one in missing] == row["missing"]
    assert all(one.words.endswith(".") for one in missing)


@pytest.mark.parametrize(
    ("why", "kind", "claimable", "key_part", "entered_at", "time_zone", "late", "on_hold"),
    [
        ("the same day", "used", True, False, "2026-03-02T12:00Z", "UTC", False, False),
        ("a minute after midnight", "used", True, False, "2026-03-03T00:01Z", "UTC", True, True),
        ("still the same day at the site", "used", True, False, "2026-03-03T00:01Z", "America/New_York", False, False),
        ("already the next day at the site", "used", True, False, "2026-03-02T17:00Z", "Asia/Shanghai", True, True),
        ("a key part that is not claimable", "used", False, True, "2026-03-03T00:01Z", "UTC", True, True),
        ("a bolt", "used", False, False, "2026-03-03T00:01Z", "UTC", True, False),
        ("a missing part", "missing", True, False, "2026-03-05T12:00Z", "UTC", True, True),
        ("a part taken back", "returned", True, True, "2026-03-05T12:00Z", "UTC", False, False),
        ("entered before the visit", "used", True, False, "2026-03-01T12:00Z", "UTC", False, False),
    ],
)
def test_parts_are_entered_on_the_day_of_the_visit(
    why: str, kind: str, claimable: bool, key_part: bool, entered_at: str, time_zone: str, late: bool, on_hold: bool
) -> None:
    at = dt.datetime.fromisoformat(entered_at)
    entered = judge_entry(
        kind, claimable=claimable, key_part=key_part, visited_on=DAY, entered_at=at, time_zone=time_zone
    )
    assert (entered.late, entered.on_hold) == (late, on_hold), why

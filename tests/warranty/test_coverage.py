"""What is paid on a day: the table of cases, and the same facts gathered from the database."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.warranty.rules import Coverage, CoverageFacts, add_months, coverage


class Vector(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    facts: CoverageFacts
    on: dt.date
    coverage: Coverage


VECTORS = msgspec.json.decode((Path(__file__).parents[1] / "vectors" / "coverage.json").read_bytes(), type=list[Vector])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name.replace(" ", "-"))
def test_what_is_paid_on_a_day(vector: Vector) -> None:
    found = coverage(vector.facts, vector.on)
    assert found == vector.coverage
    assert found.pays == (vector.coverage.parts or vector.coverage.labour or vector.coverage.travel)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(0, 120))
def test_months_end_on_the_same_day_or_the_last_of_the_month(day: dt.date, months: int) -> None:
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end + dt.timedelta(days=1)).day == 1

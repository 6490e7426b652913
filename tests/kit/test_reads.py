"""Reads fit their shapes, pages their cursors, ids their order."""

import base64
import datetime as dt
import time
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, literal, select

from domain.kit.ids import new_id, operation_id
from domain.kit.limits import (
    CLOCKS_BEGIN,
    LATEST,
    Code,
    Currency,
    Cursor,
    Day,
    Email,
    Language,
    Line,
    Login,
    Moment,
    Phone,
    Sha256,
    Symbology,
    TimeZone,
    Token,
    Word,
    check_moments,
)
from domain.kit.page import Page, page_of, read_cursor, write_cursor
from domain.kit.problem import InvalidRequest, Kind, Problem, every_problem
from domain.kit.read import Mismatch, Read, every_read
from domain.people.model import Partner


class Line2(msgspec.Struct, frozen=True):
    """A shape of two columns."""

    id: UUID
    name: str


@pytest.mark.parametrize(
    "statement",
    [
        select(Partner.name, Partner.id),
        select(Partner.id),
        select(Partner.id, Partner.name, Partner.code),
        select(Partner.id, Partner.code),
        select(Partner.id, func.count().label("names")),
    ],
)
def test_a_read_whose_columns_differ_from_its_shape_is_refused_at_once(statement: Any) -> None:
    before = len(every_read)
    with pytest.raises(Mismatch, match="Line2 has"):
        Read(Line2, statement)
    assert len(every_read) == before


def test_a_read_with_the_same_columns_in_the_same_order_is_accepted() -> None:
    Read(Line2, select(Partner.id, literal("x").label("name")))
    every_read.pop()


GARBAGE = [
    "bm9wZQ",
    "====",
    "a",
    "AAAA",
    "W10",
    base64.urlsafe_b64encode(b"[[[[").decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b'["x"]').decode(),
    base64.urlsafe_b64encode(b'[1e999, "x"]').decode(),
    base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "é",
    "A" * 400,
]


@pytest.mark.parametrize("cursor", GARBAGE)
def test_a_cursor_that_no_page_gave_out_is_an_invalid_request(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        read_cursor(cursor, int, str)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "a\x00b"),
        (int, 2**63),
        (int, -(2**63) - 1),
        (dt.datetime, "9999-12-31T23:59:59-23:59"),
        (dt.datetime, "0001-01-01T00:00:00+23:59"),
        (dt.datetime, "2026-01-01T00:00:00"),
        (dt.date, "0001-01-01"),
    ],
)
def test_a_forged_cursor_cannot_carry_what_the_database_cannot_compare(kind: type, value: object) -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(write_cursor(value), kind)


@given(
    st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8")),
    st.integers(-(2**63), 2**63 - 1),
)
def test_a_cursor_gives_back_the_key_it_was_made_of(text: str, number: int) -> None:
    at, row_id = dt.datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=dt.UTC), new_id()
    assert read_cursor(write_cursor(text, number, at, row_id), str, int, dt.datetime, UUID) == (
        text,
        number,
        at,
        row_id,
    )


@pytest.mark.parametrize(("rows", "kept", "more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_a_page_continues_only_when_there_is_a_row_beyond_it(rows: int, kept: int, more: bool) -> None:
    page: Page[Line2] = page_of([Line2(UUID(int=n), str(n)) for n in range(rows)], 2, "name")
    assert len(page.items) == kept
    assert (page.next is not None) is more
    if page.next is not None:
        assert read_cursor(page.next, str) == ("1",)


def test_ids_are_uuid_version_seven_in_the_order_of_time() -> None:
    early = new_id()
    time.sleep(0.002)
    late = new_id()
    assert early < late
    many = [new_id() for _ in range(1000)]
    assert len(set(many)) == 1000
    assert {(one.version, one.variant) for one in many} == {(7, "specified in RFC 4122")}
    assert abs((many[0].int >> 80) / 1000 - time.time()) < 5


def test_an_operation_id_belongs_to_its_principal() -> None:
    ann, ben = new_id(), new_id()
    assert operation_id(ann, "key") == operation_id(ann, "key")
    assert operation_id(ann, "key") != operation_id(ben, "key")
    assert operation_id(ann, "key") != operation_id(ann, "key2")


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (Code, "NORTH"),
        (Word, "invite"),
        (Symbology, "]C1"),
        (Phone, "+47 1"),
        (Email, "a@b"),
        (Login, "ann@north"),
        (Token, "a" * 16),
        (TimeZone, "Europe/Oslo"),
        (Currency, "EUR"),
        (Language, "en"),
        (Sha256, "0" * 64),
        (Cursor, "abc"),
    ],
)
def test_a_last_line_break_or_nul_is_no_part_of_any_code(kind: object, good: str) -> None:
    assert msgspec.convert(good, kind) == good
    for bad in (good + "\n", "\n" + good, good + "\x00", good[:-1] + "\n"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(bad, kind)


def test_text_for_people_keeps_its_line_breaks_and_no_other_control() -> None:
    assert msgspec.convert("one\ntwo\tthree 机器", Line) == "one\ntwo\tthree 机器"
    for bad in ("\x00", "\x07", "\x1b[31m"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(bad, Line)


class Span(msgspec.Struct):
    """Moments within a list within a struct."""

    at: Moment
    on: Day
    more: list["Span"] = []


NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("at", [CLOCKS_BEGIN - dt.timedelta(1), LATEST + dt.timedelta(1), NOON.replace(tzinfo=None)])
def test_moments_are_checked_however_deep_they_lie(at: dt.datetime) -> None:
    check_moments(Span(NOON, NOON.date()))
    check_moments({"list": [Span(NOON, NOON.date(), [Span(CLOCKS_BEGIN, LATEST.date())])]})
    with pytest.raises(ValueError, match="at must lie between"):
        check_moments(Span(NOON, NOON.date(), [Span(at, NOON.date())]))


@pytest.mark.parametrize("on", [dt.date(1989, 12, 31), dt.date(2100, 1, 2)])
def test_days_are_bounded_too(on: dt.date) -> None:
    with pytest.raises(ValueError, match="on must lie between"):
        check_moments((Span(NOON, on),))


def test_a_problem_is_named_and_titled_by_its_class() -> None:
    class SlotIsGone(Problem, kind=Kind.CONFLICT, queued="recorded"):
        """The slot is gone.

        More for the reader of the code.
        """

    problem = SlotIsGone("Choose another.", slot=3)
    assert (problem.code, problem.title, problem.queued) == ("slot-is-gone", "The slot is gone", "recorded")
    assert (problem.detail, problem.facts, str(problem)) == ("Choose another.", {"slot": 3}, "Choose another.")
    assert every_problem()["slot-is-gone"] is SlotIsGone


def test_only_final_kinds_are_outcomes() -> None:
    assert [kind for kind in Kind if kind.is_final] == [Kind.INVALID, Kind.FORBIDDEN, Kind.MISSING, Kind.CONFLICT]

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import msgspec
import pytest

from domain.reports.differences import differences
from domain.reports.document import (
    Coverage,
    Fault,
    Money,
    NotCanonical,
    PersonalPart,
    ReportDocument,
    Signature,
    belongs,
    canonical,
    commit,
    digest,
    freeze,
    read,
)

salt = bytes(range(32))
noon = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
person = PersonalPart(
    customer="杭州设备有限公司",
    signer="Ann Lee",
    signature=Signature(width=300, height=100, strokes=(((1, 2), (3, 4)),)),
)


def make_document(**fields: object) -> ReportDocument:
    given: dict[str, object] = {
        "report_number": "R-1",
        "report_id": UUID(int=7),
        "frozen_at": noon,
        "job_number": "J-1",
        "job_kind": "repair",
        "time_zone": "Asia/Shanghai",
        "visited_on": date(2026, 3, 14),
        "completed_at": noon,
        "model_code": "HX-90",
        "serial": "SN0042",
        "partner": "North Service",
        "technician_number": "T-17",
        "coverage": Coverage(parts=True, labour=True, travel=False),
        "result": "repaired",
        "faults": (Fault(code="E04", name="漏水", component="pump", designator="M2"),),
        "charges": (Money(kind="travel", amount_minor=4500, currency="CNY"),),
        "personal_commitment": commit(freeze(person), salt).hex(),
    }
    return ReportDocument(**{**given, **fields})  # type: ignore[arg-type]


def test_the_canonical_form_is_sorted_utf8_without_blanks() -> None:
    assert canonical({"b": 1, "a": ["漏", None, True]}) == '{"a":["漏",null,true],"b":1}'.encode()


def test_the_canonical_form_of_a_document_never_changes() -> None:
    """A change of this digest means that documents frozen yesterday would be written differently today."""
    frozen = freeze(make_document())
    assert digest(frozen).hex() == "50496614e05d912761b7aaed342d497e9e9837bdc3e0be83f44516034840f223"
    assert frozen == freeze(read(frozen, ReportDocument))


@pytest.mark.parametrize(
    "value",
    [1.0, {"a": [0.5]}, float("nan"), 2**53, -(2**53), {1: "a"}, b"raw", "\ud800", datetime(2026, 1, 1), object()],  # noqa: DTZ001
)
def test_it_refuses_what_could_be_written_or_read_in_two_ways(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_it_refuses_a_moment_that_is_not_utc() -> None:
    shanghai = noon.astimezone(timezone(timedelta(hours=8)))
    with pytest.raises(NotCanonical):
        freeze(make_document(completed_at=shanghai))


@pytest.mark.parametrize(
    "fields",
    [
        {"notes": "x" * 10_001},
        {"serial": "x" * 201},
        {"revision": 0},
        {"result": "perfect"},
        {"charges": (Money(kind="x", amount_minor=1, currency="yuan"),)},
        {"faults": (Fault(),) * 101},
        {"personal_commitment": "00"},
        {"completed_at": None},
    ],
)
def test_it_freezes_nothing_that_is_out_of_bounds(fields: dict[str, object]) -> None:
    with pytest.raises(NotCanonical):
        freeze(make_document(**fields))


def test_reading_refuses_another_way_to_write_the_same_document() -> None:
    frozen = freeze(make_document())
    backwards = dict(reversed(msgspec.json.decode(frozen).items()))
    twice = frozen[:-1] + b',"visit_number":1}'
    for other in (frozen + b" ", frozen.replace(b":", b": ", 1), msgspec.json.encode(backwards), twice):
        with pytest.raises(NotCanonical):
            read(other, ReportDocument)


def test_reading_refuses_unknown_fields_and_nonsense() -> None:
    known = msgspec.json.decode(freeze(make_document()))
    for other in (canonical({**known, "zz": 1}), b"{", b"[" * 100_000, b"x" * 2_000_000):
        with pytest.raises(NotCanonical):
            read(other, ReportDocument)


def test_the_personal_part_belongs_to_its_document_alone() -> None:
    document = make_document()
    assert belongs(document, freeze(person), salt)
    assert not belongs(document, freeze(PersonalPart(customer="somebody else")), salt)
    assert not belongs(document, freeze(person), bytes(32))
    assert not belongs(document, freeze(person) + b" ", salt)


def test_the_document_holds_when_the_personal_part_and_its_salt_are_erased() -> None:
    frozen = freeze(make_document())
    assert digest(freeze(read(frozen, ReportDocument))) == digest(frozen)
    assert b"Ann" not in frozen
    assert "杭州".encode() not in frozen


def test_the_same_person_in_two_reports_has_two_commitments() -> None:
    assert commit(freeze(person), salt) != commit(freeze(person), bytes(32))
    assert len(commit(b"", salt)) == 32


def test_it_refuses_a_short_salt() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(b"x", b"short")


def test_a_difference_goes_down_to_the_field_that_changed() -> None:
    before = make_document(started_at=noon, flags=("late-entry",))
    covered = Coverage(parts=True, labour=False, travel=False)
    after = make_document(started_at=noon + timedelta(minutes=5), flags=("on-hold",), coverage=covered)
    assert {one.field: (one.before, one.after) for one in differences(before, after, None, None)} == {
        "started_at": ("2026-03-14T12:00+00:00", "2026-03-14T12:05+00:00"),
        "coverage.labour": ("yes", "no"),
        "flags.1": ("late-entry", "on-hold"),
    }

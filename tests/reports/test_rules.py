"""What decides about reports, without a database."""

import datetime as dt
from uuid import UUID

import msgspec
import pytest

from domain.reports import codes, rules
from domain.reports.document import (
    Coverage,
    Fault,
    NotCanonical,
    Part,
    PersonalPart,
    Photo,
    ReportDocument,
    Signature,
    document_bytes_max,
    read,
)
from domain.warranty.rules import Coverage as Decided

NOON = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)


def document(**fields: object) -> ReportDocument:
    given: dict[str, object] = {
        "report_number": "R-1",
        "report_id": UUID(int=7),
        "frozen_at": NOON,
        "job_number": "J-1",
        "job_kind": "repair",
        "time_zone": "UTC",
        "visited_on": NOON.date(),
        "completed_at": NOON,
        "model_code": "HX-90",
        "serial": "SN0042",
        "partner": "North",
        "technician_number": "T-17",
        "coverage": Coverage(parts=True, labour=True, travel=False),
        "result": "repaired",
        "personal_commitment": "0" * 64,
    }
    return msgspec.convert(msgspec.to_builtins(ReportDocument(**{**given, **fields})), ReportDocument, strict=False)  # type: ignore[arg-type]


def long_document(**fields: object) -> ReportDocument:
    return msgspec.structs.replace(document(), **fields)


def test_a_document_that_fits_is_frozen_as_it_is() -> None:
    assert read(rules.frozen(document()), ReportDocument) == document()


@pytest.mark.parametrize(
    "fields",
    [
        {"notes": "漏" * 20_000},
        {"serial": "S" * 201},
        {"parts": tuple(Part(number=f"P{n}") for n in range(501))},
        {"photos": tuple(Photo(sha256=f"{n:064x}") for n in range(201))},
        {"faults": (Fault(symptom="x" * 10_001),)},
        {"faults": tuple(Fault(symptom="漏" * 4000, cause="漏" * 4000, action="漏" * 4000) for _ in range(100))},
        {"flags": tuple(f"flag-{n}" for n in range(60))},
    ],
    ids=["notes", "serial", "parts", "photos", "symptom", "megabytes", "flags"],
)
def test_a_sheet_beyond_every_bound_is_cut_and_says_so(fields: dict[str, object]) -> None:
    written = rules.frozen(long_document(**fields))
    assert len(written) <= document_bytes_max
    assert rules.SHORTENED in read(written, ReportDocument).flags


def test_what_no_cutting_mends_is_refused() -> None:
    elsewhere = dt.timezone(dt.timedelta(hours=8))
    with pytest.raises(NotCanonical):
        rules.frozen(document(started_at=dt.datetime(2026, 3, 14, 12, tzinfo=elsewhere)))


def test_a_personal_part_beyond_every_bound_is_cut_too() -> None:
    stroke = tuple((n % 9999, n % 9999) for n in range(6000))
    strokes = (stroke, *(((1, 1),),) * 500)
    part = PersonalPart(customer="x" * 300, signature=Signature(width=10_000, height=10_000, strokes=strokes))
    found = read(rules.frozen(part), PersonalPart)
    assert len(found.customer) <= 200
    assert found.signature is not None


@pytest.mark.parametrize(
    ("state", "revision", "newest", "told"),
    [
        ("frozen", 1, 1, "genuine"),
        ("sealed", 2, 2, "genuine"),
        ("frozen", 1, 2, "superseded"),
        ("withdrawn", 2, 2, "withdrawn"),
        ("withdrawn", 1, 2, "withdrawn"),
    ],
)
def test_what_a_revision_is_worth_today(state: str, revision: int, newest: int, told: str) -> None:
    assert rules.standing(state, revision, newest) == told


def test_every_fifth_wrong_pin_makes_a_pause_that_doubles_up_to_a_day() -> None:
    pauses = {tries: rules.pause_after(tries) for tries in range(61)}
    minutes = [pause.total_seconds() / 60 for pause in pauses.values() if pause]
    assert [tries for tries, pause in pauses.items() if pause] == list(range(5, 61, 5))
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440, 1440]


@pytest.mark.parametrize(
    ("source", "language", "told"),
    [
        ("contract:CT7", "en", "Contract CT7"),
        ("contract:CT7", "zh", "服务合约 CT7"),
        ("default-warranty:WM1", "en", "Standard warranty"),
        ("default-warranty:WM1", "zh", "标准保修"),
        ("none", "en", ""),
    ],
)
def test_what_pays_is_said_in_the_customers_words(source: str, language: rules.Language, told: str) -> None:
    assert rules.coverage_source(Decided(source=source, on=NOON.date(), ends_on=dt.date(2027, 1, 31)), language) == told


def test_codes_are_random_and_of_the_promised_length() -> None:
    assert len({codes.new_token() for _ in range(1000)}) == 1000
    assert all(codes.look_up_code(codes.new_token().lower()) for _ in range(100))
    short = codes.new_short_code()
    assert len(short) == 10
    secret = codes.new_collection_secret()
    assert len(secret.code) == 26
    assert len(secret.pin) == 6
    assert secret.pin.isdecimal()
    assert secret.pin not in repr(secret.pin_hash)


@pytest.mark.parametrize("typed", ["7K3M9QX2PD", "7k3m9 qx2pd", "7K3M9-QX2PD", " 7k3m9qx2pd "])
def test_a_short_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.read_short_code(typed) == "7K3M9QX2PD"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert codes.read_short_code("oO1iIlL234") == "0011111234"


@pytest.mark.parametrize("typed", ["", "7K3M9QX2P", "7K3M9QX2PDD", "7K3M9QX2PU", "漏" * 10, "ＡＢＣＤＥＦＧＨＪＫ"])
def test_what_is_no_short_code_is_none(typed: str) -> None:
    assert codes.read_short_code(typed) is None


@pytest.mark.parametrize("token", ["", "A" * 31, "A" * 33, "A" * 31 + "1", "ı" * 32, "ſ" * 32, "A" * 31 + "\n"])
def test_what_is_no_token_of_ours_is_none(token: str) -> None:
    assert codes.look_up_code(token) is None


def test_the_address_in_the_qr_is_in_capitals() -> None:
    assert codes.verification_address("http://127.0.0.1:8000/", "ABC") == "HTTP://127.0.0.1:8000/V/ABC"


def test_a_proof_holds_for_its_code_and_its_time_only() -> None:
    proof = codes.write_proof(b"key", "a-code", 1000)
    assert codes.proof_holds(b"key", "a-code", proof, 1000)
    assert not codes.proof_holds(b"key", "a-code", proof, 1001)
    assert not codes.proof_holds(b"key", "b-code", proof, 1000)
    assert not codes.proof_holds(b"yek", "a-code", proof, 1000)
    later = proof.replace("1000.", "2000.")
    for forged in (later, "", ".", "1000", "-1." + "0" * 64, "9" * 40 + "." + "0" * 64, "1000.é", "²." + "0" * 64):
        assert not codes.proof_holds(b"key", "a-code", forged, 1)

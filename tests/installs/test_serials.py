import csv
import json
import os
import re
import string
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import biip
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from domain.installs.gs1_fields import FIELDS, GS, check_digit
from domain.installs.links import digital_link
from domain.installs.makers import MakerFormat
from domain.installs.serials import (
    Candidate,
    Format,
    check_character_37_36,
    has_check_character,
    normalise,
    parse,
    unspell,
)

# Examples are the same on every machine, and nothing is left in the project's folder.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "fieldstone-hypothesis")
settings.register_profile("fieldstone", database=None, deadline=None, derandomize=True, max_examples=60)
settings.load_profile("fieldstone")

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared" / "gs1_vectors.csv"
OWN = json.loads((PROJECT / "tests" / "vectors" / "serials.json").read_text())

ALPHABET = string.digits + string.ascii_uppercase
GS1_CHARACTERS = "!\"%&'()*+,-./:;<=>?_" + string.ascii_letters + string.digits

gtins = st.from_regex(r"[0-9]{5}[1-9][0-9]{7}", fullmatch=True).map(lambda digits: digits + check_digit(digits))
serials = st.text(GS1_CHARACTERS, min_size=1, max_size=20)


@pytest.mark.parametrize("row", OWN, ids=lambda row: row["why"])
def test_it_reads_what_the_text_says_and_no_more(row):
    parsed = parse(row["text"], row.get("symbology"), [MakerFormat(**maker) for maker in row.get("makers", [])])

    assert (parsed.format, parsed.gtin, parsed.serial, parsed.identifiers) == (
        row["format"],
        row["gtin"],
        row["serial"],
        row["identifiers"],
    )
    assert (parsed.reason is not None) == (parsed.format is Format.INVALID)
    for name in ("sure", "model", "tag"):
        assert row.get(name, getattr(parsed, name)) == getattr(parsed, name)
    offered = [{"gtin": one.gtin, "serial": one.serial, "model": one.model} for one in parsed.alternatives]
    assert row.get("alternatives", offered) == offered


def test_it_reads_every_published_example_and_nothing_from_a_broken_one():
    if not SHARED.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{SHARED} is missing")
        pytest.skip(f"{SHARED} is missing")
    wrong = []
    with SHARED.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            parsed = parse(unspell(row["input"]))
            expected = (None, None, {})
            if row["valid"] == "true":
                others = json.loads(row["other_ais"] or "{}")
                expected = (row["expected_gtin"] or None, row["expected_serial"] or None, others)
            if (parsed.gtin, parsed.serial, parsed.identifiers) != expected:
                wrong.append((row["id"], row["input"], parsed))
    assert not wrong


@given(st.text(max_size=60) | st.text(GS1_CHARACTERS + GS + "\x1e\x04[]", max_size=60), st.none() | st.text(max_size=3))
def test_it_never_raises(text, symbology):
    parsed = parse(text, symbology)

    assert parsed.text == text
    if parsed.format is Format.INVALID:
        assert (parsed.gtin, parsed.serial, parsed.identifiers) == (None, None, {})


@given(st.sampled_from(sorted(FIELDS)), st.text(GS1_CHARACTERS, max_size=30))
def test_it_never_raises_behind_any_identifier(ai, value):
    parse(f"{ai}{value}")
    parse(f"]C1{ai}{value}")
    parse(f"https://id.example/{ai}/{quote(value, safe='')}")


@given(gtins, serials, st.text(GS1_CHARACTERS, min_size=1, max_size=20), st.dates())
def test_it_reads_back_a_composed_element_string(gtin, serial, lot, day):
    expiry = day.strftime("%y%m%d") if day.month != 2 or day.day != 29 else "280229"
    parsed = parse(f"]d201{gtin}17{expiry}10{lot}{GS}21{serial}")

    assert (parsed.gtin, parsed.serial, parsed.identifiers) == (gtin, serial, {"17": expiry, "10": lot})


@given(gtins, serials, st.text(GS1_CHARACTERS, min_size=1, max_size=20))
def test_another_parser_reads_the_same_from_a_composed_element_string(gtin, serial, lot):
    text = f"01{gtin}21{serial}{GS}10{lot}"
    message = biip.parse("]C1" + text).gs1_message
    parsed = parse(text, "]C1")

    assert message is not None
    assert message.element_strings.get(ai="01").value == parsed.gtin
    assert message.element_strings.get(ai="21").value == parsed.serial
    assert message.element_strings.get(ai="10").value == parsed.identifiers["10"]


@given(gtins, serials, st.integers(0, 13), st.sampled_from(string.digits))
def test_it_refuses_a_gtin_with_one_digit_changed(gtin, serial, place, digit):
    changed = gtin[:place] + digit + gtin[place + 1 :]
    parsed = parse(f"]C101{changed}21{serial}")

    assert (parsed.format is Format.INVALID) == (changed != gtin)


@given(gtins, serials, st.none() | st.text(ALPHABET, min_size=8, max_size=16))
def test_it_reads_back_the_link_on_our_own_label(gtin, serial, tag):
    link = digital_link("id.example", gtin, serial, tag)
    parsed = parse(link, "]Q1")

    assert (parsed.format, parsed.gtin, parsed.serial, parsed.tag) == (Format.DIGITAL_LINK, gtin, serial, tag)
    assert link.isascii()
    assert parsed.sure


@pytest.mark.parametrize("number", range(24))
def test_it_reads_back_labels_of_the_demo(number):
    body = f"HT{number % 30:02d}{26 - number % 4}W{10 + number}{number * 977:06d}"
    serial = body + check_character_37_36(body)
    gtin = f"0950600{number:06d}"
    gtin += check_digit(gtin)

    assert has_check_character(serial)
    link = parse(digital_link("id.example", gtin, serial, "7Q2M9X4K"))
    assert (link.gtin, link.serial, link.tag) == (gtin, serial, "7Q2M9X4K")
    code_128 = parse(serial, "]C0")
    assert (code_128.serial, code_128.sure) == (serial, True)


@pytest.mark.parametrize(
    ("host", "gtin", "serial"),
    [
        ("id.example", "09506000134353", "A7"),
        ("id.example", "0950600013435", "A7"),
        ("id.example", "09506000134352", ""),
        ("id.example", "09506000134352", "A" * 21),
        ("id.example", "09506000134352", "A 7"),
        ("id.example/x", "09506000134352", "A7"),
        ("", "09506000134352", "A7"),
    ],
)
def test_it_writes_no_link_that_it_could_not_read(host, gtin, serial):
    with pytest.raises(ValueError, match=r"."):
        digital_link(host, gtin, serial)


def test_a_serial_against_the_standard_is_offered_for_a_look_up():
    parsed = parse("https://id.example/01/09506000134352?21=FS-0042")

    assert parsed.alternatives == (Candidate("against the standard", gtin="09506000134352", serial="FS-0042"),)


@pytest.mark.parametrize(
    ("text", "symbology", "serial"),
    [
        ("IWDBTK75G94T028954", "]A0", "WDBTK75G94T028954"),
        ("S12345678", "]A0", "12345678"),
        ("SN: FS0042", "]Q1", "FS0042"),
        ("723012", None, "723012"),
        ("010950600013435221FS-0042", "]C0", "FS-0042"),
        ("010950600013435221FS-004217270228", "]d2", "FS-0042"),
        ("9506000134352", None, "9506000134352"),
    ],
)
def test_a_second_reading_is_offered_and_makes_the_first_unsure(text, symbology, serial):
    parsed = parse(text, symbology)

    assert serial in [candidate.serial for candidate in parsed.alternatives]
    assert not parsed.sure


def test_a_retail_upc_e_number_in_plain_digits_is_only_offered():
    parsed = parse("04252614")

    assert (parsed.format, parsed.serial) == (Format.PLAIN, "04252614")
    assert parsed.alternatives == (Candidate("UPC-E", gtin="00042100005264"),)


@pytest.mark.parametrize(
    ("seven", "eleven"),
    [
        ("0123450", "01200000345"),
        ("0123451", "01210000345"),
        ("1123452", "11220000345"),
        ("0123453", "01230000045"),
        ("0123454", "01234000005"),
        ("0123455", "01234500005"),
        ("0123459", "01234500009"),
    ],
)
def test_it_expands_every_kind_of_upc_e(seven, eleven):
    check = check_digit(eleven)

    assert parse(seven + check, "]E0").gtin == "00" + eleven + check


def test_eight_digits_that_are_upc_e_and_ean_8_at_once_are_unsure():
    parsed = parse("]E012345052")

    assert (parsed.gtin, parsed.sure) == ("00123450000052", False)
    assert parsed.alternatives == (Candidate("EAN-8", gtin="00000012345052"),)


def test_few_random_numbers_lose_their_serial():
    numbers = [f"{n * 7_368_787 % 10**11:011d}" for n in range(1, 4001)]
    plain = [number for number in numbers if parse(number).serial == number]

    assert len(plain) >= 0.97 * len(numbers)
    assert all(number in [c.serial for c in parse(number).alternatives] for number in set(numbers) - set(plain))
    assert all(parse(number, "]C0").serial == number for number in numbers)


HEATER = MakerFormat("HT-900", r"HT(?P<model>\d{3})-(?P<serial>\d{2}W\d{2}-\d{6})")


def test_a_makers_format_names_model_and_serial():
    parsed = parse("HT900-24W17-000421", "]C0", [MakerFormat("X", r"(?P<serial>X\d+)"), HEATER])

    assert (parsed.format, parsed.serial, parsed.model) == (Format.MAKER, "24W17-000421", "900")
    assert parsed.sure


def test_a_makers_format_is_believed_before_an_accident():
    number = MakerFormat("N-1", r"(?P<serial>7230\d{2})")
    page = MakerFormat("N-2", r"https://maker\.example/p\?n=(?P<serial>\w{2,9})")

    assert parse("723012", makers=[number]).serial == "723012"
    assert parse("https://maker.example/p?n=A7", makers=[page]).serial == "A7"


def test_a_standard_is_believed_before_a_makers_format():
    greedy = MakerFormat("N-1", r"(?P<serial>.+)")

    assert parse("]C1010950600013435221FS-0042", makers=[greedy]).serial == "FS-0042"


def test_two_makers_formats_that_differ_give_candidates_only():
    parsed = parse("A1234", makers=[MakerFormat("M", r"A(?P<serial>\d+)"), MakerFormat("N", r"(?P<serial>A\d+)")])

    assert (parsed.serial, parsed.sure) == (None, False)
    assert [candidate.serial for candidate in parsed.alternatives] == ["1234", "A1234"]


def test_two_models_of_one_format_leave_the_model_open():
    parsed = parse("A1234", makers=[MakerFormat("M", r"A(?P<serial>\d+)"), MakerFormat("N", r"A(?P<serial>\d{4})")])

    assert (parsed.serial, parsed.model) == ("1234", None)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<serial>(a+)+)",
        r"(?P<serial>(?:a|a)*)",
        r"(?P<serial>\d+\d+\d+\d+)",
        r"(?P<serial>a?a?a?a?a?a?a?)",
        r"(?P<serial>\w)\1",
        r"(?P<serial>(?=a)a)",
        r"(?P<serial>a++)",
        r"(?i)(?P<serial>a)",
        r"(?P<serial>[a--b])",
        r"(?P<serial>[z-a])",
        r"(?P<serial>a",
        r"(?P<other>a)",
        r"\d+",
        r"(?P<serial>" + "a" * 200 + ")",
    ],
)
def test_it_refuses_a_pattern_that_could_run_away(pattern):
    with pytest.raises(ValueError, match="pattern"):
        MakerFormat("M", pattern)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"model": "M", "pattern": pattern}), type=MakerFormat)


def test_the_worst_pattern_allowed_ends_soon():
    worst = MakerFormat("M", r"(?P<serial>\w+\w+\w+)A?A?A?A?A?A?!")
    started = time.process_time()

    assert parse("A" * 64, makers=[worst]).format is Format.PLAIN
    assert time.process_time() - started < 1


def test_a_text_beyond_all_measure_is_refused():
    assert parse("7" * 4097).reason == "longer than 4096 characters"


@given(st.text(max_size=40))
def test_a_look_up_key_stays_as_it_is(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize("written", ["sn-0012a", "ＳＮ００１２Ａ", " SN 0012 A ", "sn–00\u00ad12a", "SN0012A\r\n"])
def test_one_serial_has_one_key_however_it_is_written(written):
    assert normalise(written) == "SN0012A"


@given(st.text(ALPHABET, min_size=1, max_size=30), st.data())
def test_the_check_character_catches_every_wrong_character(text, data):
    checked = text + check_character_37_36(text)
    assert has_check_character(checked)

    place = data.draw(st.integers(0, len(checked) - 1))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda character: character != checked[place]))
    assert not has_check_character(checked[:place] + other + checked[place + 1 :])


def test_the_check_character_catches_nearly_every_swap():
    missed = swaps = 0
    for number in range(200):
        serial = f"HT{number % 30:02d}24W{number % 52:02d}K{number * 7919:07d}"
        checked = serial + check_character_37_36(serial)
        for n in range(len(checked) - 1):
            swapped = checked[:n] + checked[n + 1] + checked[n] + checked[n + 2 :]
            swaps += swapped != checked
            missed += swapped != checked and has_check_character(swapped)

    assert missed < 0.03 * swaps


def test_the_check_character_is_that_of_the_standard():
    # the Global Release Identifier A1-2425G-ABC1234002-M is built on it
    assert check_character_37_36("A12425GABC1234002") == "M"
    assert not has_check_character("M")
    assert not has_check_character("ÄÖ")
    with pytest.raises(ValueError, match=r"."):
        check_character_37_36("a")


@pytest.mark.parametrize("spelled", ["01<GS>", r"01\x1d", r"01\u001D", "01<FNC1>", "01␝", "01\x1d"])
def test_spelled_control_characters_become_real_ones(spelled):
    assert unspell(spelled) == "01" + GS


def test_every_identifier_is_read_in_its_shortest_form():
    for ai, field in FIELDS.items():
        text = "1" * field.shortest
        if not field.fits(text):
            continue
        assert parse(f"]C1{ai}{text}").format is Format.ELEMENT_STRING, ai
    assert len(FIELDS) == 541
    assert not [ai for ai in FIELDS if any(other != ai and other.startswith(ai) for other in FIELDS)]
    assert all(re.fullmatch(r"\d{2,4}", ai) for ai in FIELDS)

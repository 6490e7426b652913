"""Rule R, case by case."""

import pytest

from mobile_sync.photos.rule import Box, Engine, Kind, Read, Sighting, judge

HERE: Box = ((100, 100), (300, 100), (300, 150), (100, 150))
INSIDE: Box = ((180, 110), (240, 110), (240, 140), (180, 140))
ELSEWHERE: Box = ((100, 400), (300, 400), (300, 450), (100, 450))
JUST_BELOW: Box = ((100, 158), (300, 158), (300, 208), (100, 208))


def seen(
    kind: Kind, text: str, engine: Engine = "zxing", looks: int = 1, box: Box = HERE, first: int = 0
) -> list[Sighting]:
    symbology = "]X0" if engine == "zxing" else ""
    return [Sighting(first + number, engine, kind, text, symbology, box) for number in range(looks)]


def verdict(reads: tuple[Read, ...], text: str) -> tuple[bool, str]:
    (read,) = [read for read in reads if read.text == text]
    return read.accepted, read.reason


@pytest.mark.parametrize(
    ("kind", "text", "engines", "looks", "accepted", "reason"),
    [
        ("QR Code", "x", ["zxing"], 1, True, "one-engine-is-enough"),
        ("QR Code", "https://example.com", ["zbar"], 1, True, "one-engine-is-enough"),
        ("QR Code", "序列号", ["zbar"], 1, False, "text-uncertain"),
        ("QR Code", "序列号", ["zxing"], 1, True, "one-engine-is-enough"),
        ("Data Matrix", "c++", ["zxing"], 1, True, "one-engine-is-enough"),
        ("Code 128", "FW72", ["zxing"], 1, True, "one-engine-is-enough"),
        ("Code 128", "FW7", ["zxing"], 1, False, "too-short"),
        ("Code 128", "FW7", ["zxing", "zbar"], 1, True, "both-engines-agree"),
        ("Code 39", "A123", ["zbar"], 1, True, "one-engine-is-enough"),
        ("Code 39", "A12", ["zbar"], 2, False, "too-short"),
        ("Code 93", "A12345", ["zxing"], 1, False, "one-engine-only"),
        ("Code 93", "A12345", ["zxing", "zbar"], 1, True, "both-engines-agree"),
        ("EAN-13", "4006381333931", ["zxing"], 1, False, "one-engine-only"),
        ("EAN-13", "4006381333931", ["zxing"], 2, False, "one-engine-only"),
        ("EAN-13", "4006381333931", ["zxing"], 3, True, "several-passes-agree"),
        ("EAN-13", "4006381333931", ["zxing", "zbar"], 1, True, "both-engines-agree"),
        ("EAN-8", "96385074", ["zbar"], 2, False, "one-engine-only"),
        ("UPC-A", "036000291452", ["zbar"], 3, True, "several-passes-agree"),
        ("ITF", "082922", ["zxing", "zbar"], 1, True, "both-engines-agree"),
        ("ITF", "0829", ["zxing", "zbar"], 9, False, "too-short"),
        ("ITF", "082922", ["zbar"], 2, False, "one-engine-only"),
        ("ITF", "082922", ["zbar"], 3, True, "several-passes-agree"),
    ],
)
def test_a_text_needs_as_many_witnesses_as_its_code_is_weak(
    kind: Kind, text: str, engines: list[Engine], looks: int, accepted: bool, reason: str
) -> None:
    reads = judge([sighting for engine in engines for sighting in seen(kind, text, engine, looks)])

    assert verdict(reads, text) == (accepted, reason)
    assert reads[0].passes == looks


def test_nothing_seen_is_nothing_read() -> None:
    assert judge([]) == ()


def test_a_sighting_without_text_is_no_read() -> None:
    assert judge(seen("Code 128", "")) == ()


def test_three_passes_are_not_enough_against_a_rival_seen_half_as_often() -> None:
    sightings = seen("EAN-13", "4006381333931", looks=3) + seen("EAN-13", "4006381333932", looks=2, first=3)

    assert verdict(judge(sightings), "4006381333931") == (False, "rival-read")
    assert verdict(judge(sightings), "4006381333932") == (False, "rival-read")


def test_twice_as_often_as_the_rival_is_enough() -> None:
    sightings = seen("EAN-13", "4006381333931", looks=4) + seen("EAN-13", "4006381333932", looks=2, first=4)

    assert verdict(judge(sightings), "4006381333931") == (True, "several-passes-agree")


def test_where_both_engines_agree_on_two_texts_for_one_code_neither_is_believed() -> None:
    often = seen("UPC-A", "023942431015", looks=9) + seen("UPC-A", "023942431015", "zbar")
    seldom = seen("EAN-13", "9074932437075", first=9) + seen("EAN-13", "9074932437075", "zbar", first=9)

    assert verdict(judge(often + seldom), "023942431015") == (False, "rival-read")
    assert verdict(judge(often + seldom), "9074932437075") == (False, "rival-read")


def test_codes_in_different_places_are_no_rivals() -> None:
    sightings = seen("EAN-13", "9780804816632", looks=3) + seen("EAN-13", "1920197012349", looks=3, box=ELSEWHERE)

    assert all(read.accepted for read in judge(sightings))


@pytest.mark.parametrize("box", [ELSEWHERE, JUST_BELOW])
def test_two_labels_on_one_picture_are_both_read(box: Box) -> None:
    reads = judge(seen("Code 128", "SN-00017") + seen("Code 128", "001EC9476B0A", box=box))

    assert [(read.text, read.accepted, read.box) for read in reads] == [
        ("001EC9476B0A", True, box),
        ("SN-00017", True, HERE),
    ]


def test_two_texts_for_one_serial_label_accept_neither() -> None:
    reads = judge(seen("Code 128", "SN-00017") + seen("Code 128", "SN-00011", "zbar", box=INSIDE))

    assert [read.accepted for read in reads] == [False, False]


@pytest.mark.parametrize("kind", ["ITF", "Code 39"])
def test_a_text_inside_a_longer_one_in_the_same_place_is_part_of_it(kind: Kind) -> None:
    long = seen(kind, "30712345000010", looks=4) + seen(kind, "30712345000010", "zbar")
    part = seen(kind, "307123450000", "zbar", looks=4, box=INSIDE) + seen(kind, "307123450000", box=INSIDE)

    assert verdict(judge(long + part), "30712345000010")[0]
    assert verdict(judge(long + part), "307123450000") == (False, "part-of-another-read")


def test_a_scan_line_cut_short_beside_an_interleaved_code_is_part_of_it() -> None:
    beside: Box = ((581, 240),) * 4
    cut = seen("ITF", "30712345", "zbar", looks=4, box=beside)

    assert verdict(judge(seen("ITF", "30712345000010") + cut), "30712345") == (False, "part-of-another-read")


def test_an_interleaved_code_seen_inside_a_serial_label_is_part_of_it() -> None:
    stray = seen("ITF", "292517", "zbar", looks=3, box=INSIDE) + seen("ITF", "292517", box=INSIDE)

    assert verdict(judge(seen("Code 128", "010210150301625334") + stray), "292517") == (False, "part-of-another-read")


def test_the_same_gtin_as_upc_and_as_ean_is_one_read() -> None:
    reads = judge(seen("UPC-A", "036000291452") + seen("EAN-13", "0036000291452", "zbar"))

    assert [(read.text, read.engines, read.accepted) for read in reads] == [("036000291452", ("zxing", "zbar"), True)]


def test_the_first_engine_decides_how_a_qr_code_is_spelled() -> None:
    reads = judge(seen("QR Code", "序列号 A-17") + seen("QR Code", "ｱｸ隔ｿｷ A-17", "zbar"))

    assert [read.text for read in reads] == ["序列号 A-17"]


def test_the_identifier_comes_from_the_engine_that_tells_it() -> None:
    (read,) = judge([*seen("Code 128", "SN-00017", "zbar"), *seen("Code 128", "SN-00017", first=1)])

    assert (read.symbology, read.engines, read.passes) == ("]X0", ("zxing", "zbar"), 2)

"""Pictures the product draws itself are read, however carelessly they were photographed."""

import io

import pytest
from PIL import Image, ImageOps

from mobile_sync.photos import engines
from mobile_sync.photos.decode import decode
from mobile_sync.photos.engines import smallest_box, upc_a
from mobile_sync.photos.picture import open_picture
from mobile_sync.photos.rule import Box, Read
from tests.photos.drawn import CODES, Code, jpeg, label, photographed, png, symbol

VOICES = engines.load()
SERIAL = Code("Code128", "SN-2024-00017", "SN-2024-00017", "Code 128")
MAC = Code("Code39", "001EC9476B0A", "001EC9476B0A", "Code 39")


def read(upload: bytes) -> tuple[Read, ...]:
    return decode(open_picture(upload), VOICES)


def accepted(upload: bytes) -> list[str]:
    return [found.text for found in read(upload) if found.accepted]


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"{code.format}-{code.text[:12]!a}")
def test_it_reads_a_label(code: Code) -> None:
    (found,) = read(jpeg(label(code)))

    assert (found.text, found.symbology_name, found.accepted) == (code.text, code.symbology_name, True)


@pytest.mark.parametrize("code", CODES[::2], ids=lambda code: f"{code.format}-{code.text[:12]!a}")
@pytest.mark.parametrize(
    "hand",
    [
        {"turn": 7, "blur": 0.8, "noise": 8},
        {"turn": 90, "contrast": 0.3},
        {"turn": 180, "blur": 1.2},
        {"turn": -33, "noise": 6},
        {"turn": 45},
    ],
    ids=lambda hand: "-".join(hand),
)
def test_it_reads_a_label_photographed_carelessly(code: Code, hand: dict[str, float]) -> None:
    assert accepted(jpeg(photographed(label(code), **hand), quality=70)) == [code.text]


def test_it_reads_light_on_dark() -> None:
    assert accepted(png(ImageOps.invert(label(SERIAL)))) == [SERIAL.text]


def test_it_reads_a_transparent_picture_as_if_on_paper() -> None:
    sheet = Image.new("RGBA", (900, 400), (0, 0, 0, 0))
    sheet.putalpha(ImageOps.invert(label(SERIAL, size=(900, 400))))

    assert accepted(png(sheet)) == [SERIAL.text]


def test_it_reads_sixteen_bits_a_pixel() -> None:
    assert accepted(png(label(SERIAL).convert("I").point(lambda shade: shade * 257).convert("I;16"))) == [SERIAL.text]


@pytest.mark.parametrize("size", [(4000, 3000), (8000, 6000)])
def test_it_reads_a_large_photo_and_says_where(size: tuple[int, int]) -> None:
    photo = Image.new("L", size, 170)
    drawn = symbol(SERIAL, 8)
    photo.paste(drawn, (700, 1500))

    (found,) = read(jpeg(photo))

    assert found.text == SERIAL.text
    assert_about(found.box, (700, 1500, 700 + drawn.width, 1500 + drawn.height), within=120)


@pytest.mark.parametrize("turn", [0, 4, 30, -30, 45, 90])
def test_boxes_are_told_in_pixels_of_the_original(turn: int) -> None:
    sheet = Image.new("L", (700, 700), 255)
    drawn = symbol(CODES[14], 5)
    sheet.paste(drawn, (400, 120))
    taken = sheet.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)

    (found,) = read(png(taken))

    middle = [sum(corner[axis] for corner in found.box) / 4 for axis in (0, 1)]
    marker = Image.new("L", (700, 700), 0)
    marker.putpixel((400 + drawn.width // 2, 120 + drawn.height // 2), 255)
    there = marker.rotate(turn, Image.Resampling.BICUBIC).getbbox()
    assert there is not None
    assert middle == pytest.approx([there[0], there[1]], abs=12)


def test_the_box_is_told_for_the_picture_held_upright() -> None:
    sheet = Image.new("L", (900, 600), 255)
    sheet.paste(symbol(CODES[14], 4), (40, 60))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: turn right to look at it

    (found,) = read(jpeg(sheet.rotate(90, expand=True), exif=exif))

    assert_about(found.box, (40, 60, 40 + symbol(CODES[14], 4).width, 60 + symbol(CODES[14], 4).height), within=24)


def test_it_returns_both_labels_of_one_picture() -> None:
    assert sorted(accepted(jpeg(label(SERIAL, MAC)))) == sorted([SERIAL.text, MAC.text])


def test_in_a_picture_without_a_code_nothing_is_believed() -> None:
    assert accepted(jpeg(Image.effect_noise((800, 600), 60))) == []


def test_no_look_is_begun_that_would_end_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobile_sync.photos.decode.cpu_seconds_enough", -1.0)
    assert read(jpeg(label(SERIAL))) == ()


def test_one_engine_alone_reads_serial_labels() -> None:
    one = {"zxing": VOICES["zxing"]}

    reads = decode(open_picture(jpeg(label(SERIAL))), one)

    assert [(found.text, found.engines, found.accepted) for found in reads] == [(SERIAL.text, ("zxing",), True)]


def test_one_engine_alone_accepts_a_retail_code_only_after_several_passes() -> None:
    (found,) = decode(open_picture(jpeg(label(CODES[9]))), {"zxing": VOICES["zxing"]})

    assert (found.accepted, found.reason) == (True, "several-passes-agree")
    assert found.passes >= 3


def test_only_the_first_frame_of_an_animation_is_looked_at() -> None:
    into = io.BytesIO()
    label(SERIAL).save(into, "WEBP", save_all=True, append_images=[label(MAC)], lossless=True)

    assert accepted(into.getvalue()) == [SERIAL.text]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("01234505", "012000003455"),
        ("04252614", "042100005264"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234565", "012345000065"),
    ],
)
def test_a_upc_e_stands_for_twelve_digits(short: str, long: str) -> None:
    assert upc_a(short)[:-1] == long[:-1]


def test_the_smallest_box_follows_a_turned_outline() -> None:
    assert set(smallest_box([(0, 10), (10, 0), (30, 20), (20, 30)])) == {(0, 10), (10, 0), (30, 20), (20, 30)}


def test_an_outline_of_one_point_is_a_box_of_no_size() -> None:
    assert smallest_box([(5, 5)]) == ((5, 5), (5, 5), (5, 5), (5, 5))


def assert_about(box: Box, rectangle: tuple[int, int, int, int], within: int) -> None:
    xs, ys = [x for x, _ in box], [y for _, y in box]
    assert [min(xs), min(ys), max(xs), max(ys)] == pytest.approx(list(rectangle), abs=within)

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from api.branding import brand_of
from api.context import build
from api.settings import Settings, load_settings
from printing.brand import LOGO_BYTES_MAX, BrandRefused, read_brand
from printing.report import render_report
from printing.style import FIELDSTONE, LOGO_HEIGHT, LOGO_WIDTH, Brand
from tests.printing import visits


def printed(brand: Brand) -> bytes:
    return render_report(visits.document(), None, {}, visits.VERIFY_URL, visits.SHORT_CODE, brand=brand)


def logo_file(folder: Path, size: tuple[int, int] = (800, 200), **options: object) -> Path:
    path = folder / "logo.png"
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (10, 10, size[0] // 2, size[1] - 10))
    image.save(path, "PNG", **options)
    return path


def test_without_settings_it_is_ours() -> None:
    assert read_brand() == FIELDSTONE


def test_name_lines_colour_and_logo_are_on_the_paper(tmp_path: Path) -> None:
    brand = read_brand("Aqua <b>Care</b>", ("1 Mill Lane, Leeds", "+44 20 7946 0000"), "#4d1f7a", logo_file(tmp_path))
    pdf = printed(brand)
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    assert len(page.images) == 1
    text = page.extract_text()
    for line in ("Aqua <b>Care</b>", "1 Mill Lane, Leeds", "+44 20 7946 0000"):
        assert line in text
    assert len(pdf) < 60_000


def test_a_logo_keeps_its_proportions_within_its_place(tmp_path: Path) -> None:
    for size in ((800, 200), (50, 400), (3000, 20)):
        brand = read_brand(logo=logo_file(tmp_path, size))
        width, height = brand.logo_size()
        assert width <= LOGO_WIDTH + 0.01
        assert height <= LOGO_HEIGHT + 0.01


def test_a_logo_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    path = logo_file(tmp_path)
    assert printed(read_brand(logo=path)) == printed(read_brand(logo=path))


def test_what_else_a_logo_carries_stays_out(tmp_path: Path) -> None:
    path = tmp_path / "logo.jpg"
    exif = Image.Exif()
    exif[0x010E] = "Quay Street"
    Image.new("RGB", (300, 100), (10, 80, 90)).save(path, "JPEG", exif=exif)
    assert b"Quay Street" not in printed(read_brand(logo=path))


@pytest.mark.parametrize("colour", ["red", "#12", "#ffffff", "#ffcc00", "#12345g", "#123456\n"])
def test_a_colour_that_is_none_or_too_light_is_refused(colour: str) -> None:
    with pytest.raises(BrandRefused):
        read_brand(colour=colour)


def test_more_lines_than_fit_are_refused() -> None:
    with pytest.raises(BrandRefused):
        read_brand(lines=("a", "b", "c", "d"))


def test_a_logo_that_is_gone_too_large_or_no_picture_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "logo.svg"
    text.write_text("<svg/>")
    large = tmp_path / "large.png"
    large.write_bytes(logo_file(tmp_path).read_bytes() + b"\x00" * LOGO_BYTES_MAX)
    gif = tmp_path / "logo.gif"
    Image.new("L", (20, 20)).save(gif, "GIF")
    for path in (tmp_path / "gone.png", text, large, gif, tmp_path):
        with pytest.raises(BrandRefused):
            read_brand(logo=path)


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = tmp_path / "bomb.png"
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises(BrandRefused):
        read_brand(logo=bomb)


def test_a_damaged_logo_is_printed_or_refused_and_never_raises_anything_else(tmp_path: Path) -> None:
    dice = random.Random(11)
    whole = logo_file(tmp_path).read_bytes()
    damaged = tmp_path / "damaged.png"
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 5)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        damaged.write_bytes(data)
        try:
            read_brand(logo=damaged)
        except BrandRefused:
            continue


def test_a_process_does_not_start_with_a_brand_that_cannot_be_printed(tmp_path: Path) -> None:
    with pytest.raises(BrandRefused):
        build(Settings(brand_colour="#ffffff"))
    with pytest.raises(BrandRefused):
        build(Settings(brand_logo=str(tmp_path / "gone.png")))


def test_the_settings_name_the_maker(tmp_path: Path) -> None:
    environment = {
        "FIELDSTONE_BRAND_NAME": "Aqua",
        "FIELDSTONE_BRAND_LINES": "1 Mill Lane, Leeds | +44 20 7946 0000",
        "FIELDSTONE_BRAND_COLOUR": "#4d1f7a",
        "FIELDSTONE_BRAND_LOGO": str(logo_file(tmp_path)),
    }
    brand = brand_of(load_settings(environment))
    assert (brand.name, brand.lines) == ("Aqua", ("1 Mill Lane, Leeds", "+44 20 7946 0000"))
    assert brand.logo is not None

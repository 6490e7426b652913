import base64
import io
import random
import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from printing import qr
from printing.report import render_report
from tests.printing import visits
from tests.printing.machine import needs_poppler
from tests.printing.pages import page_picture

REPORTS = 50


def reads(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


def test_an_address_in_capitals_stays_in_the_small_mode() -> None:
    assert len(visits.VERIFY_URL) == 236
    assert len(qr.modules(visits.VERIFY_URL)) == 53
    assert len(qr.modules(visits.VERIFY_URL.lower())) > 53


def sealed_address(dice: random.Random) -> str:
    """An address as long as that of a sealed report: 132 bytes of token."""
    return f"HTTPS://{'SERVICE.MAKER'}/V/{base64.b32encode(dice.randbytes(132)).decode().rstrip('=')}"


@needs_poppler
def test_fifty_reports_at_100_dpi_are_read_by_both_decoders() -> None:
    dice = random.Random(9)
    read: dict[str, int] = {"zxing": 0, "zbar": 0}
    for number in range(REPORTS):
        address = sealed_address(dice)
        assert len(address) == 236
        document = visits.document(report_number=f"R-{100_000 + number}", serial=f"HX90B-{number:06}")
        page = page_picture(render_report(document, visits.personal(), {}, address, visits.SHORT_CODE), 100)
        read["zxing"] += reads(page) == [address]
        read["zbar"] += [code.data.decode() for code in pyzbar.decode(page)] == [address]
    assert read == {"zxing": REPORTS, "zbar": REPORTS}


@needs_poppler
def test_the_code_is_as_large_as_promised_and_keeps_its_quiet_zone() -> None:
    pdf = render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE)
    page = page_picture(pdf, 300).point(lambda grey: 255 if grey < 128 else 0)
    (code,) = zxingcpp.read_barcodes(page_picture(pdf, 300))
    corners = code.position
    left, right, top, bottom = corners.top_left.x, corners.top_right.x, corners.top_left.y, corners.bottom_left.y
    millimetres = 25.4 / 300
    assert (right - left) * millimetres == pytest.approx(40, abs=0.6)
    quiet = qr.QUIET * (right - left) // len(qr.modules(visits.VERIFY_URL))
    beside = (left - quiet, top, left - 3, bottom)
    for strip in (beside, (left, bottom + 3, right, bottom + quiet), (left, top - quiet, right, top - 3)):
        assert page.crop(strip).getbbox() is None


@pytest.mark.parametrize("text", [visits.VERIFY_URL, "https://example.com/a?b=ü", "1", "漏水"])
def test_the_code_is_read_from_a_picture(text: str) -> None:
    assert reads(Image.open(io.BytesIO(qr.png(text, 4)))) == [text]


def test_the_vector_form_has_the_modules_of_the_code() -> None:
    image = qr.svg("<&>")
    svg = ElementTree.fromstring(image)
    side = int(svg.attrib["viewBox"].split()[2])
    assert side == len(qr.modules("<&>")) + 8
    dark = sum(row.count(True) for row in qr.modules("<&>"))
    assert sum(length for _, _, length in qr.strips("<&>")) == dark


def test_a_text_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(qr.TooLong):
        qr.modules("A" * 5_000)

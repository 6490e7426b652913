import io
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from printing import qr
from printing.report import render_report
from tests.printing import visits

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None,
    reason="pdftoppm is missing: apt-get install poppler-utils",
)


def reads(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


def test_an_address_in_capitals_stays_in_the_small_mode() -> None:
    assert len(visits.VERIFY_URL) == 236
    assert len(qr.modules(visits.VERIFY_URL)) == 53
    assert len(qr.modules(visits.VERIFY_URL.lower())) > 53


@needs_poppler
@pytest.mark.parametrize("dpi", [100, 150])
def test_the_code_is_read_from_the_printed_page(tmp_path: Path, dpi: int) -> None:
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE))
    command = ["pdftoppm", "-r", str(dpi), "-f", "1", "-l", "1", "-gray", "-png", str(pdf), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    page = next(tmp_path.glob("page*.png"))
    assert reads(Image.open(page)) == [visits.VERIFY_URL]


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

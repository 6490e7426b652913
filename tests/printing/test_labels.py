import io

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from printing.labels import UnitLabel, bars, label_png, label_sheet
from tests.printing import visits

serial = "HX90B-2405-018842"
link = f"https://id.example.com/01/09506000134352/21/{serial}"


def reads(png: bytes) -> dict[str, str]:
    return {str(code.format): code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))}


@pytest.mark.parametrize("text", [serial, "1", "018842019", "abc def/(21)", "W" * 32])
def test_both_codes_of_a_label_are_read(text: str) -> None:
    assert reads(label_png("HX-90B", text, link)) == {"QR Code": link, "Code 128": text}


@pytest.mark.parametrize("text", ["", "漏水", "a\nb", "W" * 33])
def test_a_serial_that_cannot_be_bars_still_has_its_qr(text: str) -> None:
    assert bars(text) == []
    assert reads(label_png("HX-90B", text, link)) == {"QR Code": link}


def test_a_sheet_has_twelve_labels_to_a_page_with_their_text() -> None:
    labels = [UnitLabel("HX-90B", f"HX90B-{n:06}", f"{link}{n}") for n in range(14)]
    sheet = label_sheet(labels)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(sheet)).pages]
    assert [sum(label.serial in page for label in labels) for page in pages] == [12, 2]
    assert sheet == label_sheet(labels)


@pytest.mark.parametrize("hostile", visits.HOSTILE, ids=range(len(visits.HOSTILE)))
def test_hostile_text_on_a_label_never_raises(hostile: str) -> None:
    assert reads(label_png(hostile, hostile, link))["QR Code"] == link
    assert label_sheet([UnitLabel(hostile, hostile, link)])

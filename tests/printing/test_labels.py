import io

import pytest
import zxingcpp
from PIL import Image

from printing.label_layout import bars
from printing.labels import label_png
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


@pytest.mark.parametrize("hostile", visits.HOSTILE, ids=range(len(visits.HOSTILE)))
def test_hostile_text_on_a_label_never_raises(hostile: str) -> None:
    assert reads(label_png(hostile, hostile, link))["QR Code"] == link

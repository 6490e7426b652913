"""Printed labels: what both decoders read of them at the coarsest printer's 203 dots to the inch."""

import io
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader
from pyzbar import pyzbar

from domain.installs.label_paper import GridTooFine, LabelRoll, LabelSheet
from domain.installs.links import digital_link
from printing.label_layout import Label, LabelTooSmall
from printing.labels import label_pages, label_sheet
from printing.zpl import label_zpl
from tests.installs.zpl_printer import printed
from tests.printing import visits
from tests.printing.machine import needs_chinese

SERIALS = ("HX90B-2405-018842", "018842019", "AC10-2601-000123", "7", "X" * 20)


def unit_label(serial: str = SERIALS[0], model: str = "HX-90B dishwasher", words: str = "") -> Label:
    link = digital_link("service.example.com", "9506000134352", serial, "1ABCDEFGHJKM")
    return Label(link, serial, (model, serial, "1ABC-DEFG-HJKM", words or "Service: scan the code"))


def pictures(pdf: bytes, folder: Path, dpi: int = 203) -> list[Image.Image]:
    """Every page as a scanner would see it, in grey."""
    file = folder / "labels.pdf"
    file.write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-gray", str(file), str(folder / "page")]
    subprocess.run(command, check=True, capture_output=True)
    return [Image.open(io.BytesIO(page.read_bytes())) for page in sorted(folder.glob("page*.pgm"))]


def by_zxing(image: Image.Image) -> list[str]:
    return sorted(code.text for code in zxingcpp.read_barcodes(image))


def by_zbar(image: Image.Image) -> list[str]:
    symbols = [pyzbar.ZBarSymbol.QRCODE, pyzbar.ZBarSymbol.CODE128]
    return sorted({code.data.decode() for code in pyzbar.decode(image, symbols=symbols)})


def cut(image: Image.Image, sheet: LabelSheet, number: int, dpi: int = 203) -> Image.Image:
    """One label of a sheet, as it is when it sticks on a machine."""
    mm = dpi / 25.4
    width, height = sheet.size
    _, x, y = sheet.place(number)
    return image.crop((round(x * mm), round(y * mm), round((x + width) * mm), round((y + height) * mm)))


GRIDS = {
    "24 to a sheet": LabelSheet(),
    "24 without margins": LabelSheet(margin_across=0, margin_down=5, gap_across=0),
    "21 to a sheet": LabelSheet(rows=7, margin_down=151),
    "8 to a sheet": LabelSheet(columns=2, rows=4, margin_across=50, margin_down=130),
}


@pytest.mark.parametrize("grid", GRIDS)
def test_every_label_of_a_sheet_is_read_by_both_decoders(grid: str, tmp_path: Path) -> None:
    sheet = GRIDS[grid]
    labels = [unit_label(f"HX90B-2405-{number:06}") for number in range(sheet.columns * sheet.rows)]
    (page,) = pictures(label_sheet(labels, sheet), tmp_path)
    for number, label in enumerate(labels):
        one = cut(page, sheet, number)
        assert by_zxing(one) == sorted((label.link, label.bars)), number
        assert by_zbar(one) == sorted((label.link, label.bars)), number


@pytest.mark.parametrize("roll", [LabelRoll(), LabelRoll(dpi=300), LabelRoll(width_mm=100, height_mm=50)], ids=str)
@pytest.mark.parametrize("serial", SERIALS)
def test_a_thermal_label_is_read_by_both_decoders(roll: LabelRoll, serial: str, tmp_path: Path) -> None:
    label = unit_label(serial)
    pdf = label_pages([label, label], roll)
    pages = pictures(pdf, tmp_path, roll.dpi)
    assert len(pages) == 2
    (from_zpl,) = printed(label_zpl([label], roll))
    assert (from_zpl.qr, from_zpl.bars) == (label.link, from_zpl.bars and serial)
    for page in (*pages, from_zpl.image):
        wanted = sorted({label.link, from_zpl.bars} - {""})
        assert by_zxing(page) == wanted
        assert by_zbar(page) == wanted


@pytest.mark.parametrize("text", ["^XA~JR", "a_b^FD>5>:x", 'q"%&()*+,-./;<=>?!', "12345678", "A1234567B", "~^_>"])
def test_nothing_in_a_part_number_is_a_command_to_the_printer(text: str) -> None:
    label = Label("https://service.example.com/x", text, (text, "^FS^XZ^XA_5E"))
    (found,) = printed(label_zpl([label], LabelRoll(width_mm=100)))
    assert found.bars == text
    assert found.words == [text, "^FS^XZ^XA_5E"]
    assert by_zxing(found.image) == sorted((label.link, text))


@needs_chinese
def test_words_a_printer_has_no_font_for_are_sent_as_a_picture() -> None:
    (found,) = printed(label_zpl([unit_label(words="报修请扫码")], LabelRoll()))
    assert found.pictures == 1
    assert len(found.words) == 3
    assert by_zxing(found.image)[-1].startswith("https://")


def test_a_used_sheet_begins_at_its_first_free_place() -> None:
    labels = [unit_label(f"HX90B-{number:06}") for number in range(24)]
    whole = [page.extract_text() for page in PdfReader(io.BytesIO(label_sheet(labels, LabelSheet()))).pages]
    used = label_sheet(labels, LabelSheet(start=24))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(used)).pages]
    assert [sum(label.bars in page for label in labels) for page in whole] == [24]
    assert [sum(label.bars in page for label in labels) for page in pages] == [1, 23]
    assert used == label_sheet(labels, LabelSheet(start=24))


@pytest.mark.parametrize(
    "sheet", [LabelSheet(margin_across=1000, gap_across=1000), LabelSheet(start=25), LabelSheet(gap_down=1000)]
)
def test_a_grid_without_room_is_refused(sheet: LabelSheet) -> None:
    with pytest.raises(GridTooFine):
        label_sheet([unit_label()], sheet)


def test_a_label_too_small_for_its_code_is_refused() -> None:
    with pytest.raises(LabelTooSmall):
        label_pages([unit_label()], LabelRoll(width_mm=20, height_mm=15))
    with pytest.raises(LabelTooSmall):
        label_sheet([unit_label()], LabelSheet(columns=10, rows=20))


@pytest.mark.parametrize("hostile", visits.HOSTILE, ids=range(len(visits.HOSTILE)))
def test_hostile_text_on_a_label_is_text(hostile: str, tmp_path: Path) -> None:
    label = Label(unit_label().link, hostile, (hostile, hostile))
    assert label.link in by_zxing(pictures(label_pages([label], LabelRoll()), tmp_path)[0])
    (found,) = printed(label_zpl([label], LabelRoll()))
    assert label.link in by_zxing(found.image)


def test_lines_to_cut_along_are_printed_where_labels_touch() -> None:
    def lines(sheet: LabelSheet) -> int:
        page = PdfReader(io.BytesIO(label_sheet([unit_label()] * 3, sheet))).pages[0]
        content = page.get_contents()
        assert content is not None
        return content.get_data().count(b" re S")

    assert lines(LabelSheet()) == 0
    assert lines(LabelSheet(gap_across=0)) == 3

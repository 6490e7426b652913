import io

import msgspec
import pytest
import zxingcpp
from pypdf import PdfReader

from domain.reports.paper import PaperCode
from printing.job_sheet import render_job_sheets
from tests.printing import visits
from tests.printing.machine import needs_chinese, needs_poppler
from tests.printing.pages import page_picture


def pages(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_page_says_what_a_technician_must_know() -> None:
    (text,) = pages(render_job_sheets([visits.job_sheet()]))
    for fact in (
        "J-108812", "HX90B-2405-018842", "HX-90B", "Harbour Hotel Ltd", "Mia Okafor", "+44 20 7946 0018",
        "14 Quay Street", "2026-03-14 09:00-11:00 (Europe/London)", "No hot water", "Torque wrench", "Ring the porter",
        "2025-11-03", "E21", "C2*", "PIN 482 913", "Ben Carter, T-417, North Bank Services",
    ):  # fmt: skip
        assert "".join(fact.split()) in text, fact
    for blank in ("Set out", "Symptom / Cause", "Old serial", "New serial", "Designator", "Reading", "signature"):
        assert "".join(blank.split()) in text, blank


def test_a_code_that_is_written_down_below_is_printed_in_full() -> None:
    components = (PaperCode("COMPRESSOR", "Compressor", starred=True), PaperCode("FAN", "Fan motor"))
    (text,) = pages(render_job_sheets([visits.job_sheet(components=components)]))
    assert "COMPRESSOR*" in text


@needs_chinese
def test_it_speaks_chinese() -> None:
    (text,) = pages(render_job_sheets([visits.job_sheet()], "zh"))
    assert "作业单" in text
    assert "请客服代为录入本单。" in text


def test_every_job_has_a_page_of_its_own_and_an_empty_day_says_so() -> None:
    assert len(pages(render_job_sheets([visits.job_sheet() for _ in range(5)]))) == 5
    assert pages(render_job_sheets([])) == ["FieldstoneNovisitsareplannedforthisday."]


def test_the_same_sheets_give_the_same_bytes() -> None:
    assert render_job_sheets([visits.job_sheet()]) == render_job_sheets([visits.job_sheet()])


@pytest.mark.parametrize("text", [*visits.HOSTILE, "W", "漏水", "one two "], ids=range(len(visits.HOSTILE) + 3))
def test_a_job_sheet_is_one_page_whatever_stands_on_it(text: str) -> None:
    assert len(pages(render_job_sheets([visits.full_job_sheet(text)]))) == 1
    assert len(pages(render_job_sheets([visits.full_job_sheet(text)], "zh"))) == 1


@pytest.mark.parametrize("between", [" " * 900, " \u3000\t " * 300])
def test_blanks_take_no_words_away(between: str) -> None:
    sheet = msgspec.structs.replace(visits.job_sheet(), reminder=f"A{between}ring twice")
    (text,) = pages(render_job_sheets([sheet]))
    assert "Aringtwice" in text


@needs_poppler
def test_its_codes_are_read_from_paper() -> None:
    sheet = visits.job_sheet()
    read = zxingcpp.read_barcodes(page_picture(render_job_sheets([sheet]), 200))
    found = sorted((str(code.format), code.text) for code in read)
    assert found == sorted(
        [
            ("Code 128", "J-108812"),
            ("Code 128", sheet.serial),
            ("QR Code", "J-108812"),
            ("QR Code", sheet.serial),
            ("QR Code", sheet.collection_address),
        ]
    )

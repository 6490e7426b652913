import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab import rl_config

from domain.reports.document import Part, PersonalPart, ReportDocument
from domain.reports.revising import AFTER_SIGNATURE
from domain.reports.rules import SHORTENED
from printing.fonts import typeface
from printing.photos import paired
from printing.qr import TooLong
from printing.report import render_report
from printing.style import Brand
from printing.words import Language, Words
from tests.printing import visits
from tests.printing.gallery import VISITS
from tests.printing.machine import needs_chinese, needs_cyrillic


def printed(
    document: ReportDocument,
    personal: PersonalPart | None,
    photos: dict[str, bytes] | None = None,
    language: Language = "en",
) -> bytes:
    return render_report(document, personal, photos or {}, visits.VERIFY_URL, visits.SHORT_CODE, language)


def read(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    return "".join(text.split())


def everything(pdf: bytes) -> str:
    return squeezed("".join(read(pdf)))


def test_every_fact_of_the_visit_is_on_the_paper() -> None:
    text = everything(printed(visits.document(), visits.personal()))
    for fact in (
        "R-2026-004217", "J-2026-008812", "7K3M9QX2PD", "2026-03-14 11:05", "2026-03-14 08:31", "Europe/London",
        "HX-90B Heat pump boiler 9 kW", "HX90B-2405-018842", "North Bank Services", "T-0417", "Repaired",
        "Standard warranty, 24 months to 2026-11-30", "Covered parts, labour", "Not covered travel",
        "No hot water since the evening before, display shows E04", "E04-2", "Circulation pump does not start",
        "Bearing of the pump seized", "Pump exchanged, circuit bled, run for 20 minutes", "M2",
        "PU-130-7", "P7-220918", "P7-251177", "Gasket 3/4 in", "2 pcs", "on hold: entered after the day of the visit",
        "41 min", "1 h 45 min", "2 h 26 min", "Exchange of circulation pump", "55.5 °C", "1.6 bar",
        "45.00 GBP", "6.80 GBP", "51.80 GBP", "Zone 2", "Filter is due in June.",
        "Harbour Hotel Ltd", "Mia Okafor, facilities", "+44 20 7946 0018", "14 Quay Street", "Ben Carter",
    ):  # fmt: skip
        assert squeezed(fact) in text, fact


@needs_chinese
def test_it_speaks_chinese() -> None:
    text = everything(printed(visits.chinese_document(), visits.chinese_personal(), language="zh"))
    for fact in (
        "服务报告",
        "已修复",
        "循环泵轴承卡死，电机绕组阻值正常",
        "1小时45分",
        "80.00CNY",
        "暂缓：非上门当日录入",
    ):
        assert fact in text
    for fact in (
        "本作业单为手写，由客服录入。",
        "已请客服代为录入。",
        "杭州湖滨酒店有限公司",
        "2026-03-1419:05",
        "第1页，共1页",
    ):
        assert fact in text


def test_moments_are_shown_in_the_time_of_the_site() -> None:
    text = everything(printed(visits.document(time_zone="America/New_York"), visits.personal()))
    assert "2026-03-1407:05" in text
    assert "UTC-04:00" in text


@pytest.mark.parametrize("hostile", visits.HOSTILE, ids=range(len(visits.HOSTILE)))
def test_hostile_text_is_printed_as_text_and_never_raises(hostile: str) -> None:
    pdf = printed(visits.hostile_document(hostile), visits.hostile_personal(hostile))
    reader = PdfReader(io.BytesIO(pdf))
    text = squeezed("".join(page.extract_text() for page in reader.pages[:3]))
    for word in typeface().printable(hostile)[:200].split():
        # Readers turn right-to-left words round.
        assert word[:50] in text or word[::-1] in text
    links = [annotation.get_object() for page in reader.pages for annotation in page.get("/Annots", ())]
    assert [link["/A"]["/URI"] for link in links] == [visits.VERIFY_URL]


@needs_cyrillic
def test_a_long_word_is_printed_to_its_last_letter() -> None:
    document = visits.document(parts=(Part(number="A", name="Ж" * 10_000),), notes="Щ" * 9_999)
    text = everything(printed(document, visits.personal()))
    assert text.count("Ж") == 10_000
    assert text.count("Щ") == 9_999


def test_a_link_in_the_data_stays_text() -> None:
    pdf = printed(visits.document(notes='<a href="https://evil.example">x</a> https://evil.example'), None)
    assert b"/Launch" not in pdf
    assert b"/JavaScript" not in pdf
    assert pdf.count(b"/URI (") == 1


def test_the_same_report_gives_the_same_bytes_in_another_process() -> None:
    pdf = printed(visits.chinese_document(), visits.chinese_personal(), language="zh")
    again = (
        "import sys; from tests.printing.test_report import *; "
        "sys.stdout.buffer.write(printed(visits.chinese_document(), visits.chinese_personal(), language='zh'))"
    )
    root = Path(__file__).resolve().parents[2]
    other = subprocess.run(
        [sys.executable, "-c", again],
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    assert other.stdout == pdf


def test_reports_printed_at_the_same_time_do_not_disturb_each_other() -> None:
    expected = {True: printed(visits.document(), None), False: printed(visits.chinese_document(), None, language="zh")}
    wrong: list[bool] = []

    def work(english: bool) -> None:
        for _ in range(4):
            document = visits.document() if english else visits.chinese_document()
            if printed(document, None, language="en" if english else "zh") != expected[english]:
                wrong.append(english)

    threads = [threading.Thread(target=work, args=(index % 2 == 0,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_settings_of_the_pdf_library_are_left_as_they_were() -> None:
    before = {
        name: getattr(rl_config, name) for name in ("useA85", "invariant", "pageCompression", "canvas_basefontname")
    }
    printed(visits.document(), None)
    assert before == {name: getattr(rl_config, name) for name in before}


@pytest.mark.skipif(typeface().main.glyphs is None, reason="no TrueType font on this machine")
def test_every_font_is_embedded() -> None:
    for pdf in (printed(visits.document(), None), printed(visits.chinese_document(), None, language="zh")):
        assert b"/Helvetica" not in pdf
        assert pdf.count(b"/Subtype /TrueType") == pdf.count(b"/FontFile2 ") > 0


def test_an_erased_personal_part_is_said_to_be_erased() -> None:
    text = everything(printed(visits.document(), None))
    assert "Erased,T-0417" in text
    assert "Personaldatawaserased" in text
    assert "Harbour" not in text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("absent", "nobody was present"),
        ("declined", "the customer declined"),
        ("remote", "done remotely"),
        (None, "Not signed"),
    ],
)
def test_a_missing_signature_has_its_reason(reason: str | None, said: str) -> None:
    text = everything(printed(visits.document(), visits.personal(signature=None, no_signature_reason=reason)))
    assert squeezed(said) in text


def test_a_signature_is_drawn_as_lines() -> None:
    signed = printed(visits.document(), visits.personal())
    unsigned = printed(visits.document(), visits.personal(signature=None))
    assert not any(page.images for page in PdfReader(io.BytesIO(signed)).pages)
    assert "Notsigned" not in everything(signed)
    assert "Notsigned" in everything(unsigned)


def test_a_name_on_a_paper_that_was_keyed_in_was_signed_there() -> None:
    keyed_in = printed(visits.document(keyed_in_by_office=True), visits.personal(signature=None))
    assert "Signedonpaper" in everything(keyed_in)
    assert "Notsigned" not in everything(keyed_in)


def test_a_later_revision_names_what_it_replaces_and_why() -> None:
    text = everything(printed(visits.long_document(), visits.personal()))
    assert "Thisrevisionreplacesrevision2.Reason:Serialofthesecondpumpwasreadwrongly" in text


def test_every_page_says_which_report_and_which_page_it_is() -> None:
    pages = read(printed(visits.long_document(), visits.personal()))
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert squeezed(f"Page {number} of {len(pages)}") in squeezed(page)
        assert "R-2026-004217" in page
        assert visits.SHORT_CODE in page


def test_amounts_keep_the_decimals_of_their_currency() -> None:
    text = everything(printed(visits.long_document(), visits.personal()))
    assert "12,000JPY" in text
    assert "1,234.567KWD" in text


def test_an_unknown_code_is_printed_as_it_came() -> None:
    text = everything(printed(visits.document(flags=("late-entry",)), None))
    assert "lateentry" in text


def test_every_flag_that_a_report_can_have_is_a_sentence_in_both_languages() -> None:
    for flag in ("clock-uncertain", SHORTENED, AFTER_SIGNATURE):
        english, chinese = (Words(language).of("flag", flag) for language in ("en", "zh"))
        assert english.endswith("."), flag
        assert chinese.endswith("。"), flag


def test_photos_are_printed_with_what_they_show() -> None:
    document, photos = visits.with_photos(7)
    pdf = printed(document, visits.personal(), photos)
    reader = PdfReader(io.BytesIO(pdf))
    assert sum(len(page.images) for page in reader.pages) == 7
    text = everything(pdf)
    assert "Before:Pumpfromtheleft" in text
    assert f"SHA-256{document.photos[3].sha256[:12]}" in text


def test_a_photo_that_is_gone_or_broken_leaves_its_frame() -> None:
    document, photos = visits.with_photos(3)
    del photos[document.photos[0].sha256]
    photos[document.photos[1].sha256] = b"\xff\xd8\xff\xe1 not a picture"
    pdf = printed(document, visits.personal(), photos)
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages) == 1
    assert everything(pdf).count("Thisphotoisnotavailable") == 2


def test_the_metadata_of_a_photo_is_not_in_the_report() -> None:
    document, photos = visits.with_photos(1)
    secret = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08 GPS 51.5074 N"
    photos = {document.photos[0].sha256: visits.jpeg(1, exif=secret)}
    assert b"GPS 51.5074" in photos[document.photos[0].sha256]
    pdf = printed(document, visits.personal(), photos)
    assert b"GPS 51.5074" not in pdf
    assert b"Exif" not in pdf
    assert len(PdfReader(io.BytesIO(pdf)).pages[-1].images) == 1


def test_the_brand_is_on_the_paper() -> None:
    brand = Brand("Aqua <b>Care</b>", ("+44 20 7946 0000",), (0.3, 0.1, 0.1))
    text = everything(render_report(visits.document(), None, {}, visits.VERIFY_URL, visits.SHORT_CODE, brand=brand))
    assert "Aqua<b>Care</b>" in text
    assert "+442079460000" in text


def test_an_address_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(TooLong):
        render_report(visits.document(), None, {}, "A" * 5_000, visits.SHORT_CODE)


def test_a_usual_report_is_small() -> None:
    assert len(printed(visits.document(), visits.personal())) < 60_000
    assert len(printed(visits.chinese_document(), visits.chinese_personal(), language="zh")) < 60_000


def test_a_visit_with_nothing_on_its_sheet_prints_on_one_page() -> None:
    bare = visits.document(faults=(), parts=(), times=(), readings=(), charges=(), notes="", travelled_at=None)
    pages = read(printed(bare, visits.personal()))
    assert len(pages) == 1
    assert "PartsusedNone" in squeezed(pages[0])


def test_a_single_time_or_amount_needs_no_total() -> None:
    sheet = visits.document(times=visits.document().times[:1], charges=visits.document().charges[:1])
    assert "Total" not in everything(printed(sheet, None))


def test_a_time_zone_nobody_knows_is_shown_in_utc() -> None:
    text = everything(printed(visits.document(time_zone="Mars/Olympus"), None))
    assert "Mars/Olympus,UTC+00:00" in text
    assert "2026-03-1411:05" in text


@pytest.mark.parametrize("signed", [True, False])
def test_the_usual_visit_with_a_photo_before_and_after_is_one_page(signed: bool) -> None:
    document, photos = visits.before_and_after(charges=())
    personal = visits.personal() if signed else visits.personal(signature=None, no_signature_reason="absent")
    (page,) = PdfReader(io.BytesIO(printed(document, personal, photos))).pages
    assert len(page.images) == 2


def test_what_was_before_stands_beside_what_is_after() -> None:
    document, _ = visits.with_photos(8)
    kinds = [photo.kind for photo in paired(document.photos)]
    assert kinds == ["before", "after", "before", "after", "label", "old_part", "other", "label"]


@pytest.mark.parametrize("name", VISITS)
def test_every_page_of_the_gallery_holds_its_text(name: str) -> None:
    document, personal, photos, language = VISITS[name]()
    pages = read(printed(document, personal, dict(photos), language))
    for page in pages:
        assert document.report_number in page
        assert len(squeezed(page)) > 150, "a page with hardly anything on it"

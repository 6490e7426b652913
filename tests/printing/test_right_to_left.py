import io
import time
import unicodedata

import pytest
from pypdf import PdfReader

from printing.fonts import typeface
from printing.report import render_report
from printing.right_to_left import joined, visual
from printing.style import BODY
from printing.typesetting import Setter
from tests.printing import visits
from tests.printing.machine import needs_arabic

setter = Setter(typeface())


def all_forms(_: str) -> bool:
    return True


def forms(text: str) -> list[str]:
    return [unicodedata.decomposition(char).partition(" ")[0] for char in joined(text, all_forms)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ب", ["<isolated>"]),
        ("بب", ["<initial>", "<final>"]),
        ("ببب", ["<initial>", "<medial>", "<final>"]),
        ("دب", ["<isolated>", "<isolated>"]),
        ("بَب", ["<initial>", "", "<final>"]),
        ("ب\u200cب", ["<isolated>", "", "<isolated>"]),
        ("پگ", ["<initial>", "<final>"]),
    ],
)
def test_a_letter_takes_the_form_its_neighbours_ask_for(word: str, expected: list[str]) -> None:
    assert forms(word) == expected


def test_lam_and_alef_are_one_letter() -> None:
    assert joined("سلام", all_forms) == "\ufeb3\ufefc\ufee1"
    assert unicodedata.normalize("NFKC", joined("سلام عليكم", all_forms)) == "سلام عليكم"


def test_a_form_the_font_lacks_leaves_the_letter() -> None:
    assert joined("بب", lambda _: False) == "بب"


def test_numbers_and_latin_stay_left_to_right_inside() -> None:
    assert visual("שגיאה E04 (ראשונה)", "R") == "(הנושאר) E04 האיגש"
    assert visual("Shown: שגיאה E04", "L") == "Shown: האיגש E04"


def test_ten_thousand_letters_are_set_in_a_moment() -> None:
    start = time.process_time()
    setter.lines("مضخة حرارية " * 900, 173.5, BODY)
    assert time.process_time() - start < 1.0


@needs_arabic
def test_arabic_is_broken_between_words_only() -> None:
    text = "لا يوجد ماء ساخن منذ مساء أمس"
    lines = setter.wrap(text, 60, 9)
    assert len(lines) > 2
    words = {unicodedata.normalize("NFKC", word[::-1]) for line in lines for word in line.split()}
    assert words == {unicodedata.normalize("NFKC", word) for word in text.split()}


@needs_arabic
def test_several_lines_are_read_from_their_right_edge_and_one_stays_beside_its_label() -> None:
    (single,) = setter.lines("فندق", 200, BODY)
    assert single.spans[0][0] == 0.0
    for line in setter.lines("لا يوجد ماء ساخن منذ مساء أمس", 60, BODY):
        x, text, style = line.spans[0]
        assert x + setter.face.width(text, style.size) == pytest.approx(60)


@needs_arabic
def test_an_arabic_customer_is_on_the_paper() -> None:
    pdf = render_report(
        visits.document(), visits.personal(customer="فندق الميناء"), {}, visits.VERIFY_URL, visits.SHORT_CODE
    )
    # A reader of PDFs may put each word of the line round by itself.
    text = unicodedata.normalize("NFKC", PdfReader(io.BytesIO(pdf)).pages[0].extract_text())
    assert "فندق" in text
    assert "الميناء" in text

from pathlib import Path

import pytest

from printing import fonts
from printing.fonts import MissingFont, Typeface, missing_fonts, typeface
from printing.report import render_report
from tests.printing import visits

dejavu = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
droid = Path("/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf")
needs_dejavu = pytest.mark.skipif(not dejavu.exists(), reason=f"no {dejavu}")
needs_droid = pytest.mark.skipif(not droid.exists(), reason=f"no {droid}")


def codes(face: Typeface) -> list[str]:
    return [notice.code for notice in missing_fonts(face)]


def test_without_any_font_latin_still_prints_and_it_says_what_is_missing() -> None:
    bare = typeface(())
    notice = missing_fonts(bare)[0]
    assert notice == MissingFont("no-truetype-font", notice.message, "apt-get install fonts-wqy-microhei")
    pdf = render_report(
        visits.chinese_document(), visits.chinese_personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE, "zh", face=bare
    )
    assert b"/Helvetica" in pdf


def test_without_any_font_chinese_is_spelled_out() -> None:
    bare = typeface(())
    assert bare.printable("é漏") == "é[U+6F0F]"
    assert not bare.covers("漏")


@needs_dejavu
def test_without_chinese_it_prints_in_english_and_says_so() -> None:
    latin = typeface((dejavu,))
    assert codes(latin) == ["no-chinese-font"]
    document = visits.chinese_document()
    assert render_report(document, None, {}, visits.VERIFY_URL, visits.SHORT_CODE, "zh", face=latin) == render_report(
        document, None, {}, visits.VERIFY_URL, visits.SHORT_CODE, "en", face=latin
    )


@needs_droid
def test_a_font_that_lacks_latin_is_helped_by_the_next_one() -> None:
    chinese = typeface((droid,))
    assert codes(chinese) == []
    assert [text for _, text in chinese.runs("泵 M2 坏")] == ["泵 ", "M2", " 坏"]
    assert render_report(visits.chinese_document(), None, {}, visits.VERIFY_URL, visits.SHORT_CODE, "zh", face=chinese)


def test_a_bad_font_file_is_left_out_and_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ttf"
    bad.write_bytes(b"OTTO not a font")
    face = typeface((bad, tmp_path / "gone.ttf"))
    assert codes(face) == ["font-refused", "font-refused", "no-truetype-font"]
    assert "bad.ttf" in missing_fonts(face)[0].message


@needs_dejavu
def test_a_font_named_by_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fonts.FONT_PATHS_VARIABLE, str(dejavu))
    typeface.cache_clear()
    try:
        assert typeface().main.path == dejavu
    finally:
        typeface.cache_clear()


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("plain", "plain"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("a\tb\u00a0c", "a b c"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("\x00\x1b\u200b\ufeff", ""),
        ("👍", "[thumbs up sign]"),
        ("👍🏽", "[thumbs up sign]"),
        ("🇨🇳", "CN"),
        ("\ue000", "[U+E000]"),
    ],
)
def test_what_cannot_be_drawn_is_spelled_out_and_what_only_steers_is_dropped(text: str, paper: str) -> None:
    assert typeface(()).printable(text) == paper


def test_the_width_of_text_is_the_sum_of_its_characters() -> None:
    face = typeface()
    assert face.width("Wi", 10) == pytest.approx(face.width("W", 10) + face.width("i", 10))

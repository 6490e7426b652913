import random

import pytest

from printing.flow import Strip, gap, paginate, stack, together
from printing.fonts import typeface
from printing.style import BODY, HEADING
from printing.tables import Column, table
from printing.typesetting import Setter
from printing.words import WORDS, Words
from tests.printing.machine import needs_chinese

setter = Setter(typeface())


def strip(height: float = 10, **fields: object) -> Strip:
    return Strip(height, **fields)  # type: ignore[arg-type]


def test_a_heading_is_never_the_last_on_its_page() -> None:
    heading, body = strip(keep=True), strip()
    pages = paginate([strip(85), heading, body], 100)
    assert [[placed for _, placed in page] for page in pages][1] == [heading, body]


def test_no_strip_reaches_below_its_page_and_none_is_lost() -> None:
    dice = random.Random(5)
    for _ in range(200):
        strips = [strip(dice.uniform(1, 60), keep=dice.random() < 0.4, blank=dice.random() < 0.1) for _ in range(40)]
        pages = paginate(strips, 100)
        placed = [each for page in pages for _, each in page]
        assert [each for each in strips if not each.blank] == [each for each in placed if not each.blank]
        for page in pages:
            edges = [(top, top + each.height) for top, each in page]
            assert all(bottom <= 100.001 for _, bottom in edges)
            assert all(edges[n][1] <= edges[n + 1][0] + 0.001 for n in range(len(edges) - 1))


def test_what_belongs_together_turns_the_page_together() -> None:
    pages = paginate([strip(60), *together([strip(20), strip(20), strip(20)])], 100)
    assert [len(page) for page in pages] == [1, 3]


def test_what_is_larger_than_a_page_is_cut_all_the_same() -> None:
    pages = paginate(together([strip(60)] * 4), 100)
    assert [len(page) for page in pages] == [1, 1, 1, 1]


def test_blank_space_vanishes_at_the_top_of_a_page() -> None:
    pages = paginate([strip(95), gap(10), strip()], 100)
    assert [top for top, _ in pages[1]] == [0]


def test_a_table_that_goes_on_shows_its_heads_again() -> None:
    columns = (Column("Number", 0.5), Column("Name", 0.5))
    strips = table(setter, columns, [[f"N{n}", "part"] for n in range(60)])
    heads = strips[: len(strips) - 60]
    for page in paginate(strips, 300):
        assert [placed.height for _, placed in page[: len(heads)]] == [head.height for head in heads]
        assert page[len(heads)][1].again == tuple(heads)


def test_a_short_row_is_not_cut_and_a_long_one_keeps_two_lines_at_each_end() -> None:
    short = stack([(0, setter.lines("a\nb\nc", 100, BODY))])
    assert [each.keep for each in short] == [True, True, False]
    long = stack([(0, setter.lines("\n".join("abcdefghijklmnop"), 100, BODY))])
    assert long[0].keep
    assert long[-2].keep
    assert not any(each.keep for each in long[1:-2])


@pytest.mark.parametrize(
    "text",
    [
        "W" * 500,
        "a " * 300,
        pytest.param("漏水" * 200, marks=needs_chinese),
        "x-" * 300,
        pytest.param("（漏）。" * 100, marks=needs_chinese),
        "one " + "W" * 99,
    ],
)
def test_no_line_is_wider_than_its_column(text: str) -> None:
    for width in (12, 40, 173.5):
        lines = setter.wrap(text, width, 9)
        assert all(setter.face.width(line, 9) <= width + 0.001 for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_are_kept_whole_where_they_fit() -> None:
    assert setter.wrap("the pump was exchanged", setter.face.width("the pump was", 9) + 1, 9) == [
        "the pump was",
        "exchanged",
    ]


@needs_chinese
def test_a_line_does_not_begin_with_a_chinese_full_stop() -> None:
    width = setter.face.width("水泵坏了", 9) + 1
    assert setter.wrap("水泵坏了。换新", width, 9) == ["水泵坏", "了。换新"]


def test_a_day_is_not_cut_at_its_dashes() -> None:
    assert setter.wrap("until 2026-11-30", setter.face.width("until 2026-11-", 9) + 1, 9) == ["until", "2026-11-30"]


def test_a_line_that_is_too_long_ends_in_dots() -> None:
    cut = setter.fit("Circulation pump 130 mm", 60, HEADING)
    assert cut.endswith("...")
    assert setter.face.width(cut, HEADING.size) <= 60
    assert setter.fit("M2", 60, HEADING) == "M2"


def test_every_word_exists_in_both_languages_with_the_same_blanks() -> None:
    for key, (english, chinese) in WORDS.items():
        assert english, key
        assert chinese, key
        assert english.count("{") == chinese.count("{"), key


def test_durations_are_hours_and_minutes() -> None:
    assert Words("en").duration(59) == "59 min"
    assert Words("en").duration(125) == "2 h 05 min"
    assert Words("zh").duration(60) == "1 小时 00 分"

"""What a text in a cell means, and what is wrong with it."""

import pytest

from api.imports import cells
from api.imports.checking import Seen, new_ids


@pytest.mark.parametrize(
    ("read", "text", "meaning"),
    [
        (cells.day, "2026-03-31", "2026-03-31"),
        (cells.day, "2026/3/1", "2026-03-01"),
        (cells.day, "20260301", "2026-03-01"),
        (cells.day, "2026年3月1日", "2026-03-01"),
        (cells.day, "1.3.2026", "2026-03-01"),
        (cells.day, "2026-03-01T00:00:00", "2026-03-01"),
        (cells.gtin, "96385074", "00000096385074"),
        (cells.money, "7", "700"),
        (cells.money, "7.5", "750"),
        (cells.truth, "YES", "true"),
        (cells.truth, "否", "false"),
        (cells.login, "Ann@Test", "ann@test"),
        (cells.email, "a@b", "a@b"),
        (cells.serial_key, "ｓｎ–00 12a", "SN0012A"),
        (cells.modes, "D1=block; D2 = warn", '{"D1": "block", "D2": "warn"}'),
        (cells.pattern, "R[0-9]{1,3}", "R[0-9]{1,3}"),
    ],
)
def test_a_cell_is_read(read: cells.Reader, text: str, meaning: str) -> None:
    assert read(text) == meaning


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (cells.day, "03/04/2026"),
        (cells.day, "31.2.2026"),
        (cells.gtin, "12345"),
        (cells.gtin, "９６３８５０７４"),
        (cells.login, "a b"),
        (cells.email, "nobody"),
        (cells.currency, "euro"),
        (cells.whole(0, 9), "１"),
        (cells.whole(0, 9), "1e3"),
        (cells.whole_numbers, "[1]"),
        (cells.whole_numbers, '{"a": 1e400}'),
        (cells.whole_numbers, '{"a": ' + "[" * 100_000),
        (cells.pattern, "(a+)+"),
        (cells.line(), "line\x00end"),
    ],
)
def test_a_cell_is_refused(read: cells.Reader, text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read(text)


def test_a_repeated_key_is_told_with_its_first_line_however_many_came_between() -> None:
    seen = Seen()
    assert [seen.line_of(("M", f"SN{n}"), n + 2) for n in range(20_000)] == [0] * 20_000
    assert [seen.line_of(("M", f"SN{n}"), 99_999) for n in (0, 4_097, 19_999)] == [2, 4_099, 20_001]


def test_new_ids_ascend_and_differ() -> None:
    ids = new_ids(40_000)
    assert len(set(ids)) == 40_000
    assert ids == sorted(ids)
    assert {one[14] for one in ids} == {"7"}
    assert {one[19] for one in ids} <= set("89ab")


def test_a_memo_lets_go_of_what_will_hardly_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "memo_values_max", 10)
    memo = cells.Memo(cells.code)
    assert [memo[text] for text in (" A ", "", "A")] == ["A", None, "A"]
    assert [memo[f"C{n}"] for n in range(20)] == [f"C{n}" for n in range(20)]
    memo.forget()
    assert dict(memo) == {"": None}
    assert isinstance(memo["no code"], cells.Unfit)
    assert memo.unfit

"""Arabic and Hebrew on paper: which form a letter takes beside its neighbours, and the order a line is drawn in.

Letters take their forms from Unicode's presentation forms, and lines their order from Unicode's bidirectional algorithm
(UAX 9), so that text stays text, character by character, and a document has the same bytes on every machine.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

from bidi.algorithm import get_base_level, get_display

Direction = Literal["L", "R"]
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FORMS = ("<isolated>", "<final>", "<initial>", "<medial>")
_BREAKS_JOINING = "\u200c"


def has_right_to_left(text: str) -> bool:
    """Decide whether anything in a text is read from the right."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def direction(paragraph: str) -> Direction:
    """Decide from which side a paragraph is read: as its first letter is."""
    return "R" if get_base_level(paragraph) else "L"


def joined(text: str, has: Callable[[str], bool]) -> str:
    """Give every Arabic letter the form that its neighbours ask for, as far as a font ``has`` it."""
    forms, ligatures = _presentation_forms()
    for pair, ligature in ligatures.items():
        if has(ligature):
            text = text.replace(pair, ligature)
    shaped = list(text)
    letters = [index for index, char in enumerate(text) if not _is_passed_over(char)]
    for place, index in enumerate(letters):
        before = text[letters[place - 1]] if place else ""
        after = text[letters[place + 1]] if place + 1 < len(letters) else ""
        own = forms.get(text[index], {})
        holds_before = "<final>" in own and "<initial>" in forms.get(before, {})
        holds_after = "<initial>" in own and "<final>" in forms.get(after, {})
        form = own.get(_FORMS[holds_before + 2 * holds_after], "")
        if form and has(form):
            shaped[index] = form
    return "".join(shaped)


def visual(line: str, base: Direction) -> str:
    """Return a line in the order it is drawn from left to right, its brackets turned round."""
    drawn: str = get_display(line, base_dir=base)
    return drawn


def _is_passed_over(char: str) -> bool:
    """Decide whether letters join past this: marks and invisible controls, but not the one that keeps them apart."""
    return char != _BREAKS_JOINING and unicodedata.category(char) in ("Mn", "Cf")


@cache
def _presentation_forms() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the forms of every Arabic letter, and the ligatures that must be drawn: lam with an alef."""
    forms: dict[str, dict[str, str]] = {}
    ligatures: dict[str, str] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFBD3, 0xFBE9), *range(0xFBFC, 0xFC00), *range(0xFE80, 0xFEFD)):
        kind, *letters = unicodedata.decomposition(chr(code)).split() or ("",)
        if kind not in _FORMS:
            continue
        letter = "".join(chr(int(each, 16)) for each in letters)
        if len(letter) == 2:
            if kind == "<isolated>":
                ligatures[letter] = chr(code)
            letter = ligatures[letter]
        forms.setdefault(letter, {})[kind] = chr(code)
    return forms, ligatures

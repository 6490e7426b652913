"""GS1 messages: application identifiers composed to an element string or to the bracketed text people read.

After the GS1 General Specifications, section 7.8 and figure 4.14.1-1 (invalid pairs). Mandatory pairs (a serial needs a
GTIN, …) are not demanded: GS1 judges them over all the symbols of an item, and a nameplate often carries its serial in
a symbol of its own.
"""

import re
from collections.abc import Mapping
from typing import Final

from domain.installs.gs1_fields import FIELDS, GS, KEYS, Broken, Field, check_digit, field_at, padded

# Each line: an identifier (or the stem of a family) that may not share a symbol with the others of the line.
_INVALID_PAIRS: Final = """
01 02 255 37 8006
21 235
255 02 415 8006 8020 8026
37 8006
390 391 394 8111
392 393 395
393 395
394 8111
395 8005
420 421
421 4307
426 422 423 424 425
4330 4331
4332 4333
8006 8026
8017 8018
8026 02
"""

_PAIRS: Final = [(line.split()[0], tuple(line.split()[1:])) for line in _INVALID_PAIRS.strip().split("\n")]


def add(found: dict[str, str], field: Field, value: str) -> None:
    """Add a checked value to a message. An identifier may repeat only what it said before. Raises Broken."""
    field.check(value)
    if found.setdefault(field.ai, value) != value:
        raise Broken(f"({field.ai}) is there twice with different values")


def check_pairs(found: Mapping[str, str]) -> None:
    """Refuse identifiers that contradict each other in one symbol. Raises Broken, with the reading."""
    for one, others in _PAIRS:
        if any(ai.startswith(one) for ai in found):
            clash = next((ai for ai in found if ai.startswith(others)), None)
            if clash is not None:
                raise Broken(f"({one}) and ({clash}) exclude each other", found)
    measures = [ai[:3] for ai in found if ai[0] == "3" and len(ai) == 4]
    if len(measures) != len(set(measures)):
        raise Broken("one measure is there twice", found)


def read_elements(text: str) -> dict[str, str]:
    """The identifiers of an element string, separators as ASCII 29 (FNC1 in first position already removed).

    The whole text must parse: a value longer than it may be means that a separator is missing. Raises Broken.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        field = field_at(text, at)
        if field is None:
            raise Broken(f"no application identifier begins with {text[at : at + 4]!r}")
        start = at + len(field.ai)
        separator = text.find(GS, start)
        end = len(text) if separator < 0 else separator
        if field.fixed:
            end = min(end, start + field.fixed)
        add(found, field, text[start:end])
        at = end + 1 if text[end : end + 1] == GS else end
    if not found:
        raise Broken("nothing follows")
    check_pairs(found)
    return found


_BRACKET: Final = re.compile(r"(?<!\\)\(([0-9]{2,4})\)")


def read_bracketed(text: str) -> dict[str, str]:
    """The identifiers of the text people read: `(01)09506000134352(21)A7`. Raises Broken.

    Blanks around values are ignored. A bracket inside a value may be written with a backslash before it; without one it
    counts as an identifier's only where it encloses a known one.
    """
    marks = list(_BRACKET.finditer(text))
    if not marks or marks[0].start() != 0 or marks[0][1] not in FIELDS:
        raise Broken("the first bracket holds no application identifier")
    marks = [mark for mark in marks if mark[1] in FIELDS]
    found: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = text[mark.end() : following.start() if following else None]
        add(found, FIELDS[mark[1]], value.strip(" \t\r\n" + GS).replace(r"\(", "("))
    check_pairs(found)
    return found


def is_telling(text: str) -> bool:
    """Whether a text begins with an identifier by more than accident: three digits or four, and a form to keep.

    Measures and prices are too many (three numbers in a hundred begin with one), free text fits anything.
    """
    field = field_at(text)
    if field is None or field.ai[0] == "3" or len(field.ai) == 2:
        return False
    return len(field.ai) == 4 or (not field.free and field.ai not in KEYS)


def is_nearly_a_key(text: str) -> bool:
    """Whether the text begins with a key made of digits, one of them wrong or missing at most."""
    field = field_at(text)
    if field is None or field.ai not in KEYS or field.free:
        return False
    body = text[len(field.ai) :][: field.shortest]
    return len(body) >= field.shortest - 1 and sum(not "0" <= c <= "9" for c in body) <= 1


def bare_gtin(text: str) -> str | None:
    """The GTIN that these digits are, unless its prefix (02, 04, 2; 0 and 2 of eight digits) is for shops' own use."""
    if len(text) not in (8, 12, 13, 14) or not FIELDS["01"].fits(padded(text)):
        return None
    short = len(text) == 8
    prefix = text if short else padded(text)[1:]
    return None if prefix.startswith(("0", "2") if short else ("02", "04", "2")) else padded(text)


def upc_a(digits: str) -> str | None:
    """The twelve digits that the eight of a UPC-E symbol stand for, if they check."""
    if len(digits) != 8 or not digits.isdecimal() or not digits.isascii() or digits[0] not in "01":
        return None
    system, body, last, check = digits[0], digits[1:6], digits[6], digits[7]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:]
    elif last in "34":
        zeros = int(last)
        middle = body[:zeros] + "00000" + body[zeros:]
    else:
        middle = body + "0000" + last
    return system + middle + check if check_digit(system + middle) == check else None

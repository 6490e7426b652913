"""GS1 application identifiers: what each may hold.

Written after the GS1 General Specifications, chapter 3 (definitions) and figure 7.8.4-2 (predefined lengths), with the
data types of the GS1 Syntax Dictionary. Code lists of countries and currencies are not kept: they change faster than
labels, and printed labels in use carry codes outside them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

GS: Final = "\x1d"

# A line: the identifiers (ranges; "/5" appends the decimal digits 0 to 5), then the parts of the value. "*" marks a
# predefined length that needs no separator, "[ ]" an optional part, a comma a further check on the part.
_TABLE: Final = """
00 *N18,sum,given
01-03 *N14,sum,given
10 X..20
11-13 15-17 *N6,day0
20 *N2
21-22 X..20
235 X..28
240-241 250-251 X..30
242 N..6
243 254 X..20
253 N13,sum [X..17]
255 N13,sum [N..12]
30 37 N..8
310-316/5 320-329/5 330-337/5 340-349/5 350-357/5 360-369/5 *N6
390/9 392/9 N..15
391/9 393/9 N3 N..15
394/3 N4
395/5 N6
400 403 X..30
401 X..30,company
402 N17,sum
410-417 *N13,sum,given
420 X..20
421 N3 X..9
422 424 426 N3
423 425 N3 [N3] [N3] [N3] [N3]
427 X..3
4300-4301 4310-4311 4320 X..35
4302-4306 4312-4316 X..70
4307 4317 X2
4308 4319 X..30
4309 N20
4318 X..20
4321-4323 N1,flag
4324-4325 N6,day0 N4,time
4326 N6,day
4330-4333 N6 [X1,minus]
7001 N13
7002 X..30
7003 N6,day N4,time
7004 N..4
7005 X..12
7006 N6,day
7007 N6,day [N6,day]
7008 X..3
7009 X..10
7010 X..2
7011 N6,day [N4,time]
7020-7022 X..20
7023 X..30,company
7030-7039 N3 X..27
7040 N1 X3
7041 X..4
710-717 X..20
7230-7239 X2 X..28
7240 X..20
7241 N2
7242 X..25
7250 N8,fullday
7251 N8,fullday N4,time
7252 N1
7253-7254 7259 X..40
7255 X..10
7256 X..90
7257 X..70
7258 N1 X1,slash N1
8001 N4,given N5,given N3,given N1,winding N1
8002 8012 X..20
8003 N1,zero N13,sum [X..16]
8004 X..30,company
8005 N6
8006 8026 N14,sum,given N4,piece
8007 X..34
8008 N6,day N2,hour [N2,minute] [N2,minute]
8009 X..50
8010 Y..30,company
8011 N..12,counted
8013 X..25,company
8014 X..25
8017-8018 N18,sum
8019 N..10
8020 X..25
8030 Z..90
8040-8041 N15
8042 N32
8043 N18 [N..2]
8110 8112 X..70
8111 N4
8200 X..70
90 X..30
91-99 X..90
"""

# What names a thing, a place or a document by itself; all others only describe one of these.
_KEYS: Final = "00 01 02 03 253 255 401 402 410 411 412 413 414 415 416 417 8003 8004 8006 8010 8013 8017 8018 8026"
KEYS: Final = frozenset(_KEYS.split())

_CHARACTERS: Final = {
    "N": "0-9",
    "X": r"!-\"%-?A-Z_a-z",  # the 82 characters of ISO/IEC 646 that every GS1 symbol can carry
    "Y": r"#\-/0-9A-Z",
    "Z": r"\-0-9A-Z_a-z=",
}


class Broken(ValueError):
    """A text that breaks the rules of its format; `reading` is what it would say if the rule were waived."""

    def __init__(self, reason: str, reading: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reading = dict(reading or {})


def check_digit(digits: str) -> str:
    """The GS1 check digit for these digits (without it): weights 3, 1, 3, … from the right, modulo 10."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    return digits.isascii() and digits.isdigit() and check_digit(digits[:-1]) == digits[-1]


def padded(gtin: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as 14; anything else as it is."""
    return gtin.zfill(14) if len(gtin) in (8, 12, 13) else gtin


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_day(value: str) -> bool:
    # Any century will do: from 1951 to 2050 every fourth year is a leap year.
    return _is_date(2000 + int(value[:2]), int(value[2:4]), int(value[4:6]))


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "sum": is_checked,
    "given": lambda value: bool(value.strip("0")),
    "zero": lambda value: not value.strip("0"),
    "day": _is_day,
    "day0": lambda value: _is_day(value[:4] + "01" if value[4:] == "00" else value),
    "fullday": lambda value: _is_date(max(int(value[:4]), 1), int(value[4:6]), int(value[6:])),
    "hour": lambda value: int(value) < 24,
    "minute": lambda value: int(value) < 60,
    "time": lambda value: value == "9999" or (int(value[:2]) < 24 and int(value[2:]) < 60),
    "flag": lambda value: value in "01",
    "minus": lambda value: value == "-",
    "slash": lambda value: value == "/",
    "winding": lambda value: value in "019",
    "counted": lambda value: value == "0" or not value.startswith("0"),
    "piece": lambda value: 0 < int(value[:2]) <= int(value[2:]),
    # a key of free length begins with its owner's company prefix, which has at least four digits
    "company": lambda value: len(value) > 4 and value[:4].isdigit(),
}


class Field(NamedTuple):
    """What one application identifier may hold.

    `fixed` is its predefined length, 0 where a separator ends it; `free` if any text will do.
    """

    ai: str
    fixed: int
    pattern: re.Pattern[str]
    checks: tuple[tuple[str, ...], ...]
    free: bool
    shortest: int

    def check(self, value: str) -> None:
        """Refuse a value that this identifier cannot hold. Raises Broken."""
        if not value:
            raise Broken(f"({self.ai}) is empty")
        match = self.pattern.fullmatch(value)
        if match is None:
            raise Broken(f"({self.ai}) has a wrong length or character")
        for part, names in zip(match.groups(), self.checks, strict=True):
            for name in names:
                if part is not None and not _CHECKS[name](part):
                    raise Broken(f"({self.ai}) fails its check: {name}")

    def fits(self, value: str) -> bool:
        """Whether this identifier can hold the value."""
        try:
            self.check(value)
        except Broken:
            return False
        return True


def _identifiers(token: str) -> list[str]:
    stems, _, decimals = token.partition("/")
    first, _, last = stems.partition("-")
    numbers = [str(n).zfill(len(first)) for n in range(int(first), int(last or first) + 1)]
    return [n + str(d) for n in numbers for d in range(int(decimals) + 1)] if decimals else numbers


def _fields() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for line in _TABLE.split("\n"):
        tokens = line.split()
        parts = [token for token in tokens if not token[0].isdigit()]
        pattern, checks, length, shortest = "", [], 0, 0
        for part in parts:
            shape, *names = part.strip("*[]").split(",")
            low, high = (1, int(shape[3:])) if ".." in shape else (int(shape[1:]), int(shape[1:]))
            pattern += f"([{_CHARACTERS[shape[0]]}]{{{low},{high}}})" + ("?" if part.startswith("[") else "")
            checks.append(tuple(names))
            length += high
            shortest += 0 if part.startswith("[") else low
        free = len(parts) == 1 and parts[0].startswith("X..")
        for token in tokens[: len(tokens) - len(parts)]:
            for ai in _identifiers(token):
                fixed = length if parts[0].startswith("*") else 0
                fields[ai] = Field(ai, fixed, re.compile(pattern), tuple(checks), free, shortest)
    return fields


FIELDS: Final = _fields()


def field_at(text: str, start: int = 0) -> Field | None:
    """The identifier that begins here; no identifier is the beginning of another."""
    for length in (2, 3, 4):
        field = FIELDS.get(text[start : start + length])
        if field is not None:
            return field
    return None

"""Cells: what a text in a file means, column by column. Each reader returns what COPY takes, or says what is wrong.

A reader raises ValueError with the reason as a person reads it. Empty cells never reach a reader: they are NULL.
"""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Collection
from zoneinfo import available_timezones

from domain.installs.makers import MakerFormat
from domain.installs.serials import normalise
from domain.kit.limits import EARLIEST, LATEST
from domain.kit.patterns import compiled

Reader = Callable[[str], str]

memo_values_max = 20_000
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BROKEN = re.compile("[\ud800-\udfff]")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+\-]{0,63}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+\-]{1,99}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"[0-9+()\-./ x]{1,40}")
_DAY = re.compile(
    r"(\d{4})(?:-(\d\d)-(\d\d)|[/.](\d{1,2})[/.](\d{1,2})|(\d\d)(\d\d)|年(\d{1,2})月(\d{1,2})日)(?:[T ][0-9:.]+)?"
)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_YES = frozenset({"true", "yes", "y", "1", "x", "是"})
_NO = frozenset({"false", "no", "n", "0", "否"})


class Unfit(str):
    """What is wrong with a cell; takes the place of its value."""

    __slots__ = ()


class Memo(dict[str, str | None]):
    """What every different text of a column came to, so that a repeated one costs a look-up.

    ``unfit`` tells that a text was refused since it was last cleared.
    """

    def __init__(self, read: Reader) -> None:
        super().__init__({"": None})
        self._read = read
        self.unfit = False

    def __missing__(self, text: str) -> str | None:
        found = self._one(text.strip())
        self[text] = found
        return found

    def _one(self, text: str) -> str | None:
        if not text:
            return None
        try:
            if _BROKEN.search(text):
                raise ValueError("is not valid in the file's encoding")
            return self._read(text)
        except ValueError as error:
            self.unfit = True
            return Unfit(error)

    def forget(self) -> None:
        """Let go of texts that will hardly come again, and of every refusal."""
        if self.unfit or len(self) > memo_values_max:
            self.clear()
            self[""] = None
            self.unfit = False


def line(longest: int = 200) -> Reader:
    """Read a text of one line."""

    def read(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"is longer than {longest} characters")
        if not text.isprintable() and _UNFIT.search(text):
            raise ValueError("holds control characters")
        return text

    return read


def _matching(pattern: re.Pattern[str], reason: str) -> Reader:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(reason)
        return text

    return read


code = _matching(_CODE, "is no code: letters, digits and . _ / + - only, at most 64")
email = _matching(_EMAIL, "is no e-mail address")
phone = _matching(_PHONE, "is no phone number")
currency = _matching(re.compile(r"[A-Z]{3}"), "is no currency code such as EUR")


def login(text: str) -> str:
    """Read what a person signs in with; case does not matter."""
    if not _LOGIN.fullmatch(text):
        raise ValueError("is no login")
    return text.lower()


def serial(text: str) -> str:
    """Read a serial as it is printed."""
    if len(text) > 128 or _UNFIT.search(text) or not serial_key(text):
        raise ValueError("is no serial: 1 to 128 characters, at least one of them a letter or a digit")
    return text


def serial_key(text: str) -> str:
    """Read the key a serial is looked up by; plain ones, which are nearly all, take the short way."""
    return text.upper() if text.isascii() and text.isalnum() else normalise(text)


def gtin(text: str) -> str:
    """Read a GTIN of 8, 12, 13 or 14 digits as 14."""
    digits = text.zfill(14)
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        raise ValueError("is no GTIN: 8, 12, 13 or 14 digits")
    if sum(int(d) * (3, 1)[n % 2] for n, d in enumerate(digits)) % 10:
        raise ValueError("is no GTIN: its check digit is wrong")
    return digits


def day(text: str) -> str:
    """Read a day; orders that leave the month in doubt are refused."""
    if match := _DAY.fullmatch(text):
        year, month, date = (int(part) for part in match.groups() if part)
    elif match := _DAY_FIRST.fullmatch(text):
        date, month, year = (int(part) for part in match.groups())
    else:
        raise ValueError("is no date such as 2026-03-31")
    try:
        found = dt.date(year, month, date)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if not EARLIEST.date() <= found <= LATEST.date():
        raise ValueError("must lie between 1990 and 2100")
    return found.isoformat()


def whole(low: int, high: int) -> Reader:
    """Read a whole number between two bounds."""

    def read(text: str) -> str:
        if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 18 or not low <= int(text) <= high:
            raise ValueError(f"is no whole number from {low} to {high}")
        return str(int(text))

    return read


def money(text: str) -> str:
    """Read an amount with at most two decimals as minor units."""
    if not re.fullmatch(r"\d{1,7}(\.\d{1,2})?", text, re.ASCII):
        raise ValueError("is no amount such as 129.90")
    units, _, cents = text.partition(".")
    return str(int(units) * 100 + int(cents.ljust(2, "0")))


def truth(text: str) -> str:
    """Read yes or no."""
    word = text.casefold()
    if word in _YES or word in _NO:
        return "true" if word in _YES else "false"
    raise ValueError("is neither yes nor no")


def choice(words: Collection[str], chinese: dict[str, str] | None = None) -> Reader:
    """Read one of some words, also in Chinese."""
    by_text = {word.casefold(): word for word in words}
    by_text |= {text.replace("_", " "): word for text, word in by_text.items()} | (chinese or {})

    def read(text: str) -> str:
        found = by_text.get(text.casefold())
        if found is None:
            raise ValueError(f"is none of {', '.join(words)}")
        return found

    return read


def time_zone(text: str) -> str:
    """Read an IANA time zone."""
    if text not in available_timezones():
        raise ValueError("is no time zone such as Europe/Berlin")
    return text


def serial_pattern(text: str) -> str:
    """Read a maker's serial format, which must not be able to run away."""
    return MakerFormat("", text).pattern


def pattern(text: str) -> str:
    """Read a short pattern, which must not be able to run away either."""
    return compiled(text).pattern


def whole_numbers(text: str) -> str:
    """Read limits: a JSON object of whole numbers, or ``name=number`` pairs with semicolons between."""
    found = _pairs(text)
    if not all(type(value) is int and 0 <= value < 2**31 for value in found.values()):
        raise ValueError("holds something else than whole numbers")
    return json.dumps(found)


def modes(text: str) -> str:
    """Read rule modes: a JSON object, or ``rule=mode`` pairs with semicolons between."""
    found = _pairs(text)
    if not set(found.values()) <= {"off", "warn", "review", "block"}:
        raise ValueError("holds a mode that is none of off, warn, review, block")
    return json.dumps(found)


def _pairs(text: str) -> dict[str, int | str]:
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except RecursionError:
            raise ValueError("is no list of name=value") from None
    else:
        parts = [part.partition("=") for part in text.split(";") if part.strip()]
        found = {name.strip(): value.strip() for name, _, value in parts}
        found = {name: int(value) if value.isdecimal() else value for name, value in found.items()}
    if not isinstance(found, dict) or not all(isinstance(value, int | str) for value in found.values()):
        raise ValueError("is no list of name=value")
    return found


def heading(text: str) -> str:
    """Fold a column's heading: full-width, capitals, blanks and signs do not matter."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum() or c in "/")

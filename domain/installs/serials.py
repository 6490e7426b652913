"""What a scanned or typed text says: which product (GTIN), which unit (serial), and how sure that is.

**With a symbology identifier** (`]C1`, ISO/IEC 15424; as argument or in front of the text) the reader has said what the
symbol is. GS1 symbols must parse as element strings, retail symbols must pass their check digit, others carry plain
text (or a frame, rule 1). `]Z0` is text typed by a person.

**Without one** a structure is believed only when chance hardly explains it, in this order:

1. Its own frame: a web address, an ISO 15434 header, brackets, group separators. If the frame is broken, the text is
   invalid: there is no guessing.
2. A maker's own format for one of his models.
3. Digits as long as a GTIN with the right check digit, unless the prefix is kept for shops' own use (02, 04, 2):
   that leaves serials which begin with a year alone (`2023123456789`).
4. Text that parses to its end as an element string and holds a key (GTIN, SSCC, …). Numbers parse by accident as a lot
   or a date (`10064908`, `165627`): those stay serials.
5. Text that begins with an identifier of three or four digits whose value has a form (`7230…`, `242…`; measures and
   free text prove nothing), or with a numeric key nearly as long as it must be: it parses, or is a damaged element
   string. About 2 in 100 numbers begin so; they get no serial here, only an alternative.

All else is a serial if it looks like one (a line of letters, digits and a few signs), and somebody's private format
if not. A wrong serial is worse than none, so doubtful readings go to `alternatives`, for a look-up among known units.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from domain.installs.gs1 import bare_gtin, is_nearly_a_key, is_telling, read_bracketed, read_elements, upc_a
from domain.installs.gs1_fields import FIELDS, GS, KEYS, Broken, padded
from domain.installs.identifiers import EOT, RS, is_envelope, read_bare, read_envelope
from domain.installs.links import is_web_address, read_link
from domain.installs.makers import MakerFormat, read_makers

LONGEST: Final = 4096
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Format(StrEnum):
    """What kind of text it is."""

    ELEMENT_STRING = "gs1-element-string"
    DIGITAL_LINK = "gs1-digital-link"
    BRACKETED = "gs1-bracketed"
    ISO_15434 = "iso-15434"
    DATA_IDENTIFIERS = "data-identifiers"
    RETAIL = "retail"
    MAKER = "maker"
    VENDOR = "vendor"
    PLAIN = "plain"
    INVALID = "invalid"


class Candidate(msgspec.Struct, frozen=True):
    """Another reading, worth a look-up but never accepted by itself."""

    reason: str
    gtin: str | None = None
    serial: str | None = None
    model: str | None = None


class Parsed(msgspec.Struct, frozen=True):
    """A text, understood. `gtin` has 14 digits; `identifiers` are the other AIs or DIs by their number.

    `sure` means that the text or its symbol says what it is and no other reading was found. `tag` is the code on our
    own labels, `model` the product code of a maker's format. An invalid text has a `reason`, no GTIN and no serial.
    """

    format: Format
    text: str
    gtin: str | None = None
    serial: str | None = None
    identifiers: dict[str, str] = {}
    sure: bool = False
    alternatives: tuple[Candidate, ...] = ()
    reason: str | None = None
    model: str | None = None
    tag: str | None = None


_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLS: Final = frozenset(["]C1", "]e0", "]e1", "]e2", "]d2", "]d5", "]Q3", "]Q4", "]J1", "]J4", "]z1", "]z4"])
_TWO_DIMENSIONAL: Final = frozenset("LQUdzJ")
_TYPED: Final = "]Z0"
_COMPOSITE: Final = "|]e0"

_SERIAL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z .\-/_+#*$%:()&]{0,63}")
_NO_SERIAL: Final = re.compile(r"[A-Za-z]{2,}:|.*//|(?:.*/)?01/\d{8}")  # word: value; addresses, also without http
_LABELLED: Final = re.compile(r"(?ai)(?:s/?n|serial(?: no\.?| number)?)(?:[:#.]\s*|\s+)([0-9A-Z\-/.]{3,40})")
_PREFIXED: Final = re.compile(r"S(?=.*\d)([0-9A-Z\-]{4,})")
_COUNTED: Final = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_IMPORTED_VIN: Final = re.compile(r"I([0-9A-HJ-NPR-Z]{17})")
_DASHES: Final = dict.fromkeys(map(ord, "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"))
_SPELLED: Final = re.compile(r"(?i)<(gs|rs|eot|fnc1)>|\\x(1d|1e|04)|\\u00(1d|1e|04)|([␝␞␄])")
_CONTROLS: Final = {
    "gs": GS,
    "fnc1": GS,
    "1d": GS,
    "␝": GS,
    "rs": RS,
    "1e": RS,
    "␞": RS,
    "eot": EOT,
    "04": EOT,
    "␄": EOT,
}


def parse(text: str, symbology: str | None = None, makers: Sequence[MakerFormat] = ()) -> Parsed:
    """Decide what a text says about product and unit; see the module for the rules.

    `symbology` is an AIM identifier such as `]C1`; without it one in front of the text counts. Texts of more than 4,096
    characters are invalid. Never raises.
    """
    if len(text) > LONGEST:
        return Parsed(Format.INVALID, text, reason=f"longer than {LONGEST} characters")
    declared = _SYMBOLOGY.fullmatch(symbology or "") or _SYMBOLOGY.match(text)
    symbol = declared[0] if declared else ""
    payload = text.removeprefix(symbol)
    if not payload.isascii():
        payload = unicodedata.normalize("NFKC", payload)  # full-width digits and brackets of Chinese keyboards
    payload = payload.strip(" \t\r\n").rstrip(GS)  # a reader may end every text with a separator
    try:
        if not payload:
            raise Broken("empty")
        return _framed(text, payload, symbol) or _made(text, payload, makers) or _bare(text, payload, symbol)
    except Broken as broken:
        # A maker's own web address or label breaks the rules of everybody else's.
        made = _made(text, payload, makers)
        return made or Parsed(Format.INVALID, text, alternatives=_waived(broken.reading), reason=str(broken))


def _framed(text: str, payload: str, symbol: str) -> Parsed | None:
    """Read a text that its symbol or its own frame explains. Raises Broken where it does not fit them."""
    if symbol.startswith("]E") or (symbol.startswith("]I") and len(payload) == 14):
        return _retail(text, payload, symbol)
    if is_web_address(payload):
        elements, tag = read_link(payload)
        return _message(Format.DIGITAL_LINK, text, elements, tag=tag)
    if is_envelope(payload):
        return _fields(Format.ISO_15434, text, *read_envelope(payload))
    if symbol in _GS1_SYMBOLS:
        return _message(Format.ELEMENT_STRING, text, read_elements(payload.removeprefix(GS).replace(_COMPOSITE, GS)))
    if re.match(r"\([0-9]{2,4}\)", payload):
        return _message(Format.BRACKETED, text, read_bracketed(payload))
    if GS in payload:
        try:
            return _message(Format.ELEMENT_STRING, text, read_elements(payload.removeprefix(GS)))
        except Broken as broken:
            fields = _attempt(read_bare, payload)
            if not fields:
                raise broken from None
    else:
        fields = _attempt(read_bare, payload)
    return _fields(Format.DATA_IDENTIFIERS, text, {}, fields) if fields else None


def _made(text: str, payload: str, makers: Sequence[MakerFormat]) -> Parsed | None:
    readings = read_makers(payload, makers)
    if not readings:
        return None
    models, serials = {model for model, _ in readings}, {serial for _, serial in readings}
    return Parsed(
        Format.MAKER,
        text,
        serial=readings[0][1] if len(serials) == 1 else None,
        model=readings[0][0] if len(models) == 1 else None,
        sure=len(readings) == 1,
        alternatives=tuple(Candidate("maker's format", serial=s, model=m) for m, s in readings if len(readings) > 1),
    )


def _bare(text: str, payload: str, symbol: str) -> Parsed:
    """Read a text that nothing explains: by its symbol's habit or, without one, by what chance cannot make."""
    is_serial = _is_serial(payload, symbol)
    as_it_is = (Candidate("the text as it is", serial=payload),) if is_serial else ()
    gtin = bare_gtin(payload)
    elements = _attempt(read_elements, payload) or {}
    if not symbol:
        if gtin:
            return Parsed(Format.RETAIL, text, gtin=gtin, alternatives=as_it_is)
        if elements and (elements.keys() & KEYS or is_telling(payload)):
            return _message(Format.ELEMENT_STRING, text, elements, as_it_is)
        if is_telling(payload) or is_nearly_a_key(payload):
            return Parsed(Format.INVALID, text, alternatives=as_it_is, reason="a damaged element string")
    if not is_serial:
        return Parsed(Format.VENDOR, text)
    others = [Candidate("GTIN", gtin=gtin)] if gtin else []
    if elements.keys() & {"01", "8006"}:
        others.append(Candidate("GS1 without FNC1", gtin=elements.get("01"), serial=elements.get("21")))
    if expanded := upc_a(payload):
        others.append(Candidate("UPC-E", gtin=padded(expanded)))
    for reason, pattern in (("label", _LABELLED), ("data identifier S", _PREFIXED), ("imported VIN", _IMPORTED_VIN)):
        if match := pattern.fullmatch(payload):
            others.append(Candidate(reason, serial=match[1]))
    return Parsed(Format.PLAIN, text, serial=payload, sure=not others, alternatives=tuple(others))


def _message(
    kind: Format, text: str, elements: dict[str, str], others: tuple[Candidate, ...] = (), tag: str | None = None
) -> Parsed:
    rest = {ai: value for ai, value in elements.items() if ai not in ("01", "21")}
    gtin, serial = elements.get("01"), elements.get("21")
    if kind is Format.ELEMENT_STRING and serial:
        # Where a separator is missing, the serial has swallowed what follows it: a date, most often.
        cuts = (n for n in range(1, len(serial) - 7) if serial[n : n + 2] in ("11", "13", "15", "17"))
        others += tuple(
            Candidate("a separator may be missing", gtin=gtin, serial=serial[:n])
            for n in cuts
            if _attempt(read_elements, serial[n:])
        )
    return Parsed(kind, text, gtin, serial, rest, sure=not others, alternatives=others, tag=tag)


def _fields(kind: Format, text: str, elements: dict[str, str], fields: dict[str, str]) -> Parsed:
    serial = elements.get("21") or fields.get("S", "").strip() or None
    rest = {di: value for di, value in (elements | fields).items() if di not in ("01", "21", "S")}
    gtin = fields.get("8P", "")
    others = (Candidate("data identifier 8P", gtin=gtin, serial=serial),) if FIELDS["01"].fits(gtin) else ()
    return Parsed(
        kind, text, elements.get("01"), serial, rest, sure=kind is Format.ISO_15434 and not others, alternatives=others
    )


def _retail(text: str, payload: str, symbol: str) -> Parsed | None:
    """Read what an EAN, UPC or ITF-14 symbol carries: digits that check, with an add-on or a composite part."""
    digits, _, composite = payload.partition(_COMPOSITE)
    rest = read_elements(composite) if composite else {}
    if symbol == "]E3":
        digits = digits[:13] if len(digits) in (15, 18) else ""
    lengths = {"]E0": (8, 12, 13), "]E3": (13,), "]E4": (8,)}.get(symbol, (14,) if symbol.startswith("]I") else ())
    if not digits.isascii() or not digits.isdigit() or len(digits) not in lengths:
        raise Broken(f"{symbol} does not carry this")
    others: tuple[Candidate, ...] = ()
    if symbol == "]E0" and (expanded := upc_a(digits)):
        others = (Candidate("EAN-8", gtin=padded(digits)),) if FIELDS["01"].fits(padded(digits)) else ()
        digits = expanded
    if not FIELDS["01"].fits(padded(digits)):
        if symbol.startswith("]I") and symbol != "]I1":
            return None  # without a declared check digit, fourteen digits are just a number
        raise Broken("wrong check digit")
    return _message(Format.RETAIL, text, {"01": padded(digits)} | rest, others)


def _waived(reading: dict[str, str]) -> tuple[Candidate, ...]:
    gtin, serial = reading.get("01"), reading.get("21")
    return (Candidate("against the standard", gtin=gtin, serial=serial),) if gtin or serial else ()


def _attempt(read: Callable[[str], dict[str, str]], payload: str) -> dict[str, str] | None:
    try:
        return read(payload)
    except Broken:
        return None


def _is_serial(payload: str, symbol: str) -> bool:
    """Whether a plain text looks like a serial. Two-dimensional symbols carry words too: there it needs a digit."""
    if not _SERIAL.fullmatch(payload) or _NO_SERIAL.match(payload):
        return bool(_LABELLED.fullmatch(payload))
    if symbol == _TYPED:
        return True
    has_digit = any(c.isdigit() for c in payload)
    if " " in payload and (payload != payload.upper() or not has_digit or len(payload) > 24):
        return False  # a serial may be printed in groups; sentences and lists are something else
    return has_digit or symbol[1:2] not in _TWO_DIMENSIONAL


def normalise(serial: str) -> str:
    """The key a serial is looked up by: half-width, upper case, without blanks, dashes and control characters.

    `ｓｎ–00 12a` and `SN0012A` are one unit. Serials that differ only in these are not kept apart.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", serial).upper()).translate(_DASHES)
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))


def counted(serial_key: str) -> tuple[str, int] | None:
    """What stands before a serial's last number, and that number; None where it ends with none.

    Of a longer number the last 18 digits count: a database's whole number holds no more.
    """
    match = _COUNTED.fullmatch(serial_key)
    return None if match is None else (match[1], int(match[2]))


def check_character_37_36(text: str) -> str:
    """The ISO 7064 MOD 37,36 check character for these digits and capital letters. Raises ValueError for others."""
    product = 36
    for character in text:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def has_check_character(text: str) -> bool:
    """Whether the last character is the check character of those before it; case and dashes do not matter."""
    key = normalise(text)
    return len(key) > 1 and all(c in _ALPHABET for c in key) and check_character_37_36(key[:-1]) == key[-1]


def unspell(text: str) -> str:
    """The text with its control characters, where they were spelled: `<GS>`, `<RS>`, `<EOT>`, `<FNC1>`, `\\x1d`."""
    return _SPELLED.sub(lambda match: _CONTROLS[(match[match.lastindex or 0]).lower()], text)

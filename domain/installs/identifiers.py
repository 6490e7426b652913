"""Data identifiers of industry labels: ANSI MH10.8.2, in the envelope of ISO/IEC 15434 or bare.

A data identifier is a letter with up to three digits before it: `S` serial, `1P` the maker's part number, `D` a date.
"""

import re
from typing import Final

from domain.installs.gs1 import read_elements
from domain.installs.gs1_fields import GS, Broken

RS: Final = "\x1e"
EOT: Final = "\x04"

# The header is "[)>", RS, the format's number, GS. Printers and readers drop the RS or the bracket, or add a character
# of their own before it; what they leave is ")>" and two digits, or at least the number and its GS.
_HEADER: Final = re.compile(r"[\[\]>]{0,2}\)>[\x00-\x20]{0,2}(?=[0-9]{2})|(?=0[56]\x1d)")
_FIELD: Final = re.compile(r"((?:[1-9][0-9]{0,2})?[A-Z])([ -~]*)")
# Bare fields have no header to vouch for them: only the usual categories, and no value that is a word with a colon.
_BARE: Final = re.compile(r"((?:[1-9][0-9]?)?[BDKLNPQSTVWZ])(?![A-Za-z]*[:=])([!-~]+)")

_GS1: Final = "05"
_MH10: Final = "06"


def is_envelope(text: str) -> bool:
    """Whether the text begins with an ISO/IEC 15434 header, whole or damaged."""
    return _HEADER.match(text) is not None


def _add(found: dict[str, str], match: re.Match[str] | None) -> None:
    if match is None:
        raise Broken("a field has no data identifier")
    identifier, value = match.groups()
    if found.setdefault(identifier, value) != value and identifier == "S":
        raise Broken("two serials")


def read_envelope(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The GS1 identifiers (format 05) and the data identifiers (format 06) of an envelope. Raises Broken.

    Other formats are passed over. Of a data identifier repeated with another value the first is kept; two serials
    are refused.
    """
    header = _HEADER.match(text)
    if header is None:
        raise Broken("no header")
    elements: dict[str, str] = {}
    fields: dict[str, str] = {}
    for message in text[header.end() :].split(EOT)[0].strip(RS + "\r\n ").split(RS):
        number, body = message[:2], message[2:].strip(GS + "\r\n ")
        if number not in (_GS1, _MH10):
            continue
        if GS not in message:
            raise Broken("the separators are lost")
        if number == _GS1:
            elements.update(read_elements(body))
        else:
            for field in body.split(GS):
                _add(fields, _FIELD.fullmatch(field))
    if not elements and not fields:
        raise Broken("an envelope of a format that is not read here")
    return elements, fields


def read_bare(text: str) -> dict[str, str]:
    """Data identifiers without an envelope, between separators or blanks: `PWBP-302 1PMPN-302 Q1`. Raises Broken.

    Two fields at least, every one of them an identifier of its own, and an item or a serial among them.
    """
    words = text.strip(GS).split(GS) if GS in text else text.split()
    found: dict[str, str] = {}
    for word in words:
        _add(found, _BARE.fullmatch(word.strip()))
    if len(found) < 2 or len(found) < len(words) or not found.keys() & {"P", "1P", "S"}:
        raise Broken("these are not data identifiers")
    return found

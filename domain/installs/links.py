"""GS1 Digital Links: web addresses that carry a GS1 key, read and written.

After the GS1 Digital Link standard, URI syntax. Its old words in place of numbers (/gtin/…/ser/…) and unpadded GTINs
are still read, because labels last longer than standards. Compressed links are not read.
"""

import re
from typing import Final
from urllib.parse import quote, unquote

from domain.installs.gs1 import add, check_pairs
from domain.installs.gs1_fields import FIELDS, Broken, padded

# A key, and the orders in which its qualifiers may follow it in the path.
_QUALIFIERS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "00": (),
    "01": (("22", "10", "21"), ("235",)),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": (),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": (),
    "8017": (("8019",),),
    "8018": (("8019",),),
}

_WORDS: Final = {
    "sscc": "00", "gtin": "01", "cpv": "22", "lot": "10", "ser": "21", "gdti": "253", "gcn": "255", "ginc": "401",
    "gsin": "402", "gln": "414", "glnx": "254", "payTo": "415", "refNo": "8020", "partyGln": "417", "grai": "8003",
    "giai": "8004", "itip": "8006", "cpid": "8010", "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018",
    "srin": "8019",
}  # fmt: skip

# Everything RFC 3986 allows in an address, with percent signs only before two hexadecimal digits.
_ADDRESS: Final = re.compile(r"(?ai)https?://((?:[A-Z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-F]{2})+)")
_HOST: Final = re.compile(r"(?ai)(?:[A-Z0-9\-._~]+|\[[0-9A-F:.]+\])(?::\d{1,5})?")

_TAG: Final = "tag"


def is_web_address(text: str) -> bool:
    """Whether the text begins like a web address, in capitals or not."""
    return text[:8].lower().startswith(("http://", "https://"))


def _value(ai: str, written: str) -> str:
    try:
        value = unquote(written, errors="strict")
    except UnicodeDecodeError as error:
        raise Broken(f"({ai}) is not text") from error
    return padded(value) if ai == "01" else value


def _path(segments: list[str], found: dict[str, str]) -> str:
    """Read the key and its qualifiers from the end of the path into `found`; what stands before them is anybody's."""
    while segments and not segments[-1]:
        segments.pop()
    pairs: list[tuple[str, str]] = []
    while not pairs or pairs[-1][0] not in _QUALIFIERS:
        if len(segments) < 2:
            raise Broken("the link carries no GS1 key")
        value, word = segments.pop(), segments.pop()
        ai = _WORDS.get(word, word)
        if ai not in FIELDS:
            raise Broken("the link carries no GS1 key at the end of its path")
        pairs.append((ai, value))
    key, *qualifiers = [ai for ai, _ in reversed(pairs)]
    if qualifiers and not any(qualifiers == [ai for ai in order if ai in qualifiers] for order in _QUALIFIERS[key]):
        raise Broken(f"these qualifiers cannot follow ({key}) in this order")
    for ai, value in reversed(pairs):
        add(found, FIELDS[ai], _value(ai, value))
    return key


def read_link(text: str) -> tuple[dict[str, str], str | None]:
    """The identifiers of a Digital Link, and our own label's tag code if it has one. Raises Broken.

    Words among the parameters are ignored; numbers there must be application identifiers. A qualifier among the
    parameters, or an identifier twice, breaks the standard.
    """
    address = _ADDRESS.fullmatch(text)
    if address is None:
        raise Broken("not a web address")
    before, _, query = address[1].partition("#")[0].partition("?")
    host, *segments = before.split("/")
    if not _HOST.fullmatch(host):
        raise Broken("not a web address: no host")
    found: dict[str, str] = {}
    key = _path(segments, found)
    of_the_path = {ai for order in _QUALIFIERS[key] for ai in order}
    misplaced, tag = "", None
    for parameter in re.split(r"&|;(?=[^&;=]+=)", query):
        name, equals, value = parameter.partition("=")
        if name == _TAG and value:
            tag = unquote(value)
        if not equals or not name.isdigit():
            continue
        if name not in FIELDS:
            raise Broken(f"({name}) is no application identifier")
        if name in found:
            raise Broken(f"({name}) is there twice")
        # A bare plus in a query is a blank to half the world's software, and no identifier may hold a blank.
        add(found, FIELDS[name], _value(name, value.replace("+", " ")))
        misplaced = misplaced or (name if name in of_the_path else "")
    check_pairs(found)
    if misplaced:
        raise Broken(f"({misplaced}) belongs in the path", found)
    return found, tag


def digital_link(host: str, gtin: str, serial: str, tag_code: str | None = None) -> str:
    """The link on our own labels. A GTIN of 8 to 14 digits is padded; the tag code is a parameter GS1 readers ignore.

    Raises ValueError for a wrong GTIN or host, or a serial that GS1 symbols cannot carry (20 characters at most).
    """
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host")
    FIELDS["01"].check(padded(gtin))
    FIELDS["21"].check(serial)
    link = f"https://{host}/01/{padded(gtin)}/21/{quote(serial, safe='')}"
    return f"{link}?{_TAG}={quote(tag_code, safe='')}" if tag_code else link

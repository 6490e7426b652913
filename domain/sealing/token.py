"""The token in a report's QR: 132 bytes that only our keys can make, and of which only one spelling counts.

It is a COSE_Sign1 message (RFC 9052) with ES256 whose every byte has its fixed place, so it is written and read as a
form with gaps rather than by a CBOR library: nothing is parsed, so nothing can be parsed in two ways. Numbers whose
length would vary in CBOR stand as byte strings; any CBOR reader reads it.

    d2                      tag 18: COSE_Sign1
    84                      array of four
      49 a2 01 26 04 44 kk kk kk kk    protected header {alg: ES256, key id}
      a0                    nothing unprotected
      58 33                 payload: 51 bytes
        87                  array of seven
          01                format
          50 (16 bytes)     report id
          42 rr rr          revision
          66 (6 bytes)      the serial's last six characters
          19 dd dd          day, counted from 1970-01-01
          61 cc             class of the result, one letter
          50 (16 bytes)     first half of the document's SHA-256
      58 40 (64 bytes)      signature r, s; s in the lower half
"""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Meta

TOKEN_BYTES = 132
TOKEN_LETTERS = 212
"""In base 32 without padding; the last letter has four bits to spare, which must be nought."""
KEY_ID_BYTES = 4
CLASSES = {
    "repaired": "R",
    "not-repaired": "N",
    "no-fault-found": "F",
    "maintained": "M",
    "installed": "I",
    "inspected": "C",
    "advised": "A",
}
"""The letter of each result; one that is added later needs a letter that is free."""
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has: of s and its mirror image ``ORDER - s``, which fits as well, the lower one counts."""
_RESULTS = {letter: result for result, letter in CLASSES.items()}
_EPOCH = dt.date(1970, 1, 1)
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)
_BEFORE_KEY = bytes.fromhex("d284 49 a2 01 26 04 44")
_AFTER_KEY = bytes.fromhex("a0 5833")
_BEFORE_SIGNATURE = bytes.fromhex("5840")
_PROTECTED = slice(2, 12)
_KEY = slice(8, 12)
_PAYLOAD = slice(15, 66)
_SIGNATURE = slice(68, 132)


class Token(msgspec.Struct, frozen=True):
    """What a report's QR says, and the key that says so; ``digest`` is the first half of the document's SHA-256."""

    key_id: str
    report_id: UUID
    revision: Annotated[int, Meta(ge=1, le=9999)]
    serial_ends: str
    day: dt.date
    result: str
    digest: bytes


def serial_ends(serial: str) -> str:
    """Return the last six characters of a serial as tokens write them: ``?`` unless ASCII, and short ones filled."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in serial[-6:]).rjust(6)


def seal_token(said: Token, key: ec.EllipticCurvePrivateKey) -> str:
    """Return the text of a token, signed: the same one each time.

    Raises: ValueError when something has no place in it.
    """
    key_id = bytes.fromhex(said.key_id)
    if len(key_id) != KEY_ID_BYTES:
        raise ValueError("this is no key id")
    head = _BEFORE_KEY + key_id + _AFTER_KEY + _payload(said)
    r, s = decode_dss_signature(key.sign(_signed_bytes(head), _ECDSA))
    signature = r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")
    return _text(head + _BEFORE_SIGNATURE + signature)


def read_token(text: str, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> Token | None:
    """Return what a token says if one of the keys, by their ids, signed it and it is spelt the one way it may be.

    It says nothing of whether the register knows it, nor whether the key was valid then.
    """
    token = _bytes_of(text)
    if token is None:
        return None
    said = _form_of(token)
    key = None if said is None else keys.get(said.key_id)
    return said if key is not None and _signed_by(token, key) else None


def claimed_key(text: str) -> str | None:
    """Return the id of the key that a well-formed token names; whether that one signed it is not checked."""
    token = _bytes_of(text)
    said = None if token is None else _form_of(token)
    return None if said is None else said.key_id


def _payload(said: Token) -> bytes:
    ends = said.serial_ends.encode("ascii")
    parts = (
        bytes.fromhex("87 01 50") + said.report_id.bytes,
        b"\x42" + said.revision.to_bytes(2, "big"),
        b"\x66" + ends,
        b"\x19" + (said.day - _EPOCH).days.to_bytes(2, "big"),
        b"\x61" + CLASSES[said.result].encode("ascii") if said.result in CLASSES else b"",
        b"\x50" + said.digest,
    )
    payload = b"".join(parts)
    if len(ends) != 6 or len(said.digest) != 16 or len(payload) != _PAYLOAD.stop - _PAYLOAD.start:
        raise ValueError("this does not fit into a token")
    return payload


def _form_of(token: bytes) -> Token | None:
    """Return what stands in the gaps, or None when the form between them is another one."""
    payload = token[_PAYLOAD]
    result = _RESULTS.get(payload[33:34].decode("latin-1"))
    revision = int.from_bytes(payload[20:22], "big")
    if result is None or not 1 <= revision <= 9999:
        return None
    said = Token(
        key_id=token[_KEY].hex(),
        report_id=UUID(bytes=payload[3:19]),
        revision=revision,
        serial_ends=payload[23:29].decode("latin-1"),
        day=_EPOCH + dt.timedelta(int.from_bytes(payload[30:32], "big")),
        result=result,
        digest=payload[35:51],
    )
    try:
        written = _BEFORE_KEY + token[_KEY] + _AFTER_KEY + _payload(said) + _BEFORE_SIGNATURE + token[_SIGNATURE]
    except ValueError:
        return None
    return said if written == token and said.serial_ends.isprintable() else None


def _signed_by(token: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    signature = token[_SIGNATURE]
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < ORDER and 0 < s <= ORDER // 2):
        return False
    try:
        key.verify(encode_dss_signature(r, s), _signed_bytes(token[: _PAYLOAD.stop]), _ECDSA)
    except InvalidSignature:
        return False
    return True


def _signed_bytes(head: bytes) -> bytes:
    """Return what the signature is over: RFC 9052's array of context, protected header, nothing external, payload."""
    return b"\x84\x6aSignature1" + head[_PROTECTED] + b"\x40\x58\x33" + head[_PAYLOAD]


def _text(token: bytes) -> str:
    return base64.b32encode(token).decode().rstrip("=")


def _bytes_of(text: str) -> bytes | None:
    """Return the bytes a text spells, or None when it is not the one way to spell 132 of them."""
    if len(text) != TOKEN_LETTERS or not text.isascii():
        return None
    try:
        token = base64.b32decode(text + "====")
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == TOKEN_BYTES and _text(token) == text else None

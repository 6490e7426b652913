"""Tokens for tests, and every way we know to make another one of them."""

import base64
import datetime as dt
from collections.abc import Iterator
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from domain.sealing.token import ORDER, TOKEN_BYTES, Token, seal_token

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
KEY_ID = "0a1b2c3d"
KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
OTHER = ec.derive_private_key(0xBADC0DE, ec.SECP256R1())
KEYS = {KEY_ID: KEY.public_key(), "ffffffff": OTHER.public_key()}
SAID = Token(
    key_id=KEY_ID,
    report_id=UUID("019a0000-0000-7000-8000-0123456789ab"),
    revision=1,
    serial_ends="12-A7F",
    day=dt.date(2026, 11, 22),
    result="repaired",
    digest=bytes(range(16)),
)


def sealed(said: Token = SAID) -> str:
    """A token of our key."""
    return seal_token(said, KEY)


def bytes_of(text: str) -> bytes:
    return base64.b32decode(text + "====")


def text_of(token: bytes) -> str:
    return base64.b32encode(token).decode().rstrip("=")


def flipped_bits(text: str) -> Iterator[str]:
    """Every token that differs in one of its 1,056 bits."""
    token = bytes_of(text)
    for bit in range(TOKEN_BYTES * 8):
        other = bytearray(token)
        other[bit // 8] ^= 0x80 >> bit % 8
        yield text_of(bytes(other))


def other_letters(text: str) -> Iterator[str]:
    """Every text that differs in one letter, the 15 other spellings of the same bytes among them."""
    for place, letter in enumerate(text):
        for other in ALPHABET:
            if other != letter:
                yield text[:place] + other + text[place + 1 :]


def small_letters(text: str) -> Iterator[str]:
    """The text in small letters, as a whole and letter by letter."""
    yield text.lower()
    for place, letter in enumerate(text):
        if letter.isalpha():
            yield text[:place] + letter.lower() + text[place + 1 :]


def re_encodings(text: str) -> Iterator[str]:
    """The same message with blanks, padding, other alphabets, other CBOR, and cut or lengthened."""
    token = bytes_of(text)
    yield from (text + "====", text + "=", " " + text, text + " ", text + "\n", text[:100] + "\n" + text[100:], "")
    yield from (text + "A", "A" + text, text[:-1], text[1:], text * 2, text + "\x00", text.replace("A", "\uff21"))
    yield from (
        base64.urlsafe_b64encode(token).decode(),
        token.hex(),
        token.hex().upper(),
        base64.b85encode(token).decode(),
    )
    changed = {
        "untagged": token[1:],
        "tagged as COSE_Sign": b"\xd8\x62" + token[1:],
        "a longer tag": b"\xd8\x12" + token[1:],
        "a longer array head": token[:1] + b"\x98\x04" + token[2:],
        "an array without end": token[:1] + b"\x9f" + token[2:] + b"\xff",
        "a longer payload head": token[:13] + b"\x59\x00\x33" + token[15:],
        "a longer signature head": token[:66] + b"\x59\x00\x40" + token[68:],
        "a key id outside the protected header": token[:12] + b"\xa1\x04\x44" + token[8:12] + token[13:],
        "something unprotected": token[:12] + b"\xa1\x18\x20\x00" + token[13:],
        "more behind": token + b"\x00",
        "less": token[:-1],
    }
    yield from (text_of(other) for other in changed.values())
    yield from (
        text_of(other[:TOKEN_BYTES].ljust(TOKEN_BYTES, b"\x00")) for other in changed.values() if other[:132] != token
    )


def other_signatures(text: str) -> Iterator[str]:
    """The mirror image of the signature, values out of range, and other people's signatures."""
    token = bytes_of(text)
    r, s = int.from_bytes(token[68:100], "big"), int.from_bytes(token[100:], "big")
    pairs = ((r, ORDER - s), (0, s), (r, 0), (0, 0), (ORDER, s), (r, ORDER), (s, r), (r, 2**256 - 1), (2**256 - 1, s))
    for one, two in pairs:
        yield text_of(token[:68] + one.to_bytes(32, "big") + two.to_bytes(32, "big"))
    yield seal_token(SAID, OTHER)
    stolen = bytes_of(
        sealed(Token(**{**{name: getattr(SAID, name) for name in SAID.__struct_fields__}, "revision": 2}))
    )
    yield text_of(token[:68] + stolen[68:])


KINDS = {
    "flips of one bit": flipped_bits,
    "other letters": other_letters,
    "small letters": small_letters,
    "re-encodings": re_encodings,
    "other signatures": other_signatures,
}

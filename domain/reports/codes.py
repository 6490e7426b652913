"""The codes that lead to a report: on paper, on a screen, by hand. None can be guessed, and none tells anything."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without I, L, O and U, which a hand or an eye takes for others. Source: Crockford's base 32."""
SHORT_CODE_LETTERS = 10
PIN_DIGITS = 6
COLLECTION_BYTES = 16
LOOK_UP_BYTES = 20
_TOKEN = re.compile(r"[A-Z2-7]{32}")
_MISREAD = str.maketrans("ILO", "110", " -\t")


@dataclass(frozen=True, slots=True)
class CollectionSecret:
    """What a customer needs to fetch a report: told once, kept only as hashes."""

    code: str
    pin: str

    @property
    def code_hash(self) -> bytes:
        """What is stored of the code."""
        return code_hash(self.code)

    @property
    def pin_hash(self) -> bytes:
        """What is stored of the PIN."""
        return pin_hash(self.code, self.pin)


def new_token() -> str:
    """Return the code of a revision until it is sealed: 160 random bits that only our register can look up.

    Its paper has the sealed token instead; whoever was told this one before is led to the same revision.
    """
    return base64.b32encode(secrets.token_bytes(LOOK_UP_BYTES)).decode()


def look_up_code(token: str) -> str | None:
    """Return what a revision is registered under, from the code it had before its seal in either case; else None."""
    capitals = token.upper()
    return capitals if token.isascii() and _TOKEN.fullmatch(capitals) else None


def new_short_code() -> str:
    """Return a code of 50 random bits for typing by hand."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SHORT_CODE_LETTERS))


def read_short_code(typed: str) -> str | None:
    """Return the short code somebody typed: in either case, with gaps, O for 0 and I or L for 1; else None."""
    code = typed.upper().translate(_MISREAD)
    return code if len(code) == SHORT_CODE_LETTERS and set(code) <= set(ALPHABET) else None


def new_collection_secret() -> CollectionSecret:
    """Return a collection code of 128 random bits and a PIN of six digits."""
    code = base64.b32encode(secrets.token_bytes(COLLECTION_BYTES)).decode().rstrip("=")
    return CollectionSecret(code, f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}")


def letter_secret(key: bytes, letter_id: UUID) -> CollectionSecret:
    """Return the code and PIN of a letter to a customer: always the same ones, and nothing of them is stored."""
    code, pin = (
        hmac.digest(key, what + letter_id.bytes, "sha256") for what in (b"letter code 1\x00", b"letter pin 1\x00")
    )
    digits = int.from_bytes(pin, "big") % 10**PIN_DIGITS
    return CollectionSecret(base64.b32encode(code[:COLLECTION_BYTES]).decode().rstrip("="), f"{digits:0{PIN_DIGITS}d}")


def code_hash(code: str) -> bytes:
    """Return what is stored of a collection code; phones compute the same."""
    return hashlib.sha256(f"collect:{code}".encode()).digest()


def pin_hash(code: str, pin: str) -> bytes:
    """Return what is stored of a PIN: salted by its code, which is not stored; phones compute the same."""
    return hashlib.sha256(f"pin:{code}:{pin}".encode()).digest()


def verification_address(public_url: str, token: str) -> str:
    """Return the address in the QR: in capitals, for an alphanumeric code and for every phone's camera."""
    return f"{public_url.rstrip('/')}/V/{token}".upper()


def write_proof(key: bytes, code: str, until: int) -> str:
    """Return a proof that the right PIN of a collection code was given; it holds until a second since 1970."""
    return f"{until}.{_proof_mac(key, code, until)}"


def proof_holds(key: bytes, code: str, proof: str, at: int) -> bool:
    """Decide whether a proof is ours, for this code, and not too old."""
    until, _, mac = proof.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) <= 12):
        return False
    return hmac.compare_digest(mac.encode(), _proof_mac(key, code, int(until)).encode()) and at <= int(until)


def _proof_mac(key: bytes, code: str, until: int) -> str:
    return hmac.new(key, b"report proof 1\x00" + code_hash(code) + until.to_bytes(8, "big"), "sha256").hexdigest()

"""Refresh tokens: they carry our MAC, and each names its only successor.

A token is ``family(16) device(16) issued(8) generation(4) nonce(16) mac(32)``. The nonce of a successor is derived from
the whole token before it: who repeats a refresh because the answer was lost gets the same successor again, and who
steals only the key still knows no nonce. The MAC lets a server restored from yesterday's backup recognise the token of
an enrolled phone it has forgotten.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from uuid import UUID

_HEAD = struct.Struct(">16s16sqI16s")
NO_DEVICE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The readable part of a refresh token; ``issued`` is in seconds since 1970."""

    family: UUID
    device: UUID
    issued: int
    generation: int
    nonce: bytes

    def text(self, key: bytes) -> str:
        """Return the token as the client keeps it."""
        head = _HEAD.pack(self.family.bytes, self.device.bytes, self.issued, self.generation, self.nonce)
        return base64.urlsafe_b64encode(head + _mac(key, head)).decode().rstrip("=")

    def successor(self, key: bytes, issued: int) -> "RefreshToken":
        """Return the next token of the family: always the same one for the same ``issued``."""
        nonce = _mac(key, b"next" + self.text(key).encode())[:16]
        return RefreshToken(self.family, self.device, issued, self.generation + 1, nonce)


def first_token(family: UUID, device: UUID | None, issued: int) -> RefreshToken:
    """Return the first token of a new session."""
    return RefreshToken(family, device or NO_DEVICE, issued, 0, os.urandom(16))


def read_token(text: str, key: bytes) -> RefreshToken | None:
    """Return the token in ``text`` if we made it, else None."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    if len(head) != _HEAD.size or not hmac.compare_digest(mac, _mac(key, head)):
        return None
    family, device, issued, generation, nonce = _HEAD.unpack(head)
    return RefreshToken(UUID(bytes=family), UUID(bytes=device), issued, generation, nonce)


def hash_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()

"""The list of keys that everybody checks seals by: in the words of JWK, with the times that count."""

import base64
import datetime as dt
from collections.abc import Sequence

import msgspec

from domain.sealing.keys import KnownKey
from domain.sealing.rules import Purpose


class PublishedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 7517). What it sealed from ``valid_from`` until ``valid_to`` counts, before ``revoked_at``.

    ``x5c`` holds the certificate, in base64 of DER, of a key for PDFs and of the root to trust for it.
    """

    kid: str
    purpose: Purpose
    valid_from: dt.datetime
    valid_to: dt.datetime
    revoked_at: dt.datetime | None
    reason: str
    x: str
    y: str
    kty: str = "EC"
    crv: str = "P-256"
    alg: str = "ES256"
    use: str = "sig"
    x5c: list[str] = []


class PublishedKeys(msgspec.Struct, frozen=True):
    """Every key that ever could seal, the oldest first."""

    keys: list[PublishedKey]


def published(known: Sequence[KnownKey]) -> PublishedKeys:
    """Write the register of keys for everybody."""
    return PublishedKeys([_published(key) for key in known])


def _published(key: KnownKey) -> PublishedKey:
    point = key.verifier.public_numbers()
    return PublishedKey(
        kid=key.id,
        purpose=key.purpose,
        valid_from=key.valid_from,
        valid_to=key.valid_to,
        revoked_at=key.revoked_at,
        reason=key.reason,
        x=_coordinate(point.x),
        y=_coordinate(point.y),
        x5c=[] if key.certificate is None else [base64.b64encode(key.certificate).decode()],
    )


def _coordinate(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).decode().rstrip("=")

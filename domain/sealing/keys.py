"""The register of keys: what a process may seal with, and what everybody checks seals by."""

import datetime as dt
import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.sealing.model import SealingKey
from domain.sealing.rules import KeyTime, Purpose, lasts_until

Db = AsyncConnection | AsyncSession
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('fieldstone sealing keys'))")


class KeyRevoked(Problem, kind=Kind.CONFLICT):
    """This key is revoked already."""


class KnownKey(msgspec.Struct, frozen=True):
    """A key as the register knows it; ``public_key`` and ``certificate`` in DER."""

    id: str
    purpose: Purpose
    public_key: bytes
    certificate: bytes | None
    valid_from: dt.datetime
    valid_to: dt.datetime
    revoked_at: dt.datetime | None
    reason: str

    @property
    def time(self) -> KeyTime:
        """When it may seal."""
        return KeyTime(valid_from=self.valid_from, valid_to=self.valid_to, revoked_at=self.revoked_at)

    @property
    def verifier(self) -> ec.EllipticCurvePublicKey:
        """What checks its signatures; raises ValueError when the register holds something else than P-256."""
        return public_key(self.public_key)


_KEYS = Read(
    KnownKey,
    select(
        SealingKey.id,
        SealingKey.purpose,
        SealingKey.public_key,
        SealingKey.certificate,
        SealingKey.valid_from,
        SealingKey.valid_to,
        SealingKey.revoked_at,
        SealingKey.reason,
    ).order_by(SealingKey.valid_from, SealingKey.id),
)


def public_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """Read a public key; raises ValueError unless it is one of P-256."""
    key = load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("this is no P-256 key")
    return key


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """Write a public key as the register does."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(public: bytes) -> str:
    """Return the id of a key from its public half: four bytes as eight hex digits."""
    return hashlib.sha256(public).hexdigest()[:8]


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    """Sign (ECDSA with SHA-256, in DER): the same signature each time."""
    return key.sign(content, ec.ECDSA(SHA256(), deterministic_signing=True))


def signed_by(key: ec.EllipticCurvePublicKey, content: bytes, signature: bytes) -> bool:
    """Decide whether the key made a signature of ``sign``."""
    try:
        key.verify(signature, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


async def every_key(db: Db) -> list[KnownKey]:
    """Return every key that ever could seal, the oldest first."""
    return await _KEYS.all(db, _KEYS.statement)


async def clock(db: Db) -> dt.datetime:
    """Return the register's own clock: what keys begin and end by, whichever machine asks."""
    now: dt.datetime = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def keys_alone(work: Work) -> list[KnownKey]:
    """Return every key while nobody else makes or ends one, until this transaction ends."""
    await work.db.execute(_ONE_AT_A_TIME)
    return await every_key(work.db)


async def register_key(work: Work, purpose: Purpose, public: bytes, certificate: bytes | None) -> KnownKey:
    """Enter a key that may seal from now on."""
    begin = await clock(work.db)
    known = KnownKey(
        id=key_id(public),
        purpose=purpose,
        public_key=public,
        certificate=certificate,
        valid_from=begin,
        valid_to=lasts_until(purpose, begin),
        revoked_at=None,
        reason="",
    )
    await work.db.execute(insert(SealingKey).values(**msgspec.structs.asdict(known)))
    return known


async def retire_key(work: Work, known: KnownKey, until: dt.datetime) -> None:
    """Let a key seal no longer than until a moment."""
    if until < known.valid_to:
        await work.db.execute(update(SealingKey).where(SealingKey.id == known.id).values(valid_to=until))


async def revoke_key(work: Work, key: str, reason: str, since: dt.datetime | None = None) -> KnownKey:
    """Let nothing count that the key sealed from a moment on, by default from now; what it sealed before still does.

    Raises: NotFound, KeyRevoked.
    """
    found = {one.id: one for one in await keys_alone(work)}.get(key)
    if found is None:
        raise NotFound("The register knows no key with this id.")
    if found.revoked_at is not None:
        raise KeyRevoked(f"It was revoked at {found.revoked_at.isoformat()}: {found.reason}")
    # The database takes the latest moment there may be: its own clock once it has waited for seals under way, so that
    # what was sealed in good faith meanwhile counts.
    values = {"revoked_at": since or dt.datetime.max.replace(tzinfo=dt.UTC), "reason": reason}
    await work.db.execute(update(SealingKey).where(SealingKey.id == key).values(**values))
    return next(one for one in await every_key(work.db) if one.id == key)

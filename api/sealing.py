"""What a process seals and checks with: private keys from files or settings, public ones from the register."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from api.adapters.certificates import issued, leaf_certificate, root_certificate
from api.adapters.key_files import kept_secret, new_private_key, private_bytes, read_private_key
from api.adapters.pdf_seal import PdfKey
from api.settings import Settings
from domain.audit.sealer import Hand
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, reading
from domain.kit.problem import Kind, Problem
from domain.kit.work import Work, transact
from domain.people.sessions import note
from domain.sealing.keys import (
    KnownKey,
    clock,
    every_key,
    key_id,
    keys_alone,
    public_bytes,
    register_key,
    retire_key,
    sign,
)
from domain.sealing.rules import OVERLAP, SEALING, Purpose
from domain.sealing.token import Token, claimed_key, read_token

log = structlog.get_logger()
RING_SECONDS = 60
"""How long the public keys are remembered."""
REFRESHES_MAX = 30
"""How often they are asked for in that time for the sake of tokens whose keys are not among them."""


class KeyGiven(Problem, kind=Kind.CONFLICT):
    """This key is given by the settings, and has to be replaced there."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a report is sealed with now."""

    token_key_id: str
    token_key: ec.EllipticCurvePrivateKey
    pdf_key: PdfKey


@dataclass(slots=True)
class Sealing:
    """The sealing keys of this process. Written out, in a log, it shows no secret."""

    settings: Settings = field(repr=False)
    database: Database = field(repr=False)
    _ring: Mapping[str, ec.EllipticCurvePublicKey] = field(default_factory=dict, repr=False)
    _refreshed: list[float] = field(default_factory=list, repr=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _private: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict, repr=False)

    async def read_token(self, text: str) -> Token | None:
        """Return what the text in a report's QR says if a key of ours signed it, revoked or not; else None.

        The database is never asked about the token; about keys once a minute, and a few times more for tokens of keys
        that are not known here.
        """
        key = claimed_key(text)
        if key is None:
            return None
        async with self._asking:  # who comes meanwhile waits for the answer and needs none of their own
            now = time.monotonic()
            self._refreshed = [at for at in self._refreshed if now - at < RING_SECONDS]
            if not self._refreshed or (key not in self._ring and len(self._refreshed) < REFRESHES_MAX):
                async with reading(self.database, SYSTEM) as db:
                    self._ring = {key.id: key.verifier for key in await every_key(db) if key.purpose == "token"}
                self._refreshed.append(now)
        return read_token(text, self._ring)

    async def hands(self) -> Hands:
        """Return the keys to seal with now; makes those that are missing here, revoked or a year old.

        Raises: KeyGiven when a key of the settings may seal no more.
        """
        known, now = await self._ready()
        token, pdf = self._ours(known, "token", now), self._ours(known, "pdf", now)
        return Hands(token.id, self._private[token.id], self._pdf_key(pdf, known))

    async def checkpoint_hand(self) -> Hand:
        """Return the key to sign checkpoints of the audit chain with; otherwise as ``hands``."""
        known, now = await self._ready()
        key = self._ours(known, "checkpoint", now)
        return Hand(key.id, partial(sign, self._private[key.id]))

    async def rotate(self, purpose: Purpose) -> KnownKey:
        """Make a new key that takes over; the former ones may seal for another month. Raises: KeyGiven."""

        async def body(work: Work) -> KnownKey:
            if self._given(purpose):
                raise KeyGiven(f"Set FIELDSTONE_{purpose.upper()}_KEY to another key and start again.")
            known = await keys_alone(work)
            made = await self._make(work, purpose, known)
            for former in known:
                if former.purpose == purpose and former.revoked_at is None:
                    await retire_key(work, former, made.valid_from + OVERLAP)
            return made

        return await transact(self.database, SYSTEM, body)

    async def _ready(self) -> tuple[Sequence[KnownKey], datetime]:
        """Return the register's keys, with those among them that this process seals with, and its clock."""
        async with reading(self.database, SYSTEM) as db:
            known, now = await every_key(db), await clock(db)
        if any(self._usable(known, purpose, now) is None for purpose in SEALING):
            known, now = await transact(self.database, SYSTEM, self._complete)
        return known, now

    async def _complete(self, work: Work) -> tuple[list[KnownKey], datetime]:
        known = await keys_alone(work)
        now = await clock(work.db)
        for purpose in SEALING:
            if self._usable(known, purpose, now) is None:
                known = [*known, await self._make(work, purpose, known)]
        return await every_key(work.db), await clock(work.db)

    def _ours(self, known: Sequence[KnownKey], purpose: Purpose, now: datetime) -> KnownKey:
        key = self._usable(known, purpose, now)
        assert key is not None, "what is missing was made just now"
        return key

    def _usable(self, known: Sequence[KnownKey], purpose: Purpose, now: datetime) -> KnownKey | None:
        """Return the newest key for a purpose that may seal and whose private half is here; its root is not revoked."""
        given = self._given(purpose)
        for key in reversed(known):
            if key.purpose != purpose or not self._is_here(key) or not _is_vouched_for(key, known):
                continue
            if key.time.holds_at(now) if given else key.time.is_fresh_at(now):
                return key
        return None

    async def _make(self, work: Work, purpose: Purpose, known: Sequence[KnownKey]) -> KnownKey:
        given = self._given(purpose)
        private = read_private_key(given) if given else new_private_key()
        public = public_bytes(private.public_key())
        made = key_id(public)
        if any(key.id == made for key in known):
            raise KeyGiven(f"Key {made} may seal no more: set FIELDSTONE_{purpose.upper()}_KEY to another one.")
        if not given:
            kept_secret(self._file(purpose, made), private_bytes(private))
        self._private[made] = private
        certificate = None
        if purpose == "root":
            certificate = root_certificate(private, work.now)
        elif purpose == "pdf":
            root = self._usable(known, "root", await clock(work.db)) or await self._make(work, "root", known)
            certificate = leaf_certificate(
                private.public_key(), self._private[root.id], root.certificate or b"", work.now
            )
        note(work, None, "sealing-key-made", key=made, purpose=purpose)
        log.warning(
            "A NEW SEALING KEY WAS MADE: keep its folder safe and backed up",
            purpose=purpose,
            key=made,
            file="from the settings" if given else str(self._file(purpose, made)),
        )
        return await register_key(work, purpose, public, certificate)

    def _is_here(self, key: KnownKey) -> bool:
        if key.id in self._private:
            return True
        given, file = self._given(key.purpose), self._file(key.purpose, key.id)
        if not given and not file.exists():
            return False
        private = read_private_key(given or file.read_bytes())
        if public_bytes(private.public_key()) != key.public_key:
            return False
        self._private[key.id] = private
        return True

    def _pdf_key(self, key: KnownKey, known: Sequence[KnownKey]) -> PdfKey:
        leaf = key.certificate or b""
        roots = (one.certificate or b"" for one in known if one.purpose == "root")
        return PdfKey(key.id, self._private[key.id], leaf, next(root for root in roots if issued(root, leaf)))

    def _given(self, purpose: Purpose) -> bytes:
        settings = self.settings
        named = {"token": settings.token_key, "pdf": settings.pdf_key, "checkpoint": settings.checkpoint_key}
        return named.get(purpose, "").encode()

    def _file(self, purpose: Purpose, key: str) -> Path:
        return Path(self.settings.data) / "keys" / f"{purpose}-{key}.pem"


def _is_vouched_for(key: KnownKey, known: Sequence[KnownKey]) -> bool:
    """Tell whether PDF readers may go on trusting what this key seals; only keys for PDFs have a root."""
    if key.purpose != "pdf":
        return True
    revoked = (root.certificate or b"" for root in known if root.purpose == "root" and root.revoked_at is not None)
    return not any(issued(root, key.certificate or b"") for root in revoked)

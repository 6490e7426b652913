"""What a process holds while it runs: engines, keys and adapters. The only place where they are put together."""

import datetime as dt
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from uuid import UUID

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from api.adapters.blobs import FolderBlobs
from api.adapters.hasher import Argon2Hasher
from api.adapters.key_files import kept_secret
from api.adapters.queue import PgQueue
from api.adapters.signer import HmacSigner
from api.branding import brand_of
from api.sealing import Sealing
from api.settings import Settings
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Actor
from domain.kit.command import Register
from domain.kit.database import Database, connect, reading
from domain.kit.limits import LATEST
from domain.kit.ports import Blobs, Hasher, Queue, Signer
from domain.kit.replica import Replica
from domain.kit.work import utc_now
from domain.people.keys import PREFIX, key_principal
from domain.people.sessions import principal_of
from mobile_sync.photos.sandbox import PhotoSandbox

TOKEN_CACHE_SECONDS = 5
TOKEN_CACHE_MAX = 20_000


@dataclass(slots=True)
class Principals:
    """Who the access tokens stand for, remembered at most five seconds."""

    database: Database
    _known: dict[str, tuple[float, Actor, dt.datetime]] = field(default_factory=dict, repr=False)

    async def of(self, token: str) -> Actor | None:
        """Return the principal of an access token or an API key, or None."""
        now = time.monotonic()
        known = self._known.get(token)
        if known is not None and known[0] > now and known[2] > utc_now():
            return known[1]
        async with reading(self.database, SYSTEM) as db:
            found = await _principal(db, token)
        if found is None:
            self._known.pop(token, None)
            return None
        if len(self._known) >= TOKEN_CACHE_MAX:
            self._known.clear()
        self._known[token] = (now + TOKEN_CACHE_SECONDS, *found)
        return found[0]

    def forget(self, ended: UUID | None) -> None:
        """Drop what is remembered of a session or a key that just ended here."""
        self._known = {
            token: known for token, known in self._known.items() if ended not in (known[1].session_id, known[1].key_id)
        }


async def _principal(db: AsyncConnection, token: str) -> tuple[Actor, dt.datetime] | None:
    if not token.startswith(PREFIX):
        return await principal_of(db, token, utc_now())
    actor = await key_principal(db, token)
    return None if actor is None else (actor, LATEST)


@dataclass(slots=True)
class Context:
    """Everything routes, worker and command line share. Written out, in a log, it shows no secret."""

    settings: Settings = field(repr=False)
    database: Database
    principals: Principals
    blobs: Blobs
    hasher: Hasher
    queue: Queue
    sandbox: PhotoSandbox
    session_key: bytes = field(repr=False)
    register: Register = field(repr=False)
    """The commands, with this installation's signer of tag codes."""
    replica: Replica | None = None
    sealing: Sealing = field(init=False)

    def __post_init__(self) -> None:
        """Give the process the sealing keys of its installation."""
        self.sealing = Sealing(self.settings, self.database)

    @property
    def signer(self) -> Signer:
        """The signer of tag codes."""
        if self.register.signer is None:
            raise RuntimeError("this process was put together without a signer")
        return self.register.signer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give everything back."""
        await self.sandbox.close()
        if self.replica is not None:
            await self.replica.copy.close()
        await self.database.close()


def role_url(url: str, role: str) -> str:
    """Return a database address for another role of the same database, without the first role's password."""
    return make_url(url).set(username=role, password=None).render_as_string(hide_password=False)


def replica_of(settings: Settings, database: Database, *urls: str) -> Replica | None:
    """Return the copy that the settings name, for the addresses of the database it follows: roles are the same there.

    Raises: ValueError for an address that is not host:port.
    """
    if not settings.replica:
        return None
    host, _, port = settings.replica.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"FIELDSTONE_REPLICA is host:port, not {settings.replica!r}")
    there = [make_url(url).set(host=host, port=int(port)).difference_update_query(["host", "port"]) for url in urls]
    app_url, partner_url = (url.render_as_string(hide_password=False) for url in there)
    return Replica(database, connect(app_url, partner_url, pool_size=settings.pool_size))


def secret_key(settings: Settings) -> bytes:
    """Return the key that refresh tokens are marked with: from the settings, else from its file."""
    return settings.session_key.encode() or _kept_key(settings, "session.key")


def register_of(settings: Settings) -> Register:
    """Return the commands with the signer of tag codes, whose key is in the settings or else in its file.

    Labels last for years: without this key none of them proves anything any more.
    """
    return replace(REGISTER, signer=HmacSigner(settings.tag_key.encode() or _kept_key(settings, "tag.key")))


def _kept_key(settings: Settings, name: str) -> bytes:
    """Return the key in a file under the data, made at its first use."""
    return kept_secret(Path(settings.data) / "keys" / name, os.urandom(32))


def build(settings: Settings) -> Context:
    """Put a process together; nothing is connected before its first use. Raises: BrandRefused."""
    brand_of(settings)
    app_url = settings.database_url
    partner_url = settings.partner_database_url or role_url(app_url, "fieldstone_partner")
    database = connect(app_url, partner_url, pool_size=settings.pool_size)
    return Context(
        settings=settings,
        database=database,
        principals=Principals(database),
        blobs=FolderBlobs(Path(settings.data) / "blobs"),
        hasher=Argon2Hasher(),
        queue=PgQueue(),
        sandbox=PhotoSandbox(workers=settings.photo_workers),
        session_key=secret_key(settings),
        register=register_of(settings),
        replica=replica_of(settings, database, app_url, partner_url),
    )

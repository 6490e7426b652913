"""A theatre for measures outside pytest: one cluster, and as many empty stages with a cast as are asked for."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api import embedded
from api.adapters.blobs import FolderBlobs
from api.adapters.hasher import Argon2Hasher
from api.adapters.queue import PgQueue
from api.adapters.signer import HmacSigner
from api.app import make_app
from api.context import Context, Principals
from api.migrate import upgrade
from api.settings import Settings
from domain.commands import REGISTER
from domain.kit.database import connect
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.cast import Caller, Cast, cast_of
from tests.dropping import drop_database

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "64MB", "full_page_writes": "off"}
"""Settings of a cluster that may forget everything in a power cut, so it is fast."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The product on an empty database, and the cast signed in."""

    context: Context
    http: httpx.AsyncClient
    cast: Cast
    owner: AsyncEngine

    @property
    def nobody(self) -> Caller:
        """Somebody without an account."""
        return Caller(self.http, "", None)


@dataclass(slots=True)
class Theatre:
    """A cluster whose first database is the model of every stage's."""

    server: embedded.Embedded
    folder: Path
    application: Litestar
    held: list[Context]
    sandbox: PhotoSandbox
    hasher: Argon2Hasher = field(
        default_factory=lambda: Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    )
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def stage(self, pool_size: int = 10) -> AsyncIterator[Stage]:
        """Lend an empty stage; the last one asked for is the one that serves."""
        name = f"stage_{next(self.numbers)}"
        async with self._over() as driver:
            await driver.execute(f"CREATE DATABASE {name} TEMPLATE {embedded.DATABASE} STRATEGY file_copy")
        app, partner = (self.server.url(role, name) for role in ("fieldstone_app", "fieldstone_partner"))
        database = connect(app, partner, pool_size=pool_size)
        owner = create_async_engine(self.server.url("fieldstone_owner", name))
        data = self.folder / name
        context = Context(
            settings=Settings(data=str(data), database_url=app),
            database=database,
            principals=Principals(database),
            blobs=FolderBlobs(data / "blobs"),
            hasher=self.hasher,
            queue=PgQueue(),
            sandbox=self.sandbox,
            session_key=b"a key for measures",
            register=replace(REGISTER, signer=HmacSigner(b"a key for labels of measures")),
        )
        self.held[:] = [context]
        transport = httpx.ASGITransport(app=self.application, raise_app_exceptions=False)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test") as http:
                yield Stage(context, http, await cast_of(context, http), owner)
        finally:
            await database.close()
            await owner.dispose()
            async with self._over() as driver:
                await drop_database(driver, name)

    @asynccontextmanager
    async def _over(self) -> AsyncIterator[Any]:
        """Lend the driver of a connection that makes and drops databases."""
        engine = create_async_engine(self.server.url("fieldstone_owner", "postgres"), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            yield (await connection.get_raw_connection()).driver_connection
        await engine.dispose()


@asynccontextmanager
async def theatre(postgres: Path | None = None) -> AsyncIterator[Theatre]:
    """Lend a theatre, on the cluster of a folder if one is given; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-prove-") as name:
        folder = Path(name)
        server = await asyncio.to_thread(embedded.start, postgres or folder / "postgres", settings=FORGETFUL)
        held: list[Context] = []
        sandbox = PhotoSandbox(workers=1)
        try:
            await upgrade(server.url("fieldstone_owner"))
            yield Theatre(server, folder, make_app(held), held, sandbox)
        finally:
            await sandbox.close()
            server.stop()
            if postgres is None:
                embedded.remove(folder / "postgres")

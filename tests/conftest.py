"""Every test runs on a real PostgreSQL with real commits: a cluster of its own per test process, emptied in between."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from litestar import Litestar
from sqlalchemy import text
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
from domain.kit.database import Database, connect
from domain.migrations.tables import METADATA
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.cast import Caller, Cast, cast_of

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Take ``untraced`` tests out of the coverage, the processes they start too.

    They walk through all of the product (in a browser, by chance, by seeds) and take half as long again when traced;
    a branch counts as tested where a test of its own asks for it.
    """
    if item.get_closest_marker("untraced") is None:
        return (yield)
    tracing, told = sys.gettrace(), os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracing)
        if told is not None:
            os.environ["COVERAGE_PROCESS_CONFIG"] = told


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material beside the project; a clone without it skips, CI does not."""
    if not SHARED.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{SHARED} is missing")
        pytest.skip(f"{SHARED} is missing: clone the project beside its shared material")
    return SHARED


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Embedded]:
    """A PostgreSQL of this test process; it may forget everything in a power cut, so it is fast."""
    folder = tmp_path_factory.mktemp("pg")
    server = embedded.start(
        folder,
        settings={"fsync": "off", "synchronous_commit": "off", "shared_buffers": "64MB", "full_page_writes": "off"},
    )
    asyncio.run(upgrade(server.url("fieldstone_owner")))
    yield server
    server.stop()
    embedded.remove(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def owner(cluster: embedded.Embedded) -> AsyncIterator[AsyncEngine]:
    """An engine as the tables' owner: for emptying and for looking behind the policies."""
    engine = create_async_engine(cluster.url("fieldstone_owner"))
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connected(cluster: embedded.Embedded) -> AsyncIterator[Database]:
    """The product's two engines."""
    found = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=20)
    yield found
    await found.close()


@pytest.fixture(scope="session")
def emptying() -> str:
    """One statement list that empties every table, append-only ones too."""
    tables = [table.name for table in reversed(METADATA.sorted_tables)]
    each = """DO $$ DECLARE guarded regclass; BEGIN
      FOR guarded IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'append_only' LOOP
        EXECUTE format('ALTER TABLE %s {} TRIGGER append_only', guarded);
      END LOOP; END$$"""
    loosen = ["UPDATE job SET assignment_id = NULL, state = 'open' WHERE assignment_id IS NOT NULL"]
    gone = [f"DELETE FROM {name}" for name in [*tables, "pgqueuer", "pgqueuer_log"]]
    return ";\n".join([each.format("DISABLE"), *loosen, *gone, each.format("ENABLE")])


@pytest_asyncio.fixture(loop_scope="session")
async def database(connected: Database, owner: AsyncEngine, emptying: str) -> AsyncIterator[Database]:
    """The product's engines on an empty database."""
    async with owner.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute(f"BEGIN;\n{emptying};\nCOMMIT")
    yield connected


@pytest.fixture(scope="session")
def quick_hasher() -> Argon2Hasher:
    """The real hasher, told to work little: tests sign in often."""
    return Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest_asyncio.fixture(loop_scope="session")
async def context(
    database: Database, cluster: embedded.Embedded, tmp_path: Path, sandbox: PhotoSandbox, quick_hasher: Argon2Hasher
) -> Context:
    """What a process of the product holds, on the empty database."""
    return Context(
        settings=Settings(data=str(tmp_path), database_url=cluster.url("fieldstone_app")),
        database=database,
        principals=Principals(database),
        blobs=FolderBlobs(tmp_path / "blobs"),
        hasher=quick_hasher,
        queue=PgQueue(),
        sandbox=sandbox,
        session_key=b"a key for tests",
        register=replace(REGISTER, signer=HmacSigner(b"a key for labels of tests")),
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox() -> AsyncIterator[PhotoSandbox]:
    """One photo sandbox for all tests of this process."""
    found = PhotoSandbox(workers=1)
    yield found
    await found.close()


@pytest.fixture(scope="session")
def held() -> list[Context]:
    """The context that the one application of this process serves with: each test puts its own."""
    return []


@pytest.fixture(scope="session")
def application(held: list[Context]) -> Litestar:
    """The application; made once, for making it takes longer than most tests."""
    return make_app(held)


def visitor(application: Litestar, address: str) -> httpx.AsyncClient:
    """Return a client whose requests come from an address; the application is one that ``http`` has set up."""
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test")


@pytest_asyncio.fixture(loop_scope="session")
async def http(context: Context, held: list[Context], application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """The application over HTTP, without a socket."""
    held[:] = [context]
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def cast(context: Context, http: httpx.AsyncClient) -> Cast:
    """The cast, signed in: ann and pam (north), ben (south), otto (our own), dora, rex, ada, and nobody."""
    return await cast_of(context, http)


@pytest.fixture
def nobody(http: httpx.AsyncClient) -> Caller:
    """Somebody without an account."""
    return Caller(http, "", None)


async def rows(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    """Return what a statement finds, as the owner."""
    async with engine.connect() as connection:
        return [tuple(row) for row in (await connection.execute(text(statement))).all()]

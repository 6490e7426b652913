"""What a machine runs out of, one thing after another: every refusal is clean, and repeated afterwards it succeeds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import httpx
from sqlalchemy import text

from api.problems import MEDIA
from tests import make
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import Stage, theatre
from tests.prove.writers import Write, customers, files, minutes, photos, taken, to_be_repeated
from tests.sync.handset import handset

NUMBER = 6
SIZES = {"times": (1, 20)}
POOL = 6
SECONDS_MAX = 15
"""Longer than any lock or pool is waited for, with the product's own repeats."""
PATIENCE = 50
Fault = Callable[[Stage], AbstractAsyncContextManager[None]]


async def measure(sizes: Sizes) -> Result:
    """Bring each fault about, write while it lasts, and repeat the same when it is over."""
    failures: list[str] = []
    seconds = 0.0
    async with theatre() as house:
        for fault, affected in FAULTS.items():
            for _ in range(sizes["times"]):
                async with house.stage(pool_size=POOL) as stage:
                    found, slowest = await _struck(stage, fault, affected)
                    failures += [f"{fault.__name__.replace('_', ' ')}: {one}" for one in found]
                    seconds = max(seconds, slowest)
    return judged(
        "database busy, stopped, out of connections; file store down",
        f"{len(FAULTS)} faults × {sizes['times']}: clean 503, the repeat succeeds, done once",
        f"{len(failures)} wrong, the slowest refusal took {seconds:.1f} s",
        failures,
    )


async def _struck(stage: Stage, fault: Fault, affected: frozenset[str]) -> tuple[list[str], float]:
    """Return what was wrong under a fault and after it, and how long the slowest refusal took."""
    ready = await make.ready_visit(stage.context, stage.cast, technician=stage.cast.otto)
    makings = {
        "customer": customers(stage.cast.dora, "D"),
        "minutes": minutes(handset(stage.cast.otto), ready),
        "file": files(stage.cast.pam, "F"),
        "photo": photos(stage.cast.otto),
    }
    writes = {kind: next(making) for kind, making in makings.items()}
    wrong: list[str] = []
    async with fault(stage):
        sent = await asyncio.gather(*(_timed(one) for one in writes.values()))
    for kind, (response, _) in zip(writes, sent, strict=True):
        wrong += [f"{kind}: {why}" for why in unclean(response, refused=kind in affected)]
    slowest = max(seconds for _, seconds in sent)
    if slowest > SECONDS_MAX:
        wrong.append(f"a refusal took {slowest:.0f} s")
    for kind, one in writes.items():
        wrong += [f"{kind} repeated: {why}" for why in await repeated(stage, one)]
    return wrong, slowest


async def _timed(one: Write) -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    response = await one.send()
    return response, time.perf_counter() - began


def unclean(response: httpx.Response, *, refused: bool) -> list[str]:
    """Return what is wrong with an answer under a fault that this kind of write must, or must not, be refused for."""
    told = f"{response.status_code} {response.text[:200]}"
    if taken(response):
        return [f"{told}, although it cannot have been kept"] if refused else []
    if response.status_code == 200:
        return [] if "retry_after" in response.json() else [told]
    clean = response.status_code == 503 and "retry-after" in response.headers
    if response.request.method != "HEAD":
        clean = clean and response.headers["content-type"] == MEDIA
    return [] if clean and refused else [told]


async def repeated(stage: Stage, one: Write) -> list[str]:
    """Repeat a write until it is taken; returns what is wrong with it then: refused for good, lost, or there twice."""
    for _ in range(PATIENCE):
        response = await one.send()
        if not to_be_repeated(response):
            break
        await asyncio.sleep(0.2)
    if not taken(response):
        return [f"{response.status_code} {response.text[:200]}"]
    found = await times_there(stage, one)
    return [] if found == 1 else [f"it is there {found} times"]


async def times_there(stage: Stage, one: Write) -> int:
    """Return how many times what was written is in the database."""
    async with stage.owner.connect() as connection:
        found = await connection.scalar(text(one.counted.replace("$1", ":one")), {"one": one.values[0]})
    return int(found or 0)


@asynccontextmanager
async def pool_exhausted(stage: Stage) -> AsyncIterator[None]:
    """Somebody holds every connection."""
    async with AsyncExitStack() as held:
        for engine in (stage.context.database.app, stage.context.database.partner):
            for _ in range(POOL):
                await held.enter_async_context(engine.connect())
        yield


@asynccontextmanager
async def locked_tables(stage: Stage) -> AsyncIterator[None]:
    """Somebody holds the tables, so that waiting for a lock times out."""
    async with stage.owner.begin() as connection:
        await connection.execute(text("LOCK TABLE customer, time_entry, submission_file, transfer, transfer_part"))
        yield


@asynccontextmanager
async def slow_database(stage: Stage) -> AsyncIterator[None]:
    """Every statement that writes takes longer than it may."""
    tables = ("customer", "time_entry", "submission_file", "transfer")
    slow = "CREATE FUNCTION slowed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(12); RETURN NEW; END'"
    async with stage.owner.begin() as connection:
        await connection.execute(text(slow))
        for table in tables:
            slowed = f"CREATE TRIGGER slow BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION slowed()"
            await connection.execute(text(slowed))
    yield
    async with stage.owner.begin() as connection:
        for table in tables:
            await connection.execute(text(f"DROP TRIGGER slow ON {table}"))


@asynccontextmanager
async def no_connections_left(stage: Stage) -> AsyncIterator[None]:
    """The database admits nobody any more, and ends who is there."""
    name = stage.owner.url.database
    engine = stage.owner.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0'))
        for database in (stage.context.database.app, stage.context.database.partner):
            await database.dispose()
        yield
        await connection.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1'))


@asynccontextmanager
async def file_store_down(stage: Stage) -> AsyncIterator[None]:
    """Where the folder of files should be there is something else."""
    folder = stage.context.blobs.folder  # type: ignore[attr-defined]
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    yield
    folder.unlink()


EVERYTHING = frozenset({"customer", "minutes", "file", "photo"})
FAULTS: dict[Fault, frozenset[str]] = {
    pool_exhausted: EVERYTHING,
    locked_tables: EVERYTHING,
    slow_database: EVERYTHING,
    no_connections_left: EVERYTHING,
    file_store_down: frozenset({"file"}),
}

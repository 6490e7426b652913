"""Reads that may lag go to a copy of the database while it is near, and nowhere else; its walls are the same."""

import asyncio
import math
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import embedded
from api.context import Context, replica_of
from api.migrate import upgrade
from api.operation import OPERATIONS
from api.settings import Settings
from domain.kit import replica as kit
from domain.kit.actor import SYSTEM, Actor
from domain.kit.database import Database, connect, reading
from domain.kit.problem import Busy
from domain.kit.replica import Replica, reading_near
from domain.kit.work import begin
from domain.migrations.tables import METADATA
from tests import make
from tests.cast import Cast, actor_of, cast_of

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "32MB", "wal_keep_size": "256MB"}
NOWHERE = "postgresql+asyncpg://fieldstone_app@127.0.0.1:1/fieldstone"
MAY_LAG = {
    "list_fault_codes",
    "list_labour_operations",
    "list_models",
    "list_parts",
    "list_reports",
    "show_claim_figures",
    "show_model",
}


@dataclass(frozen=True, slots=True)
class Copied:
    """A database with the cast, its copy, and the link by which the copy finds the log that it replays."""

    database: Database
    copy: Database
    cast: Cast
    log: Path

    def replica(self, **known: Any) -> Replica:
        return Replica(self.database, self.copy, **known)


@contextmanager
def two_servers() -> Iterator[tuple[embedded.Embedded, embedded.Embedded, Path]]:
    """A primary, a copy made of its files, and the link."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-copy-") as name:
        first, second, log = (Path(name) / one for one in ("first", "second", "log"))
        Path(name).chmod(0o755)
        embedded.start(first, settings=FORGETFUL).stop()
        second.mkdir()
        ours, theirs = (embedded._Server.of(one).cluster for one in (first, second))
        subprocess.run(["cp", "-a", str(ours), str(theirs)], check=True)
        (theirs / "standby.signal").touch()
        log.symlink_to(ours / "pg_wal")
        follow = {"restore_command": f"cp {log}/%f %p", "wal_retrieve_retry_interval": "50ms"}
        with (
            embedded.start(first, settings=FORGETFUL) as server,
            embedded.start(second, settings={**FORGETFUL, **follow}) as copy,
        ):
            yield server, copy, log
        embedded.remove(first)
        embedded.remove(second)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def copied() -> AsyncIterator[Copied]:
    """The cast on a database that is copied."""
    with two_servers() as (*servers, log):
        await upgrade(servers[0].url("fieldstone_owner"))
        database, copy = (connect(one.url("fieldstone_app"), one.url("fieldstone_partner")) for one in servers)
        async with httpx.AsyncClient() as nobody:
            context: Any = SimpleNamespace(database=database)
            yield Copied(database, copy, await cast_of(context, nobody), log)
        await database.close()
        await copy.close()


@pytest.fixture(autouse=True)
def looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "LOOK_SECONDS", 0)


async def by_copy(replica: Replica, actor: Actor) -> bool:
    async with reading_near(replica, actor) as db:
        return bool(await db.scalar(text("SELECT pg_is_in_recovery()")))


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await so():  # noqa: ASYNC110 - the copy tells nobody
            await asyncio.sleep(0.02)


async def test_a_near_copy_answers_our_people_and_partners(copied: Copied) -> None:
    replica = copied.replica()
    for caller in (copied.cast.dora, copied.cast.pam):
        actor = actor_of(caller)
        await until(lambda actor=actor: by_copy(replica, actor))  # type: ignore[misc]


async def test_requests_that_look_at_the_same_moment_all_learn_that_it_is_near(copied: Copied) -> None:
    replica = copied.replica()

    async def all_learn() -> bool:
        return all(await asyncio.gather(*(replica.is_near() for _ in range(8))))

    await until(all_learn)
    for _ in range(20):  # by now every connection is open, so that they look at one and the same mark
        assert await all_learn()


async def test_a_partner_meets_the_same_wall_on_the_copy_and_can_write_nothing(copied: Copied) -> None:
    pam, dora = actor_of(copied.cast.pam), actor_of(copied.cast.dora)
    await until(lambda: by_copy(copied.replica(), pam))
    on_copy = copied.replica(_near_until=math.inf, _looked=math.inf)
    async with reading_near(on_copy, pam) as db:
        assert await db.scalar(text("SELECT pg_is_in_recovery() AND current_user = 'fieldstone_partner'"))
        theirs = await rows_seen(db)
    async with reading(copied.database, pam) as db:
        assert theirs == await rows_seen(db)
    async with reading_near(on_copy, dora) as db:
        ours = await rows_seen(db)
    assert {"account", "partner", "authorisation"} <= {table for table in theirs if 0 < theirs[table] < ours[table]}
    with pytest.raises(DBAPIError, match="read-only"):
        async with reading_near(on_copy, pam) as db:
            await db.execute(text("UPDATE webhook SET host = 'elsewhere'"))


async def rows_seen(db: AsyncConnection) -> dict[str, int]:
    """How many rows of each table a principal sees, of those it may see anything of."""
    granted = "SELECT relname FROM pg_class WHERE relname = ANY (:t) AND has_any_column_privilege(oid, 'SELECT')"
    tables = (await db.scalars(text(granted), {"t": [*METADATA.tables]})).all()
    return {table: await db.scalar(text(f"SELECT count(*) FROM {table}")) for table in sorted(tables)}


async def test_a_copy_that_lags_more_than_it_may_is_passed_over_until_it_is_near_again(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, dora = copied.replica(), actor_of(copied.cast.dora)
    await until(lambda: by_copy(replica, dora))
    monkeypatch.setattr(kit, "LAG_SECONDS", 0.3)
    log = copied.log.readlink()
    copied.log.unlink()
    try:
        async with begin(copied.database, SYSTEM) as work:
            await make.customer(work)

        async def passed_over() -> bool:
            return not await by_copy(replica, dora)

        await until(passed_over)
        assert not await by_copy(replica, dora)
    finally:
        copied.log.symlink_to(log)
    monkeypatch.undo()
    await until(lambda: by_copy(replica, dora))


async def test_a_copy_that_is_gone_is_passed_over_at_once(copied: Copied) -> None:
    away = connect(NOWHERE, NOWHERE)
    known = {"_near_until": math.inf, "_looked": math.inf}
    for replica in (Replica(copied.database, away), Replica(copied.database, away, **known)):
        assert not await by_copy(replica, actor_of(copied.cast.dora))
        assert not await replica.is_near()


async def test_a_copy_that_goes_away_in_the_middle_is_told_as_busy_and_passed_over(copied: Copied) -> None:
    replica = copied.replica(_near_until=math.inf, _looked=math.inf)
    with pytest.raises(Busy):
        async with reading_near(replica, actor_of(copied.cast.dora)):
            raise Busy("The connection was lost.")
    assert not await replica.is_near()


async def test_a_server_that_is_no_copy_and_a_copy_of_another_database_are_never_near(
    copied: Copied, database: Database
) -> None:
    for replica in (Replica(copied.database, copied.database), Replica(database, copied.copy)):
        assert not await replica.is_near()
        assert not await by_copy(replica, actor_of(copied.cast.dora))


async def test_only_operations_that_may_lag_are_answered_by_the_copy(
    copied: Copied, context: Context, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with begin(copied.database, SYSTEM) as work:
        await make.model(work, code="ONLY-THERE")
        await make.customer(work, number="ONLY-THERE")
    monkeypatch.setattr(context, "replica", copied.replica(_near_until=math.inf, _looked=math.inf))

    async def told() -> bool:
        return "ONLY-THERE" in (await cast.dora.get("/models")).text

    await until(told)
    assert "ONLY-THERE" not in (await cast.dora.get("/customers")).text


def test_what_may_lag_is_what_nobody_looks_at_right_after_writing_it() -> None:
    marked = [operation for operation in OPERATIONS.values() if operation.may_lag]
    assert {operation.name for operation in marked} == MAY_LAG
    assert {operation.method for operation in marked} == {"GET"}


async def test_the_copy_is_reached_as_the_database_is_but_elsewhere() -> None:
    there = Settings(replica="db2.example:5433")
    url = "postgresql+asyncpg://fieldstone_app:secret@/fieldstone?host=/run/pg&port=5432"
    database = connect(url, url)
    assert replica_of(Settings(), database, url, url) is None
    found = replica_of(there, database, url, url)
    assert found is not None
    assert found.copy.app.url.render_as_string(hide_password=False) == (
        "postgresql+asyncpg://fieldstone_app:secret@db2.example:5433/fieldstone"
    )
    for wrong in ("db2.example", "db2.example:five"):
        with pytest.raises(ValueError, match="host:port"):
            replica_of(Settings(replica=wrong), database, url, url)

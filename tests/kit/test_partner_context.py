"""A partner's context lives in one transaction and never reaches the next user of its connection."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from api import embedded
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import Database, connect, reading
from domain.kit.ids import new_id
from domain.kit.work import begin
from tests.kit.probe import insert


def technician(partner_id: UUID) -> Actor:
    return Actor(new_id(), Role.TECHNICIAN, partner_id)


@pytest_asyncio.fixture(loop_scope="session")
async def narrow(kit: Database, cluster: embedded.Embedded) -> AsyncIterator[Database]:
    """The product's engines with one connection each."""
    found = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=1)
    yield found
    await found.close()


@pytest_asyncio.fixture(loop_scope="session")
async def two(narrow: Database) -> tuple[Actor, Actor]:
    """A technician of each of two partners, who have put one name down each."""
    north, south = technician(new_id()), technician(new_id())
    for actor, name in ((north, "of north"), (south, "of south")):
        async with begin(narrow, actor) as work:
            await insert(work, name)
    return north, south


async def seen(database: Database, actor: Actor) -> list[str]:
    async with reading(database, actor) as db:
        return list((await db.execute(text("SELECT name FROM probe ORDER BY name"))).scalars())


async def test_two_partners_interleaved_on_one_connection_see_their_own_rows(
    narrow: Database, two: tuple[Actor, Actor]
) -> None:
    north, south = two
    connections = set()
    for _ in range(20):
        for actor, name in ((north, "of north"), (south, "of south")):
            async with reading(narrow, actor) as db:
                connections.add(await db.scalar(text("SELECT pg_backend_pid()")))
            assert await seen(narrow, actor) == [name]
            async with begin(narrow, actor) as work:
                assert list((await work.db.execute(text("SELECT name FROM probe"))).scalars()) == [name]
    assert len(connections) == 1


async def test_crowding_on_one_connection_leaks_nothing(narrow: Database, two: tuple[Actor, Actor]) -> None:
    north, south = two
    found = await asyncio.gather(*(seen(narrow, actor) for _ in range(50) for actor in (north, south)))
    assert found == [["of north"], ["of south"]] * 50


async def test_without_a_context_there_are_no_rows(narrow: Database, two: tuple[Actor, Actor]) -> None:
    async with narrow.partner.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM probe"))).all() == []
        assert (await connection.execute(text("SELECT id FROM account"))).all() == []
        assert await connection.scalar(text("SELECT current_partner()")) is None
    assert await seen(narrow, SYSTEM) == ["of north", "of south"]


async def test_a_partner_cannot_write_rows_of_another(narrow: Database, two: tuple[Actor, Actor]) -> None:
    north, south = two
    with pytest.raises(DBAPIError, match="row-level security"):
        async with begin(narrow, north) as work:
            await work.db.execute(
                text("INSERT INTO probe (id, name, partner_id) VALUES (:id, 'forged', :other)"),
                {"id": new_id(), "other": south.partner_id},
            )


@pytest.mark.parametrize("failure", [ZeroDivisionError, asyncio.CancelledError, ConnectionResetError])
async def test_a_failed_read_leaves_no_context_behind(
    narrow: Database, two: tuple[Actor, Actor], failure: type[BaseException]
) -> None:
    north, south = two

    async def cut_off() -> None:
        async with reading(narrow, north) as db:
            await db.execute(text("SELECT name FROM probe"))
            raise failure

    with pytest.raises(failure):
        await cut_off()
    async with narrow.partner.connect() as connection:
        assert await connection.scalar(text("SELECT current_partner()")) is None
    assert await seen(narrow, south) == ["of south"]


async def test_a_read_cut_off_in_the_middle_of_its_statement_leaves_no_context_behind(
    narrow: Database, two: tuple[Actor, Actor]
) -> None:
    north, south = two

    async def slow() -> None:
        async with reading(narrow, north) as db:
            await db.execute(text("SELECT pg_sleep(5)"))

    for _ in range(3):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await seen(narrow, south) == ["of south"]
        async with narrow.partner.connect() as connection:
            assert await connection.scalar(text("SELECT current_partner()")) is None


async def test_a_broken_statement_of_a_partner_leaves_no_context_behind(
    narrow: Database, two: tuple[Actor, Actor]
) -> None:
    north, south = two
    with pytest.raises(DBAPIError):
        async with reading(narrow, north) as db:
            await db.execute(text("SELECT 1 / 0"))
    assert await seen(narrow, south) == ["of south"]


async def test_a_partner_reads_in_one_read_only_transaction_opened_in_one_trip(
    narrow: Database, two: tuple[Actor, Actor]
) -> None:
    north, _ = two
    said: list[str] = []
    async with narrow.partner.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.add_query_logger(lambda record: said.append(record.query))
    assert await seen(narrow, north) == ["of north"]
    trips = [query for query in said if "FROM probe" not in query]
    assert trips == [f"BEGIN READ ONLY; SET LOCAL app.partner = '{north.partner_id}'", "ROLLBACK"]
    with pytest.raises(DBAPIError, match="read-only"):
        async with reading(narrow, north) as db:
            await db.execute(text("UPDATE probe SET name = 'changed'"))


async def test_our_own_people_read_without_a_transaction_around(kit: Database, narrow: Database) -> None:
    async with reading(narrow, SYSTEM) as db:
        pid = await db.scalar(text("SELECT pg_backend_pid()"))
        async with kit.app.connect() as watcher:
            states = await watcher.execute(text("SELECT state FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid})
            assert states.scalar_one() == "idle", "the read left a transaction open"


@pytest.mark.parametrize("partner", [True, False])
async def test_a_connection_lost_while_idle_is_replaced_without_anybody_noticing(
    narrow: Database, two: tuple[Actor, Actor], cluster: embedded.Embedded, partner: bool
) -> None:
    actor = two[0] if partner else SYSTEM
    await seen(narrow, actor)
    await cut_idle(cluster, "fieldstone_partner" if partner else "fieldstone_app")
    assert "of north" in await seen(narrow, actor)
    await cut_idle(cluster, "fieldstone_partner" if partner else "fieldstone_app")
    async with begin(narrow, actor) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM probe")) > 0


async def cut_idle(cluster: embedded.Embedded, role: str) -> None:
    """Let the server cut every other connection of a role, as a restart would."""
    engine = create_async_engine(cluster.url(role))
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        )
    await engine.dispose()
    await asyncio.sleep(0.05)

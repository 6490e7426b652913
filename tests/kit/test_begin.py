"""The only committer: success is told after COMMIT, and a queued task is part of the transaction."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.queue import PgQueue
from domain.kit import database
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import (
    CONNECTION_SETTINGS,
    Database,
    NotCommitted,
    connect,
    reading,
    sqlstate,
    writing,
)
from domain.kit.ids import new_id
from domain.kit.problem import Busy
from domain.kit.read import driver_of
from domain.kit.work import begin
from tests.cast import Cast
from tests.conftest import rows
from tests.kit.conftest import as_owner
from tests.kit.probe import insert

AT_COMMIT = (
    "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION refuse_at_commit()"
)
WAITING = (
    "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE locktype = 'advisory' AND objid = 1 AND NOT granted AND datname = current_database()"
)
EAST = {"code": "EAST", "name": "East", "grade": "B", "region": "east", "currency": "EUR"}


async def test_a_failure_at_commit_reaches_the_caller_and_stores_nothing(kit: Database, owner: AsyncEngine) -> None:
    async def insert_one() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")
            assert await work.db.scalar(text("SELECT count(*) FROM probe")) == 1

    await as_owner(owner, AT_COMMIT.format(table="probe"))
    try:
        with pytest.raises(Exception, match="not at this commit"):
            await insert_one()
    finally:
        await as_owner(owner, "DROP TRIGGER at_commit ON probe")
    assert await rows(owner, "SELECT * FROM probe") == []


async def test_a_server_that_takes_a_connection_and_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+asyncpg://fieldstone_app@127.0.0.1:{silent.getsockname()[1]}/fieldstone"
        with pytest.raises(Busy):
            async with reading(database.connect(url, url), SYSTEM):
                raise AssertionError("it said nothing")


@pytest.mark.parametrize("how", ["in vain", "no longer"])
async def test_a_commit_that_is_waited_for_in_vain_is_told_as_busy_and_never_cancelled(
    kit: Database, owner: AsyncEngine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async def insert_one() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")

    await as_owner(owner, AT_COMMIT.format(table="probe").replace("refuse_at_commit", "wait_at_commit"))
    try:
        async with owner.begin() as somebody:
            await somebody.execute(text("SELECT pg_advisory_xact_lock(1)"))
            if how == "in vain":
                monkeypatch.setattr(database, "COMMIT_SECONDS", 0.2)
                with pytest.raises(Busy):
                    await insert_one()
            else:
                inserting = asyncio.create_task(insert_one())
                await _until_there_is(owner, WAITING)
                inserting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await inserting
            assert await rows(owner, "SELECT * FROM probe") == []
        await _until_there_is(owner, "SELECT * FROM probe WHERE name = 'ash'")
    finally:
        await as_owner(owner, "DROP TRIGGER at_commit ON probe")


async def test_an_opening_that_is_never_answered_is_told_as_busy(
    kit: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "COMMAND_SECONDS", 0.2)
    urls = [engine.url.render_as_string(hide_password=False) for engine in (kit.app, kit.partner)]
    impatient = connect(*urls, pool_size=1)
    try:
        with pytest.raises(Busy, match="lost"):
            async with writing(impatient, SYSTEM, "SELECT pg_sleep(60)"):
                raise AssertionError("it was answered")
    finally:
        await impatient.close()


async def _until_there_is(owner: AsyncEngine, query: str) -> None:
    async with asyncio.timeout(60):
        while not await rows(owner, query):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)


async def test_a_failure_at_commit_is_never_answered_as_success(kit: Database, owner: AsyncEngine, cast: Cast) -> None:
    await as_owner(owner, AT_COMMIT.format(table="partner"))
    try:
        response = await cast.ada.post("/partners", EAST, key="at-commit")
    finally:
        await as_owner(owner, "DROP TRIGGER at_commit ON partner")
    assert (response.status_code, response.json()["code"]) == (500, "server-defect")
    assert "commit" not in response.json()["detail"]
    assert await rows(owner, "SELECT * FROM partner WHERE code = 'EAST'") == []
    assert await rows(owner, "SELECT * FROM journal") == []
    again = await cast.ada.post("/partners", EAST, key="at-commit")
    assert again.status_code == 201
    assert "idempotent-replayed" not in again.headers


async def test_an_exception_rolls_everything_back(kit: Database, owner: AsyncEngine) -> None:
    async def cut_off() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")
            work.changes.touch(new_id(), None, "job", new_id())
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await cut_off()
    assert await rows(owner, "SELECT * FROM probe") == []
    assert await rows(owner, "SELECT * FROM feed_entry") == []


async def test_a_queued_task_exists_only_if_the_transaction_commits(kit: Database, owner: AsyncEngine) -> None:
    async def queue_alone(*, then_fail: bool) -> None:
        async with begin(kit, SYSTEM, queue=PgQueue()) as work:
            await work.enqueue("probe", {"n": 1})
            if then_fail:
                raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await queue_alone(then_fail=True)
    assert await rows(owner, "SELECT * FROM pgqueuer") == []
    await queue_alone(then_fail=False)
    assert await rows(owner, "SELECT entrypoint, payload FROM pgqueuer") == [("probe", b'{"n":1}')]


async def test_a_partner_queues_work_and_sees_none_of_it(kit: Database, owner: AsyncEngine) -> None:
    ann = Actor(new_id(), Role.TECHNICIAN, new_id())
    async with begin(kit, ann, queue=PgQueue()) as work:
        await work.enqueue("probe", {"secret": "of somebody"})
    assert len(await rows(owner, "SELECT * FROM pgqueuer")) == 1
    with pytest.raises(Exception, match="permission denied"):
        async with begin(kit, ann) as work:
            await work.db.execute(text("SELECT payload FROM pgqueuer"))


async def test_a_failure_that_was_passed_over_is_not_told_as_committed(kit: Database, owner: AsyncEngine) -> None:
    async def passing_over() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")
            with contextlib.suppress(DBAPIError):
                await work.db.execute(text("SELECT 1 / 0"))

    with pytest.raises(NotCommitted):
        await passing_over()
    assert await rows(owner, "SELECT * FROM probe") == []


async def test_a_task_cannot_be_queued_outside_a_transaction(kit: Database, owner: AsyncEngine) -> None:
    async with kit.app.connect() as connection:
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await PgQueue().enqueue(driver_of(connection), [("probe", b"{}")])
    assert await rows(owner, "SELECT * FROM pgqueuer") == []


async def test_work_without_a_queue_says_so(kit: Database) -> None:
    async with begin(kit, SYSTEM) as work:
        with pytest.raises(RuntimeError, match="without a queue"):
            await work.enqueue("probe", None)


async def test_work_without_a_signer_says_so(kit: Database) -> None:
    async with begin(kit, SYSTEM) as work:
        with pytest.raises(RuntimeError, match="without a signer"):
            work.signer.sign(b"a label")


@pytest.mark.parametrize("role", ["app", "partner"])
async def test_every_connection_carries_its_time_outs(kit: Database, role: str) -> None:
    engine = getattr(kit, role)
    async with engine.connect() as connection:
        for name, wanted in CONNECTION_SETTINGS.items():
            found = await connection.scalar(text("SELECT current_setting(:name)"), {"name": name})
            assert str(found).lower() == wanted.lower(), name
        isolation = await connection.scalar(text("SHOW transaction_isolation"))
        assert isolation == "read committed"


async def test_a_transaction_knows_its_principal_and_forgets_it(kit: Database) -> None:
    ann = Actor(new_id(), Role.TECHNICIAN, new_id())
    async with begin(kit, ann) as work:
        assert await work.db.scalar(text("SELECT current_partner()")) == ann.partner_id
        assert await work.db.scalar(text("SELECT current_setting('app.actor')")) == str(ann.account_id)
        assert await work.db.scalar(text("SELECT current_user")) == "fieldstone_partner"
    async with kit.partner.connect() as connection:
        assert await connection.scalar(text("SELECT current_partner()")) is None


@pytest.mark.parametrize("then", ["statement", "session", "rows", "commit"])
async def test_a_connection_lost_in_the_middle_is_busy_and_stores_nothing(
    kit: Database, owner: AsyncEngine, then: str
) -> None:
    async def lose_it() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")
            pid = await work.driver.fetchval("SELECT pg_backend_pid()")
            async with kit.app.connect() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await asyncio.sleep(0.05)
            if then == "statement":
                await work.driver.execute("SELECT 1")
            if then == "session":
                await work.db.execute(text("SELECT 1"))
            if then == "rows":
                work.rows.add("probe", {"id": new_id(), "name": "elm"})

    with pytest.raises(Busy):
        await lose_it()
    assert await rows(owner, "SELECT * FROM probe") == []


async def test_a_connection_that_ends_itself_in_a_statement_is_busy(kit: Database) -> None:
    async def lose_it() -> None:
        async with begin(kit, SYSTEM) as work:
            await work.driver.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Busy):
        await lose_it()


@pytest.mark.parametrize("answer", [b"", b"E\0\0\0\x0dC57P03\0M\0\0"], ids=["none", "starting up"])
@pytest.mark.parametrize("lend", [reading, writing])
async def test_a_server_that_stops_or_starts_while_it_is_asked_for_a_connection_is_busy(
    lend: Callable[..., AbstractAsyncContextManager[object]], answer: bytes
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"N")  # no TLS here; what comes then is the start of a session
        await reader.read(1_000)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        url = f"postgresql+asyncpg://somebody@127.0.0.1:{port}/fieldstone"
        stopping = connect(url, url)
        with pytest.raises(Busy):
            async with lend(stopping, SYSTEM):
                pass
        await stopping.close()


async def test_a_lock_that_is_not_had_at_the_opening_is_no_lost_connection(kit: Database) -> None:
    late = "DO $$BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '55P03'; END$$"

    async def wait_in_vain() -> None:
        async with writing(kit, SYSTEM, late):
            raise AssertionError("it was opened")

    with pytest.raises(Exception, match="as asked") as failure:
        await wait_in_vain()
    assert sqlstate(failure.value) == "55P03", "so that it is tried again"
    async with begin(kit, SYSTEM) as work:
        await insert(work, "ash")


async def test_who_goes_away_while_a_transaction_opens_leaves_no_connection_half_open(
    kit: Database, owner: AsyncEngine
) -> None:
    async def wait() -> None:
        async with writing(kit, SYSTEM, "SELECT pg_advisory_xact_lock(4711); SELECT pg_sleep(9)"):
            raise AssertionError("it was opened")

    waiting = asyncio.create_task(wait())
    while not await rows(owner, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"):
        assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with begin(kit, SYSTEM) as work:
        await insert(work, "ash")
    assert await rows(owner, "SELECT name FROM probe") == [("ash",)]


async def test_a_connection_that_cannot_roll_back_is_never_lent_again(kit: Database, owner: AsyncEngine) -> None:
    async def leave_in_the_middle() -> None:
        async with begin(kit, SYSTEM) as work:
            await insert(work, "ash")
            statement = asyncio.create_task(work.driver.execute("SELECT pg_sleep(9)"))
            cut_off.append((work.driver, statement))
            await asyncio.sleep(0)  # the statement is under way
            raise ZeroDivisionError

    cut_off: list[tuple[object, asyncio.Task[None]]] = []
    with pytest.raises(Busy):
        await leave_in_the_middle()
    ((driver, statement),) = cut_off
    await asyncio.wait([statement])
    assert statement.exception() is not None
    async with begin(kit, SYSTEM) as work:
        assert work.driver is not driver
    assert await rows(owner, "SELECT * FROM probe") == []


@pytest.mark.parametrize("partner_id", [None, new_id()])
async def test_a_read_whose_connection_is_lost_is_busy(kit: Database, partner_id: UUID | None) -> None:
    async def lose_it() -> None:
        async with reading(kit, Actor(new_id(), Role.PARTNER_OFFICE if partner_id else Role.ADMIN, partner_id)) as db:
            await driver_of(db).execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Busy):
        await lose_it()


async def test_an_operation_is_planned_once_for_all_values_and_nothing_else_is(kit: Database) -> None:
    planned = []
    for op_id in ({"op_id": new_id()}, {}):
        async with begin(kit, SYSTEM, **op_id) as work:
            planned.append(await work.db.scalar(text("SHOW plan_cache_mode")))
    assert planned == ["force_generic_plan", "auto"]

"""Background work runs at least once, is tried again when it fails, and is never thrown away."""

import asyncio
import dataclasses
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pgqueuer.errors import RetryRequested
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from structlog.testing import capture_logs

from api import embedded, tasks
from api.context import Context
from api.leftovers import UPLOADS
from api.settings import Settings
from api.worker import (
    ATTEMPTS_MAX,
    CONNECTIONS_KEPT,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    POLL,
    TAKEN_MAX,
    TASKS,
    Task,
    drain,
    run_worker,
    task,
)
from domain.kit.actor import SYSTEM
from domain.kit.database import connect
from domain.kit.problem import Busy
from domain.kit.work import begin
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.conftest import rows

assert tasks  # declared before the register is given back below, or nobody after would have them

WAITING = "SELECT status::text, attempts, extract(epoch FROM execute_after - now())::int AS pause FROM pgqueuer"


@pytest.fixture
def declared() -> Iterator[dict[str, Task]]:
    """The register of tasks, given back as it was."""
    before = dict(TASKS)
    yield TASKS
    TASKS.clear()
    TASKS.update(before)


async def enqueue(context: Context, kind: str, payload: object) -> None:
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        await work.enqueue(kind, payload)


async def hurry(owner: AsyncEngine) -> None:
    """Let the pause of every waiting task be over."""
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE pgqueuer SET execute_after = now() - interval '1 s'"))


async def test_a_process_that_is_written_out_shows_no_secret(context: Context) -> None:
    """Rich tracebacks write out every variable of a failure: the context is one in each task."""
    settings = Settings(database_url="postgresql+asyncpg://app:secret@db/x", metrics_token="secret")
    told = repr(dataclasses.replace(context, session_key=b"secret", settings=settings))
    assert "secret" not in told


async def test_a_task_runs_with_its_payload_and_is_gone(
    context: Context, declared: dict[str, Task], owner: AsyncEngine
) -> None:
    ran: list[bytes] = []

    @task("probe.note")
    async def note(context: Context, payload: bytes) -> None:
        ran.append(payload)

    for number in range(3):
        await enqueue(context, "probe.note", {"n": number})
    await drain(context)
    assert sorted(ran) == [b'{"n":0}', b'{"n":1}', b'{"n":2}']
    assert await rows(owner, WAITING) == []


async def test_a_task_that_fails_is_tried_again_after_growing_pauses_and_held_at_last(
    context: Context, declared: dict[str, Task], owner: AsyncEngine
) -> None:
    tries: list[bytes] = []

    @task("probe.fail")
    async def fail(context: Context, payload: bytes) -> None:
        tries.append(payload)
        raise ZeroDivisionError("as asked")

    await enqueue(context, "probe.fail", 1)
    pauses: list[int] = []
    for _ in range(ATTEMPTS_MAX - 1):
        await drain(context)
        ((status, _, pause),) = await rows(owner, WAITING)
        assert status == "queued"
        pauses.append(int(str(pause)))
        await hurry(owner)
    await drain(context)
    assert len(tries) == ATTEMPTS_MAX
    assert [status for status, _, _ in await rows(owner, WAITING)] == ["failed"]
    assert pauses == sorted(pauses)
    assert FIRST_PAUSE.total_seconds() - 3 <= pauses[0] <= FIRST_PAUSE.total_seconds()
    assert pauses[-1] <= LONGEST_PAUSE.total_seconds()
    await drain(context)
    assert len(tries) == ATTEMPTS_MAX


@pytest.mark.parametrize("error", [Busy("as asked"), ConnectionRefusedError("as asked")])
async def test_a_task_is_never_held_because_database_or_files_are_away(
    error: Exception, context: Context, declared: dict[str, Task], owner: AsyncEngine
) -> None:
    tries: list[bytes] = []

    @task("probe.away")
    async def fail(context: Context, payload: bytes) -> None:
        tries.append(payload)
        raise error

    await enqueue(context, "probe.away", 1)
    for _ in range(ATTEMPTS_MAX + 2):
        await drain(context)
        await hurry(owner)
    assert len(tries) == ATTEMPTS_MAX + 2
    assert [status for status, _, _ in await rows(owner, WAITING)] == ["queued"]


async def test_a_task_that_asks_for_a_pause_gets_it(
    context: Context, declared: dict[str, Task], owner: AsyncEngine
) -> None:
    @task("probe.later")
    async def later(context: Context, payload: bytes) -> None:
        raise RetryRequested(dt.timedelta(seconds=100), "the store is away")

    await enqueue(context, "probe.later", 1)
    await drain(context)
    ((status, _, pause),) = await rows(owner, WAITING)
    assert status == "queued"
    assert 90 < int(str(pause)) <= 100


async def test_a_failing_task_keeps_no_other_waiting(context: Context, declared: dict[str, Task]) -> None:
    done = asyncio.Event()

    @task("probe.fail")
    async def fail(context: Context, payload: bytes) -> None:
        raise ZeroDivisionError

    @task("probe.note")
    async def note(context: Context, payload: bytes) -> None:
        done.set()

    await enqueue(context, "probe.fail", 1)
    await enqueue(context, "probe.note", 1)
    await asyncio.wait_for(drain(context), 10)
    assert done.is_set()


async def test_the_worker_survives_a_restart_of_its_database_and_ends_when_told(
    context: Context, declared: dict[str, Task], cluster: embedded.Embedded
) -> None:
    ran = asyncio.Event()

    @task("probe.note")
    async def note(context: Context, payload: bytes) -> None:
        ran.set()

    async with at_work(context, cluster) as working:
        for _ in range(2):
            ran.clear()
            await enqueue(context, "probe.note", 1)
            await asyncio.wait_for(ran.wait(), 20)
            await cut_everybody(context)
        assert not working.done()


async def test_a_task_that_fails_while_its_database_is_away_is_taken_up_again(
    context: Context, declared: dict[str, Task], cluster: embedded.Embedded, owner: AsyncEngine
) -> None:
    """It could not be given back for another try, and was held as failed once the database was there again."""
    go, again = asyncio.Event(), asyncio.Event()

    @task("probe.wait")
    async def wait(context: Context, payload: bytes) -> None:
        await go.wait()

    @task("probe.cut")
    async def cut(_: Context, payload: bytes) -> None:
        if go.is_set():
            again.set()
            return
        await let_in(cluster, owner, False)
        await cut_everybody(context)
        raise ZeroDivisionError("as asked")

    async with at_work(context, cluster):
        await enqueue(context, "probe.wait", 1)
        await until(owner, "SELECT 1 FROM pgqueuer WHERE entrypoint = 'probe.wait' AND status = 'picked'")
        with capture_logs() as said:
            try:
                await enqueue(context, "probe.cut", 1)
                async with asyncio.timeout(20):
                    while not any("cannot be given back" in line["event"] for line in said):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            finally:
                await let_in(cluster, owner, True)
                go.set()
        async with asyncio.timeout(20):
            while not again.is_set():
                await pass_half_a_minute(owner)
                await asyncio.sleep(0.05)


async def let_in(cluster: embedded.Embedded, owner: AsyncEngine, anybody: bool) -> None:
    """Have the database take new connections, or none."""
    beside = create_async_engine(cluster.url("fieldstone_owner", "postgres"), isolation_level="AUTOCOMMIT")
    async with beside.connect() as connection:
        await connection.execute(text(f"ALTER DATABASE {owner.url.database} ALLOW_CONNECTIONS {anybody}"))
    await beside.dispose()


async def pass_half_a_minute(owner: AsyncEngine) -> None:
    """Let what no worker gave a sign of life for be taken up."""
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE pgqueuer SET heartbeat = now() - interval '31 s'"))


async def until(owner: AsyncEngine, found: str) -> None:
    """Wait for a row."""
    async with asyncio.timeout(30):
        while not await rows(owner, found):  # noqa: ASYNC110 - the database does not tell
            await asyncio.sleep(0.05)


async def test_a_worker_forgets_what_dead_processes_left(context: Context, cluster: embedded.Embedded) -> None:
    left = Path(context.settings.data) / UPLOADS / "left"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (0, 0))
    async with at_work(context, cluster), asyncio.timeout(20):
        while left.exists():  # noqa: ASYNC110 - the file does not tell
            await asyncio.sleep(0.05)


@asynccontextmanager
async def at_work(context: Context, cluster: embedded.Embedded) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker with connections of its own, and tell it to end."""
    database = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=2)
    own = dataclasses.replace(context, database=database, sandbox=PhotoSandbox(workers=1))
    working = asyncio.create_task(run_worker(own))
    try:
        yield working
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(working, 20)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)


async def cut_everybody(context: Context) -> None:
    """Cut every connection of the product's role, as a restart of the server would."""
    async with context.database.app.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        )
    await asyncio.sleep(0.1)


async def test_a_commit_wakes_nobody(owner: AsyncEngine) -> None:
    """The queue's own NOTIFY takes one lock through every commit, so its trigger is gone."""
    found = await rows(owner, "SELECT tgname FROM pg_trigger WHERE tgrelid = 'pgqueuer'::regclass AND NOT tgisinternal")
    assert found == []


async def test_a_burst_of_tasks_takes_turns_and_none_waits_for_a_connection(
    context: Context, declared: dict[str, Task], owner: AsyncEngine
) -> None:
    under_way, most, ran = 0, 0, 0

    @task("probe.burst")
    async def burst(context: Context, payload: bytes) -> None:
        nonlocal under_way, most, ran
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way, ran = under_way - 1, ran + 1

    for number in range(3 * context.settings.pool_size):
        await enqueue(context, "probe.burst", number)
    await drain(context)
    assert (ran, await rows(owner, WAITING)) == (3 * context.settings.pool_size, [])
    assert most <= context.settings.pool_size - CONNECTIONS_KEPT


async def test_a_worker_takes_a_long_queue_bit_by_bit_and_leaves_the_rest_when_it_ends(
    context: Context, declared: dict[str, Task], cluster: embedded.Embedded, owner: AsyncEngine
) -> None:
    taken = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'probe.wait' AND status = 'picked'"
    left = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'probe.wait' AND status = 'queued'"
    go = asyncio.Event()

    @task("probe.wait")
    async def wait(context: Context, payload: bytes) -> None:
        await go.wait()

    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        for number in range(4 * TAKEN_MAX):
            await work.enqueue("probe.wait", number)
    async with at_work(context, cluster):
        await until(owner, f"SELECT 1 WHERE ({taken}) = {TAKEN_MAX}")
        await asyncio.sleep(2 * POLL.total_seconds())
        assert await rows(owner, taken) == [(TAKEN_MAX,)]
        go.set()
    assert await rows(owner, taken) == [(0,)]
    assert await rows(owner, left) > [(TAKEN_MAX,)]

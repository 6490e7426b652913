"""Background work: tasks run at least once and are idempotent. Polls; a NOTIFY would lock every commit.

A task that fails is tried again after growing pauses; after the last try it is held in the queue as ``failed``, for a
person to look at. A task whose worker died is taken up by another one half a minute later.
"""

import asyncio
import contextlib
import datetime as dt
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import structlog
from pgqueuer import AsyncpgPoolDriver, Job, Queries, QueueManager
from pgqueuer.errors import RetryRequested
from pgqueuer.models import TracebackRecord
from sqlalchemy.engine import make_url

from api.context import Context
from api.leftovers import forget_leftovers
from api.tasks_audit import seal_continually
from domain.claims.figures import COUNT
from domain.claims.scored import RECKON
from domain.jobs.request_erasing import FORGET_REQUESTS
from domain.jobs.scope import MOVE_WINDOW
from domain.kit.actor import SYSTEM
from domain.kit.problem import Busy
from domain.kit.work import Work, transact, utc_now
from domain.operations.understanding import UNDERSTAND
from domain.people.sessions import forget_expired
from domain.reports.print_jobs import FORGET_PRINTS
from mobile_sync.snapshots import BUILD
from printing.fonts import typeface

log = structlog.get_logger()
POLL = dt.timedelta(milliseconds=250)
CLOSE_WITHIN = dt.timedelta(seconds=3)
RECONNECT_AFTER = dt.timedelta(seconds=2)
DRAIN_POLL = dt.timedelta(milliseconds=50)
_DUE = (
    "SELECT 1 FROM pgqueuer WHERE entrypoint = ANY ($1) "
    "AND (status = 'picked' OR status = 'queued' AND execute_after <= now()) LIMIT 1"
)
TAKEN_MAX = 20
"""Of a long queue a worker takes so many at a time: they are done before it ends, and no other worker has them."""
ATTEMPTS_MAX = 8
CONNECTIONS_KEPT = 3
"""For the upkeep, for the audit chain, and for a task that needs a second one."""
FIRST_PAUSE = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=10)
TIDY_EVERY = dt.timedelta(hours=1)
Task = Callable[[Context, bytes], Awaitable[None]]
TASKS: dict[str, Task] = {}


def task(kind: str) -> Callable[[Task], Task]:
    """Declare what runs when a task of ``kind`` is taken from the queue."""

    def declare(run: Task) -> Task:
        TASKS[kind] = run
        return run

    return declare


class _Tasks(Queries):
    """The queue; a task that cannot be given back for another try, for the database is away, stays taken.

    It would be held as failed otherwise, and nobody would do it. Half a minute later it is taken up anew.
    """

    async def retry_job(self, job: Job, delay: dt.timedelta, traceback_record: TracebackRecord | None) -> None:
        """Give a task back."""
        try:
            await super().retry_job(job, delay, traceback_record)
        except Exception:
            log.exception("a task cannot be given back; it is taken up anew", kind=job.entrypoint, job=int(job.id))


@contextlib.asynccontextmanager
async def _queue(context: Context) -> AsyncIterator[QueueManager]:
    import api.tasks  # noqa: F401 - declares the tasks, which need `task` above

    url = make_url(context.settings.database_url)
    options = dict(url.query)
    pool = await asyncpg.create_pool(
        user=url.username,
        password=url.password,
        database=url.database,
        host=options.get("host") or url.host,
        port=int(str(options.get("port") or url.port or 5432)),
        min_size=1,
        max_size=4,
    )
    manager = QueueManager(_Tasks(AsyncpgPoolDriver(pool)))
    # A burst of tasks waits here: waiting for a connection would end as a failure.
    turn = asyncio.Semaphore(max(1, context.settings.pool_size - CONNECTIONS_KEPT))
    for kind, run in TASKS.items():
        _register(manager, context, kind, run, turn)
    try:
        yield manager
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_WITHIN.total_seconds())
        except TimeoutError:  # a lost connection is never given back
            pool.terminate()


def _register(manager: QueueManager, context: Context, kind: str, run: Task, turn: asyncio.Semaphore) -> None:
    async def serve(job: Job) -> None:
        try:
            async with turn:
                await run(context, job.payload or b"")
        except RetryRequested:
            raise
        except Exception as error:
            log.exception("task failed", kind=kind, job=int(job.id), attempts=job.attempts)
            passing = isinstance(error, Busy | OSError)  # not the task's fault, however long it lasts
            if job.attempts + 1 >= ATTEMPTS_MAX and not passing:
                raise
            raise RetryRequested(
                min(FIRST_PAUSE * 2 ** min(job.attempts, ATTEMPTS_MAX), LONGEST_PAUSE), str(error)
            ) from error

    manager.entrypoint(kind, on_failure="hold")(serve)


async def drain(context: Context) -> None:
    """Run what is due now, then return; what waits for another try is left waiting."""
    async with _queue(context) as manager:
        running = asyncio.create_task(manager.run(dequeue_timeout=POLL))
        while not running.done() and await manager.queries.driver.fetch(_DUE, list(TASKS)):  # noqa: ASYNC110
            await asyncio.sleep(DRAIN_POLL.total_seconds())
        manager.shutdown.set()
        await running


async def run_worker(context: Context) -> None:
    """Run tasks until SIGTERM or SIGINT; a database that goes away is waited for."""
    await asyncio.to_thread(typeface)  # loading fonts takes longer than printing a report
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    beside = [asyncio.create_task(_tidy(context)), asyncio.create_task(seal_continually(context))]
    try:
        while not stop.is_set():
            try:
                await _run_until(context, stop)
            except Exception:
                log.exception("the queue cannot be reached; trying again")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RECONNECT_AFTER.total_seconds())
    finally:
        for one in beside:
            one.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await context.close()


async def _run_until(context: Context, stop: asyncio.Event) -> None:
    async with _queue(context) as manager:
        told = asyncio.create_task(stop.wait())
        told.add_done_callback(lambda _: manager.shutdown.set())
        try:
            await manager.run(dequeue_timeout=POLL, max_concurrent_tasks=TAKEN_MAX)
        finally:
            told.cancel()


async def _tidy(context: Context) -> None:
    from api.tasks_uploads import forget_stale  # declares a task, which needs `task` above

    while True:
        try:
            tokens = await transact(context.database, SYSTEM, forget_expired)
            await transact(context.database, SYSTEM, _ask_for_upkeep, queue=context.queue)
            uploads = await forget_stale(context)
            leftovers = await asyncio.to_thread(forget_leftovers, Path(context.settings.data), utc_now())
            log.info("tidied", access_tokens=tokens, uploads=uploads, leftovers=leftovers)
        except Exception:
            log.exception("tidying failed; it is tried again in an hour")
        await asyncio.sleep(TIDY_EVERY.total_seconds())


async def _ask_for_upkeep(work: Work) -> None:
    for kind in (BUILD, COUNT, RECKON, MOVE_WINDOW, UNDERSTAND, FORGET_PRINTS, FORGET_REQUESTS):
        await work.enqueue(kind, {})

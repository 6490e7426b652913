"""The worker killed at each labelled point, PostgreSQL stopped under it: in the end everything is done, and done once.

What is sent goes out at least once: a message or a mail that was out when the worker died, before that was noted, comes
again under the same id. Another worker takes a dead one's tasks half a minute later; here the queue is told that the
time has passed.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy.exc import SQLAlchemyError

from api.app import make_app
from api.context import Context, build
from api.embedded import Embedded
from api.running import environment_of
from api.settings import Settings
from domain.kit.actor import SYSTEM
from domain.kit.files import FORGET
from domain.kit.problem import Problem
from domain.kit.work import begin
from tests.bench.served import scratch
from tests.cast import Cast, cast_of
from tests.prove.crashes import stopped_and_back
from tests.prove.dying_worker import POINTS, WATCHED
from tests.prove.forked import forks_of
from tests.prove.handed_in import stored
from tests.prove.outcomes import amiss, repeated
from tests.prove.result import Result, Sizes, judged
from tests.prove.writers import Writers
from tests.reports.mail_sink import Sink, mail_server
from tests.sync.handset import handset
from tests.webhooks.receiver import Receiver, listening

NUMBER = 5
SIZES = {"kills": (1, 60), "stops": (2, 60)}
NTH_MAX = 3
"""A worker dies when it passed its point, of transactions in tasks of one kind, for the first to the third time."""
WAITING_MAX = 12
"""Nobody hands in more while so many tasks wait: what was begun is to be done in the end."""
MAIL_THREADS, POST_THREADS = 4, 8
"""So many may be out and not noted when a worker dies."""
STATE_S, POLL_S = 120, 0.05
AWAY = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, Problem)
"""What is raised while PostgreSQL is stopped."""
WAITING = "SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked') AND entrypoint <> $1"
WATCHED_WAITING = "SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked') AND entrypoint = ANY ($1)"
AT_WORK = "SELECT count(*) FROM pgqueuer WHERE status = 'picked' AND heartbeat > pg_postmaster_start_time()"
UNDONE = "SELECT entrypoint || ' ' || status FROM pgqueuer WHERE entrypoint <> $1 ORDER BY id"
TAKEN_BEFORE = "heartbeat < pg_postmaster_start_time()"
A_MINUTE_LATER = """
    UPDATE pgqueuer SET heartbeat = heartbeat - interval '1 min', execute_after = execute_after - interval '1 min'
    WHERE (status = 'picked' OR (status = 'queued' AND entrypoint <> $1 AND execute_after > now()))"""


@dataclass(frozen=True, slots=True)
class World:
    """The product, the partner's system and the mail server that it tells, and who hands visits in."""

    context: Context
    cast: Cast
    receiver: Receiver
    sink: Sink
    writers: Writers = field(default_factory=Writers)

    async def ask(self, statement: str, *given: Any) -> Any:
        """Return what a statement says; None while PostgreSQL is stopped."""
        try:
            async with begin(self.context.database, SYSTEM) as work:
                return await work.driver.fetchval(statement, *given)
        except AWAY:
            return None


async def measure(sizes: Sizes) -> Result:
    """Let visits be handed in all through the deaths, let one worker do what is left, then look at everything."""
    kills, stops = len(POINTS) * sizes["kills"], sizes["stops"]
    async with scratch() as (server, _, data), _world(server, data) as world:
        failures = world.writers.failures
        await _work_and_die(world, data, sizes)
        lost, twice = await world.writers.lost_or_twice(world.context.database)
        failures += await amiss(world.context, world.receiver, world.sink)
    mails = repeated(str(mail["Message-ID"]) for mail in world.sink.mails)
    posts = repeated(headers["webhook-id"] for _, headers, _ in world.receiver.came)
    for what, many, threads in (("mails", mails, MAIL_THREADS), ("messages", posts, POST_THREADS)):
        if not sizes["kills"] <= many <= (kills + stops) * threads:
            failures.append(f"{many} {what} came again")
    return judged(
        "kill -9 of the worker, PostgreSQL stopped under it",
        f"{len(POINTS)} points × {sizes['kills']} + {stops} stops: all done, nothing sent is lost, the rest once",
        f"{kills} kills, {stops} stops, {len(world.writers.acknowledged)} visits: {lost} lost, {twice} twice; "
        f"again came {mails} of {len(world.sink.mails)} mails, {posts} of {len(world.receiver.came)} messages",
        failures,
        enough=len(world.writers.acknowledged) >= NTH_MAX * sizes["kills"],
    )


async def _work_and_die(world: World, data: Path, sizes: Sizes) -> None:
    dice = random.Random(5)
    failures = world.writers.failures
    with ExitStack() as again:
        async with forks_of("tests.prove.dying_worker", **environment_of(world.context.settings)) as workers:
            handing_in = asyncio.create_task(_hand_in(world))
            for point in POINTS * sizes["kills"]:
                told = f"{dice.randint(1, NTH_MAX)} {dice.choice(WATCHED)} {point}"
                await workers.begin(told)
                if (code := await workers.ended()) != -signal.SIGKILL:
                    failures.append(f"no death at {told}: ended with {code}")
                await world.ask(A_MINUTE_LATER, FORGET)
            await workers.begin(f"0 {WATCHED[0]} none")
            for _ in range(sizes["stops"]):
                await _until_at_work(world)
                again.callback((await asyncio.to_thread(stopped_and_back, data / "postgres")).stop)
            await _until_at_work(world)
            world.writers.over.set()
            await handing_in
            await _until_done(world)
            os.kill(workers.child, signal.SIGTERM)
            if (code := await workers.ended()) != 0:
                failures.append(f"the worker that was to live ended with {code}")


async def _until_at_work(world: World) -> None:
    """Wait until the worker took tasks since PostgreSQL started; for those it had before, half a minute passes."""
    async with asyncio.timeout(STATE_S):
        while not await world.ask(AT_WORK):
            await world.ask(f"{A_MINUTE_LATER} AND (status = 'queued' OR {TAKEN_BEFORE})", FORGET)
            await asyncio.sleep(POLL_S)


async def _until_done(world: World) -> None:
    """Wait until nothing waits but files that are removed in an hour; every minute of a pause passes at once."""
    try:
        async with asyncio.timeout(STATE_S):
            while await world.ask(WAITING, FORGET) != 0 or await world.ask("SELECT count(*) FROM unsealed") != 0:
                await world.ask(A_MINUTE_LATER, FORGET)
                await asyncio.sleep(POLL_S * 4)
    except TimeoutError:
        world.writers.failures.append("the worker is not done")
    async with begin(world.context.database, SYSTEM) as work:
        world.writers.failures += [one for (one,) in await work.driver.fetch(UNDONE, FORGET)]


async def _hand_in(world: World) -> None:
    """Hand in one visit after another, whenever little waits."""
    phone, number = handset(world.cast.ann), 0
    while not world.writers.over.is_set():
        waiting = await world.ask(WATCHED_WAITING, list(WATCHED))
        if waiting is None or waiting >= WAITING_MAX:
            await asyncio.sleep(POLL_S)
            continue
        with contextlib.suppress(*AWAY):
            one = await stored(world.context, world.cast, phone, number)
            number += 1
            await world.writers.until_acknowledged(one)


@asynccontextmanager
async def _world(server: Embedded, data: Path) -> AsyncIterator[World]:
    """Serve the product in this process, with customers that have addresses and a partner that wants to be told."""
    with listening() as receiver:
        async with mail_server() as sink:
            settings = Settings(
                data=str(data),
                database_url=server.url("fieldstone_app"),
                partner_database_url=server.url("fieldstone_partner"),
                webhook_loopback=True,
                smtp_url=sink.url,
            )
            async with build(settings) as context:
                transport = httpx.ASGITransport(make_app([context]), raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test") as client:
                    cast = await cast_of(context, client)
                    asked = {"url": receiver.url, "events": ["claim.decided", "claim.changed"]}
                    webhook = await cast.pam.done("/webhooks", asked)
                    await cast.ada.done("/webhooks/approve", {"webhook_id": webhook["id"]})
                    yield World(context, cast, receiver, sink)

"""The server killed at each labelled point, PostgreSQL stopped, under load: nothing is lost, nothing done twice."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from api import embedded
from tests import make
from tests.bench.served import free_port, scratch
from tests.cast import cast_of
from tests.prove.dying import POINTS
from tests.prove.forked import forks_of
from tests.prove.result import Result, Sizes, judged
from tests.prove.writers import Writers, everybody

NUMBER = 5
SIZES = {"kills": (5, 100), "stops": (5, 200), "repeated": (200, 2_000)}
NTH_MAX = 8
"""A server dies when it passed its point for the first to the eighth time."""
ANSWER_S, LOAD_S = 60, 0.7


async def measure(sizes: Sizes) -> Result:
    """Let clients write and repeat all through the crashes, then count every acknowledged write."""
    writers = Writers()
    dice = random.Random(5)
    again: list[embedded.Embedded] = []
    async with scratch() as (server, database, data), _client() as client:
        context: Any = SimpleNamespace(database=database)
        cast = await cast_of(context, client)
        ready = await make.ready_visit(context, cast, technician=cast.otto)
        environment = {"DATABASE_URL": server.url("fieldstone_app"), "FIELDSTONE_DATA": str(data)}
        port = free_port()
        client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        async with forks_of("tests.prove.dying", **environment) as servers:
            writing = [asyncio.create_task(writers.write(making)) for making in everybody(cast, ready)]
            for point in POINTS * sizes["kills"]:
                nth = dice.randint(1, NTH_MAX)
                await servers.begin(f"{port} {nth} {point}")
                code = await servers.ended()
                if code != -signal.SIGKILL:
                    writers.failures.append(f"no death where {point} ({nth}.): ended with {code}")
            await servers.begin(f"{port} 0 none")
            await _answering(client)
            for _ in range(sizes["stops"]):
                await asyncio.sleep(LOAD_S * 2 * dice.random())
                again.append(await asyncio.to_thread(stopped_and_back, data / "postgres"))
            await asyncio.sleep(LOAD_S)
            writers.over.set()
            await asyncio.gather(*writing)
            some = min(len(writers.acknowledged), sizes["repeated"])
            await writers.told_again(dice.sample(writers.acknowledged, some))
        lost, twice = await writers.lost_or_twice(database)
        for one in again:
            one.stop()
    kills = len(POINTS) * sizes["kills"]
    return judged(
        "kill -9 of the server, immediate stop of PostgreSQL",
        f"{len(POINTS)} points × {sizes['kills']} + {sizes['stops']} stops: 0 acknowledged lost, 0 twice",
        f"{kills} kills, {sizes['stops']} stops, {len(writers.acknowledged):,} acknowledged: "
        f"{lost} lost, {twice} twice; {writers.broken_off} broken off, {writers.refused} told to repeat",
        writers.failures,
        enough=len(writers.acknowledged) > kills,
    )


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


async def _answering(client: httpx.AsyncClient) -> None:
    """Wait until the server answers: one that starts without a database ends at once, as it should."""
    async with asyncio.timeout(ANSWER_S):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/health")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


def stopped_and_back(folder: Path) -> embedded.Embedded:
    """Stop PostgreSQL as a power cut does, with no word to anybody, and start it again."""
    postgres = embedded._Server.of(folder).process_id()
    assert postgres is not None
    os.kill(postgres, signal.SIGQUIT)
    return embedded.start(folder)

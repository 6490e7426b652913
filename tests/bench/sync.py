"""The morning burst of five hundred phones, a steady stream of operations, and two thousand phones that only ask.

SYNC_SECONDS sets how long the stream lasts (60; 600 for the whole ten minutes).
"""

import asyncio
import os
import random
import time
from typing import Any

import msgspec

from tests.bench.load import Connection, Measured, connected, steadily
from tests.bench.phones import PHONES, Phone, crew
from tests.bench.served import scratch, serving

CONNECTIONS = 64
OPERATIONS = 20
STREAM_PER_SECOND = 300
STREAM_BATCH = 10
STREAM_SECONDS = float(os.environ.get("SYNC_SECONDS", "60"))
POLLERS = 2_000
POLL_SECONDS = 60


async def run() -> dict[str, Any]:
    """Return how long the burst lasts, and the latencies of the stream and of idle polls."""
    async with scratch() as (server, database, data):
        phones = await crew(database, server.url("fieldstone_owner"))
        product = {"DATABASE_URL": server.url("fieldstone_app"), "FIELDSTONE_DATA": str(data)}
        with serving("api.asgi:app", **product) as base:
            figures = {"burst": await _burst(base, phones)}
            figures["stream"] = await _stream(base, phones)
            figures["idle"] = await _idle(base, phones)
    return figures


async def _burst(base: str, phones: list[Phone]) -> dict[str, Any]:
    """Let every phone pull its sixty rows and push twenty operations."""
    waiting = list(phones)
    pulls: list[float] = []
    pushes: list[float] = []

    retried = 0

    async def worker() -> None:
        nonlocal retried
        connection = await connected(base)
        while waiting:
            phone = waiting.pop()
            started = time.perf_counter()
            retried += await _until_taken(connection, phone.pull())
            rows = msgspec.json.decode(connection.body)["feeds"]["me"]["rows"]
            assert len(rows) == 60, f"a phone was given {len(rows)} rows"
            pulls.append(time.perf_counter() - started)
            started = time.perf_counter()
            retried += await _until_taken(connection, phone.push(OPERATIONS))
            pushes.append(time.perf_counter() - started)
            _all_taken(connection.body)
        if connection.transport is not None:
            connection.transport.close()

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - started
    return {
        "phones": len(phones),
        "drained_in_s": round(seconds, 1),
        "asked_s": 60,
        "told_to_wait": retried,
        "operations_per_second": round(len(phones) * OPERATIONS / seconds),
        "pull_p95_ms": round(sorted(pulls)[int(len(pulls) * 0.95)] * 1000),
        "push_p95_ms": round(sorted(pushes)[int(len(pushes) * 0.95)] * 1000),
    }


async def _until_taken(connection: Connection, request: bytes) -> int:
    """Send a request, again after a pause when the server is busy, as phones do; returns how often it was."""
    for tried in range(20):
        status = await connection.ask(request)
        if status == 200:
            return tried
        assert status == 503, connection.body[:500]
        await asyncio.sleep(random.uniform(0.5, 1.5))
    raise RuntimeError("the server stayed busy")


def _all_taken(body: bytes) -> int:
    answer = msgspec.json.decode(body)
    if answer["status"] == 503:
        return 0  # told to wait, and counted as failed: a phone sends it again
    assert answer["status"] in ("ok", "gap"), answer
    wrong = [one for one in answer["results"] if one["status"] not in ("applied", "applied_flagged", "superseded")]
    assert not wrong, wrong[:2]
    return len(answer["results"])


async def _stream(base: str, phones: list[Phone]) -> dict[str, Any]:
    rate = STREAM_PER_SECOND / STREAM_BATCH
    measured, bodies = await steadily(
        base,
        lambda n: phones[n % PHONES].push(STREAM_BATCH),
        per_second=rate,
        seconds=STREAM_SECONDS,
        connections=CONNECTIONS,
    )
    taken = sum(_all_taken(body) for body in bodies)
    return {
        "seconds": STREAM_SECONDS,
        "operations_per_second": round(taken / STREAM_SECONDS),
        "operations_a_push": STREAM_BATCH,
        "told_to_wait": measured.failed,
        **_latency(measured),
        "asked_p95_ms": 400,
    }


async def _idle(base: str, phones: list[Phone]) -> dict[str, Any]:
    connection = await connected(base)
    for phone in phones:
        assert await connection.ask(phone.pull()) == 200
        phone.cursor = msgspec.json.decode(connection.body)["feeds"]["me"]["token"]
    measured, bodies = await steadily(
        base,
        lambda n: phones[n % PHONES].pull(),
        per_second=POLLERS / 60,
        seconds=POLL_SECONDS,
        connections=CONNECTIONS,
    )
    assert all(not msgspec.json.decode(body)["feeds"]["me"]["rows"] for body in bodies), "an idle phone was given rows"
    return {"pollers": POLLERS, **_latency(measured), "asked_p95_ms": 40}


def _latency(measured: Measured) -> dict[str, Any]:
    return {
        "p50_ms": measured.p50_ms,
        "p95_ms": measured.p95_ms,
        "p99_ms": measured.p99_ms,
        "failed": measured.failed,
    }

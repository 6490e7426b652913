"""Photos sent by tus to one process, with durable commits: one large one, and many small ones from eight phones."""

import asyncio
import os
import time
from types import SimpleNamespace
from typing import Any

import httpx

from tests.bench.served import scratch, serving
from tests.cast import Caller, cast_of
from tests.sync.sending import begin, patch

LARGE_BYTES = 25 * 1024 * 1024
SMALL_BYTES = 500_000
SMALL_EACH = 20
PHONES = 8


async def run() -> dict[str, Any]:
    """Return megabytes a second, and small photos a second."""
    async with scratch() as (server, database, data):
        context: Any = SimpleNamespace(database=database)
        app = server.url("fieldstone_app")
        with serving("api.asgi:app", DATABASE_URL=app, FIELDSTONE_DATA=str(data)) as base:
            async with httpx.AsyncClient(base_url=base, timeout=60) as client:
                cast = await cast_of(context, client)
                found: dict[str, Any] = {}
                for name, who in (("ours", cast.otto), ("partner", cast.ann)):
                    await _send(who, SMALL_BYTES)
                    seconds = [await _send(who, LARGE_BYTES) for _ in range(3)]
                    found[f"one_of_25_mib_{name}"] = f"{LARGE_BYTES / 1e6 / min(seconds):.0f} MB/s"
                started = time.perf_counter()
                await asyncio.gather(*(_send_many(cast.ben) for _ in range(PHONES)))
                each = (time.perf_counter() - started) / PHONES / SMALL_EACH
                found["of_500_kb_from_8_phones"] = f"{1 / each:.0f}/s, {SMALL_BYTES / 1e6 / each:.0f} MB/s"
    return found


async def _send(who: Caller, size: int) -> float:
    content = os.urandom(size)
    started = time.perf_counter()
    _, address = await begin(who, content)
    answer = await patch(who, address, 0, content)
    assert answer.status_code == 204, answer.text
    return time.perf_counter() - started


async def _send_many(who: Caller) -> None:
    for _ in range(SMALL_EACH):
        await _send(who, SMALL_BYTES)

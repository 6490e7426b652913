"""One claim decided, HTTP to commit, against a bare guarded INSERT in the same run, as the stored claims grow.

The request completes a visit: sheet check, report, all certain rules, claim with its lines, journal, feeds, commit.
What the gate costs of it and what the sheet is told apart by ``deciding.parts``. ``CLAIM_COUNTS`` names how many
claims are stored at each measuring: 10000,1000000,5000000 unless told.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.kit.actor import SYSTEM
from domain.kit.database import Database, connect
from domain.kit.work import begin
from tests.bench.deciding import parts
from tests.bench.load import Measured, connected, load, request, summary
from tests.bench.scan import GUARD, SECONDS
from tests.bench.served import dsn, scratch, serving
from tests.bench.stored_claims import fill
from tests.cast import Cast, actor_of, cast_of
from tests.claims.racing import Rider, line_up

COUNTS = tuple(int(count) for count in os.environ.get("CLAIM_COUNTS", "10000,1000000,5000000").split(","))
WARM, ALONE, TOGETHER, TAKEN_APART, CONNECTIONS = 40, 150, 400, 120, 8


async def run() -> dict[str, Any]:
    """Return the yardstick, and per count the requests a second of it and the p50 alone and among eight."""
    async with scratch() as (server, database, data):
        owner = create_async_engine(server.url("fieldstone_owner"))
        async with owner.begin() as connection:
            await connection.execute(text(GUARD))
            await connection.execute(text("GRANT INSERT, SELECT ON bench_guarded TO fieldstone_app"))
        await owner.dispose()
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        app = server.url("fieldstone_app")
        with serving("tests.bench.bare:app", BENCH_DSN=dsn(app)) as base:
            yardstick = await load(base, lambda _: _guarded(cast), seconds=SECONDS)
        found: dict[str, Any] = {"yardstick": {"per_second": yardstick.per_second, "p50_ms": yardstick.p50_ms}}
        filler = await asyncpg.connect(dsn(server.url("fieldstone_owner")))
        stored = 0
        for count in COUNTS:
            began = time.perf_counter()
            await fill(filler, stored, count, *_ids(cast))
            stored = count
            riders = [
                rider for _ in range(WARM + ALONE + TOGETHER + TAKEN_APART) for rider in await _ready(database, cast)
            ]
            filled = round(time.perf_counter() - began)
            environment = {"DATABASE_URL": app, "FIELDSTONE_DATA": str(data)}
            with serving("api.asgi:app", **environment) as base:
                coming = iter(riders)
                await _complete(base, coming, WARM, CONNECTIONS)
                alone = await _complete(base, coming, ALONE, 1)
                together = await _complete(base, coming, TOGETHER, CONNECTIONS)
            apart = connect(app, server.url("fieldstone_partner"), pool_size=1)
            taken_apart = await parts(apart, list(coming))
            await apart.close()
            found[f"{count:,} stored"] = {
                "per_second": together.per_second,
                "of_yardstick": round(together.per_second / yardstick.per_second, 3),
                "p50_alone_ms": alone.p50_ms,
                "p50_ms": together.p50_ms,
                "p99_ms": together.p99_ms,
                "failed": alone.failed + together.failed,
                "filled_in_s": filled,
                "without_http": taken_apart,
            }
        await filler.close()
        found["states"] = dict(await _states(database))
    return found


def _ids(cast: Cast) -> tuple[Any, Any]:
    ann = actor_of(cast.ann)
    return ann.partner_id, ann.account_id


async def _ready(database: Database, cast: Cast) -> list[Rider]:
    return (await line_up(database, [cast.ann], 1))[1]


def _guarded(cast: Cast) -> bytes:
    return request("POST", "/guarded", token=cast.otto.token, body=b"{}", idempotency_key=uuid4().hex)


async def _complete(base: str, riders: Iterator[Rider], count: int, connections: int) -> Measured:
    """Complete so many visits on so many connections, each as soon as the one before is answered."""
    requests = [
        request(
            "POST",
            "/visits/complete",
            token=rider.technician.token,
            body=msgspec.json.encode(msgspec.structs.asdict(rider.command)),
            idempotency_key=uuid4().hex,
        )
        for rider, _ in zip(riders, range(count), strict=False)
    ]
    waiting, seconds, failed = iter(requests), [], 0

    async def one_after_another() -> None:
        nonlocal failed
        connection = await connected(base)
        for asked in waiting:
            began = time.perf_counter()
            status = await connection.ask(asked)
            seconds.append(time.perf_counter() - began)
            failed += not 200 <= status < 300
        assert connection.transport is not None
        connection.transport.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(connections)))
    return summary(seconds, time.perf_counter() - began, failed)


async def _states(database: Database) -> Counter[str]:
    """Return in which states the claims of this run ended: a decision that accepts is what is measured."""
    async with begin(database, SYSTEM) as work:
        rows = await work.db.execute(
            text("SELECT state, count(*) AS claims FROM claim WHERE number < 10000000 GROUP BY state")
        )
        return Counter({row.state: row.claims for row in rows})

"""Twenty times fifty identical claims at the same moment, by technicians of two partners: one accepted each time.

Every completion runs whole: sheet check, report, claim, journal, feeds, commit. All fifty share this one process, so
the figures hold its queueing too; ``alone_ms`` is one completion with nobody else around. Once with a connection for
everybody, which is the hardest for locks, and once with as many connections as the product is served with.
"""

from types import SimpleNamespace
from typing import Any

import httpx
from sqlalchemy import text

from api.adapters.queue import PgQueue
from api.settings import Settings
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, connect
from domain.kit.work import begin
from tests.bench.load import summary
from tests.bench.served import scratch
from tests.cast import Caller, cast_of
from tests.claims.racing import race

ROUNDS, RIDERS = 20, 50


async def run() -> dict[str, Any]:
    """Return how many rounds ended with exactly one accepted claim, deadlocks, and latencies, for both pools."""
    async with scratch() as (server, small, _):
        context: Any = SimpleNamespace(database=small)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        urls = server.url("fieldstone_app"), server.url("fieldstone_partner")
        pools = {"a connection each": RIDERS, "as served": Settings().pool_size}
        found: dict[str, Any] = {
            name: await _raced(connect(*urls, pool_size=size), (cast.ann, cast.ben)) for name, size in pools.items()
        }
        return {"rounds": ROUNDS, "riders": RIDERS, "deadlocks": await _deadlocks(small)} | found


async def _raced(database: Database, technicians: tuple[Caller, Caller]) -> dict[str, Any]:
    queue = PgQueue()
    await race(database, queue, technicians, RIDERS)  # every connection has met every statement once
    alone = [second for _ in range(20) for second in (await race(database, queue, technicians, 1)).seconds]
    rides = [await race(database, queue, technicians, RIDERS) for _ in range(ROUNDS)]
    await database.close()
    seconds = [second for ride in rides for second in ride.seconds]
    measured = summary(seconds, sum(max(ride.seconds) for ride in rides), 0)
    return {
        "rounds_with_exactly_one": sum(ride.live == 1 and ride.states["accepted"] == 1 for ride in rides),
        "refused_and_kept": sum(ride.states["refused"] for ride in rides),
        "alone_ms": round(sorted(alone)[len(alone) // 2] * 1000, 1),
        "p50_ms": measured.p50_ms,
        "p99_ms": measured.p99_ms,
        "claims_per_second": measured.per_second,
    }


async def _deadlocks(database: Database) -> int:
    async with begin(database, SYSTEM) as work:
        found = await work.db.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
        return int(found or 0)

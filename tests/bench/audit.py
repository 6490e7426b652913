"""The audit chain on 100,000 entries: how fast they are sealed and checked, and what waiting costs who journals."""

import asyncio
import resource
import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from api.sealing import Sealing
from api.settings import Settings
from domain.audit.checking import check_chain
from domain.audit.keyring import worth_by
from domain.audit.sealer import seal_some
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, reading
from domain.kit.ids import new_id
from domain.kit.problem import Kind, Problem
from domain.kit.work import Work, keep, transact
from domain.sealing.keys import every_key
from tests.bench.served import scratch

ENTRIES, HANDS, SECONDS = 100_000, 8, 5
FILL = f"""
INSERT INTO journal_body (op_id, salt, sent, answer, verdict)
SELECT gen_random_uuid(), decode(md5(n::text), 'hex'), convert_to(repeat(md5(n::text), 20), 'UTF8'),
  convert_to(repeat(md5(n::text), 10), 'UTF8'), jsonb_build_object('n', n, 'why', repeat(md5(n::text), 10))
FROM generate_series(1, {ENTRIES}) AS n;
INSERT INTO journal (op_id, actor_id, kind, version, outcome, commitment, received_at, applied_at)
SELECT op_id, '00000000-0000-0000-0000-000000000001', 'scan.record', 1, 'applied', sha256(salt || sent), now(), now()
FROM journal_body;
"""


class KeptHere(Problem, kind=Kind.CONFLICT):
    """It is kept in the journal, for a benchmark."""


async def run() -> dict[str, Any]:
    """Return entries per second of sealing and of checking, and of journaling with and without the line to wait in."""
    async with scratch() as (server, database, data):
        owner = create_async_engine(server.url("fieldstone_owner"), isolation_level="AUTOCOMMIT")
        hands = Sealing(Settings(data=str(data)), database)
        found: dict[str, Any] = {"entries": ENTRIES}
        async with owner.connect() as db:
            raw = (await db.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute(FILL)
            await raw.execute("ANALYZE")
        found["sealed_per_second"] = ENTRIES / await _sealed(hands, database)
        async with owner.connect() as db:
            await db.execute(text("VACUUM ANALYZE"))
        found |= await _checked(database)
        for name, change in (("without_the_line", "DISABLE"), ("with_the_line", "ENABLE"), ("and_a_sealer", "ENABLE")):
            async with owner.connect() as db:
                await db.execute(text(f"ALTER TABLE journal {change} TRIGGER wait_for_seal"))
            beside = asyncio.create_task(_seal_every_second(hands, database)) if name == "and_a_sealer" else None
            found[f"journaled_per_second_{name}"] = await _journaled(database)
            if beside is not None:
                beside.cancel()
        await owner.dispose()
    return {name: round(value) for name, value in found.items()}


async def _sealed(sealing: Sealing, database: Database) -> float:
    started, hand = time.perf_counter(), await sealing.checkpoint_hand()
    while await transact(database, SYSTEM, lambda work: seal_some(work, hand)):
        pass
    return time.perf_counter() - started


async def _checked(database: Database) -> dict[str, float]:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    async with reading(database, SYSTEM) as db:
        check = await check_chain(db, worth_by(await every_key(db)))
    seconds = time.perf_counter() - started
    assert check.whole, check
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"checked_per_second": check.entries / seconds, "check_memory_grown_kb": grown}


async def _journaled(database: Database) -> float:
    until = time.perf_counter() + SECONDS

    async def hand() -> int:
        count = 0
        while time.perf_counter() < until:
            await transact(database, SYSTEM, _keep)
            count += 1
        return count

    return sum(await asyncio.gather(*(hand() for _ in range(HANDS)))) / SECONDS


async def _keep(work: Work) -> None:
    await keep(
        work, new_id(), "test.kept", 1, b'{"of": "about the size of a scan that a phone sends"}', KeptHere("Kept.")
    )


async def _seal_every_second(sealing: Sealing, database: Database) -> None:
    while True:
        await _sealed(sealing, database)
        await asyncio.sleep(1)

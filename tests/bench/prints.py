"""How long it takes to find the photos that look like one among a million fingerprints, and how many are found.

Stored prints are random in half of their bits and alike in the other half in thousands of families, as photos of few
models are; what is looked for differs from a stored one in up to ten bits.
"""

import os
import random
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, utc_now
from domain.worklog.print_bits import bands_of, signed
from domain.worklog.prints import Beside, uploads_alike
from tests import make
from tests.bench.load import summary
from tests.bench.served import scratch
from tests.cast import cast_of

PRINTS = int(os.environ.get("BENCH_PRINTS", "1000000"))
FAMILIES, ASKED, CHUNK = 5_000, 400, 100_000
PHOTO = ("id", "visit_id", "kind", "sha256", "upload_id", "entered_at")

BESIDE = Beside(new_id(), new_id(), new_id())


async def run() -> dict[str, Any]:
    """Return the latencies of a look-up with its mirror image by how many bits differ, and what was found."""
    rng = random.Random(5)
    families = [rng.getrandbits(64) for _ in range(FAMILIES)]
    stored: list[tuple[UUID, int]] = []
    async with scratch() as (server, database, _):
        owner = create_async_engine(server.url("fieldstone_owner"))
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            visit_id = (await make.ready_visit(context, await cast_of(context, client))).visit_id
        async with owner.begin() as connection:
            for table in ("photo_print", "photo"):
                await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_upload_id"))
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for start in range(0, PRINTS, CHUNK):
                rows = []
                for _n in range(start, min(PRINTS, start + CHUNK)):
                    bits = signed(rng.choice(families) ^ (rng.getrandbits(64) & rng.getrandbits(64)))
                    upload_id = new_id()
                    stored.append((upload_id, bits))
                    rows.append((upload_id, None, "d", "whole", bits, *bands_of(bits)))
                await driver.copy_records_to_table("photo_print", records=rows)
                shown = [
                    (new_id(), visit_id, "after", f"{n:064x}", row[0], utc_now()) for n, row in enumerate(rows, start)
                ]
                await driver.copy_records_to_table("photo", records=shown, columns=PHOTO)
        async with owner.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.execute(text("VACUUM ANALYZE photo_print, photo"))
        await owner.dispose()
        kept = rng.sample(stored, ASKED)
        found: dict[str, Any] = {"prints": PRINTS}
        async with begin(database, SYSTEM) as work:
            for _, bits in kept[:20]:
                await uploads_alike(work.driver, "d", bits, BESIDE)
            for flipped in (0, 4, 10):
                seconds, met, alike = [], 0, 0
                for upload_id, bits in kept:
                    asked = bits
                    for bit in rng.sample(range(64), flipped):
                        asked = signed((asked ^ 1 << bit) & (1 << 64) - 1)
                    started = time.perf_counter()
                    uploads = await uploads_alike(work.driver, "d", asked, BESIDE)
                    seconds.append(time.perf_counter() - started)
                    met += upload_id in uploads
                    alike += len(uploads)
                figures = summary(seconds, sum(seconds), 0)
                found[f"{flipped}_bits"] = {
                    "p50_ms": figures.p50_ms,
                    "p99_ms": figures.p99_ms,
                    "found": f"{met} of {len(kept)}",
                    "alike_each": round(alike / len(kept), 2),
                }
    return found

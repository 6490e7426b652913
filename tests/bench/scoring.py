"""Scoring one claim, from its gathering to the commit, as the stored claims grow; and reckoning what is usual.

``SCORE_COUNTS`` names how many claims are stored at each measuring: 10000,1000000 unless told.
"""

import os
import time
from functools import partial
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
from sqlalchemy import select

from api.adapters.queue import PgQueue
from domain.claims.model import Claim
from domain.claims.scored import ScoreClaim, reckon_norms, scoring_id
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM
from domain.kit.database import Database
from domain.kit.work import begin, carry_out, transact
from tests.bench.load import summary
from tests.bench.served import dsn, scratch
from tests.bench.stored_claims import fill
from tests.cast import actor_of, cast_of
from tests.claims.racing import race

COUNTS = tuple(int(count) for count in os.environ.get("SCORE_COUNTS", "10000,1000000").split(","))
ASKED = 150
MEASURES = """
INSERT INTO claim_measure (claim_id, partner_id, technician_id, unit_id, model_id, fault_group_id, site_id, city, "on",
  labour_minutes, travel_minutes, parts_minor, at_cap, no_fault_found, end_of_cover)
SELECT claim.id, claim.partner_id, visit.technician_id, claim.unit_id, md5('model' || claim.number % 120)::uuid,
  md5('group' || claim.number % 12)::uuid, md5('site' || claim.number % 50000)::uuid,
  CASE WHEN claim.partner_id = $1 THEN 'Berlin' ELSE 'city ' || claim.number % 50 END, claim.repaired_on,
  20 + claim.number % 63, 15 + claim.number % 31, claim.number % 9000, claim.number % 10 = 0, claim.number % 15 = 0,
  claim.number % 14 = 0
FROM claim JOIN visit ON visit.id = claim.visit_id WHERE claim.number > 10000000 ON CONFLICT (claim_id) DO NOTHING
"""


async def run() -> dict[str, Any]:
    """Return the latencies of scoring by how many claims are stored, and the seconds that the norms take."""
    async with scratch() as (server, database, _):
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        owner = await asyncpg.connect(dsn(server.url("fieldstone_owner")))
        ann = actor_of(cast.ann)
        found: dict[str, Any] = {}
        stored = 0
        for count in COUNTS:
            await fill(owner, stored, count, ann.partner_id, ann.account_id)
            await owner.execute(MEASURES, ann.partner_id, timeout=600)
            await owner.execute("VACUUM ANALYZE claim_measure", timeout=600)
            stored = count
            for _ in range(10):
                await race(database, PgQueue(), (cast.ann,), ASKED // 10)
            began = time.perf_counter()
            async with begin(database, SYSTEM) as work:
                await reckon_norms(work)
            norms = time.perf_counter() - began
            seconds = await _scored(database)
            figures = summary(seconds[10:], sum(seconds[10:]), 0)
            found[f"{count:,} stored"] = {
                "claims": len(seconds),
                "p50_ms": figures.p50_ms,
                "p99_ms": figures.p99_ms,
                "norms_s": round(norms, 2),
            }
        await owner.close()
    return found


async def _scored(database: Database) -> list[float]:
    """Score every claim that is not yet, one after another, and return how long each took."""
    async with begin(database, SYSTEM) as work:
        waiting = select(Claim.id).where(Claim.scored_at.is_(None), Claim.number < 10_000_000)
        claim_ids = (await work.db.scalars(waiting)).all()
    seconds = []
    for claim_id in claim_ids:
        op_id = scoring_id(claim_id, None)
        scoring = partial(carry_out, command=ScoreClaim(claim_id=claim_id), register=REGISTER, op_id=op_id)
        began = time.perf_counter()
        await transact(database, SYSTEM, scoring, op_id=op_id)
        seconds.append(time.perf_counter() - began)
    return seconds

"""A batch of 500 visits that a partner's system hands in, HTTP to the last commit; each becomes a claim of its own."""

import datetime as dt
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any

import httpx

from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests import make
from tests.bench.served import scratch, serving
from tests.cast import Caller, Cast, cast_of, joined
from tests.claims.submitting import submission_of

ITEMS, TECHNICIANS = 500, 50
SLOT = dt.timedelta(minutes=25)


async def run() -> dict[str, Any]:
    """Return the seconds of a batch of 500 and of the same batch again, and what became of its items."""
    async with scratch() as (server, database, data):
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
            team = await _team(context, cast)
            batches = [await _batch(context, cast, team, count, ago) for count, ago in ((20, ITEMS), (ITEMS, 0))]
        app = server.url("fieldstone_app")
        with serving("api.asgi:app", DATABASE_URL=app, FIELDSTONE_DATA=str(data)) as base:
            await _send(base, cast.pam, batches[0])  # the server has met every statement once
            seconds, fates = await _send(base, cast.pam, batches[1])
            again, same = await _send(base, cast.pam, batches[1])
    return {
        "items": ITEMS,
        "technicians": TECHNICIANS,
        "seconds": round(seconds, 2),
        "ms_each": round(seconds * 1000 / ITEMS, 1),
        "seconds_again": round(again, 2),
        "fates": dict(fates),
        "replayed": dict(same),
    }


async def _team(context: Any, cast: Cast) -> list[Caller]:
    async with begin(context.database, SYSTEM) as work:
        return [await joined(work, cast.ann.http, f"t{n}", Role.TECHNICIAN, cast.north) for n in range(TECHNICIANS)]


async def _batch(context: Any, cast: Cast, team: list[Caller], count: int, ago: int) -> dict[str, Any]:
    items = []
    for n in range(count):
        ready = await make.ready_visit(context, cast, technician=team[n % len(team)])
        claim = await submission_of(context, ready)
        for moment in ("arrived_at", "completed_at"):  # nobody is in two places
            at = dt.datetime.fromisoformat(claim[moment]) - (ago + n) // len(team) * SLOT
            claim[moment] = at.isoformat()
        items.append({"id": f"{count}-{n}", "claim": claim})
    return {"items": items}


async def _send(base: str, who: Caller, batch: dict[str, Any]) -> tuple[float, Counter[str]]:
    async with httpx.AsyncClient(timeout=120) as client:
        started = time.perf_counter()
        response = await client.post(f"{base}/claims/submit/batch", json=batch, headers=who.headers)
        seconds = time.perf_counter() - started
    assert response.status_code == 200, response.text
    fates: Counter[str] = Counter()
    for one in response.json()["items"]:
        fates[(one["answer"] or {}).get("state") or (one["problem"] or {}).get("code") or "no-claim"] += 1
    return seconds, fates

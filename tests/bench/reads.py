"""A unit by its serial and a technician's twenty jobs, against the same statements in a bare handler.

With sign-in, access rules, logs and metrics switched on; then the unit's p99 with a million units against ten thousand.
"""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.bench.load import Measured, load, request
from tests.bench.served import dsn, scratch, serving
from tests.cast import Caller, Cast, cast_of

SECONDS = 5.0
JOBS = 20
FEW, MANY = 10_000, 1_000_000
UNITS = """
INSERT INTO unit (id, model_id, serial, serial_key, status, customer_id, site_id, sold_on, installed_on)
SELECT gen_random_uuid(), :model_id, 'BN' || lpad(n::text, 8, '0'), 'BN' || lpad(n::text, 8, '0'), 'installed',
       :customer_id, :site_id, '2026-01-01', '2026-01-08'
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""


async def run() -> dict[str, Any]:
    """Return requests a second, their ratio to the yardstick, and how p99 grows with the install base."""
    async with scratch() as (server, database, data):
        owner = create_async_engine(server.url("fieldstone_owner"), connect_args={"command_timeout": 600})
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        world = await _world(context, cast)
        await _units(owner, world, 1, FEW)
        app = server.url("fieldstone_app")
        bare, product = {"BENCH_DSN": dsn(app)}, {"DATABASE_URL": app, "FIELDSTONE_DATA": str(data)}
        few = await _measure(cast, bare, product, FEW)
        await _units(owner, world, FEW + 1, MANY)
        many = await _measure(cast, bare, product, MANY)
        await owner.dispose()
    return _figures(few, many)


async def _world(context: Any, cast: Cast) -> dict[str, Any]:
    start = dt.datetime.now(dt.UTC).replace(hour=11, minute=0, second=0, microsecond=0)
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work)
        customer_id = await make.customer(work)
        site_id = await make.site(work, customer_id)
        for who in (cast.otto, cast.ann):
            for no in range(JOBS):
                unit_id = await make.unit(work, model_id, customer_id=customer_id, site_id=site_id)
                job_id = await make.job(work, unit_id=unit_id, technician=who, customer_id=customer_id, site_id=site_id)
                slot = start + dt.timedelta(minutes=no)
                await make.visit(work, job_id, planned_from=slot, planned_to=slot + dt.timedelta(minutes=1))
    return {"model_id": model_id, "customer_id": customer_id, "site_id": site_id}


async def _units(owner: AsyncEngine, world: dict[str, Any], first: int, last: int) -> None:
    async with owner.begin() as connection:
        await connection.execute(text(UNITS), {**world, "first": first, "last": last})
    async with owner.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE unit"))


async def _measure(cast: Cast, bare: dict[str, str], product: dict[str, str], units: int) -> dict[str, Measured]:
    def serial(n: int) -> str:
        return f"BN{(n * 7919) % units + 1:08d}"

    found: dict[str, Measured] = {}
    with serving("tests.bench.bare:app", **bare) as base:
        found["unit_bare"] = await load(base, lambda n: request("GET", f"/unit/{serial(n)}"), seconds=SECONDS)
        jobs = {who: request("GET", f"/jobs/{who.id}") for who in (cast.otto, cast.ann)}
        found["jobs_bare"] = await load(base, lambda _: jobs[cast.otto], seconds=SECONDS)
    with serving("api.asgi:app", **product) as base:
        for name, who in (("own", cast.otto), ("office", cast.dora)):
            found[f"unit_{name}"] = await load(base, lambda n, w=who: _unit(w, serial(n)), seconds=SECONDS)
        mine = (await _own_serial(base, cast.ann)) or ""
        found["unit_partner"] = await load(base, lambda _: _unit(cast.ann, mine), seconds=SECONDS)
        for name, who in (("own", cast.otto), ("partner", cast.ann)):
            day = request("GET", "/my/jobs", token=who.token)
            found[f"jobs_{name}"] = await load(base, lambda _, d=day: d, seconds=SECONDS)
    return found


def _unit(who: Caller, serial: str) -> bytes:
    return request("GET", f"/units/by-serial/{serial}", token=who.token)


async def _own_serial(base: str, who: Caller) -> str | None:
    async with httpx.AsyncClient(base_url=base) as client:
        jobs = (await client.get("/my/jobs", headers=who.headers)).json()
    if len(jobs) != JOBS:
        raise RuntimeError(f"the day has {len(jobs)} jobs, not {JOBS}: run this again in another hour")
    return str(jobs[0]["serial"])


def _figures(few: dict[str, Measured], many: dict[str, Measured]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, measured in few.items():
        yardstick = few["unit_bare" if name.startswith("unit") else "jobs_bare"]
        figures[name] = {
            "per_second": measured.per_second,
            "of_yardstick": round(measured.per_second / yardstick.per_second, 3),
            "p50_ms": measured.p50_ms,
            "p99_ms": measured.p99_ms,
            "failed": measured.failed,
            "per_second_with_a_million": many[name].per_second,
            "of_yardstick_with_a_million": round(
                many[name].per_second / many["unit_bare" if name.startswith("unit") else "jobs_bare"].per_second, 3
            ),
            "p99_with_a_million_to_ten_thousand": round(many[name].p99_ms / measured.p99_ms, 2),
        }
    return figures

"""The yardstick: the same framework and server, one worker, asyncpg, one statement a request, and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, get, post

from domain.installs.queries import BY_SERIAL

POOL: list[asyncpg.Pool] = []
UNIT = BY_SERIAL
"""The product's own statement, so that only what stands around it is compared."""
JOBS = """
SELECT job.id AS job_id, job.number, job.kind, job.mode, job.state, job.priority, job.subject, job.problem, job.tools,
       job.reminder, job.estimated_minutes, job.customer_id, customer.name AS customer_name,
       contact.name AS contact_name, contact.phone AS contact_phone, job.site_id, site.name AS site_name, site.address,
       site.city, site.time_zone, job.unit_id, unit.serial, unit.name AS unit_name, model.code AS model_code,
       model.name AS model_name, visit.id AS visit_id, visit.number AS visit_number, visit.state AS visit_state,
       visit.planned_from AS promised_from, visit.planned_to AS promised_to
FROM visit JOIN job ON job.id = visit.job_id JOIN customer ON customer.id = job.customer_id
JOIN site ON site.id = job.site_id JOIN unit ON unit.id = job.unit_id JOIN model ON model.id = unit.model_id
LEFT JOIN contact ON contact.id = job.contact_id
WHERE visit.technician_id = $1 AND visit.planned_from >= now() - interval '1 day'
  AND visit.planned_from < now() + interval '1 day' AND visit.state <> 'abandoned'
ORDER BY visit.planned_from, visit.id
"""
GUARDED = "INSERT INTO bench_guarded (id, slot, body) VALUES ($1, $2, $3) ON CONFLICT (slot) DO NOTHING"


@get("/unit/{serial:str}")
async def unit(serial: str) -> Response[bytes]:
    """Read one unit by serial."""
    row = await POOL[0].fetchrow(UNIT.sql, *UNIT.values({"key": serial}))
    return Response(msgspec.json.encode(dict(row or {})), media_type="application/json")


@get("/jobs/{technician:uuid}")
async def jobs(technician: UUID) -> Response[bytes]:
    """Read a technician's jobs by one join."""
    rows = await POOL[0].fetch(JOBS, technician)
    return Response(msgspec.json.encode([dict(row) for row in rows]), media_type="application/json")


@post("/guarded", status_code=201)
async def guarded(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Insert one row guarded by a unique index."""
    body = await request.body()
    await POOL[0].execute(GUARDED, uuid4(), uuid4().hex, body.decode())
    return Response(b"{}", media_type="application/json")


@asynccontextmanager
async def lifespan(_: Litestar) -> AsyncIterator[None]:
    """Hold one pool."""
    POOL.append(await asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=10, max_size=10))
    yield
    await POOL.pop().close()


app = Litestar([unit, jobs, guarded], lifespan=[lifespan], openapi_config=None)

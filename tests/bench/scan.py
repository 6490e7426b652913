"""A scan with its verdict stored (journal, scan, facts), HTTP to commit, against a bare guarded INSERT."""

import datetime as dt
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import make
from tests.bench.load import Measured, load, request
from tests.bench.served import dsn, scratch, serving
from tests.cast import Caller, Cast, cast_of

SECONDS = 6.0
GUARD = "CREATE TABLE bench_guarded (id uuid PRIMARY KEY, slot text UNIQUE NOT NULL, body text NOT NULL)"


async def run() -> dict[str, Any]:
    """Return requests a second of the yardstick and of scans by our own and a partner's technician."""
    async with scratch() as (server, database, data):
        owner = create_async_engine(server.url("fieldstone_owner"))
        async with owner.begin() as connection:
            await connection.execute(text(GUARD))
            await connection.execute(text("GRANT INSERT, SELECT ON bench_guarded TO fieldstone_app"))
        await owner.dispose()
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
            bodies = await _bodies(context, cast)
        app = server.url("fieldstone_app")
        with serving("tests.bench.bare:app", BENCH_DSN=dsn(app)) as base:
            yardstick = await load(base, lambda _: _post("/guarded", cast.otto, bodies["ours"]), seconds=SECONDS)
        found = {"yardstick": yardstick}
        with serving("api.asgi:app", DATABASE_URL=app, FIELDSTONE_DATA=str(data)) as base:
            for name, who in (("ours", cast.otto), ("partner", cast.ann), ("partner_unknown", cast.ann)):
                body = bodies[name]
                found[name] = await load(base, lambda _, w=who, b=body: _post("/scans", w, b), seconds=SECONDS)
    return _figures(found)


async def _bodies(context: Any, cast: Cast) -> dict[str, bytes]:
    ours = await make.ready_visit(context, cast, technician=cast.otto)
    partners = await make.ready_visit(context, cast)
    return {
        "ours": _body(ours, f"(01){ours.gtin}(21){ours.serial}"),
        "partner": _body(partners, f"(01){partners.gtin}(21){partners.serial}"),
        "partner_unknown": _body(partners, "UNKNOWN0001"),
    }


def _body(ready: make.ReadyVisit, label: str) -> bytes:
    at = dt.datetime.now(dt.UTC)
    scan = {"visit_id": ready.visit_id, "source": "camera", "scanned_text": label, "symbology": "", "scanned_at": at}
    return msgspec.json.encode(scan)


def _post(path: str, who: Caller, body: bytes) -> bytes:
    return request("POST", path, token=who.token, body=body, idempotency_key=uuid4().hex)


def _figures(found: dict[str, Measured]) -> dict[str, Any]:
    yardstick = found["yardstick"].per_second
    return {
        name: {
            "per_second": measured.per_second,
            "of_yardstick": round(measured.per_second / yardstick, 3),
            "p50_ms": measured.p50_ms,
            "p99_ms": measured.p99_ms,
            "failed": measured.failed,
        }
        for name, measured in found.items()
    }

"""The verification page: requests a second and how long they take, for sealed reports looked at in turn."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text

from api.context import Context, build
from api.settings import Settings
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.reports import codes
from tests.bench.load import Measured, load, request
from tests.bench.served import scratch, serving
from tests.cast import Cast, cast_of
from tests.reports.sheets import reported

REPORTS = 30
CODES = tuple(f"{number:026d}".replace("0", "A") for number in range(REPORTS))
"""Under which their customers collect them."""
SECONDS = 6.0
ENOUGH_PER_SECOND, P99_MS_MAX = 300, 100
BROWSER = {"accept": "text/html", "accept_language": "en", "accept_encoding": "br, gzip"}


async def run() -> dict[str, Any]:
    """Return what one process serves: the page, the same as JSON, and codes that somebody forged."""
    async with scratch() as (server, _, data):
        settings = Settings(
            data=str(data),
            database_url=server.url("fieldstone_app"),
            partner_database_url=server.url("fieldstone_partner"),
        )
        context = build(settings)
        try:
            async with httpx.AsyncClient() as client:
                addresses = await sealed(context, await cast_of(context, client))
        finally:
            await context.close()
        environment = {"DATABASE_URL": settings.database_url, "FIELDSTONE_DATA": settings.data}
        with serving("api.asgi:app", FIELDSTONE_LOG_LEVEL="warning", **environment) as base:
            pages = await load(base, lambda n: request("GET", addresses[n % REPORTS], **BROWSER), seconds=SECONDS)
            told = await load(
                base, lambda n: request("GET", addresses[n % REPORTS], accept="application/json"), seconds=SECONDS
            )
            forged = await load(base, lambda n: request("GET", _forged(addresses[n % REPORTS], n)), seconds=SECONDS)
    enough = pages.per_second >= ENOUGH_PER_SECOND and pages.p99_ms < P99_MS_MAX and not pages.failed
    return {**_figures("page", pages), **_figures("json", told), **_figures("forged", forged), "fast_enough": enough}


async def sealed(context: Context, cast: Cast) -> list[str]:
    """Seal reports and return the paths in their QRs."""
    for code in CODES:
        await reported(context, cast, code=code)
    await drain(context)
    async with reading(context.database, SYSTEM) as db:
        tokens = (await db.scalars(text("SELECT token FROM report_seal"))).all()
    return [urlsplit(codes.verification_address("https://maker.example", token)).path for token in tokens]


def _forged(path: str, number: int) -> str:
    place = 20 + number % 150
    return path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :]


def _figures(name: str, found: Measured) -> dict[str, Any]:
    return {
        f"{name}_per_second": found.per_second,
        f"{name}_p50_ms": found.p50_ms,
        f"{name}_p99_ms": found.p99_ms,
        f"{name}_refused": found.failed,
    }

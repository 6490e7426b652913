"""Can a partner tell a real serial from an invented one by the answer, or how long it takes? 20,000 requests over HTTP.

Real and invented serials take turns, which of a pair comes first changes, and each way of asking has its own figure:
the area under the curve of the best guess by time alone. 0.5 is a coin; 0.55 is the most that is allowed.
"""

import datetime as dt
import random
import re
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from sqlalchemy import select

from api.adapters.queue import PgQueue
from domain.claims.model import Claim
from domain.claims.watched import HoneySerial
from domain.installs.model import Unit
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.bench.load import Connection, connected, request
from tests.bench.served import scratch, serving
from tests.cast import Cast, cast_of
from tests.claims.racing import race

REQUESTS, WARM, UNITS, CLAIMED = 20_000, 400, 50, 10
AUC_MAX = 0.55
CLASSES = ("known", "foreign", "claimed", "expired", "scrapped", "honey")
VARIES = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "id"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "moment"),
    (r"[0-9a-f]{32}", "request id"),
    (r'seq":\d+', "seq"),
)
"""What differs between the answers to any two requests."""
Ask = Callable[[str], bytes]


async def run(requests: int = REQUESTS) -> dict[str, Any]:
    """Return for each way of asking the area under the curve and the medians of both sides, and unlike answers."""
    async with scratch() as (server, database, data):
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        ready, real = await _world(context, cast)
        ways = _ways(ready, cast)
        app = server.url("fieldstone_app")
        with serving("api.asgi:app", DATABASE_URL=app, FIELDSTONE_DATA=str(data)) as base:
            connection = await connected(base)
            found = {}
            different: list[str] = []
            share = {"scan": requests // 2}
            for name, ask in ways.items():
                rest = requests // 2 // (len(ways) - 1) + 1
                found[name] = await _asked(connection, ask, real, share.get(name, rest), different)
            if connection.transport is not None:
                connection.transport.close()
    figures = {name: _figures(*times) for name, times in found.items()}
    worst = max(figure["auc"] for figure in figures.values())
    requests_timed = sum(figure["requests"] for figure in figures.values())
    passed = worst <= AUC_MAX and not different
    return figures | {"requests": requests_timed, "auc_worst": worst, "different": different, "passed": passed}


async def _world(context: Any, cast: Cast) -> tuple[make.ReadyVisit, dict[str, list[str]]]:
    """A visit of a partner's technician, and real units of each class that are none of its partner's."""
    ready = await make.ready_visit(context, cast)
    real: dict[str, list[str]] = {name: [] for name in CLASSES}
    given: dict[str, dict[str, Any]] = {
        "expired": {"warranty_start_on": dt.date(2015, 1, 1), "warranty_end_on": dt.date(2017, 1, 1)},
        "scrapped": {"status": "scrapped"},
    }
    async with begin(context.database, SYSTEM) as work:
        for name in CLASSES:
            for _ in range(UNITS):
                serial = f"SN{make.number():08d}"
                unit_id = await make.unit(work, ready.model_id, serial=serial, **given.get(name, {}))
                real[name].append(serial)
                if name == "foreign":
                    await make.job(work, unit_id=unit_id, technician=cast.ben)
                if name == "honey":
                    work.db.add(HoneySerial(serial_key=serial, note="", added_by=cast.ada.id, added_at=work.now))
    real["claimed"] = [await _claimed(context, cast) for _ in range(CLAIMED)]
    return ready, real


async def _claimed(context: Any, cast: Cast) -> str:
    """The serial of a unit on which another partner has a claim that stands."""
    await race(context.database, PgQueue(), [cast.ben], 1)
    newest = select(Unit.serial).join(Claim, Claim.unit_id == Unit.id).order_by(Claim.number.desc()).limit(1)
    async with begin(context.database, SYSTEM) as work:
        return str(await work.db.scalar(newest))


def _ways(ready: make.ReadyVisit, cast: Cast) -> dict[str, Ask]:
    token = cast.ann.token

    def post(path: str, body: dict[str, Any]) -> bytes:
        content = msgspec.json.encode(body)
        return request("POST", path, token=token, body=content, idempotency_key=uuid4().hex)

    def scan(serial: str) -> bytes:
        at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
        visit = {"visit_id": ready.visit_id, "source": "camera", "scanned_at": at}
        return post("/scans", visit | {"scanned_text": f"(01){ready.gtin}(21){serial}"})

    return {
        "scan": scan,
        "text": lambda serial: post("/barcodes/text", {"text": f"(01){ready.gtin}(21){serial}"}),
        "by_serial": lambda serial: request("GET", f"/units/by-serial/{serial}", token=token),
        "found_unit": lambda serial: post("/units", {"model_id": str(ready.model_id), "serial": serial}),
    }


async def _asked(
    connection: Connection, ask: Ask, real: dict[str, list[str]], requests: int, different: list[str]
) -> tuple[list[float], list[float]]:
    """Time pairs of a real and an invented serial; returns the seconds of the real ones and of the invented ones.

    Pairs that are not answered alike are added to ``different``.
    """
    rng = random.Random(20260302)
    times: tuple[list[float], list[float]] = ([], [])
    for pair in range((requests + WARM) // 2):
        name = CLASSES[pair % len(CLASSES)]
        serials = (rng.choice(real[name]), f"ZZ{rng.randrange(10**8):08d}")
        answers = ["", ""]
        for side in (0, 1) if pair % 2 else (1, 0):
            content = ask(serials[side])
            started = time.perf_counter()
            status = await connection.ask(content)
            seconds = time.perf_counter() - started
            answers[side] = f"{status} {words(connection.body.decode(), serials[side])}"
            if pair >= WARM // 2:
                times[side].append(seconds)
        if answers[0] != answers[1]:
            different.append(f"{name}: {answers[0][:200]} / {answers[1][:200]}")
    return times


def words(told: str, serial: str) -> str:
    """Return an answer without the serial it is about, and without what differs between any two requests."""
    told = told.replace(serial, "serial")
    for pattern, name in VARIES:
        told = re.sub(pattern, name, told)
    return told


def auc(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how often the best guess by time is right: 0.5 for a coin, 1 for certainty. Source: Mann and Whitney."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side == 0)
    share = (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))
    return max(share, 1 - share)


def _figures(real: list[float], invented: list[float]) -> dict[str, Any]:
    def median_ms(times: list[float]) -> float:
        return round(sorted(times)[len(times) // 2] * 1000, 3)

    return {
        "requests": len(real) + len(invented),
        "auc": round(auc(real, invented), 4),
        "real_p50_ms": median_ms(real),
        "invented_p50_ms": median_ms(invented),
    }

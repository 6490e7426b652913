"""Who asked for service is forgotten in time, or when a manager says so; what became of the request is not."""

import datetime as dt

import httpx
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.settings import load_settings
from api.worker import drain
from domain.jobs.request_erasing import FORGET_REQUESTS
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, transact
from tests.cast import Cast
from tests.conftest import rows
from tests.requests.test_requests import GIVEN, PERIOD, address, machine, photo, send

WHO = "SELECT name, phone, wish, photo_sha256 FROM service_request ORDER BY number"
GONE = ("", "", "", None)
REASON = "Asked for in writing on 3 March"


async def asked(context: Context, http: httpx.AsyncClient, owner: AsyncEngine, *, picture: bytes = b"") -> str:
    """The id of a request that came from a machine's page and was looked up."""
    _, gtin, serial = await machine(context)
    await send(http, address(gtin, serial), picture=picture)
    await drain(context)
    ((request_id,),) = await rows(owner, "SELECT id FROM service_request ORDER BY number DESC LIMIT 1")
    return str(request_id)


async def upkeep(context: Context) -> None:
    """What the worker does every hour."""

    async def ask(work: Work) -> None:
        await work.enqueue(FORGET_REQUESTS, {})

    await transact(context.database, SYSTEM, ask, queue=context.queue)
    await drain(context)


async def test_a_manager_erases_who_asked_also_from_the_job_and_the_file_store(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    request_id = await asked(context, http, owner, picture=photo())
    accepted = await cast.dora.done("/service-requests/accept", {"request_id": request_id, **PERIOD})
    ((sha256,),) = await rows(owner, "SELECT photo_sha256 FROM service_request")
    assert await context.blobs.get(str(sha256)) is not None
    erasing = {"request_id": request_id, "reason": REASON}
    assert (await cast.dora.post("/service-requests/erase", erasing)).status_code == 403
    told = await cast.ada.done("/service-requests/erase", erasing)
    assert (told["state"], told["job_id"]) == ("accepted", accepted["job_id"])
    assert (await cast.ada.done("/service-requests/erase", erasing))["state"] == "accepted"
    await drain(context)
    assert await rows(owner, WHO) == [GONE]
    assert await rows(owner, "SELECT problem FROM job") == [(GIVEN["wish"],)]
    assert await context.blobs.get(str(sha256)) is None
    (line,) = (await cast.dora.get("/service-requests")).json()["items"]
    assert (line["job_id"], line["photo"], line["erased_at"] is None) == (accepted["job_id"], False, False)


async def test_a_request_that_was_erased_cannot_be_accepted_and_leaves_the_desk_when_it_is_dismissed(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    request_id = await asked(context, http, owner)
    await cast.ada.done("/service-requests/erase", {"request_id": request_id, "reason": REASON})
    refused = await cast.dora.post("/service-requests/accept", {"request_id": request_id, **PERIOD})
    assert (refused.status_code, refused.json()["code"]) == (409, "request-decided")
    await cast.dora.done("/service-requests/dismiss", {"request_id": request_id, "reason": "nobody is left to call"})
    assert (await cast.dora.get("/service-requests", state="new")).json()["items"] == []


async def test_who_asked_is_forgotten_in_time(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    old, waiting = [await asked(context, http, owner) for _ in range(2)]
    await cast.dora.done("/service-requests/dismiss", {"request_id": old, "reason": "asked twice"})
    context.settings = msgspec.structs.replace(context.settings, requests_kept_days=30)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE service_request SET received_at = now() - interval '31 days', "
            "decided_at = decided_at - interval '29 days'"
        )
    await upkeep(context)
    assert [one == GONE for one in await rows(owner, WHO)] == [False, True], "the time of what was decided begins then"
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE service_request SET decided_at = decided_at - interval '2 days'")
    await upkeep(context)
    assert await rows(owner, WHO) == [GONE, GONE]
    assert await rows(owner, "SELECT state FROM service_request ORDER BY number") == [("dismissed",), ("new",)]
    assert waiting


def test_they_are_kept_for_a_year_unless_the_settings_say_otherwise() -> None:
    assert load_settings({}).requests_kept_days == dt.timedelta(days=365).days
    assert load_settings({"FIELDSTONE_REQUESTS_KEPT_DAYS": "90"}).requests_kept_days == 90

"""Reports that count no more: withdrawn, resolvable, restored by a new revision only."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM, Role
from domain.kit.database import writing
from domain.kit.work import begin
from tests.cast import Caller, Cast, actor_of, joined
from tests.conftest import rows
from tests.reports.sheets import Reported, printed, reported

UNSIGNED: dict[str, Any] = {"signature": None, "signed_by": None, "no_signature_reason": "absent"}
WHY = "The visit was keyed in twice"


def withdrawing(visit: Reported) -> dict[str, Any]:
    return {"visit_id": str(visit.visit_id), "reason": WHY}


async def manager(context: Context, cast: Cast, name: str = "mona") -> Caller:
    """A service manager."""
    async with begin(context.database, SYSTEM) as work:
        return await joined(work, cast.ada.http, name, Role.SERVICE_MANAGER, None)


async def shown(cast: Cast, http: httpx.AsyncClient, visit: Reported) -> str:
    """What anybody is told who types the short code of the newest revision."""
    told = (await cast.ada.get(f"/reports/{visit.visit_id}")).json()
    found = await http.post("/V", data={"code": told["short_code"]}, headers={"accept": "application/json"})
    return str(found.json()["standing"])


async def test_a_manager_withdraws_a_report_that_goes_on_saying_so(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    assert (await cast.dora.post("/reports/withdraw", withdrawing(visit))).status_code == 403
    assert (await cast.pam.post("/reports/withdraw", withdrawing(visit))).status_code == 403
    told = await cast.ada.done("/reports/withdraw", withdrawing(visit))
    assert (told["state"], told["revision"]) == ("approved", 1)
    assert await shown(cast, http, visit) == "withdrawn"
    life = (await cast.ann.get(f"/reports/{visit.visit_id}/revisions")).json()
    assert life["state"] == "withdrawn"
    assert life["amendments"][0]["reason"] == WHY
    again = await cast.ada.post("/reports/withdraw", withdrawing(visit))
    assert (again.status_code, again.json()["code"]) == (409, "report-withdrawn")


async def test_a_signed_report_is_withdrawn_by_two_managers(context: Context, cast: Cast) -> None:
    visit = await reported(context, cast)
    asked = await cast.ada.post("/reports/withdraw", withdrawing(visit))
    assert asked.status_code == 202
    decision = {"amendment_id": asked.json()["id"], "decision": "approve"}
    for caller in (cast.ada, cast.dora):
        assert (await caller.post("/reports/decide", decision)).status_code == 403
    assert (await cast.ada.get(f"/reports/{visit.visit_id}/revisions")).json()["state"] == "frozen"
    mona = await manager(context, cast)
    await mona.done("/reports/decide", decision)
    assert (await cast.ada.get(f"/reports/{visit.visit_id}/revisions")).json()["state"] == "withdrawn"


async def test_only_a_managers_new_revision_makes_a_withdrawn_report_count_again(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    await cast.ada.done("/reports/withdraw", withdrawing(visit))
    amend = {"visit_id": str(visit.visit_id), "reason": "It was another visit that was keyed in twice"}
    refused = await cast.dora.post("/reports/amend", amend)
    assert (refused.status_code, refused.json()["code"]) == (409, "report-withdrawn")
    told = await cast.ada.done("/reports/amend", amend)
    assert told["revision"] == 2
    assert await shown(cast, http, visit) == "genuine"
    life = (await cast.ada.get(f"/reports/{visit.visit_id}/revisions")).json()
    assert [one["state"] for one in life["revisions"]] == ["awaiting_signature", "superseded"]


async def test_the_database_withdraws_and_restores_nothing_by_itself(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast, **UNSIGNED)

    async def set_state(state: str) -> None:
        async with writing(context.database, actor_of(cast.ada)) as (connection, _):
            await connection.execute(text("UPDATE report SET state = :state"), {"state": state})

    with pytest.raises(DBAPIError, match="row-level security"):
        await set_state("withdrawn")
    await cast.ada.done("/reports/withdraw", withdrawing(visit))
    with pytest.raises(DBAPIError, match="row-level security"):
        await set_state("frozen")
    assert await rows(owner, "SELECT state FROM report") == [("withdrawn",)]

"""A partner is suspended: who gets in no more, what is kept of the work that was done, and what it is told."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.ids import new_id
from tests import make
from tests.cast import Caller, Cast
from tests.claims.test_submission_files import as_csv, row_of
from tests.claims.visits import claims, complete, fill_sheet, scan
from tests.conftest import rows
from tests.people.test_keys import key_of

PASSWORD = "a long pass phrase"

PATHS = {"suspend": "/partners/suspend", "resume": "/partners/resume"}


async def suspend(cast: Cast, what: str = "suspend") -> None:
    await cast.ada.done(PATHS[what], {"partner_id": str(cast.north), "reason": "claims under inquiry"})


async def with_phone(cast: Cast, http: httpx.AsyncClient) -> dict[str, Any]:
    """Return how a new technician of the partner signs in from a phone."""
    invited = await cast.ada.done(
        "/people", {"login": "nina@test", "name": "Nina", "role": "technician", "partner_id": str(cast.north)}
    )
    link = await cast.ada.done("/people/invitation-links", {"account_id": invited["id"]})
    await http.post("/sign-in/password", json={"token": link["token"], "password": PASSWORD})
    phone = {"id": str(new_id()), "name": "Nina's phone", "app_version": "1"}
    return {"login": "nina@test", "password": PASSWORD, "phone": phone}


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_nobody_of_a_suspended_partner_is_in_any_more(cast: Cast, http: httpx.AsyncClient) -> None:
    asked = await with_phone(cast, http)
    tokens = (await http.post("/sign-in", json=asked)).json()
    await suspend(cast)
    assert told(await cast.pam.post("/sign-out")) == (401, "not-signed-in")
    assert told(await http.post("/sign-in/refresh", json={"refresh_token": tokens["refresh_token"]})) == (
        401,
        "session-ended",
    )
    assert told(await http.post("/sign-in", json=asked)) == (403, "partner-suspended")
    browser = {"login": "nina@test", "password": PASSWORD}
    assert told(await http.post("/sign-in/browser", json=browser)) == (403, "partner-suspended")
    guessed = asked | {"password": "another pass phrase"}
    assert told(await http.post("/sign-in", json=guessed)) == (401, "wrong-credentials")
    assert (await cast.ben.get("/me")).status_code == 200
    await suspend(cast, "resume")
    assert (await http.post("/sign-in", json=asked)).status_code == 200


async def test_who_is_suspended_again_keeps_the_first_moment(cast: Cast, owner: AsyncEngine) -> None:
    since = f"SELECT suspended_at FROM partner WHERE id = '{cast.north}'"
    await suspend(cast)
    first = await rows(owner, since)
    await suspend(cast)
    assert await rows(owner, since) == first != [(None,)]


async def test_a_partners_system_is_told_why_it_may_nothing(cast: Cast) -> None:
    _, system = await key_of(cast, cast.pam)
    assert (await system.get("/me")).status_code == 200
    await suspend(cast)
    assert told(await system.get("/me")) == (403, "partner-suspended")
    submitted = await system.post("/claims/submit", {})
    assert told(submitted) == (403, "partner-suspended")
    await suspend(cast, "resume")
    assert (await system.get("/me")).status_code == 200


async def test_what_a_phone_holds_is_kept_meanwhile_and_sent_as_usual_afterwards(
    cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    asked = await with_phone(cast, http)
    tokens = (await http.post("/sign-in", json=asked)).json()
    held = {"op": str(new_id()), "seq": 1}
    hand_in = {"refresh_token": tokens["refresh_token"], "device": asked["phone"]["id"], "ops": [held]}
    assert (await http.post("/sync/quarantine", json=hand_in)).status_code == 401, "it can push as usual"
    await suspend(cast)
    answer = await http.post("/sync/quarantine", json=hand_in)
    assert (answer.status_code, answer.json()) == (200, {"kept": 1})
    await suspend(cast, "resume")
    assert (await http.post("/sync/quarantine", json=hand_in)).status_code == 401, "it can push again"
    assert [
        json.loads(str(raw)) for (raw,) in await rows(owner, "SELECT convert_from(raw, 'UTF8') FROM quarantine")
    ] == [held]
    again = (await http.post("/sign-in", json=asked)).json()
    assert again["device_id"] == asked["phone"]["id"]


async def test_a_claim_that_the_office_keys_in_meanwhile_waits_for_review(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await suspend(cast)
    response = await complete(replace(ready, technician=cast.dora))
    assert response.status_code == 200, response.text
    (claim,) = await claims(context)
    assert (claim.state, claim.told["reasons"]) == ("in_review", ["not-authorised"])


async def test_a_file_that_waits_is_not_handed_in_for_a_suspended_partner(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    content = as_csv(await row_of(context, await make.ready_visit(context, cast)))
    assert (await cast.pam.upload("/claims/submit/file", content, "text/csv")).status_code == 202
    await suspend(cast)
    await drain(context)
    ((state, why),) = await rows(owner, "SELECT state, failure FROM submission_file")
    assert (state, "suspended" in str(why)) == ("failed", True)
    assert await claims(context) == []


async def test_a_suspended_partner_is_given_no_work(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.ben)
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.north)}
    await suspend(cast)
    assert told(await cast.dora.post("/jobs/assign", assign)) == (422, "invalid-request")
    await suspend(cast, "resume")
    assert (await cast.dora.post("/jobs/assign", assign)).status_code == 200


@pytest.mark.parametrize("what", ["suspend", "resume"])
async def test_only_managers_suspend_and_resume(cast: Cast, owner: AsyncEngine, what: str) -> None:
    body = {"partner_id": str(cast.north), "reason": "claims under inquiry"}
    refused: tuple[Caller, ...] = (cast.pam, cast.ann, cast.dora, cast.rex)
    for caller in refused:
        assert (await caller.post(f"/partners/{what}", body)).status_code == 403
    unknown = await cast.ada.post(f"/partners/{what}", body | {"partner_id": str(new_id())})
    assert told(unknown) == (404, "not-found")
    await cast.ada.done(f"/partners/{what}", body)
    active = {one["id"]: one["active"] for one in (await cast.ada.get("/partners")).json()["items"]}
    assert active == {str(cast.north): what == "resume", str(cast.south): True}
    noted = (
        "SELECT count(*) FROM journal JOIN journal_body USING (op_id) WHERE outcome = 'applied' "
        f"AND kind = 'partner.{what}' AND convert_from(sent, 'UTF8') LIKE '%claims under inquiry%'"
    )
    assert await rows(owner, noted) == [(1,)]

"""The desk creates, assigns and cancels; a technician accepts."""

import asyncio
import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.jobs.model import Job
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from domain.people.model import Account
from tests import make
from tests.cast import Caller, Cast
from tests.conftest import rows


async def new_job(context: Context, **given: Any) -> dict[str, Any]:
    """The body of a job on a unit of its own."""
    async with begin(context.database, SYSTEM) as work:
        customer_id = await make.customer(work)
        site_id = await make.site(work, customer_id)
        contact_id = await make.contact(work, customer_id)
        unit_id = await make.unit(work, await make.model(work), customer_id=customer_id)
    now = utc_now()
    return {
        "kind": "repair",
        "customer_id": str(customer_id),
        "site_id": str(site_id),
        "contact_id": str(contact_id),
        "unit_id": str(unit_id),
        "subject": "Does not drain",
        "required_from": now.isoformat(),
        "required_to": (now + dt.timedelta(hours=8)).isoformat(),
        **given,
    }


async def team_job(context: Context, **given: Any) -> str:
    """A job that a partner has, or nobody."""
    async with begin(context.database, SYSTEM) as work:
        return str(await make.job(work, **given))


def slot(hours: float, length: float = 1) -> dict[str, str]:
    """A slot that begins in so many hours."""
    start = utc_now() + dt.timedelta(hours=hours)
    return {"planned_from": start.isoformat(), "planned_to": (start + dt.timedelta(hours=length)).isoformat()}


async def feed(owner: AsyncEngine, caller: Caller) -> dict[object, object]:
    """What a technician's phones are told: of each job and visit that it is theirs (None), or why no longer."""
    told = await rows(owner, f"SELECT entity_id::text, removed FROM feed_entry WHERE feed = 't:{caller.id}'")
    return {str(entity_id): removed for entity_id, removed in told}


async def test_a_job_gets_a_number_and_waits_for_nobody(cast: Cast, context: Context) -> None:
    first = await cast.dora.done("/jobs", await new_job(context))
    second = await cast.dora.done("/jobs", await new_job(context, sibling_of=first["id"]))
    assert second["number"] == first["number"] + 1
    shown = (await cast.dora.get(f"/jobs/{second['id']}")).json()
    assert (shown["job"]["state"], shown["job"]["sibling_of"], shown["visits"]) == ("open", first["id"], [])


@pytest.mark.parametrize("field", ["customer_id", "site_id", "contact_id", "unit_id", "sibling_of"])
async def test_what_does_not_belong_together_is_no_job(cast: Cast, context: Context, field: str) -> None:
    response = await cast.dora.post("/jobs", await new_job(context, **{field: str(uuid4())}))
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_a_unit_of_another_customer_is_no_job(cast: Cast, context: Context) -> None:
    other = await new_job(context)
    response = await cast.dora.post("/jobs", await new_job(context, unit_id=other["unit_id"]))
    assert (response.status_code, response.json()["field"]) == (422, "unit_id")


async def test_a_job_is_required_until_after_it_begins(cast: Cast, context: Context) -> None:
    body = await new_job(context)
    response = await cast.dora.post("/jobs", body | {"required_to": body["required_from"]})
    assert (response.status_code, response.json()["field"]) == (422, "required_to")


async def test_only_the_desk_creates_jobs(cast: Cast, context: Context) -> None:
    body = await new_job(context)
    for caller in (cast.ann, cast.pam, cast.rex):
        assert (await caller.post("/jobs", body)).json()["code"] == "not-allowed"


async def test_a_repeated_creation_is_one_job(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    body = await new_job(context)
    answers = await asyncio.gather(*(cast.dora.post("/jobs", body, key="once") for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await rows(owner, "SELECT 1 FROM job")) == 1


async def test_assigning_to_a_partner_writes_who_got_it_and_tells_nobody_in_particular(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    job_id = await team_job(context)
    answer = await cast.dora.done("/jobs/assign", {"job_id": job_id, "partner_id": str(cast.north)})
    assert (answer["state"], answer["visit_id"]) == ("assigned", None)
    stored = await rows(owner, "SELECT partner_id, technician_id, assigned_by FROM assignment")
    assert stored == [(cast.north, None, cast.dora.id)]
    assert await rows(owner, "SELECT * FROM feed_entry") == []


async def test_reassigning_takes_the_visit_from_one_phone_and_gives_another_to_the_other(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id), **slot(1)}
    answer = await cast.dora.done("/jobs/assign", body)
    visits = await rows(owner, "SELECT technician_id, state, abandoned_reason, number FROM visit ORDER BY number")
    assert visits == [(cast.ann.id, "abandoned", "job-reassigned", 1), (cast.ben.id, "planned", None, 2)]
    assert await feed(owner, cast.ann) == dict.fromkeys([str(ready.job_id), str(ready.visit_id)], "reassigned")
    assert await feed(owner, cast.ben) == dict.fromkeys([str(ready.job_id), answer["visit_id"]])
    assert len(await rows(owner, "SELECT 1 FROM assignment")) == 2
    late = await cast.ann.post("/visits/arrive", {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()})
    assert (late.status_code, late.json()["code"]) == (409, "job-reassigned")
    shown = (await cast.ben.get(f"/visits/{answer['visit_id']}")).json()
    assert shown["visit"]["job_id"] == str(ready.job_id)


async def test_assigning_again_to_the_same_technician_moves_the_plan_only(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"job_id": str(ready.job_id), "partner_id": str(cast.north), "technician_id": str(cast.ann.id)}
    await cast.dora.done("/jobs/assign", body)
    assert await rows(owner, "SELECT state FROM visit") == [("planned",)]
    again = await cast.dora.done("/jobs/assign", body | slot(0))
    assert await rows(owner, "SELECT state FROM visit ORDER BY number") == [("abandoned",), ("planned",)]
    held = [str(ready.job_id), str(ready.visit_id), again["visit_id"]]
    assert await feed(owner, cast.ann) == dict.fromkeys(held)


async def test_a_job_under_way_stays_so_when_its_own_technician_is_named_again(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.ann.done("/visits/arrive", {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()})
    body = {"job_id": str(ready.job_id), "partner_id": str(cast.north), "technician_id": str(cast.ann.id)}
    assert (await cast.dora.done("/jobs/assign", body))["state"] == "in_progress"
    assert (await cast.dora.done("/jobs/assign", body | {"technician_id": None}))["state"] == "assigned"


async def test_a_partner_office_sends_its_own_technicians_and_keeps_the_assignment(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    job_id = await team_job(context, partner_id=cast.north)
    body = {"job_id": job_id, "partner_id": str(cast.north), "technician_id": str(cast.ann.id), **slot(1)}
    answer = await cast.pam.done("/jobs/assign", body)
    assert answer["visit_id"] is not None
    assert len(await rows(owner, "SELECT 1 FROM assignment")) == 1
    foreign = await cast.pam.post("/jobs/assign", body | {"technician_id": str(cast.ben.id)})
    assert (foreign.status_code, foreign.json()["field"]) == (422, "technician_id")
    for other in (None, str(cast.south)):
        refused = await cast.pam.post("/jobs/assign", body | {"partner_id": other})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    theirs = await team_job(context, partner_id=cast.south)
    hidden = await cast.pam.post("/jobs/assign", body | {"job_id": theirs})
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not-found")


async def test_a_technician_goes_for_their_own_side_only(cast: Cast, context: Context) -> None:
    job_id = await team_job(context)
    async with begin(context.database, SYSTEM) as work:
        (await work.db.get_one(Account, cast.otto.id)).disabled_at = work.now
    for technician, partner in (
        (cast.ann, None),
        (cast.ann, cast.south),
        (cast.pam, cast.north),
        (cast.otto, None),
    ):
        body = {"job_id": job_id, "partner_id": partner and str(partner), "technician_id": str(technician.id)}
        refused = await cast.dora.post("/jobs/assign", body)
        assert (refused.status_code, refused.json()["field"]) == (422, "technician_id")
    nowhere = await cast.dora.post("/jobs/assign", {"job_id": job_id, "partner_id": str(uuid4())})
    assert (nowhere.status_code, nowhere.json()["field"]) == (422, "partner_id")


@pytest.mark.parametrize("without", ["planned_from", "planned_to", "technician_id"])
async def test_half_a_slot_is_no_slot(cast: Cast, context: Context, without: str) -> None:
    body = {"job_id": await team_job(context), "partner_id": str(cast.north), "technician_id": str(cast.ann.id)}
    given = {**body, **slot(1)}
    del given[without]
    response = await cast.dora.post("/jobs/assign", given)
    assert (response.status_code, response.json()["field"]) == (422, "planned_from")


@pytest.mark.parametrize("length", [0, -1, 24.1])
async def test_a_slot_is_a_trip_within_a_day(cast: Cast, context: Context, length: float) -> None:
    ready = await make.ready_visit(context, cast)
    response = await cast.dora.post("/visits", {"job_id": str(ready.job_id), **slot(5, length)})
    assert (response.status_code, response.json()["field"]) == (422, "planned_to")


async def test_a_team_job_goes_to_the_first_who_accepts(cast: Cast, context: Context) -> None:
    job_id = await team_job(context, partner_id=cast.north)
    assert (await cast.ben.post("/jobs/accept", {"job_id": job_id})).status_code == 404
    assert (await cast.ann.done("/jobs/accept", {"job_id": job_id}))["state"] == "accepted"
    assert (await cast.ann.done("/jobs/accept", {"job_id": job_id}))["state"] == "accepted"
    async with begin(context.database, SYSTEM) as work:
        job = await work.db.get_one(Job, job_id)
        assert job.technician_id == cast.ann.id
        job.technician_id = cast.pam.id
    other = await cast.ann.post("/jobs/accept", {"job_id": job_id})
    assert (other.status_code, other.json()["code"]) == (403, "not-your-job")


async def test_a_job_that_nobody_got_cannot_be_accepted(cast: Cast, context: Context) -> None:
    response = await cast.otto.post("/jobs/accept", {"job_id": await team_job(context)})
    assert (response.status_code, response.json()["code"]) == (409, "job-not-assigned")


async def test_cancelling_takes_the_job_off_the_phone_and_is_done_once(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"job_id": str(ready.job_id), "reason": "the customer repaired it"}
    assert (await cast.dora.done("/jobs/cancel", body))["state"] == "cancelled"
    assert await feed(owner, cast.ann) == dict.fromkeys([str(ready.job_id), str(ready.visit_id)], "cancelled")
    assert await rows(owner, "SELECT state, abandoned_reason FROM visit") == [("abandoned", "job-cancelled")]
    assert (await cast.dora.done("/jobs/cancel", body))["state"] == "cancelled"
    assert await rows(owner, "SELECT outcome FROM journal ORDER BY applied_at DESC LIMIT 1") == [("superseded",)]
    for path, given in (
        ("/jobs/assign", {"partner_id": str(cast.north)}),
        ("/visits", slot(1)),
    ):
        closed = await cast.dora.post(path, {"job_id": str(ready.job_id), **given})
        assert (closed.status_code, closed.json()["code"]) == (409, "job-closed")
    late = await cast.ann.post("/visits/arrive", {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()})
    assert (late.status_code, late.json()["code"]) == (409, "job-cancelled")


async def test_a_job_that_nobody_has_is_cancelled_and_a_completed_one_is_not(cast: Cast, context: Context) -> None:
    reason = {"reason": "written twice"}
    assert (await cast.dora.done("/jobs/cancel", {"job_id": await team_job(context), **reason}))["state"] == "cancelled"
    done = await team_job(context, partner_id=cast.north, state="completed")
    closed = await cast.dora.post("/jobs/cancel", {"job_id": done, **reason})
    assert (closed.status_code, closed.json()["code"]) == (409, "job-closed")
    unknown = await cast.dora.post("/jobs/cancel", {"job_id": str(uuid4()), **reason})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")

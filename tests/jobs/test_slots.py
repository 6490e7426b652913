"""Planned slots of a technician cannot overlap, whoever plans and how many at once."""

import asyncio
import datetime as dt

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.jobs.planning import reschedule_visit
from domain.jobs.visits import JobCancelled, JobReassigned
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from tests import make
from tests.cast import Cast
from tests.conftest import rows


def slot(hours: float, length: float = 1) -> dict[str, str]:
    start = (utc_now() + dt.timedelta(hours=hours)).replace(second=0, microsecond=0)
    return {"planned_from": start.isoformat(), "planned_to": (start + dt.timedelta(hours=length)).isoformat()}


async def test_a_taken_slot_is_refused_with_the_times_of_its_rival(cast: Cast, context: Context) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    held = slot(5, 2)
    planned = await cast.dora.done("/visits", {"job_id": str(first.job_id), **held})
    assert planned["number"] == 2
    taken = await cast.dora.post("/visits", {"job_id": str(second.job_id), **slot(6, 2)})
    told = taken.json()
    assert (taken.status_code, told["code"]) == (409, "slot-taken")
    assert dt.datetime.fromisoformat(told["planned_from"]) == dt.datetime.fromisoformat(held["planned_from"])
    assert told["planned_from"] in told["detail"]
    await cast.dora.done("/visits", {"job_id": str(second.job_id), **slot(7, 1)})


async def test_another_technician_has_a_calendar_of_their_own(cast: Cast, context: Context) -> None:
    ann, ben = await make.ready_visit(context, cast), await make.ready_visit(context, cast, technician=cast.ben)
    await cast.dora.done("/visits", {"job_id": str(ann.job_id), **slot(5)})
    await cast.dora.done("/visits", {"job_id": str(ben.job_id), **slot(5)})


async def test_a_visit_moves_within_its_own_slot_and_lets_the_old_one_go(cast: Cast, context: Context) -> None:
    ready, other = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    moved = await cast.pam.done("/visits/reschedule", {"visit_id": str(ready.visit_id), **slot(5, 2)})
    assert moved["visit_id"] == str(ready.visit_id)
    await cast.pam.done("/visits/reschedule", {"visit_id": str(ready.visit_id), **slot(6, 2)})
    await cast.pam.done("/visits/reschedule", {"visit_id": str(other.visit_id), **slot(5, 1)})
    taken = await cast.pam.post("/visits/reschedule", {"visit_id": str(other.visit_id), **slot(5.5, 1)})
    assert taken.json()["code"] == "slot-taken"


async def test_a_visit_that_has_begun_is_not_moved(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"visit_id": str(ready.visit_id)}
    await cast.ann.done("/visits/travel", body | {"at": utc_now().isoformat()})
    under_way = await cast.dora.post("/visits/reschedule", body | slot(5))
    assert (under_way.status_code, under_way.json()["code"]) == (409, "visit-under-way")
    await cast.ann.done("/visits/abandon", body | {"at": utc_now().isoformat(), "reason": "nobody at home"})
    closed = await cast.dora.post("/visits/reschedule", body | slot(5))
    assert (closed.status_code, closed.json()["code"]) == (409, "visit-closed")


async def test_a_visit_of_a_cancelled_job_is_not_moved_and_the_contract_says_why(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer withdrew"})
    body = {"visit_id": str(ready.visit_id), **slot(5)}
    cancelled = await cast.dora.post("/visits/reschedule", body)
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "job-cancelled")
    assert {JobCancelled, JobReassigned} <= set(reschedule_visit.raises)


async def test_a_job_without_a_technician_has_no_slot(cast: Cast, context: Context) -> None:
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, partner_id=cast.north)
    refused = await cast.dora.post("/visits", {"job_id": str(job_id), **slot(1)})
    assert (refused.status_code, refused.json()["code"]) == (409, "job-not-assigned")


async def test_nothing_is_planned_for_a_technician_who_is_disabled(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.pam.done("/people/disable", {"account_id": str(cast.ann.id), "reason": "left the firm"})
    for path, body in (
        ("/visits", {"job_id": str(ready.job_id), **slot(5)}),
        ("/visits/reschedule", {"visit_id": str(ready.visit_id), **slot(5)}),
    ):
        for desk in (cast.dora, cast.pam):
            refused = await desk.post(path, body)
            assert (refused.status_code, refused.json()["code"]) == (409, "technician-disabled")
    named = {"job_id": str(ready.job_id), "partner_id": str(cast.north), "technician_id": str(cast.ann.id)}
    for given in ({}, slot(5)):
        assigned = await cast.dora.post("/jobs/assign", named | given)
        assert (assigned.status_code, assigned.json()["field"]) == (422, "technician_id")
    await cast.pam.done("/people/enable", {"account_id": str(cast.ann.id)})
    await cast.dora.done("/visits", {"job_id": str(ready.job_id), **slot(5)})


async def test_of_twenty_who_plan_one_slot_at_once_one_gets_it(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        jobs = [await make.job(work, technician=cast.ann) for _ in range(20)]
    bodies = [{"job_id": str(job_id), **slot(3 + number / 100)} for number, job_id in enumerate(jobs)]
    callers = (cast.dora, cast.pam)
    answers = await asyncio.gather(*(callers[number % 2].post("/visits", body) for number, body in enumerate(bodies)))
    codes = sorted(answer.json().get("code", "planned") for answer in answers)
    assert codes == ["planned"] + ["slot-taken"] * 19
    assert len(await rows(owner, "SELECT 1 FROM visit")) == 1


async def test_of_twenty_who_assign_one_slot_at_once_one_gets_it(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        jobs = [await make.job(work) for _ in range(20)]
    when = slot(3)
    named = {"partner_id": str(cast.north), "technician_id": str(cast.ann.id), **when}
    answers = await asyncio.gather(
        *(cast.dora.post("/jobs/assign", {"job_id": str(job_id), **named}) for job_id in jobs)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert await rows(owner, "SELECT state FROM job WHERE state <> 'open'") == [("assigned",)]


async def test_of_two_technicians_who_accept_at_once_one_has_the_job(cast: Cast, context: Context) -> None:
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, partner_id=cast.north)
    answers = await asyncio.gather(
        *(cast.ann.post("/jobs/accept", {"job_id": str(job_id)}, key=str(number)) for number in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}

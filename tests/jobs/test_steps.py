"""Pressing the buttons of a visit: too late, out of order, somebody else's, twice, with a wrong clock."""

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.commands import REGISTER
from domain.jobs.model import Job, Visit
from domain.jobs.steps import ArriveAtVisit
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.journal import Stamp, canonical
from domain.kit.work import begin, execute, utc_now
from domain.people.model import Account
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows


async def press(caller: Caller, step: str, visit_id: UUID, minutes: float = 0, **given: Any) -> Any:
    """Press a button so many minutes from now; returns status and body."""
    at = (utc_now() + dt.timedelta(minutes=minutes)).isoformat()
    response = await caller.post(f"/visits/{step}", {"visit_id": str(visit_id), "at": at, **given})
    return response.status_code, response.json()


async def test_steps_may_be_forgotten(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await press(cast.ann, "start", ready.visit_id))[1]["state"] == "working"


async def test_a_step_that_is_past_is_kept_and_changes_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await press(cast.ann, "start", ready.visit_id, -10)
    status, told = await press(cast.ann, "travel", ready.visit_id, -40)
    assert (status, told["state"]) == (200, "working")
    events = await rows(owner, "SELECT step, superseded FROM visit_event ORDER BY at")
    assert events == [("travel", True), ("start", False)]
    assert await rows(owner, "SELECT travelled_at FROM visit") == [(None,)]
    assert await rows(owner, "SELECT outcome FROM journal ORDER BY applied_at") == [("applied",), ("superseded",)]


async def test_a_step_that_cannot_be_is_a_problem_and_stays_in_the_journal(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    for step in ("pause", "resume"):
        status, told = await press(cast.ann, step, ready.visit_id)
        assert (status, told["code"], told["state"]) == (409, "step-out-of-order", "planned")
    assert await rows(owner, "SELECT kind, outcome FROM journal ORDER BY applied_at") == [
        ("visit.pause", "rejected"),
        ("visit.resume", "rejected"),
    ]
    assert await rows(owner, "SELECT * FROM visit_event") == []


async def test_an_abandoned_visit_stays_abandoned(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await press(cast.ann, "abandon", ready.visit_id, reason="nobody at home"))[1]["state"] == "abandoned"
    assert (await press(cast.ann, "abandon", ready.visit_id, reason="still nobody"))[1]["state"] == "abandoned"
    assert await rows(owner, "SELECT abandoned_reason FROM visit") == [("nobody at home",)]
    assert await rows(owner, "SELECT state FROM job") == [("assigned",)]
    status, told = await press(cast.ann, "complete", ready.visit_id, result="repaired", no_signature_reason="absent")
    assert (status, told["code"]) == (409, "visit-closed")


async def test_one_button_pressed_many_times_at_once_is_one_step(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()}
    answers = await asyncio.gather(*(cast.ann.post("/visits/arrive", body, key="same") for _ in range(6)))
    assert {answer.json()["state"] for answer in answers} == {"arrived"}
    others = await asyncio.gather(*(cast.ann.post("/visits/arrive", body) for _ in range(4)))
    assert {answer.status_code for answer in others} == {200}
    events = await rows(owner, "SELECT superseded, count(*) FROM visit_event GROUP BY 1 ORDER BY 1")
    assert events == [(False, 1), (True, 4)]


async def test_a_visit_is_its_technicians(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    for stranger in (cast.ben, cast.otto):
        assert (await press(stranger, "arrive", ready.visit_id))[0] == 404
    assert (await press(cast.ann, "arrive", uuid4()))[0] == 404
    for reader in (cast.rex, cast.pam):
        assert (await press(reader, "arrive", ready.visit_id))[0] == 403
    async with begin(context.database, SYSTEM) as work:
        colleague = new_id()
        work.db.add(Account(id=colleague, login="amy@test", name="Amy", role="technician", partner_id=cast.north))
        await work.db.flush()
        await work.db.execute(update(Visit).where(Visit.id == ready.visit_id).values(technician_id=colleague))
    status, told = await press(cast.ann, "arrive", ready.visit_id)
    assert (status, told["code"]) == (403, "not-your-visit")


async def test_the_office_keys_in_a_sheet_on_paper_and_the_visit_says_so(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await press(cast.dora, "arrive", ready.visit_id, -60))[0] == 200
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()
    assert shown["visit"]["keyed_in_by_office"] is True


async def test_a_wrong_clock_is_noted_and_refuses_nothing(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await press(cast.ann, "travel", ready.visit_id, 4))[1]["flags"] == []
    status, told = await press(cast.ann, "arrive", ready.visit_id, 600)
    assert (status, told["flags"]) == (200, ["clock-uncertain"])
    stored = await rows(owner, "SELECT clock_uncertain, arrived_at < now() + interval '1 minute' FROM visit")
    assert stored == [(True, True)]
    assert await rows(owner, "SELECT outcome FROM journal ORDER BY applied_at DESC LIMIT 1") == [("applied_flagged",)]


async def test_a_push_measures_the_phones_clock(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    now = utc_now()
    wrong = now - dt.timedelta(hours=3)
    command = ArriveAtVisit(visit_id=ready.visit_id, at=wrong)
    async with begin(context.database, actor_of(cast.ann)) as work:
        entry = await execute(
            work,
            new_id(),
            command,
            canonical({"at": wrong.isoformat()}),
            REGISTER,
            Stamp(device_id=actor_of(cast.ann).device_id, seq=1, client_at=wrong, estimated_at=now),
        )
    assert entry.outcome == "applied_flagged"
    stored = await rows(owner, "SELECT at, client_at FROM visit_event")
    assert stored == [(now, wrong)]


async def test_two_places_at_once_are_stored_and_flagged(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    assert (await press(cast.ann, "arrive", first.visit_id, -50))[1]["flags"] == []
    status, told = await press(cast.ann, "arrive", second.visit_id, -40)
    assert (status, told["flags"]) == (200, ["overlaps-actual"])
    flags = await rows(owner, "SELECT overlaps_actual FROM visit ORDER BY arrived_at")
    assert flags == [(False,), (True,)]


async def test_a_paused_visit_leaves_time_for_another(cast: Cast, context: Context) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    await press(cast.ann, "start", first.visit_id, -50)
    await press(cast.ann, "pause", first.visit_id, -45)
    assert (await press(cast.ann, "arrive", second.visit_id, -40))[1]["flags"] == []


async def test_a_job_that_went_to_another_technician_does_not_come_back_to_the_phone(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Job).where(Job.id == ready.job_id).values(technician_id=None))
    assert (await press(cast.ann, "arrive", ready.visit_id))[0] == 200
    assert await rows(owner, "SELECT kind, removed FROM feed_entry") == [("visit", "reassigned")]

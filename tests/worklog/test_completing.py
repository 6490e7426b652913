"""Completing a visit: what is missing, what is frozen, what becomes of the job."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.catalog.model import FaultCode, ModelComponent
from domain.jobs.model import Job
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.conftest import rows
from tests.worklog.sheets import send, start

PEN = {"width": 300, "height": 100, "strokes": [[[1, 2], [3, 4]]]}


async def working(context: Context, cast: Cast, **given: Any) -> make.ReadyVisit:
    """A visit whose technician is working."""
    ready = await make.ready_visit(context, cast, **given)
    await start(ready)
    return ready


def missing(told: Any) -> list[str]:
    """What a problem says is missing."""
    assert told["code"] == "sheet-incomplete", told
    assert all(one["words"] in told["detail"] for one in told["missing"])
    return [one["what"] for one in told["missing"]]


async def test_a_repair_names_fault_component_and_place(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    assert missing((await send(cast.ann, "/visits/complete", ready))[1]) == ["fault-code"]
    _, line = await send(cast.ann, "/faults", ready, model_component_id=None, cause="the board, R12, is burnt")
    assert missing((await send(cast.ann, "/visits/complete", ready))[1]) == ["failed-component"]
    await cast.ann.done("/lines/void", {"line_id": line["id"], "kind": "fault", "reason": "incomplete"})
    _, line = await send(cast.ann, "/faults", ready, designator="the one on the left")
    assert missing((await send(cast.ann, "/visits/complete", ready))[1]) == ["designator-format"]
    await cast.ann.done("/lines/void", {"line_id": line["id"], "kind": "fault", "reason": "wrong place"})
    await send(cast.ann, "/faults", ready)
    status, told = await send(cast.ann, "/visits/complete", ready, no_signature_reason=None)
    assert (status, missing(told)) == (422, ["signature"])
    status, told = await send(cast.ann, "/visits/complete", ready)
    assert (status, told["state"], told["job_state"]) == (200, "completed", "completed")


async def test_a_component_without_places_needs_none(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    async with begin(context.database, SYSTEM) as work:
        change = update(ModelComponent).where(ModelComponent.id == ready.component_id)
        await work.db.execute(change.values(designator="none", designator_pattern=""))
    await send(cast.ann, "/faults", ready, designator="")
    assert (await send(cast.ann, "/visits/complete", ready))[0] == 200


async def test_no_fault_found_needs_readings_and_a_photo(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    async with begin(context.database, SYSTEM) as work:
        change = update(FaultCode).where(FaultCode.id == ready.fault_code_id)
        await work.db.execute(change.values(no_fault_found=True))
    await send(cast.ann, "/faults", ready, model_component_id=None, designator="")
    done = {"result": "no_fault_found"}
    assert missing((await send(cast.ann, "/visits/complete", ready, **done))[1]) == ["reading", "photo"]
    await send(cast.ann, "/readings", ready)
    _, photo = await send(cast.ann, "/photos", ready)
    await cast.ann.done("/lines/void", {"line_id": photo["id"], "kind": "photo", "reason": "blurred"})
    assert missing((await send(cast.ann, "/visits/complete", ready, **done))[1]) == ["photo"]
    await send(cast.ann, "/photos", ready, sha256="cd" * 32)
    assert (await send(cast.ann, "/visits/complete", ready, **done))[0] == 200


async def test_an_incomplete_sheet_changes_nothing_and_stays_in_the_journal(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await working(context, cast)
    await send(cast.ann, "/visits/complete", ready)
    assert await rows(owner, "SELECT state, completed_at, result FROM visit") == [("working", None, None)]
    assert await rows(owner, "SELECT step FROM visit_event") == [("start",)]
    stored = "SELECT outcome FROM journal WHERE kind = 'visit.complete'"
    assert await rows(owner, stored) == [("rejected",)]


async def test_a_signature_is_kept_to_the_letter(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    await send(cast.ann, "/faults", ready)
    given = {"signature": PEN, "signed_by": "Cyd", "no_signature_reason": None}
    assert (await send(cast.ann, "/visits/complete", ready, **given))[0] == 200
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()["visit"]
    assert (shown["signature"], shown["signed_by"], shown["no_signature_reason"]) == (PEN, "Cyd", None)


async def test_a_signature_and_a_reason_for_none_contradict_each_other(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    status, told = await send(cast.ann, "/visits/complete", ready, signature=PEN)
    assert (status, told["field"]) == (422, "no_signature_reason")


async def test_a_signature_has_at_most_twenty_kilobytes(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    long = {"width": 9999, "height": 9999, "strokes": [[[9999, 9999]] * 2000]}
    status, told = await send(cast.ann, "/visits/complete", ready, signature=long, no_signature_reason=None)
    assert (status, told["code"]) == (422, "invalid-request")


async def test_what_was_not_repaired_leaves_the_job_in_progress(cast: Cast, context: Context) -> None:
    ready = await working(context, cast)
    await send(cast.ann, "/faults", ready)
    status, told = await send(cast.ann, "/visits/complete", ready, result="not_repaired")
    assert (status, told["job_state"]) == (200, "in_progress")
    again = await cast.dora.done(
        "/visits",
        {
            "job_id": str(ready.job_id),
            "planned_from": "2030-01-01T10:00:00Z",
            "planned_to": "2030-01-01T11:00:00Z",
        },
    )
    assert again["number"] == 2


async def test_a_completed_job_gives_its_other_slots_back(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await working(context, cast)
    body = {"job_id": str(ready.job_id), "planned_from": "2030-01-01T10:00:00Z", "planned_to": "2030-01-01T11:00:00Z"}
    await cast.dora.done("/visits", body)
    await send(cast.ann, "/faults", ready)
    await send(cast.ann, "/visits/complete", ready)
    states = await rows(owner, "SELECT state, abandoned_reason FROM visit ORDER BY number")
    assert states == [("completed", None), ("abandoned", "job-completed")]


@pytest.mark.parametrize("technician", ["ann", "otto"])
async def test_a_second_completion_changes_nothing(
    cast: Cast, context: Context, owner: AsyncEngine, technician: str
) -> None:
    caller = getattr(cast, technician)
    ready = await working(context, cast, technician=caller)
    await send(caller, "/faults", ready)
    first, *others = await asyncio.gather(*(send(caller, "/visits/complete", ready) for _ in range(4)))
    assert {status for status, _ in (first, *others)} == {200}
    status, told = await send(caller, "/visits/complete", ready, summary="Another story")
    assert (status, told["state"]) == (200, "completed")
    assert await rows(owner, "SELECT summary FROM visit") == [("Pump replaced",)]
    outcomes = "SELECT outcome, count(*) FROM journal WHERE kind = 'visit.complete' GROUP BY 1 ORDER BY 1"
    assert await rows(owner, outcomes) == [("applied", 1), ("superseded", 4)]


async def test_a_visit_where_nobody_went_cannot_be_completed(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    status, told = await send(cast.ann, "/visits/complete", ready)
    assert (status, told["code"]) == (409, "step-out-of-order")


@pytest.mark.parametrize("kind", ["install", "maintain", "inspect", "advise"])
async def test_other_kinds_end_in_their_own_way(cast: Cast, context: Context, kind: str) -> None:
    ready = await working(context, cast, kind=kind)
    ended = {"install": "installed", "maintain": "maintained", "inspect": "inspected", "advise": "advised"}
    wrong = next(result for other, result in ended.items() if other != kind)
    assert missing((await send(cast.ann, "/visits/complete", ready, result=wrong))[1]) == ["result"]
    assert (await send(cast.ann, "/visits/complete", ready, result=ended[kind]))[1]["job_state"] == "completed"


async def test_a_job_that_went_to_another_side_is_not_closed_by_a_late_repetition(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await working(context, cast)
    await send(cast.ann, "/faults", ready)
    await send(cast.ann, "/visits/complete", ready, result="not_repaired")
    await cast.dora.done("/jobs/assign", {"job_id": str(ready.job_id), "partner_id": str(cast.south)})
    status, told = await send(cast.ann, "/visits/complete", ready)
    assert (status, told["state"], told["job_state"]) == (200, "completed", None)
    async with begin(context.database, SYSTEM) as work:
        assert (await work.db.get_one(Job, ready.job_id)).state == "assigned"


async def test_completing_and_cancelling_at_once_end_one_way(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    visits = [await working(context, cast) for _ in range(6)]
    for ready in visits:
        await send(cast.ann, "/faults", ready)
    cancelled = [
        cast.dora.post("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "moved house"}) for ready in visits
    ]
    completed = [send(cast.ann, "/visits/complete", ready) for ready in visits]
    both = await asyncio.gather(*cancelled, *completed)
    assert {one[0] if isinstance(one, tuple) else one.status_code for one in both} <= {200, 409}
    ends = await rows(owner, "SELECT job.state, visit.state FROM job JOIN visit ON visit.job_id = job.id")
    assert set(ends) <= {("completed", "completed"), ("cancelled", "abandoned")}

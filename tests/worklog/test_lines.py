"""Lines of a sheet: whose, when too late, and taken back."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.catalog.model import Part
from domain.commands import REGISTER
from domain.jobs.model import Visit
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.journal import Stamp, canonical
from domain.kit.work import begin, execute, utc_now
from domain.worklog.repairs import UsePart
from domain.worklog.uploads import keep_upload
from tests import make
from tests.cast import Cast, actor_of
from tests.conftest import rows
from tests.worklog.sheets import LINES, body_of, send, start


async def move_visit(context: Context, ready: make.ReadyVisit, days: int) -> None:
    """Let the visit have been planned so many days ago."""
    async with begin(context.database, SYSTEM) as work:
        visit = await work.db.get_one(Visit, ready.visit_id)
        visit.planned_from -= dt.timedelta(days=days)
        visit.planned_to -= dt.timedelta(days=days)


@pytest.mark.parametrize("path", LINES)
async def test_a_line_is_its_technicians_to_write(cast: Cast, context: Context, path: str) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await send(cast.ann, path, ready))[0] == 201
    for stranger, status in ((cast.ben, 404), (cast.otto, 404), (cast.pam, 403), (cast.rex, 403)):
        assert (await send(stranger, path, ready))[0] == status


@pytest.mark.parametrize("path", LINES)
async def test_a_line_sent_twice_is_one_line(cast: Cast, context: Context, owner: AsyncEngine, path: str) -> None:
    ready = await make.ready_visit(context, cast)
    table = {"/times": "time_entry", "/parts-used": "part_used"}.get(path, path[1:-1])
    body = body_of(path, ready)
    first = await cast.ann.post(path, body, key="once")
    again = await cast.ann.post(path, body, key="once")
    assert first.json() == again.json()
    assert await rows(owner, f"SELECT id::text FROM {table}") == [(first.json()["id"],)]


@pytest.mark.parametrize("path", LINES)
async def test_a_completed_sheet_takes_nothing_more(cast: Cast, context: Context, path: str) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    await send(cast.ann, "/faults", ready)
    assert (await send(cast.ann, "/visits/complete", ready))[0] == 200
    status, told = await send(cast.ann, path, ready)
    assert (status, told["code"], told["state"]) == (409, "visit-closed", "completed")


async def test_what_a_completed_sheet_lacks_goes_where_it_says(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    await send(cast.ann, "/faults", ready)
    assert (await send(cast.ann, "/visits/complete", ready))[0] == 200
    _, told = await send(cast.ann, "/parts-used", ready)
    assert "another visit, or into a new job" in told["detail"]
    today = dt.datetime.now(dt.UTC)
    slot = {"planned_from": today.isoformat(), "planned_to": (today + dt.timedelta(hours=1)).isoformat()}
    closed = await cast.pam.post("/visits", {"job_id": str(ready.job_id), **slot})
    assert (closed.status_code, closed.json()["code"]) == (409, "job-closed")
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ann)
    visit_id = UUID((await cast.pam.done("/visits", {"job_id": str(job_id), **slot}))["visit_id"])
    assert (await send(cast.ann, "/parts-used", replace(ready, job_id=job_id, visit_id=visit_id)))[0] == 201


@pytest.mark.parametrize("path", LINES)
async def test_work_on_a_cancelled_job_is_for_the_office_to_decide(cast: Cast, context: Context, path: str) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "moved house"})
    status, told = await send(cast.ann, path, ready)
    assert (status, told["code"]) == (409, "job-cancelled")


@pytest.mark.parametrize("side", ["south", None])
async def test_work_begun_before_the_job_went_away_is_taken_and_flagged(
    cast: Cast, context: Context, side: str | None
) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    body = {"job_id": str(ready.job_id), "partner_id": str(cast.south) if side else None}
    await cast.dora.done("/jobs/assign", body)
    for path in LINES:
        status, told = await send(cast.ann, path, ready)
        assert (status, told["flags"]) == (201, ["after-reassignment"])
    status, told = await send(cast.ann, "/visits/complete", ready)
    assert (status, told["code"]) == (409, "job-reassigned")
    for path in ("/faults", "/parts-used"):
        status, told = await send(cast.ann, path, ready, model_component_id=str(uuid4()))
        assert (status, told["field"]) == (422, "model_component_id")
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()
    assert (shown["visit"]["job_number"], len(shown["parts"])) == (None, 1)


@pytest.mark.parametrize("path", LINES)
async def test_work_not_begun_before_the_job_went_away_is_for_the_office_to_decide(
    cast: Cast, context: Context, path: str
) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/assign", {"job_id": str(ready.job_id), "partner_id": str(cast.north)})
    status, told = await send(cast.ann, path, ready)
    assert (status, told["code"]) == (409, "job-reassigned")


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/times", "labour_operation_id", str(UUID(int=9))),
        ("/times", "ended_at", "2026-01-01T10:00:00Z"),
        ("/parts-used", "part_id", str(UUID(int=9))),
        ("/parts-used", "unit_of_measure", "kg"),
        ("/parts-used", "model_component_id", str(UUID(int=9))),
        ("/expenses", "photo_id", str(UUID(int=9))),
        ("/faults", "fault_code_id", str(UUID(int=9))),
        ("/faults", "model_component_id", str(UUID(int=9))),
    ],
)
async def test_a_line_names_what_exists(cast: Cast, context: Context, path: str, field: str, value: str) -> None:
    ready = await make.ready_visit(context, cast)
    more: dict[str, Any] = {"started_at": "2026-01-01T11:00:00Z"} if field == "ended_at" else {}
    status, told = await send(cast.ann, path, ready, **{field: value}, **more)
    assert (status, told["field"]) == (422, field)


async def test_a_component_of_another_model_did_not_fail_here(cast: Cast, context: Context) -> None:
    ready, other = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    status, told = await send(cast.ann, "/faults", ready, model_component_id=str(other.component_id))
    assert (status, told["field"]) == (422, "model_component_id")


async def test_a_receipt_is_a_photo_of_the_same_visit(cast: Cast, context: Context) -> None:
    ready, other = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    _, photo = await send(cast.ann, "/photos", ready, kind="receipt")
    assert (await send(cast.ann, "/expenses", ready, photo_id=photo["id"]))[0] == 201
    assert (await send(cast.ann, "/expenses", other, photo_id=photo["id"]))[1]["field"] == "photo_id"


async def test_a_part_entered_the_day_after_is_on_hold(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await move_visit(context, ready, 1)
    status, told = await send(cast.ann, "/parts-used", ready)
    assert (status, told["flags"]) == (201, ["late-entry", "on-hold"])
    stored = await rows(owner, "SELECT on_hold, entered_on - used_on FROM part_used")
    assert stored == [(True, 1)]
    assert await rows(owner, "SELECT outcome FROM journal") == [("applied_flagged",)]


async def test_a_bolt_entered_the_day_after_is_noted_only(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await move_visit(context, ready, 1)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Part).where(Part.id == ready.part_id).values(claimable=False))
    assert (await send(cast.ann, "/parts-used", ready))[1]["flags"] == ["late-entry"]
    assert (await send(cast.ann, "/parts-used", ready, kind="returned"))[1]["flags"] == []


async def test_a_part_that_arrives_late_but_was_entered_in_time_is_not_on_hold(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await move_visit(context, ready, 2)
    then = utc_now() - dt.timedelta(days=2)
    command = UsePart(visit_id=ready.visit_id, kind="used", part_id=ready.part_id, quantity=1, unit_of_measure="pcs")
    async with begin(context.database, actor_of(cast.ann)) as work:
        entry = await execute(
            work, new_id(), command, canonical({}), REGISTER, Stamp(client_at=then, estimated_at=then)
        )
    assert entry.outcome == "applied"
    assert await rows(owner, "SELECT on_hold FROM part_used") == [(False,)]


async def test_a_photo_finds_its_bytes_before_and_after(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)

    async def arrive(sha256: str) -> None:
        async with begin(context.database, actor_of(cast.ann)) as work:
            await keep_upload(work, sha256=sha256, blob_sha256="cd" * 32, width=4, height=3, taken_at=None, reads=[])

    await arrive("00" * 32)
    for sha256 in ("00" * 32, "11" * 32):
        await send(cast.ann, "/photos", ready, sha256=sha256)
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()["photos"]
    assert [photo["arrived"] for photo in shown] == [True, False]
    await arrive("11" * 32)
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()["photos"]
    assert [photo["arrived"] for photo in shown] == [True, True]


async def test_bytes_and_photo_that_come_at_once_find_each_other(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)

    async def arrive(sha256: str) -> None:
        async with begin(context.database, actor_of(cast.ann)) as work:
            await keep_upload(work, sha256=sha256, blob_sha256="cd" * 32, width=4, height=3, taken_at=None, reads=[])

    digests = [f"{number:02x}" * 32 for number in range(12)]
    both = [call for sha256 in digests for call in (arrive(sha256), send(cast.ann, "/photos", ready, sha256=sha256))]
    await asyncio.gather(*both)
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()["photos"]
    assert [photo["arrived"] for photo in shown] == [True] * len(digests)


@pytest.mark.parametrize("path", LINES)
async def test_a_line_taken_back_stays_readable_and_is_taken_back_once(cast: Cast, context: Context, path: str) -> None:
    ready = await make.ready_visit(context, cast)
    kind = {"/parts-used": "part"}.get(path, path[1:-1])
    line_id = (await send(cast.ann, path, ready))[1]["id"]
    body = {"line_id": line_id, "kind": kind, "reason": "pressed twice"}
    assert (await cast.ben.post("/lines/void", body)).json()["code"] == "unknown-line"
    assert (await cast.otto.post("/lines/void", body)).json()["code"] == "unknown-line"
    for _ in range(2):
        assert (await cast.ann.done("/lines/void", body))["id"] == line_id
    sheet = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()
    (line,) = sheet[f"{kind}s"]
    assert line["void_reason"] == "pressed twice"


async def test_a_line_that_nobody_wrote_cannot_be_taken_back(cast: Cast, context: Context) -> None:
    body = {"line_id": str(uuid4()), "kind": "part", "reason": "pressed twice"}
    response = await cast.ann.post("/lines/void", body)
    assert (response.status_code, response.json()["code"]) == (404, "unknown-line")


async def test_a_line_of_a_completed_sheet_stands(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    line_id = (await send(cast.ann, "/faults", ready))[1]["id"]
    await send(cast.ann, "/visits/complete", ready)
    response = await cast.ann.post("/lines/void", {"line_id": line_id, "kind": "fault", "reason": "changed my mind"})
    assert (response.status_code, response.json()["code"]) == (409, "visit-closed")


async def test_the_office_keys_in_lines_from_paper(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await send(cast.dora, "/times", ready))[0] == 201
    shown = (await cast.dora.get(f"/visits/{ready.visit_id}")).json()
    assert (shown["visit"]["keyed_in_by_office"], shown["times"][0]["minutes"]) == (True, 45)

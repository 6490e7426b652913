"""The office accepts or declines work that was recorded after its job went away, and the phone is told."""

import asyncio
import dataclasses
import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_operations import understand
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin, utc_now
from domain.operations.keeping import note_failure
from domain.operations.model import OpFailure
from tests import make
from tests.cast import Cast, joined
from tests.conftest import rows
from tests.sync.handset import Handset, handset


async def day_of_work(cast: Cast, context: Context, phone: Handset, ready: make.ReadyVisit) -> list[dict[str, Any]]:
    """What ann does on a repair, from arriving to the signature."""
    visit = {"visit_id": str(ready.visit_id)}
    label = f"https://id.example/01/{ready.gtin}/21/{ready.serial}"
    return [
        phone.step("arrive", ready.visit_id),
        phone.record(
            "scan.record",
            {**visit, "source": "camera", "scanned_text": label, "scanned_at": utc_now().isoformat()},
        ),
        phone.record(
            "fault.record",
            {
                **visit,
                "fault_code_id": str(ready.fault_code_id),
                "symptom": "does not drain",
                "model_component_id": str(ready.component_id),
                "designator": "R12",
            },
        ),
        phone.minutes(ready.visit_id, 45),
        phone.record(
            "visit.complete",
            {**visit, "at": utc_now().isoformat(), "result": "repaired", "no_signature_reason": "absent"},
        ),
    ]


async def waiting(cast: Cast) -> list[dict[str, Any]]:
    """What waits for a decision."""
    found: list[dict[str, Any]] = (await cast.dora.get("/recorded-work")).json()["items"]
    return found


async def test_accepted_work_counts_as_if_it_had_come_in_time(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id)}
    await cast.dora.done("/jobs/assign", assign)
    ops = await day_of_work(cast, context, phone, ready)
    fates = await phone.fates(*ops)
    assert [status for status, _ in fates] == ["recorded"] * 5
    held = await waiting(cast)
    assert [(one["kind"], one["technician"], one["job_number"] is not None) for one in held] == [
        (op["t"], "Ann", True) for op in ops if op["t"] != "scan.record"
    ], "a reading is stored at once; everything else waits"
    decided = await cast.dora.done(
        "/recorded-work/decide", {"op_ids": [one["op_id"] for one in reversed(held)], "decision": "accept"}
    )
    assert decided["outcomes"] == ["applied", "applied_flagged", "applied_flagged", "applied"]
    assert await rows(owner, "SELECT state, result, abandoned_reason FROM visit") == [("completed", "repaired", None)]
    assert await rows(owner, "SELECT state FROM job") == [("completed",)]
    assert await rows(owner, "SELECT id::text, minutes FROM time_entry") == [(ops[3]["op"], 45)]
    claims = await rows(owner, "SELECT partner_id, state FROM claim")
    assert claims == [(cast.north, "in_review")], "a person decides: the job is another's by now"
    assert await rows(owner, "SELECT count(*) FROM report") == [(1,)]
    assert await waiting(cast) == []
    outcomes = await rows(owner, "SELECT DISTINCT outcome FROM journal WHERE device_id IS NOT NULL")
    assert outcomes == [("recorded",)], "what was told then is never told otherwise"
    pulled = await phone.pull()
    told = [row["d"] for row in pulled["feeds"]["me"]["rows"] if row["k"] == "op_result"]
    assert {one["op"] for one in told} == {one["op_id"] for one in held}
    assert {one["decision"] for one in told} == {"accepted"}


async def test_a_decision_has_all_its_jobs_before_it_has_a_unit(cast: Cast, context: Context) -> None:
    phone = handset(cast.ann)
    visits = [await make.ready_visit(context, cast) for _ in range(2)]
    ops = []
    for ready in visits:
        assign = {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id)}
        await cast.dora.done("/jobs/assign", assign)
        ops += await day_of_work(cast, context, phone, ready)
    await phone.fates(*ops)
    accept = {"op_ids": [one["op_id"] for one in await waiting(cast)], "decision": "accept"}
    first, second = visits
    hold = "SELECT 1 FROM {} WHERE id = :id FOR NO KEY UPDATE NOWAIT"
    blocked = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
    )
    async with begin(context.database, SYSTEM) as other:
        await other.db.execute(text(hold.format("job")), {"id": second.job_id})
        deciding = asyncio.create_task(cast.dora.done("/recorded-work/decide", accept))
        while not deciding.done() and not await other.db.scalar(text(blocked)):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        assert not deciding.done(), "it waits for the second job"
        await other.db.execute(text(hold.format("unit")), {"id": first.unit_id})
    assert len((await deciding)["outcomes"]) == len(accept["op_ids"])


async def test_declined_work_stays_in_the_journal_and_changes_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    await phone.push(phone.step("arrive", ready.visit_id), phone.minutes(ready.visit_id))
    op_ids = [one["op_id"] for one in await waiting(cast)]
    body = {"op_ids": op_ids, "decision": "decline", "note": "nobody was there"}
    assert (await cast.dora.done("/recorded-work/decide", body))["outcomes"] == ["declined", "declined"]
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(0,)]
    told = [row["d"] for row in (await phone.pull())["feeds"]["me"]["rows"] if row["k"] == "op_result"]
    assert {(one["decision"], one["note"]) for one in told} == {("declined", "nobody was there")}
    again = await cast.dora.post("/recorded-work/decide", {**body, "decision": "accept"})
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")


async def test_a_cancelled_visit_that_was_made_can_be_billed(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    phone = handset(cast.otto)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    await phone.push(*await day_of_work(cast, context, phone, ready))
    op_ids = [one["op_id"] for one in await waiting(cast)]
    await cast.dora.done("/recorded-work/decide", {"op_ids": op_ids, "decision": "accept"})
    assert await rows(owner, "SELECT state FROM visit") == [("completed",)]
    assert await rows(owner, "SELECT state FROM job") == [("completed",)]


async def test_what_cannot_be_done_even_when_accepted_says_why_and_decides_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    complete = {
        "visit_id": str(ready.visit_id),
        "at": utc_now().isoformat(),
        "result": "repaired",
        "no_signature_reason": "absent",
    }
    ops = [phone.step("arrive", ready.visit_id), phone.record("visit.complete", complete)]
    assert (await phone.fates(*ops))[1] == ("recorded", "sheet-incomplete")
    refused = await cast.dora.post("/recorded-work/decide", {"op_ids": [ops[1]["op"]], "decision": "accept"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "sheet-incomplete")
    assert [one["op_id"] for one in await waiting(cast)] == [ops[1]["op"]]
    assert await rows(owner, "SELECT state FROM visit") == [("arrived",)]


async def test_only_the_office_sees_and_decides(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    op = phone.minutes(ready.visit_id)
    await phone.push(op)
    for caller in (cast.ann, cast.pam, cast.ben):
        assert (await caller.get("/recorded-work")).status_code == 403
        decide = await caller.post("/recorded-work/decide", {"op_ids": [op["op"]], "decision": "accept"})
        assert (decide.status_code, decide.json()["code"]) == (403, "not-allowed")
    assert (await cast.dora.get("/recorded-work", job_id=str(ready.job_id))).json()["items"][0]["sent"][
        "t"
    ] == "time.log"
    assert (await cast.dora.get("/recorded-work", decision="declined")).json()["items"] == []


async def test_pages_of_recorded_work_go_on_where_they_ended(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    ops = [phone.minutes(ready.visit_id, minutes) for minutes in range(5)]
    await phone.push(*ops)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await cast.dora.get("/recorded-work", limit=2, **cursor)).json()
        found += [one["op_id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == [op["op"] for op in ops]


async def test_support_reads_what_a_phone_sent(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    phone.ahead = dt.timedelta(minutes=-3)
    await phone.push(phone.minutes(ready.visit_id), phone.record("moon.land", {}))
    path = f"/devices/{phone.device}/operations"
    page = (await cast.ada.get(path, limit=1)).json()
    assert [(one["seq"], one["kind"], one["outcome"], one["reason"]) for one in page["items"]] == [
        (2, "moon.land", "recorded", "unknown-version")
    ]
    rest = (await cast.pam.get(path, cursor=page["next"])).json()["items"]
    assert [(one["seq"], one["reason"]) for one in rest] == [(1, "job-cancelled")]
    assert (await cast.ben.get(path)).status_code == 403


async def test_lines_that_the_customer_did_not_see_are_said(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = await day_of_work(cast, context, phone, ready)
    seen = [ops[2]["op"], ops[3]["op"]]
    await phone.push(*ops[:4])
    keyed = {"visit_id": str(ready.visit_id), "kind": "travel", "minutes": 5}
    await cast.dora.done("/times", keyed)
    ops[4]["body"]["lines"] = seen
    (result,) = (await phone.push(ops[4]))["results"]
    assert (result["status"], result["answer"]["flags"]) == ("applied_flagged", ["sheet-differs"])


async def test_a_decision_that_fails_is_journaled_in_the_name_of_who_decided(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    complete = {"at": utc_now().isoformat(), "result": "repaired", "no_signature_reason": "absent"}
    op = phone.record("visit.complete", {"visit_id": str(ready.visit_id), **complete})
    await phone.push(op)
    await cast.dora.post("/recorded-work/decide", {"op_ids": [op["op"]], "decision": "accept"})
    written = "SELECT actor_id, partner_id, outcome FROM journal WHERE kind = 'recorded_work.decide'"
    assert await rows(owner, written) == [(cast.dora.id, None, "rejected")]


async def test_nobody_is_given_a_right_by_accepting(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    """What failed five times is set aside without having been admitted: it may be anything."""
    phone = handset(cast.ann)
    op = phone.record(
        "partner.create", {"code": "EVIL", "name": "Evil", "grade": "A", "region": "x", "currency": "EUR"}
    )
    async with begin(context.database, SYSTEM) as work:
        for _ in range(5):
            await note_failure(work, phone.device, UUID(op["op"]), "a defect")
    async with owner.begin() as connection:
        await connection.execute(update(OpFailure).values(partner_id=cast.north))
    assert await phone.fates(op) == [("recorded", "server-error")]
    refused = await cast.dora.post("/recorded-work/decide", {"op_ids": [op["op"]], "decision": "accept"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "not-allowed")
    assert await rows(owner, "SELECT count(*) FROM partner WHERE code = 'EVIL'") == [(0,)]


async def test_work_accepted_later_does_not_move_the_end_of_a_job_that_others_completed(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    ann, ben = handset(cast.ann), handset(cast.ben)
    soon = utc_now() + dt.timedelta(hours=1)
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id)}
    slot = {"planned_from": soon.isoformat(), "planned_to": (soon + dt.timedelta(hours=1)).isoformat()}
    planned = await cast.dora.done("/jobs/assign", {**assign, **slot})
    await ann.push(*await day_of_work(cast, context, ann, ready))
    bens = dataclasses.replace(ready, visit_id=UUID(planned["visit_id"]))
    await ben.push(*await day_of_work(cast, context, ben, bens))
    closed = await rows(owner, "SELECT state, closed_at, version FROM job")
    op_ids = [one["op_id"] for one in await waiting(cast)]
    await cast.dora.done("/recorded-work/decide", {"op_ids": op_ids, "decision": "accept"})
    assert await rows(owner, "SELECT DISTINCT state FROM visit") == [("completed",)]
    assert await rows(owner, "SELECT state, closed_at, version FROM job") == closed


async def test_a_job_that_went_to_another_partner_is_not_accepted_from_the_past(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    cat = await make_colleague(cast, context)
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.north), "technician_id": str(cat)}
    await cast.dora.done("/jobs/assign", assign)
    op = phone.record("job.accept", {"job_id": str(ready.job_id)})
    assert await phone.fates(op) == [("recorded", "not-your-job")]
    await cast.dora.done("/jobs/assign", {"job_id": str(ready.job_id), "partner_id": str(cast.south)})
    refused = await cast.dora.post("/recorded-work/decide", {"op_ids": [op["op"]], "decision": "accept"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "not-your-job")
    assert await rows(owner, "SELECT partner_id, technician_id FROM job") == [(cast.south, None)]


async def make_colleague(cast: Cast, context: Context) -> UUID:
    """Another technician of north."""
    async with begin(context.database, SYSTEM) as work:
        return (await joined(work, cast.ann.http, "cat", Role.TECHNICIAN, cast.north)).id


async def test_what_a_newer_app_sent_is_carried_out_after_the_upgrade_by_itself(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await phone.push(phone.record("time.log", {"visit_id": str(ready.visit_id), "hours": 2}, v=2))
    decided = "SELECT decision, note FROM recorded_work"
    await understand(context, b"{}")
    assert await rows(owner, decided) == [(None, None)], "this release cannot read it"

    def in_hours(fields: dict[str, Any]) -> dict[str, Any]:
        return {"visit_id": fields["visit_id"], "kind": "travel", "minutes": fields["hours"] * 60}

    kind = REGISTER.by_tag["time.log"]
    newer = dataclasses.replace(REGISTER.actions[kind], version=3, upcasts=(dict, in_hours))
    upgraded = dataclasses.replace(REGISTER, actions={**REGISTER.actions, kind: newer})
    for _ in range(2):
        await understand(context, b"{}", register=upgraded)
    assert await rows(owner, decided) == [("accepted", "understood since a newer release")]
    assert await rows(owner, "SELECT minutes FROM time_entry") == [(120,)]


async def test_what_stands_against_it_after_the_upgrade_is_left_to_the_office(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    body = {"visit_id": str(ready.visit_id), "kind": "travel", "minutes": 5}
    await phone.push(phone.record("time.log", body, v=2))
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    kind = REGISTER.by_tag["time.log"]
    newer = dataclasses.replace(REGISTER.actions[kind], version=2, upcasts=(dict,))
    upgraded = dataclasses.replace(REGISTER, actions={**REGISTER.actions, kind: newer})
    await understand(context, b"{}", register=upgraded)
    assert await rows(owner, "SELECT decision FROM recorded_work") == [(None,)]
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(0,)]

"""A visit handed in whole by a partner's system: a phone's rules, one answer, nothing kept when it does not fit."""

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM, Role
from domain.kit.ids import new_id
from domain.kit.work import begin
from domain.worklog.model import Upload
from tests import make
from tests.cast import Cast, joined
from tests.claims.submitting import submission_of, system_of
from tests.claims.visits import claims, lines
from tests.conftest import rows


async def test_a_submitted_visit_makes_the_claim_a_phone_would_have_made(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    system = await system_of(cast)
    response = await system.post("/claims/submit", await submission_of(context, ready))
    assert response.status_code == 201, response.text
    told = response.json()
    assert (told["state"], told["reasons"], told["why_no_claim"], told["flags"]) == ("accepted", [], None, [])
    assert told["visit_id"] == str(ready.visit_id), "the planned visit is used"
    (claim,) = await claims(context)
    assert (claim.number, str(claim.id), claim.state) == (told["claim_number"], told["claim_id"], "accepted")
    assert {line.kind for line in await lines(context)} == {"fault", "part", "labour", "travel", "expense"}
    assert await rows(owner, "SELECT state, result, submitted_through FROM visit") == [("completed", "repaired", "api")]
    assert await rows(owner, "SELECT state FROM job") == [("completed",)]
    assert await rows(owner, "SELECT count(*) FROM report_revision") == [(1,)]
    assert await rows(owner, "SELECT kind, outcome FROM journal") == [("claim.submit", "applied")]
    shown = await system.get(f"/claims/{told['claim_id']}")
    assert shown.json()["claim"]["state"] == "accepted"


async def test_the_same_submission_again_gets_the_first_answer(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = await submission_of(context, ready)
    first = await cast.pam.post("/claims/submit", body, key="one")
    again = await cast.pam.post("/claims/submit", body, key="one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await cast.pam.post("/claims/submit", body | {"summary": "other"}, key="one")
    assert (other.status_code, other.json()["code"]) == (422, "operation-id-reused")
    assert len(await claims(context)) == 1


async def test_a_closed_job_says_which_claim_it_has(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = await submission_of(context, ready)
    number = (await cast.pam.done("/claims/submit", body))["claim_number"]
    again = await cast.pam.post("/claims/submit", body)
    assert (again.status_code, again.json()["code"], again.json()["claims"]) == (409, "job-closed", [number])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"job_number": 1}, "job_number", "not-found"),
    ({"completed_at": "2020-01-01T00:00:00Z"}, "completed_at", "invalid-request"),
    ({"technician_id": "0198c5b0-0000-7000-8000-00000000abcd"}, "technician_id", "invalid-request"),
    ({"faults": [{"fault_code": "NONE", "symptom": "x"}]}, "faults[0].fault_code", "unknown-code"),
    ({"parts": [{"part_number": "NONE"}]}, "parts[0].part_number", "unknown-code"),
    ({"parts": [{"part_number": "NONE", "component_code": "X"}]}, "parts[0].part_number", "unknown-code"),
    (
        {"times": [{"kind": "labour", "minutes": 1, "labour_operation": "NONE"}]},
        "times[0].labour_operation",
        "unknown-code",
    ),
    ({"faults": []}, "faults", "fault-code"),
    ({"result": "installed"}, "result", "result"),
    ({"photos": [{"sha256": "0" * 64}]}, "photos[0]", "not-uploaded"),
    ({"scan": {"scanned_text": "X1", "source": "typed"}}, "scan", "typed-scan-needs-evidence"),
    ({"scan": {"scanned_text": "X1", "source": "photo"}}, "scan.photo_sha256", "photo-scan-needs-photo"),
]


@pytest.mark.parametrize(("given", "field", "code"), WRONG)
async def test_it_says_which_field_does_not_fit_and_keeps_nothing(
    given: dict[str, Any], field: str, code: str, context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = await submission_of(context, ready)
    refused = await cast.pam.post("/claims/submit", body | given)
    assert (refused.status_code, refused.json()["code"]) == (422, "submission-refused"), refused.text
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]][:1] == [(field, code)]
    for table in ("claim", "scan", "fault", "part_used", "visit_event", "photo"):
        assert await rows(owner, f"SELECT count(*) FROM {table}") == [(0,)]
    assert await rows(owner, "SELECT state, submitted_through FROM visit") == [("planned", None)]
    assert (await cast.pam.post("/claims/submit", body)).status_code == 201


async def test_a_designator_that_does_not_fit_is_told_of_the_fault(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = await submission_of(context, ready)
    body["faults"][0]["designator"] = "anything"
    refused = (await cast.pam.post("/claims/submit", body)).json()
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("faults", "designator-format")]


async def test_it_plans_the_visit_where_nobody_has(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM visit"))
    told = await cast.pam.done("/claims/submit", await submission_of(context, ready))
    assert told["state"] == "accepted"
    assert await rows(owner, "SELECT state, submitted_through FROM visit") == [("completed", "desk")]


async def test_it_gives_the_job_to_the_technician_who_did_it(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        amy = await joined(work, cast.ann.http, "amy", Role.TECHNICIAN, cast.north)
    body = await submission_of(context, ready, technician_id=str(amy.id))
    response = await cast.pam.post("/claims/submit", body)
    assert response.status_code == 201, response.text
    assert await rows(owner, f"SELECT technician_id = '{amy.id}', state FROM job") == [(True, "completed")]
    states = {(str(who), state) for who, state in await rows(owner, "SELECT technician_id, state FROM visit")}
    assert states == {(str(cast.ann.id), "abandoned"), (str(amy.id), "completed")}


async def test_parts_that_come_after_the_day_of_the_visit_are_told_so_and_held_until_entered(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast)
    ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
    given = {"arrived_at": (ended - dt.timedelta(hours=1)).isoformat(), "completed_at": ended.isoformat()}
    told = await cast.pam.done("/claims/submit", await submission_of(context, ready, **given))
    assert {"late-entry", "on-hold"} <= set(told["flags"])
    assert [line.on_hold for line in await lines(context) if line.kind == "part"] == [False]


async def test_a_visit_that_nobody_pays_for_says_why(context: Context, cast: Cast) -> None:
    long_ago = dt.date(2001, 1, 1)
    old = {"sold_on": long_ago, "warranty_start_on": long_ago, "warranty_end_on": dt.date(2003, 1, 1)}
    ready = await make.ready_visit(context, cast, unit_given=old)
    told = await cast.pam.done("/claims/submit", await submission_of(context, ready))
    assert (told["claim_number"], told["why_no_claim"]) == (None, "out-of-warranty")


async def test_readings_are_kept_as_the_meter_showed_them(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    readings = [{"name": "voltage", "value": "229.0", "unit_of_measure": "V"}, {"name": "cycles", "value": "0041"}]
    await cast.pam.done("/claims/submit", await submission_of(context, ready, readings=readings))
    kept = await rows(owner, "SELECT name, value, unit_of_measure FROM reading ORDER BY name")
    assert kept == [("cycles", "0041", ""), ("voltage", "229.0", "V")]


async def test_what_no_field_of_the_submission_is_to_blame_for_is_told_as_itself(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready, other = [await make.ready_visit(context, cast) for _ in range(2)]
    async with owner.begin() as connection:
        await connection.execute(text(f"DELETE FROM visit WHERE id = '{ready.visit_id}'"))
        slot = "planned_from = now() - interval '1 hour', planned_to = now() + interval '1 hour'"
        await connection.execute(text(f"UPDATE visit SET {slot} WHERE id = '{other.visit_id}'"))
    refused = await cast.pam.post("/claims/submit", await submission_of(context, ready))
    assert (refused.status_code, refused.json()["code"]) == (409, "slot-taken")


async def test_a_visit_that_is_abandoned_meanwhile_is_not_completed(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        second = await make.visit(work, ready.job_id, number=2)
    body = await submission_of(context, ready)
    async with owner.begin() as rival:
        abandoned = "UPDATE visit SET state = 'abandoned', abandoned_reason = 'no-access' WHERE id = :id"
        await rival.execute(text(abandoned), {"id": ready.visit_id})
        submitting = asyncio.create_task(cast.pam.done("/claims/submit", body))
        while not await rows(owner, "SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not submitting.done()
    assert (await submitting)["visit_id"] == str(second)
    assert await rows(owner, "SELECT number, state FROM visit ORDER BY number") == [(1, "abandoned"), (2, "completed")]


async def test_a_photo_that_was_uploaded_is_the_label_s(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    sha256 = "ab" * 32
    async with begin(context.database, SYSTEM) as work:
        own = {"account_id": cast.pam.id, "partner_id": cast.north, "sha256": sha256, "blob_sha256": "cd" * 32}
        work.db.add(Upload(id=new_id(), **own, width=1, height=1, at=work.now))
    scan = {"scanned_text": ready.serial, "source": "typed", "typed_reason": "torn", "photo_sha256": sha256}
    told = await cast.pam.done("/claims/submit", await submission_of(context, ready, scan=scan))
    assert told["state"] == "in_review", "a typed serial is looked at by a person"
    assert await rows(owner, "SELECT kind, sha256 FROM photo") == [("label", sha256)]


async def test_nobody_submits_for_another_partner(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.ben)
    body = await submission_of(context, ready)
    foreign = await cast.pam.post("/claims/submit", body)
    unknown = await cast.pam.post("/claims/submit", body | {"job_number": 1})
    for answer in (foreign.json(), unknown.json()):
        del answer["request_id"]
        assert answer["errors"][0]["field"] == "job_number"
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    for who in (cast.ann, cast.dora, cast.rex):
        assert (await who.post("/claims/submit", body)).status_code == 403


async def test_visits_that_are_handed_in_out_of_order_are_not_two_places_at_once(context: Context, cast: Cast) -> None:
    now = dt.datetime.now(dt.UTC)
    for hours in (1, 3, 2):
        ready = await make.ready_visit(context, cast)
        ended = now - dt.timedelta(hours=hours)
        given = {"arrived_at": (ended - dt.timedelta(minutes=30)).isoformat(), "completed_at": ended.isoformat()}
        told = await cast.pam.done("/claims/submit", await submission_of(context, ready, **given))
        assert "overlaps-actual" not in told["flags"], hours
    ready = await make.ready_visit(context, cast)
    given = {"arrived_at": (now - dt.timedelta(hours=3)).isoformat(), "completed_at": now.isoformat()}
    told = await cast.pam.done("/claims/submit", await submission_of(context, ready, **given))
    assert "overlaps-actual" in told["flags"]

"""What becomes of what a phone pushes: once, in order, and nothing is dropped."""

import dataclasses
import datetime as dt
import gzip
import json
from typing import Any
from uuid import UUID

import brotli
import msgspec
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.observed import OPERATIONS
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM
from domain.kit.command import Command
from domain.kit.ids import new_id
from domain.kit.problem import NotSignedIn
from domain.kit.work import begin, utc_now
from domain.people.model import Device, SignIn
from mobile_sync.enrol import enrol
from mobile_sync.protocol import EnrolRequest, PushRequest
from mobile_sync.push import push
from tests import make
from tests.cast import Cast, actor_of
from tests.conftest import rows
from tests.sync.handset import Handset, handset
from tests.sync.pushing import push_with


async def test_a_day_of_work_is_taken_in_order(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    answer = await phone.push(
        phone.travel(ready.visit_id), phone.step("arrive", ready.visit_id), phone.minutes(ready.visit_id)
    )
    assert [one["status"] for one in answer["results"]] == ["applied"] * 3
    assert (answer["status"], answer["last_seq"]) == ("ok", 3)
    assert answer["results"][1]["answer"]["state"] == "arrived"
    line = answer["results"][2]["op"]
    assert [str(found[0]) for found in await rows(owner, "SELECT id FROM time_entry")] == [line]
    assert await rows(owner, "SELECT seq, device_id IS NOT NULL FROM journal ORDER BY seq") == [
        (1, True),
        (2, True),
        (3, True),
    ]


async def test_repeating_a_push_gets_the_first_answers(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.travel(ready.visit_id), phone.minutes(ready.visit_id)]
    first, again = await phone.push(*ops), await phone.push(*ops)
    assert [one["replayed"] for one in again["results"]] == [True, True]
    assert [one["answer"] for one in again["results"]] == [one["answer"] for one in first["results"]]
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(1,)]


async def test_a_number_left_out_is_a_gap_and_nothing_is_taken(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    first, second, third = (phone.minutes(ready.visit_id, minutes) for minutes in (1, 2, 3))
    answer = await phone.push(first, third)
    assert (answer["status"], answer["last_seq"], len(answer["results"])) == ("gap", 1, 1)
    answer = await phone.push(second, third)
    assert (answer["status"], answer["last_seq"]) == ("ok", 3)


async def test_a_clone_is_told_to_enrol_anew_and_loses_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone, clone = handset(cast.ann), handset(cast.ann)
    await phone.push(phone.minutes(ready.visit_id, 1))
    cloned = clone.minutes(ready.visit_id, 2)
    answer = await clone.push(cloned)
    assert (answer["status"], answer["results"]) == ("forked", [])
    body = {"device": str(new_id()), "name": "the other phone", "app": "1.0"}
    response = await cast.ann.http.post("/sync/enrol", json=body, headers=cast.ann.headers)
    assert response.status_code == 200
    tokens = response.json()
    assert tokens["device_id"] == body["device"]
    anew = Handset(type(cast.ann)(cast.ann.http, tokens["access_token"], cast.ann.actor), device=tokens["device_id"])
    assert await anew.fates(cloned) == [("applied", None)]
    assert await rows(owner, "SELECT minutes FROM time_entry ORDER BY 1") == [(1,), (2,)]


async def test_other_content_under_a_known_id_is_kept_and_changes_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    first = phone.minutes(ready.visit_id, 10)
    await phone.push(first)
    other = {**first, "body": {**first["body"], "minutes": 99}}
    for _ in range(2):
        assert await phone.fates(other) == [("mismatch", "operation-id-reused")]
    assert await rows(owner, "SELECT minutes FROM time_entry") == [(10,)]
    assert await rows(owner, "SELECT why, convert_from(raw, 'UTF8')::json->'body'->>'minutes' FROM quarantine") == [
        ("mismatch", "99")
    ]


async def test_two_operations_of_one_push_under_one_id_are_told_apart_by_their_content(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    first = phone.minutes(ready.visit_id, 10)
    again = {**first, "seq": 2}
    other = {**first, "seq": 3, "body": {**first["body"], "minutes": 99}}
    answer = await phone.push(first, again, other)
    assert [(one["status"], one.get("replayed", False)) for one in answer["results"]] == [
        ("applied", False),
        ("applied", True),
        ("mismatch", False),
    ]
    assert answer["last_seq"] == 3
    assert await rows(owner, "SELECT minutes FROM time_entry") == [(10,)]
    assert await rows(owner, "SELECT why, convert_from(raw, 'UTF8')::json->>'seq' FROM quarantine") == [
        ("mismatch", "3")
    ]


async def test_an_operation_whose_id_is_nothing_but_zeros_is_taken_once_as_any_other(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    zeros = {**phone.minutes(ready.visit_id), "op": str(UUID(int=0))}
    then = phone.travel(ready.visit_id)
    assert await phone.fates(zeros, then) == [("applied", None)] * 2
    assert await phone.fates(zeros, then) == [("applied", None)] * 2
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(1,)]


async def test_renumbered_and_sent_by_another_phone_it_is_the_same_operation(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    first = phone.minutes(ready.visit_id, 10)
    await phone.push(first)
    answer = await phone.push({**first, "seq": 2, "mono": 5, "boot": "b2"})
    assert (answer["results"][0]["status"], answer["results"][0]["replayed"]) == ("applied", True)
    assert answer["last_seq"] == 2, "a replay advances the number, or the queue would never be empty"


async def test_work_on_a_job_that_went_away_is_recorded_for_the_office(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    assert await phone.fates(phone.step("arrive", ready.visit_id), phone.minutes(ready.visit_id)) == [
        ("recorded", "job-cancelled"),
        ("recorded", "job-cancelled"),
    ]
    assert await rows(owner, "SELECT kind, reason, job_id FROM recorded_work ORDER BY at, seq") == [
        ("visit.arrive", "job-cancelled", ready.job_id),
        ("time.log", "job-cancelled", ready.job_id),
    ]


async def test_a_command_the_phone_may_not_send_is_rejected_and_kept(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    body = {"job_id": str(ready.job_id), "reason": "no wish to go"}
    assert await phone.fates(phone.record("job.cancel", body)) == [("rejected", "not-allowed")]


async def test_fields_that_do_not_fit_are_rejected_and_block_nothing(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    wrong = phone.record("time.log", {"visit_id": str(ready.visit_id), "kind": "flight", "minutes": 5})
    assert await phone.fates(wrong, phone.minutes(ready.visit_id)) == [
        ("rejected", "invalid-request"),
        ("applied", None),
    ]


@pytest.mark.parametrize(("tag", "version"), [("moon.land", 1), ("time.log", 2)])
async def test_what_a_newer_app_sends_is_kept_until_it_is_understood(
    tag: str, version: int, cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.record(tag, {"visit_id": str(ready.visit_id), "kind": "travel", "minutes": 5}, v=version)
    assert await phone.fates(op) == [("recorded", "unknown-version")]
    assert await rows(owner, "SELECT kind, version, outcome FROM journal") == [(tag, version, "recorded")]


async def test_an_operation_nobody_can_read_is_kept_and_blocks_nothing(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    broken = {**phone.minutes(ready.visit_id), "at": "yesterday"}
    too_large = phone.record("time.log", {"note": "x" * 40_000})
    fine = phone.minutes(ready.visit_id)
    expected = [("undecodable", "undecodable"), ("undecodable", "too-large"), ("applied", None)]
    assert await phone.fates(broken, too_large, fine) == expected
    assert await phone.fates(broken, too_large, fine) == expected
    assert (await phone.push(acked={"seq": 2, "op": too_large["op"]}))["status"] == "ok", "it is known"
    assert await rows(owner, "SELECT why FROM quarantine ORDER BY why") == [("too-large",), ("undecodable",)]


async def test_a_body_that_is_no_object_is_rejected_and_one_that_names_no_visit_is_kept(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    phone = handset(cast.ann)
    nothing, newer = phone.record("time.log", {}) | {"body": [1]}, phone.record("moon.land", {"visit_id": 5})
    assert await phone.fates(nothing, newer) == [("rejected", "invalid-request"), ("recorded", "unknown-version")]
    assert await rows(owner, "SELECT kind, visit_id FROM recorded_work") == [("moon.land", None)]


async def test_an_operation_whose_content_was_erased_is_known_for_good(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id)
    await phone.push(op)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM journal_body"))
    (again,) = (await phone.push(op))["results"]
    assert (again["status"], again["replayed"], again["answer"]) == ("applied", True, {"code": "erased"})
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(1,)]


async def test_the_database_itself_knows_whose_a_phone_is_and_that_it_was_revoked(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    """Asked under the lock of the phone: who revokes it comes before or after, never in between."""
    ready = await make.ready_visit(context, cast)
    phone, actor = handset(cast.ann), actor_of(cast.ann)
    unbound = dataclasses.replace(actor, session_id=None)  # no session: the phone's row alone is asked

    async def said(device: UUID) -> str:
        asked = phone.envelope(phone.minutes(ready.visit_id), device=str(device))
        request = msgspec.json.decode(json.dumps(asked), type=PushRequest)
        return (await push(context.database, context.queue, unbound, request, now=utc_now())).status

    assert [await said(device) for device in (new_id(), handset(cast.ben).device)] == ["unknown_device"] * 2
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Device).where(Device.id == phone.device).values(revoked_at=utc_now()))
    with pytest.raises(NotSignedIn):
        await said(phone.device)
    assert await rows(owner, "SELECT count(*) FROM journal") == [(0,)]


async def test_a_phone_that_was_shut_out_meanwhile_gets_no_new_id(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    """Asked under the lock of the phone, after its session was confirmed."""
    request = EnrolRequest(device=new_id(), name="a way back in", app="1.0")
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Device).where(Device.account_id == cast.ann.id).values(revoked_at=utc_now()))
    with pytest.raises(NotSignedIn):
        async with begin(context.database, SYSTEM) as work:
            await enrol(work, actor_of(cast.ann), request, context.session_key)
    assert await rows(owner, f"SELECT count(*) FROM device WHERE id = '{request.device}'") == [(0,)]


async def test_a_queue_of_an_older_app_is_brought_up_to_date(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    kind: type[Command] = REGISTER.by_tag["time.log"]

    def in_hours(fields: dict[str, Any]) -> dict[str, Any]:
        return {**{name: value for name, value in fields.items() if name != "hours"}, "minutes": fields["hours"] * 60}

    newer = dataclasses.replace(REGISTER.actions[kind], version=2, upcasts=(in_hours,))
    register = dataclasses.replace(REGISTER, actions={**REGISTER.actions, kind: newer})
    old = phone.record("time.log", {"visit_id": str(ready.visit_id), "kind": "travel", "hours": 2})
    answer = await push_with(context, phone, register, old)
    assert answer.results[0].status == "applied"
    assert await rows(owner, "SELECT minutes FROM time_entry") == [(120,)]
    wrong = phone.record("time.log", {"visit_id": str(ready.visit_id), "kind": "travel"})
    answer = await push_with(context, phone, register, wrong)
    assert (answer.results[0].status, answer.results[0].reason) == ("rejected", "invalid-request")


async def test_a_server_that_forgot_is_told_by_what_the_phone_was_acknowledged(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id)
    await phone.push(op)
    for acked in ({"seq": 2, "op": op["op"]}, {"seq": 1, "op": str(new_id())}):
        answer = await phone.push(phone.minutes(ready.visit_id), acked=acked)
        assert (answer["status"], answer["results"]) == ("rewound", [])
    response = await Handset(cast.ann, device=new_id()).send(acked=phone.acked)
    assert (response.status_code, response.json()["code"]) == (403, "not-allowed")


async def test_what_was_taken_again_after_a_restore_is_not_what_the_phone_was_told(
    cast: Cast, context: Context
) -> None:
    """A copy of the phone may have pushed the same operation to the restored server, where it met another fate."""
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id)
    told = (await phone.push(op))["results"][0]
    assert (await phone.push(op))["results"][0]["taken_at"] == told["taken_at"]
    acked = {"seq": 1, "op": op["op"], "at": told["taken_at"]}
    assert [(await ask(acked=acked))["status"] for ask in (phone.push, phone.pull)] == ["ok", "ok"]
    acked["at"] = "2026-03-02T09:30:00.000001Z"
    assert [(await ask(acked=acked))["status"] for ask in (phone.push, phone.pull)] == ["rewound", "rewound"]


async def test_a_wrong_clock_is_corrected_and_said(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    phone.ahead = dt.timedelta(days=1)
    body = {"visit_id": str(ready.visit_id), "at": (utc_now() + phone.ahead).isoformat()}
    assert await phone.fates(phone.record("visit.arrive", body)) == [("applied_flagged", None)]
    assert await rows(owner, "SELECT clock_uncertain, abs(extract(epoch FROM arrived_at - now())) < 60 FROM visit") == [
        (True, True)
    ]


async def test_how_long_ago_it_was_is_known_by_the_monotonic_clock(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id, mono=1_000, boot="b1", at="2020-01-01T00:00:00Z")
    await phone.push(op, mono=61_000)
    assert await rows(
        owner, "SELECT round(extract(epoch FROM received_at - estimated_at)), client_at::text FROM journal"
    ) == [(60, "2020-01-01 00:00:00+00")]


@pytest.mark.parametrize("coding", ["gzip", "br"])
async def test_a_push_may_come_compressed(coding: str, cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    pack = {"gzip": gzip.compress, "br": brotli.compress}[coding]

    async def send(content: bytes) -> tuple[int, Any]:
        headers = {**cast.ann.headers, "content-encoding": coding, "content-type": "application/json"}
        response = await cast.ann.http.post("/sync/push", content=content, headers=headers)
        return response.status_code, response.json()

    status, answer = await send(pack(json.dumps(phone.envelope(phone.minutes(ready.visit_id))).encode()))
    assert (status, answer["last_seq"]) == (200, 1)
    assert (await send(pack(b" " * 10_000_000)))[0] == 413
    assert (await send(pack(b"{}" * 100)[:-4]))[0] == 400


async def test_a_push_that_is_packed_otherwise_says_which_packings_are_read(cast: Cast) -> None:
    headers = {**cast.ann.headers, "content-encoding": "zstd", "content-type": "application/json"}
    response = await cast.ann.http.post("/sync/push", content=b"...", headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "wrong-media-type")


async def test_an_operation_without_a_number_is_a_problem_of_the_whole_request(cast: Cast, context: Context) -> None:
    response = await handset(cast.ann).send({"op": "x"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")


async def test_a_revoked_phone_hands_in_what_it_holds_and_is_given_nothing(
    cast: Cast, context: Context, http: Any, owner: AsyncEngine
) -> None:
    invited = await cast.ada.done(
        "/people", {"login": "nina@test", "name": "Nina", "role": "technician", "partner_id": str(cast.north)}
    )
    link = await cast.ada.done("/people/invitation-links", {"account_id": invited["id"]})
    await http.post("/sign-in/password", json={"token": link["token"], "password": "a long pass phrase"})
    device = str(new_id())
    phone = {"id": device, "name": "Nina's phone", "app_version": "1"}
    tokens = (
        await http.post("/sign-in", json={"login": "nina@test", "password": "a long pass phrase", "phone": phone})
    ).json()
    hand_in = {"refresh_token": tokens["refresh_token"], "device": device, "ops": [{"op": str(new_id()), "seq": 1}]}
    assert (await http.post("/sync/quarantine", json=hand_in)).status_code == 401, "it can push as usual"
    await cast.ada.done("/devices/revoke", {"device_id": device, "reason": "left in a taxi"})
    answer = await http.post("/sync/quarantine", json=hand_in)
    assert (answer.status_code, answer.json()) == (200, {"kept": 1})
    await http.post("/sync/quarantine", json=hand_in)
    assert await rows(owner, "SELECT why FROM quarantine") == [("revoked",)]
    stolen = {**hand_in, "refresh_token": "x" * 100}
    assert (await http.post("/sync/quarantine", json=stolen)).status_code == 401
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Device).values(revoked_at=utc_now() - dt.timedelta(days=31)))
    assert (await http.post("/sync/quarantine", json=hand_in)).status_code == 401
    listed = (await cast.ada.get("/quarantine")).json()["items"]
    assert [(one["why"], one["device_id"]) for one in listed] == [("revoked", device)]


async def test_what_became_of_operations_is_counted(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id)
    before = [OPERATIONS.labels(status)._value.get() for status in ("applied", "replayed")]
    await phone.push(op)
    await phone.push(op)
    assert [OPERATIONS.labels(status)._value.get() for status in ("applied", "replayed")] == [
        before[0] + 1,
        before[1] + 1,
    ]


async def test_a_browser_s_session_of_a_technician_speaks_for_no_phone(cast: Cast, context: Context) -> None:
    phone = handset(cast.ann)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(SignIn).where(SignIn.account_id == cast.ann.id).values(device_id=None))
    response = await phone.send()
    assert (response.status_code, response.json()["code"]) == (403, "not-allowed")

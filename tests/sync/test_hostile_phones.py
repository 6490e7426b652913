"""What a phone that is broken, or lies, can do to the server and to others: nothing."""

import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.ids import new_id
from domain.kit.work import utc_now
from domain.people.tokens import first_token
from tests import make
from tests.cast import Cast
from tests.conftest import rows
from tests.sync.handset import handset
from tests.sync.pushing import push_with, register_where

SENT = {"kind": "travel", "minutes": 5}


@pytest.mark.parametrize(("then", "now"), [(0, 2**53), (2**53, 0)])
async def test_a_clock_that_ran_for_ages_is_taken_for_the_earliest_or_latest_it_can_be(
    then: int, now: int, cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    answer = await phone.push(phone.minutes(ready.visit_id, mono=then, boot="b1"), mono=now)
    assert [one["status"] for one in answer["results"]] == ["applied"]
    assert await rows(owner, "SELECT estimated_at BETWEEN '1990-01-01 00:00Z' AND now() FROM journal") == [(True,)]


async def test_what_cannot_even_be_set_aside_ends_the_push(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    """Five failures set an operation aside; where that fails as well the phone is told to come back."""
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    ops = [phone.travel(ready.visit_id, job=str(new_id())), phone.minutes(ready.visit_id)]

    async def fail(*_: Any) -> Any:
        raise RuntimeError("a defect")

    broken = register_where("visit.travel", fail)
    for _ in range(4):
        await push_with(context, phone, broken, *ops)
    async with owner.begin() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("ALTER TABLE journal ADD CONSTRAINT probe CHECK (outcome <> 'recorded')")
    try:
        said = [await push_with(context, phone, broken, *ops) for _ in range(2)]
    finally:
        async with owner.begin() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute("ALTER TABLE journal DROP CONSTRAINT probe")
    assert [[one.status for one in answer.results] for answer in said] == [["retry"], ["retry"]]
    assert await rows(owner, "SELECT tries FROM op_failure") == [(7,)]
    answer = await push_with(context, phone, broken, *ops)
    assert [one.status for one in answer.results] == ["recorded", "applied"]


async def test_support_reads_what_a_phone_sent_whatever_it_put_into_it(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    nul = phone.record("time.log", {"visit_id": str(ready.visit_id), "\0": 1})
    assert await phone.fates(nul, phone.minutes(ready.visit_id)) == [("rejected", "invalid-request"), ("applied", None)]
    listed = await cast.ada.get(f"/devices/{phone.device}/operations")
    assert listed.status_code == 200, listed.text
    assert [one["reason"] for one in listed.json()["items"]] == [None, "invalid-request"]


async def test_an_operation_that_is_twice_in_one_push_is_no_sign_of_a_clone(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op, broken = phone.minutes(ready.visit_id), {**phone.minutes(ready.visit_id), "at": "yesterday"}
    answer = await phone.push(op, op, broken, broken)
    assert (answer["status"], answer["last_seq"]) == ("ok", 2)
    assert [(one["status"], one.get("replayed", False)) for one in answer["results"]][:2] == [
        ("applied", False),
        ("applied", True),
    ]
    other = phone.minutes(ready.visit_id)
    answer = await phone.push(other, {**other, "op": str(new_id())})
    assert answer["status"] == "forked", "another operation under the same number is one"
    assert await rows(owner, "SELECT count(*) FROM time_entry") == [(2,)]
    assert await rows(owner, "SELECT count(*) FROM quarantine") == [(1,)]


async def test_everything_nobody_can_read_is_kept_though_the_id_is_the_same(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    op = phone.minutes(ready.visit_id)
    for at in ("yesterday", "the day before", "yesterday"):
        assert await phone.fates({**op, "at": at}) == [("undecodable", "undecodable")]
    kept = "SELECT convert_from(raw, 'UTF8')::json->>'at' FROM quarantine ORDER BY 1"
    assert await rows(owner, kept) == [("the day before",), ("yesterday",)]


async def test_what_a_phone_that_was_shut_out_hands_in_is_kept_to_the_letter_and_once(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    phone = handset(cast.ann)
    await cast.ada.done("/devices/revoke", {"device_id": str(phone.device), "reason": "left in a taxi"})
    token = first_token(new_id(), phone.device, 0).text(context.session_key)
    body = {"refresh_token": token, "device": str(phone.device), "ops": [{"torn": True}, {"long": "x" * 200_000}]}
    for _ in range(2):
        answer = await cast.ann.http.post("/sync/quarantine", json=body)
        assert answer.json() == {"kept": 2}
    assert await rows(owner, "SELECT length(raw) FROM quarantine ORDER BY 1") == [(13,), (200_011,)]


async def test_a_typed_serial_on_a_job_that_went_away_waits_with_the_photo_it_names(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "the customer called"})
    visit = {"visit_id": str(ready.visit_id)}
    photo = phone.record("photo.add", {**visit, "kind": "label", "sha256": "a" * 64})
    typed = {"source": "typed", "scanned_text": ready.serial, "typed_reason": "worn off", "photo_id": photo["op"]}
    scan = phone.record("scan.record", {**visit, **typed, "scanned_at": utc_now().isoformat()})
    assert await phone.fates(photo, scan) == [("recorded", "job-cancelled"), ("recorded", "photo-not-on-visit")]
    accepted = {"op_ids": [scan["op"], photo["op"]], "decision": "accept"}
    await cast.dora.done("/recorded-work/decide", accepted)
    assert await rows(owner, "SELECT id::text, photo_id::text FROM scan") == [(scan["op"], photo["op"])]


async def test_half_a_character_in_a_note_blocks_nothing(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    """What a script makes of an emoji that it cut in two is JSON that no strict reader takes."""
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    notes = [
        ("\\ud83d", "\ufffd"),
        ("cut \\uDE00 off", "cut \ufffd off"),
        ("\\ud83d\\ude00", "\U0001f600"),
        ("\\ud83d\\ud83d\\ude00", "\ufffd\U0001f600"),
        ("\\\\ud83d", "\\ud83d"),
        ("\\u00e9", "\u00e9"),
    ]
    ops = [
        phone.record("time.log", {**SENT, "visit_id": str(ready.visit_id), "note": f"?{n}?"}) for n in range(len(notes))
    ]
    envelope = {"device": str(phone.device), "app": "1", "sent_at": utc_now().isoformat(), "boot": "", "acked": {}}
    content = json.dumps({**envelope, "ops": ops})
    for n, (written, _) in enumerate(notes):
        content = content.replace(f"?{n}?", written)
    headers = {**cast.ann.headers, "content-type": "application/json"}
    for _ in range(2):
        answer = await cast.ann.http.post("/sync/push", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        assert {one["status"] for one in answer.json()["results"]} == {"applied"}
    assert await rows(owner, "SELECT note FROM time_entry JOIN journal ON op_id = id ORDER BY seq") == [
        (read,) for _, read in notes
    ]


async def test_what_was_recorded_after_a_phone_lost_its_clock_is_taken_and_flagged(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    """An empty battery in a cellar: the phone counts from 1970 until it finds a network, then knows the day again."""
    ready = await make.ready_visit(context, cast)
    phone = handset(cast.ann)
    lost = "1970-01-01T00:03:00Z"
    op = phone.record("visit.arrive", {"visit_id": str(ready.visit_id), "at": lost}, at=lost, mono=5, boot="b0")
    assert await phone.fates(op) == [("applied_flagged", None)]
    assert await rows(owner, "SELECT state, clock_uncertain FROM visit") == [("arrived", True)]
    still = phone.record("visit.start", {"visit_id": str(ready.visit_id), "at": lost}, at=lost)
    assert await phone.fates(still, sent_at="1970-01-01T00:05:00Z") == [("applied_flagged", None)]
    assert await rows(owner, "SELECT now() - started_at < interval '3 minutes' FROM visit") == [(True,)]

"""Messages to partners' systems: signed, thin, sent once the claim is committed, tried again, replayed."""

import datetime as dt
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters import posting
from api.adapters.posting import post
from api.context import Context
from api.worker import drain
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Role
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, carry_out, sqlstate, transact
from domain.webhooks.delivering import PAUSES, write_attempt
from domain.webhooks.queries import Attempt
from domain.webhooks.signing import signature
from domain.webhooks.telling import tell_of_claim
from tests import make
from tests.cast import Cast, actor_of, joined
from tests.claims.racing import line_up
from tests.claims.submitting import system_of
from tests.claims.visits import claimed, claims
from tests.conftest import rows
from tests.webhooks.receiver import Receiver, listening

EVENTS = ["claim.decided", "claim.changed", "claim.paid"]


@pytest.fixture
def receiver(context: Context) -> Iterator[Receiver]:
    """A system of the north's on this machine, which the product is allowed to call."""
    context.settings = msgspec.structs.replace(context.settings, webhook_loopback=True)
    with listening() as found:
        yield found


@dataclass(frozen=True)
class Said:
    """A command about a claim."""

    claim_id: UUID


async def made(cast: Cast, receiver: Receiver, *, approved: bool = True) -> dict[str, Any]:
    response = await cast.pam.post("/webhooks", {"url": receiver.url, "events": EVENTS})
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    if approved:
        await cast.ada.done("/webhooks/approve", {"webhook_id": told["id"]})
    return told


async def test_a_decided_claim_is_told_in_one_signed_message(context: Context, cast: Cast, receiver: Receiver) -> None:
    secret = (await made(cast, receiver))["secret"]
    await claimed(await make.ready_visit(context, cast))
    assert receiver.came == [], "it is sent by the worker"
    await drain(context)
    ((path, headers, body),) = receiver.came
    (claim,) = await claims(context)
    told = json.loads(body)
    assert (path, told["type"]) == ("/hook", "claim.decided")
    assert told["data"] == {"id": str(claim.id), "number": claim.number, "state": "accepted", "reasons": []}
    assert dt.datetime.fromisoformat(told["timestamp"]) == claim.scored_at
    assert headers["content-type"] == "application/json"
    wanted = signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == wanted
    (line,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert (line["state"], line["attempts"][0]["status"], line["next_at"]) == ("delivered", 204, None)
    assert headers["webhook-id"] == f"msg_{UUID(line['id']).hex}"


async def test_a_completion_asks_for_no_webhooks(context: Context, cast: Cast) -> None:
    """It holds the unit that others wait for; a new claim is told by the worker, once it is scored."""
    _, (rider,) = await line_up(context.database, [cast.ann], 1)
    asked: list[str] = []

    async def complete(work: Work) -> None:
        with work.driver.query_logger(lambda record: asked.append(record.query)):
            await carry_out(work, rider.command, REGISTER, new_id())

    await transact(context.database, actor_of(cast.ann), complete, queue=context.queue)
    assert len(await claims(context)) == 1
    assert [query for query in asked if "webhook" in query] == []


async def test_nothing_is_sent_before_the_office_approved_the_host(
    context: Context, cast: Cast, receiver: Receiver
) -> None:
    told = await made(cast, receiver, approved=False)
    assert told["state"] == "pending"
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    assert receiver.came == []
    for who in (cast.pam, cast.dora, cast.rex):
        assert (await who.post("/webhooks/approve", {"webhook_id": told["id"]})).status_code == 403
    early = await cast.pam.post("/webhooks/enable", {"webhook_id": told["id"]})
    assert (early.status_code, early.json()["code"]) == (409, "webhook-not-active")


async def test_another_partner_s_webhook_hears_nothing(context: Context, cast: Cast, receiver: Receiver) -> None:
    webhook = await made(cast, receiver)
    await claimed(await make.ready_visit(context, cast, technician=cast.ben))
    await drain(context)
    assert receiver.came == []
    async with begin(context.database, SYSTEM) as work:
        sue = await joined(work, cast.pam.http, "sue", Role.PARTNER_OFFICE, cast.south)
    assert (await sue.get("/webhooks")).json()["items"] == []
    assert (await sue.get("/webhooks/messages")).json()["items"] == []
    for path in ("/webhooks/remove", "/webhooks/enable", "/webhooks/change-secret"):
        assert (await sue.post(path, {"webhook_id": webhook["id"]})).status_code == 404


async def test_what_failed_is_tried_again_after_growing_pauses(
    context: Context, cast: Cast, receiver: Receiver
) -> None:
    await made(cast, receiver)
    receiver.answers = [500, 307]
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    (line,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert (len(receiver.came), line["state"], line["attempts"][0]["status"]) == (1, "waiting", 500)
    message_id, pauses = UUID(line["id"]), []
    for n in range(len(PAUSES)):
        async with begin(context.database, SYSTEM) as work:
            pauses.append((await write_attempt(work, message_id, Attempt(work.now, 1, 307 if n % 2 else None, "x")))[0])
    assert pauses == [*PAUSES[1:], None]
    (line,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert (line["state"], line["next_at"], len(line["attempts"])) == ("failed", None, 1 + len(PAUSES))


async def test_a_message_is_replayed_with_the_same_id_and_bytes(
    context: Context, cast: Cast, receiver: Receiver
) -> None:
    await made(cast, receiver)
    receiver.answers = [302]
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    (line,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert line["state"] == "waiting", "a redirect is not followed and delivers nothing"
    system = await system_of(cast)
    replayed = await system.post(f"/webhooks/messages/{line['id']}/replay")
    assert replayed.status_code == 202, replayed.text
    await drain(context)
    first, second = receiver.came
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])
    assert (await cast.pam.get("/webhooks/messages")).json()["items"][0]["state"] == "delivered"
    assert (await cast.pam.post(f"/webhooks/messages/{cast.north}/replay")).status_code == 404


async def test_a_webhook_where_nothing_gets_through_for_days_is_disabled(
    context: Context, cast: Cast, receiver: Receiver, owner: AsyncEngine
) -> None:
    webhook = await made(cast, receiver)
    receiver.answers = [500, 500]
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE webhook SET failing_since = failing_since - interval '6 days'"))
    line = (await cast.pam.get("/webhooks/messages")).json()["items"][0]
    await cast.pam.post(f"/webhooks/messages/{line['id']}/replay")
    await drain(context)
    assert await rows(owner, "SELECT kind, partner_id FROM alert") == [("webhook-disabled", cast.north)]
    (shown,) = (await cast.pam.get("/webhooks")).json()["items"]
    assert (shown["state"], shown["disabled_why"]) == ("disabled", "Nothing got through for 5 days.")
    refused = await cast.pam.post(f"/webhooks/messages/{line['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook-not-active")
    assert (await cast.pam.done("/webhooks/enable", {"webhook_id": webhook["id"]}))["state"] == "active"


async def test_gone_means_gone(context: Context, cast: Cast, receiver: Receiver) -> None:
    await made(cast, receiver)
    receiver.answers = [410]
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    assert (await cast.pam.get("/webhooks")).json()["items"][0]["disabled_why"] == "It answered 410 Gone."


async def test_a_changed_secret_signs_beside_the_former_one(context: Context, cast: Cast, receiver: Receiver) -> None:
    webhook = await made(cast, receiver)
    changed = await cast.pam.post("/webhooks/change-secret", {"webhook_id": webhook["id"]})
    assert changed.status_code == 200, changed.text
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    _, headers, body = receiver.came[0]
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"].split(" ") == [
        signature(secret, headers["webhook-id"], at, body) for secret in (changed.json()["secret"], webhook["secret"])
    ]


async def test_a_secret_is_shown_once(cast: Cast, receiver: Receiver, owner: AsyncEngine) -> None:
    webhook = await made(cast, receiver)
    assert webhook["secret"] not in (await cast.pam.get("/webhooks")).text
    assert webhook["secret"] not in (await cast.ada.get("/webhooks")).text
    written = await rows(owner, "SELECT t::text FROM auth_event AS t UNION ALL SELECT t::text FROM journal_body AS t")
    assert not any(webhook["secret"] in str(row) for row in written)


async def test_a_removed_webhook_hears_no_more(context: Context, cast: Cast, receiver: Receiver) -> None:
    webhook = await made(cast, receiver)
    assert (await cast.pam.done("/webhooks/remove", {"webhook_id": webhook["id"]}))["state"] == "removed"
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    assert (receiver.came, (await cast.pam.get("/webhooks")).json()["items"]) == ([], [])


async def test_what_fails_late_brings_no_removed_webhook_back(
    context: Context, cast: Cast, receiver: Receiver, owner: AsyncEngine
) -> None:
    """It was removed while the message was under way."""
    webhook = await made(cast, receiver)
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        await tell_of_claim(work, Said(claim.id))
    ((message_id,),) = await rows(owner, "SELECT id FROM webhook_message")
    await cast.pam.done("/webhooks/remove", {"webhook_id": webhook["id"]})
    gone = Attempt(dt.datetime.now(dt.UTC), 5, 410)
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        assert await write_attempt(work, UUID(str(message_id)), gone) == (None, None)
    assert await rows(owner, "SELECT state FROM webhook") == [("removed",)]
    assert await rows(owner, "SELECT state, next_at FROM webhook_message") == [("failed", None)]


async def test_a_failure_after_the_delivery_changes_nothing(
    context: Context, cast: Cast, receiver: Receiver, owner: AsyncEngine
) -> None:
    """A replay and a repeat may be under way together."""
    await made(cast, receiver)
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    ((message_id,),) = await rows(owner, "SELECT id FROM webhook_message")
    late = Attempt(dt.datetime.now(dt.UTC), 5, 500)
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        assert await write_attempt(work, UUID(str(message_id)), late) == (None, None)
    assert await rows(owner, "SELECT state, next_at FROM webhook_message") == [("delivered", None)]
    assert await rows(owner, "SELECT failing_since FROM webhook") == [(None,)]


async def test_an_address_that_may_not_be_called_is_refused(cast: Cast) -> None:
    for url in ("http://partner.example/x", "https://127.0.0.1/x", "https://intranet/x"):
        refused = await cast.pam.post("/webhooks", {"url": url, "events": EVENTS})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request"), url
    assert (await cast.ann.post("/webhooks", {"url": "https://a.example/x", "events": EVENTS})).status_code == 403


async def test_a_partner_has_so_many_webhooks_at_most(cast: Cast) -> None:
    for n in range(10):
        made_ = await cast.pam.post("/webhooks", {"url": f"https://a{n}.example/x", "events": EVENTS})
        assert made_.status_code == 201
    refused = await cast.pam.post("/webhooks", {"url": "https://b.example/x", "events": EVENTS})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-webhooks")


def test_it_posts_to_nothing_on_this_machine_unless_that_is_allowed() -> None:
    with listening() as receiver:
        assert post(receiver.url, {}, b"{}", loopback=False).error is not None
        assert receiver.came == []
        assert post(receiver.url, {}, b"{}", loopback=True).status == 204
    assert post(receiver.url, {}, b"{}", loopback=True).error == "ConnectionRefusedError"


def test_a_name_that_leads_to_this_machine_is_not_called() -> None:
    """However it got into the name service: every address a name has is looked at before a connection is made."""
    found = post("https://localhost.localdomain/hook", {}, b"{}", loopback=False)
    assert found.error in ("The host leads to an address that is not public.", "The host's name does not resolve.")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: ",
    ],
)
def test_an_answer_that_comes_byte_by_byte_takes_no_longer_than_any(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the answer says of its length: the thread that waits for it is free again in time."""
    monkeypatch.setattr(posting, "seconds_max", 0.5)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            came, _ = server.accept()
            with came, suppress(OSError):
                came.recv(65536)
                came.sendall(head)
                while not done.wait(0.1):
                    came.sendall(b"x")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            posted = post(f"http://127.0.0.1:{server.getsockname()[1]}/x", {}, b"{}", loopback=True)
        finally:
            done.set()
            thread.join(10)
    assert 400 <= posted.milliseconds < 3000


async def test_what_was_told_before_is_not_told_again(context: Context, cast: Cast, receiver: Receiver) -> None:
    await made(cast, receiver)
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        await tell_of_claim(work, Said(claim.id))
    await drain(context)
    assert len(receiver.came) == 1


async def test_every_change_of_a_claim_is_told_as_the_partner_may_hear_it(
    context: Context, cast: Cast, receiver: Receiver
) -> None:
    await made(cast, receiver)
    ready = await make.ready_visit(context, cast, limits={"labour_percent_max": 50}, modes={"D11": "review"})
    await claimed(ready)
    (claim,) = await claims(context)
    await drain(context)
    await cast.pam.done("/claims/withdraw", {"claim_id": str(claim.id)})
    await drain(context)
    told = sorted((json.loads(body) for _, _, body in receiver.came), key=lambda one: one["timestamp"])
    assert [(one["type"], one["data"]["state"]) for one in told] == [
        ("claim.changed", "in_review"),
        ("claim.changed", "withdrawn"),
    ]
    assert {tuple(one["data"]) for one in told} == {("id", "number", "state", "reasons")}


async def test_a_paid_claim_is_told_once(context: Context, cast: Cast, receiver: Receiver) -> None:
    await made(cast, receiver)
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    await drain(context)  # a claim is scored before it is paid
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE claim SET scored_at = now() WHERE scored_at IS NULL"))
    for _ in range(2):
        await cast.ada.done("/claims/pay", {"claim_ids": [str(claim.id)]})
    await drain(context)
    assert [json.loads(body)["type"] for _, _, body in receiver.came] == ["claim.decided", "claim.paid"]


async def test_what_became_of_a_request_for_more_is_told(context: Context, cast: Cast, receiver: Receiver) -> None:
    response = await cast.pam.post("/webhooks", {"url": receiver.url, "events": ["preauthorisation.decided"]})
    await cast.ada.done("/webhooks/approve", {"webhook_id": response.json()["id"]})
    ready = await make.ready_visit(context, cast)
    asked = {"job_id": str(ready.job_id), "asked": {"labour_minutes": 180}, "note": "The pump sits behind the drum."}
    request = await (await system_of(cast)).post("/preauthorisations", asked)
    assert request.status_code == 201, request.text
    decision = {"decision": "refuse", "reason": "excessive-labour"}
    await cast.rex.done("/preauthorisations/decide", {"preauthorisation_id": request.json()["id"]} | decision)
    await drain(context)
    ((_, _, body),) = receiver.came
    data = {"id": request.json()["id"], "number": request.json()["number"], "state": "refused"}
    assert json.loads(body)["data"] == data | {"reasons": ["excessive-labour"]}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE webhook SET approved_at = now()",
        "UPDATE webhook SET url = 'https://elsewhere.example/'",
        "UPDATE webhook SET secret = 'mine'",
        "UPDATE webhook SET state = 'active'",
        (
            "INSERT INTO webhook (id, partner_id, url, host, events, secret, state, created_by, created_at, "
            "approved_at) VALUES (gen_random_uuid(), current_partner(), 'x', 'x', '[]', 'x', 'active', "
            "gen_random_uuid(), now(), now())"
        ),
    ],
)
async def test_the_database_lets_no_partner_approve_its_own_webhook(
    change: str, context: Context, cast: Cast, receiver: Receiver
) -> None:
    await made(cast, receiver, approved=False)
    with pytest.raises(DBAPIError) as refused:
        async with begin(context.database, actor_of(cast.pam)) as work:
            await work.db.execute(text(change))
    assert sqlstate(refused.value) in ("42501", "23514")

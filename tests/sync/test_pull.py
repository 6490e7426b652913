"""What a phone is given: whole rows from its cursor on, nothing twice, nothing missing, nothing of others."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, utc_now
from domain.people.model import Account, Device
from mobile_sync.protocol import PullRequest
from mobile_sync.pull import pull
from tests import make
from tests.cast import Cast, actor_of
from tests.conftest import rows
from tests.sync.handset import ZERO, Handset, handset


async def given(cast: Cast, context: Context) -> tuple[make.ReadyVisit, Handset]:
    """A visit of ann's whose job her phone was told of, and the phone."""
    ready = await make.ready_visit(context, cast)
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.north), "technician_id": str(cast.ann.id)}
    await cast.dora.done("/jobs/assign", assign)
    return ready, handset(cast.ann)


def me(answer: dict[str, Any]) -> dict[str, Any]:
    """The technician's own feed of an answer."""
    feed: dict[str, Any] = answer["feeds"]["me"]
    return feed


def kinds(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The rows' kinds, and why they left."""
    return [(row["k"], row.get("removed")) for row in me(answer)["rows"]]


async def test_a_new_phone_gets_its_jobs_and_visits_whole(cast: Cast, context: Context) -> None:
    ready, phone = await given(cast, context)
    answer = await phone.pull()
    assert (answer["status"], me(answer)["more"], sorted(kinds(answer))) == (
        "ok",
        False,
        [("job", None), ("visit", None)],
    )
    job = next(row for row in me(answer)["rows"] if row["k"] == "job")
    assert job["id"] == job["d"]["id"] == str(ready.job_id)
    assert job["d"]["unit"]["serial"] == ready.serial
    token = me(answer)["token"]
    assert token["pos"] == token["head"] > 0


async def test_a_phone_at_head_is_told_nothing(cast: Cast, context: Context) -> None:
    _, phone = await given(cast, context)
    token = me(await phone.pull())["token"]
    answer = await phone.pull(me=token)
    assert me(answer) == {"reset": False, "rows": [], "token": token, "more": False, "snapshot": False}


async def test_its_own_work_comes_back_as_rows_with_the_number_it_was_taken_under(cast: Cast, context: Context) -> None:
    ready, phone = await given(cast, context)
    token = me(await phone.pull())["token"]
    arrive, line = phone.step("arrive", ready.visit_id), phone.minutes(ready.visit_id, 25)
    await phone.push(arrive, line)
    answer = await phone.pull(me=token)
    assert answer["last_seq"] == 2
    visit = next(
        row["d"] for row in me(answer)["rows"] if row["k"] == "visit" and row["d"]["id"] == str(ready.visit_id)
    )
    assert visit["state"] == "arrived"
    assert [(one["id"], one["minutes"]) for one in visit["times"]] == [(line["op"], 25)]


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_pages_hold_everything_once(limit: int, cast: Cast, context: Context) -> None:
    phone = handset(cast.ann)
    for _ in range(3):
        await given(cast, context)
    whole = {(row["k"], row["id"]) for row in me(await phone.pull())["rows"]}
    found: list[tuple[str, str]] = []
    token: dict[str, Any] = ZERO
    for _ in range(20):
        feed = me(await phone.pull(limit, me=token))
        assert len(feed["rows"]) <= limit
        found += [(row["k"], row["id"]) for row in feed["rows"]]
        token = feed["token"]
        if not feed["more"]:
            break
    assert (len(found), set(found)) == (len(whole), whole)
    assert me(await phone.pull(me=token))["rows"] == []


async def test_a_job_that_went_to_somebody_else_leaves_without_its_content(cast: Cast, context: Context) -> None:
    ready, phone = await given(cast, context)
    token = me(await phone.pull())["token"]
    assign = {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id)}
    await cast.dora.done("/jobs/assign", assign)
    answer = await phone.pull(me=token)
    assert set(kinds(answer)) == {("job", "reassigned"), ("visit", "reassigned")}
    assert all("d" not in row for row in me(answer)["rows"])
    assert kinds(await phone.pull()) == [], "a new phone is not even told that it was there"
    assert ("job", None) in kinds(await handset(cast.ben).pull())


async def test_a_cursor_of_another_past_is_reset(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    _, phone = await given(cast, context)
    token = me(await phone.pull())["token"]
    forged = {**token, "tag": "0123456789abcdef"}
    ahead = {**token, "head": token["head"] + 5, "pos": token["pos"] + 5}
    crossed = {**token, "pos": token["head"] + 1}
    for wrong in (forged, ahead, crossed):
        feed = me(await phone.pull(me=wrong))
        assert (feed["reset"], len(feed["rows"]), feed["token"]) == (True, 2, token)
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE feed_counter SET floor = n"))
    behind = {**token, "pos": token["pos"] - 1}
    assert me(await phone.pull(me=behind))["reset"] is True
    assert me(await phone.pull(me=token))["reset"] is False


async def test_the_mark_is_of_the_newest_number_a_phone_has_seen_not_of_its_position(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    """A phone in the middle of its pages must notice a restore to a moment after its position and before its head."""
    for _ in range(3):
        _, phone = await given(cast, context)
    half = me(await phone.pull(2))["token"]
    assert half["pos"] < half["head"]
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE feed_mark SET tag = tag + 1 WHERE seq = (SELECT max(seq) FROM feed_mark)")
        )
    assert me(await phone.pull(2, me=half))["reset"] is True


async def test_a_phone_the_server_does_not_know_or_that_knows_more_must_enrol_anew(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready, phone = await given(cast, context)
    op = phone.minutes(ready.visit_id)
    await phone.push(op)
    assert (await phone.pull(acked={"seq": 1, "op": op["op"]}))["status"] == "ok"
    for acked in ({"seq": 2, "op": op["op"]}, {"seq": 1, "op": str(new_id())}):
        answer = await phone.pull(acked=acked)
        assert (answer["status"], answer["feeds"]) == ("rewound", {})
    stranger = {
        "device": str(new_id()),
        "app": "1",
        "schema": 1,
        "sent_at": utc_now().isoformat(),
        "acked": {"seq": 0, "op": None},
        "feeds": {"me": ZERO},
    }
    actor = actor_of(cast.ann)
    unbound = type(actor)(actor.account_id, actor.role, actor.partner_id)  # no session: the service itself asks
    request = PullRequest(**_typed(stranger))
    answered = await pull(context.database, unbound, request, now=utc_now())
    assert (answered.status, answered.feeds) == ("unknown_device", {})
    refused = await cast.ann.http.post("/sync/pull", json=stranger, headers=cast.ann.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert handset(cast.ben).device != phone.device
    foreign = {**stranger, "device": str(handset(cast.ben).device)}
    assert (await pull(context.database, unbound, PullRequest(**_typed(foreign)), now=utc_now())).status == (
        "unknown_device"
    )


def _typed(body: dict[str, Any]) -> dict[str, Any]:
    request = msgspec.convert(body, PullRequest)
    return {name: getattr(request, name) for name in request.__struct_fields__}


async def test_a_revoked_phone_and_a_disabled_person_are_given_nothing(cast: Cast, context: Context) -> None:
    _, phone = await given(cast, context)
    assert kinds(await phone.pull()) != []
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Device).where(Device.id == phone.device).values(revoked_at=utc_now()))
    response = await cast.ann.http.post("/sync/pull", json=_body(phone), headers=cast.ann.headers)
    assert (response.status_code, response.json()["code"]) == (401, "not-signed-in")
    other = handset(cast.ben)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Account).where(Account.id == cast.ben.id).values(disabled_at=utc_now()))
    response = await cast.ben.http.post("/sync/pull", json=_body(other), headers=cast.ben.headers)
    assert response.status_code == 401


def _body(phone: Handset) -> dict[str, Any]:
    return {
        "device": str(phone.device),
        "app": "1",
        "schema": 1,
        "sent_at": utc_now().isoformat(),
        "acked": phone.acked,
        "feeds": {"me": ZERO},
    }


async def test_a_page_weighs_no_more_than_a_megabyte(cast: Cast, context: Context) -> None:
    phone = handset(cast.ann)
    for _ in range(3):
        await given(cast, context)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE job SET problem = repeat('x', 600000)"))
    token: dict[str, Any] = ZERO
    pages = 0
    found: set[tuple[str, str]] = set()
    for _ in range(10):
        feed = me(await phone.pull(me=token))
        pages, token = pages + 1, feed["token"]
        found |= {(row["k"], row["id"]) for row in feed["rows"]}
        if not feed["more"]:
            break
    assert pages == 3
    assert len(found) == 6


async def test_our_own_and_partners_phones_are_told_apart_of_coverage(cast: Cast, context: Context) -> None:
    _, phone = await given(cast, context)
    ours = await make.ready_visit(context, cast, technician=cast.otto)
    await cast.dora.done("/jobs/assign", {"job_id": str(ours.job_id), "technician_id": str(cast.otto.id)})
    partners = next(row["d"] for row in me(await phone.pull())["rows"] if row["k"] == "job")
    own = next(row["d"] for row in me(await handset(cast.otto).pull())["rows"] if row["k"] == "job")
    assert (partners["coverage"]["word"], partners["coverage"]["until"]) == ("covered", None)
    assert own["coverage"]["until"] is not None


async def test_pull_reads_feeds_of_the_catalogue_for_partners_too(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready, phone = await given(cast, context)
    async with begin(context.database, SYSTEM) as work:
        work.changes.touch_shared("catalogue", "part", ready.part_id)
        work.changes.touch_shared("codes", "fault_code", ready.fault_code_id)
    answer = await phone.pull(catalogue=ZERO, codes=ZERO)
    assert [row["k"] for row in answer["feeds"]["catalogue"]["rows"]] == ["part"]
    assert [row["d"]["id"] for row in answer["feeds"]["codes"]["rows"]] == [str(ready.fault_code_id)]
    assert await rows(owner, "SELECT count(*) FROM feed_counter WHERE feed = 'catalogue'") == [(1,)]

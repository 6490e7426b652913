"""Lists that come in pages: walked one row at a time they are what they are at once."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from api.context import Context
from domain.installs.model import UnitMove
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, utc_now
from domain.operations.model import Quarantine
from domain.webhooks.model import WebhookMessage
from tests import make
from tests.cast import Caller, Cast

ROWS = 5
Filled = Callable[[Work, Cast], Awaitable[tuple[str, Caller]]]


async def walked(who: Caller, path: str, **query: Any) -> list[Any]:
    """Follow the cursors to the end, one row at a time."""
    found: list[Any] = []
    while True:
        response = await who.get(path, limit=1, **query)
        assert response.status_code == 200, response.text
        page = response.json()
        found += page["items"]
        assert len(page["items"]) <= 1
        if page.get("next") is None:
            return found
        assert len(found) < 100, "the cursor goes round in circles"
        query["cursor"] = page["next"]


async def customers(work: Work, cast: Cast) -> tuple[str, Caller]:
    for _ in range(ROWS):
        await make.customer(work)
    return "/customers", cast.dora


async def moves(work: Work, cast: Cast) -> tuple[str, Caller]:
    unit_id = await make.unit(work, await make.model(work))
    hour = dt.timedelta(hours=1)
    for n in range(ROWS):
        told: dict[str, Any] = {"kind": "status", "summary": f"move {n}", "before": {}, "after": {}}
        at = utc_now() - hour * (n // 2)  # several at one moment
        work.db.add(UnitMove(id=new_id(), unit_id=unit_id, on=at.date(), actor_id=SYSTEM.account_id, at=at, **told))
    return f"/units/{unit_id}/moves", cast.dora


async def quarantine(work: Work, cast: Cast) -> tuple[str, Caller]:
    assert cast.ann.actor is not None
    account_id = cast.ann.actor.account_id
    for _ in range(ROWS):
        lies = {"device_id": new_id(), "account_id": account_id, "partner_id": cast.north, "raw": b"{"}
        work.db.add(Quarantine(id=new_id(), op_id=None, why="undecodable", at=utc_now(), **lies))
    return "/quarantine", cast.ada


@pytest.mark.parametrize("fill", [customers, moves, quarantine], ids=lambda fill: fill.__name__)
async def test_a_list_walked_row_by_row_is_the_list(context: Context, cast: Cast, fill: Filled) -> None:
    async with begin(context.database, SYSTEM) as work:
        path, who = await fill(work, cast)
        await work.db.flush()
    whole = (await who.get(path, limit=100)).json()
    assert len(whole["items"]) >= ROWS
    assert whole.get("next") is None
    assert await walked(who, path) == whole["items"]


async def test_webhooks_and_their_messages_are_walked_too(context: Context, cast: Cast) -> None:
    for n in range(ROWS):
        made = await cast.pam.post("/webhooks", {"url": f"https://a{n}.example/x", "events": ["claim.decided"]})
        assert made.status_code == 201, made.text
    hooks = (await cast.pam.get("/webhooks")).json()["items"]
    assert await walked(cast.pam, "/webhooks") == hooks
    assert len(hooks) == ROWS
    async with begin(context.database, SYSTEM) as work:
        for hook in hooks[:2]:
            for _ in range(ROWS):
                told = {"event": "claim.decided", "body": "{}", "state": "waiting", "created_at": work.now}
                about = {"webhook_id": UUID(hook["id"]), "partner_id": cast.north, "subject_id": new_id()}
                work.db.add(WebhookMessage(id=new_id(), next_at=work.now, **about, **told))
    every = (await cast.pam.get("/webhooks/messages", limit=100)).json()["items"]
    assert len(every) == 2 * ROWS
    assert await walked(cast.pam, "/webhooks/messages") == every
    of_one = [line for line in every if line["webhook_id"] == hooks[0]["id"]]
    assert await walked(cast.pam, "/webhooks/messages", webhook_id=hooks[0]["id"]) == of_one
    assert len(of_one) == ROWS

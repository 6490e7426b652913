"""Old parts come back before their line is paid, or a manager waives them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.reviewing import lines_by_kind, manager, run
from tests.claims.visits import claims, complete, fill_sheet, now, scan

RETURNS, RECEIVE, WAIVE = "/core-returns", "/core-returns/receive", "/core-returns/waive"


async def held(context: Context, cast: Cast, old_serial: str = "BD-1000 0001") -> tuple[Any, dict[str, Any]]:
    """A claim with a dear part of which the old one must come back; and its return, as pam sees it."""
    ready = await make.ready_visit(context, cast, limits={"core_return_minor": 1})
    await fill_sheet(ready)
    await run(context, "UPDATE part_used SET old_serial = :old", old=old_serial)
    await scan(ready)
    response = await complete(ready)
    assert response.status_code == 200, response.text
    (claim,) = await claims(context)
    (card,) = (await cast.pam.get(RETURNS)).json()["items"]
    return claim, card


async def keeper(context: Context, cast: Cast) -> Caller:
    return await manager(context, cast, "paul", Role.PARTS_MANAGER)


async def test_a_dear_part_is_expected_back_and_holds_payment_up(context: Context, cast: Cast) -> None:
    claim, card = await held(context, cast)
    line = (await lines_by_kind(context, claim.id))["part"]
    assert (card["state"], card["part_number"], card["serial"]) == ("expected", line.label, "BD-1000 0001")
    assert (line.on_hold, line.hold_reason, card["line_id"]) == (True, "core-return", str(line.id))
    await run(context, "UPDATE claim SET scored_at = now()")
    told = await cast.ada.done("/claims/pay", {"claim_ids": [str(claim.id)]})
    assert told["claims"][0]["outcome"] == "on-hold"
    paul = await keeper(context, cast)
    (found,) = (await paul.get(RETURNS, serial="bd10000001", state="expected")).json()["items"]
    assert (await paul.get(RETURNS, serial="other")).json()["items"] == []
    settled = await paul.done(RECEIVE, {"core_return_id": found["id"], "serial": "BD10000001", "weight_grams": 850})
    assert settled == {"id": card["id"], "state": "received", "matches": True, "on_hold": False}
    pay = {"claim_ids": [str(claim.id)]}
    assert (await cast.ada.done("/claims/pay", pay))["claims"][0]["outcome"] == "not-scored"
    await drain(context)
    assert (await cast.ada.done("/claims/pay", pay))["claims"][0]["outcome"] == "paid"
    again = await paul.post(RECEIVE, {"core_return_id": found["id"], "serial": "BD10000001"})
    assert (again.status_code, again.json()["code"]) == (409, "return-settled")


async def test_another_part_lifts_no_hold(context: Context, cast: Cast) -> None:
    claim, card = await held(context, cast)
    paul = await keeper(context, cast)
    assert (await paul.post(RECEIVE, {"core_return_id": card["id"]})).json()["field"] == "serial"
    wrong = await paul.done(RECEIVE, {"core_return_id": card["id"], "serial": "XY1"})
    assert (wrong["matches"], wrong["on_hold"]) == (False, True)
    assert (await lines_by_kind(context, claim.id))["part"].on_hold
    (seen,) = (await cast.pam.get(RETURNS)).json()["items"]
    assert (seen["matches"], seen["received_serial"]) == (None, None)
    right = await paul.done(RECEIVE, {"core_return_id": card["id"], "serial": "BD10000001"})
    assert (right["matches"], right["on_hold"]) == (True, False)


async def test_a_part_without_a_serial_is_taken_as_it_comes(context: Context, cast: Cast) -> None:
    claim, card = await held(context, cast, "")
    settled = await (await keeper(context, cast)).done(RECEIVE, {"core_return_id": card["id"]})
    assert (settled["matches"], settled["on_hold"]) == (None, False)
    assert not (await lines_by_kind(context, claim.id))["part"].on_hold


async def test_a_manager_waives_with_a_reason(context: Context, cast: Cast) -> None:
    claim, card = await held(context, cast)
    body = {"core_return_id": card["id"], "reason": "burnt with the building"}
    assert (await (await keeper(context, cast)).post(WAIVE, body)).status_code == 403
    assert (await (await manager(context, cast)).done(WAIVE, body))["state"] == "waived"
    assert not (await lines_by_kind(context, claim.id))["part"].on_hold
    assert (await cast.rex.get(RETURNS, claim_id=claim.id)).json()["items"][0]["waive_reason"] == body["reason"]
    assert (await cast.ada.post(WAIVE, body)).json()["code"] == "return-settled"
    assert (await cast.ada.post(WAIVE, body | {"core_return_id": str(uuid4())})).status_code == 404


async def test_nothing_is_expected_where_no_limit_is_set(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await complete(ready, at=now())
    assert (await cast.rex.get(RETURNS)).json()["items"] == []


async def test_old_parts_come_in_pages_the_newest_first(context: Context, cast: Cast) -> None:
    for n in (1, 2, 3):
        ready = await make.ready_visit(context, cast, limits={"core_return_minor": 1})
        await fill_sheet(ready)
        await run(
            context, "UPDATE part_used SET old_serial = :old WHERE visit_id = :id", old=f"BD-{n}", id=ready.visit_id
        )
        await scan(ready)
        await complete(ready)
    whole = [card["serial"] for card in (await cast.pam.get(RETURNS)).json()["items"]]
    seen, page = list[str](), (await cast.pam.get(RETURNS, limit=2)).json()
    while True:
        seen += [card["serial"] for card in page["items"]]
        if page["next"] is None:
            break
        page = (await cast.pam.get(RETURNS, limit=2, cursor=page["next"])).json()
    assert seen == whole == ["BD-3", "BD-2", "BD-1"]


async def test_partners_see_their_own_and_settle_none(context: Context, cast: Cast) -> None:
    _, card = await held(context, cast)
    for who in (cast.pam, cast.rex, cast.dora, cast.ann):
        assert (await who.post(RECEIVE, {"core_return_id": card["id"]})).status_code == 403
    async with begin(context.database, actor_of(cast.ben)) as work:
        assert (await work.db.execute(text("SELECT id FROM core_return"))).all() == []
    for statement in ("UPDATE core_return SET state = 'waived'", "SELECT matches FROM core_return"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with begin(context.database, actor_of(cast.pam)) as work:
                await work.db.execute(text(statement))
    async with begin(context.database, SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM core_return")) == 1

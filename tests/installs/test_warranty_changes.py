"""Once somebody has claimed on a unit, two people change what decides its cover; before, one does."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.context import Context
from domain.installs.model import Unit
from domain.kit.actor import SYSTEM
from domain.kit.ids import operation_id
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed


async def unit_now(context: Context, ready: make.ReadyVisit) -> Unit:
    async with begin(context.database, SYSTEM) as work:
        return await work.db.get_one(Unit, ready.unit_id)


async def claimed_unit(context: Context, cast: Cast) -> make.ReadyVisit:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    return ready


async def correction(context: Context, ready: make.ReadyVisit, **fields: str) -> dict[str, Any]:
    unit = await unit_now(context, ready)
    told = {name: getattr(unit, name) for name in fields}
    bases = {name: value.isoformat() if isinstance(value, dt.date) else value or "" for name, value in told.items()}
    changes = [{"field": name, "base": bases[name], "value": value} for name, value in fields.items()]
    return {"unit_id": str(ready.unit_id), "changes": changes, "reason": "invoice found"}


def decision(change_id: Any, decision: str = "approve") -> dict[str, str]:
    return {"change_id": str(change_id), "decision": decision, "reason": "seen the invoice"}


async def test_before_the_first_claim_one_person_is_enough(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = await correction(context, ready, warranty_start_on="2026-01-01")
    response = await cast.dora.post("/units/correct", body)
    assert (response.status_code, response.json()["changed"]) == (200, ["warranty_start_on"])


@pytest.mark.parametrize(
    "field", ["warranty_start_on", "sold_on", "in_service_on", "installed_on", "warranty_end_on", "warranty_type"]
)
async def test_after_the_first_claim_a_second_person_decides(context: Context, cast: Cast, field: str) -> None:
    ready = await claimed_unit(context, cast)
    before = getattr(await unit_now(context, ready), field)
    value = "extended" if field == "warranty_type" else "2027-06-01" if field == "warranty_end_on" else "2026-01-05"
    asked = await cast.dora.post("/units/correct", await correction(context, ready, **{field: value}), key="ask")
    assert (asked.status_code, asked.json()["proposed"], asked.json()["changed"]) == (202, [field], [])
    assert getattr(await unit_now(context, ready), field) == before
    (waiting,) = (await cast.ada.get("/warranty-changes", waiting=True)).json()["items"]
    assert (waiting["id"], waiting["after"]) == (str(operation_id(cast.dora.id, "ask")), {field: value})
    own = await cast.dora.post("/warranty-changes/decide", decision(waiting["id"]))
    assert (own.status_code, own.json()["code"]) == (403, "not-allowed")
    done = await cast.ada.done("/warranty-changes/decide", decision(waiting["id"]))
    assert done["decision"] == "approved"
    now = getattr(await unit_now(context, ready), field)
    assert (now.isoformat() if isinstance(now, dt.date) else now) == value
    moves = (await cast.ada.get(f"/units/{ready.unit_id}/moves")).json()["items"]
    assert (moves[0]["kind"], moves[0]["after"]) == ("warranty", {field: value})
    again = await cast.ada.post("/warranty-changes/decide", decision(waiting["id"], "decline"))
    assert (again.status_code, again.json()["code"]) == (409, "warranty-change-decided")


async def test_what_does_not_decide_the_cover_is_changed_at_once(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    body = await correction(context, ready, warranty_start_on="2026-01-05", supplier="ACME")
    told = await cast.dora.done("/units/correct", body)
    assert (told["changed"], told["proposed"]) == (["supplier"], ["warranty_start_on"])
    assert (await unit_now(context, ready)).supplier == "ACME"


async def test_who_asked_may_decline_and_nothing_changes(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    before = await unit_now(context, ready)
    await cast.dora.done("/units/correct", await correction(context, ready, sold_on="2026-01-05"), key="ask")
    change_id = operation_id(cast.dora.id, "ask")
    await cast.dora.done("/warranty-changes/decide", decision(change_id, "decline"))
    assert (await unit_now(context, ready)).sold_on == before.sold_on
    (found,) = (await cast.rex.get("/warranty-changes", unit_id=str(ready.unit_id))).json()["items"]
    assert (found["decision"], found["note"]) == ("declined", "seen the invoice")
    assert (await cast.rex.get("/warranty-changes", waiting=True)).json()["items"] == []


async def test_a_change_of_what_changed_meanwhile_is_not_carried_out(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    for key, value in (("one", "2026-01-05"), ("two", "2026-01-06")):
        await cast.dora.done("/units/correct", await correction(context, ready, sold_on=value), key=key)
    await cast.ada.done("/warranty-changes/decide", decision(operation_id(cast.dora.id, "one")))
    late = await cast.ada.post("/warranty-changes/decide", decision(operation_id(cast.dora.id, "two")))
    assert (late.status_code, late.json()["code"]) == (409, "unit-changed-meanwhile")
    assert (await unit_now(context, ready)).sold_on == dt.date(2026, 1, 5)
    whole = (await cast.ada.get("/warranty-changes")).json()["items"]
    first = (await cast.ada.get("/warranty-changes", limit=1)).json()
    rest = (await cast.ada.get("/warranty-changes", limit=1, cursor=first["next"])).json()
    assert [*first["items"], *rest["items"]] == whole
    assert len(whole) == 2


async def test_a_warranty_that_ends_before_it_starts_is_not_even_asked_for(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    body = await correction(context, ready, warranty_start_on="2027-06-02", warranty_end_on="2027-06-01")
    refused = await cast.dora.post("/units/correct", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "warranty_end_on")


async def test_the_database_refuses_a_change_that_nobody_approved(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    with pytest.raises(IntegrityError, match="changed by two people"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(text("UPDATE unit SET warranty_start_on = '2026-01-05'"))
    await cast.dora.done("/units/correct", await correction(context, ready, sold_on="2026-01-05"), key="ask")
    with pytest.raises(IntegrityError, match="two_people"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(
                text("UPDATE warranty_change SET decision = 'approved', decided_by = requested_by, decided_at = now()")
            )


async def test_changes_are_decided_by_the_desk(context: Context, cast: Cast) -> None:
    ready = await claimed_unit(context, cast)
    await cast.dora.done("/units/correct", await correction(context, ready, sold_on="2026-01-05"), key="ask")
    change_id = operation_id(cast.dora.id, "ask")
    for caller in (cast.ann, cast.pam, cast.otto, cast.rex):
        assert (await caller.post("/warranty-changes/decide", decision(change_id))).status_code == 403
    assert (await cast.pam.get("/warranty-changes")).status_code == 403
    assert (await cast.ada.post("/warranty-changes/decide", decision(uuid4()))).status_code == 404

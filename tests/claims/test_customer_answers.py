"""What customers say of visits: kept for good, and whoever says that nobody came stops the money at once."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, complete, fill_sheet, lines, scan
from tests.conftest import rows


def said(ready: make.ReadyVisit, answer: str = "did_not_happen", **given: Any) -> dict[str, Any]:
    return {"visit_id": str(ready.visit_id), "answer": answer, "channel": "phone", "note": "nobody rang"} | given


async def test_where_nobody_came_an_accepted_claim_waits_for_a_person(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    answer = await cast.dora.done("/customer-answers", said(ready))
    assert answer["under_check"] is True
    (claim,) = await claims(context)
    assert (claim.state, claim.payable, claim.approved_minor) == ("in_review", False, None)
    assert {(line.state, line.approved_minor) for line in await lines(context)} == {("in_review", None)}
    (card,) = (await cast.pam.get("/claims")).json()["items"]
    assert (card["state"], card["reasons"]) == ("in_review", ["under-check"])


async def test_the_partner_s_system_is_told_that_the_claim_waits(context: Context, cast: Cast) -> None:
    hook = {"url": "https://hooks.example.com/claims", "events": ["claim.changed"]}
    made = (await cast.pam.post("/webhooks", hook)).json()
    await cast.ada.done("/webhooks/approve", {"webhook_id": made["id"]})
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    await cast.dora.done("/customer-answers", said(ready))
    await cast.dora.done("/customer-answers", said(ready, "happened"))
    (message,) = (await cast.pam.get("/webhooks/messages")).json()["items"]
    assert message["event"] == "claim.changed"


async def test_the_journal_says_what_the_answer_did(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    answer = await cast.dora.done("/customer-answers", said(ready))
    (claim,) = await claims(context)
    ((op_id, verdict),) = await rows(
        owner, "SELECT op_id, verdict FROM journal_body JOIN journal USING (op_id) WHERE kind = 'customer.answer'"
    )
    assert str(op_id) == answer["id"]
    assert verdict == {"claim_id": str(claim.id), "found": "accepted", "under_check": True}


@pytest.mark.parametrize("answer", ["happened", "wrong"])
async def test_any_other_answer_leaves_the_claim_where_it_is(context: Context, cast: Cast, answer: str) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    assert (await cast.rex.done("/customer-answers", said(ready, answer)))["under_check"] is False
    (claim,) = await claims(context)
    assert claim.state == "accepted"


@pytest.mark.parametrize(("state", "alerts"), [("refused", 0), ("approved", 1), ("paid", 1), ("withdrawn", 0)])
async def test_what_is_decided_stays_decided_and_managers_hear_of_what_was_granted(
    context: Context, cast: Cast, owner: AsyncEngine, state: str, alerts: int
) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    async with owner.begin() as connection:
        await connection.execute(text(f"UPDATE claim SET state = '{state}'"))
    assert (await cast.dora.done("/customer-answers", said(ready)))["under_check"] is False
    (claim,) = await claims(context)
    assert claim.state == state
    await cast.dora.done("/customer-answers", said(ready, note="still nobody"))
    told = await rows(owner, "SELECT facts FROM alert WHERE kind = 'customer-denies'")
    assert told == [({"claim_number": claim.number, "state": state},)] * alerts


async def test_a_claim_is_scored_again_with_every_answer(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    await drain(context)
    before = await rows(owner, "SELECT count(*) FROM claim_score")
    for answer in ("happened", "did_not_happen"):
        await cast.dora.done("/customer-answers", said(ready, answer))
    assert [one.scored_at for one in await claims(context)] == [None]
    await drain(context)
    assert None not in [one.scored_at for one in await claims(context)]
    ((scored,),) = await rows(owner, "SELECT count(*) FROM claim_score")
    assert scored == int(str(before[0][0])) + 2


async def test_the_score_knows_the_latest_answer(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    for answer, denies in (("did_not_happen", True), ("happened", False)):
        await cast.dora.done("/customer-answers", said(ready, answer))
        await drain(context)
        ((findings,),) = await rows(owner, "SELECT findings::text FROM claim_score ORDER BY scored_at DESC LIMIT 1")
        assert ("customer-says-no-visit" in str(findings)) is denies


async def test_an_answer_is_kept_where_there_is_no_claim(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await cast.dora.done("/customer-answers", said(ready))
    await cast.dora.done("/customer-answers", said(ready, "happened", channel="page", note=""))
    kept = await rows(owner, "SELECT answer, channel, partner_id FROM customer_answer ORDER BY answered_at")
    assert kept == [("did_not_happen", "phone", None), ("happened", "page", None)]


async def test_the_same_answer_sent_twice_is_kept_once(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    key = uuid4().hex
    first = await cast.dora.done("/customer-answers", said(ready), key=key)
    assert await cast.dora.done("/customer-answers", said(ready), key=key) == first
    assert await rows(owner, "SELECT count(*) FROM customer_answer") == [(1,)]


async def test_partners_neither_answer_for_customers_nor_see_what_they_said(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    for who in (cast.pam, cast.ann, cast.otto):
        assert (await who.post("/customer-answers", said(ready))).status_code == 403
    unknown = await cast.dora.post("/customer-answers", said(ready, visit_id=str(uuid4())))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    async with context.database.partner.connect() as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(text("SELECT answer FROM customer_answer"))


async def test_a_reviewed_claim_stays_in_review(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    await complete(ready)
    assert (await cast.dora.done("/customer-answers", said(ready)))["under_check"] is False
    (claim,) = await claims(context)
    assert (claim.state, claim.lane) == ("in_review", "review")


async def test_not_even_sql_changes_an_answer(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/customer-answers", said(ready))
    with pytest.raises(Exception, match="permission denied"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(text("UPDATE customer_answer SET answer = 'happened'"))

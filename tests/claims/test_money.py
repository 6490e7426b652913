"""What a claim asks for and what of it is approved, in money."""

import datetime as dt
from typing import Any

from sqlalchemy import text

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import APPROVE
from tests.claims.visits import claimed, claims, complete, fill_sheet, lines, scan


async def money_of_lines(context: Context) -> dict[str, tuple[int | None, int | None, str | None]]:
    return {line.kind: (line.amount_minor, line.approved_minor, line.currency) for line in await lines(context)}


async def money_of_claim(context: Context) -> tuple[Any, ...]:
    (claim,) = await claims(context)
    return claim.asked_minor, claim.approved_minor, claim.currency


async def test_an_accepted_claim_is_approved_at_what_it_asks(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), quantity=1)
    assert await money_of_lines(context) == {
        "fault": (0, 0, "EUR"),
        "part": (1500, 1500, "EUR"),
        "labour": (4500, 4500, "EUR"),
        "travel": (2250, 2250, "EUR"),
        "expense": (450, 450, "EUR"),
    }
    assert await money_of_claim(context) == (8700, 8700, "EUR")


async def test_a_programme_says_what_an_hour_is_paid_with(context: Context, cast: Cast) -> None:
    limits = {"labour_minor_per_hour": 6000, "travel_minor_per_hour": 0}
    await claimed(await make.ready_visit(context, cast, limits=limits))
    found = await money_of_lines(context)
    assert (found["labour"][0], found["travel"][0]) == (6000, 0)


async def test_nothing_is_approved_of_a_claim_that_waits(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast, unit_given={"status": "unconfirmed"}))
    assert await money_of_claim(context) == (8700, None, "EUR")
    assert {approved for _, approved, _ in (await money_of_lines(context)).values()} == {None}


async def test_what_is_refused_is_asked_for_and_not_approved(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
    await claimed(ready)
    assert (await money_of_lines(context))["travel"] == (2250, None, "EUR")
    assert await money_of_claim(context) == (8700, 6000, "EUR")


async def test_a_part_of_another_currency_is_counted_by_a_person(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE part SET currency = 'USD'"))
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.asked_minor) == ("in_review", 7200)
    assert (await money_of_lines(context))["part"] == (None, None, "USD")


async def test_money_of_another_currency_is_never_paid_as_the_partner_s(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    spent = {"direction": "spent", "kind": "hotel", "amount_minor": 80_000, "currency": "JPY"}
    await cast.ann.done("/expenses", {"visit_id": str(ready.visit_id)} | spent)
    await scan(ready)
    await complete(ready)
    (claim,) = await claims(context)
    (hotel,) = (line for line in await lines(context) if line.currency == "JPY")
    assert (claim.state, claim.asked_minor, hotel.amount_minor) == ("in_review", 8700, None)
    whole = {"claim_id": str(claim.id), "others": APPROVE}
    assert (await cast.rex.post("/claims/decide", whole)).json()["field"] == "approved_minor"
    worth = {"line_id": str(hotel.id), **APPROVE, "approved_minor": 48_000}
    told = await cast.rex.done("/claims/decide", whole | {"lines": [worth]})
    assert (told["state"], told["approved_minor"]) == ("approved", 8700 + 48_000)


async def test_everybody_reads_the_money_of_a_claim(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    for caller in (cast.pam, cast.rex):
        (card,) = (await caller.get("/claims")).json()["items"]
        assert (card["currency"], card["asked_minor"], card["approved_minor"]) == ("EUR", 8700, 8700)
    detail = (await cast.rex.get(f"/claims/{card['id']}")).json()
    assert {line["kind"]: line["approved_minor"] for line in detail["lines"]}["labour"] == 4500

"""How much a visit may ask for before a person looks at it; its partner is told no number."""

import pytest

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claims, complete, fill_sheet, hits, lines, scan

TOLD = {"state": "in_review", "reasons": ["under-check"]}


async def looked_at(context: Context, ready: make.ReadyVisit) -> list[tuple[str, str, str]]:
    """Scan and complete; return why the claim waits for a person, having seen that its partner hears none of it."""
    await scan(ready)
    response = await complete(ready)
    assert response.status_code == 200, response.text
    (claim,) = await claims(context)
    assert (claim.lane, claim.state, claim.payable, claim.told) == ("review", "in_review", False, TOLD)
    assert {line.state for line in await lines(context)} == {"in_review"}
    return [(hit.rule, hit.result, hit.reason) for hit in await hits(context)]


async def test_ten_operations_and_ten_kinds_of_parts_are_looked_at(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    async with begin(context.database, SYSTEM) as work:
        operations = [await make.labour_operation(work) for _ in range(9)]
        parts = [await make.part(work) for _ in range(9)]
    visit = {"visit_id": str(ready.visit_id)}
    for operation in operations:
        labour = {"kind": "labour", "minutes": 60, "labour_operation_id": str(operation)}
        await cast.ann.done("/times", visit | labour)
    for part in parts:
        used = {"kind": "used", "part_id": str(part), "quantity": 20, "unit_of_measure": "pcs"}
        await cast.ann.done("/parts-used", visit | used)
    assert await looked_at(context, ready) == [("D11", "review", "over-standard")]
    (hit,) = await hits(context)
    over = hit.inputs["over"]
    assert {"labour_minutes": 600, "labour_minutes_max": 480} in over
    assert {"part_kinds": 10, "part_kinds_max": 8} in over
    assert [(one["quantity"], one["quantity_max"]) for one in over if "part" in one] == [(20, 4)] * 9


@pytest.mark.parametrize(
    ("amount_minor", "currency", "reason"),
    [
        (999_999_999, "USD", "foreign-currency"),
        (1, "USD", "foreign-currency"),
        (20_000, "EUR", "expense-over-limit"),
    ],
)
async def test_much_money_or_foreign_money_is_looked_at(
    context: Context, cast: Cast, amount_minor: int, currency: str, reason: str
) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    spent = {"direction": "spent", "kind": "hotel", "amount_minor": amount_minor, "currency": currency}
    await cast.ann.done("/expenses", {"visit_id": str(ready.visit_id)} | spent)
    assert await looked_at(context, ready) == [("expense", "review", reason)]


async def test_a_day_on_the_road_is_looked_at(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await cast.ann.done("/times", {"visit_id": str(ready.visit_id), "kind": "travel", "minutes": 24 * 60})
    assert await looked_at(context, ready) == [("travel", "review", "travel-over-limit")]


async def test_what_the_customer_was_charged_is_no_expense(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    charged = {"direction": "charged", "kind": "travel", "amount_minor": 90_000, "currency": "USD"}
    await cast.ann.done("/expenses", {"visit_id": str(ready.visit_id)} | charged)
    await scan(ready)
    await complete(ready)
    (claim,) = await claims(context)
    assert claim.state == "accepted"


async def test_a_programme_has_limits_of_its_own(context: Context, cast: Cast) -> None:
    limits = {"expense_minor_max": 449, "travel_minutes_max": 44, "labour_minutes_max": 59}
    ready = await make.ready_visit(context, cast, limits=limits)
    await fill_sheet(ready)
    assert {rule for rule, _, _ in await looked_at(context, ready)} == {"D11", "expense", "travel"}

"""Managers' figures: every claim is counted once, every cent stands somewhere, days are counted anew by themselves."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_figures import count
from domain.claims.figures import count_days
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import APPROVE, REFUSE, lines_by_kind, waiting
from tests.claims.visits import claimed, claims, complete, fill_sheet
from tests.conftest import rows

TODAY = dt.datetime.now(dt.UTC).date()
DAYS = {"from": (TODAY - dt.timedelta(days=2)).isoformat(), "to": (TODAY + dt.timedelta(days=2)).isoformat()}
MONEY = ("granted_minor", "in_review_minor", "stopped_minor", "paid_minor", "withdrawn_minor")
STATES = ("accepted", "approved", "in_review", "refused", "paid", "withdrawn")


async def figures(cast: Cast, by: str, **given: str) -> dict[str, dict[str, Any]]:
    """The figures by their keys; of each line the parts are the whole."""
    told = (await cast.ada.get("/figures/claims", **DAYS | {"by": by} | given)).json()
    for line in told["lines"]:
        assert sum(line[name] for name in MONEY) == line["asked_minor"]
        assert sum(line[f"{state}_claims"] for state in STATES) == line["claims"]
    return {line["key"]: line for line in told["lines"]}


async def a_mixed_day(context: Context, cast: Cast) -> None:
    """Of north one accepted, one without a scan, one in review, one that its customer denies; of south one accepted."""
    await claimed(await make.ready_visit(context, cast))
    no_scan = await make.ready_visit(context, cast)
    await fill_sheet(no_scan)
    await complete(no_scan)
    await waiting(context, cast)
    denied = await make.ready_visit(context, cast)
    await claimed(denied)
    said = {"visit_id": str(denied.visit_id), "answer": "did_not_happen", "channel": "phone"}
    await cast.dora.done("/customer-answers", said)
    await claimed(await make.ready_visit(context, cast, technician=cast.ben))


async def test_each_claim_is_counted_once_under_the_rule_that_decided(context: Context, cast: Cast) -> None:
    await a_mixed_day(context, cast)
    await count(context, b"{}")
    asked = {claim.asked_minor for claim in await claims(context)}
    assert len(asked) == 1
    each = asked.pop()
    found = await figures(cast, "rule")
    assert {key: line["claims"] for key, line in found.items()} == {
        "none": 2,
        "no-scan": 1,
        "scan-unit": 1,
        "after-check": 1,
    }
    assert (found["none"]["at_once_claims"], found["none"]["granted_minor"]) == (2, 2 * each)
    assert (found["no-scan"]["refused_claims"], found["no-scan"]["stopped_minor"]) == (1, each)
    assert (found["scan-unit"]["in_review_claims"], found["scan-unit"]["in_review_minor"]) == (1, each)
    late = found["after-check"]
    assert (late["at_once_claims"], late["in_review_claims"], late["in_review_minor"]) == (1, 1, each)


async def test_the_same_claims_by_partner_and_by_month(context: Context, cast: Cast) -> None:
    await a_mixed_day(context, cast)
    await count(context, b"{}")
    partners = await figures(cast, "partner")
    assert {key: (line["name"], line["claims"]) for key, line in partners.items()} == {
        str(cast.north): ("Northern Service", 4),
        str(cast.south): ("Southern Service", 1),
    }
    months = await figures(cast, "month")
    assert sum(line["claims"] for line in months.values()) == 5
    assert {line["currency"] for line in months.values()} == {"EUR"}
    assert set(months) <= {(TODAY + dt.timedelta(days=days)).strftime("%Y-%m") for days in (-1, 0, 1)}


async def test_what_a_person_grants_and_refuses_moves_the_money(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await count(context, b"{}")
    found = await lines_by_kind(context, claim.id)
    rulings = [{"line_id": str(line.id)} | (REFUSE if kind == "part" else APPROVE) for kind, line in found.items()]
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "lines": rulings})
    before = (await figures(cast, "rule"))["scan-unit"]
    assert before["in_review_claims"] == 1
    await count(context, b"{}")
    line = (await figures(cast, "rule"))["scan-unit"]
    assert (line["approved_claims"], line["in_review_claims"]) == (1, 0)
    assert line["stopped_minor"] == found["part"].amount_minor
    assert line["granted_minor"] == line["asked_minor"] - found["part"].amount_minor
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE claim SET state = 'paid'"))
    await count(context, b"{}")
    paid = (await figures(cast, "rule"))["scan-unit"]
    assert (paid["paid_claims"], paid["paid_minor"], paid["granted_minor"]) == (1, line["granted_minor"], 0)


async def test_a_change_is_waited_for_and_counting_again_changes_nothing(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    async def is_up_to_date() -> bool:
        told = (await cast.ada.get("/figures/claims", **DAYS | {"by": "rule"})).json()
        return bool(told["up_to_date"])

    assert await is_up_to_date()
    await claimed(await make.ready_visit(context, cast))
    assert not await is_up_to_date()
    await count(context, b"{}")
    assert await is_up_to_date()
    counted = await rows(owner, "SELECT * FROM claim_figure")
    async with owner.begin() as connection:
        again = "SELECT submitted_on, partner_id FROM claim, generate_series(1, 3)"
        await connection.execute(text(f"INSERT INTO claim_change (day, partner_id) {again}"))
    await count(context, b"{}")
    assert await rows(owner, "SELECT * FROM claim_figure") == counted
    assert await rows(owner, "SELECT count(*) FROM claim_change") == [(0,)]


async def test_two_workers_do_not_count_at_the_same_time(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    async with begin(context.database, SYSTEM) as one:
        assert await count_days(one) == 1
        async with begin(context.database, SYSTEM) as other:
            assert await count_days(other) == 0
    assert (await figures(cast, "rule"))["none"]["claims"] == 1


@pytest.mark.parametrize(
    "given", [{"from": "2026-03-02", "to": "2026-03-01"}, {"from": "2000-01-01", "to": "2026-03-01"}, {"by": "colour"}]
)
async def test_it_refuses_days_that_make_no_sense(cast: Cast, given: dict[str, str]) -> None:
    response = await cast.ada.get("/figures/claims", **DAYS | {"by": "rule"} | given)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")


async def test_figures_are_for_the_office(cast: Cast) -> None:
    assert (await cast.rex.get("/figures/claims", **DAYS, by="month")).json() == {
        "by": "month",
        "up_to_date": True,
        "lines": [],
    }
    for who in (cast.pam, cast.ann):
        assert (await who.get("/figures/claims", **DAYS, by="month")).status_code == 403

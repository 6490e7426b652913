"""The reviewers' queue: the heaviest first, filtered, in pages, by its index."""

from typing import Any

from sqlalchemy import text

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Caller, Cast
from tests.claims.reviewing import APPROVE, SEND_BACK, lines_by_kind, run, waiting
from tests.claims.visits import claimed

QUEUE = "/claims/queue"


async def numbers(who: Caller, **query: Any) -> list[int]:
    return [card["number"] for card in (await who.get(QUEUE, **query)).json()["items"]]


async def test_what_asks_for_most_and_looks_riskiest_comes_first(context: Context, cast: Cast) -> None:
    found = [(await waiting(context, cast))[1] for _ in range(3)]
    small, large, risky = found
    await claimed(await make.ready_visit(context, cast))  # accepted: nobody waits for it
    await run(context, "UPDATE claim SET asked_minor = 90000 WHERE id = :id", id=large.id)
    await run(context, "UPDATE claim SET risk_points = 100 WHERE id = :id", id=risky.id)
    assert await numbers(cast.rex) == [risky.number, large.number, small.number]
    first = (await cast.rex.get(QUEUE, limit=2)).json()
    rest = (await cast.rex.get(QUEUE, limit=2, cursor=first["next"])).json()
    assert [card["number"] for card in rest["items"]] == [small.number]
    card = first["items"][0]
    assert (card["partner"], card["rules"], card["reasons"]) == (
        "Northern Service",
        ["scan-unit"],
        ["scan-of-another-unit"],
    )
    assert (card["risk_points"], card["review_weight"]) == (100, card["asked_minor"] + 100_000)


async def test_the_queue_is_filtered(context: Context, cast: Cast) -> None:
    _, north = await waiting(context, cast)
    _, south = await waiting(context, cast, technician=cast.ben)
    assert await numbers(cast.rex, partner_id=cast.south) == [south.number]
    assert await numbers(cast.rex, rule="D2") == []
    assert await numbers(cast.rex, rule="scan-unit", partner_id=cast.north) == [north.number]
    assert await numbers(cast.rex, appealed="true") == []
    await run(context, "UPDATE claim SET appealed = true WHERE id = :id", id=south.id)
    assert await numbers(cast.rex, appealed="true") == [south.number]
    assert await numbers(cast.rex, appealed="false") == [north.number]


async def test_it_shows_who_proposed_what_waits_for_a_second_person(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast, limits={"two_people_over_minor": 0})
    await waiting(context, cast)
    assert await numbers(cast.rex, needs_second="true") == []
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "others": APPROVE})
    (card,) = (await cast.ada.get(QUEUE, needs_second="true")).json()["items"]
    assert (card["number"], card["proposed_by"]) == (claim.number, "Rex")
    assert len(await numbers(cast.rex, needs_second="false")) == 1


async def test_what_was_not_answered_in_time_is_overdue_and_nothing_else(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = (await lines_by_kind(context, claim.id))["expense"]
    body = {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **SEND_BACK}], "others": APPROVE}
    await cast.rex.done("/claims/decide", body)
    assert (await numbers(cast.rex), await numbers(cast.rex, overdue="true")) == ([], [])
    await run(context, "UPDATE claim SET answer_by = current_date - 1")
    (card,) = (await cast.rex.get(QUEUE, overdue="true")).json()["items"]
    assert (card["number"], card["state"]) == (claim.number, "sent_back")
    await cast.pam.done(
        "/claims/answer", {"claim_id": str(claim.id), "line_ids": [str(line.id)], "note": "late, but here"}
    )
    assert await numbers(cast.rex) == [claim.number]


async def test_the_queue_is_for_the_office(cast: Cast) -> None:
    for who in (cast.pam, cast.ann, cast.otto):
        assert (await who.get(QUEUE)).status_code == 403


async def test_the_queue_is_read_along_its_index(context: Context, cast: Cast) -> None:
    """Otherwise a page would cost as much as all that ever was claimed."""
    await waiting(context, cast)
    waits = "(claim.state = 'in_review' OR claim.needs_second)"
    async with begin(context.database, SYSTEM) as work:
        for other_way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            await work.db.execute(text(f"SET LOCAL {other_way} = off"))
        for where in (waits, f"{waits} AND (claim.review_weight, claim.number) < (5, 6)"):
            order = "ORDER BY claim.review_weight DESC, claim.number DESC LIMIT 51"
            plan = await work.db.scalars(text(f"EXPLAIN SELECT claim.id FROM claim WHERE {where} {order}"))
            told = "\n".join(plan)
            assert "Index Scan Backward using ix_claim_review_weight_number" in told
            assert "Sort" not in told

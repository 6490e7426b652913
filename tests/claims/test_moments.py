"""Moments that a partner's clock says: a visit that does not end after it begins, a machine whose days have passed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claims, complete, fill_sheet, hits, scan

HOUR = dt.timedelta(hours=1)
BACKWARDS = ("D8", "completed-before-arrived")
IN_TWO_PLACES = ("D12", "in-two-places")


async def visited(
    context: Context, cast: Cast, came: dt.datetime, left: dt.datetime, paused: dt.datetime | None = None
) -> list[tuple[str, str]]:
    """Do a visit of ann's at a site of its own between two moments; return what the rules found of it."""
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    async with begin(context.database, SYSTEM) as work:
        moments = {"visit": ready.visit_id, "came": came}
        await work.db.execute(text("UPDATE visit SET arrived_at = :came WHERE id = :visit"), moments)
        if paused is not None:
            pause = (
                "INSERT INTO visit_event (id, visit_id, partner_id, step, at, received_at, op_id) "
                "SELECT gen_random_uuid(), id, partner_id, 'pause', :at, now(), id FROM visit WHERE id = :visit"
            )
            await work.db.execute(text(pause), {"visit": ready.visit_id, "at": paused})
    await scan(ready)
    assert (await complete(ready, at=left.isoformat())).status_code == 200
    claim = (await claims(context))[-1]
    found = [(hit.rule, hit.reason) for hit in await hits(context) if hit.claim_id == claim.id]
    assert claim.state == ("in_review" if found else "accepted")
    return sorted(found)


@pytest.mark.parametrize("length", [dt.timedelta(), -HOUR])
async def test_visits_that_do_not_end_after_they_begin_meet_each_other(
    context: Context, cast: Cast, length: dt.timedelta
) -> None:
    then = dt.datetime.now(dt.UTC) - HOUR
    assert await visited(context, cast, then, then + length) == [BACKWARDS]
    assert await visited(context, cast, then, then + length) == [IN_TWO_PLACES, BACKWARDS]


@pytest.mark.parametrize("paused", [None, -59])
async def test_an_honest_visit_meets_one_that_ended_before_it_began_whatever_its_pauses(
    context: Context, cast: Cast, paused: int | None
) -> None:
    then = dt.datetime.now(dt.UTC) - HOUR
    pause = None if paused is None else then + dt.timedelta(minutes=paused)
    assert await visited(context, cast, then, then - HOUR, pause) == [BACKWARDS]
    assert await visited(context, cast, then - HOUR / 2, then - HOUR / 4) == [IN_TWO_PLACES]


async def test_a_visit_that_begins_when_the_last_one_ends_is_in_one_place(context: Context, cast: Cast) -> None:
    then = dt.datetime.now(dt.UTC) - 3 * HOUR
    assert await visited(context, cast, then, then + HOUR) == []
    assert await visited(context, cast, then + HOUR, then + 2 * HOUR) == []
    assert await visited(context, cast, then - HOUR, then) == []


@pytest.mark.parametrize(
    ("days", "state", "reasons"),
    [(1, "in_review", ["ask-the-office"]), (0, "refused", ["ask-the-office"]), (None, "accepted", [])],
)
async def test_a_machine_replaced_after_its_repair_is_looked_at_and_not_refused(
    context: Context, cast: Cast, days: int | None, state: str, reasons: list[str]
) -> None:
    ready = await make.ready_visit(context, cast)
    unit = {"unit_id": str(ready.unit_id), "reason": "a new one came"}
    now = dt.datetime.now(dt.UTC)
    today = now.astimezone(ZoneInfo(make.midday_zone(now))).date()
    steps = [("returned", -400), ("installed", -300)]
    for status, on in [*steps, *([] if days is None else [("replaced", days)])]:
        moved = {"status": status, "on": (today + dt.timedelta(days=on)).isoformat()}
        await cast.dora.done("/units/status", unit | moved)
    await fill_sheet(ready)
    await scan(ready)
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    assert (claim.state, claim.told["reasons"]) == (state, reasons)
    assert [hit.reason for hit in await hits(context)] == ([] if days is None else ["unit-replaced"])

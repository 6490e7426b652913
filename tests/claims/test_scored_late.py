"""What becomes known of a claim that was approved or paid: it stays so, and managers hear of it once."""

import hashlib

import pytest
from PIL import Image

from api.context import Context
from api.worker import drain
from tests import make
from tests.cast import Cast
from tests.claims.reviewing import alerts, run
from tests.claims.test_scored import reasons, scene, scores, send_bytes, send_photo
from tests.claims.visits import claimed, claims
from tests.photos.drawn import jpeg


async def owed(context: Context, cast: Cast, **limits: int) -> tuple[make.ReadyVisit, bytes]:
    """A claim whose photo, a used one, is named and was not sent yet."""
    old = await make.ready_visit(context, cast, technician=cast.ben)
    await send_photo(context, old, jpeg(scene(3)))
    ready = await make.ready_visit(context, cast, limits=limits)
    content = jpeg(scene(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    body = {"visit_id": str(ready.visit_id), "kind": "after", "sha256": hashlib.sha256(content).hexdigest()}
    await ready.technician.done("/photos", body)
    await claimed(ready, minutes=20)
    await drain(context)
    return ready, content


async def says(context: Context, cast: Cast, ready: make.ReadyVisit, answer: str) -> None:
    """Let the customer be asked: 50 points for a report that is wrong, 100 where nobody came."""
    body = {"visit_id": str(ready.visit_id), "answer": answer, "channel": "phone", "note": "was asked"}
    await cast.dora.done("/customer-answers", body)
    await drain(context)


@pytest.mark.parametrize("state", ["approved", "paid"])
async def test_a_photo_that_comes_after_the_decision_tells_the_managers_once(
    context: Context, cast: Cast, state: str
) -> None:
    ready, content = await owed(context, cast)
    await run(context, f"UPDATE claim SET state = '{state}'")
    await send_bytes(context, ready, content)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == (state, 100)
    told = ("points-after-decision", {"claim_number": claim.number, "state": state, "points": 100})
    assert await alerts(context) == [told]
    await says(context, cast, ready, "wrong")
    assert (await claims(context))[0].risk_points == 150
    assert await alerts(context) == [told], "a single time for each claim"
    (shown,) = (await cast.ada.get("/alerts")).json()["items"]
    assert (shown["partner_id"], shown["unit_id"]) == (str(cast.north), str(ready.unit_id))
    line = (await cast.rex.get(f"/claims/{claim.id}/evidence")).json()["items"]
    assert [item["what"] for item in line if item["kind"] == "alert"] == ["points-after-decision"]
    assert (await cast.pam.get("/alerts")).status_code == 403


@pytest.mark.parametrize("state", ["refused", "withdrawn", "in_review", "sent_back"])
async def test_of_what_nobody_granted_no_manager_hears(context: Context, cast: Cast, state: str) -> None:
    ready, content = await owed(context, cast)
    await run(context, f"UPDATE claim SET state = '{state}'")
    await send_bytes(context, ready, content)
    await drain(context)
    assert (await claims(context))[0].risk_points == 100
    assert await alerts(context) == []


@pytest.mark.parametrize(("limit", "count"), [(100, 1), (101, 0)])
async def test_the_managers_hear_from_the_limit_of_the_programme_on(
    context: Context, cast: Cast, limit: int, count: int
) -> None:
    ready, content = await owed(context, cast, risk_points_review=limit)
    await run(context, "UPDATE claim SET state = 'paid'")
    await send_bytes(context, ready, content)
    await drain(context)
    assert [kept.points for kept in await scores(context)] == [0, 100]
    assert len(await alerts(context)) == count


@pytest.mark.parametrize(("limit", "count"), [(101, 1), (100, 0), (51, 0), (50, 1)])
async def test_news_are_points_that_nobody_saw_who_granted_it(
    context: Context, cast: Cast, limit: int, count: int
) -> None:
    """A used photo is known by then: 100 points. That the report is wrong comes after it: 50 more."""
    ready, content = await owed(context, cast, risk_points_review=limit)
    await send_bytes(context, ready, content)
    await drain(context)
    await run(context, "UPDATE claim SET state = 'approved'")
    await says(context, cast, ready, "wrong")
    assert [kept.points for kept in await scores(context)] == [0, 100, 150]
    assert len(await alerts(context)) == count


async def test_points_that_nobody_could_have_seen_are_news(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast, limits={"risk_points_review": 50}), minutes=60)
    await run(context, "UPDATE claim SET state = 'approved'")
    await drain(context)
    assert [facts["points"] for _, facts in await alerts(context)] == [50]


async def test_a_programme_that_has_every_claim_looked_at_needs_a_point_for_an_alert(
    context: Context, cast: Cast
) -> None:
    ready, content = await owed(context, cast, risk_points_review=0)
    await run(context, "UPDATE claim SET state = 'paid'")
    await says(context, cast, ready, "happened")
    assert await alerts(context) == []
    await send_bytes(context, ready, content)
    await drain(context)
    assert len(await alerts(context)) == 1


async def test_a_customer_s_denial_is_told_once_and_hides_nothing_that_comes_after_it(
    context: Context, cast: Cast
) -> None:
    ready, content = await owed(context, cast)
    await run(context, "UPDATE claim SET state = 'paid'")
    await says(context, cast, ready, "did_not_happen")
    assert await reasons(context) == {"customer-says-no-visit": 100}
    assert [kind for kind, _ in await alerts(context)] == ["customer-denies"]
    await send_bytes(context, ready, content)
    await drain(context)
    assert [(kind, facts.get("points")) for kind, facts in await alerts(context)] == [
        ("customer-denies", None),
        ("points-after-decision", 200),
    ]

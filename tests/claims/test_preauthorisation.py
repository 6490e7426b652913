"""Leave that is asked for before the work, granted once, and used by one claim."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.context import Context
from domain.claims.facts import Allowance, ClaimFacts
from domain.claims.opening import limits_of
from domain.claims.rules import decide, uses_allowance
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast, actor_of
from tests.claims.reviewing import APPROVE, GOODWILL, lines_by_kind, manager, run
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan

ASK, DECIDE = "/preauthorisations", "/preauthorisations/decide"
VECTORS = Path(__file__).parents[1] / "vectors"
FACTS: dict[str, Any] = msgspec.json.decode((VECTORS / "claim_rules.json").read_bytes())["facts"]
LONG = {"times": [{"id": str(uuid4()), "kind": "labour", "minutes": 90, "operation": "L1", "standard_minutes": 60}]}
MANY = {"parts": [{"id": str(uuid4()), "number": "P-1", "quantity": 3, "on_hold": False, "quantity_max": 1}]}
DEAR = {"expenses": [{"id": str(uuid4()), "kind": "hotel", "amount_minor": 30_000, "currency": "EUR"}]}
OUT = {"coverage": FACTS["coverage"] | {"parts": False, "labour": False, "travel": False}}
NO_TRAVEL = {"coverage": FACTS["coverage"] | {"travel": False}}
TWICE = {"assignment_claims": [500001]}


@pytest.mark.parametrize(
    ("sheet", "change", "allowance", "lane", "used"),
    [
        (LONG, {}, {}, "review", False),
        (LONG, {}, {"labour_minutes": 89}, "review", False),
        (LONG, {}, {"labour_minutes": 90}, "accept", True),
        ({}, {}, {"labour_minutes": 90}, "accept", False),
        (MANY, {}, {"parts": [{"number": "P-1", "quantity": 2}]}, "review", True),
        (MANY, {}, {"parts": [{"number": "P-1", "quantity": 3}]}, "accept", True),
        (MANY, {}, {"parts": [{"number": "P-2", "quantity": 3}]}, "review", False),
        (DEAR, {}, {"amount_minor": 29_999}, "review", False),
        (DEAR, {}, {"amount_minor": 30_000}, "accept", True),
        ({}, TWICE, {"labour_minutes": 90}, "review", False),
        ({}, TWICE, {"repeat_trip": True}, "accept", True),
        ({}, OUT, {}, "refuse", False),
        ({}, OUT, {"goodwill": True}, "review", True),
        ({}, NO_TRAVEL, {}, "accept", False),
        ({}, NO_TRAVEL, {"goodwill": True}, "review", True),
        ({}, {}, {"goodwill": True}, "accept", False),
    ],
)
def test_what_is_authorised_passes_and_no_more(
    sheet: dict[str, Any], change: dict[str, Any], allowance: dict[str, Any], lane: str, used: bool
) -> None:
    given = FACTS | change | {"sheet": FACTS["sheet"] | sheet, "allowance": allowance}
    facts = msgspec.convert(given | {"limits": msgspec.to_builtins(limits_of({}))}, ClaimFacts)
    decision = decide(facts)
    assert (decision.lane, uses_allowance(facts)) == (lane, used)
    if "goodwill" in allowance and lane == "review":
        assert {line.state for line in decision.lines} == {"in_review"}


@pytest.mark.parametrize("modes", [{}, {"D11": "block"}])
@pytest.mark.parametrize(
    ("sheet", "allowance", "limit", "lane"),
    [
        (DEAR, {"amount_minor": 30_000}, 50_000, "accept"),
        (DEAR, {"amount_minor": 30_000}, 30_000, "review"),
        (MANY, {"parts": [{"number": "P-1", "quantity": 3}]}, 30_000, "accept"),
        (MANY, {"parts": [{"number": "P-1", "quantity": 3}]}, 5_000, "review"),
        (LONG, {"labour_minutes": 90}, 5_000, "review"),
    ],
)
def test_one_person_s_leave_carries_no_claim_that_two_people_grant(
    sheet: dict[str, Any], allowance: dict[str, Any], limit: int, lane: str, modes: dict[str, str]
) -> None:
    limits = msgspec.to_builtins(limits_of({"two_people_over_minor": limit}))
    given = {"sheet": FACTS["sheet"] | sheet, "allowance": allowance, "limits": limits, "modes": modes}
    decision = decide(msgspec.convert(FACTS | given, ClaimFacts))
    assert decision.lane == lane
    assert set(decision.told.reasons) <= {"under-check"}


async def granted(context: Context, cast: Cast, ready: make.ReadyVisit, **asked: Any) -> str:
    """Have leave asked for by the technician and granted by the reviewer."""
    told = await ready.technician.done(ASK, {"job_id": str(ready.job_id), "asked": asked, "note": "it is a hard one"})
    grant = {"preauthorisation_id": told["id"], "decision": "grant", "reason": "within-authorisation"}
    assert (await cast.rex.done(DECIDE, grant))["state"] == "granted"
    return str(told["id"])


async def number_of_part(context: Context, ready: make.ReadyVisit) -> str:
    async with begin(context.database, SYSTEM) as work:
        number = await work.db.scalar(text("SELECT number FROM part WHERE id = :id"), {"id": ready.part_id})
    return str(number)


async def test_a_technician_and_an_office_ask_on_jobs_of_their_own(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"job_id": str(ready.job_id), "asked": {"labour_minutes": 180}, "note": "behind the drum"}
    first = await cast.ann.post(ASK, body)
    assert first.status_code == 201
    second = (await cast.pam.post(ASK, body)).json()
    assert second["number"] > first.json()["number"]
    for other in (cast.ben, cast.otto):
        assert (await other.post(ASK, body)).status_code == 404
    assert (await cast.rex.post(ASK, body)).status_code == 403
    assert (await cast.pam.post(ASK, body | {"asked": {}})).json()["field"] == "asked"
    strange = {"parts": [{"number": "NOBODY-HAS-THIS", "quantity": 1}]}
    assert (await cast.pam.post(ASK, body | {"asked": strange})).json()["field"] == "asked.parts"
    twice = {"parts": [{"number": "P-1", "quantity": 1}] * 2}
    assert "more than once" in (await cast.pam.post(ASK, body | {"asked": twice})).json()["detail"]
    cards = (await cast.pam.get(ASK, job_id=ready.job_id, limit=1)).json()
    assert [card["number"] for card in cards["items"]] == [second["number"]]
    rest = (await cast.pam.get(ASK, cursor=cards["next"])).json()["items"]
    assert [(card["number"], card["state"], card["asked"]["labour_minutes"]) for card in rest] == [
        (first.json()["number"], "requested", 180)
    ]
    assert len((await cast.rex.get(ASK, state="requested")).json()["items"]) == 2
    assert (await cast.ben.get(ASK)).json()["items"] == []
    await run(context, "UPDATE job SET state = 'completed' WHERE id = :id", id=ready.job_id)
    assert (await cast.pam.post(ASK, body)).json()["code"] == "job-closed"


async def test_a_request_is_decided_once_and_not_by_who_asked(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    asked = {"job_id": str(ready.job_id), "asked": {"labour_minutes": 180}, "note": "behind the drum"}
    request = (await cast.pam.done(ASK, asked))["id"]
    today = dt.datetime.now(dt.UTC).date()
    grant = {"preauthorisation_id": request, "decision": "grant", "reason": "within-authorisation"}
    late = grant | {"valid_until": (today + dt.timedelta(days=500)).isoformat()}
    assert (await cast.rex.post(DECIDE, late)).json()["field"] == "valid_until"
    assert (await cast.rex.post(DECIDE, grant | {"reason": "other"})).json()["field"] == "note"
    assert (await cast.rex.post(DECIDE, grant | {"preauthorisation_id": str(uuid4())})).status_code == 404
    assert (await cast.ada.post(DECIDE, grant)).status_code == 403
    with pytest.raises(IntegrityError, match="not_the_asker"):
        await run(
            context,
            "UPDATE preauthorisation SET state = 'refused', decided_by = asked_by, decided_at = now(), reason = 'x'",
        )
    told = await cast.rex.done(DECIDE, grant | {"granted": {"labour_minutes": 120}, "note": "two hours"})
    assert told["valid_until"] == (today + dt.timedelta(days=90)).isoformat()
    again = await cast.rex.post(DECIDE, grant)
    assert (again.status_code, again.json()["code"]) == (409, "already-decided-on")
    (card,) = (await cast.pam.get(ASK)).json()["items"]
    assert (card["state"], card["granted"]["labour_minutes"], card["decision_note"]) == ("granted", 120, "two hours")
    assert card["decided_by"] is None
    (card,) = (await cast.rex.get(ASK)).json()["items"]
    assert card["decided_by"] == "Rex"


async def test_leave_is_good_until_the_day_that_was_said(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    asked = {"job_id": str(ready.job_id), "asked": {"labour_minutes": 180}, "note": "behind the drum"}
    request = (await cast.pam.done(ASK, asked))["id"]
    day = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)).isoformat()
    grant = {"preauthorisation_id": request, "decision": "grant", "reason": "within-authorisation"}
    assert (await cast.rex.done(DECIDE, grant | {"valid_until": day}))["valid_until"] == day


async def test_who_asked_does_not_decide(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    asked = {"job_id": str(ready.job_id), "asked": {"repeat_trip": True}, "note": "the part comes later"}
    request = (await cast.pam.done(ASK, asked))["id"]
    await run(context, "UPDATE preauthorisation SET asked_by = :rex", rex=cast.rex.id)
    body = {"preauthorisation_id": request, "decision": "refuse", "reason": "not-authorised"}
    assert (await cast.rex.post(DECIDE, body)).json()["code"] == "own-request"
    assert (await (await manager(context, cast)).done(DECIDE, body))["state"] == "refused"


async def test_a_claim_over_the_standard_passes_with_leave_and_uses_it_up(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    leave = await granted(context, cast, ready, labour_minutes=120)
    await claimed(ready, minutes=120)
    (claim,) = await claims(context)
    assert (claim.state, str(claim.preauthorisation_id), claim.repeat_trip) == ("accepted", leave, False)
    (card,) = (await cast.pam.get(ASK)).json()["items"]
    assert card["claim_number"] == claim.number
    other = await make.ready_visit(context, cast)
    await claimed(other)
    with pytest.raises(IntegrityError, match="preauthorisation"):
        await run(context, "UPDATE claim SET preauthorisation_id = :id", id=claim.preauthorisation_id)


async def test_leave_that_is_not_needed_is_kept(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await granted(context, cast, ready, labour_minutes=120)
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.preauthorisation_id) == ("accepted", None)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("read", "state"), [(None, "accepted"), ("SOMETHING123", "in_review")])
@pytest.mark.parametrize(
    ("needed", "other"),
    [
        ({"labour_minutes": 120, "amount_minor": 450}, {"repeat_trip": True}),  # the other is not needed
        ({"labour_minutes": 120, "amount_minor": 450}, {"labour_minutes": 120}),  # nor is it enough
    ],
)
async def test_of_several_leaves_the_claim_uses_the_one_that_it_needs(
    context: Context,
    cast: Cast,
    needed: dict[str, Any],
    other: dict[str, Any],
    read: str | None,
    state: str,
    turned: bool,
) -> None:
    ready = await make.ready_visit(context, cast, limits={"expense_minor_max": 449})
    asked = (needed, other)
    leaves = [await granted(context, cast, ready, **one) for one in (asked[::-1] if turned else asked)]
    await fill_sheet(ready, minutes=120)
    await scan(ready, read)
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    assert (claim.state, str(claim.preauthorisation_id)) == (state, leaves[turned])


async def test_of_two_leaves_that_help_alike_the_older_one_is_used(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    older = await granted(context, cast, ready, labour_minutes=120)
    await granted(context, cast, ready, labour_minutes=180)
    await claimed(ready, minutes=120)
    (claim,) = await claims(context)
    assert str(claim.preauthorisation_id) == older


@pytest.mark.parametrize("turned", [False, True])
async def test_leave_that_helps_a_little_is_used_before_leave_that_helps_nothing(
    context: Context, cast: Cast, turned: bool
) -> None:
    ready = await make.ready_visit(context, cast, limits={"part_quantity_max": 1})
    number = await number_of_part(context, ready)
    asked = ({"parts": [{"number": number, "quantity": 2}]}, {"amount_minor": 30_000})
    leaves = [await granted(context, cast, ready, **one) for one in (asked[::-1] if turned else asked)]
    await claimed(ready, quantity=3)
    (claim,) = await claims(context)
    assert (claim.state, str(claim.preauthorisation_id)) == ("in_review", leaves[turned])


async def test_goodwill_counts_beside_older_leave_that_is_of_no_use_out_of_cover(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    await granted(context, cast, ready, labour_minutes=120)
    leave = await granted(context, cast, ready, goodwill=True)
    await claimed(ready, minutes=120)
    (claim,) = await claims(context)
    assert (claim.state, str(claim.preauthorisation_id)) == ("in_review", leave)


async def test_leave_that_ran_out_is_none(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await granted(context, cast, ready, labour_minutes=120)
    await run(context, "UPDATE preauthorisation SET valid_until = '2020-01-01'")
    await claimed(ready, minutes=120)
    (claim,) = await claims(context)
    assert (claim.state, claim.preauthorisation_id) == ("in_review", None)


@pytest.mark.parametrize("leave", [True, False])
async def test_a_second_trip_on_one_assignment_is_claimed_with_leave(context: Context, cast: Cast, leave: bool) -> None:
    ready = await make.ready_visit(context, cast)
    if leave:
        await granted(context, cast, ready, repeat_trip=True)
    async with begin(context.database, SYSTEM) as work:
        visit_id = await make.visit(work, ready.job_id, number=2)
        second = replace(ready, visit_id=visit_id, fault_code_id=await make.fault_code(work))
    await fill_sheet(second)
    await claimed(ready)
    await scan(second)
    await run(context, "UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id", id=visit_id)
    response = await complete(second)
    assert response.status_code == 200, response.text
    first, again = await claims(context)
    assert (first.state, first.preauthorisation_id) == ("accepted", None)
    assert (again.state, again.repeat_trip) == (("accepted", True) if leave else ("in_review", False))
    if not leave:
        body = {"claim_id": str(again.id), "others": APPROVE}
        assert (await cast.rex.post("/claims/decide", body)).json()["code"] == "already-claimed"


async def test_a_second_trip_with_leave_is_approved_beside_the_first(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await granted(context, cast, ready, repeat_trip=True)
    async with begin(context.database, SYSTEM) as work:
        visit_id = await make.visit(work, ready.job_id, number=2)
        second = replace(ready, visit_id=visit_id, fault_code_id=await make.fault_code(work))
    await fill_sheet(second)
    await claimed(ready)
    await scan(second, "SOMETHING123")
    await run(context, "UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id", id=visit_id)
    assert (await complete(second)).status_code == 200
    first, again = await claims(context)
    assert (first.state, again.state, again.repeat_trip) == ("accepted", "in_review", True)
    assert (await cast.rex.done("/claims/decide", {"claim_id": str(again.id), "others": APPROVE}))[
        "state"
    ] == "approved"


async def test_a_first_trip_that_uses_leave_for_more_is_no_repeated_one(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    leave = await granted(context, cast, ready, labour_minutes=120, repeat_trip=True)
    async with begin(context.database, SYSTEM) as work:
        visit_id = await make.visit(work, ready.job_id, number=2)
        second = replace(ready, visit_id=visit_id, fault_code_id=await make.fault_code(work))
    await fill_sheet(second)
    await claimed(ready, minutes=120)
    (first,) = await claims(context)
    assert (first.state, str(first.preauthorisation_id), first.repeat_trip) == ("accepted", leave, False)
    await scan(second)
    await run(context, "UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id", id=visit_id)
    assert (await complete(second)).status_code == 200
    again = (await claims(context))[-1]
    assert (again.state, again.told["reasons"]) == ("in_review", ["assignment-already-claimed"])
    response = await cast.rex.post("/claims/decide", {"claim_id": str(again.id), "others": APPROVE})
    assert (response.status_code, response.json()["claims"]) == (409, [first.number])


async def test_authorised_goodwill_opens_a_claim_that_two_people_grant(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    await granted(context, cast, ready, goodwill=True)
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.told["reasons"]) == ("in_review", ["under-check"])
    response = await cast.rex.post("/claims/decide", {"claim_id": str(claim.id), "others": APPROVE})
    assert response.json()["code"] == "only-as-goodwill"
    body = {"claim_id": str(claim.id), "others": GOODWILL}
    assert (await cast.rex.done("/claims/decide", body))["needs_second"] is True
    assert (await cast.ada.done("/claims/decide", body))["state"] == "approved"
    assert {line.state for line in (await lines_by_kind(context, claim.id)).values()} == {"approved"}


async def test_a_partner_s_role_grants_itself_nothing(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    asked = {"job_id": str(ready.job_id), "asked": {"labour_minutes": 180}, "note": "behind the drum"}
    await cast.pam.done(ASK, asked)
    for statement in (
        "UPDATE preauthorisation SET state = 'granted'",
        "UPDATE preauthorisation SET granted = asked",
        "INSERT INTO preauthorisation (job_id, state) SELECT job_id, 'granted' FROM preauthorisation",
        "SELECT decided_by FROM preauthorisation",
        "DELETE FROM preauthorisation",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with begin(context.database, actor_of(cast.pam)) as work:
                await work.db.execute(text(statement))


def test_leave_to_do_nothing_is_no_leave() -> None:
    assert not uses_allowance(msgspec.convert(FACTS | {"limits": msgspec.to_builtins(limits_of({}))}, ClaimFacts))
    assert Allowance() == msgspec.convert({}, Allowance)

"""Many submissions at once: an outcome each, in order, and a bad one stops none."""

import asyncio
import dataclasses
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.claims.batches import ItemOutcome, ItemRead, submit_one
from domain.claims.submission import SubmitClaim, submit_claim
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Role
from domain.kit.command import Done
from domain.kit.problem import Busy
from domain.kit.work import Work, begin
from tests import make
from tests.cast import Caller, Cast, actor_of, joined
from tests.claims.submitting import submission_of, system_of
from tests.claims.visits import claims
from tests.conftest import rows


async def batch(who: Caller, *items: tuple[str, Any]) -> list[Any]:
    response = await who.post("/claims/submit/batch", {"items": [{"id": one, "claim": claim} for one, claim in items]})
    assert response.status_code == 200, response.text
    found: list[Any] = response.json()["items"]
    return found


async def test_every_item_gets_an_outcome_and_a_bad_one_stops_none(context: Context, cast: Cast) -> None:
    system = await system_of(cast)
    good = [await submission_of(context, await make.ready_visit(context, cast)) for _ in range(3)]
    outcomes = await batch(
        system,
        ("a", good[0]),
        ("b", good[1] | {"job_number": 1}),
        ("c", {"job_number": "none"}),
        ("d", good[1]),
        ("e", good[2]),
    )
    assert [(one["id"], one["status"]) for one in outcomes] == [
        ("a", "submitted"),
        ("b", "refused"),
        ("c", "refused"),
        ("d", "submitted"),
        ("e", "submitted"),
    ]
    assert outcomes[0]["answer"]["state"] == "accepted"
    assert outcomes[1]["problem"]["errors"][0]["field"] == "job_number"
    assert outcomes[2]["problem"]["errors"][0]["field"] == "job_number"
    assert len(await claims(context)) == 3


@pytest.mark.parametrize(
    "given",
    [
        {"arrived_at": "9999-12-31T22:00:00-23:59", "completed_at": "9999-12-31T23:59:59-23:59"},
        {"arrived_at": "0001-01-01T00:00:00+23:59", "completed_at": "0001-01-01T01:00:00+23:59"},
        {"faults": [{"fault_code": "W01", "symptom": "x", "failed_on": "0001-01-01"}]},
    ],
)
async def test_a_moment_that_no_calendar_holds_refuses_its_item_alone(
    context: Context, cast: Cast, given: dict[str, Any]
) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    outcomes = await batch(system, ("a", good | given), ("b", good))
    assert [one["status"] for one in outcomes] == ["refused", "submitted"]
    assert "must lie between" in outcomes[0]["problem"]["errors"][0]["words"]


async def test_an_item_whose_technician_cannot_be_read_is_refused_alone(context: Context, cast: Cast) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    outcomes = await batch(system, ("a", good | {"technician_id": 5}), ("b", good))
    assert [one["status"] for one in outcomes] == ["refused", "submitted"]
    assert outcomes[0]["problem"]["errors"][0]["field"] == "technician_id"


@pytest.mark.parametrize(
    ("claim", "field"), [([], ""), (None, ""), ({}, "job_number"), ({"a\u0007b": 1}, "a\N{REPLACEMENT CHARACTER}b")]
)
async def test_what_does_not_fit_is_told_as_the_contract_says(cast: Cast, claim: Any, field: str) -> None:
    outcomes = await batch(await system_of(cast), ("a", claim))
    (outcome,) = msgspec.convert(outcomes, list[ItemOutcome])
    assert outcome.problem is not None
    assert (outcome.status, [one.field for one in outcome.problem.errors]) == ("refused", [field])


async def test_what_may_pass_is_to_be_sent_again(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    async def busy(work: Work, cmd: SubmitClaim) -> Done:
        raise Busy("Others change this record right now.", retry_after=1)

    late = dataclasses.replace(submit_claim, carry_out=busy)
    register = dataclasses.replace(REGISTER, actions={**REGISTER.actions, SubmitClaim: late})
    body = msgspec.json.encode(await submission_of(context, await make.ready_visit(context, cast)))
    item = ItemRead(id="a", claim=msgspec.Raw(body))
    outcome = await submit_one(context.database, context.queue, actor_of(cast.pam), item, register)
    assert (outcome.status, outcome.problem and outcome.problem.code) == ("retry", "busy")
    assert await rows(owner, "SELECT count(*) FROM journal") == [(0,)]


async def test_the_same_batch_again_changes_nothing(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    bad = good | {"job_number": 1}
    first = await batch(system, ("a", good), ("b", bad))
    again = await batch(system, ("a", good), ("b", bad))
    assert [one["replayed"] for one in again] == [True, True]
    assert [one | {"replayed": False} for one in again] == first
    assert len(await claims(context)) == 1
    alone = await system.post("/claims/submit", good, key="a")
    assert (alone.status_code, alone.headers["idempotent-replayed"]) == (200, "true")
    assert await rows(owner, "SELECT count(*) FROM journal") == [(2,)]


async def test_an_id_that_comes_twice_is_one_submission(context: Context, cast: Cast) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    same, other = await batch(system, ("a", good), ("a", good)), await batch(system, ("a", good | {"summary": "x"}))
    assert [one["status"] for one in same] == ["submitted", "submitted"]
    assert same[0]["answer"] == same[1]["answer"]
    assert (other[0]["status"], other[0]["problem"]["code"]) == ("refused", "operation-id-reused")


async def test_a_batch_has_one_to_five_hundred_items(cast: Cast) -> None:
    for count in (0, 501):
        items = [{"id": str(n), "claim": {}} for n in range(count)]
        refused = await cast.pam.post("/claims/submit/batch", {"items": items})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert (await cast.ann.post("/claims/submit/batch", {"items": [{"id": "1", "claim": {}}]})).status_code == 403


async def test_the_same_submission_many_times_at_once_is_one_claim(context: Context, cast: Cast) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    same = [system.post("/claims/submit", good, key="one") for _ in range(10)]
    other = [system.post("/claims/submit", good) for _ in range(5)]
    batches = [system.post("/claims/submit/batch", {"items": [{"id": "one", "claim": good}]}) for _ in range(5)]
    answers = await asyncio.gather(*same, *other, *batches)
    assert len(await claims(context)) == 1
    assert {one.status_code for one in answers} <= {200, 201, 409}
    told = {one.text for one in answers[:10] if one.status_code < 300}
    assert len(told) <= 1, "every repeat gets the first answer"


async def test_a_revoked_key_hands_nothing_in(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    system = await system_of(cast)
    good = await submission_of(context, await make.ready_visit(context, cast))
    assert (await system.get("/me")).status_code == 200
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE api_key SET revoked_at = now()"))
    refused = await system.post("/claims/submit/batch", {"items": [{"id": "a", "claim": good}]})
    assert refused.status_code == 401
    assert await claims(context) == []


async def test_when_an_item_breaks_nothing_of_the_batch_goes_on_unwatched(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    system = await system_of(cast)
    async with begin(context.database, SYSTEM) as work:
        cora = await joined(work, cast.ann.http, "cora", Role.TECHNICIAN, cast.north)
    bad = await submission_of(context, await make.ready_visit(context, cast))
    slow = [await submission_of(context, await make.ready_visit(context, cast, technician=cora)) for _ in range(2)]
    body = (
        "BEGIN IF NEW.amount_minor = 1 THEN PERFORM pg_sleep(0.3); RAISE 'as asked'; END IF; "
        "IF NEW.amount_minor = 2 THEN PERFORM pg_sleep(1); END IF; RETURN NEW; END"
    )
    made = f"CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    async with owner.begin() as connection:
        await connection.execute(text(made))
        await connection.execute(
            text("CREATE TRIGGER spoil BEFORE INSERT ON expense FOR EACH ROW EXECUTE FUNCTION spoil()")
        )
    try:
        spent = [{"kind": "parking", "amount_minor": 2, "currency": "EUR"}]
        items = [("bad", bad | {"expenses": [spent[0] | {"amount_minor": 1}]})]
        items += [(str(n), one | {"expenses": spent}) for n, one in enumerate(slow)]
        wanted = {"items": [{"id": one, "claim": claim} for one, claim in items]}
        answer = await system.post("/claims/submit/batch", wanted)
        assert (answer.status_code, answer.json()["code"]) == (500, "server-defect")
        await asyncio.sleep(2.5)
        assert await rows(owner, "SELECT count(*) FROM journal WHERE kind = 'claim.submit'") == [(0,)]
    finally:
        async with owner.begin() as connection:
            await connection.execute(text("DROP FUNCTION spoil() CASCADE"))

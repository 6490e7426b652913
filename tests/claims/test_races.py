"""Of claims that arrive at the same moment, exactly one is accepted; the others are kept as refused claims."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.context import Context
from api.embedded import Embedded
from domain.claims.model import ClaimLine
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, connect
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.racing import race
from tests.claims.reviewing import APPROVE
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan


async def deadlocks(context: Context) -> int:
    async with begin(context.database, SYSTEM) as work:
        found = await work.db.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
        return int(found or 0)


@pytest_asyncio.fixture(loop_scope="session")
async def fifty(cluster: Embedded) -> AsyncIterator[Database]:
    """The product's engines with fifty connections each, so that fifty transactions are really under way at once."""
    found = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=50)
    yield found
    await found.close()


async def test_fifty_simultaneous_claims_of_two_partners_are_one_accepted_claim(
    fifty: Database, context: Context, cast: Cast
) -> None:
    before = await deadlocks(context)
    for _ in range(5):
        ride = await race(fifty, context.queue, (cast.ann, cast.ben), 50)
        assert ride.states == {"accepted": 1, "refused": 49}
        assert ride.live == 1
        # The winner's own partner is told of its own claim, the other one only that the office knows.
        assert ride.told == {"already-claimed": 24, "ask-the-office": 25}
    assert await deadlocks(context) == before


async def test_simultaneous_approvals_of_one_slot_give_it_once(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    visits = [ready]
    async with begin(context.database, SYSTEM) as work:
        for technician in (cast.ben, cast.ann):
            job_id = await make.job(work, unit_id=ready.unit_id, technician=technician)
            visit_id = await make.visit(work, job_id)
            visits.append(replace(ready, job_id=job_id, visit_id=visit_id, technician=technician))
    for visit in visits:
        await fill_sheet(visit)
        await scan(visit, "SOMETHING123")
        await complete(visit)
    waiting = await claims(context)
    assert [claim.state for claim in waiting] == ["in_review"] * 3
    answers = await asyncio.gather(
        *(cast.rex.post("/claims/decide", {"claim_id": str(claim.id), "others": APPROVE}) for claim in waiting)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already-claimed"}


async def test_the_database_gives_a_slot_once_even_if_the_rule_were_wrong(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    (claim,) = await claims(context)
    second = {
        "claim_id": claim.id,
        "partner_id": claim.partner_id,
        "unit_id": claim.unit_id,
        "kind": "fault",
        "state": "accepted",
        "label": "F1",
        "fault_group_id": ready.fault_group_id,
    }
    with pytest.raises(IntegrityError, match="uq_claim_line_live"):
        async with begin(context.database, SYSTEM) as work:
            await make.keep(work, ClaimLine, second, {})

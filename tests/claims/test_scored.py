"""Claims are scored by the worker after they were opened: over HTTP, with the real queue."""

import msgspec
from sqlalchemy import select

from api.context import Context
from api.worker import drain
from domain.claims.score_facts import ScoreFacts
from domain.claims.score_model import ScoreRecord
from domain.claims.scoring import score
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims


async def scores(context: Context) -> list[ScoreRecord]:
    async with begin(context.database, SYSTEM) as work:
        return list(await work.db.scalars(select(ScoreRecord).order_by(ScoreRecord.id)))


async def test_a_claim_gets_its_points_and_stays_accepted(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=20)
    (before,) = await claims(context)
    assert (before.risk_points, before.scored_at) == (None, None)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.payable, claim.risk_points) == ("accepted", True, 0)
    assert claim.scored_at is not None
    (kept,) = await scores(context)
    assert (kept.claim_id, kept.points, kept.findings) == (claim.id, 0, [])


async def test_a_score_replays_from_its_stored_facts(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=60)
    await drain(context)
    (kept,) = await scores(context)
    assert [hit["reason"] for hit in kept.findings] == ["labour-over-time-on-site"]
    again = score(msgspec.convert(kept.facts, ScoreFacts))
    assert (again.points, msgspec.to_builtins(list(again.findings))) == (kept.points, kept.findings)

"""Background work of scoring: the points of claims, and what is usual."""

from functools import partial

import msgspec

from api.context import Context
from api.worker import task
from domain.claims.scored import RECKON, SCORE, ScoreClaim, ScoreLater, claim_of_visit, reckon_norms, scoring_id
from domain.claims.watching import watch_claim
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import carry_out, transact
from domain.worklog.uploads import PHOTO_CAME, PhotoCame


@task(SCORE)
async def score(context: Context, payload: bytes) -> None:
    """Score a claim, once for each thing that became known."""
    await _score(context, msgspec.json.decode(payload, type=ScoreLater))


@task(PHOTO_CAME)
async def look_again(context: Context, payload: bytes) -> None:
    """Score the claim of a visit again with a photo whose bytes came late."""
    came = msgspec.json.decode(payload, type=PhotoCame)
    async with reading(context.database, SYSTEM) as db:
        claim_id = await claim_of_visit(db, came.visit_id)
    if claim_id is not None:
        await _score(context, ScoreLater(claim_id, came.upload_id))


async def _score(context: Context, asked: ScoreLater) -> None:
    await transact(context.database, SYSTEM, partial(watch_claim, claim_id=asked.claim_id))
    op_id = scoring_id(asked.claim_id, asked.because)
    command = ScoreClaim(claim_id=asked.claim_id, because=asked.because)
    await transact(
        context.database,
        SYSTEM,
        partial(carry_out, command=command, register=context.register, op_id=op_id),
        queue=context.queue,
        op_id=op_id,
    )


@task(RECKON)
async def reckon(context: Context, _: bytes) -> None:
    """Reckon what is usual; a second run changes nothing but its moment."""
    await transact(context.database, SYSTEM, reckon_norms)

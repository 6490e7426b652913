"""Background work of scoring: the points of claims, and what is usual."""

from functools import partial

import msgspec

from api.context import Context
from api.worker import task
from domain.claims.scored import RECKON, SCORE, ScoreClaim, ScoreLater, reckon_norms, scoring_id
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM
from domain.kit.work import carry_out, transact


@task(SCORE)
async def score(context: Context, payload: bytes) -> None:
    """Score a claim, once for each thing that became known."""
    asked = msgspec.json.decode(payload, type=ScoreLater)
    op_id = scoring_id(asked.claim_id, asked.because)
    command = ScoreClaim(claim_id=asked.claim_id, because=asked.because)
    await transact(
        context.database,
        SYSTEM,
        partial(carry_out, command=command, register=REGISTER, op_id=op_id),
        queue=context.queue,
        op_id=op_id,
    )


@task(RECKON)
async def reckon(context: Context, _: bytes) -> None:
    """Reckon what is usual; a second run changes nothing but its moment."""
    await transact(context.database, SYSTEM, reckon_norms)

"""Claims that partners' systems hand in: one, many at once, or as a file."""

from typing import Any

from api.operation import Call, command_operation, decode, operation
from domain.claims import submission
from domain.claims.batches import Batch, BatchDone, BatchItem, BatchRead, submit_all
from domain.kit.actor import Role
from domain.kit.problem import BodyTooLarge, InvalidRequest

TAG = "partner systems"
PARTNER_OFFICE = frozenset({Role.PARTNER_OFFICE})
batch_bytes_max = 8 * 1024 * 1024
_ONE: Any = submission.submit_claim.example

command_operation("/claims/submit", TAG, submission.submit_claim, keys=True)


@operation(
    "POST",
    "/claims/submit/batch",
    tag=TAG,
    by=PARTNER_OFFICE,
    body=Batch,
    body_bytes_max=batch_bytes_max,
    answer=BatchDone,
    problems=(InvalidRequest, BodyTooLarge),
    example=Batch(items=(BatchItem(id="2026-03-02-17", claim=_ONE),)),
    keys=True,
)
async def submit_batch(call: Call) -> object:
    """Hand in up to 500 visits, each with an id of yours; every one gets an outcome, and a bad one stops none.

    The id is the Idempotency-Key of its submission: the same batch again changes nothing and answers the same. `retry`
    says that a submission could not be decided now; send it again.
    """
    asked = decode(await call.content(), BatchRead)
    context = call.context
    return BatchDone(await submit_all(context.database, context.queue, call.actor, asked.items, context.register))

"""Background work on operations that were kept for a later release."""

from functools import partial

from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.command import Register
from domain.kit.work import transact
from domain.operations.understanding import UNDERSTAND, carry_out_understood, now_understood


@task(UNDERSTAND)
async def understand(context: Context, _: bytes, *, register: Register | None = None) -> None:
    """Carry out what waited for this release, one operation a transaction, in the order it came."""
    register = register or context.register
    found = await transact(context.database, SYSTEM, partial(now_understood, register=register))
    for op_id, version in found:
        one = partial(carry_out_understood, register=register, op_id=op_id, version=version)
        await transact(context.database, SYSTEM, one, queue=context.queue)

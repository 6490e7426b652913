"""Background work on managers' figures."""

from api.context import Context
from api.worker import task
from domain.claims.figures import COUNT, count_days
from domain.kit.actor import SYSTEM
from domain.kit.work import transact


@task(COUNT)
async def count(context: Context, _: bytes) -> None:
    """Count anew the days on which claims came or changed, some in each transaction, until none is left."""
    while await transact(context.database, SYSTEM, count_days):
        pass

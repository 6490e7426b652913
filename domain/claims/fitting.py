"""The components of a claim take their places in the unit once it is accepted or approved."""

from uuid import UUID

from domain.kit.work import Work


async def fit_components(work: Work, claim_id: UUID) -> int:
    """Apply what the claim's accepted and approved part lines fitted, and return how many components took a place.

    The old component is taken out and the new one sits there from the day of the repair; the move is written down.
    What sits there already is left alone. The unit is locked by now. A serial that sits in another unit violates the
    unique index: the command runs once more, and rule D6 finds it.
    """
    await work.flush()
    sql = "SELECT fit_components($1, $2, $3)"
    return int(await work.driver.fetchval(sql, claim_id, work.now, work.op_id))

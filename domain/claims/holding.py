"""Taking back into review what the gate accepted, because something became known after it had let it pass."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, bindparam, case, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB

from domain.claims.facts import Told
from domain.claims.findings import UNDER_CHECK
from domain.claims.model import Claim, ClaimLine
from domain.claims.standing import LIVE
from domain.kit.work import Work

HELD_BACK = frozenset({"accepted", "in_review", "sent_back"})
"""Where a claim may hold lines that the gate alone accepted: it waits for other lines of it, or for nobody yet."""
DECIDED = frozenset({"approved", "paid"})
"""Where a person decided for a claim or a line, nothing takes the decision back; a manager hears of it."""
_GRANTED = (
    select(func.sum(ClaimLine.approved_minor))
    .where(ClaimLine.claim_id == Claim.id, ClaimLine.state.in_(LIVE))
    .scalar_subquery()
)
_WAITS: ColumnElement[Any] = literal_column("""jsonb_set(claim.told, '{state}', '"in_review"')""", JSONB)


async def put_under_check(work: Work, claim_id: UUID) -> bool:
    """Put the lines that the gate accepted into review, and their claim with them; tell whether there were any.

    The caller holds the claim's lock, and has seen that it is held back: what a person decided stays decided. Of a
    claim that was accepted the partner is told: under check; of one that waits it knows already what for.
    """
    accepted = update(ClaimLine).where(ClaimLine.claim_id == claim_id, ClaimLine.state == "accepted")
    moved = await work.db.scalars(accepted.values(state="in_review", approved_minor=None).returning(ClaimLine.id))
    if not moved.all():
        return False
    told = msgspec.to_builtins(Told(state="in_review", reasons=(UNDER_CHECK,)))
    first = case((Claim.state == "accepted", bindparam("told_first", told, JSONB)), else_=_WAITS)
    now = {"state": "in_review", "payable": False, "approved_minor": _GRANTED, "told": first}
    await work.db.execute(update(Claim).where(Claim.id == claim_id).values(**now))
    return True

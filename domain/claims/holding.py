"""Taking an accepted claim back into review, because something became known after the gate had let it pass."""

from uuid import UUID

import msgspec
from sqlalchemy import update

from domain.claims.facts import Told
from domain.claims.findings import UNDER_CHECK
from domain.claims.model import Claim, ClaimLine
from domain.kit.work import Work


async def put_under_check(work: Work, claim_id: UUID) -> None:
    """Put a claim that the gate accepted into review, with its accepted lines; the partner is told: under check.

    The caller holds the claim's lock, and has seen that it is accepted: what a person decided stays decided.
    """
    accepted = update(ClaimLine).where(ClaimLine.claim_id == claim_id, ClaimLine.state == "accepted")
    await work.db.execute(accepted.values(state="in_review", approved_minor=None))
    told = msgspec.to_builtins(Told(state="in_review", reasons=(UNDER_CHECK,)))
    now = {"state": "in_review", "payable": False, "approved_minor": None, "told": told}
    await work.db.execute(update(Claim).where(Claim.id == claim_id).values(**now))

"""A person's decision on a claim that waits in review."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update

from domain.claims.facts import ClaimState, Told
from domain.claims.model import Claim, ClaimLine
from domain.installs.model import Unit
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Reason, Word
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.work import Work

REVIEWERS = frozenset({Role.REVIEWER, Role.SERVICE_MANAGER})
"""Office roles, so never of the organisation that submitted."""
Verdict = Literal["approve", "refuse"]
_GATE = text("SELECT * FROM gate_unit(:unit)")


class ClaimNotInReview(Problem, kind=Kind.CONFLICT):
    """The claim is not waiting for a decision."""


class UnitUnconfirmed(Problem, kind=Kind.CONFLICT):
    """Nothing is paid for a unit that nobody has confirmed."""


class AlreadyClaimed(Problem, kind=Kind.CONFLICT):
    """Another claim already stands on this unit and fault group, or on this assignment."""


class DecideClaim(Command, tag="claim.decide", frozen=True, kw_only=True):
    """Approve or refuse a claim that is in review, with a reason.

    Approving occupies the slot of its fault groups on the unit; it is refused where another claim holds one. Lines
    that the gate refused stay refused.
    """

    claim_id: UUID
    decision: Verdict
    reason: Reason


class ClaimDecided(Answer, frozen=True, kw_only=True):
    """How the claim stands now."""

    id: UUID
    state: Word
    payable: bool


@action(
    DecideClaim,
    by=REVIEWERS,
    answer=ClaimDecided,
    raises=(NotFound, ClaimNotInReview, UnitUnconfirmed, AlreadyClaimed),
    example=DecideClaim(
        claim_id=UUID("0198c5b0-0000-7000-8000-000000000001"),
        decision="approve",
        reason="label photo shows the same serial",
    ),
)
async def decide_claim(work: Work, cmd: DecideClaim) -> Done:
    """Move the claim and its lines out of review.

    Locks: the unit, then the claim.
    """
    unit_id = await work.db.scalar(select(Claim.unit_id).where(Claim.id == cmd.claim_id))
    live = (await work.db.execute(_GATE, {"unit": unit_id})).all()
    claim = await work.db.scalar(select(Claim).where(Claim.id == cmd.claim_id).with_for_update(key_share=True))
    if claim is None:
        raise NotFound("There is no such claim.")
    if claim.state != "in_review":
        raise ClaimNotInReview(f"The claim is {claim.state}.", state=claim.state)
    approved = cmd.decision == "approve"
    if approved:
        await _check(work, claim, live)
    state: ClaimState = "approved" if approved else "refused"
    claim.state, claim.payable = state, approved
    reasons = () if approved else ("refused-by-the-office",)
    claim.told = msgspec.to_builtins(Told(state=state, reasons=reasons))
    lines = update(ClaimLine).where(ClaimLine.claim_id == claim.id, ClaimLine.state == "in_review")
    await work.db.execute(lines.values(state=state))
    return Done(ClaimDecided(id=claim.id, state=state, payable=approved))


async def _check(work: Work, claim: Claim, lines: Any) -> None:
    """Raise what stands in the way of approving; the unique indexes hold even if this is wrong."""
    status = await work.db.scalar(select(Unit.status).where(Unit.id == claim.unit_id))
    if status == "unconfirmed":
        raise UnitUnconfirmed("Confirm the unit first.")
    own = select(ClaimLine.fault_group_id).where(
        ClaimLine.claim_id == claim.id, ClaimLine.kind == "fault", ClaimLine.state == "in_review"
    )
    groups = set((await work.db.scalars(own)).all())
    rivals = [row.claim_number for row in lines if row.state != "paid" and row.fault_group_id in groups]
    same = select(Claim.number).where(
        Claim.assignment_id == claim.assignment_id, Claim.state.in_(("accepted", "approved", "paid"))
    )
    rivals += (await work.db.scalars(same)).all()
    if rivals:
        raise AlreadyClaimed("Another claim holds this place.", claims=sorted(set(rivals)))

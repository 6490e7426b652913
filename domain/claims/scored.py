"""Scoring a claim after it was opened: its points are stored with their reasons, and many of them bring a person in."""

from typing import Any, Protocol
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims import histories
from domain.claims.holding import DECIDED, HELD_BACK, put_under_check
from domain.claims.model import Claim
from domain.claims.photos_alike import photos_alike
from domain.claims.reviewed import CoreReturn
from domain.claims.ruling import limit_of
from domain.claims.score_facts import ClaimScore, ScoreHit
from domain.claims.score_gathering import NIL, score_facts
from domain.claims.score_model import ScoreRecord
from domain.claims.scoring import SCORING_VERSION, score
from domain.claims.watching import raise_alert
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Count, Word
from domain.kit.problem import NotFound
from domain.kit.work import Work

SCORE = "claim.score"
"""The worker's task that scores a claim."""
RECKON = "claim.norms"
"""The worker's task that reckons anew what is usual."""
_LOCKED = """
SELECT id, number, state, partner_id, unit_id, scan_id, facts FROM claim WHERE id = $1 FOR NO KEY UPDATE
"""
_KNOWN = "SELECT findings FROM claim_score WHERE claim_id = $1 ORDER BY scored_at DESC LIMIT 1"
TOLD_APART = "customer-says-no-visit"
"""Managers hear of it by the answer itself."""


class ScoreLater(msgspec.Struct, frozen=True):
    """The task of scoring one claim; ``because`` is what came since it was scored: an answer, a photo."""

    claim_id: UUID
    because: UUID | None = None


class ScoreClaim(Command, tag="claim.score", frozen=True, kw_only=True):
    """Give a claim its risk points, after it was opened and whenever something new is known about it.

    A claim that the gate accepted goes into review when its points reach the programme's limit; nothing is refused.
    Of one that was approved or paid by then managers get an alert, once.
    """

    claim_id: UUID
    version: Count = SCORING_VERSION
    because: UUID | None = None


class ClaimScored(Answer, frozen=True, kw_only=True):
    """The points of a claim and the state it is in now."""

    claim_id: UUID
    points: Count
    state: Word


def scoring_id(claim_id: UUID, because: UUID | None) -> UUID:
    """Return the operation that scores a claim by this version of the rules, so that it happens once."""
    return uuid5(claim_id, f"score/{SCORING_VERSION}/{because or ''}")


@action(
    ScoreClaim,
    by=frozenset({Role.SYSTEM}),
    answer=ClaimScored,
    raises=(NotFound,),
    example=ScoreClaim(claim_id=UUID("0198c5b0-0000-7000-8000-000000000001")),
)
async def score_claim(work: Work, cmd: ScoreClaim) -> Done:
    """Gather, score, move an accepted claim into review where its points are many, and store.

    Locks: the claim, when all is gathered.
    """
    own = await work.driver.fetchrow(histories.OWN, cmd.claim_id)
    if own is None:
        raise NotFound("There is no such claim.")
    facts = await score_facts(work.driver, own, await photos_alike(work.driver, own))
    found = score(facts)
    state = await _apply(work, cmd.claim_id, found)
    await work.db.execute(
        insert(ScoreRecord).values(
            id=new_id(),
            claim_id=cmd.claim_id,
            partner_id=own["partner_id"],
            points=found.points,
            version=found.version,
            findings=msgspec.to_builtins(found.findings),
            facts=msgspec.to_builtins(facts),
            scored_at=work.now,
        )
    )
    return Done(ClaimScored(claim_id=cmd.claim_id, points=found.points, state=state), found)


async def _apply(work: Work, claim_id: UUID, found: ClaimScore) -> str:
    """Write the points on the claim, and put into review what of it stands as the gate accepted it.

    An appeal against one line takes the claim out of no check: the lines that nobody looks at wait with it.
    """
    locked = await work.driver.fetchrow(_LOCKED, claim_id)
    state = str(locked["state"])
    values: dict[str, Any] = {"risk_points": found.points, "scored_at": work.now}
    limit = limit_of(locked["facts"], "risk_points_review")
    if found.points >= limit and state in HELD_BACK and await put_under_check(work, claim_id):
        state = "in_review"
    if state in DECIDED:
        await _tell_managers(work, locked, found, max(limit, 1))
    await work.db.execute(update(Claim).where(Claim.id == claim_id).values(**values))
    return state


async def _tell_managers(work: Work, claim: Any, found: ClaimScore, limit: int) -> None:
    """Raise an alert where what became known since the last score brings a granted claim to the limit, or is as much.

    What was known before is no news: whoever granted the claim saw it.
    """
    known = await work.driver.fetchval(_KNOWN, claim["id"]) or []
    before = _points(msgspec.convert(known, tuple[ScoreHit, ...]))
    now = _points(found.findings)
    if now >= limit > before or now - before >= limit:
        facts = {"claim_number": claim["number"], "state": claim["state"], "points": found.points}
        about = {"partner_id": claim["partner_id"], "unit_id": claim["unit_id"], "scan_id": claim["scan_id"]}
        await raise_alert(work, "points-after-decision", str(claim["id"]), facts=facts, **about)


def _points(findings: tuple[ScoreHit, ...]) -> int:
    return sum(hit.points for hit in findings if hit.reason != TOLD_APART)


async def score_again(work: Work, claim_id: UUID) -> None:
    """Have a claim scored with what this operation made known; until then it is as unscored and not paid.

    Locks: the claim.
    """
    await work.db.execute(update(Claim).where(Claim.id == claim_id).values(scored_at=None))
    await work.enqueue(SCORE, ScoreLater(claim_id, because=work.op_id))


class OfReturn(Protocol):
    """A command about one old part."""

    @property
    def core_return_id(self) -> UUID: ...  # noqa: D102


async def score_with_return(work: Work, cmd: OfReturn) -> None:
    """Have the claim of an old part scored again with what came."""
    of_claim = select(CoreReturn.claim_id).where(CoreReturn.id == cmd.core_return_id)
    await score_again(work, (await work.db.scalars(of_claim)).one())


async def claim_of_visit(db: AsyncConnection, visit_id: UUID) -> UUID | None:
    """Return the claim of a visit, or None."""
    found: UUID | None = await db.scalar(select(Claim.id).where(Claim.visit_id == visit_id))
    return found


async def reckon_norms(work: Work) -> None:
    """Reckon anew what is usual, from the measures of half a year; what has become rare is forgotten."""
    today = work.now.date()
    for statement in histories.RECKON_REPAIRS:
        await work.driver.execute(statement, work.now, today)
    for statement in histories.RECKON_NETWORK:
        await work.driver.execute(statement, work.now, today, NIL)
    await work.driver.execute(histories.FORGET_NORMS, work.now)

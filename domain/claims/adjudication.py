"""People's decisions on the lines of a claim: what each grants, what needs two people, and what stands in the way."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select, text

from domain.claims.facts import ClaimState, Told
from domain.claims.fitting import fit_components
from domain.claims.looked_up import cover_of, wrote_it_down
from domain.claims.model import Claim, ClaimLine, stands
from domain.claims.reviewed import LineRuling
from domain.claims.ruling import (
    MOVES_OF,
    Granted,
    Ruling,
    RulingOnLine,
    granted_by,
    is_out_of_cover,
    is_out_of_use,
    limit_of,
)
from domain.claims.standing import LIVE, MOVES, WAITING, fits, state_of
from domain.installs.model import Unit, UnitComponent
from domain.installs.serials import normalise
from domain.kit.actor import MANAGERS
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Word
from domain.kit.problem import InvalidRequest, Kind, NotAllowed, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import REVIEWERS
from domain.worklog.model import PartUsed

ruled_at_once_max = 500
_GATE = text("SELECT * FROM gate_unit(:unit)")
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


class ClaimNotInReview(Problem, kind=Kind.CONFLICT):
    """The claim is not waiting for a decision."""


class LineNotWaiting(Problem, kind=Kind.CONFLICT):
    """A line is not waiting for this decision."""


class OwnClaim(Problem, kind=Kind.FORBIDDEN):
    """Who completed the visit, or wrote a line or a reading of it, does not decide on its claim."""


class UnitUnconfirmed(Problem, kind=Kind.CONFLICT):
    """Nothing is paid for a unit that nobody has confirmed."""


class WithoutScan(Problem, kind=Kind.CONFLICT):
    """Nothing is paid without a scan."""


class AlreadyClaimed(Problem, kind=Kind.CONFLICT):
    """Another claim already stands on this unit and fault group, or on this assignment."""


class ComponentElsewhere(Problem, kind=Kind.CONFLICT):
    """A component that was fitted sits in another unit."""


class OnlyAsGoodwill(Problem, kind=Kind.CONFLICT):
    """What is out of cover is granted as goodwill and for no other reason."""


class NeedsSecondPerson(Problem, kind=Kind.CONFLICT):
    """You proposed this; another person must confirm it."""


class DecideClaim(Command, tag="claim.decide", frozen=True, kw_only=True):
    """Decide on lines of a claim: approve, approve in part, refuse or send back, each with a reason.

    `lines` names lines, `others` is for all that wait and are not named. Approving a fault occupies its slot on the
    unit; it is refused where another claim holds it. Money goes with a fault of the claim: where another claim has it
    and no other fault of this one stands, none is granted. Goodwill, a claim that was refused because the unit is
    scrapped, stolen or the like and is so still, and what brings a claim over the programme's limit is proposed by one
    person and stands when another one sends the same decision.
    """

    claim_id: UUID
    lines: Annotated[tuple[RulingOnLine, ...], Meta(max_length=ruled_at_once_max)] = ()
    others: Ruling | None = None


class LineDecided(msgspec.Struct, frozen=True, kw_only=True):
    """How a line stands now; a proposed one waits for a second person."""

    id: UUID
    state: Word
    proposed: bool
    approved_minor: int | None


class ClaimDecided(Answer, frozen=True, kw_only=True):
    """How the claim stands now, and each line that was decided on."""

    id: UUID
    state: Word
    payable: bool
    needs_second: bool
    approved_minor: int | None
    lines: tuple[LineDecided, ...]


def _by_line(fields: dict[str, Any]) -> dict[str, Any]:
    """Bring a decision on the whole claim up to one for every line that waits."""
    approved = fields.get("decision") == "approve"
    others = {
        "decision": fields.get("decision"),
        "reason": "evidence-convincing" if approved else "other",
        "note": fields.get("reason", ""),
    }
    return {"claim_id": fields.get("claim_id"), "others": others}


@action(
    DecideClaim,
    by=REVIEWERS | MANAGERS,
    answer=ClaimDecided,
    raises=(
        NotFound,
        ClaimNotInReview,
        LineNotWaiting,
        OwnClaim,
        UnitUnconfirmed,
        WithoutScan,
        AlreadyClaimed,
        ComponentElsewhere,
        OnlyAsGoodwill,
        NeedsSecondPerson,
        InvalidRequest,
    ),
    locks_unit=True,
    upcasts=(_by_line,),
    example=DecideClaim(
        claim_id=_ID,
        lines=(
            RulingOnLine(
                line_id=_ID, decision="approve_in_part", reason="excessive-labour", approved_minutes=45, note="one hour"
            ),
        ),
        others=Ruling(decision="approve", reason="evidence-convincing"),
    ),
)
async def decide_claim(work: Work, cmd: DecideClaim) -> Done:
    """Move lines out of review, or propose it; the claim follows its lines.

    Locks: the unit, then the claim.
    """
    unit_id = await work.db.scalar(select(Claim.unit_id).where(Claim.id == cmd.claim_id))
    rivals = (await work.db.execute(_GATE, {"unit": unit_id})).all()
    locked = select(Claim).where(Claim.id == cmd.claim_id).with_for_update(key_share=True)
    claim = await work.db.scalar(locked.execution_options(populate_existing=True))
    if claim is None:
        raise NotFound("There is no such claim.")
    if await wrote_it_down(work, claim):
        raise OwnClaim("You wrote something of this visit down: somebody else decides.")
    lines = await lines_of(work, claim.id)
    rulings = _rulings(claim, lines, cmd, await cover_of(work, claim))
    proposals = await _proposals(work, [line for line in lines if line.proposed])
    granted = {line.id: granted_by(line, ruling) for line, ruling in rulings}
    approving = [line for line, ruling in rulings if MOVES_OF[ruling.decision] == "approve"]
    trips = await _trips_with_leave(work, claim)
    status = await work.db.scalar(select(Unit.status).where(Unit.id == claim.unit_id))
    if approving:
        await _check(work, claim, approving, rivals, status)
    doubtful = is_out_of_use(claim, status) or _over_limit(
        claim, lines, proposals, granted, {line.id for line in approving}
    )
    for line, ruling in rulings:
        needs_two = line in approving and (doubtful or ruling.reason == "goodwill")
        _rule(work, claim, line, ruling, granted[line.id], proposals.get(line.id), needs_two)
    _check_money(claim, lines, approving, [rival for rival in rivals if rival.claim_id not in trips])
    _settle(work, claim, lines)
    if claim.state in LIVE:
        await fit_components(work, claim.id)
    told = tuple(
        LineDecided(id=line.id, state=line.state, proposed=line.proposed, approved_minor=line.approved_minor)
        for line, _ in rulings
    )
    answer = ClaimDecided(
        id=claim.id,
        state=claim.state,
        payable=claim.payable,
        needs_second=claim.needs_second,
        approved_minor=claim.approved_minor,
        lines=told,
    )
    return Done(answer, outcome="applied_flagged" if any(line.proposed for line in told) else "applied")


async def lines_of(work: Work, claim_id: UUID) -> list[ClaimLine]:
    """Return the lines of a claim, as they stand now."""
    found = select(ClaimLine).where(ClaimLine.claim_id == claim_id).order_by(ClaimLine.id)
    return list((await work.db.scalars(found.execution_options(populate_existing=True))).all())


def _rulings(
    claim: Claim, lines: list[ClaimLine], cmd: DecideClaim, cover: dict[str, Any]
) -> list[tuple[ClaimLine, Ruling]]:
    """Return each line that is decided on with its ruling; raises where one cannot be."""
    named = {ruling.line_id: ruling for ruling in cmd.lines}
    if len(named) < len(cmd.lines):
        raise InvalidRequest("A line is named more than once.", field="lines")
    strange = named.keys() - {line.id for line in lines}
    if strange:
        raise NotFound("The claim has no such line.", lines=sorted(map(str, strange)))
    found: list[tuple[ClaimLine, Ruling]] = []
    for line in lines:
        ruling = named.get(line.id) or (cmd.others if line.state in WAITING else None)
        if ruling is not None:
            _check_ruling(claim, line, ruling, cover)
            found.append((line, ruling))
    if not found and cmd.others is None:
        raise InvalidRequest("Say which lines, or what is decided on all that wait.", field="lines")
    if not found:
        raise ClaimNotInReview(f"The claim is {claim.state}.", state=claim.state)
    return found


def _check_ruling(claim: Claim, line: ClaimLine, ruling: Ruling, cover: dict[str, Any]) -> None:
    """Raise where a line cannot move so, or the reason is none for it."""
    if not fits(ruling.decision, ruling.reason):
        raise InvalidRequest(f"{ruling.reason} is no reason to {ruling.decision}.", field="reason")
    if ruling.reason == "other" and not ruling.note.strip():
        raise InvalidRequest("Say in the note what the reason is.", field="note")
    move = MOVES_OF[ruling.decision]
    out_of_cover = is_out_of_cover(claim, cover, line)
    possible = line.state in MOVES[move] and (line.state != "refused" or out_of_cover)
    if line.proposed and move == "refuse":
        possible = True
    if not possible:
        if line.state not in WAITING and claim.state != "in_review":
            raise ClaimNotInReview(f"The claim is {claim.state}.", state=claim.state)
        raise LineNotWaiting(f"The line is {line.state}.", line_id=str(line.id), state=line.state)
    if move == "approve" and out_of_cover and ruling.reason != "goodwill":
        raise OnlyAsGoodwill("This is out of cover.", line_id=str(line.id))


def _over_limit(
    claim: Claim,
    lines: Sequence[ClaimLine],
    proposals: dict[UUID, LineRuling],
    granted: dict[UUID, Granted],
    approving: set[UUID],
) -> bool:
    """Tell whether the approvals bring the claim over what one person may grant; open proposals count."""
    standing = sum(line.approved_minor or 0 for line in lines if line.state in LIVE)
    standing += sum(one.approved_minor or 0 for line_id, one in proposals.items() if line_id not in granted)
    asked = sum(granted[line_id].minor or 0 for line_id in approving)
    return bool(approving) and standing + asked > limit_of(claim.facts, "two_people_over_minor")


async def _proposals(work: Work, lines: Sequence[ClaimLine]) -> dict[UUID, LineRuling]:
    """Return the open proposal of each line."""
    found = select(LineRuling).where(LineRuling.line_id.in_([line.id for line in lines]), LineRuling.proposed)
    if not lines:
        return {}
    return {one.line_id: one for one in (await work.db.scalars(found.order_by(LineRuling.id))).all()}


def _rule(
    work: Work,
    claim: Claim,
    line: ClaimLine,
    ruling: Ruling,
    granted: Granted,
    proposal: LineRuling | None,
    needs_two: bool,
) -> None:
    """Write the decision down, and move the line unless it is a proposal."""
    confirms = None
    if needs_two and proposal is not None and _same(proposal, ruling, granted):
        if proposal.decided_by == work.actor.account_id:
            raise NeedsSecondPerson("Another reviewer or a manager must confirm.", line_id=str(line.id))
        confirms = proposal.id
    elif work.actor.role not in REVIEWERS and (proposal is None or MOVES_OF[ruling.decision] != "refuse"):
        raise NotAllowed("An admin confirms or refuses what a reviewer proposed.")
    proposed = needs_two and confirms is None
    decided = LineRuling(
        claim_id=claim.id,
        line_id=line.id,
        partner_id=claim.partner_id,
        decision=ruling.decision,
        reason=ruling.reason,
        note=ruling.note,
        approved_minor=granted.minor,
        approved_minutes=granted.minutes,
        approved_quantity=granted.quantity,
        needs_two=needs_two,
        proposed=proposed,
        confirms=confirms,
        decided_by=work.actor.account_id,
        decided_at=work.now,
    )
    work.db.add(decided)
    line.proposed = proposed
    if not proposed:
        line.state = MOVES[MOVES_OF[ruling.decision]].get(line.state, "refused")
        line.reason = ruling.reason
        line.approved_minor, line.approved_minutes = granted.minor, granted.minutes
        line.approved_quantity = granted.quantity


def _same(proposal: LineRuling, ruling: Ruling, granted: Granted) -> bool:
    said = Granted(proposal.approved_minor, proposal.approved_minutes, proposal.approved_quantity)
    return proposal.decision == ruling.decision and said == granted


def _settle(work: Work, claim: Claim, lines: Sequence[ClaimLine]) -> None:
    """Bring the claim to where its lines are, and write down what its partner hears."""
    state: ClaimState = state_of(line.state for line in lines)
    claim.state, claim.payable = state, state in LIVE
    claim.needs_second = any(line.proposed for line in lines)
    live = [line for line in lines if line.state in LIVE]
    claim.approved_minor = sum(line.approved_minor or 0 for line in live) if live else None
    if state != "sent_back" and not any(line.state == "sent_back" for line in lines):
        claim.answer_by = None
    elif claim.answer_by is None:
        claim.answer_by = work.now.date() + dt.timedelta(days=limit_of(claim.facts, "days_to_answer"))
    reasons = dict.fromkeys(line.reason for line in lines if line.state in ("refused", "sent_back") and line.reason)
    claim.told = msgspec.to_builtins(Told(state=state, reasons=tuple(reasons)))


async def _check(
    work: Work, claim: Claim, approving: Sequence[ClaimLine], rivals: Any, unit_status: str | None
) -> None:
    """Raise what stands in the way of approving; the indexes of the database hold even if this is wrong."""
    if claim.scan_id is None:
        raise WithoutScan("A claim without a scan stays refused.")
    if unit_status == "unconfirmed":
        raise UnitUnconfirmed("Confirm the unit first.")
    taken = _holders(claim, rivals, [line for line in approving if line.kind == "fault"])
    if not claim.repeat_trip:
        same = select(Claim.number).where(
            Claim.job_id == claim.job_id,
            Claim.assignment_id == claim.assignment_id,
            stands(),
            Claim.id != claim.id,
            ~Claim.repeat_trip,
        )
        taken += (await work.db.scalars(same)).all()
    if taken:
        raise AlreadyClaimed("Another claim holds this place.", claims=sorted(set(taken)))
    elsewhere = await _fitted_elsewhere(work, claim, approving)
    if elsewhere:
        raise ComponentElsewhere("Correct the other unit, or refuse the part.", serials=elsewhere)


async def _fitted_elsewhere(work: Work, claim: Claim, approving: Sequence[ClaimLine]) -> list[str]:
    """Return the serials that these lines fitted and that sit in another unit."""
    parts = [line.part_used_id for line in approving if line.part_used_id is not None]
    fitted = await work.db.scalars(select(PartUsed.new_serial).where(PartUsed.id.in_(parts)))
    keys = {normalise(serial) for serial in fitted} - {""}
    if not keys:
        return []
    now = select(UnitComponent.component_serial).where(
        UnitComponent.component_serial.in_(keys),
        UnitComponent.removed_on.is_(None),
        UnitComponent.unit_id != claim.unit_id,
    )
    return sorted({serial for serial in await work.db.scalars(now) if serial is not None})


def _check_money(claim: Claim, lines: Sequence[ClaimLine], approving: Sequence[ClaimLine], rivals: Any) -> None:
    """Raise where money is granted, another claim has a fault of this one, and no fault of this one stands.

    A part or an hour belongs to no fault in particular: it is paid with any fault of the claim that stands now that
    the decision is made, whatever became of the others. A proposal of money may lean on a fault that is proposed.
    """
    faults = [line for line in lines if line.kind == "fault"]
    money = [line for line in approving if line.kind != "fault"]
    granted = any(line.state in LIVE for line in money)
    stands_any = any(line.state in LIVE or (line.proposed and not granted) for line in faults)
    taken = _holders(claim, rivals, faults)
    if money and taken and not stands_any:
        raise AlreadyClaimed("No fault of this claim stands, and another claim has it.", claims=sorted(set(taken)))


async def _trips_with_leave(work: Work, claim: Claim) -> set[UUID]:
    """Return the claims of earlier trips beside which this one was authorised: their faults may be its own."""
    if not claim.repeat_trip:
        return set()
    found = select(Claim.id).where(Claim.job_id == claim.job_id, Claim.assignment_id == claim.assignment_id)
    return set((await work.db.scalars(found)).all())


def _holders(claim: Claim, rivals: Any, faults: Sequence[ClaimLine]) -> list[int]:
    """Return the numbers of the other claims that hold the slots of these faults."""
    groups = {line.fault_group_id for line in faults}
    return [
        row.claim_number
        for row in rivals
        if row.claim_id != claim.id and row.fault_group_id in groups and _stands_against(row, claim)
    ]


def _stands_against(rival: Any, claim: Claim) -> bool:
    """Tell whether another claim's line takes the slot: a live one does, a paid one if its days are these days."""
    if rival.state != "paid":
        return rival.state in LIVE
    known = rival.failed_on is not None
    return known and rival.failed_on <= claim.repaired_on and claim.failed_on <= rival.repaired_on

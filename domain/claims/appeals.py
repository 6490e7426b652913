"""What a partner's office does about its claim: answer a line that was sent back, appeal once, or withdraw it all."""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select, text

from domain.claims.model import Claim, ClaimLine
from domain.claims.reviewed import ClaimReply
from domain.claims.standing import CLOSED, MOVES
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Note, Word
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.worklog.model import Photo

BY = frozenset({Role.PARTNER_OFFICE})
answered_lines_max = 200
answer_photos_max = 20
_LATE_SCAN = text("SELECT claim_takes_late_scan(:claim)")
_MOVE = text("SELECT partner_moves_claim(:claim, :move, :lines)")
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
Reply = Literal["answer", "appeal", "withdraw"]
Said = Annotated[Note, Meta(min_length=3)]


class ClaimClosed(Problem, kind=Kind.CONFLICT):
    """The claim is paid or withdrawn; nothing moves on it any more."""


class NothingToAnswer(Problem, kind=Kind.CONFLICT):
    """The line was not sent back."""


class NothingToAppeal(Problem, kind=Kind.CONFLICT):
    """The line is not refused, was appealed before, or its visit has no scan to rest on yet."""


class NothingToWithdraw(Problem, kind=Kind.CONFLICT):
    """Nothing of the claim is left to withdraw."""


class AnswerClaim(Command, tag="claim.answer", frozen=True, kw_only=True):
    """Answer lines that were sent back, with a note and photos of the visit.

    They go back to review. An answer after the day it was wanted by is taken too.
    """

    claim_id: UUID
    line_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=answered_lines_max)]
    note: Said
    photo_ids: Annotated[tuple[UUID, ...], Meta(max_length=answer_photos_max)] = ()


class AppealLine(Command, tag="claim.appeal", frozen=True, kw_only=True):
    """Appeal against the refusal of a line, once, with a note.

    The line goes back to review, and the claim with it until it is decided. A claim that was refused because nothing
    was scanned can be appealed as soon as its visit has a scan, which may reach us late.
    """

    claim_id: UUID
    line_id: UUID
    note: Said


class WithdrawClaim(Command, tag="claim.withdraw", frozen=True, kw_only=True):
    """Withdraw a claim before it is paid; what was refused stays refused.

    A visit is claimed once: what is withdrawn is not claimed again.
    """

    claim_id: UUID
    note: Note = ""


class ClaimReplied(Answer, frozen=True, kw_only=True):
    """How the claim stands now."""

    id: UUID
    state: Word


@action(
    AnswerClaim,
    by=BY,
    answer=ClaimReplied,
    raises=(NotFound, ClaimClosed, NothingToAnswer, InvalidRequest),
    example=AnswerClaim(claim_id=_ID, line_ids=(_ID,), note="The label is on the second photo.", photo_ids=(_ID,)),
)
async def answer_claim(work: Work, cmd: AnswerClaim) -> Done:
    """Bring sent-back lines to review again.

    Locks: the claim.
    """
    visit_id = await _open_claim(work, cmd.claim_id)
    if len(set(cmd.line_ids)) < len(cmd.line_ids):
        raise InvalidRequest("A line is named more than once.", field="line_ids")
    await _check_photos(work, visit_id, cmd.photo_ids)
    await _check_lines(work, cmd.claim_id, cmd.line_ids)
    if await _move(work, cmd.claim_id, "answer", cmd.line_ids) < len(cmd.line_ids):
        raise NothingToAnswer("Only what was sent back is answered; read the claim again.")
    for line_id in cmd.line_ids:
        _write_down(work, cmd.claim_id, "answer", cmd.note, line_id, cmd.photo_ids)
    return Done(ClaimReplied(id=cmd.claim_id, state=MOVES["answer"]["sent_back"]))


@action(
    AppealLine,
    by=BY,
    answer=ClaimReplied,
    raises=(NotFound, ClaimClosed, NothingToAppeal),
    example=AppealLine(claim_id=_ID, line_id=_ID, note="The hour was spent on the second pump."),
)
async def appeal_line(work: Work, cmd: AppealLine) -> Done:
    """Bring a refused line to review once more; the database counts the appeals.

    Locks: the claim.
    """
    await _open_claim(work, cmd.claim_id)
    await _check_lines(work, cmd.claim_id, (cmd.line_id,))
    await work.db.execute(_LATE_SCAN, {"claim": cmd.claim_id})
    if not await _move(work, cmd.claim_id, "appeal", (cmd.line_id,)):
        raise NothingToAppeal("Only a refused line is appealed, once, and not before its visit has a scan.")
    _write_down(work, cmd.claim_id, "appeal", cmd.note, cmd.line_id)
    return Done(ClaimReplied(id=cmd.claim_id, state=MOVES["appeal"]["refused"]))


@action(
    WithdrawClaim,
    by=BY,
    answer=ClaimReplied,
    raises=(NotFound, ClaimClosed, NothingToWithdraw),
    example=WithdrawClaim(claim_id=_ID, note="billed to the customer"),
)
async def withdraw_claim(work: Work, cmd: WithdrawClaim) -> Done:
    """Give every slot back.

    Locks: the claim.
    """
    await _open_claim(work, cmd.claim_id)
    if not await _move(work, cmd.claim_id, "withdraw", ()):
        raise NothingToWithdraw("What is refused is not withdrawn.")
    _write_down(work, cmd.claim_id, "withdraw", cmd.note)
    return Done(ClaimReplied(id=cmd.claim_id, state="withdrawn"))


async def _open_claim(work: Work, claim_id: UUID) -> UUID:
    """Return the visit of an own claim on which something may still move."""
    found = select(Claim.state, Claim.visit_id).where(Claim.id == claim_id, own_rows(work.actor, Claim.partner_id))
    row = (await work.db.execute(found)).first()
    if row is None:
        raise NotFound("There is no such claim among yours.")
    if row.state in CLOSED:
        raise ClaimClosed(f"The claim is {row.state}.", state=row.state)
    return UUID(str(row.visit_id))


async def _check_lines(work: Work, claim_id: UUID, line_ids: Iterable[UUID]) -> None:
    wanted = set(line_ids)
    found = await work.db.scalars(select(ClaimLine.id).where(ClaimLine.claim_id == claim_id, ClaimLine.id.in_(wanted)))
    if wanted - set(found):
        raise NotFound("The claim has no such line.")


async def _check_photos(work: Work, visit_id: UUID, photo_ids: tuple[UUID, ...]) -> None:
    if not photo_ids:
        return
    found = select(Photo.id).where(Photo.visit_id == visit_id, Photo.id.in_(photo_ids), Photo.voided_at.is_(None))
    if set(photo_ids) - set(await work.db.scalars(found)):
        raise InvalidRequest("A photo is not on this visit.", field="photo_ids")


async def _move(work: Work, claim_id: UUID, move: Reply, line_ids: Iterable[UUID]) -> int:
    """Move lines by the database's own function, for a partner's role changes no claim; return how many moved."""
    given = {"claim": claim_id, "move": move, "lines": list(line_ids)}
    return int(await work.db.scalar(_MOVE, given) or 0)


def _write_down(
    work: Work, claim_id: UUID, kind: Reply, note: str, line_id: UUID | None = None, photo_ids: tuple[UUID, ...] = ()
) -> None:
    work.db.add(
        ClaimReply(
            claim_id=claim_id,
            line_id=line_id,
            partner_id=work.actor.partner_id,
            kind=kind,
            note=note,
            photo_ids=[str(photo_id) for photo_id in photo_ids],
            replied_by=work.actor.account_id,
            replied_at=work.now,
        )
    )

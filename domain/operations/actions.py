"""The office decides about recorded work: accepted, it is carried out as if nothing had come between."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from domain.jobs.model import Job
from domain.kit.actor import Actor, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.journal import JournalBody, JournalEntry, Stamp
from domain.kit.limits import Note, Word
from domain.kit.problem import InvalidRequest, Kind, NotAllowed, NotFound, Problem
from domain.kit.work import Work
from domain.operations.model import RecordedWork
from domain.people.access import DESK
from domain.people.model import Account

decided_at_once_max = 200
OF_THE_FEED = "op_result"
"""The kind under which a decision comes down to the phone."""


class AlreadyDecided(Problem, kind=Kind.CONFLICT):
    """Somebody decided about this work before."""


class StillNotPossible(Problem, kind=Kind.CONFLICT):
    """The work cannot be carried out even when accepted; nothing was decided."""


class DecideRecordedWork(Command, tag="recorded_work.decide", frozen=True, kw_only=True):
    """Accept or decline work that a technician recorded after the job went away, all of it or nothing.

    What is accepted is carried out as if it had come in time: its lines are on the sheet, a completion completes the
    job. What is declined stays in the journal. Either way the technician's phone is told.
    """

    op_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=decided_at_once_max)]
    decision: Literal["accept", "decline"]
    note: Note = ""


class RecordedWorkDecided(Answer, frozen=True, kw_only=True):
    """What became of each operation, in the order they were recorded."""

    decision: Word
    outcomes: tuple[Word, ...]


class SentOperation(msgspec.Struct, frozen=True):
    """An operation as its journal keeps it."""

    t: str
    v: int
    body: dict[str, Any]


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    DecideRecordedWork,
    by=DESK | {Role.SYSTEM},
    answer=RecordedWorkDecided,
    raises=(NotFound, AlreadyDecided, StillNotPossible, InvalidRequest),
    locks_unit=True,
    example=DecideRecordedWork(op_ids=(_ID,), decision="accept", note="the work was done"),
)
async def decide_recorded_work(work: Work, cmd: DecideRecordedWork) -> Done:
    """Carry out what is accepted, in the order it was recorded, and tell the technicians.

    Locks: the recorded work, then all its jobs, for one operation may lock a unit before the next one's job.
    """
    if len(set(cmd.op_ids)) < len(cmd.op_ids):
        raise InvalidRequest("An operation is named more than once.", field="op_ids")
    statement = (
        select(RecordedWork)
        .where(RecordedWork.op_id.in_(cmd.op_ids))
        .order_by(RecordedWork.at, RecordedWork.seq, RecordedWork.op_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = (await work.db.scalars(statement)).all()
    waiting = [(one.op_id, one.actor_id, one.decision) for one in found]
    if len(waiting) < len(cmd.op_ids):
        raise NotFound("There is no such recorded work.")
    decided = [op_id for op_id, _, decision in waiting if decision is not None]
    if decided:
        raise AlreadyDecided("Somebody was first; look again.", op_ids=[str(op_id) for op_id in decided])
    await _lock_jobs(work, [one.job_id for one in found if one.job_id is not None])
    decider, own = work.actor, (work.op_id, work.stamp)
    outcomes = []
    for op_id, actor_id, _ in waiting:
        try:
            outcomes.append("declined" if cmd.decision == "decline" else await _carry_out(work, op_id, actor_id))
        finally:  # a decision that fails is journaled too, and in the name of who decided
            work.actor, (work.op_id, work.stamp), work.accepted = decider, own, False
        one = await work.db.get_one(RecordedWork, op_id)
        one.decision = "accepted" if cmd.decision == "accept" else "declined"
        one.note, one.decided_by, one.decided_op, one.decided_at = cmd.note, decider.account_id, work.op_id, work.now
        work.changes.touch(actor_id, one.partner_id, OF_THE_FEED, op_id)
    return Done(RecordedWorkDecided(decision=one.decision or "", outcomes=tuple(outcomes)))


async def _lock_jobs(work: Work, job_ids: list[UUID]) -> None:
    await work.db.execute(select(Job.id).where(Job.id.in_(job_ids)).order_by(Job.id).with_for_update(key_share=True))


async def _carry_out(work: Work, op_id: UUID, actor_id: UUID) -> str:
    """Carry out an accepted operation in its technician's name, under its own id, so that its lines are the phone's.

    Only a person lifts what stood against it; the product itself carries out what it could not read before.
    """
    found = (
        await work.db.execute(
            select(
                JournalEntry.device_id,
                JournalEntry.seq,
                JournalEntry.client_at,
                JournalEntry.estimated_at,
                JournalBody.sent,
                Account.role,
                Account.partner_id,
                Account.name,
            )
            .join(JournalBody, JournalBody.op_id == JournalEntry.op_id)
            .join(Account, Account.id == JournalEntry.actor_id)
            .where(JournalEntry.op_id == op_id)
        )
    ).one_or_none()
    if found is None or work.register is None:
        raise StillNotPossible("What was sent is not kept any more.", op_id=str(op_id))
    device_id, seq, client_at, estimated_at, sent, role, partner_id, name = found
    operation = msgspec.json.decode(sent, type=SentOperation)
    kind = work.register.by_tag.get(operation.t)
    if kind is None or operation.v > work.register.actions[kind].version:
        raise StillNotPossible("This needs a newer release of the server.", op_id=str(op_id))
    one = work.register.actions[kind]
    work.op_id, work.accepted = op_id, work.actor.role is not Role.SYSTEM
    work.actor = Actor(actor_id, Role(role), partner_id, device_id=device_id, name=name)
    work.stamp = Stamp(device_id, seq, client_at, _not_later(estimated_at, work.now))
    try:
        if work.actor.role not in one.by:
            raise NotAllowed(f"A {role} may not do this, whoever accepts it.")
        command = one.command_from(operation.v, operation.body)
        done = await one.carry_out(work, command)
        await work.flush()
        for follow in work.register.then.get(kind, []):
            await follow(work, command)
        await work.flush()
    except (Problem, ValueError) as error:
        if isinstance(error, Problem) and not error.kind.is_final:
            raise
        detail = error.detail if isinstance(error, Problem) else str(error)[:300]
        code = error.code if isinstance(error, Problem) else InvalidRequest.code
        raise StillNotPossible(detail, op_id=str(op_id), reason=code) from error
    return done.outcome


def _not_later(moment: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    return None if moment is None else min(moment, now)

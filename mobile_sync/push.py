"""Commands up: each operation of a phone's queue is carried out once, in order, and nothing sent is ever dropped."""

import datetime as dt
import traceback
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import structlog

from domain.commands import REGISTER
from domain.kit.actor import Actor
from domain.kit.command import Register
from domain.kit.database import Database, NotCommitted, is_unavailable, sqlstate
from domain.kit.journal import Entry, Stamp, commit_to
from domain.kit.ports import Queue
from domain.kit.problem import Busy, NotAllowed, NotSignedIn, OperationIdReused, Problem
from domain.kit.work import RETRIED, Work, execute, keep, transact
from domain.operations.keeping import keep_recorded, keep_unreadable, note_failure
from domain.operations.problems import ServerError
from mobile_sync.operations import Queued, command_from, estimated_at, read_operations
from mobile_sync.protocol import Operation, PushAnswer, PushRequest, PushStatus, Result

log = structlog.get_logger()
operations_per_commit = 20
tries_max = 5
"""After so many failures by our own fault an operation is set aside: it may block nothing."""
pause_seconds = 5

# Locks the device; together with it comes what decides whether this phone may go on as it does.
_DEVICE = """
UPDATE device SET app_version = $3, last_seen_at = $4 WHERE id = $1 AND account_id = $2
RETURNING last_seq,
  revoked_at IS NOT NULL OR (SELECT disabled_at IS NOT NULL FROM account WHERE account.id = $2) AS shut_out,
  $5::uuid IS NULL
    OR EXISTS (SELECT FROM journal WHERE journal.op_id = $5 AND received_at = coalesce($6, received_at))
    OR EXISTS (SELECT FROM quarantine WHERE quarantine.op_id = $5) AS acked
"""
_ADVANCE = "UPDATE device SET last_seq = $2 WHERE id = $1"
# What is known of the operations that came: their entries, what lies in quarantine, how often they failed.
_KNOWN = """
SELECT asked.op_id, journal.outcome, journal.received_at, journal.commitment, body.salt, body.answer,
       coalesce(failure.tries, 0),
       (SELECT why FROM quarantine WHERE quarantine.op_id = asked.op_id LIMIT 1)
FROM unnest($1::uuid[]) AS asked(op_id)
LEFT JOIN journal ON journal.op_id = asked.op_id
LEFT JOIN journal_body AS body ON body.op_id = asked.op_id
LEFT JOIN op_failure AS failure ON failure.op_id = asked.op_id
"""


class _VisitOf(msgspec.Struct):
    """The visit an operation names, if it names one."""

    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What this database already holds of an operation."""

    outcome: Any
    taken_at: dt.datetime | None
    commitment: bytes | None
    salt: bytes | None
    answer: bytes | None
    tries: int
    quarantined: str | None

    def entry(self, queued: Queued) -> Entry | None:
        """Return the entry under this id, or None. Raises: OperationIdReused when it holds other content."""
        if self.outcome is None:
            return None
        if self.salt is None or self.answer is None:
            return Entry(queued.op_id, self.outcome, b'{"code":"erased"}', replayed=True, taken_at=self.taken_at)
        if commit_to(self.salt, queued.sent) != self.commitment:
            raise OperationIdReused("This operation id has other content here.")
        return Entry(queued.op_id, self.outcome, self.answer, replayed=True, taken_at=self.taken_at)


@dataclass(slots=True)
class Taken:
    """How far one transaction came: what it answers, where the device's numbers stand, why it stopped if it did."""

    last_seq: int = 0
    results: list[Result] = field(default_factory=list)
    status: PushStatus | None = None
    retry_after: int | None = None
    failed: tuple[Queued, Exception] | None = None


@dataclass(frozen=True, slots=True)
class Pushing:
    """One push under way."""

    database: Database
    queue: Queue
    actor: Actor
    request: PushRequest
    now: dt.datetime
    register: Register

    async def take(self, work: Work, waiting: list[Queued]) -> Taken:
        """Take operations in order until one must stop, one locked a unit, or enough share this commit.

        Locks: the device, then what each action locks.
        """
        found = await work.driver.fetchrow(
            _DEVICE,
            self.request.device,
            self.actor.account_id,
            self.request.app,
            work.now,
            self.request.acked.op,
            self.request.acked.at,
        )
        if found is None:
            return Taken(status="unknown_device")
        taken = Taken(last_seq=found["last_seq"])
        if found["shut_out"]:
            raise NotSignedIn("This phone was revoked; it keeps its unsent work. Ask the office.")
        if self.request.acked.seq > taken.last_seq or not found["acked"]:
            taken.status = "rewound"
            return taken
        before = taken.last_seq
        await self._take_in_order(work, waiting, taken)
        if taken.last_seq != before:
            await work.driver.execute(_ADVANCE, self.request.device, taken.last_seq)
        return taken

    async def _take_in_order(self, work: Work, waiting: list[Queued], taken: Taken) -> None:
        rows = await work.driver.fetch(_KNOWN, [queued.op_id for queued in waiting[:operations_per_commit]])
        known = {row[0]: Known(*tuple(row)[1:]) for row in rows}
        for queued in waiting[:operations_per_commit]:
            if queued.seq > taken.last_seq + 1:
                taken.status = "gap"
                return
            result = await self._replayed(work, queued, known[queued.op_id])
            just_taken = any(one.op == queued.op_id for one in taken.results)
            if result is None and queued.seq <= taken.last_seq and not just_taken:
                taken.status = "forked"
                return
            if result is None:
                result = await self._carried_out(work, queued, known[queued.op_id], taken)
            taken.results.append(result)
            if result.status == "retry":
                taken.status = "retry"
                return
            taken.last_seq = max(taken.last_seq, queued.seq)
            if self._locks_unit(queued):
                return

    async def _replayed(self, work: Work, queued: Queued, known: Known) -> Result | None:
        """Return what an operation was answered before, or None when it is new here."""
        try:
            entry = known.entry(queued)
        except OperationIdReused as problem:
            return await self._mismatch(work, queued, problem)
        if entry is not None:
            return _result(queued, entry)
        if known.quarantined is not None and queued.unreadable is not None:
            await keep_unreadable(work, self.request.device, queued.op_id, queued.unreadable, queued.raw)
            return Result(queued.op_id, queued.seq, "undecodable", reason=known.quarantined, replayed=True)
        return None

    async def _carried_out(self, work: Work, queued: Queued, known: Known, taken: Taken) -> Result:
        operation = queued.operation
        if operation is None:
            why = queued.unreadable or "undecodable"
            await keep_unreadable(work, self.request.device, queued.op_id, why, queued.raw)
            return Result(queued.op_id, queued.seq, "undecodable", reason=why)
        try:
            entry = await self._entry_of(work, queued, operation, known)
        except OperationIdReused as problem:
            return await self._mismatch(work, queued, problem)
        except Problem as problem:
            taken.retry_after = problem.retry_after
            return Result(queued.op_id, queued.seq, "retry", reason=problem.code)
        except Exception as error:
            passing = sqlstate(error) in RETRIED or is_unavailable(error) or isinstance(error, NotCommitted)
            if passing or work.driver.is_closed():
                raise
            taken.failed = queued, error
            return Result(queued.op_id, queued.seq, "retry", reason="server-error")
        if entry.outcome == "recorded" and entry.reason is not None and not entry.replayed:
            await keep_recorded(
                work,
                queued.op_id,
                queued.seq,
                operation.t,
                entry.reason,
                job_id=operation.job,
                visit_id=_visit_of(operation),
            )
        return _result(queued, entry)

    async def _entry_of(self, work: Work, queued: Queued, operation: Operation, known: Known) -> Entry:
        stamp = Stamp(
            device_id=self.request.device,
            seq=queued.seq,
            client_at=operation.at,
            estimated_at=estimated_at(operation, self.request, work.now),
        )
        if known.tries >= tries_max:
            problem: Problem = ServerError("The office was told; what you recorded is kept.")
            return await keep(work, queued.op_id, operation.t, operation.v, queued.sent, problem, stamp)
        try:
            command = command_from(operation.t, operation.v, bytes(operation.body), self.register)
        except Problem as problem:
            return await keep(work, queued.op_id, operation.t, operation.v, queued.sent, problem, stamp)
        return await execute(work, queued.op_id, command, queued.sent, self.register, stamp)

    async def _mismatch(self, work: Work, queued: Queued, problem: OperationIdReused) -> Result:
        await keep_unreadable(work, self.request.device, queued.op_id, "mismatch", queued.raw)
        return Result(queued.op_id, queued.seq, "mismatch", reason=problem.code)

    def _locks_unit(self, queued: Queued) -> bool:
        command = None if queued.operation is None else self.register.by_tag.get(queued.operation.t)
        return command is not None and self.register.actions[command].locks_unit

    async def set_aside(self, queued: Queued, error: Exception) -> bool:
        """Count a failure in a transaction of its own; returns whether the operation is to be set aside now.

        That is said once: what fails even then is left for a later push, or this one would never end.
        """
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} in {place.name}: {sqlstate(error)}"
        tries = await transact(
            self.database,
            self.actor,
            lambda work: note_failure(work, self.request.device, queued.op_id, said),
            now=self.now,
        )
        trace = "".join(traceback.format_exception(error))  # without the variables: they hold what people wrote
        log.error("operation failed", op_id=str(queued.op_id), tries=tries, trace=trace)
        return tries == tries_max


async def push(
    database: Database,
    queue: Queue,
    actor: Actor,
    request: PushRequest,
    *,
    now: dt.datetime,
    register: Register = REGISTER,
) -> PushAnswer:
    """Take the operations of a push and return the fate of each once it is committed.

    What a later transaction of the same push cannot do takes nothing back that an earlier one did.
    Raises: NotAllowed for another session's phone; NotSignedIn when the phone or its account were shut out;
    InvalidRequest for an operation that could not even be answered; Busy when nothing at all could be taken.
    """
    if actor.session_id is not None and actor.device_id != request.device:
        raise NotAllowed("This session is another phone's.")
    pushing = Pushing(database, queue, actor, request, now, register)
    waiting = read_operations(request)
    answer = Taken()
    while True:
        rest = waiting[len(answer.results) :]
        try:
            taken = await transact(
                database,
                actor,
                lambda work, rest=rest: pushing.take(work, rest),  # type: ignore[misc]
                now=now,
                queue=queue,
            )
        except Busy as busy:
            if not answer.results:
                raise
            answer.status, answer.retry_after = "retry", busy.retry_after
            break
        answer.last_seq, answer.status, answer.retry_after = taken.last_seq, taken.status, taken.retry_after
        if taken.failed is not None and await pushing.set_aside(*taken.failed):
            answer.results += taken.results[:-1]
            continue
        answer.results += taken.results
        if taken.status is not None or len(answer.results) == len(waiting):
            break
    status: PushStatus = answer.status or "ok"
    pause = (answer.retry_after or pause_seconds) if status == "retry" else None
    return PushAnswer(
        server_time=now, last_seq=answer.last_seq, status=status, results=answer.results, retry_after=pause
    )


def _result(queued: Queued, entry: Entry) -> Result:
    return Result(
        queued.op_id,
        queued.seq,
        entry.outcome,
        reason=entry.reason,
        replayed=entry.replayed,
        taken_at=entry.taken_at,
        answer=msgspec.Raw(entry.answer),
    )


def _visit_of(operation: Operation) -> UUID | None:
    try:
        return msgspec.json.decode(operation.body, type=_VisitOf).visit_id
    except msgspec.MsgspecError:
        return None

"""The only committer: one transaction per unit of work, one journal entry per command.

Locks are taken in one order, everywhere: device, jobs by id, technician, units by id, then writes, then the feed
counters sorted by name. Rows are locked ``FOR NO KEY UPDATE``: the stronger lock is blocked by foreign-key inserts and
deadlocks under load.
"""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.actor import Actor
from domain.kit.command import Action, Command, Register
from domain.kit.database import Database, sqlstate, table_of, writing
from domain.kit.feeds import Changes, write_changes
from domain.kit.journal import (
    KNOWN,
    NO_STAMP,
    TABLES,
    Entry,
    Outcome,
    Stamp,
    asks_for,
    canonical,
    earlier_entry,
    told_of,
    write_entry,
)
from domain.kit.ports import Queue, Signer
from domain.kit.problem import AlreadyTaken, Busy, NotAllowed, OperationIdReused, Problem
from domain.kit.read import driver_of
from domain.kit.rows import Rows

T = TypeVar("T")
NO_OPERATION = UUID(int=0)
RETRIED = frozenset({"40P01", "40001", "55P03"})
"""Deadlock, serialisation failure and lock time-out: the same work may succeed when done again."""
UNIQUE_VIOLATION, EXCLUSION_VIOLATION = "23505", "23P01"


@dataclass(slots=True)
class Work:
    """Everything one command may touch; it lives for exactly one transaction."""

    connection: AsyncConnection
    driver: Any
    """The connection below, for the few statements of every command: they cost their round trip only."""
    actor: Actor
    now: dt.datetime
    changes: Changes = field(default_factory=Changes)
    rows: Rows = field(default_factory=Rows)
    """New rows that are written with the next flush."""
    queue: Queue | None = None
    op_id: UUID = NO_OPERATION
    stamp: Stamp = NO_STAMP
    accepted: bool = False
    """Whether the office accepted this work of somebody whose job went away: what stood against it stands no more."""
    register: Register | None = None
    """Where the command being executed was found, for one that carries out others."""
    prepared_for: UUID | None = None
    """The operation whose lock and savepoint came along with the opening of the transaction."""
    opened: str = ""
    """What the opening came to: ``KNOWN`` when that operation has an entry."""
    _session: AsyncSession | None = None

    @property
    def db(self) -> AsyncSession:
        """The session for everything mapped; a command that needs none does not pay for one."""
        if self._session is None:
            self._session = AsyncSession(self.connection, expire_on_commit=False, autoflush=False)
        return self._session

    @property
    def signer(self) -> Signer:
        """The signer of the process that carries the command out."""
        if self.register is None or self.register.signer is None:
            raise RuntimeError("this command was carried out without a signer")
        return self.register.signer

    async def flush_session(self) -> None:
        """Write what was added to the session; the rows wait on."""
        if self._session is not None:
            await self._session.flush()

    async def flush(self) -> None:
        """Write what was added to the session, then the rows that wait."""
        await self.flush_session()
        if self.rows.waiting:
            statement = self.rows.take()
            await self.driver.execute(statement.sql, *statement.values)

    async def forget(self) -> None:
        """Drop whatever the session remembers, written or not, and the rows that wait.

        For after a savepoint was rolled back, and the end.
        """
        self.rows = Rows()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def enqueue(self, kind: str, payload: Any) -> None:
        """Add background work that exists only if this transaction commits; it runs at least once."""
        if self.queue is None:
            raise RuntimeError("this work was begun without a queue")
        self.changes.tasks.append((kind, msgspec.json.encode(payload)))

    async def hand_over(self) -> None:
        """Queue the background work that was added so far: what waits until the end is queued under every lock."""
        if self.queue is not None and self.changes.tasks:
            tasks, self.changes.tasks = self.changes.tasks, []
            await self.queue.enqueue(self.driver, tasks)


def utc_now() -> dt.datetime:
    """Return the server's clock; the one place that reads it for business moments."""
    return dt.datetime.now(dt.UTC)


_BY_KEYS = "SET LOCAL plan_cache_mode = force_generic_plan"
"""An operation finds its rows by their keys: one plan fits all values, and is not made anew on a fresh connection."""


@asynccontextmanager
async def begin(
    database: Database,
    actor: Actor,
    *,
    now: dt.datetime | None = None,
    queue: Queue | None = None,
    op_id: UUID | None = None,
) -> AsyncIterator[Work]:
    """Commit on success before anyone is told so; roll back on any exception.

    The transaction is open, in the principal's context, before anything can be queued; the last statements write the
    feeds. With ``op_id`` the lock and the savepoint of that one operation come along with the opening.
    """
    then = ""
    if op_id is not None:
        then = f"{_BY_KEYS}; {_prepared(op_id)}"
    async with writing(database, actor, then) as (connection, said):
        driver = driver_of(connection)
        work = Work(connection, driver, actor, now or utc_now(), queue=queue, prepared_for=op_id, opened=said)
        try:
            yield work
            await work.flush()
            await work.hand_over()
            await write_changes(connection, work.changes, work.now)
        finally:
            await work.forget()


def lock_key(op_id: UUID) -> int:
    """Return the key of an operation's advisory lock."""
    return op_id.int % 2**63


def _prepared(op_id: UUID) -> str:
    """Return what locks an operation, opens its savepoint, and comes to KNOWN when it has an entry already."""
    return f"SELECT pg_advisory_xact_lock({lock_key(op_id)}); SAVEPOINT command; {asks_for(op_id)}"


async def transact(
    database: Database,
    actor: Actor,
    body: Callable[[Work], Awaitable[T]],
    *,
    now: dt.datetime | None = None,
    queue: Queue | None = None,
    op_id: UUID | None = None,
) -> T:
    """Run ``body`` in a fresh transaction, up to three times, with jitter, on deadlock and lock time-outs only.

    Raises Busy when the third try failed the same way.
    """
    for attempt in range(3):
        try:
            async with begin(database, actor, now=now, queue=queue, op_id=op_id) as work:
                return await body(work)
        except Exception as error:
            if sqlstate(error) not in RETRIED:
                raise
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise Busy("The same record is being changed by others right now.", retry_after=1)


async def execute(
    work: Work,
    op_id: UUID,
    command: Command,
    sent: bytes,
    register: Register,
    stamp: Stamp = NO_STAMP,
) -> Entry:
    """Carry out ``command`` once; a repeat of ``op_id`` gets the first answer.

    Locks: an advisory lock on ``op_id``, then what the action locks.
    Order: lock, look up, savepoint (the action, what follows it, the finished entry with the rows that wait). A unique
    or exclusion violation rolls back to the savepoint and runs the action once more: it now sees the rival, so the rule
    can answer in its own words. Whatever is raised leaves the transaction fit for the next command. A problem with what
    a phone had queued ends as the problem's class says: work that was done is recorded rather than rejected.
    Raises OperationIdReused for other content under the same id, and problems that may pass (they are not journaled).
    """
    earlier = await _lock_and_look_up(work, op_id, sent)
    if earlier is not None:
        return earlier
    action = register.actions[type(command)]
    before = work.changes.copy()
    work.op_id, work.stamp, work.register = op_id, stamp, register
    entry = _Unfinished(op_id, action.tag, action.version, sent, stamp)
    try:
        return await _act(work, action, command, register.then.get(type(command), []), entry)
    except OperationIdReused:
        raise
    except Problem as problem:
        if not problem.kind.is_final:
            raise
        work.changes = before
        return await entry.end_with(work, problem)


async def keep(
    work: Work, op_id: UUID, tag: str, version: int, sent: bytes, problem: Problem, stamp: Stamp = NO_STAMP
) -> Entry:
    """Journal an operation that cannot be carried out here, once, with the outcome its problem gives it.

    Locks: an advisory lock on ``op_id``. Raises: OperationIdReused.
    """
    earlier = await _lock_and_look_up(work, op_id, sent)
    if earlier is not None:
        return earlier
    return await _Unfinished(op_id, tag, version, sent, stamp).end_with(work, problem)


async def _lock_and_look_up(work: Work, op_id: UUID, sent: bytes) -> Entry | None:
    """Open the operation's savepoint and return its earlier entry, if there is one with the same content."""
    if work.prepared_for != op_id:
        await work.flush()  # what waits is not this operation's, and stays when that is undone
        work.opened = str(await work.driver.execute(_prepared(op_id)))
    work.prepared_for = None
    if work.opened != KNOWN:
        return None
    entry, same = await earlier_entry(work.driver, op_id, sent)
    if not same:
        raise OperationIdReused("Use a new Idempotency-Key for new content; repeat old content unchanged.")
    return entry


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """An entry that lacks its outcome."""

    op_id: UUID
    tag: str
    version: int
    sent: bytes
    stamp: Stamp

    async def end(self, work: Work, outcome: Outcome, answer: Any, verdict: Any = None) -> Entry:
        """Write the entry, together with the rows that wait.

        Raises: OperationIdReused when another partner has an entry under this id, which this role cannot see.
        """
        told = msgspec.json.encode(answer)
        await work.flush_session()
        try:
            await write_entry(
                work.driver,
                rows=work.rows,
                op_id=self.op_id,
                actor_id=work.actor.account_id,
                partner_id=work.actor.partner_id,
                kind=self.tag,
                version=self.version,
                outcome=outcome,
                sent=self.sent,
                answer=told,
                verdict=verdict,
                stamp=self.stamp,
                received_at=work.now,
                applied_at=work.now,
            )
        except Exception as error:
            if sqlstate(error) == UNIQUE_VIOLATION and table_of(error) in TABLES:
                raise OperationIdReused("Use a new operation id.") from error
            raise
        return Entry(self.op_id, outcome, told, taken_at=work.now)

    async def end_with(self, work: Work, problem: Problem) -> Entry:
        """Write the entry of what was not carried out: rejected, or as the problem says when a phone had queued it."""
        outcome: Outcome = "rejected" if self.stamp.device_id is None else problem.queued
        try:
            return await self.end(work, outcome, told_of(problem))
        except BaseException:
            await back_to_savepoint(work)
            raise


async def _act(
    work: Work,
    action: Action,
    command: Command,
    then: list[Callable[[Work, Any], Awaitable[None]]],
    entry: _Unfinished,
) -> Entry:
    if work.actor.role not in action.by:
        raise NotAllowed(f"{action.tag} may be done by: {', '.join(sorted(action.by))}.")
    before = work.changes.copy()
    lost = 0
    while True:
        try:
            done = await action.carry_out(work, command)
            if then:
                await work.flush()
            for follow in then:
                await follow(work, command)
            return await entry.end(work, done.outcome, done.answer, done.verdict)
        except BaseException as error:
            work.changes = before.copy()
            await back_to_savepoint(work)
            if sqlstate(error) not in (UNIQUE_VIOLATION, EXCLUSION_VIOLATION):
                raise
            lost += 1
            if lost == 2:
                raise AlreadyTaken("Another record already holds this place; read it and decide again.") from error


async def back_to_savepoint(work: Work) -> None:
    """Undo everything since the operation's savepoint, in the database and in what the session remembers.

    The savepoint itself stays, so that the operation can be tried again; the next one puts its own over it, and COMMIT
    releases them all.
    """
    await work.forget()
    if not work.driver.is_closed():
        await work.driver.execute("ROLLBACK TO SAVEPOINT command")


async def carry_out(
    work: Work,
    command: Command,
    register: Register,
    op_id: UUID,
) -> Entry:
    """Carry out a command that the product itself makes (demo data, a task, a test), journaled like any other."""
    return await execute(work, op_id, command, canonical(msgspec.to_builtins(command)), register)

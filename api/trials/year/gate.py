"""Puts visits through the real gate, in processes of their own: journal, savepoint, unit lock, rules, claim, commit.

A completion here is the bare step; the sheet was written before. What follows it is what follows it in the product.
"""

import asyncio
import dataclasses
import datetime as dt
import multiprocessing
import signal
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.claims.adjudication import DecideClaim
from domain.claims.customer_answers import CustomerAnswers, Said
from domain.claims.opening import open_claim_for_visit
from domain.claims.payment import ClaimsPaid, PayClaims
from domain.claims.returns import ReceiveCoreReturn
from domain.claims.ruling import Ruling
from domain.claims.scored import ScoreClaim, score_claim, scoring_id
from domain.commands import REGISTER
from domain.installs.corrections import CorrectedUnit, CorrectUnit, FieldChange
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.command import Command, Done, Register
from domain.kit.database import Database, connect
from domain.kit.ids import new_id
from domain.kit.journal import canonical
from domain.kit.problem import OperationIdReused
from domain.kit.work import NO_OPERATION, Work, carry_out, execute, transact
from domain.worklog.completion import CompleteVisit, Result, VisitCompleted, complete_visit

CLOSE = """
UPDATE visit SET state = 'completed', completed_at = $2, result = $3, version = version + 1
WHERE id = $1 AND state = 'working'
"""
OPENED = "SELECT 1 FROM claim WHERE id = $1"
DAY = dt.timedelta(days=1)
SCORED_AFTER = dt.timedelta(minutes=2)
AT_ONCE = 4
"""So many claims a process has on their way: one waits for the database while the others compute."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A visit that its technician completes, and when we hear of it."""

    technician_id: UUID
    partner_id: UUID
    visit_id: UUID
    op_id: UUID
    completed_at: dt.datetime
    submitted_at: dt.datetime
    result: str
    again: str = ""
    """What is tried besides, by its name in ``TRIES``."""
    unit_id: UUID = NO_OPERATION
    sold_on: dt.date = dt.date.min
    answer: str = ""
    """What the customer says of it: this is what happens now, the visit was handed in before."""
    core: tuple[UUID, str] | None = None
    """The old part that comes back now, with the serial on it."""
    asked_by: UUID = NO_OPERATION


async def _close(work: Work, cmd: CompleteVisit) -> Done:
    await work.driver.execute(CLOSE, cmd.visit_id, cmd.at, cmd.result)
    return Done(VisitCompleted(visit_id=cmd.visit_id, job_id=cmd.visit_id, state="completed"))


GATE = Register(
    {CompleteVisit: dataclasses.replace(complete_visit, carry_out=_close), ScoreClaim: score_claim},
    {CompleteVisit: [open_claim_for_visit]},
    {complete_visit.tag: CompleteVisit, score_claim.tag: ScoreClaim},
)


async def hand_in(database: Database, handed: Handed) -> str:
    """Complete a visit as its technician and score its claim; return what became of what was tried besides."""
    await _send(database, handed, handed.op_id, handed.result)
    await _score(database, handed)
    return await TRIES[handed.again](database, handed) if handed.again else ""


async def _send(database: Database, handed: Handed, op_id: UUID, result: str) -> str:
    """Complete the visit with its partner's database role; return the outcome, or that it was the stored one."""
    actor = Actor(handed.technician_id, Role.TECHNICIAN, handed.partner_id)
    command = CompleteVisit(
        visit_id=handed.visit_id,
        at=handed.completed_at,
        result=msgspec.convert(result, Result),
        no_signature_reason="absent",
    )
    sent = canonical(msgspec.to_builtins(command))

    async def body(work: Work) -> str:
        entry = await execute(work, op_id, command, sent, GATE)
        return "replayed" if entry.replayed else entry.outcome

    return await transact(database, actor, body, now=handed.submitted_at, queue=AlreadyDone(), op_id=op_id)


async def _replay(database: Database, handed: Handed) -> str:
    return await _send(database, handed, handed.op_id, handed.result)


async def _twice(database: Database, handed: Handed) -> str:
    return await _send(database, handed, UUID(int=handed.op_id.int ^ 1), handed.result)


async def _alter(database: Database, handed: Handed) -> str:
    try:
        return await _send(database, handed, handed.op_id, "installed")
    except OperationIdReused:
        return "refused"


async def _move_the_cover(database: Database, handed: Handed) -> str:
    """Let one person of the office make the warranty of a claimed unit begin later."""
    dates = handed.sold_on, handed.sold_on + dt.timedelta(days=200)
    change = FieldChange("warranty_start_on", *(day.isoformat() for day in dates))
    command = CorrectUnit(unit_id=handed.unit_id, changes=(change,), reason="The customer asked for it")
    answer = await _ours(database, handed, command, handed.submitted_at + dt.timedelta(hours=1))
    return "refused" if msgspec.json.decode(answer, type=CorrectedUnit).changed == () else "changed"


async def _approve_own(database: Database, handed: Handed) -> str:
    """Let the partner's office approve its own claim, or the technician in somebody else's chair."""
    chairs = (
        Actor(handed.technician_id, Role.REVIEWER),
        Actor(handed.technician_id, Role.PARTNER_OFFICE, handed.partner_id),
    )
    ruling = Ruling(decision="approve", reason="evidence-convincing")
    command = DecideClaim(claim_id=handed.op_id, others=ruling)

    async def body(work: Work) -> str:
        return (await carry_out(work, command, REGISTER, new_id())).outcome

    chair = chairs[handed.visit_id.int % 2]
    return await transact(database, chair, body, now=handed.submitted_at, queue=AlreadyDone())


async def _pay_at_once(database: Database, handed: Handed) -> str:
    """Let a manager pay the claim whose old part is not back."""
    manager = Actor(handed.asked_by, Role.SERVICE_MANAGER)
    command = PayClaims(claim_ids=(handed.op_id,))

    async def body(work: Work) -> str:
        entry = await carry_out(work, command, REGISTER, new_id())
        return msgspec.json.decode(entry.answer, type=ClaimsPaid).claims[0].outcome

    return await transact(database, manager, body, now=handed.submitted_at + DAY, queue=AlreadyDone())


async def _ask(database: Database, handed: Handed) -> None:
    """Let the office write down what the customer says, and the claim be scored anew."""
    answer = msgspec.convert(handed.answer, Said)
    command = CustomerAnswers(visit_id=handed.visit_id, answer=answer, channel="phone")
    await _ours(database, handed, command, handed.submitted_at)
    await _score(database, handed, because=uuid5(handed.visit_id, "answer"))


async def _receive(database: Database, handed: Handed, core_return_id: UUID, serial: str) -> None:
    """Let the stores take an old part in."""
    command = ReceiveCoreReturn(core_return_id=core_return_id, serial=serial)
    await _ours(database, handed, command, handed.submitted_at, Role.PARTS_MANAGER)


async def _ours(
    database: Database, handed: Handed, command: Command, at: dt.datetime, role: Role = Role.DISPATCHER
) -> bytes:
    """Carry out a command of somebody of our own desk; return its answer."""
    actor = Actor(handed.asked_by, role)

    async def body(work: Work) -> bytes:
        return (await carry_out(work, command, REGISTER, new_id())).answer

    return await transact(database, actor, body, now=at, queue=AlreadyDone())


async def _score(database: Database, handed: Handed, because: UUID | None = None) -> None:
    """Score the claim, if there is one, as the worker would some minutes later."""
    op_id, later = scoring_id(handed.op_id, because), handed.submitted_at + SCORED_AFTER
    command = ScoreClaim(claim_id=handed.op_id, because=because)

    async def body(work: Work) -> None:
        if await work.driver.fetchval(OPENED, handed.op_id) is not None:
            await carry_out(work, command, GATE, op_id)

    await transact(database, SYSTEM, body, now=later, queue=AlreadyDone(), op_id=op_id)


TRIES = {
    "replay": _replay,
    "altered": _alter,
    "twice": _twice,
    "cover": _move_the_cover,
    "approve": _approve_own,
    "pay": _pay_at_once,
}
"""What is tried beside the plain submission: the same operation once more, the same id with other content, a new
operation for the same visit, the warranty moved by one person, the claim approved by who submitted it,
or paid while its old part is still expected."""


class AlreadyDone:
    """Takes no tasks: scoring is done at once, and nobody reads reports here."""

    async def enqueue(self, driver: Any, tasks: Sequence[tuple[str, bytes]]) -> None:
        """Leave them."""


class Gates:
    """Processes that judge; leave the ``with`` and they are gone."""

    def __init__(self, urls: tuple[str, str], jobs: int) -> None:
        spawning: Any = multiprocessing.get_context("spawn")
        self._lines: list[Any] = []
        self._processes: list[Any] = []
        for _ in range(jobs):
            ours, theirs = spawning.Pipe()
            process = spawning.Process(target=_serve, args=(theirs, urls), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def __enter__(self) -> "Gates":
        return self

    def __exit__(self, *_: object) -> None:
        for line, process in zip(self._lines, self._processes, strict=True):
            line.close()
            process.terminate()
            process.join()

    async def judge(self, visits: list[Handed]) -> dict[UUID, str]:
        """Put visits through the gate in their order, as far as several at once have one."""
        shares = [visits[number :: len(self._lines)] for number in range(len(self._lines))]
        for line, share in zip(self._lines, shares, strict=True):
            line.send(share)
        said: dict[UUID, str] = {}
        for line in self._lines:
            answer = await asyncio.to_thread(line.recv)
            if isinstance(answer, str):
                raise RuntimeError(answer)
            said.update(answer)
        return said


def _serve(line: Any, urls: tuple[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent was told, and ends us
    asyncio.run(_judge_all(line, urls))


async def _judge_all(line: Any, urls: tuple[str, str]) -> None:
    database = connect(*urls, pool_size=AT_ONCE)
    try:
        while True:
            share = await asyncio.to_thread(line.recv)
            try:
                line.send(await _share(database, share))
            except Exception:
                line.send(traceback.format_exc())
                raise
    except EOFError:  # the parent is through, or gone
        pass
    finally:
        await database.close()


async def _share(database: Database, visits: Iterable[Handed]) -> dict[UUID, str]:
    waiting = iter(visits)
    said: dict[UUID, str] = {}

    async def one_after_another() -> None:
        for handed in waiting:
            if handed.answer:
                await _ask(database, handed)
            elif handed.core is not None:
                await _receive(database, handed, *handed.core)
            elif word := await hand_in(database, handed):
                said[handed.visit_id] = word

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_another())
    return said

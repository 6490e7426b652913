"""What the office does meanwhile: jobs come, go to others, move, are cancelled; people and phones are shut out."""

import datetime as dt
import random
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from api.trials.simulation.poison import ServersOwnFault
from api.trials.simulation.server import Server
from api.trials.simulation.trace import Trace
from domain.jobs.actions import CancelJob, CreateJob
from domain.jobs.model import Job, Visit
from domain.jobs.planning import AssignJob, RescheduleVisit
from domain.jobs.scope import move_window, tell_jobs_on
from domain.kit.actor import SYSTEM
from domain.kit.command import Command
from domain.kit.database import reading
from domain.kit.feeds import prune_feeds
from domain.kit.problem import Busy
from domain.kit.work import NO_OPERATION, Work, transact
from domain.operations.actions import DecideRecordedWork
from domain.operations.model import RecordedWork
from domain.people.actions import DisablePerson, EnablePerson, RevokeDevice
from domain.worklog.completion import TELL_OURS, UnitVisited

_WAITING = (
    select(RecordedWork.op_id)
    .where(RecordedWork.decision.is_(None))
    .order_by(RecordedWork.at, RecordedWork.seq, RecordedWork.op_id)
)
OPEN = ("open", "assigned", "accepted", "in_progress")


@dataclass(slots=True)
class Office:
    """Dora at her desk; she knows what the database says now, nothing from before a backup was put back."""

    server: Server
    trace: Trace
    rng: random.Random
    names: list[str]
    """The technicians of this schedule."""
    created: int = 0
    slots: int = 0

    async def _do(self, command: Command) -> str:
        actor = self.server.world.ada if isinstance(command, DisablePerson | EnablePerson | RevokeDevice) else None
        try:
            entry = await self.server.order(actor or self.server.world.dora, command)
        except (ServersOwnFault, Busy):
            self.trace.say("office", f"{command.__struct_config__.tag} fails")
            return "failed"
        told = entry.reason or ""
        self.trace.say("office", f"{command.__struct_config__.tag} {_whom(command)} → {entry.outcome} {told}".rstrip())
        return entry.outcome

    async def _jobs(self, *states: str) -> list[UUID]:
        async with reading(self.server.database, SYSTEM) as db:
            return list((await db.scalars(select(Job.id).where(Job.state.in_(states)).order_by(Job.id))).all())

    def _slot(self) -> tuple[dt.datetime, dt.datetime]:
        """Return a slot that nobody has: soon, or so late that the job is not for the phone yet."""
        self.slots += 1
        far = dt.timedelta(days=40) if self.rng.random() < 0.1 else dt.timedelta()
        start = self.server.clock.now + far + dt.timedelta(hours=self.slots)
        return start, start + dt.timedelta(minutes=50)

    async def create(self, name: str = "") -> None:
        """Take a customer's call; most jobs go to somebody at once, one that is meant for somebody always."""
        unit = self.rng.choice(self.server.world.units)
        start, end = self._slot()
        entry = await self.server.order(
            self.server.world.dora,
            CreateJob(
                kind=self.rng.choice(("inspect", "maintain", "repair")),
                customer_id=unit.customer_id,
                site_id=unit.site_id,
                contact_id=unit.contact_id,
                unit_id=unit.id,
                subject="Does not drain",
                required_from=start,
                required_to=end,
            ),
        )
        self.created += 1
        job_id = UUID(entry_id(entry.answer))
        self.trace.name(job_id, f"job {self.created}")
        self.trace.say("office", f"job.create {job_id}")
        if name or self.rng.random() < 0.9:
            await self._assign(job_id, name)

    async def reassign(self) -> None:
        """Give a job to somebody, often to somebody else."""
        jobs = await self._jobs(*OPEN)
        if jobs:
            await self._assign(self.rng.choice(jobs))

    async def _assign(self, job_id: UUID, name: str = "") -> None:
        person = self.server.world.technicians[name or self.rng.choice(self.names)]
        slot = self._slot() if name or self.rng.random() < 0.85 else (None, None)
        command = AssignJob(
            job_id=job_id,
            partner_id=person.partner_id,
            technician_id=person.id,
            planned_from=slot[0],
            planned_to=slot[1],
        )
        await self._do(command)

    async def cancel(self) -> None:
        """Cancel a job."""
        jobs = await self._jobs(*OPEN)
        if jobs:
            await self._do(CancelJob(job_id=self.rng.choice(jobs), reason="the customer repaired it"))

    async def reschedule(self) -> None:
        """Move a visit that nobody has set out for."""
        async with reading(self.server.database, SYSTEM) as db:
            visits = (await db.scalars(select(Visit.id).where(Visit.state == "planned").order_by(Visit.id))).all()
        if visits:
            start, end = self._slot()
            await self._do(RescheduleVisit(visit_id=self.rng.choice(visits), planned_from=start, planned_to=end))

    async def decide(self) -> None:
        """Accept or decline some of the work that somebody did on a job that went away."""
        async with reading(self.server.database, SYSTEM) as db:
            waiting = (await db.scalars(_WAITING)).all()
        if waiting:
            some = tuple(self.rng.sample(waiting, min(len(waiting), self.rng.choice((1, 1, 2, 4)))))
            decision: Literal["accept", "decline"] = "accept" if self.rng.random() < 0.7 else "decline"
            self.trace.say("office", f"looks at {', '.join(map(str, some))}: {decision}")
            await self._do(DecideRecordedWork(op_ids=some, decision=decision, note="seen"))

    async def revoke(self, device_id: UUID) -> bool:
        """Revoke a phone; tells whether the server knew it."""
        return await self._do(RevokeDevice(device_id=device_id, reason="stolen from the van")) == "applied"

    async def disable(self, name: str) -> None:
        """Disable a technician's account."""
        account_id = self.server.world.technicians[name].id
        await self._do(DisablePerson(account_id=account_id, reason="left the company"))

    async def enable(self, name: str) -> None:
        """Let a technician in again."""
        await self._do(EnablePerson(account_id=self.server.world.technicians[name].id))

    async def nightly(self) -> None:
        """Run the daily task: what the clock brings near and takes away, and what no phone can ask for any more."""
        database, clock = self.server.database, self.server.clock
        after: UUID | None = NO_OPERATION
        while after is not None:
            after = await transact(database, SYSTEM, partial(move_window, after=after), now=clock.tick())
        feed: str | None = ""
        while feed is not None:
            feed = await transact(database, SYSTEM, partial(_prune, after=feed), now=clock.tick())

    async def run_tasks(self, owner: Any) -> None:
        """Do the background work that concerns phones: our own technicians hear of a partner's work on their units."""
        for task_id, kind, payload in await owner.fetch("SELECT id, kind, payload FROM simulated_task ORDER BY id"):
            if kind == TELL_OURS:
                unit_id = msgspec.json.decode(payload, type=UnitVisited).unit_id
                await transact(
                    self.server.database, SYSTEM, partial(_tell_ours, unit_id=unit_id), now=self.server.clock.tick()
                )
            await owner.execute("DELETE FROM simulated_task WHERE id = $1", task_id)


async def _prune(work: Work, after: str) -> str | None:
    return await prune_feeds(work.connection, after, work.now)


async def _tell_ours(work: Work, unit_id: UUID) -> None:
    await tell_jobs_on(work, unit_id, None)


def entry_id(answer: bytes) -> str:
    """Return the id that an answer names."""
    return str(msgspec.json.decode(answer)["id"])


def _whom(command: Command) -> str:
    for name in ("job_id", "visit_id", "device_id", "account_id"):
        if (found := getattr(command, name, None)) is not None:
            return str(found)
    return ""

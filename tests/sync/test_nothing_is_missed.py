"""Whatever is done in whatever order: a phone that follows its feed holds its scope, row for row."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from api.context import Context
from api.tasks_window import move, tell_ours
from domain.claims.actions import RecordScan
from domain.installs.corrections import CorrectUnit, FieldChange
from domain.jobs.actions import AcceptJob, CancelJob, CreateJob
from domain.jobs.model import Job, Visit
from domain.jobs.planning import AssignJob, PlanVisit, RescheduleVisit
from domain.jobs.scope import scope_of
from domain.jobs.steps import AbandonVisit, ArriveAtVisit, PauseWork, StartTravel, StartWork
from domain.jobs.visits import CLOSED
from domain.kit.actor import SYSTEM, Actor
from domain.kit.command import Command
from domain.kit.database import reading
from domain.kit.feeds import FeedCounter, FeedEntry
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, carry_out, transact, utc_now
from domain.worklog.actions import AddPhoto, LogTime, RecordReading, VoidLine
from domain.worklog.completion import CompleteVisit, UnitVisited
from domain.worklog.model import TimeEntry
from domain.worklog.repairs import RecordFault, UsePart
from domain.worklog.uploads import keep_upload
from mobile_sync.rows import ROWS
from tests import make
from tests.cast import Caller, Cast, actor_of

COMMANDS = 120
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass
class Mirror:
    """A phone that always reads its feed on from where it was."""

    actor: Actor
    seen: int = 0
    rows: dict[tuple[str, UUID], Any] = field(default_factory=dict)


@dataclass
class Life:
    """A few units, three technicians and an office that does anything that comes to its mind."""

    context: Context
    cast: Cast
    rng: random.Random
    now: dt.datetime
    place: dict[str, UUID]
    units: list[UUID]
    done: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)

    async def do(self, who: Caller | Actor, command: Command) -> None:
        """Carry out a command now, whatever comes of it."""
        actor = who if isinstance(who, Actor) else actor_of(who)

        async def body(work: Work) -> Any:
            return await carry_out(work, command, self.context.register, new_id())

        self.now += dt.timedelta(milliseconds=1)  # so that nothing comes or goes between two waits
        entry = await transact(self.context.database, actor, body, now=self.now, queue=self.context.queue)
        self.done.append(f"{type(command).__name__} by {actor.name}: {entry.outcome} {entry.answer[:60].decode()}")

    async def job(self) -> Job:
        """A job, mostly one that is not over."""
        async with begin(self.context.database, SYSTEM) as work:
            jobs = (await work.db.scalars(select(Job).order_by(Job.number))).all()
        open_ones = [job for job in jobs if job.closed_at is None]
        return self.rng.choice(open_ones if open_ones and self.rng.random() < 0.8 else jobs)

    async def visits(self) -> list[Visit]:
        """Every visit."""
        async with begin(self.context.database, SYSTEM) as work:
            return list((await work.db.scalars(select(Visit).order_by(Visit.id))).all())

    def whose(self, visit: Visit) -> Caller:
        """The technician of a visit, mostly; the office now and then."""
        owner = next(one for one in (self.cast.ann, self.cast.ben, self.cast.otto) if one.id == visit.technician_id)
        return owner if self.rng.random() < 0.85 else self.cast.dora

    def slot(self) -> tuple[dt.datetime, dt.datetime]:
        """A free slot, mostly near."""
        start = self.now + self.rng.choice([0.1, 0.5, 1, 2, 5, 20, 29.9, 31, 45]) * DAY + self.rng.random() * 20 * HOUR
        return start, start + dt.timedelta(minutes=5)

    async def create(self) -> None:
        start = self.now + self.rng.choice([0, 1, 5, 29, 31, 40]) * DAY
        await self.do(
            self.cast.dora,
            CreateJob(
                kind=self.rng.choice(["advise", "advise", "advise", "repair"]),
                customer_id=self.place["customer"],
                site_id=self.place["site"],
                contact_id=self.place["contact"],
                unit_id=self.rng.choice(self.units),
                subject="Does not drain",
                required_from=start,
                required_to=start + DAY,
            ),
        )

    async def assign(self) -> None:
        job = await self.job()
        who = self.rng.choice([self.cast.ann, self.cast.ann, self.cast.ben, self.cast.otto, None])
        partner = self.rng.choice([self.cast.north, None]) if who is None else actor_of(who).partner_id
        slot = self.slot() if who is not None and self.rng.random() < 0.7 else (None, None)
        await self.do(
            self.cast.pam if partner == self.cast.north == job.partner_id else self.cast.dora,
            AssignJob(
                job_id=job.id,
                partner_id=partner,
                technician_id=None if who is None else who.id,
                planned_from=slot[0],
                planned_to=slot[1],
            ),
        )

    async def accept(self) -> None:
        job = await self.job()
        who = self.cast.otto if job.partner_id is None else self.cast.ann
        await self.do(who, AcceptJob(job_id=job.id))

    async def cancel(self) -> None:
        await self.do(self.cast.dora, CancelJob(job_id=(await self.job()).id, reason="no need"))

    async def plan(self) -> None:
        start, end = self.slot()
        job = await self.job()
        await self.do(self.cast.dora, PlanVisit(job_id=job.id, planned_from=start, planned_to=end))

    async def reschedule(self, visit: Visit) -> None:
        start, end = self.slot()
        await self.do(self.cast.dora, RescheduleVisit(visit_id=visit.id, planned_from=start, planned_to=end))

    async def step(self, visit: Visit) -> None:
        kind: Any = self.rng.choice([StartTravel, ArriveAtVisit, StartWork, StartWork, PauseWork])
        at = self.now - self.rng.choice([0, 0, 1]) * DAY
        await self.do(self.whose(visit), kind(visit_id=visit.id, at=at))

    async def give_up(self, visit: Visit) -> None:
        await self.do(self.whose(visit), AbandonVisit(visit_id=visit.id, at=self.now, reason="nobody at home"))

    async def line(self, visit: Visit) -> None:
        sha256 = f"{self.rng.randrange(40):064x}"
        lines: list[Command] = [
            LogTime(visit_id=visit.id, kind="travel", minutes=5),
            RecordReading(visit_id=visit.id, name="current", value="0.4", unit_of_measure="A"),
            AddPhoto(visit_id=visit.id, kind="after", sha256=sha256),
            UsePart(visit_id=visit.id, kind="used", part_id=self.place["part"], quantity=1, unit_of_measure="pcs"),
            RecordFault(visit_id=visit.id, fault_code_id=self.place["fault"], symptom="Water stays"),
            RecordScan(visit_id=visit.id, source="camera", scanned_text="SN1", scanned_at=self.now),
        ]
        line = self.rng.choice(lines)
        await self.do(self.whose(visit), line)
        if isinstance(line, AddPhoto):
            self.hashes.append(sha256)

    async def void(self, visit: Visit) -> None:
        async with begin(self.context.database, SYSTEM) as work:
            line = await work.db.scalar(select(TimeEntry.id).where(TimeEntry.visit_id == visit.id).limit(1))
        if line is not None:
            await self.do(self.whose(visit), VoidLine(line_id=line, kind="time", reason="twice"))

    async def upload(self) -> None:
        if not self.hashes:
            return
        sha256 = self.hashes.pop(self.rng.randrange(len(self.hashes)))
        sender = actor_of(self.rng.choice([self.cast.ann, self.cast.otto]))
        self.done.append(f"bytes by {sender.name}: kept")
        async with begin(self.context.database, sender, now=self.now) as work:
            await keep_upload(work, sha256=sha256, blob_sha256=sha256, width=1, height=1, taken_at=None, reads=[])

    async def complete(self, visit: Visit) -> None:
        result: Any = self.rng.choice(["advised", "advised", "not_repaired"])
        who = self.whose(visit)
        at = self.now - self.rng.choice([0, 0, 0, 9]) * DAY
        end = CompleteVisit(visit_id=visit.id, at=at, result=result, no_signature_reason="absent")
        await self.do(who, StartWork(visit_id=visit.id, at=at))
        await self.do(who, end)
        for unit_id in self.units:
            await tell_ours(self.context, msgspec.json.encode(UnitVisited(unit_id)), now=self.now)

    async def correct(self) -> None:
        unit_id, name = self.rng.choice(self.units), str(self.rng.random())
        async with reading(self.context.database, SYSTEM) as db:
            known = await db.scalar(select(make.Unit.name).where(make.Unit.id == unit_id))
        change = FieldChange("name", known or "", name)
        await self.do(self.cast.dora, CorrectUnit(unit_id=unit_id, changes=(change,), reason="read off"))

    async def wait(self) -> None:
        self.now += self.rng.choice([1, 3, 8]) * DAY
        self.done.append(f"it is {self.now}")
        await move(self.context, b"", now=self.now)

    async def anything(self) -> None:
        """Do one thing."""
        visits = await self.visits()
        alone: list[Callable[[], Any]] = [self.create, self.create, self.assign, self.assign, self.assign, self.accept]
        alone += [
            self.correct,
            self.upload,
            self.upload,
            *([self.cancel, self.wait] if self.rng.random() < 0.4 else []),
        ]
        of_visit: list[Callable[[Visit], Any]] = [self.reschedule, self.step, self.step, self.line, self.line]
        of_visit += [self.line, self.line, self.void, self.complete, self.complete, self.give_up]
        if visits and self.rng.random() < 0.65:
            under_way = [visit for visit in visits if visit.state not in CLOSED]
            some = under_way if under_way and self.rng.random() < 0.7 else visits
            await self.rng.choice(of_visit)(self.rng.choice(some))
        else:
            await self.rng.choice(alone)()


async def follow(context: Context, mirror: Mirror, now: dt.datetime) -> None:
    """Read the feed on and apply it; then what is held must be the scope, row for row."""
    actor = mirror.actor
    async with reading(context.database, actor) as db:
        changed = select(FeedEntry.kind, FeedEntry.entity_id, FeedEntry.removed).where(
            FeedEntry.feed == f"t:{actor.account_id}", FeedEntry.seq > mirror.seen
        )
        for kind, entity_id, removed in (await db.execute(changed)).all():
            found = {} if removed else await ROWS[kind](db, actor, [entity_id])
            assert removed or found, f"{kind} is told as there and cannot be read"
            mirror.rows.pop((kind, entity_id), None)
            mirror.rows.update({(kind, one): row for one, row in found.items()})
        newest = select(FeedCounter.n).where(FeedCounter.feed == f"t:{actor.account_id}")
        mirror.seen = await db.scalar(newest) or 0
        scope = await scope_of(db, actor, now)
        assert set(mirror.rows) == scope
        for kind, reader in ROWS.items():
            ids = [entity_id for of, entity_id in scope if of == kind]
            for entity_id, row in (await reader(db, actor, ids)).items():
                assert mirror.rows[kind, entity_id] == row


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_phone_that_follows_its_feed_holds_its_scope_after_every_command(
    context: Context, cast: Cast, seed: int
) -> None:
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work)
        customer_id = await make.customer(work)
        place = {
            "customer": customer_id,
            "site": await make.site(work, customer_id),
            "contact": await make.contact(work, customer_id),
            "part": await make.part(work),
            "fault": await make.fault_code(work),
        }
        units = [await make.unit(work, model_id, customer_id=customer_id) for _ in range(2)]
    life = Life(context, cast, random.Random(seed), utc_now(), place, units)
    for _ in range(8):
        await life.create()
        await life.assign()
    mirrors = [Mirror(actor_of(who)) for who in (cast.ann, cast.ben, cast.otto)]
    for _ in range(COMMANDS):
        await life.anything()
        for mirror in mirrors:
            try:
                await follow(context, mirror, life.now)
            except AssertionError as error:
                raise AssertionError(f"{mirror.actor.name} after " + "\n".join(life.done[-12:])) from error

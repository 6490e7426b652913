"""A week of a service organisation, lived through the product's own commands: some of it untidy, as weeks are."""

import datetime as dt
import hashlib
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from api.context import Context
from api.trials.catalogue import COMPONENTS, DESIGNATORS, FITS, OPERATION_FOR, SYMPTOMS
from api.trials.pictures import machine_jpeg, saved_anew
from api.trials.world import Installed, Technician, World
from domain.claims.actions import RecordScan
from domain.claims.watch_desk import AddHoneySerial
from domain.installs.links import digital_link
from domain.installs.serials import check_character_37_36
from domain.jobs.actions import AcceptJob, CancelJob, CreateJob, JobCreated
from domain.jobs.planning import AssignJob, JobAssigned
from domain.jobs.steps import AbandonVisit, ArriveAtVisit, StartTravel, StartWork
from domain.kit.actor import Actor, Role
from domain.kit.command import Command
from domain.kit.ids import new_id
from domain.kit.journal import Entry
from domain.kit.work import Work, carry_out, transact
from domain.reports.codes import CollectionSecret, new_collection_secret
from domain.worklog.actions import AddExpense, AddPhoto, LineWritten, LogTime, PhotoKind, RecordReading
from domain.worklog.completion import CollectionHashes, CompleteVisit, Signature
from domain.worklog.repairs import RecordFault, UsePart
from domain.worklog.uploads import keep_upload
from printing.labels import label_png

DAYS_BACK = 6
LABEL_HOST = "id.fieldstone.example"
PHOTOGRAPHED = 0.15
"""The share of tidy visits with photos; a claim that looks odd has them always."""
SLOT_HOURS = (7, 9, 12, 14)
"""UTC hours at which a technician's visits start."""
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Story:
    """How one visit of the week went."""

    day: dt.date
    hour: int
    technician: Technician
    unit: Installed
    group: str
    untidy: str = ""


@dataclass(slots=True)
class Example:
    """A finished visit that the introduction shows: its report's collection code and PIN, and the unit's serial."""

    secret: CollectionSecret
    serial: str


@dataclass(slots=True)
class Week:
    """Lives the week in a filled database."""

    context: Context
    world: World
    rng: random.Random
    today: dt.date
    example: Example | None = None
    labels: list[Installed] = field(default_factory=list)
    signed: list[UUID] = field(default_factory=list)
    """Visits of our own technicians that went well and were signed."""
    taken: dict[UUID, bytes] = field(default_factory=dict)
    """The last picture of a repaired machine, by the site it stands at."""
    days_back: int = DAYS_BACK

    async def live(self, progress: Progress) -> None:
        """Let every visit of the past days happen, plan the days to come, and leave some jobs open."""
        past, coming = self._plan()
        honey = AddHoneySerial(serial=self.honey, note="Never left the works")
        marek = Actor(self.world.offices["marek"], Role.SERVICE_MANAGER, name="marek")
        await self.do(marek, honey, self._moment(self.today, -24 * self.days_back))
        done = 0
        for story in past:
            await self._happened(story)
            done += 1
            progress(done, len(past) + len(coming))
        for story in coming:
            await self._planned(story)
            if story.day == self.today:
                self.labels.append(story.unit)
            done += 1
            progress(done, len(past) + len(coming))
        for unit in self._some_units("north", 6) + self._some_units("own", 4):
            await self._job(unit, self._moment(self.today, 9), self.rng.choice(tuple(FITS)))

    async def look_ahead(self) -> None:
        """Plan today and the days to come only: no past, no open jobs."""
        for story in self._plan()[1]:
            await self._planned(story)
            if story.day == self.today:
                self.labels.append(story.unit)

    def _plan(self) -> tuple[list[Story], list[Story]]:
        past: list[Story] = []
        coming: list[Story] = []
        for technician in self.world.technicians:
            units = iter(self._some_units(technician.region, 60))
            for ahead in range(-self.days_back, 4):
                day = self.today + dt.timedelta(days=ahead)
                if day.weekday() > 4 and ahead != 0:
                    continue
                visits = 2 if ahead < 0 else 4 if ahead == 0 else 2
                for hour in SLOT_HOURS[:visits]:
                    group = self.rng.choice(tuple(FITS))
                    story = Story(day, hour, technician, self._unit_for(units, group), group)
                    (past if ahead < 0 else coming).append(story)
        past.sort(key=lambda story: (story.day, story.hour))
        troubles = (
            "honey-serial",
            "typed",
            "photo-again",
            "other-serial",
            "no-scan",
            "late-part",
            "absent",
            "abandoned",
            "long-labour",
            "nothing-found",
        )
        partners = [story for story in past if story.technician.partner_id is not None]
        for trouble, story in zip(troubles, partners[4::5], strict=False):
            story.untidy = trouble
        past.append(self._repeat(past))
        coming[-1].untidy = "cancelled"
        return past, coming

    def _repeat(self, past: list[Story]) -> Story:
        """Let another partner repair the same fault of a unit once more: an invented claim, or a bad repair."""
        first = next(story for story in past if story.technician.region == "north" and not story.untidy)
        rival = next(person for person in self.world.technicians if person.region == "south")
        day = max(story.day for story in past)
        return Story(day, 17, rival, first.unit, first.group, "repeat")

    def _unit_for(self, units: Iterable[Installed], group: str) -> Installed:
        component = FITS[group]
        return next(unit for unit in units if (unit.model, component) in self.world.components)

    def _some_units(self, region: str, count: int) -> list[Installed]:
        fitting = [unit for unit in self.world.units if unit.region == region]
        covered = [unit for unit in fitting if unit.covered]
        return self.rng.sample(covered, count - count // 6) + self.rng.sample(fitting, count // 6)

    def _moment(self, day: dt.date, hour: float) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(tzinfo=dt.UTC)) + dt.timedelta(hours=hour)

    def _actor(self, technician: Technician) -> Actor:
        return Actor(technician.id, Role.TECHNICIAN, technician.partner_id, name=technician.login)

    @property
    def dora(self) -> Actor:
        """The dispatcher."""
        return Actor(self.world.offices["dora"], Role.DISPATCHER, name="dora")

    @property
    def honey(self) -> str:
        """A valid serial of a machine that was never sold."""
        body = f"{self.world.units[0].model}-2417-990001"
        return body + check_character_37_36(body.replace("-", ""))

    async def do(self, actor: Actor, command: Command, at: dt.datetime) -> Entry:
        """Carry a command out at a time. Raises: RuntimeError when it is refused."""

        async def body(work: Work) -> Entry:
            return await carry_out(work, command, self.context.register, new_id())

        entry = await transact(self.context.database, actor, body, now=at, queue=self.context.queue)
        if entry.outcome == "rejected":
            raise RuntimeError(f"{type(command).__name__} was refused: {entry.answer.decode()}")
        return entry

    async def _job(self, unit: Installed, wanted: dt.datetime, group: str) -> UUID:
        chinese = unit.time_zone == "Asia/Shanghai"
        command = CreateJob(
            kind="repair",
            customer_id=unit.customer_id,
            site_id=unit.site_id,
            unit_id=unit.id,
            contact_id=unit.contact_id,
            subject=SYMPTOMS[group][chinese],
            problem="Reported by phone." if not chinese else "客户电话报修。",
            priority=self.rng.choice((2, 3, 3, 4)),
            estimated_minutes=90,
            required_from=wanted,
            required_to=wanted + dt.timedelta(hours=8),
        )
        entry = await self.do(self.dora, command, wanted - dt.timedelta(days=1))
        return msgspec.json.decode(entry.answer, type=JobCreated).id

    async def _planned(self, story: Story) -> UUID | None:
        start = self._moment(story.day, story.hour)
        job_id = await self._job(story.unit, start, story.group)
        assign = AssignJob(
            job_id=job_id,
            partner_id=story.technician.partner_id,
            technician_id=story.technician.id,
            planned_from=start,
            planned_to=start + dt.timedelta(hours=1, minutes=30),
        )
        entry = await self.do(self.dora, assign, start - dt.timedelta(hours=12))
        if story.untidy == "cancelled":
            reason = "The customer repaired it himself"
            await self.do(self.dora, CancelJob(job_id=job_id, reason=reason), start - dt.timedelta(hours=2))
        else:
            await self.do(self._actor(story.technician), AcceptJob(job_id=job_id), start - dt.timedelta(hours=11))
        return msgspec.json.decode(entry.answer, type=JobAssigned).visit_id

    async def _happened(self, story: Story) -> None:
        visit_id = await self._planned(story)
        if visit_id is None:
            return
        me, start = self._actor(story.technician), self._moment(story.day, story.hour)

        async def do(minute: float, command: Command) -> Entry:
            return await self.do(me, command, start + dt.timedelta(minutes=minute))

        def at(minute: float) -> dt.datetime:
            return start + dt.timedelta(minutes=minute)

        await do(-25, StartTravel(visit_id=visit_id, at=at(-25)))
        await do(2, ArriveAtVisit(visit_id=visit_id, at=at(2)))
        if story.untidy == "abandoned":
            await do(10, AbandonVisit(visit_id=visit_id, at=at(10), reason="Nobody opens, the site is closed"))
            return
        await self._scan(story, visit_id, me, at(5))
        await do(8, StartWork(visit_id=visit_id, at=at(8)))
        await do(9, LogTime(visit_id=visit_id, kind="travel", minutes=27))
        await self._repair(story, visit_id, me, start)
        await do(70, self._completion(story, visit_id, at(70)))
        if story.technician.partner_id is None and not story.untidy:
            self.signed.append(visit_id)

    async def _scan(self, story: Story, visit_id: UUID, me: Actor, at: dt.datetime) -> None:
        unit = story.unit
        link = digital_link(LABEL_HOST, unit.gtin, unit.serial)
        if story.untidy == "no-scan":
            return
        if story.untidy == "typed":
            label = label_png(unit.model, unit.serial, link)
            photo_id = await self._photo(visit_id, me, at, label, "label", "Type plate")
            scan = RecordScan(
                visit_id=visit_id,
                source="typed",
                scanned_text=unit.serial,
                typed_reason="The label is painted over",
                photo_id=photo_id,
                scanned_at=at,
            )
        else:
            other = self.rng.choice(self.world.units) if story.untidy == "other-serial" else None
            text = link if other is None else digital_link(LABEL_HOST, other.gtin, other.serial)
            if story.untidy == "honey-serial":
                text = digital_link(LABEL_HOST, self.world.units[0].gtin, self.honey)
            scan = RecordScan(visit_id=visit_id, source="camera", scanned_text=text, symbology="]Q1", scanned_at=at)
        await self.do(me, scan, at)

    async def _photo(
        self, visit_id: UUID, me: Actor, at: dt.datetime, picture: bytes, kind: PhotoKind, caption: str
    ) -> UUID:
        copy = await self.context.sandbox.reencode(picture)
        blob = await self.context.blobs.put(copy.jpeg)
        sha256 = hashlib.sha256(picture).hexdigest()

        async def keep(work: Work) -> None:
            await keep_upload(
                work,
                sha256=sha256,
                blob_sha256=blob,
                width=copy.width,
                height=copy.height,
                taken_at=None,
                reads=[],
                prints=copy.prints,
            )

        await transact(self.context.database, me, keep, now=at)
        entry = await self.do(
            me, AddPhoto(visit_id=visit_id, kind=kind, sha256=sha256, caption=caption, taken_at=at), at
        )
        return msgspec.json.decode(entry.answer, type=LineWritten).id

    async def _repair(self, story: Story, visit_id: UUID, me: Actor, start: dt.datetime) -> None:
        nothing = story.untidy == "nothing-found"
        group = "NFF" if nothing else story.group
        component = FITS[story.group]
        chinese = story.unit.time_zone == "Asia/Shanghai"

        async def do(minute: float, command: Command) -> None:
            await self.do(me, command, start + dt.timedelta(minutes=minute))

        designator = self.rng.choice(DESIGNATORS[component]) if COMPONENTS[component][2] == "required" else ""
        await do(
            30,
            RecordFault(
                visit_id=visit_id,
                fault_code_id=self.rng.choice(self.world.fault_codes[group]),
                symptom=SYMPTOMS[group][chinese],
                cause="" if nothing else "Wear" if not chinese else "老化",
                action="Tested for half an hour" if nothing else "Exchanged" if not chinese else "更换",
                model_component_id=None if nothing else self.world.components[story.unit.model, component],
                designator="" if nothing else designator,
                failed_on=story.day,
            ),
        )
        await do(32, RecordReading(visit_id=visit_id, name="Supply voltage", value="229.4", unit_of_measure="V"))
        if self.rng.random() < PHOTOGRAPHED or story.untidy:
            await self._photographed(story, visit_id, me, start)
        if not nothing:
            part_id, measure, serialised = self.world.parts[f"{story.unit.line}/{component}"][0]
            used = UsePart(
                visit_id=visit_id,
                kind="used",
                part_id=part_id,
                quantity=1,
                unit_of_measure=measure,
                old_serial=f"BD{self.rng.randrange(10**7, 10**8)}" if serialised else "",
                new_serial=f"BD{self.rng.randrange(10**7, 10**8)}" if serialised else "",
                model_component_id=self.world.components[story.unit.model, component],
                designator=designator,
                used_on=story.day - dt.timedelta(days=1) if story.untidy == "late-part" else story.day,
            )
            await do(45, used)
        operation = "R90" if nothing else OPERATION_FOR[component]
        minutes = 400 if story.untidy == "long-labour" else self.rng.randrange(20, 26)
        operation_id = self.world.operations[operation]
        await do(60, LogTime(visit_id=visit_id, kind="labour", minutes=minutes, labour_operation_id=operation_id))
        if self.rng.random() < 0.3:
            fee = AddExpense(visit_id=visit_id, direction="spent", kind="parking", amount_minor=450, currency="EUR")
            await do(62, fee)

    async def _photographed(self, story: Story, visit_id: UUID, me: Actor, start: dt.datetime) -> None:
        """Take the machine before and after its repair, or pass an older picture of another machine off as this one."""
        unit, chinese = story.unit, story.unit.time_zone == "Asia/Shanghai"
        before, after = (machine_jpeg(unit.serial, story.day, moment) for moment in ("before", "after"))
        if story.untidy == "photo-again":
            others = (picture for site, picture in self.taken.items() if site != unit.site_id)
            after = saved_anew(next(others, after))
        captions = ("维修前", "维修后") if chinese else ("As found", "As left")
        await self._photo(visit_id, me, start + dt.timedelta(minutes=12), before, "before", captions[0])
        await self._photo(visit_id, me, start + dt.timedelta(minutes=55), after, "after", captions[1])
        self.taken.setdefault(unit.site_id, after)

    def _completion(self, story: Story, visit_id: UUID, at: dt.datetime) -> CompleteVisit:
        secret = new_collection_secret()
        absent = story.untidy == "absent"
        if story.technician.login == "ann" and not story.untidy:
            self.example = Example(secret, story.unit.serial)
        return CompleteVisit(
            visit_id=visit_id,
            at=at,
            result="no_fault_found" if story.untidy == "nothing-found" else "repaired",
            summary="Tested, in order." if story.unit.time_zone != "Asia/Shanghai" else "测试正常。",
            signed_by="" if absent else "M. Sousa",
            signature=None if absent else _scribble(self.rng),
            no_signature_reason="absent" if absent else None,
            collection=CollectionHashes(code_hash=secret.code_hash.hex(), pin_hash=secret.pin_hash.hex()),
        )


def _scribble(rng: random.Random) -> Signature:
    """Return strokes that look like a hand's."""
    strokes = []
    for start in (40, 210, 330):
        phase, height = rng.random() * 6, rng.randrange(25, 60)
        strokes.append(
            tuple(
                (start + 4 * step, int(100 + height * math.sin(phase + step / 3) * math.exp(-step / 60)))
                for step in range(32)
            )
        )
    return Signature(width=480, height=200, strokes=tuple(strokes))

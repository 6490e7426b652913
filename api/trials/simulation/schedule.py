"""One schedule: everything that happens under one seed, then calm, then the verdict."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from api.trials.simulation.calm import come_to_rest
from api.trials.simulation.faults import Faults
from api.trials.simulation.invariants import Ledger, Referee
from api.trials.simulation.network import Network, Parcel
from api.trials.simulation.office import Office
from api.trials.simulation.phone import KEPT, Asked, Phone, Storage
from api.trials.simulation.poison import Poison
from api.trials.simulation.recording import made_up
from api.trials.simulation.rest import AtRest
from api.trials.simulation.sabotage import FAIR, Sabotage
from api.trials.simulation.server import Server
from api.trials.simulation.storage import Copy, Mortal
from api.trials.simulation.trace import Trace
from api.trials.simulation.versions import NEW_APP, OLD_APP, second_release, watched
from api.trials.simulation.world import TECHNICIANS, Clock, Ground
from domain.commands import REGISTER
from domain.kit.command import Register
from domain.kit.ids import new_id, repeatable

PHONES_MAX = 8
STEPS = (70, 180)
PAUSES = (0.2, 0.2, 1, 1, 3, 10, 30)
LONG_PAUSES = (120, 700, 4000)
BASIC = {
    "deliver": 22.0,
    "sync": 15.0,
    "record": 7.0,
    "create": 0.3,
    "reassign": 0.2,
    "tasks": 0.3,
    "backup": 0.7,
    "decide": 0.6,
}
"""How much weight each thing has that happens in every schedule."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a schedule ended."""

    seed: int
    violations: tuple[str, ...]
    faults: Counter[str]
    lines: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Backup:
    """The server as it was, with what it had said by then."""

    at: dt.datetime
    copy: Copy
    ledger: Ledger


async def simulate(ground: Ground, seed: int, sabotage: Sabotage = FAIR) -> Verdict:
    """Run the schedule of a seed on a renewed world."""
    await ground.renew()
    clock = Clock()
    with repeatable(seed, clock.milliseconds), sabotage.install():
        schedule = Schedule(ground, seed, clock, sabotage)
        await schedule.run()
    referee, trace = schedule.referee, schedule.trace
    return Verdict(seed, tuple(referee.violations), schedule.faults.struck, tuple(trace.lines), trace.digest)


class Schedule:
    """Everything that lives while a seed is played."""

    def __init__(self, ground: Ground, seed: int, clock: Clock, sabotage: Sabotage) -> None:
        self.ground, self.clock, self.seed = ground, clock, seed
        self.rng = random.Random(seed)
        self.trace = Trace()
        self.faults = Faults.draw(self.rng, sabotage.shown_by, sabotage.page)
        self.network = Network(self.faults)
        self.referee = Referee(ground.keeper.connection, self.trace)
        self.poison = Poison(self.faults)
        self.releases: tuple[Register, Register] = (
            watched(REGISTER, self.poison.before),
            watched(second_release(), self.poison.before),
        )
        database = Mortal(ground.database.app, ground.database.partner, [])
        self.server = Server(database, ground.world, clock, self.releases[0])
        names = self.rng.sample([name for name, _ in TECHNICIANS], self.rng.choice((1, 2, 2, 3)))
        self.office = Office(self.server, self.trace, self.rng, names)
        self.drops_acknowledged = sabotage.drops_acknowledged
        self.phones: list[Phone] = []
        self.backups: list[Backup] = []
        for name, person in ground.world.technicians.items():
            self.trace.name(person.id, name)

    async def run(self) -> None:
        """Play the schedule to its end."""
        self.trace.now = self.clock.now
        self.trace.say("seed", f"{self.seed}: {', '.join(sorted({**self.faults.rates, **self.faults.weights}))}")
        for name in self.office.names:
            for _ in range(self.rng.choice((1, 1, 2)) + (len(self.office.names) == 1)):
                self._new_phone(name)
        for number in range(self.rng.randrange(1, 4) + len(self.office.names)):
            await self.office.create(self.office.names[number % len(self.office.names)])
        await come_to_rest(self)
        await self.back_up()
        self.faults.stopped = False
        moves: dict[str, Callable[[], Awaitable[None]]] = {
            name: getattr(self, name.replace(" ", "_")) for name in {**BASIC, **self.faults.weights}
        }
        weights = [BASIC.get(name, 0.0) + self.faults.weights.get(name, 0.0) for name in moves]
        for _ in range(self.rng.randrange(*STEPS)):
            self._time_passes()
            await moves[self.rng.choices(list(moves), weights)[0]]()
        await come_to_rest(self)
        self.trace.say("at rest", f"{len(self.referee.recorded)} operations of {len(self.phones)} phones")
        await AtRest(self.referee, self.ground.database, self.ground.world, self.clock.now).check(self.phones)

    def _time_passes(self) -> None:
        pauses = LONG_PAUSES if self.rng.random() < 0.02 else PAUSES
        self.clock.pass_by(dt.timedelta(seconds=self.rng.choice(pauses)))
        self.trace.now = self.clock.now

    def _new_phone(self, login: str) -> None:
        number = sum(phone.login == login for phone in self.phones) + 1
        label = f"{login}-{number}"
        device = self.trace.name(new_id(), f"device of {label}")
        rng = random.Random(self.rng.random())
        phone = Phone(label, login, Storage(device), rng, self.drops_acknowledged)
        self.phones.append(phone)

    # What happens in every schedule

    async def deliver(self) -> None:
        """Let something arrive."""
        if self.network.under_way:
            await self.hand_over(self.network.next())

    async def hand_over(self, parcel: Parcel) -> None:
        """Bring a request to the server, or an answer to its phone."""
        if parcel.answer is not None:
            self._answered(parcel, parcel.answer)
            return
        killed = self.faults.strike("server killed")
        if killed:
            self.server.database.lives.append(self.rng.randrange(5))
        reply = await self.server.serve(parcel.asked)
        who, asked = parcel.phone.label, parcel.asked
        self.trace.say(who, f"⇒ {asked.path} {_told(reply.status, reply.body) if reply else 'and the server dies'}")
        if reply is not None:
            await self.referee.watch(parcel.phone, asked, reply)
            if not killed:
                self.network.answer(parcel, reply.status, reply.body)
        if killed:
            self.server.restart()

    def _answered(self, parcel: Parcel, body: bytes) -> None:
        phone = parcel.phone
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            self.trace.say(phone.label, f"⇐ {parcel.asked.path}: no answer of ours")
            return
        for number, transaction in enumerate(phone.receive(parcel.no, parcel.status, answer, self.clock.now)):
            if self.faults.strike("crash between transactions"):
                self.trace.say(phone.label, f"crashes before transaction {number + 1} on {parcel.asked.path}")
                phone.crash()
                return
            transaction()
            self.referee.look_at(phone)
        if (anew := phone.storage.next_device) is not None:
            self.trace.name(anew, f"new device of {phone.label}")
        waiting, at = len(phone.waiting()), phone.storage.cursor
        self.trace.say(phone.label, f"⇐ {parcel.asked.path}: {waiting} waiting, at {at['pos']} of {at['head']}")

    async def sync(self) -> None:
        """Let a phone send what is next, if it waits for nothing or has waited long enough."""
        flying = {parcel.no for parcel in self.network.under_way}
        idle = [phone for phone in self.phones if not flying & set(phone.asked)]
        if self.faults.strike("time-out"):
            idle = self.phones
        if not idle:
            return
        phone = self.rng.choice(idle)
        phone.asked.clear()
        asked = phone.next_request(self.clock.now, self.rng.choice((1, 2, 20)), self.faults.page)
        self.network.send(phone, asked)
        if asked.path == "push" and self.faults.strike("pipelined push"):
            self._push_more(phone, asked)

    def _push_more(self, phone: Phone, asked: Asked) -> None:
        """Send the operations after those that are on their way, before the answer is there."""
        last = max(one["seq"] for one in msgspec.json.decode(asked.body)["ops"])
        more = [one for one in phone.waiting() if one.seq > last]
        if more:
            self.trace.say(phone.label, "pushes on without waiting")
            self.network.send(phone, phone.push(self.clock.now, more[:3]))

    async def record(self) -> None:
        """Let a technician do something."""
        busy = [phone for phone in self.phones if phone.rows("visit")]
        if not busy:
            return
        phone = self.rng.choice(busy)
        if self.faults.strike("phone crash"):
            self.trace.say(phone.label, "crashes")
            phone.crash()
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            made = made_up(phone, self.clock.now, self.rng)
            if made is None:
                return
            if self.faults.strike("lost before saving"):
                phone.crash()
                return
            said, visit = self.poison.spoil(made[0]), made[1]
            queued = phone.record(said, visit)
            self.trace.name(queued.op, f"{phone.label}#{len(self.referee.recorded) + 1}")
            self.poison.choose(queued.op)
            self.referee.saved(phone, queued.op, said["t"])
            self.trace.say(phone.label, f"records {said['t']} as {queued.op}, number {queued.seq}")
            self.referee.look_at(phone)
        self._tamper(phone)

    def _tamper(self, phone: Phone) -> None:
        """Change an operation that may be on its way: a mistake of the app, which must lose nothing either."""
        readings = [one for one in phone.waiting() if one.said["t"] == "reading.record"]
        if readings and self.faults.strike("tampered"):
            one = self.rng.choice(readings)
            one.said = one.said | {"body": one.said["body"] | {"value": "changed"}}
            self.referee.tampered.add(one.op)
            self.trace.say(phone.label, f"changes {one.op}")

    async def create(self) -> None:
        """Let a job come in."""
        await self.office.create()

    async def decide(self) -> None:
        """Let the office decide about recorded work."""
        await self.office.decide()

    async def tasks(self) -> None:
        """Let the worker work."""
        await self.office.run_tasks(self.ground.keeper.connection)

    async def backup(self) -> None:
        """Back the server up, in a schedule that will need it."""
        if "restore" in self.faults.weights:
            await self.back_up()

    async def back_up(self) -> None:
        """Back the server up."""
        copy = await self.ground.keeper.copy()
        self.backups.append(Backup(self.clock.now, copy, self.referee.ledger.copy()))
        self.trace.say("server", f"backup {len(self.backups)}")

    # Disturbances

    async def reassign(self) -> None:
        """Give a job to somebody else."""
        self.faults.struck["reassign"] += 1
        await self.office.reassign()

    async def cancel(self) -> None:
        """Cancel a job."""
        self.faults.struck["cancel"] += 1
        await self.office.cancel()

    async def reschedule(self) -> None:
        """Move a visit."""
        self.faults.struck["reschedule"] += 1
        await self.office.reschedule()

    async def clone(self) -> None:
        """Copy everything a phone keeps to another phone; both go on."""
        if len(self.phones) >= PHONES_MAX:
            return
        self.faults.struck["clone"] += 1
        first = self.rng.choice(self.phones)
        second = first.cloned(f"{first.label}+{len(self.phones)}", random.Random(self.rng.random()))
        self.phones.append(second)
        self.trace.say(first.label, f"is cloned as {second.label}")
        if "pipelined push" in self.faults.rates:
            self.referee.orderless |= {first.label, second.label}

    async def revoke(self) -> None:
        """Revoke a phone."""
        self.faults.struck["revoke"] += 1
        await self.office.revoke(self.rng.choice(self.phones).storage.device)

    async def disable(self) -> None:
        """Disable an account, or enable one again."""
        self.faults.struck["disable"] += 1
        name = self.rng.choice(self.office.names)
        if self.rng.random() < 0.5:
            await self.office.disable(name)
        else:
            await self.office.enable(name)

    async def restore(self) -> None:
        """Put a backup back; everything the server learnt since is gone."""
        young = [one for one in self.backups if self.clock.now - one.at < KEPT - dt.timedelta(days=1)]
        if not young:
            return
        self.faults.struck["restore"] += 1
        backup = self.rng.choice(young[-3:] if self.rng.random() < 0.7 else young)
        await self.ground.keeper.put_back(backup.copy)
        self.referee.ledger = backup.ledger.copy()
        self.server.restart()
        self.trace.say("server", f"backup {self.backups.index(backup) + 1} is put back")

    async def wrong_clock(self) -> None:
        """Set a phone's clock wrong by a day, or right again."""
        self.faults.struck["wrong clock"] += 1
        phone = self.rng.choice(self.phones)
        phone.clock_off = dt.timedelta(days=self.rng.choice((-1, 0, 1)))
        self.trace.say(phone.label, f"has its clock off by {phone.clock_off}")

    async def app_changed(self) -> None:
        """Update a phone's app, or put the old one back."""
        self.faults.struck["app changed"] += 1
        phone = self.rng.choice(self.phones)
        phone.app = NEW_APP if phone.app == OLD_APP else OLD_APP
        phone.crash()
        self.trace.say(phone.label, f"runs app {phone.app}")

    async def server_changed(self) -> None:
        """Update the server, or put the old release back."""
        self.faults.struck["server changed"] += 1
        release = 1 - self.releases.index(self.server.register)
        self.server.register = self.releases[release]
        self.server.restart()
        self.trace.say("server", f"runs release {release + 1}")

    async def days_pass(self) -> None:
        """Let days pass, with what is done at night."""
        self.faults.struck["days pass"] += 1
        self.clock.pass_by(dt.timedelta(days=self.rng.choice((1, 1, 2, 8, 31))))
        self.trace.now = self.clock.now
        await self.office.nightly()


def _told(status: int, body: bytes) -> str:
    """Say an answer without its secrets."""
    answer = msgspec.json.decode(body)
    if status != 200:
        return f"{status} {answer.get('code')}"
    told = [str(answer["status"])] if "status" in answer else []
    told += [f"last {answer['last_seq']}"] if "last_seq" in answer else []
    told += [f"{one['op']} {one['status']} {one.get('reason', '')}".strip() for one in answer.get("results", [])]
    for feed in answer.get("feeds", {}).values():
        told += ["anew"] if feed["reset"] else []
        told += [f"{row['k']} {row['id']} {row.get('removed') or ''}".strip() for row in feed["rows"]]
    return "; ".join(told)

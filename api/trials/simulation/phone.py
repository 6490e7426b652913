"""A technician's phone: what lies in its database, and what it makes of each answer, one transaction after another.

Whatever is not in ``Storage`` is gone after a crash. This is the referee's reading of the protocol, not the app's code.
"""

import copy
import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from domain.kit.ids import new_id

LINES = {"reading.record": "readings", "time.log": "times", "expense.add": "expenses", "photo.add": "photos"}
"""Commands that append a line to a visit's sheet, and the list of the visit's row where it is found."""
KEPT = dt.timedelta(days=30)
"""How long a phone keeps what was acknowledged: a backup may be that old."""
ANEW = ("forked", "rewound", "unknown_device")
"""Statuses after which a phone enrols anew."""
Transaction = Callable[[], None]


@dataclass(slots=True)
class Queued:
    """An operation as it was recorded; only its number and its fate ever change."""

    op: UUID
    seq: int
    said: dict[str, Any]
    visit: UUID | None
    result: str | None = None
    taken_at: str | None = None
    in_overlay: bool = True
    done_at: dt.datetime | None = None
    handed_in: bool = False


@dataclass(slots=True)
class Held:
    """A row of the base; ``stale`` while a feed is read anew and the row has not come again."""

    ver: int
    d: dict[str, Any]
    stale: bool = False


@dataclass(slots=True)
class Storage:
    """What a phone keeps through crashes, and what a clone takes along."""

    device: UUID
    access: str | None = None
    refresh: str | None = None
    next_seq: int = 1
    ops: list[Queued] = field(default_factory=list)
    acked_seq: int = 0
    acked_op: UUID | None = None
    acked_at: str | None = None
    base: dict[tuple[str, UUID], Held] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=lambda: {"pos": 0, "head": 0, "tag": ""})
    next_device: UUID | None = None
    """The id under which it is about to enrol anew."""
    signed_out: bool = False
    """Whether its session is over: the technician has to give the password."""
    refused: bool = False
    """Whether the password did not help: phone or account are shut out, and it may hand in what it holds."""
    barred: bool = False
    """Whether handing in was refused too, which is right only long after it was shut out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on its way, as the phone remembers it in memory."""

    path: str
    device: UUID
    cursor: dict[str, Any]
    access: str | None
    body: bytes


@dataclass(slots=True)
class Phone:
    """One phone of one technician."""

    label: str
    login: str
    storage: Storage
    rng: random.Random
    drops_acknowledged: bool = False
    """A sabotage: nothing is kept once it was acknowledged."""
    app: str = "0.0.9"
    clock_off: dt.timedelta = dt.timedelta()
    boot: str = "boot-1"
    booted_at: dt.datetime | None = None
    asked: dict[int, Asked] = field(default_factory=dict)
    quiet: bool = False
    """Whether its last pull said that there is nothing more."""
    news: bool = False
    """Whether its last pull told it something."""

    # What the technician sees and does

    @property
    def at_rest(self) -> bool:
        """Whether it has nothing to say: all is pushed and read, or it is shut out and has handed in what it held."""
        if self.storage.access is None:
            return self.storage.refused and not self._may_hand_in()
        return self.quiet and not self.waiting()

    def waiting(self) -> list[Queued]:
        """Return the operations whose fate is not known, in their order."""
        return [one for one in self.storage.ops if one.result is None]

    def rows(self, kind: str) -> list[tuple[UUID, dict[str, Any]]]:
        """Return the base's rows of a kind, in a fixed order."""
        found = [(entity_id, held.d) for (k, entity_id), held in self.storage.base.items() if k == kind]
        return sorted(found, key=lambda one: one[0])

    def lines_on_screen(self, visit_id: UUID) -> list[str]:
        """Return the ids of a visit's lines as the screen shows them: base, and over it what is pending."""
        held = self.storage.base.get(("visit", visit_id))
        shown = [] if held is None else [str(line["id"]) for name in LINES.values() for line in held.d.get(name, [])]
        known = set(shown)
        overlay = (
            str(one.op)
            for one in self.storage.ops
            if one.in_overlay and one.visit == visit_id and one.said["t"] in LINES and str(one.op) not in known
        )
        return [*shown, *overlay]

    def record(self, said: dict[str, Any], visit: UUID | None) -> Queued:
        """Save an operation, in one transaction with its number."""
        storage = self.storage
        queued = Queued(new_id(), storage.next_seq, said, visit)
        storage.ops.append(queued)
        storage.next_seq += 1
        self.quiet = False
        return queued

    def crash(self) -> None:
        """Lose the memory; the database stays."""
        self.asked.clear()
        self.boot = f"boot-{self.rng.randrange(10**6)}"
        self.booted_at = None
        self.quiet = False

    def another_day(self) -> None:
        """Try again what was refused, and hand in again: what was handed in may have been in no backup."""
        self.storage.refused = self.storage.barred = False
        for one in self.storage.ops:
            one.handed_in = False

    def cloned(self, label: str, rng: random.Random) -> "Phone":
        """Return a second phone with a copy of everything this one keeps, its device's id too."""
        return Phone(label, self.login, copy.deepcopy(self.storage), rng, self.drops_acknowledged, self.app)

    # What it asks

    def next_request(self, now: dt.datetime, most: int, page: int) -> Asked:
        """Return what it sends next: at most so many operations in a push, or a page of so many rows."""
        storage = self.storage
        if storage.access is None:
            if storage.refresh is not None and not storage.signed_out:
                return self._ask("refresh", {"refresh_token": storage.refresh})
            if storage.refresh is not None and storage.refused and self._may_hand_in():
                return self._hand_in(storage.refresh)
            device = storage.next_device or storage.device
            return self._ask("sign-in", {"login": self.login, "phone": {"id": device, "app_version": self.app}})
        if storage.next_device is not None:
            return self._ask("enrol", {"device": storage.next_device, "name": self.label, "app": self.app})
        waiting = self.waiting()
        if waiting and (self.quiet or self.rng.random() < 0.6):
            return self.push(now, waiting[:most])
        return self._pull(now, page)

    def push(self, now: dt.datetime, ops: list[Queued]) -> Asked:
        """Return a push of these operations."""
        said = [{"op": one.op, "seq": one.seq, **one.said} for one in ops]
        about = {"sent_at": now + self.clock_off, "boot": self.boot, "mono": self.mono(now), "acked": self._acked()}
        return self._ask("push", {"device": self.storage.device, "app": self.app, **about, "ops": said})

    def mono(self, now: dt.datetime) -> int:
        """Return the monotonic clock since it was started, in milliseconds."""
        self.booted_at = self.booted_at or now
        return int((now - self.booted_at).total_seconds() * 1000)

    def _pull(self, now: dt.datetime, page: int) -> Asked:
        storage = self.storage
        about = {"schema": 1, "sent_at": now + self.clock_off, "acked": self._acked(), "limit": page}
        return self._ask(
            "pull", {"device": storage.device, "app": self.app, **about, "feeds": {"me": dict(storage.cursor)}}
        )

    def _hand_in(self, refresh: str) -> Asked:
        """Hand in everything retained: a backup may have been put back, and a phone that is shut out is not told."""
        held = [{"op": one.op, "seq": one.seq, **one.said} for one in self.storage.ops]
        return self._ask("quarantine", {"refresh_token": refresh, "device": self.storage.device, "ops": held[:200]})

    def _may_hand_in(self) -> bool:
        return not self.storage.barred and any(not one.handed_in for one in self.storage.ops)

    def _acked(self) -> dict[str, Any]:
        storage = self.storage
        return {"seq": storage.acked_seq, "op": storage.acked_op, "at": storage.acked_at}

    def _ask(self, path: str, said: dict[str, Any]) -> Asked:
        storage = self.storage
        return Asked(path, storage.device, dict(storage.cursor), storage.access, msgspec.json.encode(said))

    # What it makes of an answer

    def receive(self, no: int, status: int, answer: Any, now: dt.datetime) -> Iterator[Transaction]:
        """Yield the transactions that an answer leads to; an answer nobody waits for leads to nothing."""
        asked = self.asked.pop(no, None)
        if asked is None:
            return
        if status == 401:
            yield lambda: self._refused(asked)
        elif status == 200:
            match asked.path:
                case "sign-in" | "refresh":
                    yield lambda: self._signed_in(asked, answer)
                case "enrol":
                    yield lambda: self._enrolled(asked, answer)
                case "push":
                    yield lambda: self._pushed(asked, answer, now)
                    yield lambda: self._enrol_anew(asked, answer)
                case "pull":
                    yield lambda: self._pulled(asked, answer)
                    yield lambda: self._lift_overlay(asked, answer, now)
                    yield lambda: self._enrol_anew(asked, answer)
                case "quarantine":
                    yield lambda: self._handed_in(asked)

    def _refused(self, asked: Asked) -> None:
        storage = self.storage
        if asked.device != storage.device or asked.access != storage.access:
            return
        match asked.path:
            case "refresh":
                storage.signed_out = True
            case "sign-in":
                storage.refused = True
            case "quarantine":
                storage.barred = True
            case _:
                storage.access = None

    def _signed_in(self, asked: Asked, tokens: dict[str, Any]) -> None:
        storage = self.storage
        if asked.device != storage.device or asked.access != storage.access:
            return
        storage.access, storage.refresh = tokens["access_token"], tokens["refresh_token"]
        storage.signed_out = storage.refused = storage.barred = False
        for one in storage.ops:
            one.handed_in = False
        if tokens["device_id"] != str(storage.device):
            self._become(UUID(tokens["device_id"]))

    def _enrolled(self, asked: Asked, tokens: dict[str, Any]) -> None:
        storage = self.storage
        if asked.device != storage.device:
            return
        storage.access, storage.refresh = tokens["access_token"], tokens["refresh_token"]
        self._become(UUID(tokens["device_id"]))

    def _become(self, device: UUID) -> None:
        """Start anew under another id: everything retained is numbered from one and pushed again, read from zero."""
        storage = self.storage
        storage.device, storage.next_device = device, None
        for number, one in enumerate(storage.ops, 1):
            one.seq, one.result, one.taken_at, one.in_overlay, one.done_at = number, None, None, True, None
        storage.next_seq = len(storage.ops) + 1
        storage.acked_seq, storage.acked_op, storage.acked_at = 0, None, None
        self._read_anew()
        storage.cursor = {"pos": 0, "head": 0, "tag": ""}
        self.quiet = False

    def _read_anew(self) -> None:
        for held in self.storage.base.values():
            held.stale = True

    def _enrol_anew(self, asked: Asked, answer: dict[str, Any]) -> None:
        storage = self.storage
        if answer["status"] in ANEW and asked.device == storage.device and storage.next_device is None:
            storage.next_device = new_id()

    def _pushed(self, asked: Asked, answer: dict[str, Any], now: dt.datetime) -> None:
        storage = self.storage
        if asked.device != storage.device:
            return
        fates = {UUID(one["op"]): one for one in answer["results"] if one["status"] != "retry"}
        for one in storage.ops:
            if one.result is None and one.op in fates:
                fate = fates[one.op]
                one.result, one.taken_at, one.done_at = fate["status"], fate.get("taken_at"), now
        # Numbers are taken in order: who knows the fate of one knows that all before it were taken.
        for one in storage.ops:
            if one.result is not None and one.seq > storage.acked_seq:
                storage.acked_seq, storage.acked_op, storage.acked_at = one.seq, one.op, one.taken_at
        if self.drops_acknowledged:
            storage.ops = [one for one in storage.ops if one.result is None or one.in_overlay]

    def _pulled(self, asked: Asked, answer: dict[str, Any]) -> None:
        storage = self.storage
        if not self._fits(asked) or answer["status"] != "ok":
            return
        feed = answer["feeds"]["me"]
        if feed["reset"]:
            self._read_anew()
        for row in feed["rows"]:
            key = (row["k"], UUID(row["id"]))
            if row.get("removed") is not None:
                storage.base.pop(key, None)
            else:
                storage.base[key] = Held(row["ver"], row["d"])
        storage.cursor = feed["token"]
        if not feed["more"]:
            storage.base = {key: held for key, held in storage.base.items() if not held.stale}
        self.quiet, self.news = not feed["more"], bool(feed["rows"])

    def _fits(self, asked: Asked) -> bool:
        return asked.device == self.storage.device and asked.cursor == self.storage.cursor

    def _lift_overlay(self, asked: Asked, answer: dict[str, Any], now: dt.datetime) -> None:
        """Show no longer as pending what the base contains: taken by the server, and the feed read to its head."""
        storage = self.storage
        feed = answer["feeds"].get("me")
        if answer["status"] != "ok" or asked.device != storage.device or feed is None or feed["more"]:
            return
        if storage.cursor != feed["token"]:
            return
        for one in storage.ops:
            if one.result is not None and one.seq <= answer["last_seq"]:
                one.in_overlay = False
        kept = dt.timedelta() if self.drops_acknowledged else KEPT
        storage.ops = [one for one in storage.ops if one.in_overlay or one.done_at is None or one.done_at > now - kept]

    def _handed_in(self, asked: Asked) -> None:
        taken = {UUID(one["op"]) for one in msgspec.json.decode(asked.body)["ops"]}
        for one in self.storage.ops:
            one.handed_in = one.handed_in or one.op in taken

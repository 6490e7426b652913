"""The referee after each step: what must be true of every answer and every screen, by the numbers of the design."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from api.trials.simulation.phone import LINES, Asked, Phone
from api.trials.simulation.server import Reply
from api.trials.simulation.trace import Trace
from domain.kit.actor import Actor
from mobile_sync.protocol import FeedAnswer, PullRequest, PushAnswer

TRIES_MAX = 5
FINAL = ("applied", "applied_flagged", "recorded", "superseded", "rejected")
_SHUT_OUT = """
SELECT device.revoked_at IS NOT NULL OR account.disabled_at IS NOT NULL
FROM device JOIN account ON account.id = device.account_id WHERE device.id = $1
"""
_ENTRIES = """
SELECT kind, entity_id, seq, removed FROM feed_entry WHERE feed = $1 AND seq > $2 AND seq <= $3 ORDER BY seq
"""
_OWN = """
SELECT id FROM job WHERE id = ANY($1::uuid[]) AND technician_id = $2 AND state <> 'cancelled'
UNION ALL
SELECT visit.id FROM visit JOIN job ON job.id = visit.job_id
WHERE visit.id = ANY($1::uuid[]) AND visit.technician_id = $2 AND job.technician_id = $2 AND job.state <> 'cancelled'
UNION ALL SELECT op_id FROM recorded_work WHERE op_id = ANY($1::uuid[]) AND actor_id = $2 AND decision IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An operation that somebody was told is saved."""

    op: UUID
    phone: str
    order: int
    tag: str


@dataclass(slots=True)
class Ledger:
    """What the server said in the history that counts; it goes back with a backup."""

    fates: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)
    tries: Counter[UUID] = field(default_factory=Counter)

    def copy(self) -> "Ledger":
        """Return what a backup keeps of it."""
        return Ledger(dict(self.fates), Counter(self.tries))


@dataclass(slots=True)
class Referee:
    """Watches one schedule."""

    owner: Any
    trace: Trace
    recorded: dict[UUID, Recorded] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    violations: list[str] = field(default_factory=list)
    tampered: set[UUID] = field(default_factory=set)
    orderless: set[str] = field(default_factory=set)
    """Phones of which no order is promised: cloned ones that push several requests at once."""

    def fail(self, invariant: str, what: str) -> None:
        """Note a violation."""
        self.trace.say("VIOLATION", f"{invariant}: {what}")
        self.violations.append(self.trace.lines[-1])

    def saved(self, phone: Phone, op: UUID, tag: str) -> None:
        """Note that a technician was told an operation is saved."""
        self.recorded[op] = Recorded(op, phone.label, len(self.recorded), tag)

    async def watch(self, phone: Phone, asked: Asked, reply: Reply) -> None:
        """Check what left the server."""
        request = (reply.pulled or reply.pushed or (None,))[0]
        if request is not None and await self.owner.fetchval(_SHUT_OUT, request.device):
            self.fail("I15", f"{phone.label} was shut out and got an answer")
        if reply.pulled is not None and reply.actor is not None:
            await self._watch_pull(phone, reply.actor, *reply.pulled)
        if reply.pushed is not None:
            self._watch_push(reply.pushed[1])
        if asked.path == "push" and reply.status not in (200, 401):
            self.fail("I14", f"{phone.label} with app {phone.app} was refused its push")

    async def _watch_pull(self, phone: Phone, actor: Actor, request: PullRequest, answer: Any) -> None:
        feed: FeedAnswer | None = answer.feeds.get("me")
        if feed is None or request.feeds.me is None:
            return
        if not feed.more and feed.token.pos != feed.token.head:
            self.fail("I7", f"{phone.label} is at the end and not at the head")
        start = 0 if feed.reset else request.feeds.me.pos
        if start != feed.token.pos:
            await self._nothing_skipped(phone, actor, feed, start)
        live = [row for row in feed.rows if row.removed is None]
        if live:
            own = {row[0] for row in await self.owner.fetch(_OWN, [row.id for row in live], actor.account_id)}
            for row in live:
                if row.id not in own:
                    self.fail("I6", f"{phone.label} was sent {row.k} {row.id}, which is not in its scope")
        if actor.partner_id is not None:
            self._watch_coverage(phone, live)

    async def _nothing_skipped(self, phone: Phone, actor: Actor, feed: FeedAnswer, start: int) -> None:
        """I7: what lies between the cursors was told."""
        due = await self.owner.fetch(_ENTRIES, f"t:{actor.account_id}", start, feed.token.pos)
        told = {(row.k, row.id) for row in feed.rows}
        for kind, entity_id, _, removed in due:
            if (kind, entity_id) not in told and (removed is None or start > 0):
                self.fail("I7", f"{phone.label}'s token skips {kind} {entity_id}")

    def _watch_coverage(self, phone: Phone, live: list[Any]) -> None:
        """A partner's technician is told covered or under check, and nothing of the terms."""
        for row in live:
            if row.k != "job":
                continue
            told = msgspec.json.decode(msgspec.json.encode(row.d))["coverage"]
            terms = [told.get(name) for name in ("parts", "labour", "travel", "until")]
            if told["word"] not in ("covered", "under_check") or terms != [None] * 4:
                self.fail("I6", f"{phone.label} of a partner was told the coverage {told}")

    def _watch_push(self, answer: PushAnswer) -> None:
        for result in answer.results:
            if result.status == "retry":
                if result.reason == "server-error":
                    self.ledger.tries[result.op] += 1
                    if self.ledger.tries[result.op] > TRIES_MAX:
                        self.fail("I11", f"{result.op} was tried {self.ledger.tries[result.op]} times")
            elif result.status == "mismatch" and result.op not in self.tampered:
                self.fail("I3", f"{result.op} is called a mismatch, and never changed")
            elif result.status in FINAL:
                told = (result.status, result.reason, bytes(result.answer))
                before = self.ledger.fates.setdefault(result.op, told)
                if before != told:
                    self.fail("I3", f"{result.op} was {before[:2]} and is now {told[:2]}")

    def look_at(self, phone: Phone) -> None:
        """Check the screen: each line that counts is there once, on every visit that is there."""
        held = {entity_id for kind, entity_id in phone.storage.base if kind == "visit"}
        stale = {key[1] for key, row in phone.storage.base.items() if row.stale}
        screens: dict[UUID, Counter[str]] = {}
        for one in phone.storage.ops:
            if one.visit not in held or one.said["t"] not in LINES or one.visit in stale:
                continue
            if one.result not in (None, "applied", "applied_flagged"):
                continue
            if one.visit not in screens:
                screens[one.visit] = Counter(phone.lines_on_screen(one.visit))
            if screens[one.visit][str(one.op)] != 1:
                self.fail("I13", f"{phone.label} shows {one.op} {screens[one.visit][str(one.op)]} times")

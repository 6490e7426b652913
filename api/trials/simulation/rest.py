"""The referee at rest: faults have stopped and queues are empty, so nothing may be missing, double or strange."""

import datetime as dt
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec

from api.trials.simulation.invariants import Referee
from api.trials.simulation.phone import LINES, Phone
from api.trials.simulation.world import World
from domain.kit.actor import Actor, Role
from domain.kit.database import Database, snapshot
from mobile_sync.kinds import READERS

AHEAD, AFTER_CLOSING, HAND_IN = dt.timedelta(days=30), dt.timedelta(days=7), dt.timedelta(days=30)
TABLES = ("reading", "time_entry", "expense", "photo")
_JOURNAL = """
SELECT journal.op_id, journal.kind, journal.outcome, journal.applied_at, journal.seq, work.decision
FROM journal LEFT JOIN recorded_work AS work ON work.op_id = journal.op_id WHERE journal.device_id IS NOT NULL
"""
_LINES = " UNION ALL ".join(f"SELECT id, voided_at IS NOT NULL FROM {name}" for name in TABLES)  # noqa: S608
_STEPS = "SELECT op_id, count(*) FROM visit_event WHERE step <> 'abandon' OR client_at IS NOT NULL GROUP BY op_id"
_SHUT_OUT_AT = """
SELECT coalesce(disabled_at, (SELECT revoked_at FROM device WHERE device.id = $2)) FROM account WHERE id = $1
"""
_SCOPE = """
SELECT job.id AS job_id, visit.id AS visit_id FROM job
LEFT JOIN visit ON visit.job_id = job.id AND visit.technician_id = job.technician_id
WHERE job.technician_id = $1 AND CASE
  WHEN job.state = 'completed' THEN job.closed_at > $2
  WHEN job.state = 'cancelled' THEN false
  ELSE least(job.required_from, (
    SELECT min(planned_from) FROM visit AS planned
    WHERE planned.job_id = job.id AND planned.technician_id = $1 AND planned.state <> 'abandoned'
  )) <= $3 END
"""
_DECIDED = "SELECT op_id FROM recorded_work WHERE actor_id = $1 AND decided_at > $2 ORDER BY op_id"
_TAKEN_AWAY = """
SELECT journal.op_id, visit.abandoned_reason FROM journal
JOIN journal_body AS body ON body.op_id = journal.op_id
JOIN visit ON visit.id::text = convert_from(body.sent, 'UTF8')::jsonb -> 'body' ->> 'visit_id'
WHERE journal.outcome = 'rejected' AND journal.device_id IS NOT NULL AND visit.technician_id = journal.actor_id
  AND visit.abandoned_reason IN ('job-reassigned', 'job-cancelled')
"""


class AtRest:
    """Looks at the database and at every phone once nothing moves any more."""

    def __init__(self, referee: Referee, database: Database, world: World, now: dt.datetime) -> None:
        self.referee, self.database, self.world, self.now = referee, database, world, now

    async def check(self, phones: list[Phone]) -> None:
        """Check everything that must hold at rest."""
        owner = self.referee.owner
        journal = {row["op_id"]: row for row in await owner.fetch(_JOURNAL)}
        kept = {row[0] for row in await owner.fetch("SELECT op_id FROM quarantine")}
        self._nothing_lost(phones, journal, kept)
        for phone in phones:
            await self._nobody_locked_out(phone)
        await self._effects_once(journal)
        self._in_order(journal)
        await self._work_is_kept()
        for phone in phones:
            if phone.storage.access is not None:
                await self._base_is_scope(phone)

    def _nothing_lost(self, phones: list[Phone], journal: dict[UUID, Any], kept: set[UUID]) -> None:
        """I1, I8, I9: what was recorded is in the journal, in quarantine, or in an outbox that was not allowed out."""
        shut_out = [phone for phone in phones if phone.storage.refused]
        held = {one.op for phone in shut_out for one in phone.storage.ops if not one.handed_in}
        for op, saved in self.referee.recorded.items():
            if op not in journal and op not in kept and op not in held:
                self.referee.fail("I1", f"{saved.phone}'s {saved.tag} {op} is lost")

    async def _nobody_locked_out(self, phone: Phone) -> None:
        """I8, I9: who was not shut out is in, and who was may hand in what is held."""
        if not phone.storage.refused:
            return
        person = self.world.technicians[phone.login]
        since = await self.referee.owner.fetchval(_SHUT_OUT_AT, person.id, phone.storage.device)
        if since is None:
            self.referee.fail("I8", f"{phone.label} is locked out")
        elif phone.storage.barred and self.now - since < HAND_IN and await self._is_known(phone):
            self.referee.fail("I1", f"{phone.label} cannot hand in what it holds")

    async def _is_known(self, phone: Phone) -> bool:
        """Tell whether the database knows the phone: one restored from before its enrolment cannot say whose it is."""
        return bool(await self.referee.owner.fetchval("SELECT true FROM device WHERE id = $1", phone.storage.device))

    async def _effects_once(self, journal: dict[UUID, Any]) -> None:
        """I2: each effect is present once, and none without its entry."""
        owner = self.referee.owner
        lines = Counter(row[0] for row in await owner.fetch(_LINES))
        steps: dict[UUID, int] = dict(tuple(row) for row in await owner.fetch(_STEPS))
        for op, entry in journal.items():
            applied = entry["outcome"] in ("applied", "applied_flagged") or entry["decision"] == "accepted"
            if entry["kind"] in LINES and lines[op] != applied:
                self.referee.fail("I2", f"{op} ({entry['kind']}, {entry['outcome']}) is there {lines[op]} times")
            if entry["kind"].startswith("visit."):
                may_be_past = entry["outcome"] == "superseded" or entry["decision"] == "accepted"
                wanted = (0, 1) if may_be_past else (int(applied),)
                if steps.get(op, 0) not in wanted:
                    self.referee.fail(
                        "I2", f"{op} ({entry['kind']}, {entry['outcome']}) moved {steps.get(op, 0)} times"
                    )
        for line in lines:
            if line not in journal:
                self.referee.fail("I2", f"{line} has an effect and no entry")

    def _in_order(self, journal: dict[UUID, Any]) -> None:
        """I4: what a phone recorded was carried out in that order."""
        last: dict[str, tuple[Any, ...]] = {}
        for op, saved in self.referee.recorded.items():
            entry = journal.get(op)
            if entry is None or saved.phone in self.referee.orderless:
                continue
            place = (entry["applied_at"], entry["seq"])
            if saved.phone in last and place < last[saved.phone]:
                self.referee.fail("I4", f"{saved.phone}'s {saved.tag} {op} was carried out before an earlier one")
            last[saved.phone] = place

    async def _work_is_kept(self) -> None:
        """I1: what was done on a job that went away waits for the office; it is never rejected."""
        for op_id, why in await self.referee.owner.fetch(_TAKEN_AWAY):
            self.referee.fail("I1", f"{op_id} was thrown away: {why}")

    async def _base_is_scope(self, phone: Phone) -> None:
        """I5: the phone holds the technician's scope, row for row."""
        person = self.world.technicians[phone.login]
        rows = await self.referee.owner.fetch(_SCOPE, person.id, self.now - AFTER_CLOSING, self.now + AHEAD)
        wanted = {("job", row["job_id"]) for row in rows} | {
            ("visit", row["visit_id"]) for row in rows if row["visit_id"] is not None
        }
        held = {key: row for key, row in phone.storage.base.items() if key[0] in ("job", "visit")}
        for kind, entity_id in sorted(wanted - set(held)):
            self.referee.fail("I5", f"{phone.label} lacks {kind} {entity_id}")
        for kind, entity_id in sorted(set(held) - wanted):
            self.referee.fail("I5", f"{phone.label} holds {kind} {entity_id}, which is not in its scope")
        for op in await self.referee.owner.fetch(_DECIDED, person.id, self.now - AHEAD):
            if ("op_result", op["op_id"]) not in phone.storage.base:
                self.referee.fail("I5", f"{phone.label} was not told what was decided about {op['op_id']}")
        actor = Actor(person.id, Role.TECHNICIAN, person.partner_id, device_id=phone.storage.device)
        async with snapshot(self.database, actor) as db:
            for kind in sorted({key[0] for key in phone.storage.base}):
                ids = sorted(key[1] for key in phone.storage.base if key[0] == kind)
                fresh = await READERS[kind](db, actor, ids)
                for entity_id, entity in fresh.items():
                    now_is = msgspec.json.decode(msgspec.json.encode(entity))
                    was = phone.storage.base[kind, entity_id].d
                    if now_is != was:
                        differ = sorted(name for name in now_is if now_is[name] != was.get(name))
                        self.referee.fail("I5", f"{phone.label} has an old {kind} {entity_id}: {', '.join(differ)}")

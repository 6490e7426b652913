"""What a technician does on site: the operations a phone records, from what its screen shows."""

import datetime as dt
import random
from typing import Any
from uuid import UUID

from api.trials.simulation.phone import LINES, Phone
from api.trials.simulation.versions import NEW_APP
from domain.jobs.rules import next_state

STEPS = ("travel", "arrive", "start", "pause", "resume")
RESULT = {"inspect": "inspected", "maintain": "maintained", "repair": "not_repaired"}
WEIGHTS = {"line": 6, "step": 5, "complete": 1.2, "abandon": 0.4, "void": 1, "accept": 1}


def made_up(phone: Phone, now: dt.datetime, rng: random.Random) -> tuple[dict[str, Any], UUID | None] | None:
    """Return an operation and its visit, or None when the phone shows nothing to work on."""
    visits = phone.rows("visit")
    if not visits:
        return None
    visit_id, visit = rng.choice(visits)
    jobs = dict(phone.rows("job"))
    job_id = UUID(visit["job_id"])
    what = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    at = now + phone.clock_off
    found = None
    match what:
        case "step":
            found = _step(phone, visit_id, visit, at, rng)
        case "complete" if job_id in jobs:
            found = _complete(phone, visit_id, jobs[job_id], at)
        case "abandon":
            found = "visit.abandon", {"visit_id": visit_id, "at": at, "reason": "nobody at home"}
        case "void":
            found = _void(phone, visit_id, rng)
        case "accept" if jobs:
            job_id = rng.choice(sorted(jobs))
            found = "job.accept", {"job_id": job_id}
    tag, body = found or _line(phone, visit_id, at, rng)
    version = 2 if tag == "time.log" and phone.app == NEW_APP else 1
    said = {"t": tag, "v": version, "job": job_id, "base": visit["version"], "at": at, "body": body}
    clocks = {"mono": phone.mono(now), "boot": phone.boot}
    return said | clocks, None if tag == "job.accept" else visit_id


def _step(
    phone: Phone, visit_id: UUID, visit: dict[str, Any], at: dt.datetime, rng: random.Random
) -> tuple[str, dict[str, Any]] | None:
    """Return the next step as the technician sees the visit, now and then one that makes no sense."""
    state = visit["state"]
    for one in phone.storage.ops:
        if one.in_overlay and one.visit == visit_id and one.said["t"].startswith("visit."):
            moved = next_state(state, one.said["t"].removeprefix("visit."))
            state = state if moved in ("superseded", "impossible") else moved
    sensible = [step for step in STEPS if next_state(state, step) not in ("superseded", "impossible")]
    if not sensible and rng.random() < 0.7:
        return None
    return f"visit.{rng.choice(sensible or STEPS)}", {"visit_id": visit_id, "at": at}


def _complete(phone: Phone, visit_id: UUID, job: dict[str, Any], at: dt.datetime) -> tuple[str, dict[str, Any]]:
    body = {"visit_id": visit_id, "at": at, "result": RESULT[job["kind"]], "no_signature_reason": "absent"}
    return "visit.complete", body | {"lines": phone.lines_on_screen(visit_id)}


def _void(phone: Phone, visit_id: UUID, rng: random.Random) -> tuple[str, dict[str, Any]] | None:
    own = [one for one in phone.storage.ops if one.visit == visit_id and one.said["t"] in LINES]
    if not own:
        return None
    line = rng.choice(own)
    kind = LINES[line.said["t"]].removesuffix("s")
    return "line.void", {"line_id": line.op, "kind": kind, "reason": "entered twice"}


def _line(phone: Phone, visit_id: UUID, at: dt.datetime, rng: random.Random) -> tuple[str, dict[str, Any]]:
    match rng.randrange(4):
        case 0:
            minutes = "spent_minutes" if phone.app == NEW_APP else "minutes"
            return "time.log", {"visit_id": visit_id, "kind": "travel", minutes: rng.randrange(1, 90)}
        case 1:
            money = {"amount_minor": rng.randrange(100, 5000), "currency": "EUR"}
            return "expense.add", {"visit_id": visit_id, "direction": "spent", "kind": "parking", **money}
        case 2:
            content = f"{rng.getrandbits(256):064x}"
            return "photo.add", {"visit_id": visit_id, "kind": "other", "sha256": content, "taken_at": at}
        case _:
            measured = {"name": "current", "value": str(rng.randrange(1000)), "unit_of_measure": "A"}
            return "reading.record", {"visit_id": visit_id, **measured}

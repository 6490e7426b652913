"""Many technicians of two partners complete visits on one unit and one fault at the same moment."""

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.claims.model import Claim, ClaimLine, Scan
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM
from domain.kit.database import Database
from domain.kit.ids import new_id
from domain.kit.ports import Queue
from domain.kit.work import Work, begin, carry_out, transact
from domain.worklog.completion import CompleteVisit
from domain.worklog.model import Fault, TimeEntry
from tests import make
from tests.cast import Caller, actor_of


@dataclass(frozen=True, slots=True)
class Rider:
    """A visit that is ready to be completed, and its technician."""

    technician: Caller
    visit_id: UUID
    command: CompleteVisit


@dataclass(frozen=True, slots=True)
class Ride:
    """How one race ended: claims by state, live fault lines on the unit, and how long each completion took."""

    states: Counter[str]
    told: Counter[str]
    live: int
    seconds: Sequence[float]


async def line_up(database: Database, technicians: Sequence[Caller], riders: int) -> tuple[UUID, list[Rider]]:
    """Store a unit in warranty and scanned visits on it, all with the same fault."""
    async with begin(database, SYSTEM) as work:
        model_id = await make.model(work)
        await make.warranty_term(work, model_id)
        customer_id = await make.customer(work)
        site_id = await make.site(work, customer_id)
        unit_id = await make.unit(work, model_id, customer_id=customer_id, site_id=site_id)
        code_id, component_id = await make.fault_code(work), await make.component(work, model_id)
        ready = [
            await _rider(work, technicians[n % len(technicians)], unit_id, code_id, component_id) for n in range(riders)
        ]
    return unit_id, ready


async def _rider(work: Work, technician: Caller, unit_id: UUID, code_id: UUID, component_id: UUID) -> Rider:
    actor = actor_of(technician)
    job_id = await make.job(work, unit_id=unit_id, technician=technician, state="in_progress")
    # A moment ago: the technicians of the race before were at another site, and nobody is in two places.
    start = work.now - dt.timedelta(milliseconds=1)
    visit_id = await make.visit(work, job_id, state="working", arrived_at=start, started_at=start)
    own = {"visit_id": visit_id, "partner_id": actor.partner_id}
    fault = {
        "fault_code_id": code_id,
        "model_component_id": component_id,
        "designator": "R12",
        "symptom": "does not drain",
    }
    await make.keep(work, Fault, own | fault | {"entered_at": work.now}, {})
    await make.keep(work, TimeEntry, own | {"kind": "travel", "minutes": 30, "entered_at": work.now}, {})
    scan = {
        "job_id": job_id,
        "technician_id": actor.account_id,
        "source": "camera",
        "scanned_text": "the label",
        "unit_id": unit_id,
        "matches_job": True,
        "scanned_at": work.now,
        "scanned_on": work.now.date(),
        "op_id": new_id(),
        "told": {"status": "known"},
    }
    await make.keep(work, Scan, own | scan, {})
    command = CompleteVisit(visit_id=visit_id, at=work.now, result="repaired", no_signature_reason="absent")
    return Rider(technician, visit_id, command)


async def race(database: Database, queue: Queue, technicians: Sequence[Caller], riders: int) -> Ride:
    """Complete all visits at once, each in a transaction of its own with its partner's database role."""
    unit_id, ready = await line_up(database, technicians, riders)

    async def ride(rider: Rider) -> float:
        started = time.perf_counter()
        op_id = new_id()
        entry = await transact(
            database,
            actor_of(rider.technician),
            lambda work: carry_out(work, rider.command, REGISTER, op_id),
            queue=queue,
            op_id=op_id,
        )
        assert entry.outcome in ("applied", "applied_flagged"), entry
        return time.perf_counter() - started

    seconds = await asyncio.gather(*(ride(rider) for rider in ready))
    async with begin(database, SYSTEM) as work:
        found = (await work.db.execute(select(Claim.state, Claim.told).where(Claim.unit_id == unit_id))).all()
        live = (await work.db.scalars(select(ClaimLine.id).where(ClaimLine.unit_id == unit_id, ClaimLine.live))).all()
        faults = select(ClaimLine.id).where(ClaimLine.id.in_(live), ClaimLine.kind == "fault")
        slots = (await work.db.scalars(faults)).all()
    reasons = Counter(reason for _, told in found for reason in told["reasons"])
    return Ride(Counter(state for state, _ in found), reasons, len(slots), seconds)

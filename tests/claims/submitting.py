"""Submissions of partners' systems: a valid, dull body, and who sends it."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.context import Context
from domain.catalog.model import FaultCode, LabourOperation, ModelComponent, Part
from domain.jobs.model import Job
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.work import begin
from tests.cast import Caller, Cast
from tests.make import ReadyVisit


async def system_of(cast: Cast, **given: Any) -> Caller:
    """The north's own system, with an API key."""
    made = await cast.pam.post("/api-keys", {"name": "dispatch", "per_minute": 1200, **given})
    assert made.status_code == 201, made.text
    actor = Actor(cast.pam.id, Role.PARTNER_OFFICE, cast.north, name="Pam", key_id=UUID(made.json()["id"]))
    return Caller(cast.pam.http, made.json()["key"], actor)


async def submission_of(context: Context, ready: ReadyVisit, **given: Any) -> dict[str, Any]:
    """A repair of an hour that ended just now, with a part, labour, a trip and a parking ticket."""
    async with begin(context.database, SYSTEM) as work:
        number = await work.db.scalar(select(Job.number).where(Job.id == ready.job_id))
        fault = await work.db.scalar(select(FaultCode.code).where(FaultCode.id == ready.fault_code_id))
        component = await work.db.scalar(select(ModelComponent.code).where(ModelComponent.id == ready.component_id))
        part = await work.db.scalar(select(Part.number).where(Part.id == ready.part_id))
        operation = await work.db.scalar(
            select(LabourOperation.code).where(LabourOperation.id == ready.labour_operation_id)
        )
        ended = work.now - dt.timedelta(minutes=2)
    return {
        "job_number": number,
        "technician_id": str(ready.technician.id),
        "arrived_at": (ended - dt.timedelta(minutes=20)).isoformat(),
        "completed_at": ended.isoformat(),
        "scan": {"scanned_text": ready.serial},
        "result": "repaired",
        "summary": "Pump replaced",
        "faults": [
            {
                "fault_code": fault,
                "component_code": component,
                "designator": "R12",
                "symptom": "does not drain",
            }
        ],
        "times": [
            {"kind": "labour", "minutes": 60, "labour_operation": operation},
            {"kind": "travel", "minutes": 45},
        ],
        "parts": [{"part_number": part}],
        "expenses": [{"kind": "parking", "amount_minor": 450, "currency": "EUR"}],
    } | given

"""Visits as technicians do them, over HTTP, up to their claim."""

import datetime as dt
from typing import Any

import httpx
from sqlalchemy import select

from api.context import Context
from domain.claims.model import Claim, ClaimLine, RuleHit
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests.make import ReadyVisit


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


async def fill_sheet(ready: ReadyVisit, *, minutes: int = 60, quantity: int = 1, **fault: Any) -> None:
    """Arrive, record a fault with its component, an hour of labour, a trip, a part and a parking ticket."""
    visit, who = {"visit_id": str(ready.visit_id)}, ready.technician
    await who.done("/visits/arrive", visit | {"at": now()})
    await who.done("/visits/start", visit | {"at": now()})
    await who.done(
        "/faults",
        visit
        | {
            "fault_code_id": str(ready.fault_code_id),
            "symptom": "does not drain",
            "model_component_id": str(ready.component_id),
            "designator": "R12",
        }
        | fault,
    )
    labour = {"kind": "labour", "minutes": minutes, "labour_operation_id": str(ready.labour_operation_id)}
    await who.done("/times", visit | labour)
    await who.done("/times", visit | {"kind": "travel", "minutes": 45})
    part = {"kind": "used", "part_id": str(ready.part_id), "quantity": quantity, "unit_of_measure": "pcs"}
    await who.done("/parts-used", visit | part)
    spent = {"direction": "spent", "kind": "parking", "amount_minor": 450, "currency": "EUR"}
    await who.done("/expenses", visit | spent)


async def scan(ready: ReadyVisit, text: str | None = None, **given: Any) -> None:
    """Scan the label of the job's unit, or another text."""
    body = {"source": "camera", "scanned_text": text or ready.serial, "scanned_at": now()} | given
    await ready.technician.done("/scans", {"visit_id": str(ready.visit_id)} | body)


async def complete(ready: ReadyVisit, *, key: str | None = None, **given: Any) -> httpx.Response:
    """Complete the visit; the customer was out."""
    body = {"visit_id": str(ready.visit_id), "at": now(), "result": "repaired", "no_signature_reason": "absent"}
    return await ready.technician.post("/visits/complete", body | given, key=key)


async def claimed(ready: ReadyVisit, **sheet: Any) -> None:
    """Do a whole visit, scan and all."""
    await fill_sheet(ready, **sheet)
    await scan(ready)
    response = await complete(ready)
    assert response.status_code == 200, response.text


async def claims(context: Context) -> list[Any]:
    async with begin(context.database, SYSTEM) as work:
        return list((await work.db.execute(select(*Claim.__table__.c).order_by(Claim.number))).all())


async def lines(context: Context) -> list[Any]:
    async with begin(context.database, SYSTEM) as work:
        return list((await work.db.execute(select(*ClaimLine.__table__.c).order_by(ClaimLine.id))).all())


async def hits(context: Context) -> list[Any]:
    async with begin(context.database, SYSTEM) as work:
        return list((await work.db.execute(select(*RuleHit.__table__.c).order_by(RuleHit.id))).all())

"""Completed visits with a full sheet, and their reports, for tests of everything that reads them."""

import datetime as dt
import hashlib
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from PIL import Image

from api.context import Context
from api.worker import drain
from domain.jobs.model import Visit
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, transact
from domain.reports import codes
from domain.reports.actions import freeze_report
from domain.worklog.completion import CollectionHashes, CompleteVisit
from domain.worklog.model import Expense, Fault, PartUsed, Photo, Reading, TimeEntry, Upload
from tests.cast import Caller, Cast, actor_of
from tests.make import ReadyVisit, keep, ready_visit

CODE = "MFRGGZDFMZTWQ2LKNNWG23TPOA"
PIN = "482913"
SIGNATURE = {
    "width": 600,
    "height": 200,
    "strokes": [[[40, 90], [120, 40], [200, 150], [420, 60]], [[60, 170], [500, 160]]],
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A visit with its report."""

    ready: ReadyVisit
    code: str
    pin: str

    @property
    def visit_id(self) -> UUID:
        return self.ready.visit_id


def photo_bytes() -> bytes:
    """A picture whose camera wrote down where it stood."""
    exif = Image.Exif()
    exif[0x010E] = "GPS 51.5074 N"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 160)).save(out, "JPEG", exif=exif)
    return out.getvalue()


async def completed(context: Context, cast: Cast, *, technician: Caller | None = None, **visit: Any) -> ReadyVisit:
    """A visit with a line of every kind, completed but not yet reported."""
    ready = await ready_visit(context, cast, technician=technician)
    async with begin(context.database, SYSTEM) as work:
        await _sheet(work, context, ready)
        row = await work.db.get_one(Visit, ready.visit_id)
        row.state, row.result = "completed", "repaired"
        row.arrived_at = row.started_at = work.now - dt.timedelta(hours=1)
        row.completed_at = work.now
        row.summary, row.signed_by, row.signature = "Filter is due in June.", "Mia Okafor", SIGNATURE
        for name, value in visit.items():
            setattr(row, name, value)
    return ready


async def _sheet(work: Work, context: Context, ready: ReadyVisit) -> None:
    today = work.now.date()
    line = {"visit_id": ready.visit_id, "partner_id": ready.partner_id, "entered_at": work.now}
    upload_id = new_id()
    blob = await context.blobs.put(photo_bytes())
    sent = hashlib.sha256(ready.visit_id.bytes).hexdigest()
    uploaded = {"account_id": ready.technician.id, "partner_id": ready.partner_id, "sha256": sent, "blob_sha256": blob}
    await keep(work, Upload, {"id": upload_id, "width": 64, "height": 48, "reads": [], "at": work.now}, uploaded)
    fault = {
        "fault_code_id": ready.fault_code_id,
        "symptom": "Water stays in the drum",
        "cause": "Pump seized",
        "action": "Pump exchanged",
        "model_component_id": ready.component_id,
        "designator": "R12",
    }
    await keep(work, Fault, line, fault)
    used = {"part_id": ready.part_id, "quantity": 1, "unit_of_measure": "pcs", "used_on": today, "entered_on": today}
    await keep(work, PartUsed, line, {**used, "kind": "used", "old_serial": "P7-220918", "new_serial": "P7-251177"})
    await keep(work, PartUsed, line, {**used, "kind": "missing"})
    await keep(work, TimeEntry, line, {"kind": "travel", "minutes": 41})
    labour = {"kind": "labour", "minutes": 105, "labour_operation_id": ready.labour_operation_id}
    await keep(work, TimeEntry, line, labour)
    await keep(work, TimeEntry, line, {"kind": "labour", "minutes": 999, "voided_at": work.now, "void_reason": "typo"})
    money = {"kind": "parking", "amount_minor": 680, "currency": "EUR"}
    await keep(work, Expense, line, {**money, "direction": "spent"})
    await keep(work, Expense, line, {**money, "direction": "charged", "kind": "travel", "amount_minor": 4500})
    await keep(work, Reading, line, {"name": "Flow temperature", "value": "55.5", "unit_of_measure": "°C"})
    await keep(
        work, Photo, line, {"kind": "before", "sha256": sent, "upload_id": upload_id, "caption": "From the left"}
    )
    await keep(work, Photo, line, {"kind": "after", "sha256": "0" * 64, "caption": "Not here yet"})
    await keep(work, Photo, line, {"kind": "receipt", "sha256": "1" * 64})


async def reported(
    context: Context, cast: Cast, *, technician: Caller | None = None, code: str = CODE, pin: str = PIN, **visit: Any
) -> Reported:
    """A completed visit whose report is frozen and not yet printed."""
    ready = await completed(context, cast, technician=technician, **visit)
    await freeze(context, ready, code=code, pin=pin)
    return Reported(ready, code, pin)


async def freeze(context: Context, ready: ReadyVisit, *, code: str = CODE, pin: str = PIN) -> None:
    """Freeze as the technician does: on that principal's own database role."""
    hashes = CollectionHashes(code_hash=codes.code_hash(code).hex(), pin_hash=codes.pin_hash(code, pin).hex())
    done = CompleteVisit(visit_id=ready.visit_id, at=dt.datetime.now(dt.UTC), result="repaired", collection=hashes)

    async def body(work: Work) -> None:
        await freeze_report(work, done)

    await transact(context.database, actor_of(ready.technician), body, queue=context.queue)


async def printed(context: Context, cast: Cast, **given: Any) -> Reported:
    """A completed visit whose report is printed."""
    found = await reported(context, cast, **given)
    await drain(context)
    return found


async def give_pin(http: httpx.AsyncClient, code: str, pin: str, language: str = "en") -> httpx.Response:
    """Enter a PIN as a browser does."""
    return await http.post(f"/c/{code}", data={"pin": pin}, headers=browser(language))


def browser(language: str = "en") -> dict[str, str]:
    """What a browser says of itself."""
    return {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": f"{language},en;q=0.5"}

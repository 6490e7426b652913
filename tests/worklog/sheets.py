"""Lines of a job sheet, valid and dull, over HTTP."""

import datetime as dt
from typing import Any

from domain.kit.work import utc_now
from tests import make
from tests.cast import Caller


def body_of(path: str, ready: make.ReadyVisit, **given: Any) -> dict[str, Any]:
    """A line for the visit, as its route takes it."""
    dull: dict[str, dict[str, Any]] = {
        "/times": {"kind": "labour", "minutes": 45},
        "/parts-used": {
            "kind": "used",
            "part_id": str(ready.part_id),
            "quantity": 1,
            "unit_of_measure": "pcs",
        },
        "/expenses": {"direction": "spent", "kind": "parking", "amount_minor": 450, "currency": "EUR"},
        "/faults": {
            "fault_code_id": str(ready.fault_code_id),
            "symptom": "Water stays",
            "model_component_id": str(ready.component_id),
            "designator": "R12",
        },
        "/readings": {"name": "current", "value": "0.42", "unit_of_measure": "A"},
        "/photos": {"kind": "after", "sha256": "ab" * 32},
        "/visits/complete": {
            "at": utc_now().isoformat(),
            "result": "repaired",
            "summary": "Pump replaced",
            "no_signature_reason": "absent",
        },
    }
    return {"visit_id": str(ready.visit_id), **dull[path], **given}


LINES = ("/times", "/parts-used", "/expenses", "/faults", "/readings", "/photos")


async def send(caller: Caller, path: str, ready: make.ReadyVisit, **given: Any) -> tuple[int, Any]:
    """Send a line; returns status and answer."""
    response = await caller.post(path, body_of(path, ready, **given))
    return response.status_code, response.json()


async def start(ready: make.ReadyVisit, minutes_ago: float = 10) -> None:
    """Start working."""
    at = utc_now() - dt.timedelta(minutes=minutes_ago)
    await ready.technician.done("/visits/start", {"visit_id": str(ready.visit_id), "at": at.isoformat()})

"""Visits that can be handed in whole, by a technician's phone with a photo and by the partner's own system."""

import datetime as dt
import io
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from tests import make
from tests.cast import Caller, Cast
from tests.claims.submitting import submission_of
from tests.prove.writers import Write, taken, uploaded
from tests.sync.handset import Handset
from tests.sync.sending import sha256_of

TURN = dt.timedelta(minutes=25)
"""A technician's visits are so far apart: nobody is at two places."""
ADDRESS = "UPDATE contact SET email = id || '@customer.example' WHERE id = $1"
CLAIMED = "SELECT count(*) FROM claim WHERE visit_id = $1"


async def stored(context: Context, cast: Cast, phone: Handset, number: int) -> Write:
    """Store a visit of ann's whose customer has an address; those with even numbers are handed in by her phone."""
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.driver.execute(ADDRESS, ready.contact_id)
    if number % 2:
        body = await submission_of(context, ready)
        moments = {name: _earlier(body[name], number) for name in ("arrived_at", "completed_at")}
        return _submitted(cast.pam, ready, body | moments)
    return _phoned(phone, ready, picture(number))


def _phoned(phone: Handset, ready: make.ReadyVisit, photo: bytes) -> Write:
    """A phone sends all of a visit in one push, and then the bytes of its photo."""
    ops, upload_id = _day(phone, ready, photo), uuid4()

    async def send() -> httpx.Response:
        pushed = await phone.send(*ops)
        return await uploaded(phone.caller, photo, upload_id) if taken(pushed) else pushed

    return Write("a visit by phone", send, CLAIMED, (ready.visit_id,))


def _submitted(pam: Caller, ready: make.ReadyVisit, body: dict[str, Any]) -> Write:
    """The partner's system hands a visit in by one call."""
    key = uuid4().hex

    async def send() -> httpx.Response:
        return await pam.post("/claims/submit", body, key=key)

    return Write("a visit by the partner's system", send, CLAIMED, (ready.visit_id,))


def _earlier(moment: str, number: int) -> str:
    return (dt.datetime.fromisoformat(moment) - number * TURN).isoformat()


def _day(phone: Handset, ready: make.ReadyVisit, photo: bytes) -> list[dict[str, Any]]:
    visit = {"visit_id": str(ready.visit_id)}
    fault = {
        "fault_code_id": str(ready.fault_code_id),
        "symptom": "does not drain",
        "model_component_id": str(ready.component_id),
        "designator": "R12",
    }
    labour = {"kind": "labour", "minutes": 60, "labour_operation_id": str(ready.labour_operation_id)}
    scan = {"source": "camera", "scanned_text": ready.serial, "scanned_at": utc_now().isoformat()}
    return [
        phone.step("arrive", ready.visit_id),
        phone.step("start", ready.visit_id),
        phone.record("fault.record", visit | fault),
        phone.record("time.log", visit | labour),
        phone.record("photo.add", visit | {"kind": "after", "sha256": sha256_of(photo)}),
        phone.record("scan.record", visit | scan),
        phone.step("complete", ready.visit_id, result="repaired", no_signature_reason="absent"),
    ]


def picture(number: int) -> bytes:
    """A small JPEG that no other number has."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 160)).save(out, "JPEG", comment=f"{number}".encode())
    return out.getvalue()

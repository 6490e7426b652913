"""One of everything of a partner, made by the product's own writes: a world in which every read finds something."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_figures import count
from api.worker import drain
from domain.kit.work import utc_now
from mobile_sync.snapshots import build_snapshots
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.test_submission_files import as_csv, row_of
from tests.claims.visits import complete, fill_sheet, scan
from tests.reports.sheets import photo_bytes
from tests.requests.test_requests import address
from tests.requests.test_requests import send as ask_for_service
from tests.sync.handset import handset
from tests.sync.sending import begin, patch, sha256_of

NOBODY_LISTENS = "http://127.0.0.1:9/hook"
SPAN = dt.timedelta(days=1)
OF_THE_PARTNER = ("drum", "system", "file", "job", "reason", "moment", "summary", "note")
OF_THE_BASE = ("customer", "contact", "supplier")
"""What bears a side's name."""
DEAR = {"core_return_minor": 1}
"""So that every old part must come back."""


@dataclass(frozen=True, slots=True)
class Side:
    """A partner: somebody in the field, somebody in the office, and the name that its things bear."""

    name: str
    partner_id: UUID
    technician: Caller
    office: Caller

    def secret(self, thing: str) -> str:
        """Return a name that stands nowhere else."""
        return f"secret-{thing}-of-{self.name}"


@dataclass(frozen=True, slots=True)
class Things:
    """What there is: ids by the contract's names and by the beginning of a path, and whatever else is asked with.

    ``base`` are ids of the install base, which belong to no partner.
    """

    ids: dict[str, UUID]
    words: dict[str, str]
    base: set[UUID]


_FOUND = {
    "/claims": "claim WHERE visit_id = :visit_id",
    "/photos": "photo WHERE visit_id = :visit_id",
    "/webhooks/messages": "webhook_message WHERE partner_id = :partner_id",
    "/service-requests": "service_request WHERE unit_id = :open_unit_id",
    "alert_id": "alert WHERE partner_id = :partner_id",
    "authorisation_id": "authorisation WHERE partner_id = :partner_id",
    "core_return_id": "core_return WHERE partner_id = :partner_id",
    "line_id": "claim_line WHERE partner_id = :partner_id",
}
"""What came about by itself: where it lies."""
_NAMED_LATER = {"/claims": "claim_id", "/photos": "photo_id", "/service-requests": "request_id"}


async def plenty_of(context: Context, cast: Cast, owner: AsyncEngine, *sides: Side) -> list[Things]:
    """Give each of the partners one of everything, and let the worker do all that waits."""
    settings = context.settings
    context.settings = msgspec.structs.replace(settings, webhook_loopback=True)
    planted = [await _planted(context, cast, owner, side) for side in sides]
    file = b"number,name\nIMPORTED-1,Pump\n=2,Belt\n"
    imported = (await cast.ada.upload("/imports", file, "text/csv", kind="parts")).json()["id"]
    await drain(context)
    context.settings = settings
    await count(context, b"")
    await build_snapshots(context.database, context.blobs)
    chunk = (await cast.ada.get("/sync/snapshots/catalogue")).json()["chunks"][0]["sha256"]
    for things in planted:
        async with owner.connect() as connection:
            for name, where in _FOUND.items():
                found = await connection.scalar(text(f"SELECT id FROM {where} ORDER BY id LIMIT 1"), things.ids)
                assert found is not None, f"there is no {where}"
                things.ids[name] = UUID(str(found))
        things.ids.update({name: things.ids[first] for first, name in _NAMED_LATER.items()})
        things.ids["/imports"] = UUID(imported)
        things.words["sha256"] = chunk
    return planted


async def _planted(context: Context, cast: Cast, owner: AsyncEngine, side: Side) -> Things:
    """Do by HTTP what people of a partner and of our office do, up to what the worker does."""
    done, planned, filed, gone = [
        await make.ready_visit(context, cast, technician=side.technician, limits=DEAR if number == 0 else {})
        for number in range(4)
    ]
    base = {ready.customer_id for ready in (done, planned, filed, gone)}
    base |= {thing for ready in (done, planned, filed, gone) for thing in (ready.contact_id, ready.site_id)}
    async with owner.begin() as connection:
        for table in ("customer", "contact"):
            named = f"UPDATE {table} SET name = :name WHERE id = ANY (:ids)"
            await connection.execute(text(named), {"name": side.secret(table), "ids": list(base)})
    base |= {ready.unit_id for ready in (done, planned, filed, gone)}
    device_id = actor_of(side.technician).device_id
    assert device_id is not None
    ids = {
        "job_id": done.job_id,
        "visit_id": done.visit_id,
        "unit_id": done.unit_id,
        "open_unit_id": planned.unit_id,
        "customer_id": done.customer_id,
        "contact_id": done.contact_id,
        "site_id": done.site_id,
        "partner_id": side.partner_id,
        "account_id": side.technician.id,
        "technician_id": side.technician.id,
        "device_id": device_id,
        "/models": done.model_id,
        "/uploads": uuid4(),
    }
    ids |= await _asked_for(side, cast, planned)
    ids |= await _handed_in(context, side, filed)
    await _from_the_phone(cast, side, planned, gone)
    await _completed(side, done, ids["/uploads"])
    ids |= await _at_the_desk(cast, side, done, planned)
    for first, name in _NAMED.items():
        ids[first] = ids[name]
    for who in (side.office, cast.ada):
        await begin(who, photo_bytes(), ids["/uploads"])
    words = {**today(), "feed": "catalogue", "serial": planned.serial, "programme_id": str(done.programme_id)}
    return Things(ids, words, base)


def today() -> dict[str, str]:
    """Return the day, and the span of time around it, that reads are asked about."""
    now = utc_now()
    span = {"from": (now - SPAN).isoformat(), "to": (now + SPAN).isoformat()}
    return {**span, "day": f"{now:%Y-%m-%d}", "by": "partner"}


_NAMED = {
    "/jobs": "job_id",
    "/visits": "visit_id",
    "/units": "open_unit_id",
    "/customers": "customer_id",
    "/sites": "site_id",
    "/people": "account_id",
    "/partners": "partner_id",
    "/devices": "device_id",
    "/tags": "tag_id",
}
"""What a path is about. A unit is one with a job that is not over, which is all that a partner may see."""


async def _asked_for(side: Side, cast: Cast, ready: make.ReadyVisit) -> dict[str, UUID]:
    """Leave for a dear repair, a key and a webhook."""
    hours = {"asked": {"labour_minutes": 180}, "note": side.secret("drum")}
    leave = await side.technician.done("/preauthorisations", {"job_id": str(ready.job_id), **hours})
    key = await side.office.done("/api-keys", {"name": side.secret("system")})
    webhook = await side.office.done("/webhooks", {"url": NOBODY_LISTENS, "events": ["claim.decided"]})
    await cast.ada.done("/webhooks/approve", {"webhook_id": webhook["id"]})
    return {
        "preauthorisation_id": UUID(leave["id"]),
        "key_id": UUID(key["id"]),
        "webhook_id": UUID(webhook["id"]),
    }


async def _handed_in(context: Context, side: Side, ready: make.ReadyVisit) -> dict[str, UUID]:
    """A file of claims with a row that is accepted and one that is refused."""
    name = actor_of(side.technician).name.lower()
    row = await row_of(context, ready, technician=f"{name}@test")
    file = as_csv(row, row | {"job_number": side.secret("job")})
    sent = await side.office.upload("/claims/submit/file", file, "text/csv", file_name=side.secret("file"))
    return {"/claims/submit/files": UUID(sent.json()["id"])}


async def _from_the_phone(cast: Cast, side: Side, planned: make.ReadyVisit, gone: make.ReadyVisit) -> None:
    """A step, work on a job that was cancelled, and something that nobody can read."""
    await cast.dora.done("/jobs/cancel", {"job_id": str(gone.job_id), "reason": side.secret("reason")})
    phone = handset(side.technician)
    step, late = phone.travel(planned.visit_id), phone.minutes(gone.visit_id)
    fates = await phone.fates(step, late, phone.minutes(planned.visit_id, at=side.secret("moment")))
    assert [fate for fate, _ in fates] == ["applied", "recorded", "undecodable"], fates
    serial = f"HONEY-{side.name.upper()}"
    await cast.ada.done("/honey-serials", {"serial": serial, "note": "never sold"})
    await scan(planned, serial)


async def _completed(side: Side, ready: make.ReadyVisit, attachment_id: UUID) -> None:
    """A whole visit with a photo."""
    await fill_sheet(ready)
    await scan(ready)
    photo = {"kind": "label", "sha256": sha256_of(photo_bytes())}
    await side.technician.done("/photos", {"visit_id": str(ready.visit_id), **photo})
    _, at = await begin(side.technician, photo_bytes(), attachment_id)
    await patch(side.technician, at, 0, photo_bytes())
    response = await complete(ready, summary=side.secret("summary"))
    assert response.status_code == 200, response.text


async def _at_the_desk(cast: Cast, side: Side, done: make.ReadyVisit, planned: make.ReadyVisit) -> dict[str, UUID]:
    """A claim that a customer contradicts, a report with two revisions and a third asked for; a unit with papers."""
    denied = {"visit_id": str(done.visit_id), "answer": "did_not_happen", "channel": "phone"}
    await cast.dora.done("/customer-answers", denied)
    said = {"visit_id": str(done.visit_id), "reason": side.secret("reason")}
    await cast.dora.done("/reports/amend", said | {"corrections": {"notes": side.secret("note")}})
    hour = {"times": [{"kind": "labour", "minutes": 30}]}
    waiting = await side.office.done("/reports/amend", said | {"corrections": hour})
    for unit_id, field, value in (
        (done.unit_id, "warranty_type", "extended"),
        (planned.unit_id, "supplier", side.secret("supplier")),
    ):
        was = (await cast.dora.get(f"/units/{unit_id}")).json()["unit"][field] or ""
        change = {"field": field, "base": was, "value": value}
        await cast.dora.done("/units/correct", {"unit_id": str(unit_id), "changes": [change], "reason": "invoice"})
    tag = await cast.dora.done("/tags", {"unit_id": str(planned.unit_id)})
    printed = {"what": "unit-labels", "form": "zpl", "ids": [str(planned.unit_id)]}
    job = await cast.ada.done("/print-jobs", printed)
    await ask_for_service(cast.ada.http, address(planned.gtin, planned.serial), picture=photo_bytes())
    return {"amendment_id": UUID(waiting["id"]), "tag_id": UUID(tag["id"]), "/print-jobs": UUID(job["id"])}

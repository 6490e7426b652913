"""What the office sees of service requests: who asks, for which machine, and what became of it."""

import datetime as dt
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model
from domain.customers.model import Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job
from domain.jobs.request_model import ServiceRequest
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.model import Partner


class RequestQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests: in a state, or all."""

    state: Literal["new", "accepted", "dismissed"] | None = None


class RequestLine(msgspec.Struct, frozen=True):
    """A request with the machine as its label says it, and the unit where there is one; null while not looked up.

    ``label``: ``right`` proves that somebody read it off the machine. ``partner`` is who served the unit last.
    """

    id: UUID
    number: int
    state: str
    received_at: dt.datetime
    gtin: str
    serial: str
    label: str | None
    name: str
    phone: str
    wish: str
    language: str
    photo: bool
    unit_id: UUID | None
    model: str | None
    unit_status: str | None
    customer_id: UUID | None
    customer: str | None
    site_id: UUID | None
    site: str | None
    partner_id: UUID | None
    partner: str | None
    job_id: UUID | None
    job_number: int | None
    reason: str | None
    decided_at: dt.datetime | None
    erased_at: dt.datetime | None


_REQUESTS = Read(
    RequestLine,
    select(
        ServiceRequest.id,
        ServiceRequest.number,
        ServiceRequest.state,
        ServiceRequest.received_at,
        ServiceRequest.gtin,
        ServiceRequest.serial,
        ServiceRequest.label,
        ServiceRequest.name,
        ServiceRequest.phone,
        ServiceRequest.wish,
        ServiceRequest.language,
        ServiceRequest.photo_sha256.is_not(None).label("photo"),
        ServiceRequest.unit_id,
        Model.code.label("model"),
        Unit.status.label("unit_status"),
        Unit.customer_id,
        Customer.name.label("customer"),
        Unit.site_id,
        Site.name.label("site"),
        ServiceRequest.partner_id,
        Partner.name.label("partner"),
        ServiceRequest.job_id,
        Job.number.label("job_number"),
        ServiceRequest.reason,
        ServiceRequest.decided_at,
        ServiceRequest.erased_at,
    )
    .outerjoin(Unit, Unit.id == ServiceRequest.unit_id)
    .outerjoin(Model, Model.id == Unit.model_id)
    .outerjoin(Customer, Customer.id == Unit.customer_id)
    .outerjoin(Site, Site.id == Unit.site_id)
    .outerjoin(Partner, Partner.id == ServiceRequest.partner_id)
    .outerjoin(Job, Job.id == ServiceRequest.job_id),
)


async def service_requests(db: AsyncConnection, page: RequestQuery) -> Page[RequestLine]:
    """Return a page of requests, newest first."""
    statement = _REQUESTS.statement
    if page.state is not None:
        statement = statement.where(ServiceRequest.state == page.state)
    if page.cursor:
        (last,) = read_cursor(page.cursor, int)
        statement = statement.where(ServiceRequest.number < last)
    rows = await _REQUESTS.all(db, statement.order_by(ServiceRequest.number.desc()).limit(page.limit + 1))
    return page_of(rows, page.limit, "number")


async def photo_of_request(db: AsyncConnection, request_id: UUID) -> str | None:
    """Return the SHA-256 of the photo sent with a request, or None where there is none."""
    return (
        await db.execute(select(ServiceRequest.photo_sha256).where(ServiceRequest.id == request_id))
    ).scalar_one_or_none()

"""Customers as the office takes them down: who they are, whom to call, where their units stand."""

from typing import Literal
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select

from domain.customers.model import Contact, Customer, Site
from domain.customers.rules import phone_digits
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Code, Email, Language, LatitudeE6, Line, LongitudeE6, OptionalLine, Phone, TimeZone
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK

CustomerClass = Literal["vip", "key", "standard", "indirect"]


class CustomerNumberTaken(Problem, kind=Kind.CONFLICT):
    """Another customer already has this number."""


class SiteCodeTaken(Problem, kind=Kind.CONFLICT):
    """Another site already has this code."""


class CreateCustomer(Command, tag="customer.create", frozen=True, kw_only=True):
    """Create a customer.

    An indirect customer bought from a dealer and never from us.
    """

    number: Code
    name: Line
    customer_class: CustomerClass = "standard"
    language: Language = "en"


class AddContact(Command, tag="contact.add", frozen=True, kw_only=True):
    """Add a person to call at a customer; a caller is recognised by the digits of the phone number."""

    customer_id: UUID
    name: Line
    phone: Phone
    email: Email = ""


class AddSite(Command, tag="site.add", frozen=True, kw_only=True):
    """Add a place where units of a customer stand; its time zone decides what day a visit happened on."""

    customer_id: UUID
    code: Code
    name: Line
    address: Line
    city: Line
    region: OptionalLine = ""
    country: Line
    time_zone: TimeZone
    latitude_e6: LatitudeE6 | None = None
    longitude_e6: LongitudeE6 | None = None


class Added(Answer, frozen=True, kw_only=True):
    """The id of what was added."""

    id: UUID


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    CreateCustomer,
    by=DESK,
    answer=Added,
    raises=(CustomerNumberTaken,),
    creates=True,
    example=CreateCustomer(number="C-1001", name="Laundry Lindgren"),
)
async def create_customer(work: Work, cmd: CreateCustomer) -> Done:
    """Add the customer unless the number is taken."""
    if await work.db.scalar(select(Customer.id).where(Customer.number == cmd.number)):
        raise CustomerNumberTaken(f"Choose another number than {cmd.number}.", customer=cmd.number)
    work.db.add(
        Customer(
            id=work.op_id,
            number=cmd.number,
            name=cmd.name,
            customer_class=cmd.customer_class,
            language=cmd.language,
        )
    )
    return Done(Added(id=work.op_id))


async def _require_customer(work: Work, customer_id: UUID) -> None:
    if await work.db.scalar(select(Customer.id).where(Customer.id == customer_id)) is None:
        raise NotFound("There is no such customer.")


@action(
    AddContact,
    by=DESK,
    answer=Added,
    raises=(NotFound, InvalidRequest),
    creates=True,
    example=AddContact(customer_id=_ID, name="Eva Lindgren", phone="+49 30 901820"),
)
async def add_contact(work: Work, cmd: AddContact) -> Done:
    """Add the contact with the digits a caller is recognised by."""
    await _require_customer(work, cmd.customer_id)
    digits = phone_digits(cmd.phone)
    if not digits:
        raise InvalidRequest("A contact has a phone number.", field="phone")
    work.db.add(
        Contact(
            id=work.op_id,
            customer_id=cmd.customer_id,
            name=cmd.name,
            phone=cmd.phone,
            phone_digits=digits,
            email=cmd.email,
        )
    )
    return Done(Added(id=work.op_id))


@action(
    AddSite,
    by=DESK,
    answer=Added,
    raises=(NotFound, SiteCodeTaken, InvalidRequest),
    creates=True,
    example=AddSite(
        customer_id=_ID,
        code="C-1001-1",
        name="Laundry",
        address="Hauptstrasse 1",
        city="Berlin",
        country="DE",
        time_zone="Europe/Berlin",
    ),
)
async def add_site(work: Work, cmd: AddSite) -> Done:
    """Add the site unless its code is taken or its time zone is none."""
    await _require_customer(work, cmd.customer_id)
    if cmd.time_zone not in available_timezones():
        raise InvalidRequest("This is no IANA time zone such as Europe/Berlin.", field="time_zone")
    if await work.db.scalar(select(Site.id).where(Site.code == cmd.code)):
        raise SiteCodeTaken(f"Choose another code than {cmd.code}.", site=cmd.code)
    work.db.add(
        Site(
            id=work.op_id,
            customer_id=cmd.customer_id,
            code=cmd.code,
            name=cmd.name,
            address=cmd.address,
            city=cmd.city,
            region=cmd.region,
            country=cmd.country,
            time_zone=cmd.time_zone,
            latitude_e6=cmd.latitude_e6,
            longitude_e6=cmd.longitude_e6,
        )
    )
    return Done(Added(id=work.op_id))

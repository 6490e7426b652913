"""What the office can read of customers."""

from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.model import Contact, Customer, Site
from domain.customers.rules import line_of
from domain.kit.limits import OptionalLine, Phone
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest
from domain.kit.read import Read

lines_max = 500


class CustomerQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of customers: words of the name, how the number begins, or the phone number somebody calls from."""

    search: OptionalLine = ""
    phone: Phone = ""


class CustomerLine(msgspec.Struct, frozen=True):
    """A customer as the lists show it."""

    id: UUID
    number: str
    name: str
    customer_class: str
    language: str


class ContactLine(msgspec.Struct, frozen=True):
    """Whom to call."""

    id: UUID
    name: str
    phone: str
    email: str


class SiteLine(msgspec.Struct, frozen=True):
    """Where units stand."""

    id: UUID
    code: str
    name: str
    address: str
    city: str
    region: str
    country: str
    time_zone: str


class CustomerCard(msgspec.Struct, frozen=True):
    """A customer with contacts and sites."""

    customer: CustomerLine
    contacts: list[ContactLine]
    sites: list[SiteLine]


_CUSTOMERS = Read(
    CustomerLine, select(Customer.id, Customer.number, Customer.name, Customer.customer_class, Customer.language)
)
_CONTACTS = Read(ContactLine, select(Contact.id, Contact.name, Contact.phone, Contact.email))
_SITES = Read(
    SiteLine,
    select(Site.id, Site.code, Site.name, Site.address, Site.city, Site.region, Site.country, Site.time_zone),
)


def customers_calling_from(phone: str) -> ColumnElement[bool]:
    """Return the condition that a customer has a contact with this phone line. Raises: InvalidRequest."""
    line = line_of(phone)
    if line is None:
        raise InvalidRequest("A phone number has at least five digits.", field="phone")
    backwards = func.reverse(Contact.phone_digits)
    callers = select(Contact.customer_id).where(backwards >= line, backwards < f"{line}:")  # ':' follows '9'
    return Customer.id.in_(callers)


async def customers(db: AsyncConnection, page: CustomerQuery) -> Page[CustomerLine]:
    """Return a page of customers by number."""
    statement = _CUSTOMERS.statement
    if page.search:
        begins = Customer.number.startswith(page.search, autoescape=True)
        statement = statement.where(or_(Customer.name.icontains(page.search, autoescape=True), begins))
    if page.phone:
        statement = statement.where(customers_calling_from(page.phone))
    if page.cursor:
        (number,) = read_cursor(page.cursor, str)
        statement = statement.where(Customer.number > number)
    rows = await _CUSTOMERS.all(db, statement.order_by(Customer.number).limit(page.limit + 1))
    return page_of(rows, page.limit, "number")


async def customer(db: AsyncConnection, customer_id: UUID) -> CustomerCard | None:
    """Return one customer with contacts and sites, or None."""
    found = await _CUSTOMERS.first(db, _CUSTOMERS.statement.where(Customer.id == customer_id))
    if found is None:
        return None
    contacts = _CONTACTS.statement.where(Contact.customer_id == customer_id).order_by(Contact.name, Contact.id)
    sites = _SITES.statement.where(Site.customer_id == customer_id).order_by(Site.code)
    return CustomerCard(
        found, await _CONTACTS.all(db, contacts.limit(lines_max)), await _SITES.all(db, sites.limit(lines_max))
    )

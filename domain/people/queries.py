"""What can be read of people, partners and phones."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.actor import Actor, Role
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account, Device, Partner


class PeopleQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which people: of one role, or all."""

    role: Role | None = None


class PersonLine(msgspec.Struct, frozen=True):
    """A person as the lists show them."""

    id: UUID
    login: str
    name: str
    role: str
    number: int
    partner_id: UUID | None
    disabled_at: dt.datetime | None


class PartnerLine(msgspec.Struct, frozen=True):
    """A partner as the lists show it."""

    id: UUID
    code: str
    name: str
    grade: str
    region: str
    active: bool
    currency: str


class DeviceLine(msgspec.Struct, frozen=True):
    """A phone as the lists show it."""

    id: UUID
    name: str
    account_id: UUID
    app_version: str
    enrolled_at: dt.datetime
    last_seen_at: dt.datetime | None
    revoked_at: dt.datetime | None


_PEOPLE = Read(
    PersonLine,
    select(
        Account.id, Account.login, Account.name, Account.role, Account.number, Account.partner_id, Account.disabled_at
    ),
)
_PARTNERS = Read(
    PartnerLine,
    select(Partner.id, Partner.code, Partner.name, Partner.grade, Partner.region, Partner.active, Partner.currency),
)
_DEVICES = Read(
    DeviceLine,
    select(
        Device.id,
        Device.name,
        Device.account_id,
        Device.app_version,
        Device.enrolled_at,
        Device.last_seen_at,
        Device.revoked_at,
    ),
)


async def person(db: AsyncConnection | AsyncSession, actor: Actor, account_id: UUID) -> PersonLine | None:
    """Return one person the principal looks after, or None."""
    return await _PEOPLE.first(
        db, _PEOPLE.statement.where(Account.id == account_id, own_rows(actor, Account.partner_id))
    )


async def people(db: AsyncConnection, actor: Actor, page: PeopleQuery) -> Page[PersonLine]:
    """Return a page of people by login."""
    statement = _PEOPLE.statement.where(own_rows(actor, Account.partner_id))
    if page.role is not None:
        statement = statement.where(Account.role == page.role.value)
    if page.cursor:
        (login,) = read_cursor(page.cursor, str)
        statement = statement.where(Account.login > login)
    rows = await _PEOPLE.all(db, statement.order_by(Account.login).limit(page.limit + 1))
    return page_of(rows, page.limit, "login")


async def partners(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[PartnerLine]:
    """Return a page of partners by code."""
    statement = _PARTNERS.statement
    if not actor.is_office:
        statement = statement.where(Partner.id == actor.partner_id)
    if page.cursor:
        (code,) = read_cursor(page.cursor, str)
        statement = statement.where(Partner.code > code)
    rows = await _PARTNERS.all(db, statement.order_by(Partner.code).limit(page.limit + 1))
    return page_of(rows, page.limit, "code")


async def devices(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[DeviceLine]:
    """Return a page of phones, newest first."""
    statement = _DEVICES.statement.where(own_rows(actor, Device.partner_id))
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        earlier = or_(Device.enrolled_at < at, (Device.enrolled_at == at) & (Device.id < last))
        statement = statement.where(earlier)
    newest = statement.order_by(Device.enrolled_at.desc(), Device.id.desc())
    rows = await _DEVICES.all(db, newest.limit(page.limit + 1))
    return page_of(rows, page.limit, "enrolled_at", "id")

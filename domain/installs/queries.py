"""What can be read of the install base.

The office and our own technicians read any unit. A partner's people read their ``Own`` units, and nothing outside of
those is ever looked up, so that asking for a serial tells nothing about it. They are not told warranty dates,
references or who sold a unit. The statements of single units are made once: see ``Read.all``.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Date, Select, Text, bindparam, cast, func, null, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model, ModelComponent
from domain.customers.model import Customer, Site
from domain.customers.queries import customers_calling_from
from domain.installs.model import Unit, UnitComponent, UnitMove
from domain.installs.serials import normalise
from domain.kit.limits import Code, OptionalLine, Phone, Serial
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest
from domain.kit.read import AnySelect, Prepared, Read
from domain.people.model import Account

components_max = 500
same_serial_max = 20
customers_max = 200
"""A search by name looks through the units of so many customers: a name that more have is no search."""
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Own:
    """The units a partner's principal may know: a select of their ids, made once, and its parameters."""

    units: Select[UUID]
    params: dict[str, UUID]


class UnitQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of units: how the serial begins, a model's code, a customer's number or name, a caller's phone number."""

    serial: Serial | None = None
    model: Code | None = None
    customer: OptionalLine = ""
    phone: Phone = ""


class UnitLine(msgspec.Struct, frozen=True):
    """A unit as the lists show it."""

    id: UUID
    serial: str
    serial_key: str
    status: str
    model: str
    model_name: str
    customer_id: UUID | None
    customer_number: str | None
    customer_name: str | None
    site_id: UUID | None
    site_name: str | None
    city: str | None


class UnitCard(msgspec.Struct, frozen=True):
    """One unit with its model, owner and site. What a partner's people are not told is null."""

    id: UUID
    serial: str
    serial_key: str
    status: str
    name: str
    model_id: UUID
    model: str
    model_name: str
    gtin: str | None
    product_line: str
    customer_id: UUID | None
    customer_number: str | None
    customer_name: str | None
    site_id: UUID | None
    site_name: str | None
    address: str | None
    city: str | None
    time_zone: str | None
    reference_number: str | None
    warranty_type: str | None
    sold_on: dt.date | None
    installed_on: dt.date | None
    in_service_on: dt.date | None
    warranty_start_on: dt.date | None
    warranty_end_on: dt.date | None
    supplier: str | None
    dealer: str | None


class FittedComponent(msgspec.Struct, frozen=True):
    """A component in its place."""

    id: UUID
    code: str
    name: str
    component_serial: str | None
    fitted_on: dt.date


class UnitSheet(msgspec.Struct, frozen=True):
    """One unit with the components that are in it now."""

    unit: UnitCard
    components: list[FittedComponent]


class MoveLine(msgspec.Struct, frozen=True):
    """A dated change of a unit: what it was before and after, and who did it."""

    id: UUID
    on: dt.date
    kind: str
    summary: str
    before: dict[str, str | None]
    after: dict[str, str | None]
    actor: str | None
    at: dt.datetime


_LINES = Read(
    UnitLine,
    select(
        Unit.id,
        Unit.serial,
        Unit.serial_key,
        Unit.status,
        Model.code.label("model"),
        Model.name.label("model_name"),
        Unit.customer_id,
        Customer.number.label("customer_number"),
        Customer.name.label("customer_name"),
        Unit.site_id,
        Site.name.label("site_name"),
        Site.city,
    )
    .select_from(Unit)
    .join(Model, Model.id == Unit.model_id)
    .outerjoin(Customer, Customer.id == Unit.customer_id)
    .outerjoin(Site, Site.id == Unit.site_id),
)


def _card(told: bool) -> Read[UnitCard]:
    def ours(column: Any, kind: Any) -> Any:
        return column if told else cast(null(), kind).label(column.key)

    return Read(
        UnitCard,
        select(
            Unit.id,
            Unit.serial,
            Unit.serial_key,
            Unit.status,
            Unit.name,
            Unit.model_id,
            Model.code.label("model"),
            Model.name.label("model_name"),
            Model.gtin,
            Model.product_line,
            Unit.customer_id,
            Customer.number.label("customer_number"),
            Customer.name.label("customer_name"),
            Unit.site_id,
            Site.name.label("site_name"),
            Site.address,
            Site.city,
            Site.time_zone,
            ours(Unit.reference_number, Text),
            ours(Unit.warranty_type, Text),
            ours(Unit.sold_on, Date),
            ours(Unit.installed_on, Date),
            ours(Unit.in_service_on, Date),
            ours(Unit.warranty_start_on, Date),
            ours(Unit.warranty_end_on, Date),
            ours(Unit.supplier, Text),
            ours(Unit.dealer, Text),
        )
        .select_from(Unit)
        .join(Model, Model.id == Unit.model_id)
        .outerjoin(Customer, Customer.id == Unit.customer_id)
        .outerjoin(Site, Site.id == Unit.site_id),
    )


_CARDS, _PARTNERS_CARDS = _card(told=True), _card(told=False)
_COMPONENTS = Read(
    FittedComponent,
    select(
        UnitComponent.id,
        ModelComponent.code,
        ModelComponent.name,
        UnitComponent.component_serial,
        UnitComponent.fitted_on,
    ).join(ModelComponent, ModelComponent.id == UnitComponent.model_component_id),
)
_MOVES = Read(
    MoveLine,
    select(
        UnitMove.id,
        UnitMove.on,
        UnitMove.kind,
        UnitMove.summary,
        UnitMove.before,
        UnitMove.after,
        Account.name.label("actor"),
        UnitMove.at,
    ).outerjoin(Account, Account.id == UnitMove.actor_id),
)


_KEY, _ID = bindparam("key", type_=Unit.serial_key.type), bindparam("id", type_=Unit.id.type)
_BY_SERIAL = _CARDS.statement.where(Unit.serial_key == _KEY).limit(same_serial_max)
_BY_ID = _CARDS.statement.where(Unit.id == _ID)
_FITTED = (
    _COMPONENTS.statement.where(UnitComponent.unit_id == _ID, UnitComponent.removed_on.is_(None))
    .order_by(ModelComponent.code, UnitComponent.id)
    .limit(components_max)
)


@cache
def _own_by(column: Literal["key", "id"], units: Select[UUID]) -> AnySelect:
    """Return the statement that finds one among own units.

    All of them are taken first, by their jobs, and then compared: whether others have the serial cannot show in the
    time it takes.
    """
    found = select(Unit.id, Unit.serial_key).where(Unit.id.in_(units))
    mine = found.cte("own").prefix_with("MATERIALIZED", dialect="postgresql")
    fits = mine.c.serial_key == _KEY if column == "key" else mine.c.id == _ID
    return _PARTNERS_CARDS.statement.where(Unit.id.in_(select(mine.c.id).where(fits))).limit(same_serial_max)


BY_SERIAL = Prepared(_BY_SERIAL, "key")


@cache
def _own_by_serial(units: Select[UUID], *names: str) -> Prepared:
    return Prepared(_own_by("key", units), "key", *names)


async def units_by_serial(db: AsyncConnection, serial: str, own: Own | None) -> list[UnitCard]:
    """Return the units with this serial, one per model at most; one statement."""
    key = {"key": normalise(serial)}
    if own is None:
        return [UnitCard(*row) for row in await BY_SERIAL.all(db, key)]
    prepared = _own_by_serial(own.units, *sorted(own.params))
    return [UnitCard(*row) for row in await prepared.all(db, key | own.params)]


async def unit(db: AsyncConnection, unit_id: UUID, own: Own | None) -> UnitSheet | None:
    """Return one unit with its components, or None when there is none or it is not the principal's to know."""
    which = {"id": unit_id}
    if own is None:
        found = await _CARDS.first(db, _BY_ID, which)
    else:
        found = await _PARTNERS_CARDS.first(db, _own_by("id", own.units), which | own.params)
    return None if found is None else UnitSheet(found, await _COMPONENTS.all(db, _FITTED, which))


async def units(db: AsyncConnection, page: UnitQuery) -> Page[UnitLine]:
    """Return a page of the install base by serial; for the office."""
    statement: AnySelect = _LINES.statement
    if page.serial is not None:
        key = normalise(page.serial)
        if not key:
            raise InvalidRequest("A serial has at least one letter or digit.", field="serial")
        statement = statement.where(Unit.serial_key >= key, Unit.serial_key < key + _LAST)
    if page.model is not None:
        statement = statement.where(Unit.model_id == select(Model.id).where(Model.code == page.model).scalar_subquery())
    if page.customer:
        named = Customer.name.icontains(page.customer, autoescape=True)
        whose = select(Customer.id).where(or_(Customer.number == page.customer, named))
        first = whose.order_by(Customer.number).limit(customers_max)
        statement = statement.where(Unit.customer_id.in_(first))
    if page.phone:
        callers = select(Customer.id).where(customers_calling_from(page.phone))
        statement = statement.where(Unit.customer_id.in_(callers))
    if page.cursor:
        key, last = read_cursor(page.cursor, str, UUID)
        statement = statement.where(tuple_(Unit.serial_key, Unit.id) > tuple_(key, last))
    rows = await _LINES.all(db, statement.order_by(Unit.serial_key, Unit.id).limit(page.limit + 1))
    return page_of(rows, page.limit, "serial_key", "id")


async def moves(db: AsyncConnection, unit_id: UUID, page: PageQuery) -> Page[MoveLine]:
    """Return a page of a unit's dated changes, newest first; for our own people."""
    statement = _MOVES.statement.where(UnitMove.unit_id == unit_id)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(UnitMove.at, UnitMove.id) < tuple_(at, last))
    newest = statement.order_by(UnitMove.at.desc(), UnitMove.id.desc())
    return page_of(await _MOVES.all(db, newest.limit(page.limit + 1)), page.limit, "at", "id")


async def units_of_customer(db: AsyncConnection, customer_id: UUID) -> int:
    """Return how many units a customer has."""
    return int(await db.scalar(select(func.count()).where(Unit.customer_id == customer_id)) or 0)

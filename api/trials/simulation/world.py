"""The simulated world: its clock, its people and machines, and the database of the one server."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api.migrate import upgrade
from api.trials.simulation.storage import Copy, Keeper
from domain.catalog.model import Model, Programme, ProgrammeVersion
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.base import Record
from domain.kit.database import Database, connect
from domain.kit.ids import new_id
from domain.kit.work import Work, begin
from domain.people.model import Account, Authorisation, Certification, Partner
from domain.people.sessions import Person
from domain.warranty.model import WarrantyTerm

BEGINNING = dt.datetime(2040, 3, 5, 7, tzinfo=dt.UTC)
LONG_AGO = dt.date(2030, 1, 1)
"""A Monday so far ahead that no session of a schedule is over by the real clock, which the database looks at."""
TECHNICIANS = (("ann", "north"), ("nils", "north"), ("ben", "south"), ("otto", None), ("mei", None))
UNITS = 5


@dataclass(slots=True)
class Clock:
    """The server's clock; no two things happen at the same moment."""

    now: dt.datetime = BEGINNING

    def pass_by(self, span: dt.timedelta) -> None:
        """Let time pass."""
        self.now += span

    def tick(self) -> dt.datetime:
        """Return a moment that nothing else has."""
        self.now += dt.timedelta(microseconds=1)
        return self.now

    def milliseconds(self) -> int:
        """Return what ids are made with."""
        return int(self.now.timestamp() * 1000)


@dataclass(slots=True)
class Installed:
    """A machine that breaks."""

    id: UUID
    customer_id: UUID
    site_id: UUID
    contact_id: UUID


@dataclass(slots=True)
class World:
    """Who and what there is before anything happens."""

    partners: dict[str, UUID] = field(default_factory=dict)
    technicians: dict[str, Person] = field(default_factory=dict)
    dora: Actor = SYSTEM
    ada: Actor = SYSTEM
    units: list[Installed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """A migrated database with the world in it, to which every schedule comes anew."""

    database: Database
    keeper: Keeper
    world: World
    untouched: Copy

    async def renew(self) -> None:
        """Forget the last schedule."""
        await self.keeper.put_back(self.untouched)


@asynccontextmanager
async def ground(owner_url: str, app_url: str, partner_url: str) -> AsyncIterator[Ground]:
    """Migrate an empty database, put the world into it, and lend it."""
    await upgrade(owner_url)
    database = connect(app_url, partner_url, pool_size=3)
    keeper = await Keeper.open(owner_url)
    try:
        async with begin(database, SYSTEM, now=BEGINNING) as work:
            world = await _settle(work)
        yield Ground(database, keeper, world, await keeper.copy())
    finally:
        await keeper.close()
        await database.close()


async def _add(work: Work, kind: type[Record], **values: Any) -> UUID:
    row_id = new_id()
    work.db.add(kind(id=row_id, **values))
    await work.db.flush()
    return row_id


async def _settle(work: Work) -> World:
    world = World()
    for code in ("north", "south"):
        world.partners[code] = await _add(
            work, Partner, code=code.upper(), name=code.title(), grade="A", region=code, currency="EUR"
        )
        everything = {"product_line": "*", "region": "*", "from_on": LONG_AGO}
        await _add(work, Authorisation, partner_id=world.partners[code], **everything)
    for login, side in TECHNICIANS:
        partner_id = None if side is None else world.partners[side]
        world.technicians[login] = person = await _person(work, login, Role.TECHNICIAN, partner_id)
        await _add(work, Certification, account_id=person.id, product_line="*", from_on=LONG_AGO)
    for login, role in (("dora", Role.DISPATCHER), ("ada", Role.ADMIN)):
        person = await _person(work, login, role, None)
        setattr(world, login, Actor(person.id, role, name=person.name))
    await _machines(work, world)
    return world


async def _person(work: Work, login: str, role: Role, partner_id: UUID | None) -> Person:
    account_id = await _add(work, Account, login=login, name=login.title(), role=role.value, partner_id=partner_id)
    return Person(account_id, login.title(), role.value, partner_id, "en", None, None)


async def _machines(work: Work, world: World) -> None:
    programme_id = await _add(work, Programme, code="P1", name="Programme")
    long_ago, day = LONG_AGO, BEGINNING.date() - dt.timedelta(days=100)
    await _add(work, ProgrammeVersion, programme_id=programme_id, from_on=long_ago, limits={}, modes={})
    model_id = await _add(work, Model, code="WM1", name="Washer", product_line="washers", programme_id=programme_id)
    months = {"parts_months": 24, "labour_months": 24, "travel_months": 24}
    await _add(work, WarrantyTerm, model_id=model_id, from_on=long_ago, **months)
    for number in range(1, UNITS + 1):
        customer_id = await _add(
            work, Customer, number=f"C{number}", name=f"Customer {number}", customer_class="standard"
        )
        contact_id = await _add(
            work, Contact, customer_id=customer_id, name="Cyd", phone="+49 30 1", phone_digits="49301"
        )
        place = {"address": "Canal Street 1", "city": "Berlin", "region": "north", "country": "DE", "time_zone": "UTC"}
        site_id = await _add(work, Site, customer_id=customer_id, code=f"S{number}", name=f"Laundry {number}", **place)
        serial = f"SN{number:04d}"
        unit_id = await _add(
            work,
            Unit,
            model_id=model_id,
            serial=serial,
            serial_key=serial,
            status="installed",
            customer_id=customer_id,
            site_id=site_id,
            installed_on=day,
            warranty_start_on=day,
            warranty_end_on=day + dt.timedelta(days=730),
        )
        world.units.append(Installed(unit_id, customer_id, site_id, contact_id))

"""Fills a new database with an invented maker's master data: partners, people, catalogue, customers, units."""

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from api.trials.catalogue import (
    BUSINESS,
    CITIES,
    COMPONENTS,
    CONSUMABLES,
    FAMILY,
    FAULT_GROUPS,
    GIVEN,
    LINES,
    OPERATIONS,
    PARTS,
    ZH_BUSINESS,
    ZH_NAMES,
)
from domain.catalog.model import (
    FaultCode,
    FaultGroup,
    LabourOperation,
    Model,
    ModelComponent,
    Part,
    PartLimit,
    Programme,
    ProgrammeVersion,
)
from domain.customers.model import Contact, Customer, Site
from domain.installs.gs1_fields import check_digit
from domain.installs.model import Unit, UnitComponent
from domain.installs.serials import check_character_37_36, normalise
from domain.kit.actor import Role
from domain.kit.base import Record
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.people.model import Account, Partner
from domain.warranty.model import Contract, ContractUnit, WarrantyTerm

ROWS_AT_ONCE = 1000
PARTNERS = (
    ("NORTH", "Nordwerk Service GmbH", "A", "north"),
    ("SOUTH", "Alpin Technik OG", "B", "south"),
    ("WEST", "Westwind Serviços", "C", "west"),
)
OFFICE = (
    ("admin", "Ada Quist", Role.ADMIN),
    ("dora", "Dora Lang", Role.DISPATCHER),
    ("marek", "Marek Novak", Role.SERVICE_MANAGER),
    ("rex", "Rex Huber", Role.REVIEWER),
    ("petra", "Petra Sousa", Role.PARTS_MANAGER),
)


@dataclass(slots=True)
class Technician:
    """A technician of the demo, with the region they work in."""

    id: UUID
    login: str
    partner_id: UUID | None
    region: str


@dataclass(slots=True)
class Installed:
    """A unit of the demo, as the week of jobs needs it."""

    id: UUID
    model: str
    line: str
    model_id: UUID
    gtin: str
    serial: str
    status: str
    customer_id: UUID
    site_id: UUID
    contact_id: UUID
    region: str
    time_zone: str
    covered: bool


@dataclass(slots=True)
class World:
    """Everything the week of jobs refers to."""

    partners: dict[str, UUID] = field(default_factory=dict)
    offices: dict[str, UUID] = field(default_factory=dict)
    technicians: list[Technician] = field(default_factory=list)
    components: dict[tuple[str, str], UUID] = field(default_factory=dict)
    fault_codes: dict[str, list[UUID]] = field(default_factory=dict)
    operations: dict[str, UUID] = field(default_factory=dict)
    parts: dict[str, list[tuple[UUID, str, bool]]] = field(default_factory=dict)
    units: list[Installed] = field(default_factory=list)


async def _add(work: Work, cls: type[Record], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        await work.db.execute(insert(cls), rows[start : start + ROWS_AT_ONCE])


async def fill(work: Work, rng: random.Random, *, units: int, password_hash: str) -> World:
    """Fill an empty database; the same seed gives the same world, apart from the ids."""
    world = World()
    await _people(work, world, password_hash)
    models = await _catalogue(work, world)
    await _install_base(work, world, rng, models, units)
    return world


async def _people(work: Work, world: World, password_hash: str) -> None:
    partners = []
    accounts: list[dict[str, Any]] = []

    def account(login: str, name: str, role: Role, partner_id: UUID | None = None, language: str = "en") -> UUID:
        account_id = new_id()
        accounts.append(
            {
                "id": account_id,
                "login": login,
                "name": name,
                "role": role.value,
                "partner_id": partner_id,
                "language": language,
                "password_hash": password_hash,
            }
        )
        return account_id

    for code, name, grade, region in PARTNERS:
        world.partners[region] = new_id()
        partners.append(
            {
                "id": world.partners[region],
                "code": code,
                "name": name,
                "grade": grade,
                "region": region,
                "currency": "EUR",
                "deposit_minor": 500_000,
            }
        )
    await _add(work, Partner, partners)
    for login, name, role in OFFICE:
        world.offices[login] = account(login, name, role)
    for region, login, name in (
        ("north", "pam", "Pam Lind"),
        ("south", "sepp", "Sepp Adler"),
        ("west", "wanda", "Wanda Costa"),
    ):
        world.offices[login] = account(login, name, Role.PARTNER_OFFICE, world.partners[region])
    crew = (
        ("ann", "Ann Berg", "north"),
        ("nils", "Nils Wagner", "north"),
        ("karl", "Karl Lind", "north"),
        ("ben", "Ben Huber", "south"),
        ("lena", "Lena Adler", "south"),
        ("emil", "Emil Kaya", "south"),
        ("tiago", "Tiago Sousa", "west"),
        ("aoife", "Aoife Byrne", "west"),
        ("otto", "Otto Keller", "own"),
        ("mei", "李梅", "own"),
        ("jun", "王军", "own"),
        ("rosa", "Rosa Silva", "own"),
    )
    for login, name, region in crew:
        partner_id = world.partners.get(region)
        language = "zh" if login in ("mei", "jun") else "en"
        account_id = account(login, name, Role.TECHNICIAN, partner_id, language)
        world.technicians.append(Technician(account_id, login, partner_id, region))
    await _add(work, Account, accounts)


async def _catalogue(work: Work, world: World) -> list[dict[str, Any]]:
    programme_id = new_id()
    await _add(work, Programme, [{"id": programme_id, "code": "STANDARD", "name": "Standard warranty"}])
    version = {"id": new_id(), "programme_id": programme_id, "from_on": dt.date(2020, 1, 1), "limits": {}, "modes": {}}
    await _add(work, ProgrammeVersion, [version])
    models: list[dict[str, Any]] = []
    components: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []
    for line_no, line in enumerate(LINES):
        for size_no, size in enumerate(line.sizes):
            code = f"{line.stem}{size}"
            body = f"40{line_no}5512{size_no:03d}{size % 100:02d}"[:12].ljust(12, "0")
            model_id = new_id()
            models.append(
                {
                    "id": model_id,
                    "code": code,
                    "gtin": f"0{body}{check_digit(body)}",
                    "name": f"{line.name} {size} {line.unit}",
                    "name_zh": f"{line.name_zh} {size} {line.unit}",
                    "product_line": line.name,
                    "serial_pattern": rf"(?P<serial>{code}-\d{{4}}-\d{{6}}[0-9A-Z])",
                    "programme_id": programme_id,
                }
            )
            terms.append(
                {
                    "id": new_id(),
                    "model_id": model_id,
                    "from_on": dt.date(2015, 1, 1),
                    "parts_months": 24,
                    "labour_months": 24,
                    "travel_months": 12,
                }
            )
            for name in line.components:
                title, title_zh, designator, pattern, serialised = COMPONENTS[name]
                world.components[code, name] = new_id()
                components.append(
                    {
                        "id": world.components[code, name],
                        "model_id": model_id,
                        "code": name.upper(),
                        "name": title,
                        "name_zh": title_zh,
                        "designator": designator,
                        "designator_pattern": pattern,
                        "serialised": serialised,
                    }
                )
    await _add(work, Model, models)
    await _add(work, WarrantyTerm, terms)
    await _add(work, ModelComponent, components)
    groups, codes = [], []
    group_ids: dict[str, UUID] = {}
    for group, (name, name_zh, members) in FAULT_GROUPS.items():
        group_ids[group] = new_id()
        groups.append({"id": group_ids[group], "code": group, "name": name, "name_zh": name_zh})
        for code, title, title_zh in members:
            code_id = new_id()
            world.fault_codes.setdefault(group, []).append(code_id)
            codes.append(
                {
                    "id": code_id,
                    "code": code,
                    "fault_group_id": group_ids[group],
                    "name": title,
                    "name_zh": title_zh,
                    "no_fault_found": group == "NFF",
                }
            )
    await _add(work, FaultGroup, groups)
    await _add(work, FaultCode, codes)
    operations = []
    for code, name, name_zh, minutes in OPERATIONS:
        world.operations[code] = new_id()
        operations.append(
            {"id": world.operations[code], "code": code, "name": name, "name_zh": name_zh, "standard_minutes": minutes}
        )
    await _add(work, LabourOperation, operations)
    await _parts(work, world, group_ids)
    return models


async def _parts(work: Work, world: World, group_ids: dict[str, UUID]) -> None:
    parts: list[dict[str, Any]] = []

    def part(number: str, name: str, name_zh: str, measure: str, price: int, *flags: bool) -> UUID:
        claimable, key_part, serialised = flags
        part_id = new_id()
        parts.append(
            {
                "id": part_id,
                "number": number,
                "name": name,
                "name_zh": name_zh,
                "unit_of_measure": measure,
                "claimable": claimable,
                "key_part": key_part,
                "serialised": serialised,
                "price_minor": price,
                "currency": "EUR",
            }
        )
        return part_id

    limits = []
    for line in LINES:
        for component in line.components:
            for no, (name, name_zh, claimable, key, serialised, price) in enumerate(PARTS[component]):
                number = f"{line.stem}-{component[:3].upper()}-{no + 1:02d}"
                part_id = part(
                    number, f"{name}, {line.name.lower()}", name_zh, "pcs", price, claimable, key, serialised
                )
                world.parts.setdefault(f"{line.name}/{component}", []).append((part_id, "pcs", serialised))
                if key:
                    limits += [
                        {"id": new_id(), "fault_group_id": group_ids[group], "part_id": part_id, "quantity_max": 1}
                        for group in ("POWER", "LOGIC", "COLD")
                    ]
    for number, name, name_zh, measure, price in CONSUMABLES:
        part_id = part(number, name, name_zh, measure, price, False, False, False)
        world.parts.setdefault("consumables", []).append((part_id, measure, False))
    await _add(work, Part, parts)
    await _add(work, PartLimit, limits)


def serial_of(rng: random.Random, model: str, made_on: dt.date, number: int) -> str:
    """Return a serial as the maker prints it: model, year and week, running number, check character."""
    year, week, _ = made_on.isocalendar()
    body = f"{model}-{year % 100:02d}{week:02d}-{number:06d}"
    return body + check_character_37_36(body.replace("-", ""))


async def _install_base(work: Work, world: World, rng: random.Random, models: list[dict[str, Any]], count: int) -> None:
    customers, contacts, sites = [], [], []
    places: list[tuple[UUID, UUID, UUID, str, str]] = []
    for no in range(400):
        city, region, country, time_zone, streets = CITIES[no % len(CITIES)]
        chinese = country == "CN"
        owner = f"{city}{rng.choice(ZH_BUSINESS)}" if chinese else f"{rng.choice(FAMILY)} {rng.choice(BUSINESS)}"
        person = rng.choice(ZH_NAMES) if chinese else f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        customer_id, contact_id = new_id(), new_id()
        customers.append(
            {
                "id": customer_id,
                "number": f"C{10001 + no}",
                "name": f"{owner} {no + 1}" if not chinese else f"{owner}{no + 1}号",
                "customer_class": rng.choices(("vip", "key", "standard", "indirect"), (1, 3, 12, 4))[0],
                "language": "zh" if chinese else "en",
            }
        )
        phone = f"+86 512 {rng.randrange(10**7, 10**8)}" if chinese else f"+49 40 {rng.randrange(10**6, 10**7)}"
        contacts.append(
            {
                "id": contact_id,
                "customer_id": customer_id,
                "name": person,
                "phone": phone,
                "phone_digits": "".join(filter(str.isdigit, phone)),
                "email": f"service.{no + 1}@customer.example",
            }
        )
        for place in range(1 + (no % 3 == 0)):
            site_id = new_id()
            sites.append(
                {
                    "id": site_id,
                    "customer_id": customer_id,
                    "code": f"S{10001 + no}-{place + 1}",
                    "name": ("Main building", "Annex")[place] if not chinese else ("主楼", "副楼")[place],
                    "address": f"{rng.choice(streets)} {rng.randrange(1, 180)}",
                    "city": city,
                    "region": region,
                    "country": country,
                    "time_zone": time_zone,
                }
            )
            places.append((customer_id, site_id, contact_id, region, time_zone))
    await _add(work, Customer, customers)
    await _add(work, Contact, contacts)
    await _add(work, Site, sites)
    await _units(work, world, rng, models, places, count)


async def _units(
    work: Work,
    world: World,
    rng: random.Random,
    models: list[dict[str, Any]],
    places: list[tuple[UUID, UUID, UUID, str, str]],
    count: int,
) -> None:
    today = work.now.date()
    units, fitted = [], []
    for no in range(count):
        model = models[no % len(models)]
        made_on = today - dt.timedelta(days=rng.randrange(30, 5 * 365))
        sold_on = made_on + dt.timedelta(days=rng.randrange(5, 60))
        status = rng.choices(
            ("installed", "sold", "in_stock", "scrapped", "stolen", "returned"), (900, 50, 30, 12, 3, 5)
        )[0]
        if sold_on > today:
            status = "in_stock"
        owned = status != "in_stock"
        customer_id, site_id, contact_id, region, time_zone = rng.choice(places)
        serial = serial_of(rng, model["code"], made_on, no + 1)
        unit_id = new_id()
        units.append(
            {
                "id": unit_id,
                "model_id": model["id"],
                "serial": serial,
                "serial_key": normalise(serial),
                "status": status,
                "customer_id": customer_id if owned else None,
                "site_id": site_id if owned else None,
                "sold_on": sold_on if owned else None,
                "installed_on": sold_on + dt.timedelta(days=7) if status == "installed" else None,
                "warranty_start_on": sold_on if owned else None,
                "warranty_end_on": None,
                "reference_number": f"SO-{rng.randrange(10**5, 10**6)}" if owned else "",
                "supplier": "own works",
            }
        )
        line = model["product_line"]
        if status == "installed":
            code = model["code"]
            board = f"BD{rng.randrange(10**7, 10**8)}-{no}"
            fitted.append(
                {
                    "id": new_id(),
                    "unit_id": unit_id,
                    "model_component_id": world.components[code, "board"],
                    "component_serial": board,
                    "fitted_on": made_on,
                }
            )
            covered = (today - sold_on).days < 330
            world.units.append(
                Installed(
                    unit_id,
                    code,
                    line,
                    model["id"],
                    model["gtin"],
                    serial,
                    status,
                    customer_id,
                    site_id,
                    contact_id,
                    region,
                    time_zone,
                    covered,
                )
            )
    await _add(work, Unit, units)
    await _add(work, UnitComponent, fitted)
    await _contracts(work, world, today)


async def _contracts(work: Work, world: World, today: dt.date) -> None:
    uncovered = [unit for unit in world.units if not unit.covered][:200]
    contracts, listed = [], []
    for no, unit in enumerate(uncovered):
        contract_id = new_id()
        contracts.append(
            {
                "id": contract_id,
                "number": f"K{20001 + no}",
                "customer_id": unit.customer_id,
                "name": "Full service",
                "status": "active",
                "contract_type": "full_service",
                "starts_on": today - dt.timedelta(days=200),
                "ends_on": today + dt.timedelta(days=530),
                "charging_mode": "flat",
                "response_mode": "next_business_day",
                "response_hours": 8,
                "covers_parts": True,
                "covers_labour": True,
                "covers_travel": True,
            }
        )
        listed.append({"contract_id": contract_id, "unit_id": unit.id})
        unit.covered = True
    await _add(work, Contract, contracts)
    await _add(work, ContractUnit, listed)

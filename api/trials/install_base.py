"""The demo's install base: customers, their sites, the units that stand there, and some contracts."""

import datetime as dt
import random
from typing import Any
from uuid import UUID

from api.trials.catalogue import BUSINESS, CITIES, FAMILY, GIVEN, ZH_BUSINESS, ZH_NAMES
from api.trials.world import Installed, World, add_rows
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit, UnitComponent
from domain.installs.serials import check_character_37_36, normalise
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.warranty.model import Contract, ContractUnit


def serial_of(rng: random.Random, model: str, made_on: dt.date, number: int) -> str:
    """Return a serial as the maker prints it: model, year and week, running number, check character."""
    year, week, _ = made_on.isocalendar()
    body = f"{model}-{year % 100:02d}{week:02d}-{number:06d}"
    return body + check_character_37_36(body.replace("-", ""))


async def install_base(work: Work, world: World, rng: random.Random, models: list[dict[str, Any]], count: int) -> None:
    """Sell and install ``count`` units of the models at 400 customers of the maker."""
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
    await add_rows(work, Customer, customers)
    await add_rows(work, Contact, contacts)
    await add_rows(work, Site, sites)
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
    await add_rows(work, Unit, units)
    await add_rows(work, UnitComponent, fitted)
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
    await add_rows(work, Contract, contracts)
    await add_rows(work, ContractUnit, listed)

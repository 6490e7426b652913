"""Fills a new database with an invented maker's master data: partners, people, catalogue, customers, units."""

import datetime as dt
import random
from typing import Any
from uuid import UUID

from api.trials.catalogue import (
    COMPONENTS,
    CONSUMABLES,
    FAULT_GROUPS,
    LINES,
    OPERATIONS,
    PARTS,
)
from api.trials.install_base import install_base
from api.trials.world import Technician, World, add_rows
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
from domain.installs.gs1_fields import check_digit
from domain.kit.actor import Role
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.people.model import Account, Authorisation, Certification, Partner
from domain.warranty.model import WarrantyTerm

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


async def fill(work: Work, rng: random.Random, *, units: int, password_hash: str) -> World:
    """Fill an empty database; the same seed gives the same world, apart from the ids."""
    world = World()
    await _people(work, world, password_hash)
    models = await _catalogue(work, world)
    await install_base(work, world, rng, models, units)
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
    await add_rows(work, Partner, partners)
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
    await add_rows(work, Account, accounts)
    since = {"product_line": "*", "from_on": dt.date(2015, 1, 1)}
    await add_rows(
        work,
        Authorisation,
        [{"id": new_id(), "partner_id": one["id"], "region": one["region"]} | since for one in partners],
    )
    crew_ids = [one.id for one in world.technicians]
    await add_rows(work, Certification, [{"id": new_id(), "account_id": one} | since for one in crew_ids])


async def _catalogue(work: Work, world: World) -> list[dict[str, Any]]:
    programme_id = new_id()
    await add_rows(work, Programme, [{"id": programme_id, "code": "STANDARD", "name": "Standard warranty"}])
    # The dearest of the parts come back before they are paid.
    terms_of_payment = {"limits": {"core_return_minor": 15_000}, "modes": {}}
    version = {"id": new_id(), "programme_id": programme_id, "from_on": dt.date(2020, 1, 1), **terms_of_payment}
    await add_rows(work, ProgrammeVersion, [version])
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
    await add_rows(work, Model, models)
    work.changes.touch_all("catalogue", "model", (one["id"] for one in models))
    await add_rows(work, WarrantyTerm, terms)
    await add_rows(work, ModelComponent, components)
    groups: list[dict[str, Any]] = []
    codes: list[dict[str, Any]] = []
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
    await add_rows(work, FaultGroup, groups)
    await add_rows(work, FaultCode, codes)
    work.changes.touch_all("codes", "fault_code", (one["id"] for one in codes))
    operations = []
    for code, name, name_zh, minutes in OPERATIONS:
        world.operations[code] = new_id()
        operations.append(
            {"id": world.operations[code], "code": code, "name": name, "name_zh": name_zh, "standard_minutes": minutes}
        )
    await add_rows(work, LabourOperation, operations)
    work.changes.touch_all("codes", "labour_operation", world.operations.values())
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
    await add_rows(work, Part, parts)
    work.changes.touch_all("catalogue", "part", (one["id"] for one in parts))
    await add_rows(work, PartLimit, limits)

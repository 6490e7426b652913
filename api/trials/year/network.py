"""Builds the network of the year: partners of several sizes, their technicians, a catalogue, customers and units."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

from api.trials.catalogue import CITIES, COMPONENTS, FAULT_GROUPS, LINES, OPERATIONS, PARTS
from api.trials.install_base import serial_of
from api.trials.year.world import FIRST_DAY, LAST_DAY, YEAR, Ids, Partner, Rows, Site, Technician, Unit, World
from domain.installs.gs1_fields import check_digit
from domain.installs.serials import normalise
from domain.warranty.rules import add_months

BEGUN = dt.datetime(YEAR - 6, 1, 1, tzinfo=dt.UTC)
CLAIMS_A_TECHNICIAN = 450
UNITS_A_CLAIM = 2
REGIONS = sorted({city[1] for city in CITIES})
MONTHS = {"Heat pump": (36, 36, 24), "Door drive": (24, 24, 24)}
"""Months of warranty for parts, labour and travel where a line has better ones than ``MONTHS_ELSE``."""
MONTHS_ELSE = (24, 24, 12)
OFFICE = (
    ("marek", "service_manager"),
    ("rex", "reviewer"),
    ("rita", "reviewer"),
    ("ada", "admin"),
    ("dora", "dispatcher"),
)


def build(seed: int, claims: int) -> tuple[World, Rows]:
    """Return the world that so many claims a year come from, and its rows."""
    rng = random.Random(seed)
    world, rows = World(rng, Ids(rng)), Rows()
    _catalogue(world, rows)
    _people(world, rows, claims)
    sites = _sites(world, rows, claims)
    _units(world, rows, sites, claims * UNITS_A_CLAIM)
    return world, rows


def _people(world: World, rows: Rows, claims: int) -> None:
    rng = world.rng
    for login, role in OFFICE:
        world.office[login] = world.ids.at(BEGUN)
        _account(rows, world.office[login], login, role, None, "+49 30 5550100")
    technicians = max(10, claims // CLAIMS_A_TECHNICIAN)
    count = max(5, technicians // 5)
    sizes = [rng.lognormvariate(0, 0.8) for _ in range(count)]
    lines = tuple(line.name for line in LINES)
    for no, size in enumerate(sizes):
        left_out = set(rng.sample(lines, rng.choice((0, 0, 1, 1, 2))))
        phone = f"+49 40 7{rng.randrange(10**5, 10**6)}"
        partner = Partner(
            id=world.ids.at(BEGUN),
            code=f"P{no + 1:03d}",
            region=REGIONS[no % len(REGIONS)],
            size=size,
            honesty=rng.betavariate(8, 1),
            phone=phone,
            lines=tuple(line for line in lines if line not in left_out),
        )
        world.partners.append(partner)
        grade = rng.choices("ABC", (2, 5, 3))[0]
        rows.add(
            "partner",
            id=partner.id,
            code=partner.code,
            name=f"Service {partner.code}",
            grade=grade,
            region=partner.region,
            currency="EUR",
        )
        _account(rows, world.ids.at(BEGUN), f"{partner.code.lower()}.office", "partner_office", partner.id, phone)
        for number in range(max(1, round(technicians * size / sum(sizes)))):
            technician = Technician(
                id=world.ids.at(BEGUN),
                partner=partner,
                home=rng.randrange(5, 40),
                pace=rng.uniform(0.68, 0.9),
                diligence=rng.uniform(0.3, 0.95),
            )
            partner.technicians.append(technician)
            mobile = f"+49 170 {rng.randrange(10**6, 10**7)}"
            _account(rows, technician.id, f"{partner.code.lower()}.{number + 1}", "technician", partner.id, mobile)


def _account(rows: Rows, account_id: object, login: str, role: str, partner_id: object, phone: str) -> None:
    rows.add("account", id=account_id, login=login, name=login, role=role, partner_id=partner_id, phone=phone)


def _catalogue(world: World, rows: Rows) -> None:
    ids = world.ids
    programme_id = ids.at(BEGUN)
    rows.add("programme", id=programme_id, code="STANDARD", name="Standard warranty")
    rows.add(
        "programme_version", id=ids.at(BEGUN), programme_id=programme_id, from_on=BEGUN.date(), limits="{}", modes="{}"
    )
    for line_no, line in enumerate(LINES):
        parts_months, labour_months, travel_months = MONTHS.get(line.name, MONTHS_ELSE)
        for size_no, size in enumerate(line.sizes):
            model_id, code = ids.at(BEGUN), f"{line.stem}{size}"
            rows.add(
                "model",
                id=model_id,
                code=code,
                gtin=gtin_of(line_no, size_no),
                name=f"{line.name} {size} {line.unit}",
                product_line=line.name,
                programme_id=programme_id,
            )
            rows.add(
                "warranty_term",
                id=ids.at(BEGUN),
                model_id=model_id,
                from_on=BEGUN.date(),
                parts_months=parts_months,
                labour_months=labour_months,
                travel_months=travel_months,
            )
            for name in line.components:
                world.components[code, name] = ids.at(BEGUN)
                title, _, designator, pattern, serialised = COMPONENTS[name]
                rows.add(
                    "model_component",
                    id=world.components[code, name],
                    model_id=model_id,
                    code=name.upper(),
                    name=title,
                    designator=designator,
                    designator_pattern=pattern,
                    serialised=serialised,
                )
            world.components[code, ""] = model_id
        for component in line.components:
            for no, (name, _, claimable, key, serialised, price) in enumerate(PARTS[component]):
                number = part_number(line.stem, component, no)
                world.parts[number] = (ids.at(BEGUN), serialised)
                rows.add(
                    "part",
                    id=world.parts[number][0],
                    number=number,
                    name=name,
                    unit_of_measure="pcs",
                    claimable=claimable,
                    key_part=key,
                    serialised=serialised,
                    price_minor=price,
                    currency="EUR",
                )
    for group, (name, _, members) in FAULT_GROUPS.items():
        group_id = ids.at(BEGUN)
        rows.add("fault_group", id=group_id, code=group, name=name)
        for part_id, _ in world.parts.values():
            rows.add("part_limit", id=ids.at(BEGUN), fault_group_id=group_id, part_id=part_id, quantity_max=1)
        for code, title, _ in members:
            world.codes[code] = ids.at(BEGUN)
            rows.add(
                "fault_code",
                id=world.codes[code],
                code=code,
                fault_group_id=group_id,
                name=title,
                no_fault_found=group == "NFF",
            )
    for code, name, _, minutes in OPERATIONS:
        world.operations[code] = (ids.at(BEGUN), minutes)
        rows.add("labour_operation", id=world.operations[code][0], code=code, name=name, standard_minutes=minutes)


def part_number(stem: str, component: str, no: int) -> str:
    """Return the number under which the catalogue lists a part of a line's component."""
    return f"{stem}-{component[:3].upper()}-{no + 1:02d}"


def gtin_of(line_no: int, size_no: int) -> str:
    """Return the article number of a model as a GTIN-14."""
    body = f"40055120{line_no:02d}{size_no:02d}"
    return f"0{body}{check_digit(body)}"


def _sites(world: World, rows: Rows, claims: int) -> list[Site]:
    rng, found = world.rng, []
    for no in range(max(200, claims // 4)):
        city, region, country, zone, streets = CITIES[no % len(CITIES)]
        customer_id = world.ids.at(BEGUN)
        rows.add(
            "customer", id=customer_id, number=f"C{100001 + no}", name=f"Customer {no + 1}", customer_class="standard"
        )
        digits = f"4940{rng.randrange(10**7, 10**8)}"
        rows.add(
            "contact",
            id=world.ids.at(BEGUN),
            customer_id=customer_id,
            name=f"Contact {no + 1}",
            phone=f"+{digits}",
            phone_digits=digits,
        )
        site = Site(
            world.ids.at(BEGUN), customer_id, region, ZoneInfo(zone), min(110, 8 + int(rng.lognormvariate(3, 0.55)))
        )
        found.append(site)
        rows.add(
            "site",
            id=site.id,
            customer_id=customer_id,
            code=f"S{100001 + no}",
            name="Main building",
            address=f"{rng.choice(streets)} {rng.randrange(1, 180)}",
            city=city,
            region=region,
            country=country,
            time_zone=zone,
        )
    return found


def _units(world: World, rows: Rows, sites: list[Site], count: int) -> None:
    """Sell units over five years, more of them lately: that is what stands under warranty."""
    rng = world.rng
    days = (LAST_DAY - BEGUN.date()).days
    models = [
        (line_no, size_no, line, size) for line_no, line in enumerate(LINES) for size_no, size in enumerate(line.sizes)
    ]
    for no in range(count):
        line_no, size_no, line, size = models[no % len(models)]
        made_on = LAST_DAY - dt.timedelta(days=int(days * rng.random() ** 1.7))
        sold_on = made_on + dt.timedelta(days=rng.randrange(3, 60))
        months = MONTHS.get(line.name, MONTHS_ELSE)[0]
        code = f"{line.stem}{size}"
        serial = serial_of(rng, code, made_on, no + 1)
        status = rng.choices(("installed", "sold", "idle", "unconfirmed"), (930, 50, 15, 5))[0]
        if status == "idle":
            status = rng.choice(("in_stock", "scrapped", "stolen", "returned"))
        unit = Unit(
            id=world.ids.at(BEGUN),
            model=code,
            line=line.name,
            gtin=gtin_of(line_no, size_no),
            serial=serial,
            key=normalise(serial),
            site=rng.choice(sites),
            sold_on=sold_on,
            covered_to=add_months(sold_on, months),
            status=status,
        )
        rows.add(
            "unit",
            id=unit.id,
            model_id=world.components[code, ""],
            serial=serial,
            serial_key=unit.key,
            status=status,
            customer_id=unit.site.customer_id,
            site_id=unit.site.id,
            sold_on=sold_on,
            warranty_start_on=sold_on,
        )
        if unit.covered_to < FIRST_DAY:
            continue
        if status in ("installed", "sold"):
            world.units[unit.site.region, unit.line].append(unit)
        else:
            (world.doubtful if status == "unconfirmed" else world.idle).append(unit)

"""Builds the network of the year: partners of several sizes, their technicians, a catalogue, customers and units."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

from api.trials.catalogue import CITIES, COMPONENTS, FAULT_GROUPS, LINES, OPERATIONS, PARTS
from api.trials.install_base import serial_of
from api.trials.year.world import FIRST_DAY, LAST_DAY, YEAR, Ids, Partner, Place, Rows, Site, Technician, Unit, World
from domain.installs.gs1_fields import check_digit
from domain.installs.serials import normalise
from domain.warranty.rules import add_months

BEGUN = dt.datetime(YEAR - 6, 1, 1, tzinfo=dt.UTC)
CLAIMS_A_TECHNICIAN = 450
UNITS_A_CLAIM = 6
MADE_YEARS = 3.7
"""Older ones are out of warranty and of no interest here."""
PLACES = {
    "Hamburg": Place(53.55, 9.99),
    "Kiel": Place(54.32, 10.13),
    "München": Place(48.14, 11.58),
    "Wien": Place(48.21, 16.37),
    "Porto": Place(41.15, -8.61),
    "Dublin": Place(53.35, -6.26),
    "Suzhou": Place(31.3, 120.6),
    "Shanghai": Place(31.23, 121.47),
}
CHARTED = 0.7
AGREED = '{"core_return_minor": 25000}'
"""What the contracts with the partners say beside the usual: dearer old parts are sent back."""
SHARED_NUMBERS = 0.02
"""So many contacts have the number of another customer's: house managers, chains."""
MONTHS = {"Heat pump": (36, 36, 24), "Door drive": (24, 24, 24)}
"""Months of warranty for parts, labour and travel where a line has better ones than ``MONTHS_ELSE``."""
MONTHS_ELSE = (24, 24, 12)
OFFICE = (
    ("marek", "service_manager"),
    ("rex", "reviewer"),
    ("rita", "reviewer"),
    ("ada", "admin"),
    ("dora", "dispatcher"),
    ("petra", "parts_manager"),
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
        city, region = CITIES[no % len(CITIES)][:2]
        partner = Partner(
            id=world.ids.at(BEGUN),
            code=f"P{no + 1:03d}",
            city=city,
            region=region,
            size=size,
            honesty=rng.betavariate(8, 1),
            phone=phone,
            lines=tuple(line for line in lines if line not in left_out),
        )
        world.partners.append(partner)
        _authorise(world, rows, partner, left_out)
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
            skipped = rng.choice(partner.lines) if rng.random() < 0.4 else ""
            technician = Technician(
                id=world.ids.at(BEGUN),
                partner=partner,
                lines=tuple(line for line in partner.lines if line != skipped),
                base=PLACES[city].near(rng, 6),
                pace=rng.uniform(0.68, 0.9),
                diligence=rng.uniform(0.3, 0.95),
                load=rng.lognormvariate(0, 0.6),
            )
            partner.technicians.append(technician)
            for line in technician.lines:
                certified = {"account_id": technician.id, "product_line": line, "from_on": BEGUN.date()}
                rows.add("certification", id=world.ids.at(BEGUN), **certified)
            mobile = f"+49 170 {rng.randrange(10**6, 10**7)}"
            _account(rows, technician.id, f"{partner.code.lower()}.{number + 1}", "technician", partner.id, mobile)


def _authorise(world: World, rows: Rows, partner: Partner, left_out: set[str]) -> None:
    """Authorise a partner for its lines; of the others, it lost some when the last year ended."""
    until = dict.fromkeys(partner.lines) | {line: FIRST_DAY - dt.timedelta(days=1) for line in left_out}
    for line in sorted(until):
        rows.add(
            "authorisation",
            id=world.ids.at(BEGUN),
            partner_id=partner.id,
            product_line=line,
            region=partner.region,
            from_on=BEGUN.date(),
            to_on=until[line],
        )


def _account(rows: Rows, account_id: object, login: str, role: str, partner_id: object, phone: str) -> None:
    rows.add("account", id=account_id, login=login, name=login, role=role, partner_id=partner_id, phone=phone)


def _catalogue(world: World, rows: Rows) -> None:
    ids = world.ids
    programme_id = ids.at(BEGUN)
    rows.add("programme", id=programme_id, code="STANDARD", name="Standard warranty")
    version = {"programme_id": programme_id, "from_on": BEGUN.date(), "limits": AGREED, "modes": "{}"}
    rows.add("programme_version", id=ids.at(BEGUN), **version)
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
    rng, numbers = world.rng, ["494012345678"]
    found: list[Site] = []
    for no in range(max(200, claims // 4)):
        city, region, country, zone, streets = CITIES[no % len(CITIES)]
        site_id, customer_id, contact_id = (world.ids.at(BEGUN) for _ in range(3))
        number = f"C{100001 + no}"
        rows.add("customer", id=customer_id, number=number, name=f"Customer {no + 1}", customer_class="standard")
        digits = rng.choice(numbers) if rng.random() < SHARED_NUMBERS else f"4940{rng.randrange(10**7, 10**8)}"
        numbers.append(digits)
        rows.add(
            "contact",
            id=contact_id,
            customer_id=customer_id,
            name=f"Contact {no + 1}",
            phone=f"+{digits}",
            phone_digits=digits,
        )
        place = PLACES[city].near(rng, 9)
        site = Site(site_id, customer_id, contact_id, city, region, ZoneInfo(zone), place, rng.random() < CHARTED)
        found.append(site)
        rows.add(
            "site",
            id=site.id,
            customer_id=site.customer_id,
            code=f"S{100001 + no}",
            name="Main building",
            address=f"{rng.choice(streets)} {rng.randrange(1, 180)}",
            city=city,
            region=region,
            country=country,
            time_zone=zone,
            **position(place if site.charted else None),
        )
    return found


def position(place: Place | None) -> dict[str, int | None]:
    """Return the columns of a place, in millionths of a degree."""
    if place is None:
        return {"latitude_e6": None, "longitude_e6": None}
    return {"latitude_e6": round(place.latitude * 1e6), "longitude_e6": round(place.longitude * 1e6)}


def _units(world: World, rows: Rows, sites: list[Site], count: int) -> None:
    """Sell units over some years, more of them lately; numbers run along each model's line of production."""
    rng = world.rng
    days = MADE_YEARS * 365
    models = [(a, b, line, size) for a, line in enumerate(LINES) for b, size in enumerate(line.sizes)]
    number = 0
    for line_no, size_no, line, size in models:
        code, gtin = f"{line.stem}{size}", gtin_of(line_no, size_no)
        months = MONTHS.get(line.name, MONTHS_ELSE)[0]
        made = sorted(
            LAST_DAY - dt.timedelta(days=int(days * rng.random() ** 1.2)) for _ in range(count // len(models))
        )
        for made_on in made:
            number += 1
            unit = _unit(world, rng.choice(sites), code, line.name, gtin, made_on, months, number)
            world.made[code].append(unit)
            rows.add(
                "unit",
                id=unit.id,
                model_id=world.components[code, ""],
                serial=unit.serial,
                serial_key=unit.key,
                status=unit.status,
                customer_id=unit.site.customer_id,
                site_id=unit.site.id,
                sold_on=unit.sold_on,
                warranty_start_on=unit.sold_on,
            )
            if unit.covered_to < FIRST_DAY:
                continue
            if unit.status in ("installed", "sold"):
                world.units[unit.site.city, unit.line].append(unit)
                unit.site.units.append(unit)
            else:
                (world.doubtful if unit.status == "unconfirmed" else world.idle).append(unit)


def _unit(
    world: World, site: Site, code: str, line: str, gtin: str, made_on: dt.date, months: int, number: int
) -> Unit:
    rng = world.rng
    sold_on = made_on + dt.timedelta(days=rng.randrange(3, 60))
    serial = serial_of(rng, code, made_on, number)
    status = rng.choices(("installed", "sold", "idle", "unconfirmed"), (930, 50, 15, 5))[0]
    if status == "idle":
        status = rng.choice(("in_stock", "scrapped", "stolen", "returned"))
    key, covered_to = normalise(serial), add_months(sold_on, months)
    return Unit(world.ids.at(BEGUN), code, line, gtin, serial, key, site, sold_on, covered_to, status)

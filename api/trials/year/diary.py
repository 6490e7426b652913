"""Tells the honest visits of the year: who drove where on which day, what was wrong and what the sheet says."""

import datetime as dt
import math
import random
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from api.trials.catalogue import DESIGNATORS, FAULT_GROUPS, LINES, OPERATION_FOR, PARTS
from api.trials.year.network import part_number
from api.trials.year.world import FIRST_DAY, LAST_DAY, Fitted, Picture, Place, Story, Technician, Unit, World

COMPONENT = {
    "POWER": ("board",),
    "LOGIC": ("board",),
    "COLD": ("compressor",),
    "WATER": ("pump",),
    "MOTION": ("fan", "motor"),
    "SENSE": ("sensor",),
    "PANEL": ("display",),
    "NFF": ("board",),
}
"""Where a fault of each group sits, in the lines that have it."""
OPERATION = {**OPERATION_FOR, "motor": "R40"}
COLD_MONTHS = (1.9, 1.7, 1.3, 0.9, 0.6, 0.5, 0.5, 0.5, 0.7, 1.1, 1.6, 1.9)
HOT_MONTHS = (0.4, 0.4, 0.5, 0.8, 1.2, 1.9, 2.3, 2.1, 1.1, 0.6, 0.4, 0.4)
SEASON = {"Heat pump": COLD_MONTHS, "Split air conditioner": HOT_MONTHS, "Ice machine": HOT_MONTHS}
FLAT = (1.0,) * 12
FAULT_WEIGHTS = {"POWER": 4, "LOGIC": 4, "COLD": 3, "WATER": 3, "MOTION": 3, "SENSE": 4, "PANEL": 2, "NFF": 1.4}
STEM = {line.name: line.stem for line in LINES}
HAS = {line.name: set(line.components) for line in LINES}
ANY_REPAIR_DAYS = 21
SAME_REPAIR_DAYS = 75
"""A repair that is broken again sooner is made good without being claimed: so say the partners' contracts."""
NEW_DAYS = 15
"""What fails sooner goes back to the dealer."""
TRIES = 40


def tell(world: World, claims: int) -> list[Story]:
    """Return so many honest stories in the order in which their sheets reach us."""
    stories: list[Story] = []
    size = sum(partner.size for partner in world.partners)
    total = claims * 1.12 + 20
    for partner in world.partners:
        load = sum(technician.load for technician in partner.technicians)
        for technician in partner.technicians:
            stories += _year_of(world, technician, total * partner.size / size * technician.load / load)
    if len(stories) < claims:
        raise RuntimeError(f"the network brings {len(stories)} claims only")
    world.rng.shuffle(stories)
    return in_order(stories[:claims])


def in_order(stories: list[Story]) -> list[Story]:
    """Return stories by the moment they reached us."""
    return sorted(stories, key=lambda story: (story.submitted_at, story.arrived_at, story.unit.key))


def _year_of(world: World, technician: Technician, visits: float) -> Iterator[Story]:
    rng = world.rng
    a_day = visits / 262
    day = FIRST_DAY
    while day <= LAST_DAY:
        if day.weekday() < 5 or rng.random() < 0.02:
            hour, here, been = 8.0 + rng.random(), technician.base, set[Place]()
            for _ in range(min(5, _poisson(rng, a_day))):
                story = _visit(world, technician, day, hour, here, been)
                if story is None or hour > 17.5:
                    break
                yield story
                spent = (story.completed_at - story.travelled_at).total_seconds() / 3600
                hour += spent + rng.uniform(0.1, 0.6)
                here = story.site.place
                been.add(here)
        day += dt.timedelta(days=1)


def _poisson(rng: random.Random, mean: float) -> int:
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def _visit(
    world: World, technician: Technician, day: dt.date, hour: float, here: Place, been: set[Place]
) -> Story | None:
    """Return a visit at a customer's where the technician has not been that day, or None."""
    rng, partner = world.rng, technician.partner
    line = _line(rng, technician, day)
    group = rng.choices(tuple(FAULT_WEIGHTS), tuple(FAULT_WEIGHTS.values()))[0]
    component = next((one for one in COMPONENT[group] if one in HAS[line]), None)
    if component is None:
        group, component = "LOGIC", "board"
    units = world.units[partner.city, line]
    for _ in range(TRIES if units else 0):
        unit = rng.choice(units)
        if (
            (day - unit.sold_on).days > NEW_DAYS
            and day <= unit.covered_to
            and _rested(unit, group, day)
            and unit.site.place not in been
        ):
            unit.repaired.append((group, day))
            return written(world, technician, unit, group, component, moment(day, hour, unit.site.zone), here)
    return None


def _line(rng: random.Random, technician: Technician, day: dt.date) -> str:
    weights = [SEASON.get(line, FLAT)[day.month - 1] for line in technician.lines]
    return rng.choices(technician.lines, weights)[0]


def _rested(unit: Unit, group: str, day: dt.date) -> bool:
    return all(
        abs((day - last).days) > (SAME_REPAIR_DAYS if other == group else ANY_REPAIR_DAYS)
        for other, last in unit.repaired
    )


def moment(day: dt.date, hour: float, zone: ZoneInfo) -> dt.datetime:
    """Return the moment of a local hour on a day."""
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    return (midnight + dt.timedelta(seconds=int(hour * 3600))).astimezone(dt.UTC)


def written(
    world: World,
    technician: Technician,
    unit: Unit,
    group: str,
    component: str,
    travelled_at: dt.datetime,
    here: Place,
) -> Story:
    """Return an honest sheet of a visit that begins with driving off from a place."""
    rng, zone = world.rng, unit.site.zone
    operation = "R90" if group == "NFF" else OPERATION[component]
    standard = world.operations[operation][1]
    # Paid is the standard at most; who needed more time says so in the summary, or asks before.
    worked = standard * min(1.6, rng.lognormvariate(math.log(technician.pace), 0.18))
    claimed = max(10, round(min(standard, worked)))
    travel = minutes_between(rng, here, unit.site.place)
    arrived_at = travelled_at + dt.timedelta(minutes=travel)
    completed_at = arrived_at + dt.timedelta(minutes=worked + rng.uniform(8, 30))
    reported_at = travelled_at - dt.timedelta(days=min(12, rng.expovariate(0.5)), hours=rng.uniform(1, 6))
    reported_on = reported_at.astimezone(zone).date()
    failed_on = reported_on - dt.timedelta(days=rng.choice((0, 0, 0, 1, 1, 2)))
    said = rng.random() < 0.7
    return Story(
        technician=technician,
        unit=unit,
        group=group,
        code=rng.choice(FAULT_GROUPS[group][2])[0],
        component=component,
        reported_at=reported_at,
        travelled_at=travelled_at,
        arrived_at=arrived_at,
        completed_at=completed_at,
        submitted_at=completed_at + late(rng),
        operation=operation,
        labour=[(operation, claimed)],
        travel_minutes=travel,
        failed_on=max(failed_on, unit.sold_on) if said else None,
        parts=[] if group == "NFF" else fitted(rng, unit.line, component),
        expenses=[("parking", rng.choice((150, 300, 300, 450, 600, 900)))] if rng.random() < 0.3 else [],
        pictures=pictures(world, technician, unit, arrived_at, completed_at, group == "NFF"),
        scanned_from=seen_from(rng, unit.site.place),
        scan=rng.choices(("camera", "photo", "typed"), (975, 17, 8))[0],
        result="no_fault_found" if group == "NFF" else "repaired",
        clock_uncertain=rng.random() < 0.004,
        tag=rng.choice(("ok", "none")),
        answer=rng.choices(("", "happened", "wrong", "did_not_happen"), (890, 106, 3, 1))[0],
    )


def minutes_between(rng: random.Random, here: Place, there: Place) -> int:
    """Return how long the drive takes, with parking and walking in."""
    return max(8, round(here.kilometres_to(there) * rng.uniform(1.2, 1.45) / 45 * 60 + rng.uniform(5, 12)))


def seen_from(rng: random.Random, place: Place) -> Place | None:
    """Return where the phone says it is: most know it well, some not at all, a few are a mast's guess."""
    if rng.random() < 0.35:
        return None
    return place.near(rng, 0.08 if rng.random() < 0.995 else 1.2)


def late(rng: random.Random) -> dt.timedelta:
    """Return how long a sheet takes to reach us: most have a network, some technicians come home first."""
    kind = rng.random()
    if kind < 0.8:
        return dt.timedelta(minutes=rng.uniform(0.2, 40))
    if kind < 0.95:
        return dt.timedelta(hours=rng.uniform(1, 20))
    return dt.timedelta(days=min(20.0, rng.expovariate(0.35)))


def fitted(rng: random.Random, line: str, component: str) -> list[Fitted]:
    """Return the parts a repair of the component takes: the part itself, now and then a small one with it."""
    found = []
    for no, (_, _, _, _, serialised, _) in enumerate(PARTS[component]):
        if no == 0 or rng.random() < 0.25:
            new, old = (f"BD{rng.randrange(10**10, 10**11)}" if serialised else "" for _ in range(2))
            found.append(Fitted(part_number(STEM[line], component, no), 1, new, old))
    return found


def pictures(
    world: World,
    technician: Technician,
    unit: Unit,
    arrived_at: dt.datetime,
    completed_at: dt.datetime,
    needed: bool,
) -> list[Picture]:
    """Return the photos a technician takes while there; labels of one model look somewhat alike."""
    rng, place = world.rng, unit.site.place
    found = []
    spent = (completed_at - arrived_at).total_seconds()
    for kind, likely in (("label", 0.6), ("before", 0.3), ("after", 1.0 if needed else technician.diligence)):
        if rng.random() < likely:
            one = picture(rng, kind, arrived_at + dt.timedelta(seconds=spent * rng.uniform(0.05, 0.95)))
            if kind == "label":
                one.look = world.looks.setdefault(unit.model, one.look) ^ noise(rng, range(8, 21))
            one.place, one.from_gallery = seen_from(rng, place), rng.random() < 0.02
            found.append(one)
    return found


def noise(rng: random.Random, bits: Sequence[int]) -> int:
    """Return 128 bits; in either half, one of the counts is drawn and so many are set."""
    halves = (sum(1 << bit for bit in rng.sample(range(64), rng.choice(bits))) for _ in range(2))
    return next(halves) << 64 | next(halves)


def picture(rng: random.Random, kind: str, taken_at: dt.datetime) -> Picture:
    """Return a photo that nobody has seen before."""
    return Picture(kind, f"{rng.getrandbits(256):064x}", taken_at, rng.getrandbits(128))


def designator(rng: random.Random, component: str) -> str:
    """Return a place on a component that has places."""
    return rng.choice(DESIGNATORS.get(component, ("",)))

"""Frauds that a certain rule speaks of, each as somebody would commit it who does not know where the rule begins."""

import datetime as dt
import random
from collections.abc import Callable, Sequence

from api.trials.catalogue import FAULT_GROUPS
from api.trials.year.diary import COMPONENT, HAS, OPERATION, SAME_REPAIR_DAYS, fitted
from api.trials.year.world import HONEST, Fitted, Story, Unit, World

SEARCH = 200


def retell(world: World, story: Story, unit: Unit, group: str = "", *, known: bool = False) -> bool:
    """Let a sheet speak of another unit or fault; tell whether it could.

    Unless the earlier repair is ``known``, nobody honest repaired that fault of the unit at about that time: a fraud
    that passes must not stand in the way of honest people.
    """
    group = group or story.group
    if unit.line not in story.technician.lines or not any(one in HAS[unit.line] for one in COMPONENT[group]):
        return False
    near = [on for of, on in unit.repaired if of == group and abs((on - story.day).days) < SAME_REPAIR_DAYS]
    if not known and any(on != story.day or unit is not story.unit for on in near):
        return False
    _tell_of(world, story, unit, group)
    return True


def _tell_of(world: World, story: Story, unit: Unit, group: str) -> None:
    component = next(one for one in COMPONENT[group] if one in HAS[unit.line])
    if group != story.group or unit.line != story.unit.line:
        story.group, story.component = group, component
        story.code = group_code(world.rng, group)
        story.operation = "R90" if group == "NFF" else OPERATION[component]
        stay = int((story.completed_at - story.arrived_at).total_seconds() / 60)
        minutes = min(round(world.operations[story.operation][1] * story.technician.pace), max(10, stay - 3))
        story.labour = [(story.operation, minutes)]
        story.parts = [] if group == "NFF" else fitted(world.rng, unit.line, component)
        story.result = "no_fault_found" if group == "NFF" else "repaired"
    story.unit = unit
    story.failed_on = None


def group_code(rng: random.Random, group: str) -> str:
    """Return a fault code of a group."""
    return rng.choice(FAULT_GROUPS[group][2])[0]


def move(story: Story, by: dt.timedelta) -> None:
    """Let a visit have happened at another time; its sheet reaches us when it did before."""
    for name in ("reported_at", "travelled_at", "arrived_at", "completed_at"):
        setattr(story, name, getattr(story, name) + by)
    for picture in story.pictures:
        picture.taken_at += by
    story.failed_on = None


def earlier(
    world: World, stories: Sequence[Story], place: int, days: tuple[int, int], fits: Callable[[Story], bool]
) -> Story | None:
    """Return an honest story that reached us so many days before the one at ``place``, and keep it honest."""
    story = stories[place]
    nearest, farthest = (story.submitted_on - dt.timedelta(days=count) for count in days)
    low, high = (_first_of(stories, day) for day in (farthest, nearest))
    if low >= high:
        return None
    for _ in range(SEARCH):
        found = stories[world.rng.randrange(low, high)]
        apart = (story.submitted_on - found.submitted_on).days
        if found.label == HONEST and days[0] <= apart <= days[1] and fits(found):
            found.source = True
            return found
    return None


def _first_of(stories: Sequence[Story], day: dt.date) -> int:
    low, high = 0, len(stories)
    while low < high:
        middle = (low + high) // 2
        if stories[middle].submitted_on < day:
            low = middle + 1
        else:
            high = middle
    return low


def _neighbour(story: Story) -> Callable[[Story], bool]:
    """Return what tells a sound repair in the same city."""

    def fits(other: Story) -> bool:
        return (
            other.site.city == story.technician.partner.city
            and other.scan == "camera"
            and not other.clock_uncertain
            and other.unit.line in story.technician.lines
        )

    return fits


def unknown_unit(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A unit that was registered on the spot and that nobody ever sold."""
    story, unit = stories[place], world.rng.choice(world.doubtful)
    return [story] if retell(world, story, unit) else []


def other_label(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The label that was scanned is of another unit than the job's."""
    stories[place].scan = "other"
    return [stories[place]]


def idle_unit(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A unit in stock, scrapped, stolen or returned."""
    story, unit = stories[place], world.rng.choice(world.idle)
    return [story] if retell(world, story, unit) else []


def same_fault(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A repair that was claimed some days ago is claimed again."""
    story = stories[place]
    source = earlier(world, stories, place, (1, 12), _neighbour(story))
    if source is None or not retell(world, story, source.unit, source.group, known=True):
        return []
    return [story]


def overlapping(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A repair that was paid months ago is claimed again: the failure is said to lie before it."""
    story = stories[place]
    source = earlier(world, stories, place, (45, 120), _neighbour(story))
    if source is None or not retell(world, story, source.unit, source.group, known=True):
        return []
    story.failed_on = source.day - dt.timedelta(days=world.rng.choice((0, 0, 1, 2)))
    return [story]


def same_component(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The new part's serial is one that was fitted into another unit before."""
    story = stories[place]
    if not story.parts or not story.parts[0].new_serial:
        return []
    number, fits = story.parts[0].part, _neighbour(story)

    def same_part(other: Story) -> bool:
        return fits(other) and other.unit is not story.unit and bool(other.parts) and other.parts[0].part == number

    source = earlier(world, stories, place, (2, 150), same_part)
    if source is None:
        return []
    story.parts[0] = Fitted(number, 1, source.parts[0].new_serial, story.parts[0].old_serial)
    return [story]


def late(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The sheet of a repair that is months old."""
    story = stories[place]
    back = dt.timedelta(days=min(170.0, 55 + world.rng.lognormvariate(2.7, 0.7)))
    if story.reported_at.date() - back <= story.unit.sold_on:
        return []
    move(story, -back)
    return [story]


def out_of_order(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The failure is dated after its repair."""
    story = stories[place]
    failed_on = story.day + dt.timedelta(days=world.rng.randrange(1, 30))
    if failed_on > story.unit.covered_to:
        return []
    story.failed_on = failed_on
    return [story]


def after_cover(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The cover ended weeks ago; the sheet says nothing, or that the failure was there before."""
    story = stories[place]
    day = story.reported_at.astimezone(story.zone).date()
    units = world.units[story.site.city, story.unit.line]
    for _ in range(SEARCH):
        unit = world.rng.choice(units)
        if 3 < (day - unit.covered_to).days < 150 and retell(world, story, unit):
            back = dt.timedelta(days=world.rng.randrange(1, 20))
            story.failed_on = unit.covered_to - back if world.rng.random() < 0.7 else None
            return [story]
    return []


def not_authorised(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The partner is not, or not any more, authorised for machines of this kind."""
    story = stories[place]
    return _of_line(world, story, sorted({line for _, line in world.units} - {*story.technician.partner.lines}))


def not_certified(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The partner is authorised; this technician never learned it."""
    story = stories[place]
    who = story.technician
    return _of_line(world, story, sorted({*who.partner.lines} - {*who.lines}))


def _of_line(world: World, story: Story, lines: list[str]) -> list[Story]:
    if not lines:
        return []
    units = world.units[story.site.city, world.rng.choice(lines)]
    for unit in world.rng.choices(units, k=SEARCH) if units else ():
        if unit.sold_on + dt.timedelta(days=20) < story.day <= unit.covered_to:
            _tell_of(world, story, unit, "LOGIC")
            return [story]
    return []


def kept_part(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A dear part was exchanged, it is said; the old one never comes back, and the money is asked for."""
    story = stories[place]
    later = [on for of, on in story.unit.repaired if of == "COLD" and on > story.day]
    if later or not retell(world, story, story.unit, "COLD"):
        return []
    story.attempt = "pay"
    return [story]


def wrong_tag(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The code on the label was guessed, or belongs to a label that was reported lost."""
    stories[place].tag = world.rng.choice(("wrong", "revoked"))
    return [stories[place]]


def second_trip(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """One more visit is invented on a job that was claimed: another fault, the same unit."""
    story = stories[place]
    source = earlier(world, stories, place, (1, 40), lambda other: other.technician is story.technician)
    if source is None or source.clock_uncertain or source.scan != "camera":
        return []
    group = world.rng.choice([one for one in ("POWER", "LOGIC", "SENSE", "PANEL", "COLD") if one != source.group])
    if not retell(world, story, source.unit, group):
        return []
    story.same_job = source
    story.reported_at = source.reported_at
    return [story]


def reassigned(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The job went to another partner; the first one sends its sheet all the same."""
    story = stories[place]
    rivals = [one for one in world.partners if one is not story.technician.partner]
    story.given_to = world.rng.choice(rivals)
    return [story]


def long_labour(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Much more time than the operation takes."""
    story = stories[place]
    standard = world.operations[story.operation][1]
    story.labour = [(story.operation, int(standard * (1.15 + world.rng.expovariate(1.6))) + 5)]
    return [story]


def many_parts(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """More of a part than the unit has."""
    story = stories[place]
    if not story.parts:
        return []
    story.parts[0].quantity = world.rng.choice((2, 2, 3, 4, 6))
    return [story]


def two_places(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The technician was at another customer's at that time."""
    story = stories[place]
    who, home = story.technician, story.unit.site

    def fits(other: Story) -> bool:
        return other.technician is who and other.unit.site is not home

    source = earlier(world, stories, place, (1, 14), fits)
    if source is None:
        return []
    spent = (source.completed_at - source.arrived_at).total_seconds()
    begins = source.arrived_at + dt.timedelta(seconds=spent * world.rng.uniform(0.1, 0.8))
    shift = begins - story.arrived_at
    if story.completed_at + shift > story.submitted_at or (story.reported_at + shift).date() <= story.unit.sold_on:
        return []
    move(story, shift)
    return [story]


def same_photo(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A photo of another job, byte for byte."""
    story = stories[place]
    mine = story.technician.partner
    source = earlier(
        world, stories, place, (1, 200), lambda other: other.technician.partner is mine and bool(other.pictures)
    )
    if source is None or source.unit is story.unit:
        return []
    old = world.rng.choice(source.pictures)
    story.pictures = [*story.pictures[1:], old]
    return [story]


def no_scan(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Nobody scanned anything."""
    stories[place].scan = "none"
    return [stories[place]]


def tried(attempt: str) -> Callable[[World, Sequence[Story], int], list[Story]]:
    """Return the pattern of a plain claim beside which something is tried."""

    def change(world: World, stories: Sequence[Story], place: int) -> list[Story]:
        stories[place].attempt = attempt
        return [stories[place]]

    return change


PATTERNS = {
    "D1-unit": unknown_unit,
    "D1-label": other_label,
    "D2": idle_unit,
    "D3": same_fault,
    "D4": tried("twice"),
    "D5": overlapping,
    "D6": same_component,
    "D8-late": late,
    "D8-order": out_of_order,
    "D8-cover": after_cover,
    "D7": tried("cover"),
    "D9-partner": not_authorised,
    "D9-technician": not_certified,
    "D10-again": second_trip,
    "D10-reassigned": reassigned,
    "D11-labour": long_labour,
    "D11-parts": many_parts,
    "D12": two_places,
    "D13": same_photo,
    "D14-replay": tried("replay"),
    "D14-altered": tried("altered"),
    "D15": tried("approve"),
    "D16": kept_part,
    "D17": wrong_tag,
    "no-scan": no_scan,
}

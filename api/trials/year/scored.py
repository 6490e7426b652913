"""Frauds that only their circumstances tell: visits that were invented, and sheets that say more than was done.

Who invents a visit leaves the same traces whatever else is wrong with it: pictures that were not taken there and then,
a phone that was elsewhere, a customer who knows of nothing. ``_invented`` draws them, each as often as people forget
about it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

from api.trials.year.certain import earlier, move, retell
from api.trials.year.diary import HAS, OPERATION, STEM, fitted, noise, picture
from api.trials.year.network import PLACES, part_number
from api.trials.year.world import HONEST, Fitted, Story, Unit, World

SEARCH = 300


def _invented(world: World, story: Story) -> None:
    """Leave the traces of a visit that nobody made."""
    rng = world.rng
    elsewhere = story.technician.base.near(rng, 0.5)
    for one in story.pictures:
        one.from_gallery = rng.random() < 0.45
        one.place = elsewhere if rng.random() < 0.35 else None
        if rng.random() < 0.4:
            one.taken_at -= dt.timedelta(hours=rng.uniform(3, 90))
    story.scanned_from = elsewhere if rng.random() < 0.35 else None
    if rng.random() < 0.35:
        story.answer = "did_not_happen"


def _run(
    world: World, stories: Sequence[Story], place: int, days: int, count: int, fits: Callable[[Story], bool]
) -> list[Story]:
    """Return honest stories from a place on, within so many days, that somebody's habit could touch."""
    until = stories[place].submitted_at + dt.timedelta(days=days)
    found: list[Story] = []
    for story in stories[place:]:
        if story.submitted_at > until or len(found) >= count:
            break
        if story.label == HONEST and not story.source and not story.attempt and fits(story):
            found.append(story)
    return found


def _own(story: Story) -> Callable[[Story], bool]:
    return lambda other: other.technician is story.technician


def _habit(world: World, stories: Sequence[Story]) -> list[Story]:
    """Return the whole year of somebody seldom called, or nothing in a small one; a habit is had from January on."""
    every = Counter(story.technician for story in stories)
    free = Counter(story.technician for story in stories if story.label == HONEST and not story.source)
    seldom = sorted((one for one in free if free[one] > 20), key=lambda one: (free[one], one.id))
    if not seldom:
        return []
    who = max(seldom[: len(every) // 6 + 3], key=lambda one: free[one] / every[one])
    return _run(world, stories, 0, days=366, count=len(stories), fits=lambda other: other.technician is who)


def busy_weeks(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A technician hands in the invented visits of a whole crew within some days."""
    who = stories[place].technician
    usual = sum(one.technician is who for one in stories) / 52
    crew = _run(
        world,
        stories,
        place,
        days=world.rng.randrange(4, 9),
        count=int(usual * world.rng.uniform(3, 6)) + 6,
        fits=lambda other: other.technician.partner.city == who.partner.city and other.unit.line in who.lines,
    )
    if len(crew) < 6:
        return []
    for story in crew:
        story.technician = who
        _invented(world, story)
    return crew


def long_day(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """More visits on one day than a day has hours for, with times that fit beside each other."""
    first = stories[place]
    who = first.technician
    chosen = _run(
        world,
        stories,
        place,
        days=25,
        count=world.rng.randrange(12, 22),
        fits=lambda other: other.technician.partner is who.partner and other.unit.line in who.lines,
    )
    if len(chosen) < 10:
        return []
    begins = first.arrived_at.replace(hour=5, minute=0)
    for story in chosen:
        story.technician = who
        spent = dt.timedelta(minutes=world.rng.uniform(25, 50))
        move(story, begins - story.arrived_at)
        story.completed_at = story.arrived_at + spent
        begins += spent + dt.timedelta(minutes=world.rng.uniform(3, 12))
        story.submitted_at = max(story.submitted_at, story.completed_at + dt.timedelta(minutes=5))
        _invented(world, story)
    return chosen


def serial_run(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Serials beside one that is known are claimed one after another: the units are real, the repairs are not."""
    first = stories[place]
    made = world.made[first.unit.model]
    at = made.index(first.unit)
    mine = first.technician.partner
    beside = [one for one in made[at : at + 14] if one.status == "installed" and _covered(one, first.day)]
    run = _run(world, stories, place, days=45, count=len(beside), fits=lambda other: other.technician.partner is mine)
    if min(len(run), len(beside)) < 5:
        return []
    done = []
    for story, unit in zip(run, beside, strict=False):
        if _covered(unit, story.day) and retell(world, story, unit):
            _invented(world, story)
            done.append(story)
    return done


def _covered(unit: Unit, day: dt.date) -> bool:
    return unit.sold_on + dt.timedelta(days=20) < day <= unit.covered_to


def probing(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Serials are tried out on the visits of some days, to see which of them exist."""
    mine = stories[place].technician.partner
    run = _run(world, stories, place, days=10, count=8, fits=lambda other: other.technician.partner is mine)
    for story in run:
        story.probes = world.rng.randrange(4, 25)
    return run


def two_towns(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The label of a unit that was repaired in one town is read in another one: it was copied."""
    story = stories[place]

    def elsewhere(other: Story) -> bool:
        return other.site.city != story.site.city and other.unit.line in story.technician.lines

    source = earlier(world, stories, place, (2, 20), elsewhere)
    if source is None:
        return []
    site = story.site
    group = world.rng.choice([one for one in ("POWER", "LOGIC", "SENSE") if one != source.group])
    if not retell(world, story, source.unit, group):
        return []
    story.moved_to = site
    return [story]


def end_of_cover(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A technician asks customers for what is about to run out, and repairs it on paper."""
    run = _run(world, stories, place, days=90, count=20, fits=_own(stories[place]))
    done = []
    for story in run:
        units = world.units[story.site.city, story.unit.line]
        for _ in range(SEARCH):
            unit = world.rng.choice(units)
            if 3 <= (unit.covered_to - story.day).days <= 28 and retell(world, story, unit):
                _invented(world, story)
                done.append(story)
                break
    return done


def short_stay(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Hours of work are claimed for a stay of minutes."""
    story = stories[place]
    if not retell(world, story, story.unit, "COLD"):
        return []
    stay = dt.timedelta(minutes=world.rng.uniform(8, 55))
    for one in story.pictures:
        one.taken_at = story.arrived_at + stay * world.rng.random()
    story.completed_at = story.arrived_at + stay
    story.labour = [(OPERATION["compressor"], world.rng.randrange(130, 181))]
    return [story]


def rewritten(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The sheet is rewritten in the car: lines are struck out, dearer ones take their places."""
    story = stories[place]
    story.struck = world.rng.randrange(3, 9)
    _more_operations(world, story, 1)
    _invented(world, story)
    return [story]


def padded_labour(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Operations are added that the repair did not need, each within what it is allowed."""
    story = stories[place]
    _more_operations(world, story, world.rng.choice((2, 3, 4)))
    return [story]


def _more_operations(world: World, story: Story, count: int) -> None:
    others = [one for one in ("R10", "R11", "R30", "R31", "R32", "R40", "R50", "R60", "R90") if one != story.operation]
    for operation in world.rng.sample(others, count):
        story.labour.append((operation, round(world.operations[operation][1] * world.rng.uniform(0.85, 1))))


def more_parts(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Parts of half the machine are on the sheet, one of each."""
    story = stories[place]
    if story.group == "NFF":
        return []
    others = sorted(HAS[story.unit.line] - {story.component})
    for component in world.rng.sample(others, min(len(others), world.rng.choice((2, 3, 4)))):
        number = part_number(STEM[story.unit.line], component, 0)
        serialised = world.parts[number][1]
        serials = [f"BD{world.rng.randrange(10**10, 10**11)}" if serialised else "" for _ in range(2)]
        story.parts.append(Fitted(number, 1, *serials))
    return [story]


def parts_for_nothing(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Nothing was wrong, says the sheet, and parts were fitted all the same."""
    story = stories[place]
    if not retell(world, story, story.unit, "NFF"):
        return []
    story.pictures = story.pictures or [picture(world.rng, "after", story.arrived_at + dt.timedelta(minutes=10))]
    story.parts = fitted(world.rng, story.unit.line, story.component)
    return [story]


def always_at_cap(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A technician who is seldom called writes what is allowed, whatever it took, all the year."""
    run = _habit(world, stories)
    for story in run:
        story.labour = [(operation, world.operations[operation][1]) for operation, _ in story.labour]
    return run


def nothing_found(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A technician is paid for visits on which nothing was wrong, again and again."""
    often = world.rng.uniform(0.5, 0.9)
    done = []
    for story in _habit(world, stories):
        if world.rng.random() < often and retell(world, story, story.unit, "NFF"):
            at = story.arrived_at + dt.timedelta(minutes=10)
            story.pictures = story.pictures or [picture(world.rng, "after", at)]
            done.append(story)
    return done


def repeats(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The same machine is claimed again and again within weeks, each time for another fault."""
    first = stories[place]
    run = _run(world, stories, place, days=60, count=5, fits=_own(first))
    if len(run) < 3:
        return []
    groups = [one for one in ("POWER", "LOGIC", "SENSE", "MOTION", "PANEL", "COLD") if one != first.group]
    done = [first]
    for story, group in zip(run[1:], groups, strict=False):
        if _covered(first.unit, story.day) and retell(world, story, first.unit, group):
            done.append(story)
    return done[1:]


def long_way(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The way is billed several times as long as it is."""
    story = stories[place]
    story.travel_minutes = min(220, int(story.travel_minutes * (1.8 + world.rng.expovariate(0.8))) + 15)
    return [story]


def two_cities(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A visit in another city some minutes before or after one here."""
    story = stories[place]
    home = story.technician.partner.city
    cities = [one for one in PLACES if one != home and world.units[one, story.unit.line]]
    other = earlier(world, stories, place, (0, 10), lambda one: one.technician is story.technician)
    if other is None or not cities:
        return []
    units = world.units[world.rng.choice(cities), story.unit.line]
    unit = next((one for one in world.rng.choices(units, k=SEARCH) if _covered(one, other.day)), None)
    if unit is None:
        return []
    arrives = other.completed_at + dt.timedelta(minutes=world.rng.uniform(4, 35))
    shift = arrives - story.arrived_at
    if story.completed_at + shift > story.submitted_at or not retell(world, story, unit):
        return []
    move(story, shift)
    _invented(world, story)
    return [story]


def one_trip_twice(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Two machines at one site on one trip; the way is billed for both."""
    story = stories[place]
    other = earlier(world, stories, place, (0, 3), _own(story))
    if other is None:
        return []
    units = [one for one in other.site.units if one is not other.unit and _covered(one, other.day)]
    shift = other.completed_at + dt.timedelta(minutes=world.rng.uniform(2, 15)) - story.arrived_at
    if not units or story.completed_at + shift > story.submitted_at:
        return []
    if not retell(world, story, world.rng.choice(units)):
        return []
    move(story, shift)
    story.travel_minutes = other.travel_minutes
    return [story]


def same_picture(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A photo of another machine, saved anew, smaller, or a little brighter."""
    story = stories[place]
    mine = story.technician.partner
    source = earlier(
        world, stories, place, (1, 250), lambda other: other.technician.partner is mine and bool(other.pictures)
    )
    if source is None or source.unit is story.unit:
        return []
    old = world.rng.choice(source.pictures)
    copy = picture(world.rng, old.kind, story.arrived_at + dt.timedelta(minutes=world.rng.uniform(2, 10)))
    copy.look = old.look ^ noise(world.rng, (0, 0, 1, 2, 3, 5))
    copy.from_gallery = world.rng.random() < 0.7
    story.pictures = [*story.pictures[1:], copy]
    return [story]


def old_pictures(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """Photos that were taken on another day, chosen from the gallery."""
    story = stories[place]
    if not story.pictures:
        return []
    back = dt.timedelta(hours=world.rng.uniform(6, 400))
    for one in story.pictures:
        one.taken_at, one.from_gallery = one.taken_at - back, world.rng.random() < 0.8
    return [story]


def elsewhere(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """The sheet is written at home, from a label that was photographed before."""
    story = stories[place]
    if not story.site.charted:
        return []
    home = story.technician.base.near(world.rng, 1)
    story.scanned_from = home
    for one in story.pictures:
        one.place, one.from_gallery = home, world.rng.random() < 0.3
    return [story]


def denied(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A visit that nobody made, and whose customer answers."""
    story = stories[place]
    _invented(world, story)
    story.answer = "did_not_happen"
    return [story]


def other_part(world: World, stories: Sequence[Story], place: int) -> list[Story]:
    """A dear part was not exchanged; an older one from the shelf comes back for it."""
    story = stories[place]
    if not retell(world, story, story.unit, "COLD"):
        return []
    story.other_core = True
    return [story]


PATTERNS = {
    "velocity": busy_weeks,
    "long-day": long_day,
    "serial-run": serial_run,
    "probing": probing,
    "two-towns": two_towns,
    "end-of-cover": end_of_cover,
    "short-stay": short_stay,
    "rewritten": rewritten,
    "padded-labour": padded_labour,
    "more-parts": more_parts,
    "parts-for-nothing": parts_for_nothing,
    "at-the-cap": always_at_cap,
    "nothing-found": nothing_found,
    "repeats": repeats,
    "long-way": long_way,
    "two-cities": two_cities,
    "one-trip-twice": one_trip_twice,
    "same-picture": same_picture,
    "old-pictures": old_pictures,
    "elsewhere": elsewhere,
    "denied": denied,
    "other-part": other_part,
}

"""Turns one story in twenty into a fraud, mostly at the partners that are not honest, and writes its label apart."""

from collections.abc import Callable, Sequence

from api.trials.year import certain, honest, scored
from api.trials.year.diary import in_order
from api.trials.year.world import HONEST, Story, World

SHARE = 0.05
TRIES = 400
Change = Callable[[World, Sequence[Story], int], list[Story]]
"""Makes a fraud of the story at a place in the year, and maybe of some that follow; [] where it does not fit."""
PATTERNS: dict[str, Change] = {**certain.PATTERNS, **scored.PATTERNS}


def commit(world: World, stories: list[Story]) -> list[Story]:
    """Return the year with its frauds, in the order in which the sheets reach us.

    Every pattern gets the same number of claims; a pattern that needs a run of claims may get a few more.
    """
    rng = world.rng
    honest.vary(world, stories)
    wanted = max(1, round(len(stories) * SHARE / len(PATTERNS)))
    crooked = [max(0.02, (1 - story.technician.partner.honesty) ** 2) for story in stories]
    for label, change in PATTERNS.items():
        _inject(world, stories, crooked, label, change, wanted)
    rng.shuffle(stories)
    return in_order(stories)


def _inject(
    world: World, stories: Sequence[Story], crooked: Sequence[float], label: str, change: Change, wanted: int
) -> None:
    done = 0
    places: list[int] = []
    for _ in range(TRIES + 4 * wanted):
        if done >= wanted:
            return
        if not places:
            places = world.rng.choices(range(len(stories)), crooked, k=wanted + 50)
        place = places.pop()
        if stories[place].label != HONEST or stories[place].source:
            continue
        for changed in change(world, stories, place):
            changed.label = label
            done += 1

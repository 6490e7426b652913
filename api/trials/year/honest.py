"""What honest work has besides plain repairs: a second trip when a part was missing, and more time than the standard.

Both are asked for before; now and then somebody forgets to.
"""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Sequence

from api.trials.year.certain import retell
from api.trials.year.world import Story, Technician, World

SECOND_TRIPS = 0.012
LONGER = 0.01
ASKED = 0.9


def vary(world: World, stories: Sequence[Story]) -> None:
    """Let some stories be two trips to one machine, and some take longer than the catalogue thinks."""
    mine: dict[Technician, list[Story]] = defaultdict(list)
    for story in sorted(stories, key=lambda one: one.arrived_at):
        mine[story.technician].append(story)
    for found in mine.values():
        for first, second in itertools.pairwise(found):
            if world.rng.random() < SECOND_TRIPS:
                _two_trips(world, first, second)
            elif world.rng.random() < LONGER:
                _longer(world, first, second)


def _two_trips(world: World, first: Story, second: Story) -> None:
    apart = second.arrived_at - first.completed_at
    days_apart = (second.submitted_on - first.submitted_on).days
    if first.same_job or first.leave or second.leave or not 1 <= days_apart <= 10 or apart < dt.timedelta(hours=12):
        return
    if first.group == "NFF" or not retell(world, second, first.unit, first.group, known=True):
        return
    for other in (first, second):
        other.source = True
    first.result, first.parts, first.labour = "not_repaired", [], [("R90", 25)]
    second.same_job, second.reported_at = first, first.reported_at
    if world.rng.random() < ASKED:
        second.leave = {"repeat_trip": True}


def _longer(world: World, story: Story, following: Story) -> None:
    """Let a repair take longer than its standard, as far as the next customer's appointment lets it."""
    standard = world.operations[story.operation][1]
    ends = story.arrived_at + dt.timedelta(minutes=standard * world.rng.uniform(1.1, 1.6) + 10)
    if story.leave or story.source or ends > following.travelled_at:
        return
    more = max(ends - story.completed_at, dt.timedelta())
    story.completed_at, story.submitted_at = story.completed_at + more, story.submitted_at + more
    worked = int((story.completed_at - story.arrived_at).total_seconds() / 60) - 5
    story.labour = [(story.operation, worked)]
    story.source = True
    if world.rng.random() < ASKED:
        story.leave = {"labour_minutes": worked + world.rng.choice((0, 5, 10, 20))}

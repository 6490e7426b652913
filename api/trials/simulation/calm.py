"""After the faults: everybody sends what they have, the queues empty, and nothing moves any more."""

import datetime as dt
from typing import TYPE_CHECKING

from api.trials.simulation.network import Parcel
from api.trials.simulation.phone import Phone

if TYPE_CHECKING:
    from api.trials.simulation.schedule import Schedule

EXCHANGES_MAX = 30
"""So many requests each phone may need until it rests, and some more for each operation the server fails at."""
FOR_EACH_FAILURE = 6
PAGE = 50


async def come_to_rest(schedule: "Schedule") -> None:
    """Stop the faults, deliver what is under way, and let every phone sync until nothing changes (I17)."""
    schedule.faults.stopped = True
    schedule.trace.say("calm", "the faults stop")
    while schedule.network.under_way:
        await schedule.hand_over(schedule.network.next())
    for phone in schedule.phones:
        phone.another_day()
    await schedule.office.nightly()
    poison = schedule.poison
    failing = len(poison.for_ever) + len(poison.some_times) + len(poison.in_the_way)
    for _ in range(EXCHANGES_MAX + FOR_EACH_FAILURE * failing):
        busy = [phone for phone in schedule.phones if not phone.at_rest]
        for phone in busy:
            await _exchange(schedule, phone)
        await schedule.office.run_tasks(schedule.ground.keeper.connection)
        if not busy and not await _anything_new(schedule):
            return
    for phone in schedule.phones:
        if not phone.at_rest:
            schedule.referee.fail("I17", f"{phone.label} does not come to rest: {len(phone.waiting())} waiting")


async def _anything_new(schedule: "Schedule") -> bool:
    """Let everybody look once more; what one phone pushed may be news for another."""
    for phone in schedule.phones:
        phone.news = False  # nothing is told to one that was shut out since its last pull
        if phone.storage.access is not None:
            phone.quiet = False
            await _exchange(schedule, phone)
    return any(phone.news or not phone.at_rest for phone in schedule.phones)


async def _exchange(schedule: "Schedule", phone: Phone) -> None:
    schedule.clock.pass_by(dt.timedelta(seconds=1))
    schedule.trace.now = schedule.clock.now
    phone.asked.clear()
    request = phone.next_request(schedule.clock.now, 200, max(schedule.faults.page, PAGE))
    parcel = schedule.network.send(phone, request)
    assert parcel is not None, "nothing is lost any more"
    schedule.network.under_way.clear()
    await schedule.hand_over(parcel)
    for answer in list[Parcel](schedule.network.under_way):
        await schedule.hand_over(answer)
    schedule.network.under_way.clear()

"""Identical claims at the same moment: of fifty, exactly one is accepted."""

from collections import Counter

from sqlalchemy import text

from tests.claims.racing import race
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import theatre

NUMBER = 3
SIZES = {"races": (20, 1000), "riders": (50, 50)}


async def measure(sizes: Sizes) -> Result:
    """Let the technicians of two partners complete visits on one unit and one fault, all at once."""
    races, riders = sizes["races"], sizes["riders"]
    failures: list[str] = []
    seconds: list[float] = []
    async with theatre() as house, house.stage(pool_size=riders) as stage:
        for number in range(races):
            ride = await race(stage.context.database, stage.context.queue, (stage.cast.ann, stage.cast.ben), riders)
            seconds += ride.seconds
            if ride.states != Counter(accepted=1, refused=riders - 1) or ride.live != 1:
                failures.append(f"race {number}: {dict(ride.states)}, {ride.live} live lines")
        async with stage.owner.connect() as connection:
            found = await connection.scalar(
                text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            )
    if found:
        failures.append(f"{found} deadlocks")
    return judged(
        "identical claims at once",
        f"{races:,} × {riders} → 1 accepted each, no deadlock",
        f"{races - len(failures):,} of {races:,} gave it once, {found} deadlocks, slowest {max(seconds):.2f} s",
        failures,
        slowest_s=round(max(seconds), 3),
    )

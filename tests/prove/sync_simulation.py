"""Phones, a bad network and a forgetful server under one seed after another: nothing is lost, nothing done twice."""

import asyncio

from api.trials.simulation.faults import MOVES, OFTEN
from api.trials.simulation.running import Tally, cluster, ground_of, play, play_all
from api.trials.simulation.schedule import Verdict
from tests.prove.result import Result, Sizes, judged

NUMBER = 4
SIZES = {"seeds": (200, 10_000), "start": (1, 1), "jobs": (1, 2)}


async def measure(sizes: Sizes) -> Result:
    """Play the schedules; every kind of fault must have struck when there are enough of them."""
    seeds = range(sizes["start"], sizes["start"] + sizes["seeds"])
    tally = await _alone(seeds) if sizes["jobs"] == 1 else await asyncio.to_thread(play_all, seeds, sizes["jobs"], _no)
    failures = [
        f"fieldstone simulate --seed {verdict.seed} --trace: {verdict.violations[0]}" for verdict in tally.failed
    ]
    if len(seeds) >= 200:
        failures += [f"no fault of the kind {name} struck" for name in {*OFTEN, *MOVES} - set(tally.faults)]
    return judged(
        "phones with a bad network and restored servers",
        f"{len(seeds):,} schedules, nothing lost, nothing twice",
        f"{tally.played - len(tally.failed):,} of {len(seeds):,} hold, {sum(tally.faults.values()):,} faults struck",
        failures,
        enough=tally.played == len(seeds),
        faults=dict(sorted(tally.faults.items())),
    )


def _no(verdict: Verdict) -> None:
    """Hear a verdict and wait for the next."""


async def _alone(seeds: range) -> Tally:
    tally = Tally()

    def heard(verdict: Verdict) -> bool:
        tally.add(verdict)
        return False

    with cluster() as server:
        async with ground_of(server) as found:
            await play(found, seeds, heard)
    return tally

"""Everybody at once for a long time, at 60 % of what the machine can do: nothing fails, grows or slows down.

The rate is kept whatever comes back, and a request counts from the moment at which it was due, so that a stall shows
in full. ``out/soak.json`` has every second of it, ``out/soak.svg`` is the chart.
"""

import asyncio
import contextlib
import dataclasses
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from tests.bench.served import scratch, serving, working
from tests.prove.result import Result, Sizes, judged
from tests.prove.soak_chart import chart
from tests.prove.soak_drive import Driver
from tests.prove.soak_gauges import Gauges, gauges
from tests.prove.soak_judge import Soaked, judge, per_second, summed_up
from tests.prove.soak_mix import STEPS, documented, share_of
from tests.prove.soak_world import World, made

NUMBER = 13
SIZES = {"seconds": (120, 1_800)}
ALONE = True
OUT = Path("out")
SHARE_OF_PEAK = 0.6
RATE_MAX = 250
"""So many requests a second the world has things to hand in for, while it is held; more are not asked for."""
CLAIMS_BEFORE = 60
"""Claims that are handed in before anything is measured, so that every list has a first page."""
WARM_S, RAMP_S, CLIENTS = 5.0, 5.0, (4, 8, 12, 16)
"""The ramp: each number of clients asks for so long without a pause, after all code was run once."""
TRIED_ONCE_S = 600
"""What is shorter may have a second try: where neighbours slow the machine down once its peak is found, 60 % of that is
more than it can do."""
DRAINED_S = 60
"""So long the worker may take to catch up after the ramp."""
OPERATIONS_OF_A_VISIT = 21


async def measure(sizes: Sizes) -> Result:
    """Find the peak, hold 60 % of it, and judge every second of that; a short one that failed is tried once more."""
    first = await _tried(sizes["seconds"])
    if first.passed or sizes["seconds"] >= TRIED_ONCE_S:
        return first
    second = await _tried(sizes["seconds"])
    told = f"{second.result}; at the second try, the first: {'; '.join(first.failures)[:200]}"
    return dataclasses.replace(second, result=told)


async def _tried(seconds: int) -> Result:
    asked = seconds * RATE_MAX + RATE_MAX * (WARM_S + RAMP_S * len(CLIENTS)) * 2
    visits = int(asked * share_of("push") * STEPS / OPERATIONS_OF_A_VISIT)
    submissions = CLAIMS_BEFORE + int(asked * share_of("submit a claim"))
    async with scratch() as (server, database, data):
        await database.close()
        world = await made(server, data, visits=visits, submissions=submissions)
        product = {
            "DATABASE_URL": server.url("fieldstone_app"),
            "FIELDSTONE_DATA": str(data),
            "FIELDSTONE_LOG_LEVEL": "warning",
        }
        with serving("api.asgi:app", **product) as base, working(**product):
            async with gauges(server) as reading:
                soaked = await _soaked(base, world, reading, seconds)
    return _written(soaked)


async def _soaked(base: str, world: World, reading: Gauges, seconds: int) -> Soaked:
    driver = Driver(base, world)
    try:
        await driver.submit(CLAIMS_BEFORE)
        await driver.closed_loop(CLIENTS[0], WARM_S)
        peak = max([await driver.closed_loop(clients, RAMP_S) for clients in CLIENTS])
        broken = [told for told in driver.told if ": 503 " not in told]  # a busy server may say so while it is pushed
        await reading.drained(DRAINED_S)
        broken += [one for one in world.wrong if "retry" not in one]
        driver.forget()
        rate = min(RATE_MAX, peak * SHARE_OF_PEAK)
        soaked = Soaked(seconds, peak, rate, time.perf_counter(), driver.seen, driver.refused)
        taking = asyncio.create_task(reading.read_on(soaked.samples))
        try:
            await driver.open_loop(rate, seconds)
        finally:
            taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await taking
    finally:
        driver.close()
    known = documented()
    soaked.undocumented = sorted(
        f"{operation}: {status or 'no answer'}, {count} times"
        for (operation, status), count in driver.statuses.items()
        if str(status) not in known[operation]
    )
    soaked.told = [*(f"ramp: {one}" for one in broken), *driver.told, *world.wrong]
    soaked.in_ramp = len(broken)
    soaked.wrong = len(world.wrong)
    return soaked


def _written(soaked: Soaked) -> Result:
    """Judge, and write the series and the chart."""
    verdict = judge(soaked)
    figures: dict[str, Any] = {
        **summed_up(soaked),
        "judged": verdict.judged,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    OUT.mkdir(exist_ok=True)
    series = per_second(soaked)
    (OUT / "soak.json").write_text(json.dumps({**figures, "failures": verdict.failures, "series": series}) + "\n")
    (OUT / "soak.svg").write_text(chart(soaked, figures, passed=not verdict.failures))
    return judged(
        "soak at 60 % of peak",
        f"{soaked.seconds} s: 0 × 5xx, {verdict.target}{'; two tries' if soaked.seconds < TRIED_ONCE_S else ''}",
        verdict.result,
        [*verdict.failures, *soaked.told],
        enough=not verdict.failures,
        **figures,
    )

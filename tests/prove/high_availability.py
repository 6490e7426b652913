"""The primary killed under load, its copy promoted: nothing acknowledged is lost, and how long writes paused.

Alone: ``python -m tests.prove.high_availability [--seconds N] [--failovers N] [--json FILE]``. Ends with 3 where
Debian's servers are not installed (``scripts/high-availability`` installs them where it may).
"""

import argparse
import asyncio
import dataclasses
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx

from api.migrate import upgrade
from domain.kit.database import COMMIT_SECONDS, connect
from tests import make
from tests.bench.served import serving, working
from tests.cast import Cast, cast_of
from tests.prove.faults import unclean
from tests.prove.result import Result, Sizes, judged
from tests.prove.standby import Pair, missing, pair, until
from tests.prove.writers import Writers, everybody, taken

NUMBER = 5
ALONE = RELEASE_ONLY = True
SIZES = {"failovers": (2, 4), "seconds": (5, 10)}
HOW = _, SILENT = "killed", "silent"
"""A process that dies closes its connections; a machine without power, or beyond a cut, just answers nothing more."""
MEASURE = "the primary dies, its copy is promoted"
LOOKS, LOOK_EVERY_S = 3, 0.5
"""A primary that answers none of so many looks is given up."""
GRACE_S, REPEATING_S = 1, 6
"""So soon what a dead copy had confirmed is told, and so long writes are repeated that were waited for in vain."""
REPEATED_MAX, SLOWEST = 500, 12
READS, READ = 100, "FROM model"
"""So many reads are sent that a copy may answer, and what its log then shows of each."""
NOT_INSTALLED, STOPPED = 3, 143


@dataclass(frozen=True, slots=True)
class Answered:
    """How one request ended, as its sender saw it."""

    at: float
    seconds: float
    what: str
    status: int
    wrote: bool
    unclean: Sequence[str]


@dataclass(slots=True)
class EitherProcess(httpx.AsyncBaseTransport):
    """Sends every request to the next API process, and notes how it ended: a repeat meets another process."""

    addresses: list[httpx.URL] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    _http: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        began = time.monotonic()
        address = self.addresses[len(self.answers) % len(self.addresses)]
        request.url = request.url.copy_with(host=address.host, port=address.port)
        response = await self._http.handle_async_request(request)
        response.request = request
        await response.aread()
        now, status = time.monotonic(), response.status_code
        wrong = unclean(response, refused=True) if status >= 500 else []
        wrote = request.method in ("POST", "PATCH") and taken(response)
        what = f"{request.method} {request.url.path}"
        self.answers.append(Answered(now, now - began, what, status, wrote, wrong))
        return response

    async def aclose(self) -> None:
        await self._http.aclose()


@dataclass(frozen=True, slots=True)
class Failover:
    """One change of the primary: seconds from its death."""

    how: str
    noticed: float
    resumed: float
    paused: float
    synchronous: float
    """Until the old primary follows the new one and every commit waits for it again."""
    refused: int
    slowest_refusal: float


async def measure(sizes: Sizes) -> Result:
    """Let clients write and repeat all through the failovers, then count every acknowledged write."""
    target = f"{sizes['failovers']} failovers, once both died: 0 acknowledged lost, 0 twice, clean 503 meanwhile"
    if absent := missing():
        return Result(MEASURE, target, f"not run: {' and '.join(absent)} not installed", False)
    writers, sender = Writers(), EitherProcess()
    failovers: list[Failover] = []
    load = os.getloadavg()
    async with pair() as both, _product(both, sender), _client(sender) as client:
        database = connect(both.pooler.url("fieldstone_app"), both.pooler.url("fieldstone_partner"))
        context: Any = SimpleNamespace(database=database)
        cast = await cast_of(context, client)
        ready = await make.ready_visit(context, cast, technician=cast.otto)
        writing = [asyncio.create_task(writers.write(making)) for making in everybody(cast, ready)]
        by_copy = await _reads_by_copy(both, cast)
        for _ in range(sizes["failovers"]):
            await asyncio.sleep(sizes["seconds"])
            failovers.append(await _fail_over(both, sender, HOW[len(failovers) % len(HOW)]))
        await asyncio.sleep(sizes["seconds"])
        alone = await _copy_dies_first(both, sender, writers)
        await asyncio.sleep(sizes["seconds"])
        writers.over.set()
        await asyncio.gather(*writing)
        again = Random(5).sample(writers.acknowledged, min(len(writers.acknowledged), REPEATED_MAX))
        await writers.told_again(again)
        lost, twice = await writers.lost_or_twice(database)
        await database.close()
    wrong = [f"{one.what}: {why}" for one in sender.answers for why in one.unclean]
    if writers.broken_off:
        wrong.append(f"{writers.broken_off} requests ended without an answer")
    paused = [one.paused for one in failovers]
    return judged(
        MEASURE,
        target,
        f"{len(writers.acknowledged):,} acknowledged: {lost} lost, {twice} twice; writes paused "
        f"{min(paused):.1f} to {max(paused):.1f} s, {sum(one.refused for one in failovers)} told to repeat; "
        f"{by_copy} of {READS} reads that may lag by the copy",
        [*writers.failures, *wrong, *alone],
        enough=len(writers.acknowledged) > 100 * sizes["failovers"] and by_copy > READS / 2,
        failovers=[dataclasses.asdict(one) for one in failovers],
        acknowledged=len(writers.acknowledged),
        requests=len(sender.answers),
        slowest=[
            f"{one.what}: {one.status} after {one.seconds:.1f} s"
            for one in sorted(sender.answers, key=lambda one: -one.seconds)[:SLOWEST]
        ],
        load=[round(one, 2) for one in (*load, *os.getloadavg())],
    )


async def _reads_by_copy(both: Pair, cast: Cast) -> int:
    """Tell how many of some reads that may lag the copy answered, by its own log; the processes look at it first."""
    async with both.replica.listened_to() as heard:

        async def read() -> bool:
            for caller in (cast.pam, cast.dora):
                (await caller.get("/models")).raise_for_status()
            return heard(READ) > READS / 4

        await until(read, "the copy is read")
        before = heard(READ)
        for _ in range(READS // 2):
            await read()
        return heard(READ) - before


async def _fail_over(both: Pair, sender: EitherProcess, how: str) -> Failover:
    """Let the primary die, promote its copy once it is missed, and bring the dead one back as the copy."""
    killed = time.monotonic()
    if how == SILENT:
        both.primary.signal(signal.SIGSTOP)
    else:
        await asyncio.to_thread(both.primary.kill)
    misses = 0
    while misses < LOOKS:
        await asyncio.sleep(LOOK_EVERY_S)
        misses = 0 if await both.primary.answers() else misses + 1
    noticed = time.monotonic() - killed
    await _promote(both, sender)
    resumed = time.monotonic() - killed
    await asyncio.to_thread(both.replica.kill)  # it must never again believe that it is the primary
    await _rejoin(both)
    synchronous = time.monotonic() - killed
    wrote = [one.at for one in sender.answers if one.wrote]
    paused = max(after - before for before, after in pairwise(wrote) if after > killed)
    refused = [one.seconds for one in sender.answers if one.at > killed and one.status >= 500]
    return Failover(how, noticed, resumed, paused, synchronous, len(refused), max(refused, default=0))


async def _copy_dies_first(both: Pair, sender: EitherProcess, writers: Writers) -> list[str]:
    """Kill the copy, and the primary after the longest wait for a COMMIT; tell what was acknowledged in between.

    A COMMIT that was waited for in vain is on the primary alone: nobody may be told so, not even who repeats it.
    """
    await asyncio.to_thread(both.replica.kill)
    await asyncio.sleep(GRACE_S)
    earlier = len(writers.acknowledged)
    await asyncio.sleep(COMMIT_SECONDS + REPEATING_S)
    told = [f"{one.name} was acknowledged when one server had it" for one in writers.acknowledged[earlier:]]
    await asyncio.to_thread(both.primary.kill)
    await both.replica.start()
    await _promote(both, sender)
    await _rejoin(both)
    return told


async def _promote(both: Pair, sender: EitherProcess) -> None:
    await both.replica.ask("SELECT pg_promote()")
    await both.pooler.lead_to(both.replica)
    both.swap()
    promoted = time.monotonic()
    await until(lambda: _written_since(sender, promoted), "writes go on")


async def _rejoin(both: Pair) -> None:
    await both.replica.rejoin(both.primary)
    await both.primary.copied_at_once("*")


async def _written_since(sender: EitherProcess, when: float) -> bool:
    return any(one.wrote and one.at > when for one in reversed(sender.answers))


@asynccontextmanager
async def _client(sender: EitherProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=sender, base_url="http://fieldstone.test", timeout=60) as client:
        yield client


@asynccontextmanager
async def _product(both: Pair, sender: EitherProcess) -> AsyncIterator[None]:
    """Migrate, and run two API processes and a worker, which know the pooler only."""
    await upgrade(both.primary.url("fieldstone_owner"))
    with tempfile.TemporaryDirectory(prefix="fieldstone-prove-") as data:
        environment = {
            "DATABASE_URL": both.pooler.url("fieldstone_app"),
            "FIELDSTONE_PARTNER_DATABASE_URL": both.pooler.url("fieldstone_partner"),
            "FIELDSTONE_DATA": data,
            "FIELDSTONE_BEHIND_POOLER": "true",
            "FIELDSTONE_REPLICA": f"127.0.0.1:{both.replica.port}",
            "FIELDSTONE_LOG_LEVEL": "critical",
        }
        api = "api.asgi:app"
        with serving(api, **environment) as one, serving(api, **environment) as other, working(**environment):
            sender.addresses = [httpx.URL(one), httpx.URL(other)]
            yield


async def _until_stopped(sizes: Sizes) -> Result:
    whole = asyncio.current_task()
    assert whole is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)  # no server outlives its drill
    return await measure(sizes)


def main(arguments: Sequence[str]) -> int:
    """Run the measure alone and print what came out, with its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.high_availability", description=MEASURE)
    for name, (_, most) in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=most)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON too")
    asked = parser.parse_args(arguments)
    if absent := missing():
        print(f"NOT RUN: {' and '.join(absent)} not installed; see scripts/high-availability.", file=sys.stderr)
        return NOT_INSTALLED
    began = time.perf_counter()
    try:
        result = asyncio.run(_until_stopped({name: getattr(asked, name) for name in SIZES}))
    except asyncio.CancelledError:
        print("Stopped: nothing is proved, and nothing goes on.", file=sys.stderr)
        return STOPPED
    result = dataclasses.replace(result, seconds=round(time.perf_counter() - began, 1))
    told = json.dumps(dataclasses.asdict(result), indent=2)
    print(told)
    if asked.json is not None:
        asked.json.write_text(told + "\n")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

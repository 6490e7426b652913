"""Files damaged by dice and bombs for the photo sandbox: each is answered in time and memory, and the next is read."""

import random
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice

from domain.kit.problem import Problem
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.bombs import BOMBS
from tests.photos.damaged import ANSWERS, WHOLE, mutated, sources
from tests.prove.result import Result, Sizes, judged

NUMBER = 10
ALONE = True
SIZES = {"files": (2_000, 200_000), "bombs": (len(BOMBS), len(BOMBS))}
SECONDS_MAX = 5
MEMORY_MB_MAX = 512
GOOD_EVERY = 250
"""After so many damaged files, after the last and after every bomb, a good photo must be read."""


async def measure(sizes: Sizes) -> Result:
    """Ask for the copy of each file that is kept, and for the codes on it."""
    seen = _Seen()
    began = time.monotonic()
    await _bombs(seen, sizes["bombs"])
    between, used, bombs = time.monotonic(), _computing(), dict(seen.outcomes)
    await _damaged(seen, sizes["files"])
    return judged(
        "damaged photos",
        f"{sizes['files']:,} and {sizes['bombs']} bombs answered, each within {SECONDS_MAX} s and {MEMORY_MB_MAX} MB, "
        "good ones still read",
        f"{seen.outcomes['read']:,} read, {seen.outcomes.total() - seen.outcomes['read']:,} refused, "
        f"slowest {seen.slowest:.1f} s, most memory {seen.peak_mb} MB",
        seen.failures,
        enough=seen.outcomes["read"] > 0 < seen.outcomes["photo-unreadable"],
        outcomes=dict(seen.outcomes),
        bombs=bombs,
        bombs_s=round(between - began, 1),
        bombs_computing_s=round(used, 1),
        files_a_second=round(sizes["files"] / (time.monotonic() - between), 1),
        files_computing_s=round(_computing() - used, 1),
        slowest=seen.slowest_of,
        most_memory=seen.peak_of,
    )


async def _bombs(seen: "_Seen", count: int) -> None:
    for name, make in islice(BOMBS.items(), count):
        bomb = make()
        async with PhotoSandbox(workers=1) as sandbox:
            await _good(sandbox, seen, f"before {name}")  # so that nobody waits for a worker to start
            await _answers(sandbox, seen, name, bomb, look_first=False)
            await _good(sandbox, seen, f"after {name}")
        seen.weigh(name)


async def _damaged(seen: "_Seen", count: int) -> None:
    dice = random.Random(20260203)
    photos = sources()
    async with PhotoSandbox(workers=1) as sandbox:
        for number in range(1, count + 1):
            name = f"file {number}"
            damaged = mutated(photos[number % len(photos)], dice)
            await _answers(sandbox, seen, name, damaged, look_first=number // len(photos) % 2 == 1)
            seen.weigh(name)
            if number % GOOD_EVERY == 0 or number == count:
                await _good(sandbox, seen, f"after {name}")
    seen.weigh("the last file")


async def _answers(sandbox: PhotoSandbox, seen: "_Seen", name: str, upload: bytes, *, look_first: bool) -> None:
    """Ask both; what took too long in one way would do so in the other, and what is damaged is damaged."""
    ways = [("drawn", sandbox.reencode), ("looked at", sandbox.decode)]
    for way, ask in reversed(ways) if look_first else ways:
        outcome = await seen.ask(f"{name}, {way}", lambda ask=ask: ask(upload))
        if outcome not in ANSWERS:
            seen.failures.append(f"{name}, {way}: {outcome}")
        if outcome not in ("read", "photo-too-large"):
            break
    seen.outcomes[outcome] += 1


async def _good(sandbox: PhotoSandbox, seen: "_Seen", when: str) -> None:
    found = await sandbox.decode(sources()[0])
    if [one.text for one in found] != [WHOLE.text]:
        seen.failures.append(f"a good photo {when} was not read")


def _computing() -> float:
    """Return the seconds of computing of all workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass
class _Seen:
    """What the files came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_of: str = ""
    peak_mb: int = 0
    peak_of: str = ""

    async def ask(self, name: str, question: Callable[[], Awaitable[object]]) -> str:
        """Return "read" or the problem's code; only what is late twice is late: a busy machine can be, once."""
        for late_before in (False, True):
            began = time.monotonic()
            try:
                await question()
                outcome = "read"
            except Problem as problem:
                outcome = problem.code
            seconds = time.monotonic() - began
            if seconds <= SECONDS_MAX:
                break
            if late_before:
                self.failures.append(f"{name}: {outcome} after {seconds:.1f} s")
        if seconds > self.slowest:
            self.slowest, self.slowest_of = seconds, name
        return outcome

    def weigh(self, name: str) -> None:
        """Take down the most memory that any worker held which has ended so far; no less than this process holds."""
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        if peak_mb > self.peak_mb:
            self.peak_mb, self.peak_of = peak_mb, name
            if peak_mb > MEMORY_MB_MAX:
                self.failures.append(f"{name}: {peak_mb} MB")

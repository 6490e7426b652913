"""Files damaged by dice for the photo sandbox: each is answered in time, and the next photo is read."""

import random
import time
from collections import Counter

from domain.kit.problem import Problem
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.drawn import CODES, jpeg, label, png
from tests.photos.test_mutations import mutated
from tests.prove.result import Result, Sizes, judged

NUMBER = 10
SIZES = {"files": (2_000, 200_000)}
SECONDS_MAX = 5
GOOD_EVERY = 250
"""After so many damaged files, and after the last, a good one must be read."""
ANSWERS = {"read", "photo-unreadable", "photo-kind-not-accepted", "photo-too-large", "photo-took-too-long"}


async def measure(sizes: Sizes) -> Result:
    """Send the files one after another; the sandbox itself bounds memory and time of each."""
    dice = random.Random(20260203)
    sources = [jpeg(label(CODES[0])), png(label(CODES[14])), jpeg(label(CODES[17]), quality=40)]
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    async with PhotoSandbox(workers=1) as sandbox:
        for number in range(1, sizes["files"] + 1):
            began = time.monotonic()
            try:
                await sandbox.decode(mutated(sources[number % len(sources)], dice))
                outcome = "read"
            except Problem as problem:
                outcome = problem.code
            seconds = time.monotonic() - began
            slowest = max(slowest, seconds)
            outcomes[outcome] += 1
            if outcome not in ANSWERS or seconds > SECONDS_MAX:
                failures.append(f"file {number}: {outcome} after {seconds:.1f} s")
            if number % GOOD_EVERY == 0 or number == sizes["files"]:
                found = await sandbox.decode(sources[0])
                if [one.text for one in found] != [CODES[0].text]:
                    failures.append(f"a good photo after file {number} was not read")
    return judged(
        "damaged photos",
        f"{sizes['files']:,} answered, each within {SECONDS_MAX} s, good ones still read",
        f"{outcomes['read']:,} read, {outcomes.total() - outcomes['read']:,} refused, slowest {slowest:.1f} s",
        failures,
        outcomes=dict(outcomes),
    )

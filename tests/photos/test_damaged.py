"""Files damaged by dice: each gets an answer, and a good photo is read after them all."""

import os
import random

from domain.kit.problem import Problem
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.damaged import ANSWERS, WHOLE, mutated, sources

# More of them by FIELDSTONE_MUTATIONS=2000; tests/prove/damaged_photos.py tries as many, and bombs.
COUNT = int(os.environ.get("FIELDSTONE_MUTATIONS", "28"))


async def test_damaged_files_are_answered_and_the_next_photo_is_read() -> None:
    dice = random.Random(20260203)
    photos = sources()
    outcomes: set[str] = set()
    async with PhotoSandbox(workers=2) as sandbox:
        for number in range(COUNT):
            try:
                await sandbox.decode(mutated(photos[number % len(photos)], dice))
                outcomes.add("read")
            except Problem as problem:
                outcomes.add(problem.code)
        (found,) = await sandbox.decode(photos[0])

    assert found.text == WHOLE.text
    assert outcomes <= ANSWERS

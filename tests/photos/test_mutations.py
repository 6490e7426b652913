"""Files damaged by dice: each gets an answer in time, and a good photo is read after them all."""

import os
import random
import time

from domain.kit.problem import Problem
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.drawn import CODES, jpeg, label, png

# More of them by FIELDSTONE_MUTATIONS=2000.
COUNT = int(os.environ.get("FIELDSTONE_MUTATIONS", "24"))


def mutated(upload: bytes, dice: random.Random) -> bytes:
    """Return the file with some bytes changed, a piece cut out, doubled or filled, or its head swapped."""
    body = bytearray(upload)
    for _ in range(dice.randint(1, 12)):
        at, length = dice.randrange(len(body)), dice.randint(1, 400)
        change = dice.choice(("flip", "flip", "cut", "double", "fill", "header"))
        if change == "flip":
            body[at] = dice.randrange(256)
        elif change == "cut" and len(body) > 2 * length:
            del body[at : at + length]
        elif change == "double":
            body[at:at] = body[at : at + length]
        elif change == "fill":
            body[at : at + length] = bytes([dice.choice((0, 255))]) * length
        else:
            place = dice.randrange(4, 200)
            body[place : place + 2] = dice.randbytes(2)
    return bytes(body)


async def test_damaged_files_are_answered_in_time_and_the_next_photo_is_read() -> None:
    dice = random.Random(20260203)
    sources = [jpeg(label(CODES[0])), png(label(CODES[14])), jpeg(label(CODES[17]), quality=40)]
    outcomes: dict[str, int] = {}
    async with PhotoSandbox(workers=2) as sandbox:
        for number in range(COUNT):
            began = time.monotonic()
            try:
                await sandbox.decode(mutated(sources[number % len(sources)], dice))
                outcome = "read"
            except Problem as problem:
                outcome = problem.code
            assert time.monotonic() - began < 8
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        (found,) = await sandbox.decode(sources[0])

    assert found.text == CODES[0].text
    assert sum(outcomes.values()) == COUNT
    assert set(outcomes) <= {
        "read",
        "photo-unreadable",
        "photo-kind-not-accepted",
        "photo-too-large",
        "photo-took-too-long",
    }

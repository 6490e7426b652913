"""What is accepted can be read: odd but valid bodies, and after them every list, detail, paper, export and pull."""

import json
import random
import re
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from api.operation import PUBLIC, Operation
from tests.api.contract import ALL, Sent, caller_of, is_json, leaves, path_of, replaced, send, usual_body, usual_headers
from tests.api.planting import things_of_ann
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import Stage, Theatre, theatre
from tests.sync.handset import handset

NUMBER = 2
SIZES = {"bodies": (2_000, 50_000)}
READS = [one for one in ALL if one.method == "GET" and one.by is not PUBLIC]
BODIES_ON_A_STAGE, TRIES_ON_A_STAGE = 120, 500
TRIES_MAX = 40
"""So many tries for each body that is wanted; then too few were accepted."""
TEXTS = (
    "机器\u202e\U0001f9ca",
    "\u200b",
    "é\u0301",
    "<b>&amp;</b>",
    "=1+1",
    "'; --",
    "x" * 64,
    "\uffff",
    "0",
    "-",
    "a\tb",
)
MOMENTS = (
    "1970-01-01T00:00:00Z",
    "2099-12-31T23:59:59Z",
    "2026-03-29T02:30:00+02:00",
    "2026-03-01T12:00:00.999999-11:30",
)
DAYS = ("1990-01-01", "2099-12-31", "2024-02-29")
NUMBERS = (0, 1, 59, 1439, 1440, 100_000, 1_000_000_000, 2**31 - 1)
IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


async def measure(sizes: Sizes) -> Result:
    """Send odd bodies until enough were accepted, and read everything in between."""
    dice = random.Random(20261123)
    tried: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    failures: list[str] = []
    reads = 0
    async with theatre() as house:
        while accepted.total() < sizes["bodies"] and tried.total() < sizes["bodies"] * TRIES_MAX:
            reads += await _on_a_stage(house, dice, tried, accepted, failures)
    return judged(
        "accepted bodies are read back",
        f"{sizes['bodies']:,} by list, detail, pull, paper and export",
        f"{accepted.total():,} accepted of {tried.total():,} for {len(accepted)} operations, {reads:,} reads, "
        f"{len(failures)} failed",
        failures,
        enough=accepted.total() >= sizes["bodies"],
        accepted=dict(accepted),
    )


async def _on_a_stage(
    house: Theatre, dice: random.Random, tried: Counter[str], accepted: Counter[str], failures: list[str]
) -> int:
    """Write and read in one world; returns how much was read."""
    async with house.stage() as stage:
        planted = await things_of_ann(stage.context, stage.cast, stage.owner)
        ids = {name: {thing} for name, thing in planted.items()}
        before = accepted.total()
        # What is never accepted is asked less and less.
        waiting = [one for one in ALL if is_json(one) and one.by is not PUBLIC and not _ends_a_session(one)]
        for _ in range(TRIES_ON_A_STAGE):
            weights = [(1 + accepted[one.path]) / (5 + tried[one.path]) for one in waiting]
            (one,) = dice.choices(waiting, weights)
            told = await _write(one, stage, planted, dice, failures)
            tried[one.path] += 1
            if told:
                accepted[one.path] += 1
                ids.setdefault(f"/{one.path.split('/')[1]}", set()).update(UUID(found) for found in IDS.findall(told))
            if accepted.total() - before >= BODIES_ON_A_STAGE:
                break
        return await _read(stage, planted, ids, dice, failures)


def _ends_a_session(one: Operation) -> bool:
    return one.path.startswith(("/sign-", "/people/", "/devices/", "/partners/")) or "revoke" in one.path


async def _write(
    one: Operation, stage: Stage, planted: dict[str, UUID], dice: random.Random, failures: list[str]
) -> str:
    """Send an odd body; returns the answer when it was accepted."""
    body = json.loads(usual_body(one, planted))
    places = [(place, value) for place, value in leaves(body) if (value is not None and not isinstance(value, bool))]
    for place, value in dice.sample(places, min(len(places), dice.randint(0, 2))):
        body = replaced(body, place, _odd(value, dice))
    for name in ("number", "code", "login", "serial"):
        if isinstance(body.get(name), str) and dice.random() < 0.9:
            body[name] = f"X{dice.randrange(10**9)}"
    content = json.dumps(body).encode()
    sent = Sent(f"an odd body {content[:200]!r}", path_of(one, **planted), content, usual_headers(one))
    try:
        response = await send(caller_of(one, stage.cast, stage.nobody), one, sent, uuid4().hex)
    except AssertionError as error:
        failures.append(str(error).split("\n")[0][:400])
        return ""
    return response.text or "accepted" if response.status_code < 300 else ""


def _odd(value: Any, dice: random.Random) -> Any:
    if isinstance(value, int):
        return dice.choice(NUMBERS)
    if not isinstance(value, str) or IDS.fullmatch(value):
        return value
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        return dice.choice(MOMENTS)
    return dice.choice(DAYS if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else TEXTS)


async def _read(
    stage: Stage, planted: dict[str, UUID], ids: dict[str, set[UUID]], dice: random.Random, failures: list[str]
) -> int:
    """Read everything, details of some of what was written among it, and let two phones pull."""
    reads = 0
    for one in READS:
        about = sorted(ids.get(f"/{one.path.split('/')[1]}", set()), key=str)
        for thing in [None, *dice.sample(about, min(len(about), 4))] if "{id:uuid}" in one.path else [None]:
            path = path_of(one, **(planted if thing is None else {**planted, f"/{one.path.split('/')[1]}": thing}))
            reads += 1
            try:
                await send(caller_of(one, stage.cast, stage.nobody), one, Sent("what was accepted", path), None)
            except AssertionError as error:
                failures.append(str(error).split("\n")[0][:400])
    for caller in (stage.cast.ann, stage.cast.otto):
        reads += 1
        try:
            await handset(caller).pull()
        except AssertionError as error:
            failures.append(f"a pull: {str(error)[:300]}")
    return reads

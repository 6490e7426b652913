"""What is accepted can be read: odd but valid bodies, and after them every list, detail, paper, export and pull."""

import json
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import text

from api.operation import PUBLIC, Operation
from api.worker import drain
from tests import make
from tests.api.contract import (
    ALL,
    Sent,
    caller_of,
    has_content,
    is_json,
    leaves,
    path_of,
    query_of,
    replaced,
    send,
    usual_body,
    usual_headers,
)
from tests.api.planting import things_of_ann
from tests.api.plenty import Side, plenty_of, today
from tests.claims.visits import claimed
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
COMPARED_EVERY = 5
"""Of the accepted bodies at least each fifth makes something that can be held against what was sent."""
SPELT_SMALL = "login"
"""What is kept in small letters, however it was sent."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(slots=True)
class Tally:
    """How often each operation was tried, accepted and compared, which reads found anything, and what went wrong."""

    tried: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    reads: int = 0
    found: set[str] = field(default_factory=set)


async def measure(sizes: Sizes) -> Result:
    """Send odd bodies until enough were accepted, compare what they made, and read everything in between.

    Before all that a world with one of everything is read: there every read must find something.
    """
    dice = random.Random(20261123)
    tally = Tally()
    async with theatre() as house:
        async with house.stage() as stage:
            side = Side("north", stage.cast.north, stage.cast.ann, stage.cast.pam)
            (things,) = await plenty_of(stage.context, stage.cast, stage.owner, side)
            await _read(stage, {**things.ids, **things.words}, {}, dice, tally)
        while tally.accepted.total() < sizes["bodies"] and tally.tried.total() < sizes["bodies"] * TRIES_MAX:
            await _on_a_stage(house, dice, tally)
    nothing = [f"{path} found nothing" for path in sorted({one.path for one in READS} - tally.found)]
    accepted, compared = tally.accepted.total(), tally.compared.total()
    return judged(
        "accepted bodies are read back",
        f"{sizes['bodies']:,}: what they made is told as it was sent, and every read after them answers as documented; "
        "every kind of read finds something",
        f"{accepted:,} accepted of {tally.tried.total():,} for {len(tally.accepted)} operations, "
        f"{compared:,} compared, {tally.reads:,} reads ({len(tally.found)} of {len(READS)} kinds found something), "
        f"{len(tally.failures)} failed",
        [*nothing, *tally.failures],
        enough=accepted >= sizes["bodies"] and compared * COMPARED_EVERY >= accepted,
        accepted=dict(tally.accepted),
        compared=dict(tally.compared),
    )


async def _on_a_stage(house: Theatre, dice: random.Random, tally: Tally) -> None:
    """Write and read in one world."""
    async with house.stage() as stage:
        planted = await things_of_ann(stage.context, stage.cast, stage.owner)
        ids = {name: {thing} for name, thing in planted.items()}
        tried, accepted, before = tally.tried, tally.accepted, tally.accepted.total()
        # What is never accepted is asked less and less.
        waiting = [one for one in ALL if is_json(one) and one.by is not PUBLIC and not _ends_a_session(one)]
        for _ in range(TRIES_ON_A_STAGE):
            weights = [(1 + accepted[one.path]) / (5 + tried[one.path]) for one in waiting]
            (one,) = dice.choices(waiting, weights)
            told = await _write(one, stage, planted, dice, tally)
            tried[one.path] += 1
            if told:
                accepted[one.path] += 1
                ids.setdefault(f"/{one.path.split('/')[1]}", set()).update(UUID(found) for found in IDS.findall(told))
            if accepted.total() - before >= BODIES_ON_A_STAGE:
                break
        papers = await _with_papers(stage)
        await _read(stage, {**planted, **papers, **today()}, ids, dice, tally)


async def _with_papers(stage: Stage) -> dict[str, UUID]:
    """Finish a visit, and let the worker do all that waits: its report is a PDF then, and its claim is decided."""
    ready = await make.ready_visit(stage.context, stage.cast)
    await claimed(ready)
    await drain(stage.context)
    async with stage.owner.connect() as connection:
        claim_id = await connection.scalar(text("SELECT id FROM claim WHERE visit_id = :id"), {"id": ready.visit_id})
    return {"visit_id": ready.visit_id, "/claims": UUID(str(claim_id))}


def _ends_a_session(one: Operation) -> bool:
    return one.path.startswith(("/sign-", "/people/", "/devices/", "/partners/")) or "revoke" in one.path


async def _write(one: Operation, stage: Stage, planted: dict[str, UUID], dice: random.Random, tally: Tally) -> str:
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
        tally.failures.append(str(error).split("\n")[0][:400])
        return ""
    if response.status_code == 201:
        await _compare(one, stage, body, response.json().get("id"), tally)
    return response.text or "accepted" if response.status_code < 300 else ""


async def _compare(one: Operation, stage: Stage, body: dict[str, Any], thing: str | None, tally: Tally) -> None:
    """Read what was just made where its fields are shown; those must be as they were sent, but for moments."""
    first = one.path.split("/")[1]
    places = {
        f"/{first}/{thing}": f"/{first}/{{id:uuid}}",
        f"/visits/{body.get('visit_id')}": "/visits/{id:uuid}",
        f"/customers/{body.get('customer_id')}": "/customers/{id:uuid}",
        f"/{first}": f"/{first}",
    }
    for path, name in places.items():
        read = next((read for read in READS if read.path == name), None)
        if read is None or "None" in path:
            continue
        answer = await caller_of(read, stage.cast, stage.nobody).get(path)
        told = _with_id(answer.json(), thing) if answer.status_code == 200 else None
        if told is not None:
            tally.compared[one.path] += 1
            tally.failures += [
                f"{one.path} took {name} {body[name]!r} and {path} tells {told[name]!r}"
                for name in sorted(body.keys() & told.keys())
                if _as_kept(name, body[name]) not in (None, told[name])
            ]
            return


def _as_kept(name: str, sent: Any) -> Any:
    """Return how a field that was sent is to be told; None for what may be told in another way."""
    if not isinstance(sent, str | int) or MOMENT.match(str(sent)):
        return None
    return str(sent).lower() if name == SPELT_SMALL else sent


def _with_id(told: Any, thing: str | None) -> dict[str, Any] | None:
    """Return the object of that id somewhere in an answer."""
    if isinstance(told, dict) and told.get("id") == thing:
        return told
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return next((found for part in parts if (found := _with_id(part, thing))), None)


def _odd(value: Any, dice: random.Random) -> Any:
    if isinstance(value, int):
        return dice.choice(NUMBERS)
    if not isinstance(value, str) or IDS.fullmatch(value):
        return value
    if MOMENT.match(value):
        return dice.choice(MOMENTS)
    return dice.choice(DAYS if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else TEXTS)


async def _read(
    stage: Stage, planted: Mapping[str, object], ids: dict[str, set[UUID]], dice: random.Random, tally: Tally
) -> None:
    """Read everything, details of some of what was written among it, and let two phones pull."""
    for one in READS:
        about = sorted(ids.get(f"/{one.path.split('/')[1]}", set()), key=str)
        for thing in [None, *dice.sample(about, min(len(about), 4))] if "{id:uuid}" in one.path else [None]:
            path = path_of(one, **(planted if thing is None else {**planted, f"/{one.path.split('/')[1]}": thing}))
            path += f"?{urlencode(query)}" if (query := query_of(one, planted, narrowed=False)) else ""
            tally.reads += 1
            try:
                found = await send(caller_of(one, stage.cast, stage.nobody), one, Sent("what was accepted", path), None)
                tally.found |= {one.path} if has_content(found) else set()
            except AssertionError as error:
                tally.failures.append(str(error).split("\n")[0][:400])
    for caller in (stage.cast.ann, stage.cast.otto):
        tally.reads += 1
        try:
            await handset(caller).pull()
        except AssertionError as error:
            tally.failures.append(f"a pull: {str(error)[:300]}")

"""Hostile requests to every operation in every role: no 5xx, nothing that the contract does not say, nothing slow."""

import dataclasses
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from api.operation import PUBLIC, Operation
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests.api.contract import ALL, Sent, caller_of, is_json, leaves, path_of, replaced, send, usual_body, usual_headers
from tests.api.hostile import MOMENTS, bodies, credentials, fields, keys, paths, queries
from tests.api.planting import things_of_ann
from tests.cast import Caller, joined
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import Stage, Theatre, theatre

NUMBER = 1
SIZES = {"requests": (20_000, 500_000), "share": (50, 100)}
"""The share of the corpus, in percent: the test suite sends all of it too, but for one role only."""
OPERATIONS_ON_A_STAGE = 6
"""What hostile requests did to the world is in nobody's way for longer than that."""
ALLOWED_EVERY, REFUSED_EVERY = 5, 16
"""Who is meant gets every request, others that may call an operation each fifth, those that may not each sixteenth."""
READS = [one for one in ALL if one.method == "GET" and one.by is not PUBLIC]
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    1e308,
    "",
    "\u202e",
    "a\x00",
    "9" * 400,
    [],
    {},
    [[]],
    {"": None},
    *MOMENTS,
)


@dataclass(slots=True)
class Count:
    """What was answered so far."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    failures: list[str] = field(default_factory=list)

    async def ask(self, caller: Caller, one: Operation, sent: Sent, key: str | None = "") -> None:
        """Send a request, with a key of its own unless one is given, and count how it was answered."""
        key = uuid4().hex if key == "" and one.method != "GET" else key or None
        try:
            response = await send(caller, one, sent, key)
        except AssertionError as error:
            self.failures.append(str(error).split("\n")[0][:400])
            self.statuses[0] += 1
        else:
            self.statuses[response.status_code] += 1
            self.accepted += one.method != "GET" and response.status_code < 300


async def measure(sizes: Sizes) -> Result:
    """Send the corpus made for each operation to all roles, then what dice make of the examples, up to the number."""
    count = Count()
    waiting = list(ALL)
    async with theatre() as house:
        while waiting:
            waiting = waiting[await _corpus(house, waiting, sizes["share"], count) :]
        dice = random.Random(20261122)
        while count.statuses.total() < sizes["requests"]:
            await _by_dice(house, dice, min(2_000, sizes["requests"] - count.statuses.total()), count)
    wrong = sum(number for status, number in count.statuses.items() if status >= 500 or status == 0)
    return judged(
        "hostile requests, every operation × role",
        f"≥ {sizes['requests']:,}: no 5xx, nothing undocumented, nothing over 5 s",
        f"{count.statuses.total():,} sent, {wrong} answered wrongly, {count.accepted:,} accepted and read back",
        count.failures,
        statuses={str(status): number for status, number in sorted(count.statuses.items())},
    )


async def _everybody(stage: Stage) -> list[Caller]:
    cast = stage.cast
    async with begin(stage.context.database, SYSTEM) as work:
        mia = await joined(work, stage.http, "mia", Role.SERVICE_MANAGER, None)
        paul = await joined(work, stage.http, "paul", Role.PARTS_MANAGER, None)
    return [cast.ada, cast.dora, cast.rex, mia, paul, cast.pam, cast.ann, cast.otto, stage.nobody]


async def _all_signed_in(everybody: list[Caller]) -> bool:
    answers = [await caller.get("/me") for caller in everybody if caller.actor is not None]
    return all(answer.status_code == 200 for answer in answers)


async def _corpus(house: Theatre, waiting: list[Operation], share: int, count: Count) -> int:
    """Send all that was made for the first few operations; returns for how many of them."""
    async with house.stage() as stage:
        planted = await things_of_ann(stage.context, stage.cast, stage.owner)
        everybody = await _everybody(stage)
        for number, one in enumerate(waiting[:OPERATIONS_ON_A_STAGE], 1):
            await _at(one, stage, everybody, planted, share, count)
            if not await _all_signed_in(everybody):
                return number
        return number


async def _at(
    one: Operation, stage: Stage, everybody: list[Caller], planted: dict[str, UUID], share: int, count: Count
) -> None:
    first = caller_of(one, stage.cast, stage.nobody)
    corpus = [sent for number, sent in enumerate(_made_for(one, planted)) if number * share % 100 < share]
    for place, caller in enumerate(everybody):
        if caller.token == first.token:
            continue
        may = one.by is PUBLIC or (caller.actor is not None and caller.actor.role in one.by)
        for sent in corpus[place :: ALLOWED_EVERY if may else REFUSED_EVERY]:
            await count.ask(caller, one, sent if may else dataclasses.replace(sent, accepted=False))
    for sent in corpus:
        await count.ask(first, one, sent)
    if one.command is not None:
        for why, key in keys(one):
            headers = {**usual_headers(one), **({} if key is None else {"idempotency-key": key})}
            await count.ask(first, one, Sent(why, path_of(one), usual_body(one), headers, accepted=False), None)
    if one.by is not PUBLIC:
        for why, given in credentials():
            headers = {**usual_headers(one), "origin": "http://fieldstone.test", **given}
            await count.ask(stage.nobody, one, Sent(why, path_of(one), usual_body(one), headers, accepted=False))
    if is_json(one):
        for read in READS:
            reader = caller_of(read, stage.cast, stage.nobody)
            await count.ask(reader, read, Sent("what was accepted", path_of(read, **planted)))


def _made_for(one: Operation, planted: dict[str, UUID]) -> Iterator[Sent]:
    headers = usual_headers(one)
    yield Sent("its own example", path_of(one), usual_body(one), headers)
    yield Sent("its example about real things", path_of(one, **planted), usual_body(one, planted), headers)
    if one.body is not None:
        yield from bodies(one)
    if is_json(one):
        yield from fields(one, planted)
    yield from queries(one)
    yield from paths(one)


async def _by_dice(house: Theatre, dice: random.Random, requests: int, count: Count) -> None:
    """Send examples with several places changed at once, by anybody."""
    writes = [one for one in ALL if is_json(one)]
    async with house.stage() as stage:
        planted = await things_of_ann(stage.context, stage.cast, stage.owner)
        everybody = await _everybody(stage)
        for _ in range(requests):
            one = dice.choice(writes)
            body = json.loads(usual_body(one, planted))
            places = [place for place, _ in leaves(body)]
            for place in dice.sample(places, min(len(places), dice.randint(1, 4))):
                body = replaced(body, place, dice.choice(VALUES))
            content = json.dumps(body).encode()
            caller = dice.choice([caller_of(one, stage.cast, stage.nobody), dice.choice(everybody)])
            await count.ask(
                caller, one, Sent(f"dice: {content[:200]!r}", path_of(one, **planted), content, usual_headers(one))
            )

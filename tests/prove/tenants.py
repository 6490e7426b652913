"""Partners kept apart: everybody against every operation, then again with each application filter switched off."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import true

from api.operation import Operation
from domain.people import access
from tests.api.contract import ALL, described, name_of, path_of, usual_body, usual_headers
from tests.api.tenants import (
    READS,
    WRITES,
    World,
    counted,
    found_nothing,
    impostor_of,
    shown,
    shown_to,
    ways_to_ask,
    world_of,
    wrong_reads,
    wrong_writes,
)
from tests.cast import Caller, Cast, actor_of
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import Stage, theatre

NUMBER = 7
SIZES: dict[str, tuple[int, int]] = {}
ROOT = Path(access.__file__).parents[2]
NORTH = ("ann", "pam")
SHUTS_OUT = ("/people/", "/devices/", "/partners/")
"""Where the north's office could end its own technician's session."""
Question = tuple[Operation, str, bool]
"""An operation, who of the north asks, and whether the question names the south's things."""


class Filters:
    """The application's own filters, by the line that asks for each; one or all can be switched off."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.off: str | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand in for the filter of ``people/access``; statements made once are made anew."""
        real: Any = access._own

        def own(*given: Any) -> Any:
            frame = sys._getframe(2)
            place = f"{Path(frame.f_code.co_filename).relative_to(ROOT)}:{frame.f_lineno}"
            self.seen.add(place)
            return true() if self.off in (place, "all") else real(*given)

        standing_in: Any = own
        access._own = standing_in
        try:
            yield
        finally:
            access._own = real
            self.switch(None)

    def switch(self, off: str | None) -> None:
        """Switch one filter off, all, or none."""
        self.off = off
        forget_statements()


def forget_statements() -> None:
    """Empty the caches of statements that carry a filter."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("domain.", "mobile_sync.", "api.")):
            for found in vars(module).values():
                if callable(getattr(found, "cache_clear", None)) and getattr(found, "__module__", "") == name:
                    found.cache_clear()


async def measure(sizes: Sizes) -> Result:
    """Walk the matrix with all filters on, then ask anew whatever met a filter, with that filter off.

    The writes with all filters on come last: they end sessions.
    """
    async with theatre() as house, house.stage() as stage:
        world = await world_of(stage.context, stage.cast, stage.owner)
        failures, found = await wrong_reads(stage.cast, stage.nobody, world)
        failures += (await shown_to(impostor_of(stage.context, stage.cast), world))[1]
        switched, leaks = await _without_each(stage, world)
        failures += await wrong_writes(stage.cast, stage.nobody, world, stage.owner)
    sought = found_nothing(found)
    nothing = [f"{name} found nothing by {read}" for read, names in sought.items() for name in names]
    return judged(
        "partners kept apart",
        f"100 % of {len(ALL)} operations, no leak; each filter off: row-level security alone, no leak; "
        "every read of a partner finds something of its own",
        f"{len(READS) + len(WRITES)} of {len(ALL)} operations asked by everybody: {len(failures)} wrong; "
        f"{len(switched)} filters off in turn: {len(leaks)} leaks; "
        f"{sum(not names for names in sought.values())} of {len(sought)} reads of a partner found something",
        failures + leaks + nothing,
        enough=len(switched) > 20,
        filters=switched,
    )


async def _without_each(stage: Stage, world: World) -> tuple[list[str], list[str]]:
    filters = Filters()
    met: dict[str, set[Question]] = defaultdict(set)
    leaks: list[str] = []
    with filters.watched():
        for question in _questions(world):
            filters.seen.clear()
            forget_statements()
            await _asked(question, stage.cast, world)
            for place in filters.seen:
                met[place].add(question)
        before = await counted(stage.owner, stage.cast.south)
        for off in (*sorted(met), "all"):
            filters.switch(off)
            for question in met[off] if off != "all" else list(_questions(world)):
                leaks += [f"without {off}: {told}" for told in await _asked(question, stage.cast, world)]
            after = await counted(stage.owner, stage.cast.south)
            leaks += [
                f"without {off}: {table} of the south changed" for table in before if before[table] != after[table]
            ]
            before = after
    return sorted(met), leaks


def _questions(world: World) -> Iterator[Question]:
    """Yield everything the north may ask and stay signed in: who is not, is refused before any filter."""
    for one in (*READS, *(one for one in WRITES if not one.path.startswith("/sign-"))):
        for name in NORTH:
            yield one, name, True
            if len(ways_to_ask(one, world, "south")) > 1 if one.method == "GET" else not one.path.startswith(SHUTS_OUT):
                yield one, name, False


async def _asked(question: Question, cast: Cast, world: World) -> list[str]:
    """Ask about the south's things, or about nobody's; returns what an answer shows that it must not."""
    one, name, narrowed = question
    caller: Caller = getattr(cast, name)
    if actor_of(caller).role not in one.by:
        return []
    south = world.ids["south"]
    if one.method == "GET":
        path, query = ways_to_ask(one, world, "south")[-1 if narrowed else 0]
        response = await caller.get(path, **query)
        marks = shown(response, world, ("south",), "south") if response.status_code < 400 else []
    else:
        body = usual_body(one, south if narrowed else world.ids["north"])
        headers = {**usual_headers(one), **caller.headers, "idempotency-key": uuid4().hex}
        response = await caller.http.request(
            one.method, path_of(one, **world.given("south")), content=body, headers=headers
        )
        marks = [
            mark for mark in shown(response, world, ("south",), "south") if mark not in body.decode(errors="replace")
        ]
    told = f"{name} asks {name_of(one)}: {response.status_code} {response.text[:200]}"
    if response.status_code == 401:
        return [f"{told}: nobody asked"]
    undocumented = str(response.status_code) not in described(one)["responses"]
    return [f"{told} shows {marks}"] if marks else [f"{told} is undocumented"] if undocumented else []

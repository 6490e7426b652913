"""Two worlds, one of each partner, and everybody against everything in them."""

import dataclasses
import json
import time
from uuid import UUID, uuid4

import httpx
from sqlalchemy import Uuid
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.operation import PUBLIC, Operation
from api.problems import MEDIA
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.work import begin, utc_now
from domain.migrations.tables import METADATA
from tests.api.contract import (
    ALL,
    described,
    has_content,
    is_json,
    name_of,
    path_of,
    query_of,
    text_of,
    usual_body,
    usual_headers,
)
from tests.api.plenty import OF_THE_BASE, OF_THE_PARTNER, Side, plenty_of
from tests.cast import Caller, Cast, actor_of, joined
from tests.conftest import rows

READS = [one for one in ALL if one.method == "GET"]
WRITES = sorted((one for one in ALL if one.method != "GET"), key=lambda one: one.path.startswith("/sign-"))
"""What ends a session comes last."""
NAMES = ("ann", "pam", "ben", "otto", "dora", "rex", "ada")
RIVALS = {
    "ann": ("south",),
    "pam": ("south",),
    "ben": ("north",),
    "otto": ("north", "south"),
    "nobody": ("north", "south"),
}
"""Whose things must not show."""
SIDES = {"ann": "north", "pam": "north", "ben": "south"}
ROLES = {"ann": Role.TECHNICIAN, "pam": Role.PARTNER_OFFICE, "ben": Role.TECHNICIAN}
ALIKE = {
    "/claims/submit/template",
    "/fault-codes",
    "/labour-operations",
    "/models",
    "/models/{id:uuid}",
    "/parts",
    "/sync/chunks/{sha256:str}",
    "/sync/snapshots/{feed:str}",
}
"""The catalogue and an empty form: whoever asks is told the same, and is told something."""
NEVER_TOLD = {"/units/{id:uuid}/moves"}
"""A unit's past is for our own people: a partner's technician may ask, and there is no such unit."""


@dataclasses.dataclass(frozen=True)
class World:
    """One of everything of each partner: things by the contract's names, and the ids and names that are its alone.

    What belongs to the install base is apart: our own technicians may know it.
    """

    ids: dict[str, dict[str, UUID]]
    words: dict[str, dict[str, str]]
    marks: dict[str, set[str]]
    base: dict[str, set[str]]

    def given(self, side: str) -> dict[str, object]:
        """What a path or a query about one side can be filled with."""
        return {**self.ids[side], **self.words[side]}


async def world_of(context: Context, cast: Cast, owner: AsyncEngine) -> World:
    """Both partners with one of everything."""
    async with begin(context.database, SYSTEM) as work:
        sue = await joined(work, cast.pam.http, "sue", Role.PARTNER_OFFICE, cast.south)
    sides = (Side("north", cast.north, cast.ann, cast.pam), Side("south", cast.south, cast.ben, sue))
    planted = dict(zip(sides, await plenty_of(context, cast, owner, *sides), strict=True))
    ids = {side.name: things.ids for side, things in planted.items()}
    words = {side.name: things.words for side, things in planted.items()}
    base = {side.name: {str(thing) for thing in things.base} for side, things in planted.items()}
    marks: dict[str, set[str]] = {}
    for side in sides:
        base[side.name] |= {*map(side.secret, OF_THE_BASE)}
        marks[side.name] = await ids_of(owner, side.partner_id)
        marks[side.name] |= {str(ids[side.name]["/uploads"]), *map(side.secret, OF_THE_PARTNER)}
    assert marks["north"] & marks["south"] == set()
    assert min(len(found) for found in marks.values()) > 15
    return World(ids, words, marks, base)


async def ids_of(owner: AsyncEngine, partner_id: UUID) -> set[str]:
    """Every id that stands in a row of a partner, and in no row of anybody else's."""
    found = {str(partner_id)}
    for table in METADATA.tables.values():
        if "partner_id" in table.columns:
            keys = [column.name for column in table.primary_key.columns if isinstance(column.type, Uuid)]
            for key in keys:
                told = await rows(owner, f"SELECT {key} FROM {table.name} WHERE partner_id = '{partner_id}'")
                found |= {str(row[0]) for row in told}
    return found


def documented(one: Operation) -> set[int]:
    """The statuses the contract knows, but for defects."""
    return {int(status) for status in described(one)["responses"]} - {500}


def expected(one: Operation, role: Role | None) -> set[int]:
    """The statuses that a caller may get."""
    told = documented(one)
    if one.by is PUBLIC:
        return told - {401, 403}
    if role is None:
        return {401}
    return told - {401, 403} if role in one.by else {403}


Asked = tuple[str, dict[str, str]]
"""A path and a query."""


def ways_to_ask(one: Operation, world: World, side: str) -> list[Asked]:
    """Return how a read can ask about one side's things: with as little as must be, and naming whatever it can."""
    given = world.given(side)
    narrow, wide = query_of(one, given), query_of(one, given, narrowed=False)
    return [(path_of(one, **given), query) for query in ([wide] if narrow == wide else [wide, narrow])]


async def wrong_reads(cast: Cast, nobody: Caller, world: World) -> tuple[list[str], set[tuple[str, str]]]:
    """Let everybody read everything of both partners.

    Returns what was answered wrongly or showed a rival's things, and who found something of their own where.
    """
    callers = {name: getattr(cast, name) for name in NAMES} | {"nobody": nobody}
    wrong: list[str] = []
    found: set[tuple[str, str]] = set()
    for one in READS:
        for name, caller in callers.items():
            role = None if name == "nobody" else actor_of(caller).role
            before: list[Asked] = []
            for side in sorted(world.ids, key=lambda side: side != SIDES.get(name)):
                for path, query in ways_to_ask(one, world, side):
                    if (path, query) in before:
                        continue
                    before.append((path, query))
                    response = await caller.get(path, **query)
                    told = f"{name} asks for {name_of(one)} of {side}: {response.status_code} {response.text[:200]}"
                    media = response.headers["content-type"]
                    if response.status_code not in expected(one, role):
                        wrong.append(told)
                    if response.status_code >= 400 and not media.startswith((MEDIA, "text/html")):
                        wrong.append(told)
                    if marks := shown(response, world, RIVALS.get(name, ()), side, base=name != "otto"):
                        wrong.append(f"{told} shows {marks}")
                    if side == SIDES.get(name) and is_own(one, response, world, side):
                        found.add((name, one.path))
    return wrong, found


def is_own(one: Operation, response: httpx.Response, world: World, side: str) -> bool:
    """Whether an answer tells somebody of this side something of its own, where not everybody is told the same."""
    if one.path in ALIKE or not has_content(response):
        return one.path in ALIKE and has_content(response)
    told = text_of(response)
    return any(mark in told for mark in world.marks[side] | world.base[side])


def found_nothing(found: set[tuple[str, str]]) -> dict[str, list[str]]:
    """Return for every read of a partner who of its people found nothing of their own; most have nobody."""
    return {
        name_of(one): [who for who in SIDES if ROLES[who] in one.by and (who, one.path) not in found]
        for one in READS
        if one.by is not PUBLIC and {*ROLES.values()} & one.by and one.path not in NEVER_TOLD
    }


def shown(
    response: httpx.Response, world: World, rivals: tuple[str, ...], side: str, *, base: bool = True
) -> list[str]:
    """The marks of these partners in an answer, or in the path of what was answered with anything at all.

    A refusal may repeat what was asked for.
    """
    if not rivals:
        return []
    about = {str(thing) for thing in world.given(side).values()} if response.status_code >= 400 else set()
    marks = set().union(*(world.marks[rival] | (world.base[rival] if base else set()) for rival in rivals))
    told = text_of(response) + (response.request.url.path if has_content(response) else "")
    return [mark for mark in marks - about if mark in told]


async def wrong_writes(cast: Cast, nobody: Caller, world: World, owner: AsyncEngine) -> list[str]:
    """Let the north write about the south's things; returns what was allowed, shown or changed."""
    before = await counted(owner, cast.south)
    wrong: list[str] = []
    south = world.ids["south"]
    for one in WRITES:
        body = usual_body(one, south)
        named = is_json(one) and south.keys() & json.loads(body).keys()
        for name in ("ann", "pam", "otto", "nobody"):
            caller: Caller = nobody if name == "nobody" else getattr(cast, name)
            headers = {**usual_headers(one), **caller.headers, "idempotency-key": uuid4().hex}
            response = await caller.http.request(
                one.method, path_of(one, **world.given("south")), content=body, headers=headers
            )
            told = f"{name} sends {name_of(one)}: {response.status_code} {response.text[:200]}"
            if one.by is PUBLIC:
                allowed = documented(one)
            elif name == "nobody":
                allowed = {401}
            elif actor_of(caller).role not in one.by:
                allowed = {403}
            elif not is_json(one):
                allowed = documented(one) - {401, 403}
            else:
                allowed = {202, 403, 404, 409, 422} if named else {200, 201, 202, 403, 404, 409, 422}
            if response.status_code not in allowed:
                wrong.append(told)
            sent = body.decode(errors="replace")
            if marks := [mark for mark in shown(response, world, ("south",), "south") if mark not in sent]:
                wrong.append(f"{told} shows {marks}")
    after = await counted(owner, cast.south)
    return wrong + [f"{table} of the south changed" for table in before if before[table] != after[table]]


async def counted(owner: AsyncEngine, partner_id: UUID) -> dict[str, object]:
    """A fingerprint of every row of a partner, but for feeds: our own technician may have its phones told again."""
    found: dict[str, object] = {}
    for table in METADATA.tables.values():
        if "partner_id" in table.columns and not table.name.startswith("feed_"):
            told = await rows(
                owner,
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table.name} AS t "
                f"WHERE partner_id = '{partner_id}'",
            )
            found[table.name] = told[0][0]
    return found


def impostor_of(context: Context, cast: Cast) -> Caller:
    """Return somebody of the north whom the application takes for our own desk: only row-level security is left."""
    token = f"impostor-{uuid4().hex}"
    actor = Actor(cast.pam.id, Role.ADMIN, cast.north, None, None, "impostor")
    context.principals._known[token] = (time.monotonic() + 600, actor, utc_now().replace(year=2099))
    return Caller(cast.pam.http, token, actor)


async def shown_to(impostor: Caller, world: World) -> tuple[int, list[str]]:
    """Let the impostor read everything our desk may; returns how often it was answered, and what was shown."""
    wrong: list[str] = []
    answered = 0
    for one in READS:
        for side in ("north", "south") if Role.ADMIN in one.by else ():
            path, query = ways_to_ask(one, world, side)[0]
            response = await impostor.get(path, **query)
            answered += response.status_code == 200
            if response.status_code < 400 and (marks := shown(response, world, ("south",), side)):
                wrong.append(f"{name_of(one)} of {side} shows {marks}: {response.text[:300]}")
    return answered, wrong

"""Two worlds, one of each partner, and everybody against everything in them."""

import dataclasses
import itertools
import json
import time
from uuid import UUID, uuid4

import httpx
from sqlalchemy import Uuid, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.operation import PUBLIC, Operation
from api.problems import MEDIA
from domain.kit.actor import Actor, Role
from domain.kit.work import utc_now
from domain.migrations.tables import METADATA
from tests import make
from tests.api.contract import (
    ALL,
    described,
    is_json,
    name_of,
    parameters_of,
    path_of,
    usual_body,
    usual_headers,
)
from tests.cast import Caller, Cast, actor_of
from tests.claims.visits import claimed
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


@dataclasses.dataclass(frozen=True)
class World:
    """A finished visit of each partner: things by the contract's names, and the ids and names that are its alone.

    What belongs to the install base is apart: our own technicians may know it.
    """

    ids: dict[str, dict[str, UUID]]
    marks: dict[str, set[str]]
    base: dict[str, set[str]]


async def world_of(context: Context, cast: Cast, owner: AsyncEngine) -> World:
    """Both partners with a job, a scan, a claim and a report each."""
    ids: dict[str, dict[str, UUID]] = {}
    marks: dict[str, set[str]] = {}
    base: dict[str, set[str]] = {}
    for side, partner_id, who in (("north", cast.north, cast.ann), ("south", cast.south, cast.ben)):
        ready = await make.ready_visit(context, cast, technician=who)
        await claimed(ready)
        things = {
            "customer": ready.customer_id,
            "contact": ready.contact_id,
            "site": ready.site_id,
            "unit": ready.unit_id,
        }
        async with owner.begin() as connection:
            for table, column in (("customer", "name"), ("contact", "name")):
                await connection.execute(
                    text(f"UPDATE {table} SET {column} = :mark WHERE id = :id"),
                    {"mark": f"secret {table} of {side}", "id": things[table]},
                )
        claim = await rows(owner, f"SELECT id FROM claim WHERE partner_id = '{partner_id}'")
        assert len(claim) == 1
        ids[side] = {
            **{f"{name}_id": thing for name, thing in things.items()},
            "job_id": ready.job_id,
            "visit_id": ready.visit_id,
            "claim_id": UUID(str(claim[0][0])),
            "account_id": who.id,
            "technician_id": who.id,
            "device_id": actor_of(who).device_id or uuid4(),
            "partner_id": partner_id,
            "/jobs": ready.job_id,
            "/visits": ready.visit_id,
            "/claims": UUID(str(claim[0][0])),
            "/units": ready.unit_id,
            "/customers": ready.customer_id,
            "/sites": ready.site_id,
            "/people": who.id,
            "/partners": partner_id,
        }
        base[side] = {str(thing) for thing in things.values()}
        base[side] |= {f"secret {table} of {side}" for table in ("customer", "contact")}
        marks[side] = await ids_of(owner, partner_id)
    assert marks["north"] & marks["south"] == set()
    assert min(len(found) for found in marks.values()) > 15
    return World(ids, marks, base)


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


def asked(one: Operation, ids: dict[str, UUID]) -> tuple[str, dict[str, str]]:
    """The path and the query of a read about these things."""
    query = {name: str(ids[name]) for name in parameters_of(one, "query") if name in ids}
    return path_of(one, **ids), query


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


async def read(one: Operation, caller: Caller, ids: dict[str, UUID], *, narrowed: bool) -> httpx.Response:
    path, query = asked(one, ids)
    required = {part["name"] for part in described(one).get("parameters", []) if part.get("required")}
    return await caller.get(path, **{name: value for name, value in query.items() if narrowed or name in required})


async def wrong_reads(cast: Cast, nobody: Caller, world: World) -> list[str]:
    """Let everybody read everything of both partners; returns what was answered wrongly or showed a rival's things."""
    callers = {name: getattr(cast, name) for name in NAMES} | {"nobody": nobody}
    wrong: list[str] = []
    for one in READS:
        for name, caller in callers.items():
            role = None if name == "nobody" else actor_of(caller).role
            for side, narrowed in itertools.product(("north", "south"), (False, True)):
                response = await read(one, caller, world.ids[side], narrowed=narrowed)
                told = f"{name} asks for {name_of(one)} of {side}: {response.status_code} {response.text[:200]}"
                media = response.headers["content-type"]
                if response.status_code not in expected(one, role):
                    wrong.append(told)
                if response.status_code >= 400 and not media.startswith((MEDIA, "text/html")):
                    wrong.append(told)
                if marks := shown(response, world, RIVALS.get(name, ()), side, base=name != "otto"):
                    wrong.append(f"{told} shows {marks}")
    return wrong


def shown(
    response: httpx.Response, world: World, rivals: tuple[str, ...], side: str, *, base: bool = True
) -> list[str]:
    """The marks of these partners in an answer; a refusal may repeat what was asked for."""
    about = {str(thing) for thing in world.ids[side].values()} if response.status_code >= 400 else set()
    marks = set().union(*(world.marks[rival] | (world.base[rival] if base else set()) for rival in rivals))
    return [mark for mark in marks - about if mark in response.text]


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
            response = await caller.http.request(one.method, path_of(one, **south), content=body, headers=headers)
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
            response = await read(one, impostor, world.ids[side], narrowed=False)
            answered += response.status_code == 200
            if response.status_code < 400 and (marks := shown(response, world, ("south",), side)):
                wrong.append(f"{name_of(one)} of {side} shows {marks}: {response.text[:300]}")
    return answered, wrong

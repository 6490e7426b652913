"""Everybody against everything: each operation for each of the cast, with their own and with another partner's things.

Each test walks all operations on one pair of worlds, and names every one that fails.
"""

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import Role
from tests.api.plenty import OF_THE_PARTNER
from tests.api.tenants import (
    READS,
    World,
    found_nothing,
    impostor_of,
    shown_to,
    ways_to_ask,
    world_of,
    wrong_reads,
    wrong_writes,
)
from tests.cast import Caller, Cast, actor_of


@pytest_asyncio.fixture(loop_scope="session")
async def world(context: Context, cast: Cast, owner: AsyncEngine) -> World:
    """Both partners with one of everything."""
    return await world_of(context, cast, owner)


async def test_a_read_answers_those_it_is_for_with_their_own_things_and_nobody_else_s(
    cast: Cast, nobody: Caller, world: World
) -> None:
    wrong, found = await wrong_reads(cast, nobody, world)
    assert wrong == []
    assert {one: names for one, names in found_nothing(found).items() if names} == {}


async def test_the_marks_are_there_to_be_seen(cast: Cast, world: World) -> None:
    """Otherwise their absence above would prove nothing."""
    for caller, sides in ((cast.ada, ("north", "south")), (cast.pam, ("north",)), (cast.ben, ("south",))):
        for side in sides:
            bodies = ""
            for one in READS:
                if actor_of(caller).role in one.by:
                    path, query = ways_to_ask(one, world, side)[0]
                    bodies += (await caller.get(path, **query)).text
            named = {f"secret-{thing}-of-{side}" for thing in OF_THE_PARTNER}
            seen = {mark for mark in world.marks[side] | world.base[side] if mark in bodies}
            assert f"secret-customer-of-{side}" in seen
            assert {str(world.ids[side][name]) for name in ("job_id", "visit_id", "unit_id")} <= seen
            assert actor_of(caller).role is not Role.PARTNER_OFFICE or named <= seen


async def test_a_write_about_another_partner_s_things_is_refused_and_changes_nothing(
    cast: Cast, nobody: Caller, world: World, owner: AsyncEngine
) -> None:
    assert await wrong_writes(cast, nobody, world, owner) == []


async def test_row_level_security_alone_hides_the_other_partner(context: Context, cast: Cast, world: World) -> None:
    answered, wrong = await shown_to(impostor_of(context, cast), world)
    assert wrong == []
    assert answered > 5

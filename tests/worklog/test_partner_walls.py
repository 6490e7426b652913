"""What the database itself keeps a partner from writing on others' visits, were every rule of the program passed by."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, sqlstate
from tests import make
from tests.cast import Cast, actor_of
from tests.claims.visits import claimed

REFUSED, PASSED = "42501", "23502"
"""Refused by the wall; past it, where only a column that must be there is missing."""
OF_VISIT = ("visit_event", "time_entry", "part_used", "expense", "fault", "reading", "photo")
MOVED = ("visit", "time_entry", "part_used", "expense", "fault", "reading", "photo")
OF_CLAIM = {
    "claim_line": "INSERT INTO claim_line (id, claim_id, partner_id, kind, state, label) "
    "VALUES (gen_random_uuid(), :claim, current_partner(), 'expense', 'in_review', 'x')",
    "rule_hit": "INSERT INTO rule_hit (id, claim_id, partner_id, rule, rule_version, mode, result, reason, inputs) "
    "VALUES (gen_random_uuid(), :claim, current_partner(), 'D1', 1, 'x', 'x', 'x', '{}')",
    "claim_reply": "INSERT INTO claim_reply (id, claim_id, partner_id, kind, replied_by, replied_at) "
    "VALUES (gen_random_uuid(), :claim, current_partner(), 'withdraw', :who, now())",
    "core_return": "INSERT INTO core_return (id, claim_id, line_id, partner_id, part_number, quantity, expected_at) "
    "VALUES (gen_random_uuid(), :claim, (SELECT id FROM claim_line LIMIT 1), current_partner(), 'x', 1, now())",
}


async def refused(context: Context, caller: Any, statement: str, **given: Any) -> str:
    """Return the SQLSTATE with which a statement fails on the database role of somebody."""
    with pytest.raises(DBAPIError) as failed:
        async with begin(context.database, actor_of(caller)) as work:
            await work.db.execute(text(statement), given)
    return sqlstate(failed.value)


def _insert(table: str, **given: Any) -> str:
    names = ", ".join(given)
    return (
        f"INSERT INTO {table} (id, partner_id, {names}) "
        f"VALUES (gen_random_uuid(), current_partner(), {', '.join(f':{name}' for name in given)})"
    )


@pytest.mark.parametrize("table", OF_VISIT)
async def test_no_row_comes_to_another_partners_visit(context: Context, cast: Cast, table: str) -> None:
    own, foreign = await make.ready_visit(context, cast), await make.ready_visit(context, cast, technician=cast.ben)
    for visit_id, state in ((foreign.visit_id, REFUSED), (own.visit_id, PASSED)):
        given = {"visit_id": visit_id}
        assert await refused(context, cast.ann, _insert(table, **given), **given) == state


@pytest.mark.parametrize("table", ["visit", "scan", "claim", "preauthorisation"])
async def test_no_row_comes_to_another_partners_job(context: Context, cast: Cast, table: str) -> None:
    own, foreign = await make.ready_visit(context, cast), await make.ready_visit(context, cast, technician=cast.ben)
    for ready, state in ((foreign, REFUSED), (own, PASSED)):
        given: dict[str, Any] = {"job_id": ready.job_id}
        if table in ("scan", "claim"):
            given["visit_id"] = own.visit_id
        if table in ("visit", "claim"):
            given["assignment_id"] = ready.assignment_id
        if table == "claim":
            given["state"] = "in_review"
        assert await refused(context, cast.ann, _insert(table, **given), **given) == state


@pytest.mark.parametrize("table", MOVED)
async def test_no_row_leaves_its_visit_or_job(context: Context, cast: Cast, table: str) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.ben)
    column = "job_id" if table == "visit" else "visit_id"
    place = ready.job_id if table == "visit" else ready.visit_id
    assert await refused(context, cast.ann, f"UPDATE {table} SET {column} = :place", place=place) == REFUSED


@pytest.mark.parametrize("table", OF_CLAIM)
async def test_no_row_comes_to_another_partners_claim(context: Context, cast: Cast, table: str) -> None:
    for technician in (cast.ann, cast.ben):
        await claimed(await make.ready_visit(context, cast, technician=technician))
    async with begin(context.database, SYSTEM) as work:
        found = await work.db.scalars(text("SELECT id FROM claim WHERE partner_id = :partner"), {"partner": cast.south})
        given = {"claim": found.one()}
    if ":who" in OF_CLAIM[table]:
        given["who"] = cast.pam.id
    assert await refused(context, cast.pam, OF_CLAIM[table], **given) == "23503"

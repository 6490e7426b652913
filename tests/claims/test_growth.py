"""A decision must not become slower as the claims grow: no statement reads a growing table from end to end."""

import re
from typing import Any

from asyncpg.connection import LoggedQuery
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.queue import PgQueue
from api.context import Context
from domain.commands import REGISTER
from domain.kit.database import connect
from domain.kit.ids import new_id
from domain.kit.work import Work, carry_out, transact
from tests.cast import Cast, actor_of
from tests.claims.racing import line_up

GROWING: tuple[str, ...] = (
    "assignment",
    "claim",
    "claim_line",
    "device",
    "fault",
    "job",
    "journal",
    "part_used",
    "photo",
    "report",
)
GROWING += ("rule_hit", "scan", "session", "time_entry", "unit", "unit_component", "upload", "visit", "visit_event")
GROWN = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', '{table}', 'relpages', 1, 'reltuples', 5e6::real),
       (SELECT count(pg_restore_attribute_stats('schemaname', 'public', 'relname', '{table}', 'attname', attname::text,
                                                'inherited', false, 'n_distinct', -0.2::real))
        FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname LIKE '%\\_id')
"""
"""Makes the planner take a table for one of millions of rows, of which some few belong to one visit."""


async def test_no_statement_of_a_completion_reads_a_growing_table_from_end_to_end(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    _, (rider,) = await line_up(context.database, [cast.ann], 1)
    urls = [engine.url for engine in (context.database.app, context.database.partner)]
    watched = connect(*(url.render_as_string(hide_password=False) for url in urls), pool_size=1)
    asked: list[str] = []

    def watch(connection: Any, _: object) -> None:
        connection.driver_connection.add_query_logger(keep)

    def keep(query: LoggedQuery) -> None:
        asked.append(query.query)

    event.listen(watched.partner.sync_engine, "connect", watch)

    async def complete(work: Work) -> None:
        await carry_out(work, rider.command, REGISTER, op_id)

    op_id = new_id()
    try:
        await transact(watched, actor_of(rider.technician), complete, queue=PgQueue(), op_id=op_id)
    finally:
        await watched.close()
    planned = [sql for sql in asked if sql.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE"))]
    assert any("assignment_claims" in sql for sql in planned), "the gate's own reading is among them"
    async with owner.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        transaction = driver.transaction()
        await transaction.start()
        try:
            await driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            # Of an empty table nothing can be foretold.
            filled = [one for one in GROWING if await driver.fetchval(f"SELECT pg_relation_size('{one}')")]
            for table in filled:
                await driver.execute(GROWN.format(table=table))
            plans = {sql: await _plan(driver, sql) for sql in planned}
        finally:
            await transaction.rollback()
    assert {"claim", "claim_line", "fault", "report", "scan", "time_entry", "visit"} <= set(filled)
    found = {sql[:120]: read for sql, plan in plans.items() if (read := _read_whole(plan) & set(filled))}
    assert found == {}


async def _plan(driver: Any, sql: str) -> Any:
    """Return how PostgreSQL would run a statement, whatever it is given."""
    given = max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
    values = f"({', '.join(['NULL'] * given)})" if given else ""
    await driver.execute(f"PREPARE asked AS {sql}")
    plan = await driver.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{values}")
    await driver.execute("DEALLOCATE asked")
    return plan[0]["Plan"]


def _read_whole(node: Any) -> set[str]:
    """Return the growing tables that a plan reads without a condition on an index."""
    found = {name for child in node.get("Plans", ()) for name in _read_whole(child)}
    kind, table = node["Node Type"], node.get("Relation Name")
    if table in GROWING and (kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node)):
        found.add(table)
    return found

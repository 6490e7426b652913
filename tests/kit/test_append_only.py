"""What was written down stays: by grant for the product, by trigger for the owner. Verdicts are for the office."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import Database, reading, sqlstate
from domain.kit.ids import new_id
from domain.kit.work import begin
from domain.migrations.tables import METADATA
from tests.conftest import rows
from tests.kit.conftest import as_owner
from tests.kit.probe import send

APPEND_ONLY = (
    "journal",
    "assignment",
    "report_revision",
    "visit_event",
    "rule_hit",
    "auth_event",
    "unit_move",
    "programme_version",
    "customer_answer",
    "claim_decision",
    "claim_reply",
    "audit_chain",
    "audit_checkpoint",
)
FOR_THE_OFFICE = [
    ("journal_body", "verdict"),
    ("scan", "verdict"),
    ("scan", "facts"),
    ("scan", "unit_id"),
    ("claim", "decision"),
    ("claim", "facts"),
    ("claim", "lane"),
    ("claim", "review_weight"),
    ("claim_decision", "decided_by"),
    ("preauthorisation", "decided_by"),
    ("core_return", "matches"),
    ("rule_hit", "inputs"),
    ("account", "password_hash"),
    ("session", "refresh_hash"),
    ("api_key", "key_hash"),
    ("webhook", "secret"),
    ("webhook", "previous_secret"),
]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("role", ["app", "partner"])
async def test_the_product_has_no_right_to_change_what_was_written(kit: Database, table: str, role: str) -> None:
    column = next(iter(METADATA.tables[table].primary_key.columns)).name
    for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        async with getattr(kit, role).connect() as connection:
            with pytest.raises(DBAPIError) as refused:
                await connection.execute(text(change))
        assert sqlstate(refused.value) == "42501", change


async def test_even_the_owner_cannot_change_the_journal(kit: Database, owner: AsyncEngine) -> None:
    await send(kit)
    for change in ("UPDATE journal SET outcome = 'rejected'", "DELETE FROM journal"):
        with pytest.raises(Exception, match="journal is append-only"):
            await as_owner(owner, change)
    assert await rows(owner, "SELECT outcome FROM journal") == [("applied",)]


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_trigger_guards_every_append_only_table(owner: AsyncEngine, table: str) -> None:
    found = await rows(
        owner,
        "SELECT tgenabled, tgtype & 16 > 0 AS on_update, tgtype & 8 > 0 AS on_delete FROM pg_trigger "
        f"WHERE tgrelid = '{table}'::regclass AND tgname = 'append_only'",
    )
    assert found == [("O", True, True)] or found == [(b"O", True, True)]


async def test_a_body_may_be_erased_but_never_rewritten(kit: Database) -> None:
    await send(kit)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with begin(kit, SYSTEM) as work:
            await work.db.execute(text("UPDATE journal_body SET answer = ''"))


@pytest.mark.parametrize(("table", "column"), FOR_THE_OFFICE)
async def test_a_partner_cannot_read_what_is_known_about_it(kit: Database, table: str, column: str) -> None:
    pam = Actor(new_id(), Role.PARTNER_OFFICE, new_id())
    with pytest.raises(DBAPIError) as refused:
        async with reading(kit, pam) as db:
            await db.execute(text(f"SELECT {column} FROM {table}"))
    assert sqlstate(refused.value) == "42501"


async def test_a_partner_sees_its_own_journal_and_no_other(kit: Database) -> None:
    north, south = (Actor(new_id(), Role.TECHNICIAN, new_id()) for _ in range(2))
    mine = await send(kit, actor=north, name="ash")
    await send(kit, actor=south, name="elm")
    await send(kit, actor=SYSTEM, name="oak")
    async with reading(kit, north) as db:
        assert (await db.execute(text("SELECT op_id FROM journal"))).all() == [(mine.op_id,)]
        assert (await db.execute(text("SELECT op_id, answer FROM journal_body"))).all() == [(mine.op_id, mine.answer)]


async def test_every_table_has_row_level_security_and_a_policy(owner: AsyncEngine) -> None:
    open_tables = await rows(
        owner,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
        "AND relname NOT LIKE 'pgqueuer%' AND relname <> 'alembic_version' "
        "AND (NOT relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))",
    )
    assert [name for (name,) in open_tables if not str(name).startswith("probe")] == []


async def test_no_policy_lets_a_partner_see_rows_of_partners_by_mere_truth(owner: AsyncEngine) -> None:
    """A table with a partner's column is never opened to partners with ``USING (true)``."""
    found = await rows(
        owner,
        "SELECT tablename, policyname FROM pg_policies JOIN information_schema.columns AS c "
        "ON c.table_name = tablename AND c.column_name = 'partner_id' "
        "WHERE 'fieldstone_partner' = ANY (roles) AND qual = 'true'",
    )
    assert found == []


async def test_a_partner_may_not_copy_or_make_tables(kit: Database) -> None:
    for statement in ("CREATE TEMPORARY TABLE t (a int)", "CREATE TABLE t (a int)", "COPY partner TO '/tmp/x'"):
        async with kit.partner.connect() as connection:
            with pytest.raises(DBAPIError) as refused:
                await connection.execute(text(statement))
        assert sqlstate(refused.value) == "42501", statement


async def test_the_product_copies_into_temporary_tables_only(kit: Database) -> None:
    async with kit.app.connect() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE loaded (name text)"))
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.copy_records_to_table("loaded", records=[("ash",), ("elm",)])
        assert await connection.scalar(text("SELECT count(*) FROM loaded")) == 2
        await connection.rollback()
    async with kit.app.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        with pytest.raises(Exception, match="row-level security"):
            await driver.copy_records_to_table("partner", records=[], columns=["id"])

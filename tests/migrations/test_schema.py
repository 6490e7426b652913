"""Models and migrations agree, and migrating is harmless to repeat."""

import os
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

import api.asgi
from api import embedded
from api.migrate import SCRIPTS, differences, upgrade
from domain.migrations.tables import METADATA
from tests.conftest import rows

ROOT = Path(api.asgi.__file__).resolve().parents[1]
SCHEMA = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
    "WHERE table_schema = 'public' ORDER BY 1, 2"
)


async def test_models_and_migrations_agree(cluster: embedded.Embedded) -> None:
    assert await differences(cluster.url("fieldstone_owner")) == []


async def test_migrating_again_changes_nothing(cluster: embedded.Embedded, owner: AsyncEngine) -> None:
    before = await rows(owner, SCHEMA)
    policies = await rows(owner, "SELECT tablename, policyname, cmd FROM pg_policies ORDER BY 1, 2")
    await upgrade(cluster.url("fieldstone_owner"))
    await upgrade(cluster.url("fieldstone_owner"))
    assert await rows(owner, SCHEMA) == before
    assert await rows(owner, "SELECT tablename, policyname, cmd FROM pg_policies ORDER BY 1, 2") == policies


async def test_the_database_says_which_revision_it_has(owner: AsyncEngine) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1, "two migrations follow the same one"
    assert await rows(owner, "SELECT version_num FROM alembic_version") == [(script.get_current_head(),)]


async def test_every_mapped_table_exists_and_no_other(owner: AsyncEngine) -> None:
    found = {str(name) for (name,) in await rows(owner, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    ours = {name for name in found if not name.startswith(("pgqueuer", "alembic", "probe"))}
    assert ours == set(METADATA.tables)


async def test_text_that_pages_walk_along_sorts_the_same_everywhere(owner: AsyncEngine) -> None:
    wanted = {
        (table.name, column.name)
        for table in METADATA.tables.values()
        for column in table.columns
        if getattr(column.type, "collation", None) == "C"
    }
    found = await rows(
        owner,
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_collation k ON k.oid = a.attcollation WHERE k.collname = 'C' AND c.relkind = 'r' "
        "AND c.relnamespace = 'public'::regnamespace",
    )
    assert wanted <= set(found)


def test_the_contract_in_the_repository_fits_the_code() -> None:
    """In a process of its own: tests declare problems of their own in this one."""
    checked = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", "openapi", "--check"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr

"""Brings a database to the newest schema, as its owner; says which revision it has."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from domain.migrations.tables import METADATA, is_ours

SCRIPTS = Path(__file__).resolve().parents[1] / "domain" / "migrations"


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def _on(owner_url: str, body: Any) -> Any:
    engine = create_async_engine(owner_url)
    try:
        async with engine.connect() as connection:
            result = await connection.run_sync(body)
            await connection.commit()
            return result
    finally:
        await engine.dispose()


async def upgrade(owner_url: str) -> None:
    """Run every migration that has not run yet; raises when ``owner_url`` is not the tables' owner."""
    await _on(owner_url, lambda connection: command.upgrade(_config(connection), "head"))


async def differences(owner_url: str) -> list[Any]:
    """Return what models and migrated database disagree about; empty when they agree."""

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: is_ours(name, kind), "compare_type": True}
        )
        return list(compare_metadata(context, METADATA))

    return list(await _on(owner_url, compare))

"""The probe's tables, made as the owner for each file of tests and emptied for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kit.database import Database
from tests.kit.probe import DROP, MAKE


async def as_owner(owner: AsyncEngine, statements: str) -> None:
    """Run statements that only the tables' owner may run."""
    async with owner.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute(statements)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def probe_tables(owner: AsyncEngine) -> AsyncIterator[None]:
    """The probe's tables."""
    await as_owner(owner, MAKE)
    yield
    await as_owner(owner, DROP)


@pytest_asyncio.fixture(loop_scope="session")
async def kit(probe_tables: None, database: Database, owner: AsyncEngine) -> Database:
    """The product's engines on an empty database with the probe's tables."""
    await as_owner(owner, "DELETE FROM probe_child; DELETE FROM probe")
    return database

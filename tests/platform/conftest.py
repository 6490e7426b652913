"""New installations for tests of the whole product."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import embedded
from tests.dropping import drop_database


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """The data folder of a new installation, with a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="fs", dir="/tmp") as folder:
        yield Path(folder)
        embedded.remove(Path(folder) / "postgres")


@pytest.fixture
async def emptied(owner: AsyncEngine, cluster: embedded.Embedded) -> AsyncIterator[str]:
    """The address of a second, empty database of the tests' own server."""
    async with owner.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await drop_database(raw, "second")
        await raw.execute("CREATE DATABASE second TEMPLATE template1")
        yield cluster.url("fieldstone_app", "second")
        await drop_database(raw, "second")

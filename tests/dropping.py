"""Dropping databases that were lent."""

import asyncio
from typing import Any

from asyncpg import InsufficientPrivilegeError, ObjectInUseError

PATIENCE_S = 60


async def drop_database(driver: Any, name: str) -> None:
    """Drop a database and end who is there; an autovacuum worker, which only a superuser may end, is waited for."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await driver.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                return
            except (InsufficientPrivilegeError, ObjectInUseError):
                await asyncio.sleep(0.2)

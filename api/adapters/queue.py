"""The queue: PgQueuer's own statements, on the connection of the business transaction."""

import asyncpg
from pgqueuer import AsyncpgDriver, Queries
from sqlalchemy.ext.asyncio import AsyncSession


class PgQueue:
    """Adds background work inside the caller's transaction."""

    async def enqueue(self, db: AsyncSession, kind: str, payload: bytes) -> None:
        """Add a task that exists only if this transaction commits."""
        raw = await (await db.connection()).get_raw_connection()
        driver = raw.driver_connection
        if not isinstance(driver, asyncpg.Connection) or not driver.is_in_transaction():
            raise RuntimeError("a task may only be queued inside a transaction")
        await Queries(AsyncpgDriver(driver)).enqueue(kind, payload)

"""The queue: PgQueuer's own statements, on the connection of the business transaction."""

from typing import Any

from pgqueuer import AsyncpgDriver, Queries


class PgQueue:
    """Adds background work inside the caller's transaction."""

    async def enqueue(self, driver: Any, kind: str, payload: bytes) -> None:
        """Add a task that exists only if this transaction commits."""
        if not driver.is_in_transaction():
            raise RuntimeError("a task may only be queued inside a transaction")
        await Queries(AsyncpgDriver(driver)).enqueue(kind, payload)

"""The queue: PgQueuer's own statements, on the connection of the business transaction."""

from collections.abc import Sequence
from typing import Any

from pgqueuer import AsyncpgDriver, Queries


class PgQueue:
    """Adds background work inside the caller's transaction."""

    async def enqueue(self, driver: Any, tasks: Sequence[tuple[str, bytes]]) -> None:
        """Add tasks that exist only if this transaction commits, by one statement."""
        if not driver.is_in_transaction():
            raise RuntimeError("a task may only be queued inside a transaction")
        kinds, payloads = [kind for kind, _ in tasks], [payload for _, payload in tasks]
        await Queries(AsyncpgDriver(driver)).enqueue(kinds, list[bytes | None](payloads), [0] * len(tasks))

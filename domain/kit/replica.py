"""A copy of the database that follows it, for reads that may lag: asked while it is near, passed over otherwise."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor
from domain.kit.database import Database, reading
from domain.kit.problem import Busy

LAG_SECONDS = 10
"""So far behind what is told may be."""
LOOK_SECONDS, PATIENCE_SECONDS = 1, 2
WRITTEN = "SELECT system_identifier, (pg_current_wal_lsn() - '0/0')::bigint FROM pg_control_system()"
REPLAYED = (
    "SELECT system_identifier, CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END "
    "FROM pg_control_system()"
)
_GONE = (Busy, SQLAlchemyError, OSError)


@dataclass(slots=True)
class Replica:
    """A copy beside the database it follows, and until when it is known to be near enough."""

    database: Database
    copy: Database
    _near_until: float = field(default=float("-inf"), repr=False)
    _looked: float = field(default=float("-inf"), repr=False)
    _mark: tuple[float, int, int] | None = field(default=None, repr=False)
    """When which server had written how much; kept until the copy has that too."""

    async def is_near(self) -> bool:
        """Tell whether the copy has all that was written until ``LAG_SECONDS`` ago; looks once a second at most.

        A server that is no copy, or a copy of another database, is never near.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now  # meanwhile others go by what is known
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._look(now)
            except _GONE:
                self.pass_over()
        return time.monotonic() < self._near_until

    def pass_over(self) -> None:
        """Ask the copy nothing more until it was looked at again."""
        self._near_until = float("-inf")

    async def _look(self, now: float) -> None:
        async with self.database.app.connect() as db:
            server, written = (await db.execute(text(WRITTEN))).one()
        mark = self._mark = self._mark or (now, server, written)
        async with self.copy.app.connect() as db:
            its_source, replayed = (await db.execute(text(REPLAYED))).one()
        at, server, written = mark
        if its_source == server and replayed is not None and replayed >= written:
            self._near_until, self._mark = max(self._near_until, at + LAG_SECONDS), None


@asynccontextmanager
async def reading_near(replica: Replica, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """Lend a connection as ``reading`` does, to the copy while it is near, else to the database itself.

    A copy that goes away in the middle is passed over from then on; whoever repeats the request is served.
    """
    async with AsyncExitStack() as stack:
        db: AsyncConnection | None = None
        if await replica.is_near():
            try:
                db = await stack.enter_async_context(reading(replica.copy, actor))
            except _GONE:
                replica.pass_over()
        if db is None:
            yield await stack.enter_async_context(reading(replica.database, actor))
            return
        try:
            yield db
        except _GONE:
            replica.pass_over()
            raise

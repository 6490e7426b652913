"""The two engines of a process: one per database role, chosen by the principal and by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.kit.actor import Actor
from domain.kit.problem import Busy, NotSignedIn, Problem

CONNECTION_SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    "jit": "off",
}
CONNECT_SECONDS = 5
"""As long as for a free connection of the pool: a pooler that changes its server may let a newcomer wait for ever."""
COMMAND_SECONDS = 30
COMMIT_SECONDS = 30
"""So long an answer is waited for: a COMMIT that a standby must confirm has none before the standby has it."""
_LONGER = COMMIT_SECONDS * 10

_LOST = "The connection to the database was lost; repeat the request."
_OUT_OF_REACH = "The database cannot be reached right now; repeat the request."
SESSION_ENDED = "FS401"
"""What the database's confirm_session and confirm_key raise."""
_UNAVAILABLE = ("08", "53000", "53100", "53200", "53300", "57P")
"""SQLSTATEs begin so when nobody's work can be done: connections, no room, shutdown and start."""


class UnsafeRole(RuntimeError):
    """The database role sees every row, so row-level security would prove nothing."""


class TooManyConnections(RuntimeError):
    """All pools together want more connections than the server gives."""


def sqlstate(error: BaseException) -> str:
    """Return the five-character SQLSTATE of a database error, or '' when it is none."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def table_of(error: BaseException) -> str:
    """Return the table whose constraint the driver's error names, or '' when it names none."""
    return str(getattr(error, "table_name", None) or "")


def is_unavailable(error: BaseException) -> bool:
    """Tell whether the database could not be used by anybody, so that the same work may succeed later."""
    return sqlstate(error).startswith(_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Database:
    """One engine for our own people (``fieldstone_app``), one for partners (``fieldstone_partner``)."""

    app: AsyncEngine
    partner: AsyncEngine

    def engine_of(self, actor: Actor) -> AsyncEngine:
        """Return the engine whose database role fits the principal."""
        return self.app if actor.partner_id is None else self.partner

    async def close(self) -> None:
        """Return every connection."""
        await self.app.dispose()
        await self.partner.dispose()

    async def refuse_unsafe_roles(self) -> None:
        """Raise UnsafeRole for a superuser, a role that bypasses row-level security, or an owner of tables.

        A member of the owner's role counts as owner: PostgreSQL lets it pass the policies too.
        """
        for engine in (self.app, self.partner):
            async with engine.connect() as connection:
                name, unsafe = (
                    await connection.execute(
                        text(
                            "SELECT rolname, rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_tables "
                            "WHERE schemaname = 'public' AND pg_has_role(tableowner, 'USAGE')) "
                            "FROM pg_roles WHERE rolname = current_user"
                        )
                    )
                ).one()
            if unsafe:
                raise UnsafeRole(
                    f"Database role {name!r} is a superuser, bypasses row-level security or owns the tables. "
                    "Connect as fieldstone_app and fieldstone_partner (see domain/migrations/roles.sql)."
                )

    async def refuse_too_many_connections(self, processes: int) -> None:
        """Raise TooManyConnections when ``processes`` with pools like these do not fit into max_connections."""
        async with self.app.connect() as connection:
            given = await connection.scalar(
                text(
                    "SELECT current_setting('max_connections')::int "
                    "- current_setting('superuser_reserved_connections')::int"
                )
            )
        wanted = processes * sum(engine.pool.size() for engine in (self.app, self.partner))  # type: ignore[attr-defined]
        if given is not None and wanted > given:
            raise TooManyConnections(
                f"{processes} processes want {wanted} connections, the server gives {given}: lower "
                "FIELDSTONE_POOL_SIZE or FIELDSTONE_PROCESSES, raise max_connections, or say "
                "FIELDSTONE_BEHIND_POOLER=true."
            )


def connect(app_url: str, partner_url: str, *, pool_size: int = 10) -> Database:
    """Make the engines; nothing is connected before the first use.

    Every connection carries the time-outs of ``CONNECTION_SETTINGS``; ``pool_size`` counts connections per role.
    """

    def engine(url: str) -> AsyncEngine:
        made = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",  # transactions are opened and ended below, in as few round trips as can be
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_recycle=600,  # what lay idle at the bottom may have been dropped by a firewall
            pool_use_lifo=True,  # the connection that was used last has all its plans at hand, and the processor too
            pool_reset_on_return="rollback",
            hide_parameters=True,  # what people wrote must not reach a log through an error's text
            connect_args={
                "server_settings": CONNECTION_SETTINGS,
                "timeout": CONNECT_SECONDS,
                "command_timeout": COMMAND_SECONDS,
            },
        )
        event.listen(made.sync_engine, "checkout", _refuse_closed)
        return made

    return Database(engine(app_url), engine(partner_url))


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Make the pool replace a connection whose end was already noticed; costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection")


@asynccontextmanager
async def reading(database: Database, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """Lend a connection for reads of one principal.

    Our own people read on an autocommit connection: one statement, one round trip. A partner's context is only ever
    local to a transaction, opened with it in one round trip; a setting of the session would leak into the next
    checkout.
    Raises: Busy when the connection is lost.
    """
    async with _lent(database, actor) as (connection, driver):
        if actor.partner_id is None:
            yield connection
            return
        await _open(connection, driver, f"BEGIN READ ONLY; SET LOCAL app.partner = '{actor.partner_id}'")
        try:
            yield connection
        finally:
            await _roll_back(connection, driver)


@asynccontextmanager
async def snapshot(database: Database, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """Lend a connection on which every statement sees the database at one moment; otherwise as ``reading``."""
    opening = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.partner = '{actor.partner_id or ''}'"
    async with _lent(database, actor) as (connection, driver):
        await _open(connection, driver, opening)
        try:
            yield connection
        finally:
            await _roll_back(connection, driver)


class NotCommitted(RuntimeError):
    """PostgreSQL rolled back what was to be committed: something inside had failed and was passed over."""


@asynccontextmanager
async def writing(database: Database, actor: Actor, then: str = "") -> AsyncIterator[tuple[AsyncConnection, str]]:
    """Lend a connection inside a transaction in the principal's context, and commit it unless an exception leaves.

    The principal's session or key is confirmed along with the opening, and ``then`` is sent with it: what its last
    statement came to (``SELECT 1``) is yielded beside the connection.
    Raises: NotSignedIn when session, key, phone or account stand no more; NotCommitted; Busy when the connection is
    lost, be it at COMMIT: whoever repeats an operation that was committed gets its answer.
    """
    opening = [f"BEGIN; SET LOCAL app.partner = '{actor.partner_id or ''}'; SET LOCAL app.actor = '{actor.account_id}'"]
    if actor.session_id is not None:
        opening.append(f"SELECT confirm_session('{actor.session_id}')")
    if actor.key_id is not None:
        opening.append(f"SELECT confirm_key('{actor.key_id}')")
    async with _lent(database, actor) as (connection, driver):
        said = await _open(connection, driver, "; ".join([*opening, then] if then else opening))
        try:
            yield connection, said
            done = await _commit(driver)
            if done != "COMMIT":
                raise NotCommitted(done)
        except BaseException:
            await _roll_back(connection, driver)
            raise


async def _commit(driver: Any) -> str:
    """Send COMMIT and return what it came to; who waits in vain, or no longer, drops the connection.

    The driver would cancel it instead: PostgreSQL then shows a commit that no standby has, and whoever repeats the
    operation would be told it is done. Left alone it stays unseen, and its operation locked, until a standby has it.
    """
    committing = asyncio.ensure_future(driver.execute("COMMIT", timeout=_LONGER))
    try:
        await asyncio.wait({committing}, timeout=COMMIT_SECONDS)
    finally:
        if not committing.done():
            driver.terminate()
            with suppress(Exception):
                await committing
    return str(await committing)


@asynccontextmanager
async def _lent(database: Database, actor: Actor) -> AsyncIterator[tuple[AsyncConnection, Any]]:
    """Lend a connection and its driver; whatever fails because there is none, or it is lost, is told as Busy."""
    driver: Any = None
    try:
        async with database.engine_of(actor).connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            yield connection, driver
    except Exception as error:
        lost = isinstance(error, OSError | PoolTimeout) if driver is None else driver.is_closed()
        if (lost or is_unavailable(error)) and not isinstance(error, Problem):
            raise Busy(_OUT_OF_REACH if driver is None else _LOST, retry_after=1) from error
        raise


async def _open(connection: AsyncConnection, driver: Any, opening: str) -> str:
    try:
        return str(await driver.execute(opening))
    except BaseException as error:
        answered = getattr(error, "sqlstate", None)
        if not answered:
            await connection.invalidate()
            if isinstance(error, Exception):
                raise Busy(_LOST, retry_after=1) from error
            raise
        await _roll_back(connection, driver)
        if answered == SESSION_ENDED:
            raise NotSignedIn("The session or the key was ended meanwhile.") from error
        raise  # for example that a lock was not to be had in time


async def _roll_back(connection: AsyncConnection, driver: Any) -> None:
    """End a transaction without its changes; a connection that cannot is thrown away, never lent again."""
    if driver.is_closed():
        return
    try:
        await driver.execute("ROLLBACK")
    except BaseException:
        await connection.invalidate()
        raise

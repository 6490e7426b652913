"""What a database holds, as a back-up sees it: rows counted and blobs cited in one snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, select, text, union
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from api.backups.archive import BackupRefused
from domain.claims.submitted import SubmissionFile
from domain.jobs.request_model import ServiceRequest
from domain.reports.model import ReportFile
from domain.reports.print_model import PrintJob
from domain.worklog.model import Upload

CITING = (Upload.blob_sha256, ReportFile.blob_sha256, PrintJob.blob_sha256, ServiceRequest.photo_sha256)
"""The columns that cite blobs. Snapshots for phones are made anew where blobs are missing, so they do not count."""
_CITED: CompoundSelect[tuple[str | None]] = union(
    *(select(column).where(column.is_not(None)) for column in CITING),
    select(SubmissionFile.sha256).where(SubmissionFile.finished_at.is_(None)),
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Seen:
    """A database as one snapshot shows it; ``snapshot`` is how PostgreSQL's programs are told of it."""

    snapshot: str
    server_major: int
    revision: str
    counts: dict[str, int]
    cited: frozenset[str]


@asynccontextmanager
async def connected(owner_url: str) -> AsyncIterator[AsyncConnection]:
    """Lend a connection as the tables' owner, whom row-level security hides nothing from.

    Raises: BackupRefused when the database cannot be reached.
    """
    engine = create_async_engine(owner_url)
    try:
        try:
            connection = await engine.connect()
        except (OSError, DBAPIError) as error:
            raise BackupRefused(f"The database cannot be reached: {error}") from error
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


async def look(db: AsyncConnection) -> Seen:
    """Begin a snapshot that lasts as long as the transaction of ``db``, and count and list what it shows.

    Raises: BackupRefused when there is no product in this database.
    """
    await db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    snapshot = str(await db.scalar(text("SELECT pg_export_snapshot()")))
    if await is_empty(db):
        raise BackupRefused("This database is empty: there is nothing to back up.")
    revision = str(await db.scalar(text("SELECT version_num FROM alembic_version")))
    return Seen(snapshot, await server_major(db), revision, await counts(db), await cited(db))


async def server_major(db: AsyncConnection) -> int:
    """Return the server's major version."""
    return int(await db.scalar(text("SELECT current_setting('server_version_num')")) or 0) // 10_000


async def is_empty(db: AsyncConnection) -> bool:
    """Tell whether the database has no table yet."""
    return not (await db.execute(text(_TABLES))).all()


async def counts(db: AsyncConnection) -> dict[str, int]:
    """Count the rows of every table."""
    names = [str(name) for name in await db.scalars(text(_TABLES))]
    return {name: int(await db.scalar(text(f'SELECT count(*) FROM public."{name}"')) or 0) for name in names}  # noqa: S608


async def cited(db: AsyncConnection) -> frozenset[str]:
    """Return the SHA-256 of every blob that a row needs."""
    return frozenset(str(sha256) for sha256 in await db.scalars(_CITED))

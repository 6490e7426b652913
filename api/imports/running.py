"""Imports from the first row to the last: one transaction a chunk, so that an interrupted one goes on where it was.

The same file is always read and compared again, also when it was imported before: the tables may have changed since,
and a file that says what the tables say changes nothing. Two imports of the same file at the same time share one run.
"""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from api.imports.checking import Checker, Chunk, Refusal
from api.imports.files import Source
from api.imports.kinds import Kind
from api.imports.merging import Merged, Merger, be_patient
from domain.installs.model import ImportRun
from domain.kit.actor import Actor
from domain.kit.database import Database, reading, sqlstate
from domain.kit.ids import new_id
from domain.kit.ports import Queue
from domain.kit.problem import OperationIdReused, Problem
from domain.kit.work import RETRIED, Work, begin, transact
from mobile_sync.photos.sandbox import PhotoSandbox
from mobile_sync.snapshots import BUILD

T = TypeVar("T")
goes_on_within = dt.timedelta(days=1)
"""An older interrupted run is not continued: what it had compared may have changed since."""
tries_max = 5
_PASSING = ("08", "25", "40", "53", "55", "57")
"""Classes of SQLSTATE: connections, transactions broken off, deadlocks, no room, locks, shutdown and time-outs."""


@dataclass(frozen=True, slots=True)
class Importing:
    """What an import needs: whose it is, where it goes, what opens workbooks, where work that follows is queued."""

    database: Database
    sandbox: PhotoSandbox
    actor: Actor
    queue: Queue | None = None


async def open_run(work: Work, kind: Kind, source: Source, file_name: str, run_id: UUID) -> tuple[UUID, bool]:
    """Return the run of a file and whether there is something left to do: an unfinished one of the same file goes on.

    ``run_id`` asked for before gives the same run again. Raises: OperationIdReused when it was of another file.
    """
    lock = select(func.pg_advisory_xact_lock(func.hashtextextended(f"import {source.sha256}", 0)))
    await work.db.execute(lock)
    earlier = await work.db.scalar(select(ImportRun).where(ImportRun.id == run_id))
    if earlier is not None:
        if (earlier.sha256, earlier.kind) != (source.sha256, kind.name):
            raise OperationIdReused("Use a new Idempotency-Key for another file.")
        return run_id, earlier.finished_at is None
    unfinished = await work.db.scalar(
        select(ImportRun.id)
        .where(
            ImportRun.sha256 == source.sha256,
            ImportRun.kind == kind.name,
            ImportRun.state.in_(("waiting", "running")),
            ImportRun.started_at > work.now - goes_on_within,
        )
        .order_by(ImportRun.started_at)
        .limit(1)
    )
    if unfinished is not None:
        return unfinished, True
    work.db.add(
        ImportRun(
            id=run_id,
            kind=kind.name,
            file_name=file_name,
            sha256=source.sha256,
            state="waiting",
            bytes_total=source.bytes_total,
            actor_id=work.actor.account_id,
            started_at=work.now,
        )
    )
    return run_id, True


async def run_import(
    importing: Importing, kind: Kind, source: Source, run_id: UUID, told: Callable[[Chunk], None] = lambda _: None
) -> None:
    """Import the file from where the run is. A file that is unusable as a whole ends the run as failed."""
    database, actor = importing.database, importing.actor
    done = await _set(importing, run_id, state="running")
    try:
        async with aclosing(_ahead(_chunks(importing, kind, source))) as chunks:
            async for checker, chunk in chunks:
                if chunk.ends > done:
                    merger = Merger(kind, checker.present)
                    await _until_through(lambda: _keep(database, actor, run_id, merger, chunk))  # noqa: B023
                told(chunk)
    except Problem as problem:
        if not problem.kind.is_final:
            raise
        await give_up(importing, run_id, problem.detail)
        return
    await _set(importing, run_id, state="done", finished=True, snapshot=kind.told is not None)


def may_pass(error: Exception) -> bool:
    """Tell whether the same work may succeed later: the database, the files or the sandbox could not be reached."""
    if isinstance(error, DBAPIError | asyncpg.PostgresError):
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        return lost or sqlstate(error)[:2] in _PASSING
    return isinstance(error, OSError | Problem | asyncpg.InterfaceError)


async def give_up(importing: Importing, run_id: UUID, why: str) -> None:
    """End a run as failed."""
    await _set(importing, run_id, state="failed", failure=why, finished=True)


async def _set(
    importing: Importing, run_id: UUID, *, finished: bool = False, snapshot: bool = False, **values: Any
) -> int:
    async def body(work: Work) -> int:
        if snapshot and work.queue is not None:
            await work.enqueue(BUILD, {})
        if finished:
            values["finished_at"] = work.now
        change = update(ImportRun).where(ImportRun.id == run_id, ImportRun.finished_at.is_(None)).values(**values)
        await work.db.execute(change)
        return int(await work.db.scalar(select(ImportRun.rows_read).where(ImportRun.id == run_id)) or 0)

    return await transact(importing.database, importing.actor, body, queue=importing.queue)


async def try_import(importing: Importing, kind: Kind, source: Source) -> AsyncGenerator[tuple[Chunk, Merged]]:
    """Do everything an import does, chunk by chunk, and take each back. Raises: Problem for an unusable file."""
    async with aclosing(_ahead(_chunks(importing, kind, source))) as chunks:
        async for checker, chunk in chunks:
            merger = Merger(kind, checker.present)
            try:
                async with begin(importing.database, importing.actor) as work:
                    await be_patient(work)
                    raise _Enough(await merger.merge(work, chunk, new_id()))
            except _Enough as enough:
                yield chunk, enough.merged


class _Enough(Exception):
    def __init__(self, merged: Merged) -> None:
        super().__init__()
        self.merged = merged


async def _chunks(importing: Importing, kind: Kind, source: Source) -> AsyncGenerator[tuple[Checker, Chunk]]:
    checker = Checker(kind, await _known(importing, kind))
    first = True
    async with aclosing(source.batches(kind, importing.sandbox)) as batches:
        async for batch in batches:
            notes: list[Refusal] = []
            if first:
                notes = checker.take_heading(batch)
                first = False
            chunk = await asyncio.to_thread(checker.check, batch)
            chunk.refusals[:0] = notes
            yield checker, chunk


async def _known(importing: Importing, kind: Kind) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    async with reading(importing.database, importing.actor) as db:
        for column in kind.columns:
            if column.known:
                rows = (await db.execute(text(column.known))).all()
                found[column.name] = {str(name): str(id_) for name, id_ in rows}
    return found


async def _keep(database: Database, actor: Actor, run_id: UUID, merger: Merger, chunk: Chunk) -> None:
    """Merge one chunk and note it in the run, both or neither; whoever shares the run may have done it already."""
    async with begin(database, actor) as work:
        await be_patient(work)
        run = (
            await work.db.execute(
                select(ImportRun.rows_read, ImportRun.finished_at)
                .where(ImportRun.id == run_id)
                .with_for_update(key_share=True)
            )
        ).one()
        if run.rows_read >= chunk.ends:
            return
        merged = await merger.merge(work, chunk, run_id)
        refusals = [*chunk.refusals, *merged.refusals]
        if refusals:
            await work.db.execute(
                _REFUSE,
                {
                    "run": run_id,
                    "lines": [refusal.line for refusal in refusals],
                    "columns": [refusal.column for refusal in refusals],
                    "values": [refusal.value for refusal in refusals],
                    "reasons": [refusal.reason for refusal in refusals],
                },
            )
        await work.db.execute(
            update(ImportRun)
            .where(ImportRun.id == run_id)
            .values(
                rows_read=chunk.ends,
                rows_kept=ImportRun.rows_kept + merged.kept,
                rows_unchanged=ImportRun.rows_unchanged + merged.unchanged,
                rows_refused=ImportRun.rows_refused + chunk.ends - chunk.begins - merged.kept - merged.unchanged,
                bytes_done=chunk.bytes_done,
            )
        )


_REFUSE = text(
    'INSERT INTO import_refusal (run_id, line, "column", value, reason) '
    "SELECT CAST(:run AS uuid), * FROM unnest(CAST(:lines AS bigint[]), CAST(:columns AS text[]), "
    "CAST(:values AS text[]), CAST(:reasons AS text[])) ON CONFLICT DO NOTHING"
)


async def _until_through(body: Callable[[], Awaitable[None]]) -> None:
    """Do a chunk again when others were in its way."""
    for attempt in range(1, tries_max + 1):
        try:
            await body()
            return
        except (DBAPIError, asyncpg.PostgresError) as error:
            if sqlstate(error) not in RETRIED or attempt == tries_max:
                raise
            await asyncio.sleep(random.uniform(0, 0.2 * attempt))  # noqa: S311 - jitter, not a secret


async def _ahead(stream: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """Pass a stream on while its next item is being made: rows are checked while the database merges others."""
    coming = asyncio.ensure_future(anext(stream, None))
    try:
        while (item := await coming) is not None:
            coming = asyncio.ensure_future(anext(stream, None))
            yield item
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await stream.aclose()

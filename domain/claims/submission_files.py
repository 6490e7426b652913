"""Files of claims: taking one in, keeping what became of each row, and reading it back."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.submitted import SubmissionFile, SubmissionRow
from domain.kit.actor import Actor
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import NotFound, OperationIdReused
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import own_rows

RUN = "submission.run"
"""The worker's task that hands in a file row by row."""
RowStatus = Literal["claimed", "no_claim", "refused"]


class RunFile(msgspec.Struct, frozen=True):
    """Which file to hand in to its end."""

    file_id: UUID


class FileProgress(msgspec.Struct, frozen=True):
    """How far a file is: rows read, those with a claim, those that made none, those that were refused."""

    id: UUID
    file_name: str
    state: str
    rows_read: int
    rows_claimed: int
    rows_without_claim: int
    rows_refused: int
    failure: str | None
    started_at: dt.datetime
    finished_at: dt.datetime | None


class RowError(msgspec.Struct, frozen=True):
    """What is wrong with a row, and which column mends it."""

    column: str
    code: str
    words: str


class RowTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a row was told: its claim, or why there is none, or what is wrong."""

    job_number: str = ""
    claim_number: int | None = None
    state: str | None = None
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    why_no_claim: str | None = None
    errors: tuple[RowError, ...] = ()


class RowQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows: of one status, or all."""

    status: RowStatus | None = None


class RowLine(msgspec.Struct, frozen=True):
    """A row of the file by its line, and what it was told."""

    line: int
    status: str
    told: RowTold


class _Stored(msgspec.Struct, frozen=True):
    line: int
    status: str
    told: dict[str, Any]


_FILES = Read(
    FileProgress,
    select(
        SubmissionFile.id,
        SubmissionFile.file_name,
        SubmissionFile.state,
        SubmissionFile.rows_read,
        SubmissionFile.rows_claimed,
        SubmissionFile.rows_without_claim,
        SubmissionFile.rows_refused,
        SubmissionFile.failure,
        SubmissionFile.started_at,
        SubmissionFile.finished_at,
    ),
)
_ROWS = Read(_Stored, select(SubmissionRow.line, SubmissionRow.status, SubmissionRow.told))


async def open_file(work: Work, file_id: UUID, file_name: str, sha256: str, bytes_total: int) -> None:
    """Take a file in, to be handed in by the worker; asked for again it is the same one.

    Raises: OperationIdReused when this id was another file's.
    """
    earlier = await work.db.scalar(select(SubmissionFile.sha256).where(SubmissionFile.id == file_id))
    if earlier is not None:
        if earlier != sha256:
            raise OperationIdReused("Use a new Idempotency-Key for another file.")
        return
    work.db.add(
        SubmissionFile(
            id=file_id,
            partner_id=work.actor.partner_id,
            account_id=work.actor.account_id,
            file_name=file_name,
            sha256=sha256,
            bytes_total=bytes_total,
            state="waiting",
            started_at=work.now,
        )
    )
    await work.flush()
    await work.enqueue(RUN, RunFile(file_id))


async def keep_rows(work: Work, file_id: UUID, partner_id: UUID, rows: list[RowLine]) -> None:
    """Keep what some rows were told, and count them; a row that is kept already stays as it is."""
    values = [
        {
            "file_id": file_id,
            "line": row.line,
            "partner_id": partner_id,
            "status": row.status,
            "told": msgspec.to_builtins(row.told),
        }
        for row in rows
    ]
    if values:
        await work.db.execute(insert(SubmissionRow).values(values).on_conflict_do_nothing())
    counted = {
        status: select(func.count()).where(SubmissionRow.file_id == file_id, SubmissionRow.status == status)
        for status in ("claimed", "no_claim", "refused")
    }
    await work.db.execute(
        update(SubmissionFile)
        .where(SubmissionFile.id == file_id)
        .values(
            state="running",
            rows_read=select(func.count()).where(SubmissionRow.file_id == file_id).scalar_subquery(),
            rows_claimed=counted["claimed"].scalar_subquery(),
            rows_without_claim=counted["no_claim"].scalar_subquery(),
            rows_refused=counted["refused"].scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )


async def end_file(work: Work, file_id: UUID, failure: str | None) -> None:
    """Say that a file is at its end, or why it could not be read."""
    state = "done" if failure is None else "failed"
    ended = update(SubmissionFile).where(SubmissionFile.id == file_id, SubmissionFile.finished_at.is_(None))
    await work.db.execute(ended.values(state=state, failure=failure, finished_at=work.now))


async def progress_of(db: AsyncConnection, actor: Actor, file_id: UUID) -> FileProgress:
    """Return how far a file is. Raises: NotFound."""
    own = own_rows(actor, SubmissionFile.partner_id)
    found = await _FILES.first(db, _FILES.statement.where(SubmissionFile.id == file_id, own))
    if found is None:
        raise NotFound("There is no such file among yours.")
    return found


async def files(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[FileProgress]:
    """Return a page of files, newest first."""
    statement = _FILES.statement.where(own_rows(actor, SubmissionFile.partner_id))
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(SubmissionFile.started_at, SubmissionFile.id) < tuple_(at, last))
    newest = statement.order_by(SubmissionFile.started_at.desc(), SubmissionFile.id.desc())
    return page_of(await _FILES.all(db, newest.limit(page.limit + 1)), page.limit, "started_at", "id")


async def rows_of(db: AsyncConnection, actor: Actor, file_id: UUID, page: RowQuery) -> Page[RowLine]:
    """Return a page of a file's rows by line."""
    statement = _ROWS.statement.where(SubmissionRow.file_id == file_id, own_rows(actor, SubmissionRow.partner_id))
    if page.status is not None:
        statement = statement.where(SubmissionRow.status == page.status)
    if page.cursor:
        (last,) = read_cursor(page.cursor, int)
        statement = statement.where(SubmissionRow.line > last)
    rows = await _ROWS.all(db, statement.order_by(SubmissionRow.line).limit(page.limit + 1))
    stored = page_of(rows, page.limit, "line")
    return Page(
        [RowLine(row.line, row.status, msgspec.convert(row.told, RowTold)) for row in stored.items], stored.next
    )

"""What is told of an import: how far it is, and which rows were refused."""

import csv
import datetime as dt
import io
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from api.imports.checking import Refusal
from domain.installs.model import ImportRun
from domain.kit.actor import Actor
from domain.kit.database import Database, reading
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import NotFound
from domain.kit.read import Read

REPORT_HEADING = "line,column,value,reason\r\n"


class ImportProgress(msgspec.Struct, frozen=True):
    """How far an import is. ``rows_kept`` were new or changed; ``failure`` says why the whole file was unusable."""

    id: UUID
    kind: str
    file_name: str
    state: str
    rows_read: int
    rows_kept: int
    rows_unchanged: int
    rows_refused: int
    bytes_done: int
    bytes_total: int
    failure: str | None
    started_at: dt.datetime
    finished_at: dt.datetime | None


_PROGRESS = Read(
    ImportProgress,
    select(
        ImportRun.id,
        ImportRun.kind,
        ImportRun.file_name,
        ImportRun.state,
        ImportRun.rows_read,
        ImportRun.rows_kept,
        ImportRun.rows_unchanged,
        ImportRun.rows_refused,
        ImportRun.bytes_done,
        ImportRun.bytes_total,
        ImportRun.failure,
        ImportRun.started_at,
        ImportRun.finished_at,
    ),
)
_REFUSALS = text(
    'SELECT line, "column", value, reason FROM import_refusal '
    'WHERE run_id = :run AND (line, "column") > (:line, :column) ORDER BY line, "column" LIMIT 5000'
)


async def progress_of(database: Database, actor: Actor, run_id: UUID) -> ImportProgress:
    """Return how far an import is. Raises: NotFound."""
    async with reading(database, actor) as db:
        found = await _PROGRESS.first(db, _PROGRESS.statement.where(ImportRun.id == run_id))
    if found is None:
        raise NotFound("There is no such import.")
    return found


async def imports(db: AsyncConnection, page: PageQuery) -> Page[ImportProgress]:
    """Return a page of imports, newest first."""
    statement = _PROGRESS.statement
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(ImportRun.started_at, ImportRun.id) < tuple_(at, last))
    newest = statement.order_by(ImportRun.started_at.desc(), ImportRun.id.desc())
    return page_of(await _PROGRESS.all(db, newest.limit(page.limit + 1)), page.limit, "started_at", "id")


async def refusals_of(database: Database, actor: Actor, run_id: UUID) -> AsyncIterator[Refusal]:
    """Yield the refusals of a run by line, a few thousand at a time."""
    line, column = 0, ""
    while True:
        async with reading(database, actor) as db:
            rows = (await db.execute(_REFUSALS, {"run": run_id, "line": line, "column": column})).all()
        for row in rows:
            yield Refusal(*row)
        if not rows:
            return
        line, column = rows[-1][0], rows[-1][1]


def report_line(refusal: Refusal) -> str:
    """Return a refusal as a line of the report; a value that a spreadsheet would calculate is kept a text."""
    value = f"'{refusal.value}" if refusal.value.startswith(("=", "+", "-", "@", "\t", "\r")) else refusal.value
    into = io.StringIO()
    csv.writer(into).writerow((refusal.line, refusal.column, value, refusal.reason))
    return into.getvalue()

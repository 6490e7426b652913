"""``fieldstone import``: files of master data and of the install base, from the command line."""

import asyncio
import contextlib
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from api.context import build
from api.imports.checking import Chunk, Refusal
from api.imports.files import Source, look_through
from api.imports.kinds import Kind
from api.imports.register import KINDS
from api.imports.report import REPORT_HEADING, progress_of, refusals_of, report_line
from api.imports.running import Importing, open_run, run_import, try_import
from api.migrate import upgrade
from api.running import with_database
from api.settings import Settings, load_settings
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.problem import Problem
from domain.kit.work import transact


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the command says at the end. ``refusals`` is the path of the report; peak memory is this process's."""

    kind: str
    file: str
    state: str
    rows_read: int = 0
    rows_kept: int = 0
    rows_refused: int = 0
    rows_unchanged: int = 0
    seconds: float = 0
    peak_memory_mb: float = 0
    refusals: str | None = None
    failure: str | None = None


def _told_kinds() -> str:
    """List every kind with its columns, in the order in which they lean on each other."""
    rows = (
        f"  {kind.name}: {', '.join(f'{one.name}*' if one.required else one.name for one in kind.columns)}"
        for kind in KINDS.values()
    )
    return "\n\n".join(("Kinds with their columns (* must be there), those first that others refer to:", *rows))


@click.command("import", epilog=_told_kinds())
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Say the result as one line of JSON.")
@click.option("--dry-run", is_flag=True, help="Check and compare every row, and keep none.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the refused rows are told; else under FIELDSTONE_DATA.",
)
def import_file(kind: str, file: Path, as_json: bool, dry_run: bool, report: Path | None) -> None:
    """Import FILE (CSV or XLSX) of KIND.

    The first row is the heading: the names below, in any order, or what the trade calls them in English or Chinese.
    Bad rows are reported with line, column and reason, good rows are kept. The same file again changes nothing; an
    interrupted import goes on when it is started again. Exit status 1: the file as a whole could not be used.
    """
    with with_database(load_settings()) as settings:
        summary = asyncio.run(_import(settings, KINDS[kind], file, report, dry_run=dry_run, quiet=as_json))
    if as_json:
        click.echo(msgspec.json.encode(summary))
    else:
        click.echo(
            f"{summary.rows_read:,} rows read, {summary.rows_kept:,} kept, {summary.rows_unchanged:,} unchanged, "
            f"{summary.rows_refused:,} refused in {summary.seconds:,.1f} s."
        )
        if summary.refusals:
            click.echo(f"Refused rows: {summary.refusals}")
        if summary.failure:
            click.echo(summary.failure, err=True)
    sys.exit(0 if summary.state == "done" else 1)


async def _import(
    settings: Settings, kind: Kind, file: Path, report: Path | None, *, dry_run: bool, quiet: bool
) -> Summary:
    await upgrade(settings.owner_database_url)
    began = time.monotonic()
    async with build(settings) as context:
        source = await asyncio.to_thread(look_through, file)
        importing = Importing(context.database, context.sandbox, SYSTEM, context.queue)
        path = report or Path(settings.data) / "imports" / f"{file.stem}-{source.sha256[:12]}-refused.csv"
        with _bar(source, quiet) as told:
            if dry_run:
                result = await _tried(importing, kind, source, path, told)
            else:
                result = await _imported(importing, kind, source, path, told)
    return msgspec.structs.replace(
        result,
        seconds=round(time.monotonic() - began, 2),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


async def _imported(
    importing: Importing, kind: Kind, source: Source, path: Path, told: Callable[[Chunk], None]
) -> Summary:
    database, name = importing.database, source.path.name
    run_id, _ = await transact(database, SYSTEM, lambda work: open_run(work, kind, source, name, new_id()))
    await run_import(importing, kind, source, run_id, told)
    end = await progress_of(database, SYSTEM, run_id)
    return Summary(
        kind=kind.name,
        file=str(source.path),
        state=end.state,
        rows_read=end.rows_read,
        rows_kept=end.rows_kept,
        rows_refused=end.rows_refused,
        rows_unchanged=end.rows_unchanged,
        refusals=await _write(path, refusals_of(database, SYSTEM, run_id)),
        failure=end.failure,
    )


async def _tried(
    importing: Importing, kind: Kind, source: Source, path: Path, told: Callable[[Chunk], None]
) -> Summary:
    rows, kept, unchanged, failure = 0, 0, 0, None

    async def refused() -> AsyncIterator[Refusal]:
        nonlocal rows, kept, unchanged, failure
        try:
            async for chunk, merged in try_import(importing, kind, source):
                rows, kept, unchanged = chunk.ends, kept + merged.kept, unchanged + merged.unchanged
                for refusal in sorted([*chunk.refusals, *merged.refusals], key=lambda one: one.line):
                    yield refusal
                told(chunk)
        except Problem as problem:
            failure = problem.detail

    written = await _write(path, refused())
    return Summary(
        kind=kind.name,
        file=str(source.path),
        state="failed" if failure else "done",
        rows_read=rows,
        rows_kept=kept,
        rows_refused=rows - kept - unchanged,
        rows_unchanged=unchanged,
        refusals=written,
        failure=failure,
    )


async def _write(path: Path, refusals: AsyncIterator[Refusal]) -> str | None:
    """Write the report and return its path, or None when there is nothing to report."""
    file = None
    try:
        async for refusal in refusals:
            if file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = path.open("w", encoding="utf-8-sig", newline="")
                file.write(REPORT_HEADING)
            file.write(report_line(refusal))
    finally:
        if file is not None:
            file.close()
    return None if file is None else str(path)


@contextlib.contextmanager
def _bar(source: Source, quiet: bool) -> Iterator[Callable[[Chunk], None]]:
    """Show how far the import is; a workbook's end is not known before it is reached."""
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("", total=source.bytes_total if source.encoding else None, rows=0)
        yield lambda chunk: progress.update(task, completed=chunk.bytes_done, rows=chunk.ends)

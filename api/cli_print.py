"""``fieldstone print``: labels, job sheets and reports by the hundred, into a file."""

import asyncio
import datetime as dt
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.bulk_prints import Printed, print_documents
from api.context import build
from api.running import INSTALLER, with_database
from api.settings import Settings, load_settings
from domain.installs.label_paper import GridTooFine, LabelRoll, LabelSheet
from domain.kit.database import reading
from domain.kit.ids import new_id
from domain.reports import print_choices
from domain.reports.print_jobs import StartPrintJob
from printing.label_layout import LabelTooSmall

DONE, GAPS, NOTHING = 0, 1, 2
Choose = Callable[[AsyncConnection], Awaitable[list[UUID]]]
_DAY = click.DateTime(["%Y-%m-%d"])
_file = click.option(
    "--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
_language = click.option("--language", type=click.Choice(["en", "zh"]), default="en", help="English or Chinese (en).")


@click.group("print")
def print_group() -> None:
    """Print labels, job sheets or reports into a file: a thousand at most.

    Exit status 0: all; 1: some are not there, or not yet; 2: none.
    """


def _labelled(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--as", "form", type=click.Choice(["sheet", "roll", "zpl"]), default="sheet", help="(sheet)"),
        click.option("--grid", default="", help="Of a sheet, in tenths of mm: columns=3,rows=8,margin_across=72,…"),
        click.option("--start", default=1, help="First free place of a sheet that was used before (1)."),
        click.option("--size", default="70x36", help="Of a thermal label in mm (70x36)."),
        click.option("--dpi", type=click.Choice(["203", "300"]), default="203", help="Of the thermal printer (203)."),
        _language,
        _file,
    )
    for option in reversed(options):
        command = option(command)
    return command


@print_group.command("labels")
@click.argument("serials", nargs=-1)
@click.option("--model", default="", help="Units of this model only; without serials: all of them.")
@_labelled
def labels(serials: tuple[str, ...], model: str, output: Path, **label: Any) -> None:
    """Print labels of units, by SERIALS or by model. A unit without a label that holds gets one."""
    if not serials and not model:
        raise click.UsageError("Name serials, or a model.")
    _run(_asked("unit-labels", **label), lambda db: print_choices.units_to_label(db, model, serials), output)


@print_group.command("part-labels")
@click.argument("claims", nargs=-1, required=True, type=click.IntRange(1, 2**53))
@_labelled
def old_part_labels(claims: tuple[int, ...], output: Path, **label: Any) -> None:
    """Print labels for the old parts that CLAIMS, by number, wait for."""
    _run(_asked("part-labels", **label), lambda db: print_choices.parts_to_label(db, claims), output)


@print_group.command("job-sheets")
@click.argument("day", type=_DAY)
@click.option("--technician", "logins", multiple=True, help="Login of a technician; all of that day without.")
@_language
@_file
def job_sheets(day: dt.datetime, logins: tuple[str, ...], language: str, output: Path) -> None:
    """Print the job sheets of a DAY, one page a job."""
    asked = {"what": "job-sheets", "form": "pdf", "day": day.date(), "language": language}
    _run(asked, lambda db: print_choices.technicians_of_day(db, day.date(), logins), output)


@print_group.command("reports")
@click.argument("first", type=_DAY)
@click.argument("last", type=_DAY)
@_file
def reports(first: dt.datetime, last: dt.datetime, output: Path) -> None:
    """Collect the sealed reports of visits completed from FIRST day to LAST into a zip."""
    asked = {"what": "reports", "form": "zip"}
    _run(asked, lambda db: print_choices.visits_reported(db, first.date(), last.date()), output)


def _asked(what: str, *, form: str, grid: str, start: int, size: str, dpi: str, language: str) -> dict[str, Any]:
    try:
        given = dict(pair.split("=") for pair in filter(None, grid.split(",")))
        width, height = size.lower().split("x")
        sheet = msgspec.convert({**given, "start": start}, LabelSheet, strict=False)
        roll = msgspec.convert({"width_mm": width, "height_mm": height, "dpi": int(dpi)}, LabelRoll, strict=False)
        _ = sheet.size
    except (ValueError, GridTooFine, msgspec.ValidationError) as error:
        raise click.UsageError(f"This is no label: {error}") from error
    return {"what": what, "form": form, "sheet": sheet, "roll": roll, "language": language}


def _run(asked: dict[str, Any], choose: Choose, output: Path) -> None:
    with with_database(load_settings()) as settings:
        done = asyncio.run(_print(settings, asked, choose, output))
    if done is None or done.printed == 0:
        click.echo("There is nothing to print.", err=True)
        sys.exit(NOTHING)
    click.echo(f"{done.printed} printed into {output}.")
    for one in done.missing:
        click.echo(f"Not there, or not yet: {one}", err=True)
    sys.exit(GAPS if done.missing else DONE)


async def _print(settings: Settings, asked: dict[str, Any], choose: Choose, output: Path) -> Printed | None:
    async def tell(printed: int) -> None:
        click.echo(f"{printed} …", err=True)

    async with build(settings) as context:
        async with reading(context.database, INSTALLER) as db:
            ids = await choose(db)
        if not ids:
            return None
        command = StartPrintJob(**asked, ids=tuple(ids))
        try:
            return await print_documents(context, INSTALLER, command, new_id(), output, tell)
        except LabelTooSmall as error:
            raise click.ClickException(str(error)) from error

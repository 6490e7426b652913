"""``fieldstone judge-year``: a synthetic year of claims with frauds among it, and what the gate made of it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.trials.year.judging import judge_year, scratch
from api.trials.year.outcome import Outcome


@click.command("judge-year")
@click.option(
    "--claims", type=click.IntRange(300, 1_000_000), default=2_000, help="How many claims the year has (2,000)."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="The year that is told (1).")
@click.option("--jobs", type=click.IntRange(1, 16), help="How many processes judge (one for each processor).")
@click.option("--labels", type=click.Path(dir_okay=False, path_type=Path), help="Write which visit was which fraud.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, the table on standard error.")
def judge_year_command(claims: int, seed: int, jobs: int | None, labels: Path | None, as_json: bool) -> None:
    """Judge a year of claims of an invented network, in which one in twenty is a fraud of a known kind.

    Needs no settings; PostgreSQL is started in a temporary folder and nothing of it is left. Exit status 1: a fraud
    that a certain rule speaks of passed, or an honest claim was refused.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us: the database goes with us
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, object] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        with scratch() as server:
            stories, outcome = asyncio.run(judge_year(server, claims, seed, jobs or os.cpu_count() or 1, progress))
    if labels is not None:
        labels.write_text("".join(f"{one.visit_id},{one.label}\n" for one in stories if one.label))
    show(outcome, Console(stderr=as_json))
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    sys.exit(0 if outcome.holds else 1)


def show(outcome: Outcome, console: Console) -> None:
    """Print the figures as a person reads them."""
    table = Table("pattern", "injected", "caught", "refused", "reviewed", "missed")
    for label, one in outcome.patterns.items():
        numbers = (one.injected, one.caught, one.refused, one.reviewed, one.missed)
        table.add_row(label, *(f"{number:,}" for number in numbers), style="red" if one.missed else "")
    console.print(table)
    certain, scored, honest = outcome.certain, outcome.scored, outcome.honest
    console.print(f"Certain patterns: {certain.stopped:,} of {certain.injected:,} stopped ({certain.percent} %)")
    console.print(f"Scored patterns: {scored.found:,} of {scored.injected:,} found ({scored.percent} %)")
    console.print(
        f"Honest claims: {honest.claims:,}, refused {honest.refused:,}, "
        f"for a person to look at {honest.reviewed:,} ({honest.review_load_percent} %)"
    )
    for reason, count in honest.reasons.items():
        console.print(f"  {count:>7,}  {reason}")
    console.print(f"{outcome.claims:,} claims in {outcome.seconds:,} s: {outcome.claims_per_s:,} a second")

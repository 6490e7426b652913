"""``fieldstone simulate``: phones, a bad network and a forgetful server, under one seed after another."""

import asyncio
import os
import sys
import time

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.trials.simulation.running import Tally, cluster, ground_of, play, play_all
from api.trials.simulation.sabotage import SABOTAGES
from api.trials.simulation.schedule import Verdict


class Summary(msgspec.Struct, frozen=True):
    """What the command says at the end, in one line."""

    seeds: int
    start: int
    violations: int
    faults: dict[str, int]
    seeds_per_s: float


@click.command("simulate")
@click.option("--seeds", type=click.IntRange(min=1), default=200, help="How many schedules to play (200).")
@click.option("--start", type=click.IntRange(min=0), default=1, help="The first seed (1).")
@click.option("--seed", type=click.IntRange(min=0), help="Play this one schedule only.")
@click.option("--trace", is_flag=True, help="Tell everything that happens; with --seed.")
@click.option("--jobs", type=click.IntRange(1, 64), help="How many processes (one for each processor).")
@click.option("--sabotage", type=click.Choice(sorted(SABOTAGES)), default=None, help="Switch a rule off.")
@click.option("--json", "as_json", is_flag=True, help="Say the result as one line of JSON, the last one.")
def simulate(
    seeds: int, start: int, seed: int | None, trace: bool, jobs: int | None, sabotage: str | None, as_json: bool
) -> None:
    """Play schedules of phones, faults and backups against the real service, and check that nothing is lost.

    Everything follows from the seed: the same seed tells the same story. Needs no settings; PostgreSQL is started in a
    temporary folder. Exit status 1: something that must hold did not.
    """
    if trace and seed is None:
        raise click.UsageError("--trace tells one schedule: name it with --seed.")
    began = time.monotonic()
    if seed is not None:
        tally = asyncio.run(_one(seed, sabotage or "", trace))
        seeds, start = 1, seed
    else:
        tally = _many(range(start, start + seeds), jobs or os.cpu_count() or 1, sabotage or "", as_json)
    for verdict in tally.failed:
        again = f" --sabotage {sabotage}" if sabotage else ""
        click.echo(f"Seed {verdict.seed} fails (fieldstone simulate --seed {verdict.seed} --trace{again}):")
        for violation in verdict.violations[:5]:
            click.echo(f"  {violation}")
    per_second = round(tally.played / (time.monotonic() - began), 2)
    found = sum(len(verdict.violations) for verdict in tally.failed)
    faults = dict(sorted(tally.faults.items()))
    if as_json:
        click.echo(msgspec.json.encode(Summary(tally.played, start, found, faults, per_second)))
    else:
        _tell(tally, found, per_second)
    sys.exit(1 if found else 0)


async def _one(seed: int, sabotage: str, trace: bool) -> Tally:
    tally = Tally()

    def heard(verdict: Verdict) -> bool:
        tally.add(verdict)
        if trace:
            click.echo("\n".join(verdict.lines))
        return True

    with cluster() as server:
        async with ground_of(server) as found:
            await play(found, [seed], heard, sabotage)
    return tally


def _many(seeds: range, jobs: int, sabotage: str, quiet: bool) -> Tally:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    failed = 0
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("Playing schedules", total=len(seeds), failed=0)

        def heard(verdict: Verdict) -> None:
            nonlocal failed
            failed += bool(verdict.violations)
            progress.update(task, advance=1, failed=failed)

        return play_all(seeds, min(jobs, len(seeds)), heard, sabotage)


def _tell(tally: Tally, found: int, per_second: float) -> None:
    for name, count in sorted(tally.faults.items(), key=lambda one: -one[1]):
        click.echo(f"{count:>9,}  {name}")
    click.echo(f"{tally.played:,} schedules, {per_second:.2f} a second, {found:,} violations.")

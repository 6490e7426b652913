"""``fieldstone reports``: what is done to many reports at once."""

import asyncio
import time

import click
import msgspec

from api.context import Context, build
from api.running import with_database
from api.settings import Settings, load_settings
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.ids import new_id
from domain.kit.problem import Problem
from domain.kit.work import carry_out, transact
from domain.reports.amendments import AmendmentWaits
from domain.reports.resealing import BEGINNING, ResealReport, SealCounts, count_void, next_void
from domain.sealing.keys import every_key

PROGRESS_SECONDS = 2.0
_LEFT_ALONE = {SealCounts.code: "sealed_meanwhile", AmendmentWaits.code: "waiting"}


class Resealed(msgspec.Struct, frozen=True):
    """What became of the reports whose seal counts no more."""

    found: int
    frozen_anew: int = 0
    waiting: int = 0
    sealed_meanwhile: int = 0


@click.group("reports")
def reports() -> None:
    """What is done to many reports at once."""


@reports.command()
@click.option("--key", metavar="ID", help="Only reports that this key sealed; otherwise those of every revoked key.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a line to read.")
def reseal(key: str | None, as_json: bool) -> None:
    """Seal anew every report whose newest seal counts no more.

    Do this after 'fieldstone keys revoke ID --since ...': what honest workers sealed since then is frozen once more as
    it was, and the worker prints and seals it with the new key. Broken off, it goes on where it was when it is started
    again. Withdrawn reports stay as they are; those with an amendment that waits for a second person are told: decide
    about it, then start this again.
    """
    with with_database(load_settings()) as settings:
        try:
            told = asyncio.run(_reseal(settings, key))
        except Problem as problem:
            raise click.ClickException(f"{problem} Start it again: what is done stays done.") from problem
    if as_json:
        click.echo(msgspec.json.encode(told).decode())
        return
    click.echo(f"{told.frozen_anew} of {told.found} reports are frozen anew; the worker seals them.")
    if told.waiting:
        click.echo(f"{told.waiting} have an amendment that waits for a second person: decide, then start this again.")


async def _reseal(settings: Settings, key: str | None) -> Resealed:
    async with build(settings) as context:
        async with reading(context.database, SYSTEM) as db:
            if key is not None and key not in {known.id for known in await every_key(db)}:
                raise click.ClickException("The register knows no key with this id: see 'fieldstone keys list'.")
            found = await count_void(db, key)
        return await _one_by_one(context, key, Resealed(found))


async def _one_by_one(context: Context, key: str | None, told: Resealed) -> Resealed:
    after, said_at = BEGINNING, time.monotonic()
    while True:
        async with reading(context.database, SYSTEM) as db:
            page = await next_void(db, key, after)
        if not page:
            return told
        for void in page:
            became = await _freeze_anew(context, ResealReport(visit_id=void.visit_id))
            told = msgspec.structs.replace(told, **{became: getattr(told, became) + 1})
            if time.monotonic() - said_at > PROGRESS_SECONDS:
                said_at = time.monotonic()
                click.echo(f"{told.frozen_anew} of {told.found} frozen anew", err=True)
        after = page[-1].report_id


async def _freeze_anew(context: Context, command: ResealReport) -> str:
    """Carry it out in a transaction of its own, and say which number grows."""
    entry = await transact(
        context.database,
        SYSTEM,
        lambda work: carry_out(work, command, context.register, new_id()),
        queue=context.queue,
    )
    return "frozen_anew" if entry.outcome == "applied" else _LEFT_ALONE[entry.reason or ""]

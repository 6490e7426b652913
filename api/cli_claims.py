"""``fieldstone replay-claim``: a claim judged once more from its stored facts, beside what was decided then."""

import asyncio
import datetime as dt
import sys
from uuid import UUID

import click
import msgspec

from api.context import build
from api.running import with_database
from api.settings import Settings, load_settings
from domain.claims.replaying import Replay, StoredClaim, stored_claim, stored_claims
from domain.kit.actor import SYSTEM
from domain.kit.database import reading

EQUAL, DIFFERENT, NO_SUCH_CLAIM = 0, 1, 2
NUMBER_DIGITS_MAX = 18
_COLUMNS = "{:<13}{:>8}{:>11}  {:<8}{:<11}{:<11}{}"


class Count(msgspec.Struct, frozen=True):
    """What the command says after many claims; ``unreadable`` are facts that this release cannot read."""

    claims: int
    equal: int
    different: int
    unreadable: int


@click.command("replay-claim")
@click.argument("which", required=False, metavar="NUMBER|ID")
@click.option("--all", "every", is_flag=True, help="Replay all claims, and show those that differ.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="With --all: those submitted since this day.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of lines to read.")
def replay_claim(which: str | None, every: bool, since: dt.datetime | None, as_json: bool) -> None:
    """Judge a claim once more from its stored facts, and show what each rule said then and says now.

    A rule whose version changed since is shown as judged by an older version, and one that came since as newer: neither
    is a difference. Exit status 0: equal; 1: different, or facts that cannot be read; 2: there is no such claim.
    """
    if every is (which is not None):
        raise click.UsageError("Name a claim, or say --all.")
    with with_database(load_settings()) as settings:
        if which is None:
            first_day = since.date() if since else dt.date.min
            status = asyncio.run(_replay_all(settings, first_day, as_json))
        else:
            status = asyncio.run(_replay_one(settings, which, as_json))
    sys.exit(status)


async def _replay_one(settings: Settings, which: str, as_json: bool) -> int:
    key = _key(which)
    async with build(settings) as context, reading(context.database, SYSTEM) as db:
        stored = None if key is None else await stored_claim(db, key)
    if stored is None:
        click.echo(f"There is no claim {which}.", err=True)
        return NO_SUCH_CLAIM
    found = _replayed(stored)
    if found is None:
        return DIFFERENT
    _tell(found, as_json)
    return EQUAL if found.equal else DIFFERENT


async def _replay_all(settings: Settings, since: dt.date, as_json: bool) -> int:
    claims = equal = unreadable = 0
    async with build(settings) as context, reading(context.database, SYSTEM) as db:
        async for stored in stored_claims(db, since):
            found = _replayed(stored)
            claims += 1
            unreadable += found is None
            equal += found is not None and found.equal
            if found is not None and not found.equal:
                _tell(found, as_json)
    count = Count(claims, equal, claims - equal - unreadable, unreadable)
    if as_json:
        click.echo(msgspec.json.encode(count))
    else:
        click.echo(f"{claims:,} claims: {equal:,} equal, {count.different:,} different, {unreadable:,} unreadable.")
    return EQUAL if equal == claims else DIFFERENT


def _key(which: str) -> UUID | int | None:
    """Return the claim's number or id, or None for what is neither."""
    if which.isascii() and which.isdecimal() and len(which) <= NUMBER_DIGITS_MAX:
        return int(which)
    try:
        return UUID(which)
    except ValueError:
        return None


def _replayed(stored: StoredClaim) -> Replay | None:
    try:
        return stored.replayed()
    except msgspec.ValidationError as error:
        click.echo(f"Claim {stored.number}: its facts cannot be read: {error}", err=True)
        return None


def _tell(found: Replay, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    click.echo(f"Claim {found.number} ({found.claim_id}): stored {found.stored_state}, now {found.replayed_state}")
    click.echo(_COLUMNS.format("rule", "version", "judged by", "mode", "stored", "now", ""))
    for one in found.rules:
        what = " ".join(filter(None, ("" if one.note == "same" else one.note, one.reason)))
        given = f" {msgspec.json.encode(one.inputs).decode()}" if one.inputs else ""
        judged_by = "-" if one.judged_by is None else one.judged_by
        line = _COLUMNS.format(one.rule, one.version, judged_by, one.mode, one.stored, one.replayed, what + given)
        click.echo(line.rstrip())
    click.echo("Equal." if found.equal else "Different.")

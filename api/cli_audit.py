"""``fieldstone audit``: whether the journal stands as it was sealed, and checkpoints for others to keep."""

import base64
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.exc import DBAPIError

from api.context import Context
from api.running import run_in_context
from api.tasks_audit import seal_all
from domain.audit.checking import ChainCheck, check_chain, newest_checkpoint
from domain.audit.keyring import worth_by
from domain.audit.rules import Checkpoint
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.problem import Problem
from domain.sealing.keys import KnownKey, every_key, public_bytes
from domain.sealing.published import PublishedKey, PublishedKeys

T = TypeVar("T")
BROKEN = 3
"""Exit status of a chain that is not whole."""
TELL_EVERY_SECONDS = 2
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines to read.")
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("audit")
def audit() -> None:
    """The audit chain: every operation's place in it, and the checkpoints signed on it.

    A worker links what was journaled every second and signs where it got to. What was sealed is then not changed, taken
    out or put elsewhere unnoticed, by an administrator of the database neither. Whoever also rules the keys, or cuts
    the end off with its checkpoints, is found out by a checkpoint that somebody outside keeps.
    """


@audit.command()
@click.option("--against", type=EXISTING, help="A checkpoint that was kept outside; the chain must lead through it.")
@click.option(
    "--keys",
    "keys_file",
    type=EXISTING,
    help="Trust the keys of this report-keys.json (see 'fieldstone keys export') instead of the register's.",
)
@AS_JSON
def verify(against: Path | None, keys_file: Path | None, as_json: bool) -> None:
    """Walk the whole chain and name the first entry that is not as it was sealed.

    An erased body leaves the chain whole. Progress is told on standard error.

    \b
    Exit status:
      0  whole
      3  broken: edited, deleted, reordered, cut-off (at the end), left-out (of the chain), rewritten, unsigned (no
         checkpoint that counts), checkpoint-forged, checkpoint-deleted
      1  it could not be checked
    """
    kept = None if against is None else _kept(against)
    trusted = None if keys_file is None else _trusted(keys_file)

    async def body(context: Context) -> ChainCheck:
        async with reading(context.database, SYSTEM) as db:
            keys = await every_key(db) if trusted is None else trusted
            return await check_chain(db, worth_by(keys), kept, Progress())

    found = _with_context(body)
    _tell(found, as_json)
    sys.exit(0 if found.whole else BROKEN)


@audit.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@AS_JSON
def checkpoint(out: Path, as_json: bool) -> None:
    """Seal what waits and write the newest checkpoint, for somebody outside to keep.

    Whoever keeps it can later have 'fieldstone audit verify --against FILE' run: entries up to it can then not have
    been changed or cut off, whoever rules the database and the keys. It tells nothing of what was journaled.
    """

    async def body(context: Context) -> Checkpoint | None:
        await seal_all(context)
        async with reading(context.database, SYSTEM) as db:
            return await newest_checkpoint(db)

    found = _with_context(body)
    if found is None:
        raise click.ClickException("Nothing was journaled yet: there is nothing to sign.")
    written = msgspec.json.encode(found)
    try:
        out.write_bytes(msgspec.json.format(written) + b"\n")
    except OSError as error:
        raise click.ClickException(f"It cannot be written: {error}") from error
    click.echo(written.decode() if as_json else f"{out}: entry {found.no}, digest {found.digest.hex()}")


class Progress:
    """Tells a person how far a long check is."""

    def __init__(self) -> None:
        self.started = self.told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say so, unless it was said just now."""
        now = time.monotonic()
        if now - self.told >= TELL_EVERY_SECONDS:
            self.told = now
            click.echo(f"{done:,} of {total:,} entries, {done / (now - self.started):,.0f} a second", err=True)


def _kept(file: Path) -> Checkpoint:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Checkpoint)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"This is no checkpoint: {error}") from error


def _trusted(file: Path) -> list[KnownKey]:
    try:
        keys = msgspec.json.decode(file.read_bytes(), type=PublishedKeys).keys
        return [_known(key) for key in keys if key.purpose == "checkpoint"]
    except (msgspec.DecodeError, ValueError) as error:
        raise click.ClickException(f"This is no list of keys: {error}") from error


def _known(key: PublishedKey) -> KnownKey:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(part + "="), "big") for part in (key.x, key.y))
    public = public_bytes(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    return KnownKey(key.kid, key.purpose, public, None, key.valid_from, key.valid_to, key.revoked_at, key.reason)


def _with_context(body: Callable[[Context], Awaitable[T]]) -> T:
    try:
        return run_in_context(body)
    except (OSError, DBAPIError, Problem) as problem:
        raise click.ClickException(f"The chain cannot be read: {problem}") from problem


def _tell(found: ChainCheck, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    if found.broken is None:
        click.echo("whole: every entry stands as it was sealed.")
    else:
        click.echo(f"{found.broken.wrong}: {found.broken.detail}")
        if found.broken.op_id is not None:
            click.echo(f"Operation {found.broken.op_id}")
    click.echo(
        f"{found.entries:,} entries found whole, {found.erased:,} of them with their body erased; "
        f"{found.checkpoints:,} checkpoints, {found.void:,} void; {found.waiting:,} entries wait to be sealed."
    )

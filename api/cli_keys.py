"""``fieldstone keys``: the keys that seal, as the register knows them."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from api.adapters.certificates import pem
from api.context import Context
from api.running import run_in_context
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.problem import Problem
from domain.kit.work import Work, transact
from domain.people.sessions import note
from domain.sealing.keys import KnownKey, every_key, revoke_key
from domain.sealing.published import published
from domain.sealing.rules import SEALING, Purpose

T = TypeVar("T")
_COLUMNS = "{:<10}{:<12}{:<18}{:<18}{}"
_MINUTE = "%Y-%m-%d %H:%M"
AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of lines to read.")


@click.group("keys")
def keys() -> None:
    """The keys that seal reports: list, rotate, revoke, export.

    There is one for tokens (in QR codes), one for PDFs with a root that vouches for it, and one for checkpoints of the
    audit trail. They are made when first needed and follow each other yearly by themselves. Their private halves stand
    in the keys folder under FIELDSTONE_DATA: keep it safe and backed up.
    """


@keys.command("list")
@AS_JSON
def list_keys(as_json: bool) -> None:
    """Show every key that ever could seal, the oldest first."""

    async def found(context: Context) -> list[KnownKey]:
        async with reading(context.database, SYSTEM) as db:
            return await every_key(db)

    _tell(_with_context(found), as_json)


@keys.command()
@click.argument("purpose", type=click.Choice(SEALING))
@AS_JSON
def rotate(purpose: Purpose, as_json: bool) -> None:
    """Make a new key for PURPOSE that takes over now; the former may seal for another month.

    What the former sealed stays genuine. To stop a stolen key, revoke it.
    """
    _tell([_with_context(lambda context: context.sealing.rotate(purpose))], as_json)


@keys.command()
@click.argument("key", metavar="ID")
@click.option("--reason", required=True, help="Why, for everybody who reads the list of keys.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="UTC; from when on its seals no longer count, when that is known to be before now.",
)
@AS_JSON
def revoke(key: str, reason: str, since: dt.datetime | None, as_json: bool) -> None:
    """Let nothing count any more that key ID seals; what the register took before stays genuine.

    This cannot be taken back. The next report is sealed with a new key. A key of the environment has to be replaced
    there too.
    """
    moment = None if since is None else since.replace(tzinfo=dt.UTC)

    async def revoked(context: Context) -> KnownKey:
        async def body(work: Work) -> KnownKey:
            note(work, None, "sealing-key-revoked", key=key, reason=reason)
            return await revoke_key(work, key, reason, moment)

        return await transact(context.database, SYSTEM, body)

    _tell([_with_context(revoked)], as_json)


@keys.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@AS_JSON
def export(folder: Path, as_json: bool) -> None:
    """Write what others check seals with into FOLDER: report-keys.json, and each root's certificate as PEM.

    No private key is written. Give the roots to PDF readers as certificates to trust.
    """

    async def found(context: Context) -> list[KnownKey]:
        async with reading(context.database, SYSTEM) as db:
            return await every_key(db)

    known = _with_context(found)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"report-keys.json": msgspec.json.format(msgspec.json.encode(published(known)))}
    for key in known:
        if key.purpose == "root" and key.certificate is not None:
            files[f"root-{key.id}.pem"] = pem(key.certificate).encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    written = [str(folder / name) for name in files]
    click.echo(msgspec.json.encode({"written": written}).decode() if as_json else "\n".join(written))


def _with_context(body: Callable[[Context], Awaitable[T]]) -> T:
    try:
        return run_in_context(body)
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem


def _tell(known: Sequence[KnownKey], as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(published(known)).decode())
        return
    click.echo(_COLUMNS.format("id", "purpose", "from (UTC)", "until", "revoked"))
    for key in known:
        begin, end = key.valid_from.strftime(_MINUTE), key.valid_to.strftime(_MINUTE)
        revoked = "" if key.revoked_at is None else f"{key.revoked_at.strftime(_MINUTE)}  {key.reason}"
        click.echo(_COLUMNS.format(key.id, key.purpose, begin, end, revoked).rstrip())

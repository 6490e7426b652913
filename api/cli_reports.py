"""``fieldstone verify-report``: whether a PDF or a code from a QR is a report of ours, unchanged and current."""

import asyncio
import hashlib
import sys
from pathlib import Path

import click
import msgspec

from api.adapters.pdf_check import inner_seal
from api.check_by_keys import check_pdf, check_token
from api.context import build
from api.running import with_database
from api.settings import Settings, load_settings
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.problem import Busy
from domain.reports.checked import Checked, Verdict, checked
from domain.sealing.keys import every_key
from domain.sealing.published import PublishedKeys
from domain.sealing.seals import seal_of_pdf, seal_of_token

STATUS: dict[Verdict, int] = {
    "genuine": 0,
    "superseded": 3,
    "withdrawn": 4,
    "not-ours": 5,
    "changed": 6,
    "key-not-valid": 7,
    "status-unknown": 8,
}
PDF_BYTES_MAX = 64 * 1024 * 1024


@click.command("verify-report")
@click.argument("which", metavar="FILE|TOKEN")
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check without the database, by this report-keys.json (see 'fieldstone keys export').",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines to read.")
def verify_report(which: str, keys_file: Path | None, as_json: bool) -> None:
    """Say whether a report is genuine: a PDF, the text of its QR, or the address in it.

    \b
    Exit status:
      0  genuine, unchanged and current
      3  superseded by a later revision
      4  withdrawn
      5  not ours
      6  changed: it carries our seal, and is not a file that we issued
      7  sealed with a key that was not valid any more, or with --keys: with a key that was revoked
      8  signed by us; its current status is unknown, for only the keys were asked (--keys)
      1  it could not be checked
    """
    path = Path(which)
    pdf = _read(path) if len(which) < 1000 and path.is_file() else None
    token = which.strip().rpartition("/")[2]
    if keys_file is not None:
        found = _by_keys(pdf, token, keys_file)
    else:
        with with_database(load_settings()) as settings:
            try:
                found = asyncio.run(_by_register(settings, pdf, token))
            except (OSError, Busy) as error:
                message = "The register cannot be reached; with --keys the signature alone can be checked."
                raise click.ClickException(message) from error
    _tell(found, as_json)
    sys.exit(STATUS[found.verdict])


def _read(path: Path) -> bytes:
    if path.stat().st_size > PDF_BYTES_MAX:
        raise click.ClickException("This file is too large to be a report of ours.")
    return path.read_bytes()


async def _by_register(settings: Settings, pdf: bytes | None, token: str) -> Checked:
    async with build(settings) as context:
        said = None if pdf is not None else await context.sealing.read_token(token)
        async with reading(context.database, SYSTEM) as db:
            if pdf is not None:
                seal = await seal_of_pdf(db, hashlib.sha256(pdf).hexdigest())
            else:
                seal = None if said is None else await seal_of_token(db, token)
            found = None if seal is None else await checked(db, seal)
            keys = await every_key(db)
    if pdf is None:
        reason = "No key of ours signed it." if said is None else "Our register has no such seal."
        return found or Checked(verdict="not-ours", reason=reason)
    roots = [key.certificate for key in keys if key.purpose == "root" and key.certificate]
    inner = await asyncio.to_thread(inner_seal, pdf, roots)
    if found is not None:
        return msgspec.structs.replace(found, inner=inner.said)
    if inner.ours and inner.certificate not in {key.certificate for key in keys}:
        reason = "Its key is none of ours, though a root of ours vouches for it: revoke that root."
        return Checked(verdict="not-ours", reason=reason, inner=inner.said)
    if inner.ours or inner.from_us:
        reason = "It is not a file that we issued, and carries our seal."
        return Checked(verdict="changed", reason=reason, inner=inner.said)
    return Checked(verdict="not-ours", reason="We issued no such file.", inner=inner.said)


def _by_keys(pdf: bytes | None, token: str, keys_file: Path) -> Checked:
    try:
        keys = msgspec.json.decode(keys_file.read_bytes(), type=PublishedKeys).keys
        return check_token(token, keys) if pdf is None else check_pdf(pdf, keys)
    except (msgspec.DecodeError, ValueError) as error:
        raise click.ClickException(f"This is no list of keys: {error}") from error


def _tell(found: Checked, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    click.echo(f"{found.verdict}: {found.reason}")
    if found.report_number:
        click.echo(f"{found.report_number}, revision {found.revision} of {found.newest_revision}, ", nl=False)
        click.echo(f"sealed {found.sealed_at:%Y-%m-%d %H:%M:%S} UTC")
    if found.inner:
        click.echo(f"The seal in the file by itself: {found.inner}")

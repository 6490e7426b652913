"""``fieldstone backup`` and ``fieldstone restore``: all of an installation, kept and brought back."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from api.backups.archive import BackupRefused, Manifest
from api.backups.keys import passphrase
from api.backups.making import Made, make_backup
from api.backups.restoring import Restored, check_backup, refuse_unknown_schema, restore_backup
from api.running import with_database
from api.settings import load_settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of lines to read.")
PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lock the private keys with the passphrase in this file, or open them with it.",
)
_NAMED_MAX = 5


@click.group(invoke_without_command=True)
@click.option("--out", type=click.Path(path_type=Path), help="A new folder, or a file if its name ends in .tar.")
@PASSPHRASE
@AS_JSON
@click.pass_context
def backup(context: click.Context, out: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Back up database, files and keys into one folder or .tar file, while the product runs.

    What it holds is the installation at the moment it began, and can be checked with 'fieldstone backup verify' or, a
    folder, with 'sha256sum --check SHA256SUMS'. Whoever has it has everything: keep it locked away, and away from here.
    Keys given by the environment are not in it. PostgreSQL's pg_dump must be as new as the server; FIELDSTONE_PG_BIN
    says where it is.

    \b
    Exit status:
      0  made, and whole
      1  not made
      2  wrong options
      3  made, but files were missing or damaged in the file store already
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("Say where to with --out.")
    with _refusals():
        said = None if passphrase_file is None else passphrase(passphrase_file)
        with with_database(load_settings()) as settings:
            made = asyncio.run(make_backup(settings, out, said, _tell))
    _tell_made(made, as_json)
    sys.exit(3 if made.manifest.files_missing or made.manifest.files_damaged else 0)


@backup.command()
@click.argument("path", metavar="FROM", type=click.Path(path_type=Path))
@PASSPHRASE
@AS_JSON
def verify(path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Read all of a back-up and compare every file with its SHA-256; exit status 1 when anything is wrong.

    With --passphrase-file the keys are opened too.
    """
    with _refusals():
        manifest, sha256 = check_backup(path, None if passphrase_file is None else passphrase(passphrase_file))
    if as_json:
        click.echo(msgspec.json.encode({"manifest": manifest, "manifest_sha256": sha256}).decode())
        return
    click.echo(f"{path} is whole: {_said(manifest)}\nManifest: {sha256}")
    _tell_store(manifest)


@click.command()
@click.argument("path", metavar="FROM", type=click.Path(path_type=Path))
@PASSPHRASE
@AS_JSON
def restore(path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Restore a back-up into a new installation: an empty database and a FIELDSTONE_DATA without other keys.

    All of the back-up is checked first. Nothing is overwritten, and what broke off is simply started again. Start API
    and worker afterwards: background work that waited goes on, so letters and webhooks that went out after the back-up
    go out again; for a trial run, keep FIELDSTONE_SMTP_URL unset and the machine off the network. What was ended after
    the back-up lives again: revoke lost phones, disable accounts, erase personal data once more.
    """
    with _refusals():
        said = None if passphrase_file is None else passphrase(passphrase_file)
        manifest, _ = check_backup(path, said)
        refuse_unknown_schema(path, manifest)
        _tell(f"{path} is whole: {_said(manifest)}")
        with with_database(load_settings()) as settings:
            restored = asyncio.run(restore_backup(settings, path, manifest, said, _tell))
    _tell_restored(restored, as_json)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:  # a full disk, a folder that is not ours
        raise click.ClickException(f"It broke off, and nothing half-done was left: {error}") from error


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _said(manifest: Manifest) -> str:
    return (
        f"Fieldstone {manifest.product} of {manifest.made_at:%Y-%m-%d %H:%M} UTC, schema {manifest.revision}, "
        f"{sum(manifest.counts.values()):,} rows, {manifest.files:,} files, keys "
        + ("locked with a passphrase" if manifest.keys == "sealed" else "NOT LOCKED")
    )


def _tell_made(made: Made, as_json: bool) -> None:
    if made.manifest.keys == "plain":
        _tell(
            "\n  ****  THE PRIVATE KEYS ARE NOT LOCKED IN THIS BACK-UP: whoever reads it can seal reports in your name."
            "\n  ****  Give --passphrase-file to lock them.\n"
        )
    if as_json:
        click.echo(msgspec.json.encode(made).decode())
        return
    click.echo(f"{made.out}: {_said(made.manifest)}; {made.seconds:,.1f} s\nManifest: {made.manifest_sha256}")
    if made.manifest.keys_elsewhere:
        click.echo(f"Not in it, keep them safe too: {', '.join(made.manifest.keys_elsewhere)} of the environment.")
    _tell_store(made.manifest)


def _tell_store(manifest: Manifest) -> None:
    if manifest.files_gone:
        click.echo(f"{manifest.files_gone:,} files were removed on purpose while it was made.")
    if manifest.files_missing:
        _tell(f"MISSING in the file store, though the database needs them: {_named(manifest.files_missing)}")
    if manifest.files_damaged:
        _tell(f"DAMAGED in the file store: {_named(manifest.files_damaged)}")


def _tell_restored(restored: Restored, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(restored).decode())
        return
    click.echo(
        f"Restored: {restored.rows:,} rows, {restored.files:,} files, {len(restored.keys)} keys; "
        f"{restored.seconds:,.1f} s"
    )
    if restored.manifest.keys_elsewhere:
        click.echo(f"Set before anything starts, as they were: {', '.join(restored.manifest.keys_elsewhere)}.")
    if restored.files_missing:
        _tell(f"The database needs files that the back-up did not hold: {_named(restored.files_missing)}")
    click.echo(f"Background work that waits and goes on with the first worker: {restored.tasks_waiting:,}.")


def _named(files: list[str]) -> str:
    more = f" and {len(files) - _NAMED_MAX:,} more" if len(files) > _NAMED_MAX else ""
    return ", ".join(files[:_NAMED_MAX]) + more

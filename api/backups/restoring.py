"""Restoring a back-up into an installation that is new.

Order: everything is read and held against its sums before anything is written; then files and keys, which harm nothing
where no row cites them; the database last and in one transaction. So a restore that broke off is simply repeated.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from api.adapters.blobs import FolderBlobs
from api.backups.archive import DUMP, SEALED_KEYS, BackupRefused, Manifest, members, verified
from api.backups.contents import cited, connected, counts, is_empty, server_major
from api.backups.keys import keep_keys, refuse_other_keys, unsealed
from api.backups.postgres import program_folder, restore
from api.leftovers import RESTORE
from api.migrate import SCRIPTS, upgrade
from api.settings import Settings

Tell = Callable[[str], None]
_TELL_SECONDS = 5
_KEY_BYTES_MAX = 1 << 20


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore brought back.

    ``files_missing`` are cited by the database and were not in the back-up; ``tasks_waiting`` is background work that
    goes on as soon as a worker runs: letters and webhooks that went out after the back-up go out again.
    """

    manifest: Manifest
    rows: int
    files: int
    files_missing: list[str]
    keys: list[str]
    tasks_waiting: int
    seconds: float


def check_backup(path: Path, said: bytes | None) -> tuple[Manifest, str]:
    """Read a back-up as ``verified`` does, and open its keys if there is a passphrase. Raises: BackupRefused."""
    manifest, sha256 = verified(path)
    if said is not None:
        _keys_of(path, manifest, said)
    return manifest, sha256


def refuse_unknown_schema(path: Path, manifest: Manifest) -> None:
    """Raise BackupRefused for a back-up of a newer product: older ones are migrated, newer ones not understood."""
    try:
        ScriptDirectory(str(SCRIPTS)).get_revision(manifest.revision)
    except CommandError:
        raise BackupRefused(
            f"{path} was made by Fieldstone {manifest.product} with schema {manifest.revision}, which this older one "
            "does not know. Restore with that version or a newer one."
        ) from None


async def restore_backup(
    settings: Settings, path: Path, manifest: Manifest, said: bytes | None, tell: Tell
) -> Restored:
    """Bring a back-up that ``check_backup`` found whole into an empty database and the folder of files.

    Nothing else may use the installation meanwhile. A schema older than the product's is migrated at the end.
    Raises: BackupRefused when the database is not empty, other keys are there, or rows are not as many as were counted;
    OSError.
    """
    began, url = time.monotonic(), settings.owner_database_url
    keys = await asyncio.to_thread(_keys_of, path, manifest, said)
    refuse_other_keys(settings, keys)
    async with connected(url) as db:
        major = await server_major(db)
        if not await is_empty(db):
            raise BackupRefused(
                "The database is not empty, and a restore overwrites nothing. Give it a new one: a new FIELDSTONE_DATA "
                "for the embedded server, else a new database prepared with domain/migrations/roles.sql, not migrated."
            )
    if major < manifest.server_major:
        raise BackupRefused(f"The back-up is of PostgreSQL {manifest.server_major}, and this server is {major}: older.")
    folder, _ = await asyncio.to_thread(program_folder, major, manifest.dumped_with_major)
    data = Path(settings.data)
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=RESTORE, dir=data) as scratch:
        dumped = Path(scratch) / DUMP
        files = await _bring_files(path, Path(scratch), FolderBlobs(data / "blobs"), tell)
        keep_keys(settings, keys)
        tell("Database: being restored")
        await asyncio.to_thread(restore, folder, url, dumped)
    async with connected(url) as db:
        found = await counts(db)
        wrong = [name for name in manifest.counts | found if manifest.counts.get(name) != found.get(name)]
        if wrong:
            raise BackupRefused(f"Restored, but not as many rows as were backed up, in {', '.join(sorted(wrong))}.")
        tell(f"Database: {sum(found.values()):,} rows in {len(found)} tables, as many as were backed up")
    await upgrade(url)
    async with connected(url) as db:
        await db.execution_options(isolation_level="AUTOCOMMIT")
        await db.execute(text("ANALYZE"))
        blobs = data / "blobs"
        missing = sorted(one for one in await cited(db) if not (blobs / one[:2] / one[2:4] / one).exists())
        waiting = int(await db.scalar(text("SELECT count(*) FROM pgqueuer")) or 0)
    return Restored(
        manifest=manifest,
        rows=sum(found.values()),
        files=files,
        files_missing=missing,
        keys=sorted(keys),
        tasks_waiting=waiting,
        seconds=round(time.monotonic() - began, 1),
    )


async def _bring_files(path: Path, scratch: Path, blobs: FolderBlobs, tell: Tell) -> int:
    """Put every file into the store, and the dump into ``scratch``; returns how many files."""
    files, told = 0, time.monotonic()
    for name, content in members(path):
        if name != DUMP and not name.startswith("blobs/"):
            continue
        beside = scratch / name.rpartition("/")[2]
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            await asyncio.to_thread(shutil.copyfileobj, content, file, 1 << 20)
        if name != DUMP:
            await blobs.put_file(beside)
            files += 1
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            tell(f"Files: {files:,} so far")
    tell(f"Files: {files:,}")
    return files


def _keys_of(path: Path, manifest: Manifest, said: bytes | None) -> dict[str, bytes]:
    """Return the key files in a back-up. Raises: BackupRefused when a passphrase is missing or another one."""
    if manifest.keys == "sealed" and said is None:
        raise BackupRefused("The keys in this back-up are locked: give --passphrase-file.")
    keys: dict[str, bytes] = {}
    for name, content in members(path):
        if name == SEALED_KEYS and said is not None:
            keys = unsealed(content.read(_KEY_BYTES_MAX), said)
        elif name.startswith("keys/"):
            keys[name.removeprefix("keys/")] = content.read(_KEY_BYTES_MAX)
    return keys

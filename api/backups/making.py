"""Making a back-up while the product runs.

Order: the database first, its files after it. A blob is durable before the row that cites it, and never changes: so
whatever the dump's snapshot cites is in the store when the copying begins. (The other way round, a photo that comes
between the two would be a row without its file.) Only what is removed on purpose may go meanwhile, an erased paper or
a print past its time: what the copy lacks is held against the database of *after* the copying, and counts as missing
only if it is still cited. Keys come last for the same reason: their files are made before the register knows them.
"""

import asyncio
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import msgspec

from api.backups.archive import DUMP, SEALED_KEYS, Manifest, Writer
from api.backups.contents import Seen, cited, connected, look
from api.backups.keys import key_files, keys_elsewhere, sealed
from api.backups.postgres import dump, program_folder
from api.settings import Settings
from domain.kit.work import utc_now

Tell = Callable[[str], None]
_TELL_SECONDS = 5


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a back-up: where it is, what it says of itself, and that one's SHA-256."""

    out: str
    manifest: Manifest
    manifest_sha256: str
    seconds: float


class _Files(msgspec.Struct):
    """What was copied out of the file store."""

    copied: set[str] = msgspec.field(default_factory=set)
    damaged: list[str] = msgspec.field(default_factory=list)
    total_bytes: int = 0


async def make_backup(settings: Settings, out: Path, said: bytes | None, tell: Tell) -> Made:
    """Back the installation up into ``out``: a folder, or a file if its name ends in .tar.

    The keys are locked with the passphrase ``said``, if there is one. ``settings`` have the owner's address, which
    must lead to the server itself: a pooler knows no snapshots. Raises: BackupRefused, OSError.
    """
    began, made_at = time.monotonic(), utc_now()
    with Writer(out) as writer:
        seen, dumped_with = await _add_dump(writer, settings, tell)
        files = await asyncio.to_thread(_add_files, writer, Path(settings.data) / "blobs", tell)
        lacking = seen.cited - files.copied
        missing: list[str] = []
        if lacking:
            async with connected(settings.owner_database_url) as db:
                missing = sorted(lacking & await cited(db))
        keys = key_files(settings)
        if said is None:
            for name, content in keys.items():
                writer.add_bytes(f"keys/{name}", content)
        else:
            writer.add_bytes(SEALED_KEYS, sealed(keys, said))
        manifest = Manifest(
            format=1,
            product=version("fieldstone"),
            revision=seen.revision,
            server_major=seen.server_major,
            dumped_with_major=dumped_with,
            made_at=made_at,
            counts=seen.counts,
            files=len(files.copied),
            files_bytes=files.total_bytes,
            keys="plain" if said is None else "sealed",
            keys_elsewhere=keys_elsewhere(settings),
            files_gone=len(lacking) - len(missing),
            files_missing=missing,
            files_damaged=files.damaged,
            sums_sha256=writer.sums_of_sums(),
        )
        sha256 = await asyncio.to_thread(writer.finish, manifest)
    return Made(out=str(out), manifest=manifest, manifest_sha256=sha256, seconds=round(time.monotonic() - began, 1))


async def _add_dump(writer: Writer, settings: Settings, tell: Tell) -> tuple[Seen, int]:
    file = writer.out.with_name(f"{writer.out.name}.dump.partial")
    try:
        async with connected(settings.owner_database_url) as db:
            seen = await look(db)
            tell(f"Database: {sum(seen.counts.values()):,} rows in {len(seen.counts)} tables")
            folder, major = await asyncio.to_thread(program_folder, seen.server_major)
            await asyncio.to_thread(dump, folder, settings.owner_database_url, seen.snapshot, file)
        with file.open("rb") as content:
            await asyncio.to_thread(writer.add, DUMP, content, file.stat().st_size)
        tell(f"Database: {file.stat().st_size / 1e6:,.1f} MB, compressed")
    finally:
        file.unlink(missing_ok=True)
    return seen, major


def _add_files(writer: Writer, folder: Path, tell: Tell) -> _Files:
    files, told = _Files(), time.monotonic()
    for path in sorted(folder.glob("??/??/*")):
        if len(path.name) != 64:  # being written
            continue
        try:
            content = path.open("rb")
        except FileNotFoundError:  # removed since it was listed
            continue
        with content:
            size = os.fstat(content.fileno()).st_size
            if writer.add(f"blobs/{path.relative_to(folder).as_posix()}", content, size) != path.name:
                files.damaged.append(path.name)
        files.copied.add(path.name)
        files.total_bytes += size
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            tell(f"Files: {len(files.copied):,} so far, {files.total_bytes / 1e6:,.1f} MB")
    tell(f"Files: {len(files.copied):,}, {files.total_bytes / 1e6:,.1f} MB")
    return files

"""What a back-up is made of: files with their SHA-256 in a folder or a tar file, and a manifest that is written last.

``SHA256SUMS`` is what coreutils' ``sha256sum --check`` reads, so that a folder can be checked without the product. The
manifest holds the sum of the sums. What is not finished is called ``….partial``, is open to its owner alone, and gets
its name when all of it is on disk.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
DUMP, SEALED_KEYS = "database.dump", "keys.sealed"
_NAME = re.compile(
    rf"{re.escape(DUMP)}|{re.escape(SEALED_KEYS)}|keys/[0-9A-Za-z][0-9A-Za-z._-]*|blobs/[0-9a-f]{{2}}/[0-9a-f]{{2}}/[0-9a-f]{{64}}"
)
_CHUNK = 1 << 20
_SMALL_BYTES_MAX = 1 << 30
"""The most that manifest and sums may be: ten million files."""


class BackupRefused(Exception):
    """This back-up cannot be made or used; the message says why and what to do."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a back-up says of itself.

    ``counts`` are the rows of each table, ``revision`` is the schema's. ``keys_elsewhere`` are the settings whose keys
    are in the environment and not in here. ``files_gone`` were removed on purpose while the back-up was being made
    (erased, or past their time); ``files_missing`` and ``files_damaged`` were so in the file store already.
    """

    format: Literal[1]
    product: str
    revision: str
    server_major: int
    dumped_with_major: int
    made_at: datetime
    counts: dict[str, int]
    files: int
    files_bytes: int
    keys: Literal["plain", "sealed"]
    keys_elsewhere: list[str]
    files_gone: int
    files_missing: list[str]
    files_damaged: list[str]
    sums_sha256: str


class Writer:
    """Writes a back-up; as a context it takes away what an exception, or a process that died, left unfinished.

    What it writes is locked, so that nobody else takes it for such a leftover. Raises: BackupRefused, OSError.
    """

    def __init__(self, out: Path) -> None:
        if out.exists() or out.is_symlink():
            raise BackupRefused(f"{out} is there already: a back-up overwrites nothing.")
        self.out = out
        self.partial = out.with_name(f"{out.name}.partial")
        self.sums: dict[str, str] = {}
        self._closing = ExitStack()
        self._tar: tarfile.TarFile | None = None
        self._lock: int | None = None

    def __enter__(self) -> "Writer":
        if self.partial.exists():
            lock = self._locked()
            self._discard()
            os.close(lock)
        if self.out.suffix == ".tar":
            descriptor = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            file = self._closing.enter_context(os.fdopen(descriptor, "wb"))
            self._tar = self._closing.enter_context(tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT))
        else:
            self.partial.mkdir(mode=0o700, parents=True)
        self._lock = self._locked()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._closing.close()
        finally:
            if self.partial.exists():
                self._discard()
            if self._lock is not None:
                os.close(self._lock)

    def _locked(self) -> int:
        lock = os.open(self.partial, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise BackupRefused(f"{self.out} is being written by another back-up.") from None
        return lock

    def _discard(self) -> None:
        if self.partial.is_dir():
            shutil.rmtree(self.partial)
        else:
            self.partial.unlink(missing_ok=True)

    def add(self, name: str, content: BinaryIO, size: int) -> str:
        """Add a file of ``size`` bytes and return its SHA-256."""
        source = _Hashed(content)
        if self._tar is not None:
            member = tarfile.TarInfo(name)
            member.size, member.mode = size, 0o600
            self._tar.addfile(member, cast("BinaryIO", source))
        else:
            path = self.partial / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                shutil.copyfileobj(source, file, _CHUNK)
        sha256 = source.sha256.hexdigest()
        if name not in (MANIFEST, SUMS):
            self.sums[name] = sha256
        return sha256

    def add_bytes(self, name: str, content: bytes) -> str:
        """Add a small file and return its SHA-256."""
        return self.add(name, io.BytesIO(content), len(content))

    def sums_of_sums(self) -> str:
        """Return the SHA-256 of what SHA256SUMS says of the files added so far."""
        return hashlib.sha256(self._written_sums()).hexdigest()

    def _written_sums(self) -> bytes:
        return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self.sums.items())).encode()

    def finish(self, manifest: Manifest) -> str:
        """Write sums and manifest, bring everything to disk, give it its name; returns the manifest's SHA-256."""
        self.add_bytes(SUMS, self._written_sums())
        sha256 = self.add_bytes(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self._closing.close()
        os.sync()  # once for all: file by file it takes longer than the copying
        self.partial.rename(self.out)
        os.sync()
        return sha256


def members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield every file of a back-up with its name, to be read before the next one is asked for.

    Raises: BackupRefused when it is no back-up, or holds what no back-up holds.
    """
    if path.is_dir():
        for found in sorted(path.rglob("*")):
            if found.is_symlink() or not (found.is_file() or found.is_dir()):
                raise BackupRefused(f"{path} is damaged: {found.relative_to(path)} is no plain file.")
            if found.is_file():
                with found.open("rb") as file:
                    yield _known(path, found.relative_to(path).as_posix()), file
        return
    try:
        with tarfile.open(path, "r:") as tar:
            while (member := tar.next()) is not None:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise BackupRefused(f"{path} is damaged: {member.name} is no plain file.")
                yield _known(path, member.name), cast("BinaryIO", content)
                vars(tar)["members"].clear()  # it would remember a million of them
    except FileNotFoundError:
        raise BackupRefused(f"There is no {path}.") from None
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(f"{path} is no back-up, or was cut off: {error}.") from error


def verified(path: Path) -> tuple[Manifest, str]:
    """Read all of a back-up and return its manifest with that one's SHA-256, if every file is there and unchanged.

    Raises: BackupRefused, naming what is wrong.
    """
    small: dict[str, bytes] = {}
    found: dict[str, str] = {}
    for name, file in members(path):
        if name in (MANIFEST, SUMS):
            small[name] = file.read(_SMALL_BYTES_MAX)
        else:
            if name in found:
                raise BackupRefused(f"{path} is damaged: it holds {name} twice.")
            found[name] = _sum(file)
    if MANIFEST not in small or SUMS not in small:
        raise BackupRefused(f"{path} is no back-up, or was cut off: it has no {MANIFEST} or no {SUMS}.")
    manifest = _manifest(path, small[MANIFEST])
    if hashlib.sha256(small[SUMS]).hexdigest() != manifest.sums_sha256:
        raise BackupRefused(f"{path} is damaged: {SUMS} is not the one that the manifest means.")
    wanted = {line[66:]: line[:64] for line in small[SUMS].decode().splitlines()}
    wrong = [f"{name} is missing" for name in wanted if name not in found]
    wrong += [f"{name} was added" for name in found if name not in wanted]
    wrong += [f"{name} was changed" for name in wanted if name in found and found[name] != wanted[name]]
    if wrong:
        more = f", and {len(wrong) - 5:,} more" if len(wrong) > 5 else ""
        raise BackupRefused(f"{path} is damaged: {', '.join(sorted(wrong)[:5])}{more}.")
    if DUMP not in wanted:
        raise BackupRefused(f"{path} is damaged: it has no {DUMP}.")
    return manifest, hashlib.sha256(small[MANIFEST]).hexdigest()


def _manifest(path: Path, written: bytes) -> Manifest:
    try:
        return msgspec.json.decode(written, type=Manifest)
    except msgspec.ValidationError as error:
        if "`$.format`" in str(error):
            raise BackupRefused(
                f"{path} was made by another version of the product, in a format not known here."
            ) from None
        raise BackupRefused(f"{path} is damaged: its manifest says nonsense ({error}).") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupRefused(f"{path} is damaged: its manifest cannot be read ({error}).") from error


def _known(path: Path, name: str) -> str:
    if name not in (MANIFEST, SUMS) and not _NAME.fullmatch(name):
        raise BackupRefused(f"{path} holds {name!r}, which no back-up of this product does.")
    return name


def _sum(content: BinaryIO) -> str:
    sha256 = hashlib.sha256()
    while part := content.read(_CHUNK):
        sha256.update(part)
    return sha256.hexdigest()


class _Hashed:
    """Reads on behalf of somebody else and keeps the sum."""

    def __init__(self, content: BinaryIO) -> None:
        self.content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        part = self.content.read(size)
        self.sha256.update(part)
        return part

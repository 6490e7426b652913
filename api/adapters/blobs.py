"""Blobs in a local folder: content-addressed, written beside, synced, then renamed into place."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

COMING = "coming"


class FolderBlobs:
    """The default store of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def _coming(self) -> Path:
        """Return the folder for what is being written: what a process leaves there that died is nobody's."""
        folder = self.folder / COMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256; storing it again changes nothing."""
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._coming())
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return sha256

    async def put_file(self, path: Path) -> str:
        """Store a file durably and return its SHA-256; the file at ``path`` is gone afterwards."""
        return await asyncio.to_thread(self._put_file, path)

    def _put_file(self, path: Path) -> str:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        kept = self._path(sha256)
        if kept.exists():
            path.unlink()
            return sha256
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = self._coming() / uuid4().hex
        shutil.move(path, beside)
        _sync(beside)
        beside.replace(kept)
        _sync(kept.parent)
        return sha256

    async def remove(self, sha256: str) -> None:
        """Drop a blob; one that is not there is no error."""
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    @contextlib.asynccontextmanager
    async def file(self, sha256: str) -> AsyncIterator[Path | None]:
        """Lend the stored file itself, or None."""
        path = self._path(sha256)
        yield path if await asyncio.to_thread(path.exists) else None

    async def get(self, sha256: str) -> bytes | None:
        """Return the content, or None when no such blob is stored."""

        def read() -> bytes | None:
            path = self._path(sha256)
            return path.read_bytes() if path.exists() else None

        return await asyncio.to_thread(read)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

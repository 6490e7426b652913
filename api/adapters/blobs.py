"""Blobs in a local folder: content-addressed, written beside, synced, then renamed into place."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path


class FolderBlobs:
    """The default store of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    async def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256; storing it again changes nothing."""
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    async def get(self, sha256: str) -> bytes | None:
        """Return the content, or None when no such blob is stored."""

        def read() -> bytes | None:
            path = self._path(sha256)
            return path.read_bytes() if path.exists() else None

        return await asyncio.to_thread(read)

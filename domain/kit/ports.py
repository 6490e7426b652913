"""What the domain needs from outside, as narrow protocols; adapters live in ``api/adapters``."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol


class Blobs(Protocol):
    """Content-addressed files: a blob is durable before the row that cites it."""

    async def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256 as 64 hex digits; storing it again changes nothing."""

    async def get(self, sha256: str) -> bytes | None:
        """Return the content, or None when no such blob is stored."""

    async def put_file(self, path: Path) -> str:
        """Store a file as ``put`` does, without holding it in memory; the file at ``path`` is gone afterwards."""

    async def remove(self, sha256: str) -> None:
        """Drop a blob that no row cites any more; one that is not there is no error."""

    def file(self, sha256: str) -> AbstractAsyncContextManager[Path | None]:
        """Lend the content as a file that nobody may change, or None when no such blob is stored."""


class Hasher(Protocol):
    """Password hashing; slow on purpose, so callers run it outside a transaction."""

    def hash(self, password: str) -> str:
        """Return the encoded hash of a password."""

    def verify(self, encoded: str, password: str) -> bool:
        """Tell whether the password fits; takes as long for a hash that nobody owns."""


class Queue(Protocol):
    """Background work that is enqueued inside the business transaction and runs at least once."""

    async def enqueue(self, driver: Any, tasks: Sequence[tuple[str, bytes]]) -> None:
        """Add tasks, by kind and payload, in the driver's open transaction; they exist only if that commits."""


class Signer(Protocol):
    """Marks what we made with a key that stays outside."""

    def mark(self, content: bytes) -> bytes:
        """Return 32 bytes that nobody can make for this content without the key; always the same ones."""

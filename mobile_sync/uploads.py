"""Uploads that survive a cut, as tus 1.0 words them; what is kept, and for whom, is decided in the domain.

Source: the tus resumable upload protocol, version 1.0.0, with the extensions named below.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from domain.kit.ids import new_id
from domain.kit.limits import Sha256
from domain.kit.ports import Blobs
from domain.kit.problem import BodyTooLarge, InvalidRequest, Kind, MalformedRequest, Problem
from domain.kit.work import Work
from domain.worklog.transfers import Progress
from domain.worklog.uploads import KeptUpload, keep_upload
from mobile_sync.photos.picture import Reencoded
from mobile_sync.photos.problems import PhotoTookTooLong, PhotoTooLarge, PhotoUnreadable
from mobile_sync.photos.rule import Read
from mobile_sync.photos.sandbox import PhotoSandbox

TUS_VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "expiration", "termination")
ALGORITHMS = ("sha1", "sha256")
MEDIA = "application/offset+octet-stream"

piece_bytes_max = 1024 * 1024
piece_seconds_max = 1.0
"""A slow sender's bytes wait no longer than this to be committed."""
checked_bytes_max = 4 * 1024 * 1024
"""A body with a checksum is held until its end, for nothing of it may be kept when it is wrong."""

Keep = Callable[[int, bytes], Awaitable[Progress]]


class OtherTusVersion(Problem, kind=Kind.MALFORMED):
    """Only tus 1.0.0 is spoken here."""


class ChecksumMismatch(Problem, kind=Kind.CONFLICT):
    """The bytes are not those that their checksum was made of."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an upload is declared as: the sender's id for it, or a new one, and the hash of all its bytes if told."""

    attachment_id: UUID
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes

    def fits(self, content: bytes) -> bool:
        """Tell whether these are the bytes."""
        return hmac.compare_digest(hashlib.new(self.algorithm, content, usedforsecurity=False).digest(), self.digest)


def metadata_of(header: str) -> Metadata:
    """Return what an Upload-Metadata header declares; keys other than ``id`` and ``sha256`` say nothing to us.

    Raises: InvalidRequest.
    """
    told: dict[str, str] = {}
    for pair in filter(None, header.split(",")):
        key, _, value = pair.strip().partition(" ")
        if key in told:
            raise InvalidRequest(f"{key[:40]} is given twice.", field="Upload-Metadata")
        try:
            told[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise InvalidRequest(f"{key[:40]} is no text in base64.", field="Upload-Metadata") from None
    try:
        attachment_id = msgspec.convert(told["id"], UUID) if "id" in told else new_id()
        sha256 = msgspec.convert(told["sha256"].lower(), Sha256) if "sha256" in told else None
    except msgspec.ValidationError:
        raise InvalidRequest("id is a UUID, sha256 has 64 hex digits.", field="Upload-Metadata") from None
    return Metadata(attachment_id, sha256)


def checksum_of(header: str) -> Checksum | None:
    """Return what an Upload-Checksum header says, or None where there is none. Raises: MalformedRequest."""
    if not header:
        return None
    algorithm, _, digest = header.partition(" ")
    try:
        found = Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError):
        raise MalformedRequest("Upload-Checksum is an algorithm, a blank and a digest in base64.") from None
    if algorithm not in ALGORITHMS:
        raise MalformedRequest(f"The algorithm is one of {', '.join(ALGORITHMS)}.")
    return found


async def receive(stream: AsyncIterator[bytes], before: Progress, keep: Keep, checksum: Checksum | None) -> Progress:
    """Keep the bytes of one request behind those that have come, and return how far the upload is then.

    Whatever arrived is kept even when the sender goes away in the middle, unless a checksum was to be compared.
    Raises: ChecksumMismatch for these bytes, or for the whole; as ``keep`` and the stream do.
    """
    progress = before
    async with aclosing(whole(stream, checksum) if checksum else pieces(stream)) as worth_keeping:
        async for piece in worth_keeping:
            progress = await keep(progress.received, piece)
    if progress.broken:
        raise ChecksumMismatch("All bytes have come and are not the declared ones; send them again.", offset=0)
    return progress


async def whole(stream: AsyncIterator[bytes], checksum: Checksum) -> AsyncGenerator[bytes]:
    """Yield all bytes of a stream at once, when they are the right ones. Raises: ChecksumMismatch, BodyTooLarge."""
    held = bytearray()
    async for part in stream:
        held += part
        if len(held) > checked_bytes_max:
            raise BodyTooLarge(f"A body with a checksum has at most {checked_bytes_max} bytes.")
    if not checksum.fits(bytes(held)):
        raise ChecksumMismatch("These bytes are not those of Upload-Checksum; nothing of them is kept.")
    if held:
        yield bytes(held)


async def pieces(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield a stream in pieces worth a transaction, soon after they came; also the last one of a sender who went away.

    A network that dies says nothing: what came before it did is not held back until somebody notices.
    """
    held = bytearray()
    due = 0.0

    def after() -> "asyncio.Future[bytes | None]":
        future = asyncio.ensure_future(anext(stream, None))
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # heard by nobody, it is no defect
        return future

    coming = after()
    try:
        while True:
            await asyncio.wait({coming}, timeout=max(0.0, due - time.monotonic()) if held else None)
            if coming.done():
                part = coming.result()
                if part is None:
                    break
                due = due if held else time.monotonic() + piece_seconds_max
                held += part
                coming = after()
            while len(held) >= piece_bytes_max or (held and time.monotonic() >= due):
                yield bytes(held[:piece_bytes_max])
                del held[:piece_bytes_max]
                due = time.monotonic() + piece_seconds_max
    except MalformedRequest:
        if held:
            yield bytes(held)
        raise
    finally:
        coming.cancel()
    if held:
        yield bytes(held)


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo drawn afresh and stored, and the codes on it; None when looking for them took too much."""

    copy: Reencoded
    blob_sha256: str
    reads: tuple[Read, ...] | None


async def picture_of(sandbox: PhotoSandbox, blobs: Blobs, content: bytes, *, seconds_max: float) -> Picture:
    """Draw a photo afresh, store it and read its codes. Raises: as ``PhotoSandbox.reencode``."""
    copy = await sandbox.reencode(content, wall_seconds_max=seconds_max)
    reads: tuple[Read, ...] | None
    try:
        reads = await sandbox.decode(content, wall_seconds_max=seconds_max)
    except (PhotoTookTooLong, PhotoTooLarge, PhotoUnreadable):
        reads = None
    return Picture(copy, await blobs.put(copy.jpeg), reads)


async def keep_picture(work: Work, sha256: str, picture: Picture) -> KeptUpload:
    """Give the picture to the photos that cite the bytes it was made of, now and later."""
    taken_at = picture.copy.taken_at
    seen: list[Any] | None = None if picture.reads is None else msgspec.to_builtins(list(picture.reads))
    return await keep_upload(
        work,
        sha256=sha256,
        blob_sha256=picture.blob_sha256,
        width=picture.copy.width,
        height=picture.copy.height,
        taken_at=taken_at if taken_at is not None and taken_at.tzinfo is not None else None,
        reads=seen,
        prints=picture.copy.prints,
    )

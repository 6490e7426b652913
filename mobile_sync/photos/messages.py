"""What the API process and its photo workers say to each other: length-prefixed MessagePack."""

from typing import BinaryIO

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from mobile_sync.photos.picture import Reencoded
from mobile_sync.photos.rule import Read

LENGTH_BYTES = 4

answer_bytes_max = 32 * 1024 * 1024


class DecodePhoto(Struct, frozen=True, tag="decode"):
    """Read the codes on a photo."""

    upload: bytes
    cpu_seconds_max: int


class ReencodePhoto(Struct, frozen=True, tag="reencode"):
    """Draw the copy of a photo that is kept."""

    upload: bytes
    longest_edge_px: int
    cpu_seconds_max: int


class Ready(Struct, frozen=True, tag="ready"):
    """The worker has started."""


class Reads(Struct, frozen=True, tag="reads"):
    """What was read on the photo."""

    reads: tuple[Read, ...]


class Copy(Struct, frozen=True, tag="copy"):
    """The copy that was drawn."""

    copy: Reencoded


class Rows(Struct, frozen=True, tag="rows"):
    """Some whole rows of a sheet, as CSV in UTF-8."""

    csv: bytes


class End(Struct, frozen=True, tag="end"):
    """The sheet has no more rows."""

    rows: int


class Refused(Struct, frozen=True, tag="refused"):
    """The problem, by its code; the worker stops after this answer."""

    code: str
    detail: str
    facts: dict[str, int] = {}


Request = DecodePhoto | ReencodePhoto
Answer = Ready | Reads | Copy | Rows | End | Refused

_encoder = Encoder()
_requests: Decoder[Request] = Decoder(Request)
STARTED: Decoder[Ready] = Decoder(Ready)
READ: Decoder[Reads | Refused] = Decoder(Reads | Refused)
DRAWN: Decoder[Copy | Refused] = Decoder(Copy | Refused)
SHEET: Decoder[Rows | End | Refused] = Decoder(Rows | End | Refused)
"""What each question may be answered with: anything else no worker says."""


def framed(message: Request | Answer) -> bytes:
    """Return a message with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def request_from(body: bytes) -> Request:
    """Return the request in a frame's body."""
    return _requests.decode(body)


def read_frame(pipe: BinaryIO) -> bytes | None:
    """Return the body of the next frame, or None where the pipe has ended."""
    length = pipe.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    body = pipe.read(size)
    return body if len(body) == size else None

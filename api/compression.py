"""Which compressions are spoken, and how a client says which it takes."""

import gzip
import re
import zlib
from collections.abc import Callable

import brotli

from domain.kit.problem import BodyTooLarge, MalformedRequest, WrongMediaType

COMPRESS_FROM_BYTES = 1024
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=4),
    "gzip": lambda content: gzip.compress(content, compresslevel=5),
}
"""The better first."""
_NO_WEIGHT = re.compile(r"q=0(\.0{0,3})?")


def accepts(header: str, coding: str) -> bool:
    """Tell whether an Accept-Encoding header names ``coding`` without refusing it by a weight of nothing."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == coding:
            return _NO_WEIGHT.fullmatch(weight.strip()) is None
    return False


def unpack(content: bytes, coding: str, bytes_max: int) -> bytes:
    """Return a request's body as it was before it was compressed with gzip or brotli.

    Raises: BodyTooLarge beyond ``bytes_max``, however small it was packed; MalformedRequest; WrongMediaType.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return content
    unpacker = {"gzip": _gunzip, "br": _unbrotli}.get(coding)
    if unpacker is None:
        raise WrongMediaType("Content-Encoding is gzip, br or none.")
    try:
        unpacked = unpacker(content, bytes_max)
    except (zlib.error, brotli.error) as error:
        raise MalformedRequest(f"The body is not {coding}.") from error
    if len(unpacked) > bytes_max:
        raise BodyTooLarge(f"At most {bytes_max} bytes.")
    return unpacked


def _gunzip(content: bytes, bytes_max: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(content, bytes_max + 1)
    if len(unpacked) <= bytes_max and not unpacker.eof:
        raise zlib.error("cut short")
    return unpacked


def _unbrotli(content: bytes, bytes_max: int) -> bytes:
    unpacker = brotli.Decompressor()
    unpacked: bytes = unpacker.process(content, output_buffer_limit=bytes_max + 1)
    if len(unpacked) <= bytes_max and not unpacker.is_finished():
        raise brotli.error("cut short")
    return unpacked

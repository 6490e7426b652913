"""Bodies as they arrive: forms of browsers, and bodies that were compressed on the way."""

import gzip
from collections.abc import AsyncIterator

import brotli
import pytest

from api.compression import unpack
from api.multipart_form import read_form, text_bytes_max
from domain.kit.problem import BodyTooLarge, InvalidRequest, MalformedRequest, WrongMediaType

FORM = "multipart/form-data; boundary=x"


def field(name: str, content: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def read(body: bytes, content_type: str = FORM, size: int = 7) -> tuple[dict[str, str], bytes]:
    return await read_form(content_type, in_pieces(body, size), "photo", 100)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_form_is_read_however_it_is_cut(size: int) -> None:
    body = field("name", "Zoë".encode()) + field("photo", b"\x00\xff" * 50) + b"--x--\r\n"
    assert await read(body, size=size) == ({"name": "Zoë"}, b"\x00\xff" * 50)


async def test_a_form_without_a_file_has_no_bytes_of_one() -> None:
    assert await read(field("name", b"Zoe") + b"--x--\r\n") == ({"name": "Zoe"}, b"")


@pytest.mark.parametrize(
    ("body", "content_type", "wrong"),
    [
        (field("name", b"a") + field("name", b"b") + b"--x--\r\n", FORM, InvalidRequest),
        (field("name", b"\xff\xfe") + b"--x--\r\n", FORM, MalformedRequest),
        (field("photo", b"1" * 101) + b"--x--\r\n", FORM, BodyTooLarge),
        (field("name", b"1" * (text_bytes_max + 1)) + b"--x--\r\n", FORM, BodyTooLarge),
        (field("name", b"cut off"), FORM, MalformedRequest),
        (b"no form at all", FORM, MalformedRequest),
        (field("name", b"a") + b"--x--\r\n", "multipart/form-data", MalformedRequest),
    ],
    ids=["twice", "not-utf-8", "file-too-large", "text-too-large", "cut-off", "no-form", "no-boundary"],
)
async def test_another_form_is_refused(body: bytes, content_type: str, wrong: type[Exception]) -> None:
    with pytest.raises(wrong):
        await read(body, content_type)


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (b"plain", ""),
        (b"plain", " Identity "),
        (gzip.compress(b"plain", mtime=0), "GZIP"),
        (brotli.compress(b"plain"), "br"),
    ],
)
def test_a_body_is_unpacked_by_what_it_says_it_is(content: bytes, coding: str) -> None:
    assert unpack(content, coding, 100) == b"plain"


@pytest.mark.parametrize(
    ("content", "coding", "wrong"),
    [
        (b"plain", "zstd", WrongMediaType),
        (b"plain", "gzip", MalformedRequest),
        (b"plain", "br", MalformedRequest),
        (gzip.compress(b"0" * 101, mtime=0), "gzip", BodyTooLarge),
        (brotli.compress(b"0" * 101), "br", BodyTooLarge),
    ],
)
def test_a_body_that_is_not_what_it_says_or_swells_is_refused(
    content: bytes, coding: str, wrong: type[Exception]
) -> None:
    with pytest.raises(wrong):
        unpack(content, coding, 100)

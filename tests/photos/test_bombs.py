"""What is said to bombs that are cheap to say no to; tests/prove/damaged_photos.py sets off all of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from domain.kit.problem import Problem
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.bombs import BOMBS, OTHER

TOO_LARGE = (
    "PNG: 2³¹-1 by 2³¹-1",
    "JPEG: 65,500 by 65,500",
    "WebP: 50 megapixels",
    "WebP: frames of 50 megapixels",
    "WebP: 16,383 by 16,383",
    "WebP: 2²⁴ by 2²⁴",
    "more than 25 MB",
)
UNREADABLE = (
    "PNG: 0 by 0",
    "PNG: 50 megapixels cut short",
    "PNG: a text of 20 GB",
    "PNG: 2,000 texts of 1 MB",
    "PNG: 20 texts of 1 GB",
    "PNG: a colour profile of 20 GB",
    "JPEG: no height",
    "WebP: cut short",
)
PICTURES = (
    "PNG: 8 pixels that unpack to 20 GB",
    "PNG: 2³¹-1 frames",
    "JPEG: EXIF inside itself",
    "JPEG: EXIF of 4 GB, 5,000 times",
    "JPEG: 4 billion more pictures",
    "WebP: 300,000 frames",
)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def sandbox() -> AsyncIterator[PhotoSandbox]:
    async with PhotoSandbox(workers=1) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[(name, "photo-too-large") for name in TOO_LARGE],
        *[(name, "photo-unreadable") for name in UNREADABLE],
        *[(name, "photo-kind-not-accepted") for name in OTHER if name not in TOO_LARGE],
    ],
)
async def test_a_bomb_is_refused_for_what_it_is(sandbox: PhotoSandbox, name: str, code: str) -> None:
    with pytest.raises(Problem) as refusal:
        await sandbox.reencode(BOMBS[name]())
    assert refusal.value.code == code


@pytest.mark.parametrize("name", PICTURES)
async def test_a_bomb_around_a_small_picture_leaves_the_picture(sandbox: PhotoSandbox, name: str) -> None:
    copy = await sandbox.reencode(BOMBS[name]())
    assert max(copy.width, copy.height) <= 64


async def test_what_is_no_picture_starts_no_process() -> None:
    async with PhotoSandbox(workers=1) as sandbox:
        for make in OTHER.values():
            with pytest.raises(Problem):
                await sandbox.decode(make())
        assert sandbox.pids == ()

"""A plain tus client for tests, and one that hangs up in the middle."""

import asyncio
import base64
import datetime as dt
import hashlib
import random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.worklog.transfers import place_of
from tests.cast import Caller, actor_of
from tests.conftest import rows

TUS = {"tus-resumable": "1.0.0"}
MEDIA = "application/offset+octet-stream"


def metadata(**told: str) -> str:
    """What an upload is declared as, as tus spells it."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())


def sha256_of(content: bytes) -> str:
    """The hash that a sheet cites bytes by."""
    return hashlib.sha256(content).hexdigest()


def checksum(algorithm: str, content: bytes) -> str:
    """An Upload-Checksum."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


async def begin(
    caller: Caller, content: bytes, attachment_id: UUID | None = None, **given: Any
) -> tuple[httpx.Response, str]:
    """Declare an upload; return the answer and the address to go on with."""
    told = {"id": str(attachment_id or uuid4()), "sha256": sha256_of(content), **given}
    headers = {"upload-length": str(len(content)), "upload-metadata": metadata(**told)}
    answer = await caller.http.post("/uploads", headers={**caller.headers, **TUS, **headers})
    return answer, answer.headers.get("location", "")


async def begun(caller: Caller, content: bytes) -> str:
    """Declare an upload that must be new, and return its address."""
    answer, address = await begin(caller, content)
    assert answer.status_code == 201, answer.text
    return address


async def patch(caller: Caller, address: str, offset: int, content: Any, **more: str) -> httpx.Response:
    """Send bytes of an upload; ``content`` may come bit by bit."""
    headers = {"upload-offset": str(offset), "content-type": MEDIA, **more}
    return await caller.http.patch(address, content=content, headers={**caller.headers, **TUS, **headers})


async def offset_of(caller: Caller, address: str) -> int:
    """How many bytes of an upload are kept."""
    answer = await caller.http.head(address, headers={**caller.headers, **TUS})
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["upload-offset"])


async def hang_up_after(caller: Caller, url: str, offset: int, rest: bytes, cut: int) -> None:
    """Promise the rest of an upload, send ``cut`` bytes of it, and hang up without a word."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = [
        f"PATCH {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {caller.token}",
        "Tus-Resumable: 1.0.0",
        f"Upload-Offset: {offset}",
        f"Content-Type: {MEDIA}",
        f"Content-Length: {len(rest)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + rest[:cut])
    await writer.drain()
    writer.transport.abort() if cut % 2 else writer.close()
    del reader


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that nothing compresses, the same for a seed."""
    return random.Random(seed).randbytes(size)


async def stored(owner: AsyncEngine, address: str, caller: Caller) -> bytes:
    """What is kept of an upload, as it lies in the database."""
    place = place_of(actor_of(caller), UUID(address.rsplit("/", 1)[1]))
    found = await rows(owner, f"SELECT content FROM transfer_part WHERE transfer_id = '{place}' ORDER BY at_byte")
    return b"".join(part for (part,) in found if isinstance(part, bytes))


async def age(owner: AsyncEngine, days: int) -> None:
    """Move every transfer so many days into the past."""
    async with owner.begin() as connection:
        moved = "now() - CAST(:days AS interval)"
        await connection.execute(
            text(
                f"UPDATE transfer SET created_at = {moved}, "
                f"finished_at = CASE WHEN finished_at IS NOT NULL THEN {moved} END"
            ),
            {"days": dt.timedelta(days=days)},
        )

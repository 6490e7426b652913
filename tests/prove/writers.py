"""Clients that write all the time and repeat what was not acknowledged, and what must be true of it in the end."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from domain.kit.actor import SYSTEM
from domain.kit.database import Database
from domain.kit.ids import operation_id
from domain.kit.work import begin
from domain.worklog.transfers import place_of, waiting_max
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.sync.handset import Handset, handset
from tests.sync.sending import TUS, metadata, noise, patch, sha256_of

PAUSE_S = 0.05
PATIENCE_S = 60
Answer = tuple[int, Any]


@dataclass(slots=True)
class Write:
    """Something to be written exactly once: how it is sent, and the statement that counts it."""

    name: str
    send: Callable[[], Awaitable[httpx.Response]]
    counted: str
    values: tuple[Any, ...]
    answer: Any = None


@dataclass(slots=True)
class Writers:
    """Everybody who writes, and what was acknowledged."""

    acknowledged: list[Write] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    broken_off: int = 0
    """How often a request ended without an answer."""
    refused: int = 0
    """How often one was told to repeat it: 503 or 429."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, making: Iterator[Write]) -> None:
        """Write one thing after another, each until it is acknowledged."""
        for one in making:
            if self.over.is_set():
                return
            await self.until_acknowledged(one)

    async def until_acknowledged(self, one: Write) -> None:
        """Send something again and again until it is acknowledged, or refused for good."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                response = await one.send()
            except httpx.TransportError:
                self.broken_off += 1
            else:
                if taken(response):
                    one.answer = _said(response)
                    self.acknowledged.append(one)
                    return
                if not to_be_repeated(response):
                    self.failures.append(f"{one.name}: {response.status_code} {response.text[:200]}")
                    return
                self.refused += 1
            if time.monotonic() > until:
                self.failures.append(f"{one.name}: not acknowledged within {PATIENCE_S} s")
                return
            await asyncio.sleep(PAUSE_S)

    async def told_again(self, some: Sequence[Write]) -> None:
        """Repeat what was acknowledged: the first answer must come again."""
        for one in some:
            response = await one.send()
            if not taken(response) or _said(response) != one.answer:
                self.failures.append(f"{one.name} repeated: {response.status_code} {response.text[:200]}")

    async def lost_or_twice(self, database: Database) -> tuple[int, int]:
        """Count what was acknowledged and is not there, and what is there more than once."""
        lost = twice = 0
        async with begin(database, SYSTEM) as work:
            for one in self.acknowledged:
                found = int(await work.driver.fetchval(one.counted, *one.values) or 0)
                lost += found < 1
                twice += found > 1
                if found != 1:
                    self.failures.append(f"{one.name} was acknowledged and is there {found} times")
        return lost, twice


def to_be_repeated(response: httpx.Response) -> bool:
    """Whether an answer says that the same may be sent again; a phone is told so of each operation apart."""
    if response.status_code == 200 and response.request.url.path == "/sync/push":
        return any(one["status"] == "retry" for one in response.json()["results"])
    return response.status_code in (429, 503)


def taken(response: httpx.Response) -> bool:
    """Whether an answer acknowledges the write; a phone that is told of a gap must send what is missing before."""
    if response.request.url.path == "/sync/push" and response.status_code == 200:
        return bool(response.json()["status"] == "ok")
    return response.status_code < 300 and not to_be_repeated(response)


def _said(response: httpx.Response) -> Any:
    """What an answer says of the write itself; a phone is told whether it was told before, and how late it is.

    A file's answer says too how far the worker is with it.
    """
    if not response.content:
        return response.headers.get("upload-offset")
    body = response.json()
    if "rows_read" in body:
        return body["id"], body["file_name"]
    if "results" not in body:
        return body
    return [(one["op"], one["status"]) for one in body["results"]]


def customers(dora: Caller, mark: str) -> Iterator[Write]:
    """Our office takes down customers."""
    for number in itertools.count():
        code, key = f"{mark}-{number}", uuid4().hex

        async def send(code: str = code, key: str = key) -> httpx.Response:
            return await dora.post("/customers", {"number": code, "name": code}, key=key)

        yield Write(f"customer {code}", send, "SELECT count(*) FROM customer WHERE number = $1", (code,))


def minutes(phone: Handset, ready: make.ReadyVisit) -> Iterator[Write]:
    """A phone sends what it recorded, in its order."""
    for number in itertools.count():
        op = phone.minutes(ready.visit_id, number % 60 + 1)

        async def send(op: dict[str, Any] = op) -> httpx.Response:
            return await phone.send(op)

        counted = (
            "SELECT count(*) FROM time_entry t JOIN journal j ON j.op_id = t.id WHERE t.id::text = $1 "
            "AND j.outcome LIKE 'applied%'"
        )
        yield Write(f"minutes {op['seq']}", send, counted, (op["op"],))


def files(pam: Caller, mark: str) -> Iterator[Write]:
    """A partner hands in files of claims."""
    for number in itertools.count():
        key = uuid4().hex
        content = f"job_number,technician,arrived_at,completed_at,scanned_text,result\n{mark}{number},a,,,,\n".encode()

        async def send(key: str = key, content: bytes = content) -> httpx.Response:
            headers = {**pam.headers, "content-type": "text/csv", "idempotency-key": key}
            path = "/claims/submit/file?file_name=claims.csv"
            return await pam.http.post(path, content=content, headers=headers)

        file_id = operation_id(pam.id, key)
        yield Write(f"file {number}", send, "SELECT count(*) FROM submission_file WHERE id = $1", (file_id,))


async def uploaded(phone: Caller, content: bytes, upload_id: UUID) -> httpx.Response:
    """Send what is not kept yet of a photo, in one piece."""
    told = metadata(id=str(upload_id), sha256=sha256_of(content))
    headers = {**phone.headers, **TUS, "upload-length": str(len(content)), "upload-metadata": told}
    begun = await phone.http.post("/uploads", headers=headers)
    if begun.status_code >= 300:
        return begun
    kept = await phone.http.head(f"/uploads/{upload_id}", headers={**phone.headers, **TUS})
    offset = int(kept.headers.get("upload-offset", "0"))
    if kept.status_code >= 300 or offset == len(content):
        return kept
    return await patch(phone, f"/uploads/{upload_id}", offset, content[offset:])


def photos(otto: Caller) -> Iterator[Write]:
    """A phone sends bytes of photos in one piece each; repeated, it asks first how many are kept, as tus says.

    As many as may wait for a worker: there is none where only the server dies.
    """
    for number in range(waiting_max):
        content, upload_id = noise(20_000, number), uuid4()

        async def send(content: bytes = content, upload_id: UUID = upload_id) -> httpx.Response:
            return await uploaded(otto, content, upload_id)

        counted = "SELECT (sum(octet_length(content)) / 20000.0)::int FROM transfer_part WHERE transfer_id = $1"
        yield Write(f"photo {number}", send, counted, (place_of(actor_of(otto), upload_id),))


def everybody(cast: Cast, ready: make.ReadyVisit) -> list[Iterator[Write]]:
    """Two of the office, a phone, a partner and an uploading phone."""
    return [
        customers(cast.dora, "D"),
        customers(cast.ada, "A"),
        minutes(handset(cast.otto), ready),
        files(cast.pam, "F"),
        photos(cast.otto),
    ]

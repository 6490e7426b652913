"""A load generator on loopback: keep-alive connections that send prepared requests, bounded in count and time.

Written on bare asyncio protocols, so that on two cores the generator is not what is measured.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    requests: int
    failed: int


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.waiter: asyncio.Future[int] | None = None
        self.body = b""
        """The body of the last answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) >= head_end + 4 + length and self.waiter is not None:
            status = int(self.buffer[9:12])
            self.body = self.buffer[head_end + 4 : head_end + 4 + length]
            self.buffer = self.buffer[head_end + 4 + length :]
            waiter, self.waiter = self.waiter, None
            waiter.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(0)

    async def ask(self, request: bytes) -> int:
        self.waiter = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request)
        return await self.waiter


def request(method: str, path: str, *, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    """Return an HTTP/1.1 request as bytes; a body is JSON unless ``content_type`` says otherwise."""
    if body:
        headers = {"content_type": "application/json", **headers, "content_length": str(len(body))}
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    if token:
        lines.append(f"authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def connected(base_url: str) -> Connection:
    """Return a connection that stays open."""
    place = urlsplit(base_url)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, place.hostname, place.port)
    return connection


async def steadily(
    base_url: str, make: Callable[[int], bytes], *, per_second: float, seconds: float, connections: int
) -> tuple[Measured, list[bytes]]:
    """Send ``make(n)`` at a fixed rate whatever comes back, and return the figures with the answers' bodies.

    Latency counts from the moment a request was due, so that a queue that builds up is not hidden.
    """
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await connected(base_url))
    found: list[float] = []
    bodies: list[bytes] = []
    failed = 0
    started = time.perf_counter()

    async def one(number: int) -> None:
        nonlocal failed
        due = started + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await free.get()
        status = await connection.ask(make(number))
        bodies.append(connection.body)
        free.put_nowait(connection)
        found.append(time.perf_counter() - due)
        failed += status != 200

    await asyncio.gather(*(one(number) for number in range(int(per_second * seconds))))
    while not free.empty():
        transport = free.get_nowait().transport
        if transport is not None:
            transport.close()
    return summary(found, time.perf_counter() - started, failed), bodies


async def load(
    base_url: str, make: Callable[[int], bytes], *, connections: int = 8, seconds: float = 4.0, warm: float = 1.0
) -> Measured:
    """Send ``make(n)`` for n = 0, 1, … on ``connections`` connections for ``seconds`` after warming up."""
    place = urlsplit(base_url)
    loop = asyncio.get_running_loop()
    found: list[float] = []
    failed = 0
    number = 0
    started = time.perf_counter()
    begin, end = started + warm, started + warm + seconds

    async def worker() -> None:
        nonlocal number, failed
        _, connection = await loop.create_connection(Connection, place.hostname, place.port)
        while (now := time.perf_counter()) < end:
            mine, number = number, number + 1
            status = await connection.ask(make(mine))
            if now >= begin:
                found.append(time.perf_counter() - now)
                failed += not 200 <= status < 300
        if connection.transport is not None:
            connection.transport.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    return summary(found, seconds, failed)


def summary(found: Sequence[float], seconds: float, failed: int) -> Measured:
    """Return the figures of a run."""
    ordered = sorted(found) or [0.0]
    return Measured(
        per_second=round(len(found) / seconds, 1),
        p50_ms=round(ordered[len(ordered) // 2] * 1000, 2),
        p95_ms=round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000, 2),
        p99_ms=round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 2),
        requests=len(found),
        failed=failed,
    )

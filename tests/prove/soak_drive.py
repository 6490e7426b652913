"""Sends the mix: as fast as answers come, to find the peak; and at a fixed rate whatever comes back."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.load import Connection, connected
from tests.prove.soak_mix import MIX, Kind, submit
from tests.prove.soak_world import World

ANSWER_S_MAX = 30
IDLE_S_MAX = 3
"""The server closes a connection that nobody used for five seconds."""
UNDER_WAY_MAX = 600
"""So many requests without an answer, and the server is not slow but gone; there are phones for no more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request of the mix: when it was due, and how long after that it was answered; in seconds."""

    due: float
    kind: Kind
    seconds: float


@dataclass(slots=True)
class Driver:
    """Sends requests over as many connections as are needed, and writes down what came back."""

    base: str
    world: World
    mix: Sequence[Kind] = MIX
    dice: random.Random = field(default_factory=lambda: random.Random(13))
    free: list[tuple[float, Connection]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By operation and status; 0 is no answer."""
    refused: list[tuple[float, int]] = field(default_factory=list)
    """When which answer of 400 and above came, or none."""
    told: list[str] = field(default_factory=list)
    """What the first of them said."""

    async def _ask(self, operation: str, sent: bytes) -> tuple[int, bytes]:
        connection = await self._connection()
        status = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S_MAX):
                status = await connection.ask(sent)
        if status:
            self.free.append((time.perf_counter(), connection))
        else:
            connection.body = b""
            assert connection.transport is not None
            connection.transport.abort()
        self.statuses[operation, status] += 1
        if not 200 <= status < 400:
            self.refused.append((time.perf_counter(), status))
            self.told.append(f"{operation}: {status or 'no answer'} {connection.body[:300].decode(errors='replace')}")
        return status, connection.body

    async def _connection(self) -> Connection:
        """Return the connection used last, or a new one."""
        while self.free:
            used, connection = self.free.pop()
            assert connection.transport is not None
            if time.perf_counter() - used < IDLE_S_MAX and not connection.transport.is_closing():
                return connection
            connection.transport.close()
        return await connected(self.base)

    def _next(self) -> Kind:
        (kind,) = self.dice.choices(self.mix, [one.share for one in self.mix])
        return kind

    async def _one(self, kind: Kind, due: float) -> None:
        await kind.act(self.world, self.dice, self._ask)
        self.seen.append(Seen(due, kind, time.perf_counter() - due))

    async def submit(self, claims: int) -> None:
        """Hand in so many claims one after another."""
        for _ in range(claims):
            await submit(self.world, self.dice, self._ask)

    def forget(self) -> None:
        """Begin anew: what was seen so far was not measured."""
        for seen in (self.seen, self.statuses, self.refused, self.told, self.world.wrong):
            seen.clear()

    async def closed_loop(self, clients: int, seconds: float) -> float:
        """Let so many clients ask without a pause; returns how many requests a second were not refused."""
        end = time.perf_counter() + seconds
        before = len(self.seen) - len(self.refused)

        async def client() -> None:
            while time.perf_counter() < end:
                await self._one(self._next(), time.perf_counter())

        await asyncio.gather(*(client() for _ in range(clients)))
        return (len(self.seen) - len(self.refused) - before) / seconds

    async def open_loop(self, per_second: float, seconds: float) -> None:
        """Let requests arrive at random, so many a second on average, whether or not the ones before were answered.

        Each counts from the moment at which it was due. Raises: RuntimeError when nothing is answered any more.
        """
        started = due = time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        gone = False
        async with asyncio.TaskGroup() as running:
            while (due := due + self.dice.expovariate(per_second)) < started + seconds:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                task = running.create_task(self._one(self._next(), due))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                if gone := len(under_way) > UNDER_WAY_MAX:
                    for one in under_way:
                        one.cancel()
                    break
        if gone:
            raise RuntimeError(f"{UNDER_WAY_MAX} requests waited for an answer")

    def close(self) -> None:
        """Hang up."""
        for _, connection in self.free:
            if connection.transport is not None:
                connection.transport.close()

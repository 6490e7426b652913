"""Uploads are opened in separate, locked-down processes; this is the API's side of the pipes.

A worker goes back to its place only after one whole answer. After anything else (a problem, a crash, too much time,
a caller who went away) it is killed, so no answer can ever reach the wrong caller.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from msgspec.msgpack import Decoder

from domain.kit.problem import Problem
from mobile_sync.photos import problems
from mobile_sync.photos.messages import (
    DRAWN,
    READ,
    SHEET,
    STARTED,
    Copy,
    DecodePhoto,
    End,
    Reads,
    ReencodePhoto,
    Refused,
    Request,
)
from mobile_sync.photos.picture import Reencoded, kind_of
from mobile_sync.photos.problems import (
    PhotoQueueFull,
    PhotoTookTooLong,
    PhotoUnreadable,
    SheetTookTooLong,
    SheetTooLarge,
    SheetUnreadable,
    WorkerBroke,
)
from mobile_sync.photos.process import Died, Process
from mobile_sync.photos.rule import Read

photo_seconds_max = 4.8
"""Of the five seconds a photo may take; the rest is for ending the process that took them."""
photo_longest_edge_px = 1600
sheet_seconds_max = 60.0
sheets_at_once_max = 1
start_seconds_max = 20.0
retry_after_seconds = 2

A = TypeVar("A", Reads, Copy)
_PROBLEMS = {cls.code: cls for cls in vars(problems).values() if isinstance(cls, type) and issubclass(cls, Problem)}


@cache
def missing_voices() -> tuple[str, ...]:
    """Return the codes of the decoding engines that this machine lacks; photos are then read by the others."""
    return () if find_library("zbar") else ("second-engine-missing",)


class PhotoSandbox:
    """A few worker processes for photos, and one at a time for workbooks; each starts when it is first needed."""

    def __init__(
        self,
        *,
        workers: int = 2,
        waiting_max: int = 32,
        photos_per_worker: int = 200,
        memory_bytes_max: int = 512 * 1024 * 1024,
    ) -> None:
        self._memory_bytes_max = memory_bytes_max
        self._waiting = 0
        self._waiting_max = waiting_max
        self._places = [_Place(self._start_worker, photos_per_worker) for _ in range(workers)]
        self._free: asyncio.LifoQueue[_Place] = asyncio.LifoQueue()
        for place in self._places:
            self._free.put_nowait(place)
        self._sheets = asyncio.Semaphore(sheets_at_once_max)
        self._running: set[Process] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End all workers, wait until they are gone, and start no more."""
        self._closed = True
        running = list(self._running)
        for process in running:
            process.kill()
        await asyncio.gather(*(process.ended for process in running))

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are running now."""
        return tuple(process.pid for process in self._running)

    async def decode(self, upload: bytes, *, wall_seconds_max: float = photo_seconds_max) -> tuple[Read, ...]:
        """Return every code on a photo, accepted ones first.

        Raises: PhotoUnreadable, PhotoKindNotAccepted, PhotoTooLarge, PhotoTookTooLong, PhotoQueueFull, WorkerBroke.
        """
        kind_of(upload)
        request = DecodePhoto(upload, math.ceil(wall_seconds_max))
        return (await self._ask(request, READ, wall_seconds_max)).reads

    async def reencode(
        self,
        upload: bytes,
        *,
        longest_edge_px: int = photo_longest_edge_px,
        wall_seconds_max: float = photo_seconds_max,
    ) -> Reencoded:
        """Return the copy of a photo that is kept: an upright JPEG without metadata, drawn afresh from its pixels.

        Raises: as ``decode``.
        """
        kind_of(upload)
        request = ReencodePhoto(upload, longest_edge_px, math.ceil(wall_seconds_max))
        return (await self._ask(request, DRAWN, wall_seconds_max)).copy

    async def sheet_rows(self, workbook: Path, *, wall_seconds_max: float = sheet_seconds_max) -> AsyncGenerator[bytes]:
        """Yield the first visible sheet of an XLSX file as CSV in UTF-8, some whole rows at a time.

        Row n of the sheet is record n; dates are ISO 8601. Only time spent waiting for the worker counts, so a slow
        consumer is never cut off. Close the iterator when leaving it early.

        Raises: SheetUnreadable, SheetTooLarge, SheetTookTooLong, also after some rows were yielded.
        """
        async with self._sheets:
            with workbook.open("rb") as file:
                process = await self._start(file.fileno(), math.ceil(wall_seconds_max), files=(file.fileno(),))
            try:
                left = wall_seconds_max
                while True:
                    began = time.monotonic()
                    answer = await process.hear(SHEET, left)
                    left -= time.monotonic() - began
                    if isinstance(answer, End):
                        return
                    if isinstance(answer, Refused):
                        raise _problem(answer)
                    yield answer.csv
            except TimeoutError as late:
                raise SheetTookTooLong(f"The workbook took longer than {wall_seconds_max:g} s.") from late
            except Died as death:
                if death.used_up_cpu:
                    raise SheetTookTooLong("The workbook took too much computing.") from death
                if death.aborted:  # how the reader ends when it is given no more memory
                    raise SheetTooLarge("The workbook needs more memory than a workbook may.") from death
                raise SheetUnreadable("The workbook broke the process that opened it.") from death
            finally:
                process.kill()

    async def _ask(self, request: Request, answers: Decoder[A | Refused], wall_seconds_max: float) -> A:
        if self._free.empty() and self._waiting >= self._waiting_max:
            raise PhotoQueueFull("Too many photos are waiting.", retry_after=retry_after_seconds)
        self._waiting += 1
        try:
            place = await self._free.get()
        finally:
            self._waiting -= 1
        began = time.monotonic()
        try:
            try:
                answer = await place.ask(request, answers, wall_seconds_max)
            except Died as death:
                if death.used_up_cpu:
                    raise
                # The worker may have been dying before this photo came; a second death is the photo's doing.
                left = wall_seconds_max - (time.monotonic() - began)
                answer = await place.ask(request, answers, left)
        except TimeoutError as late:
            raise PhotoTookTooLong(f"The photo took longer than {wall_seconds_max:g} s.") from late
        except Died as death:
            if death.used_up_cpu:
                raise PhotoTookTooLong("The photo took too much computing.") from death
            raise PhotoUnreadable("The photo broke the process that opened it.") from death
        finally:
            self._free.put_nowait(place)
        if isinstance(answer, Refused):
            raise _problem(answer)
        return answer

    async def _start_worker(self) -> Process:
        worker = await self._start()
        try:
            await worker.hear(STARTED, start_seconds_max)
        except (TimeoutError, Died) as failure:
            worker.kill()
            raise WorkerBroke("No process to open photos in could be started.") from failure
        except asyncio.CancelledError:
            worker.kill()
            raise
        return worker

    async def _start(self, *arguments: int, files: tuple[int, ...] = ()) -> Process:
        if self._closed:
            raise WorkerBroke("The service is stopping.")
        process = await Process.start(self._memory_bytes_max, *arguments, files=files)
        self._running.add(process)
        process.ended.add_done_callback(lambda _: self._running.discard(process))
        return process


class _Place:
    """Room for one worker, started when it is needed."""

    def __init__(self, start: Callable[[], Awaitable[Process]], photos_per_worker: int) -> None:
        self.worker: Process | None = None
        self._start = start
        self._photos_per_worker = photos_per_worker

    async def ask(self, request: Request, answers: Decoder[A | Refused], wall_seconds_max: float) -> A | Refused:
        worker, self.worker = self.worker or await self._start(), None
        try:
            answer = await worker.ask(request, answers, wall_seconds_max)
            if not isinstance(answer, Refused) and worker.questions < self._photos_per_worker:
                self.worker = worker
            return answer
        finally:
            if self.worker is None:
                worker.kill()


def _problem(answer: Refused) -> Problem:
    facts: dict[str, Any] = dict(answer.facts)
    return _PROBLEMS.get(answer.code, WorkerBroke)(answer.detail, **facts)

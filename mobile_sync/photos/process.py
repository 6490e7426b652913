"""One worker process and the pipes to it."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import msgspec
from msgspec.msgpack import Decoder

from mobile_sync.photos.messages import LENGTH_BYTES, Request, answer_bytes_max, framed

A = TypeVar("A")
ROOT = Path(__file__).resolve().parents[2]
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from mobile_sync.photos.worker import main; main()"
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Died(Exception):
    """The process ended, or said something no worker says, before its answer was whole."""

    def __init__(self, returncode: int | None) -> None:
        super().__init__(f"worker ended with {returncode}")
        self.used_up_cpu = returncode == -signal.SIGXCPU
        self.aborted = returncode == -signal.SIGABRT


class Process:
    """A running worker. It inherits no environment and no open file but its pipes and ``files``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None, "a worker is asked"
        assert process.stdout is not None, "a worker answers"
        self.pid = process.pid
        self.questions = 0
        self._process = process
        self._to = process.stdin
        self._from = process.stdout
        self.ended = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(cls, memory_bytes_max: int, *arguments: int, files: tuple[int, ...] = ()) -> Self:
        """Start a worker; ``arguments`` and inherited ``files`` are as ``worker.main`` says."""
        values = [str(value) for value in (memory_bytes_max, *arguments)]
        command = (sys.executable, "-I", "-c", BOOT, str(ROOT), *values)
        return cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                pass_fds=files,
                start_new_session=True,
            )
        )

    async def ask(self, request: Request, answers: Decoder[A], wall_seconds_max: float) -> A:
        """Return the answer to one request. Raises: TimeoutError, Died; the process is of no use after either."""
        self.questions += 1
        async with asyncio.timeout(wall_seconds_max):
            with suppress(OSError):  # how it ended is told where its answer should be
                self._to.write(framed(request))
                await self._to.drain()
            return await self._answer(answers)

    async def hear(self, answers: Decoder[A], wall_seconds_max: float) -> A:
        """Return the next answer to what was asked at the start. Raises: as ``ask``."""
        async with asyncio.timeout(wall_seconds_max):
            return await self._answer(answers)

    def kill(self) -> None:
        """End the process at once; harmless when it has ended."""
        if self._process.returncode is None:
            self._process.kill()

    async def _answer(self, answers: Decoder[A]) -> A:
        try:
            size = int.from_bytes(await self._from.readexactly(LENGTH_BYTES), "big")
            if size > answer_bytes_max:
                raise Died(None)
            return answers.decode(await self._from.readexactly(size))
        except msgspec.MsgspecError as nonsense:
            raise Died(None) from nonsense
        except (asyncio.IncompleteReadError, OSError) as broken:
            raise Died(await self.ended) from broken

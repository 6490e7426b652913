"""Processes that die one after another: one that has imported the product forks each, so that it is there at once."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

DEATH_S = 180


def fork_for_each_line(live: Callable[[str], None]) -> None:
    """Fork a process for every line on stdin, which says how it is to live; tell how each ended, and nothing else."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            live(line.rstrip("\n"))
            os._exit(0)
        print(f"began {child}", flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


@dataclass(slots=True)
class Forks:
    """The processes that a module forks; one lives at a time."""

    process: asyncio.subprocess.Process
    child: int = 0

    async def begin(self, told: str) -> None:
        """Start the next one."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{told}\n".encode())
        self.child = int((await self._said()).split()[1])

    async def ended(self) -> int:
        """Wait until it ended, and return how; one that lives too long is killed and told as 0."""
        try:
            async with asyncio.timeout(DEATH_S):
                return int((await self._said()).split()[1])
        except TimeoutError:
            os.kill(self.child, signal.SIGKILL)
            await self._said()
            return 0

    async def _said(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode()


@asynccontextmanager
async def forks_of(module: str, **environment: str) -> AsyncIterator[Forks]:
    """Run a module that forks; the one that lives at the end is told to end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    forks = Forks(process)
    try:
        yield forks
    finally:
        if process.stdin is not None:
            process.stdin.close()
        if forks.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(forks.child, signal.SIGTERM)
        await process.wait()

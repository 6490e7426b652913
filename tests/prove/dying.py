"""A server that kills itself at a labelled point: ``python -m tests.prove.dying``, told on stdin ``PORT NTH POINT``.

``none`` as the point is a server that lives.
"""

import asyncio
import os
import signal
from collections import Counter
from typing import Any

import structlog
import uvicorn
from asyncpg.connection import Connection
from litestar import Litestar

from api.adapters.blobs import FolderBlobs
from api.app import make_app
from domain.kit import database
from tests.prove.forked import fork_for_each_line

POINTS = (
    "the transaction is open",
    "the work is done, COMMIT not sent",
    "COMMIT is sent, its answer not awaited",
    "committed, nobody told",
    "a file is kept, its row is not",
    "the answer has begun",
)
OPENED, BEFORE, SENT, COMMITTED, FILE_KEPT, BEGUN = POINTS
SENT_S = 0.002
"""So long after COMMIT went out the server dies: PostgreSQL may have it or not."""


class Death:
    """Kills this process when a point was passed so many times."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.nth = point, nth
        self.passed: Counter[str] = Counter()

    def due(self, point: str) -> bool:
        """Count that a point is passed; tells whether this is the end."""
        self.passed[point] += 1
        return point == self.point and self.passed[point] == self.nth

    def at(self, point: str) -> None:
        """Die here if it is time."""
        if self.due(point):
            os.kill(os.getpid(), signal.SIGKILL)


def lay_in_wait(death: Death) -> None:
    """Put the points where the product commits, keeps files and answers."""
    real_open, real_execute, real_put = database._open, Connection.execute, FolderBlobs._put_file

    async def opened(connection: Any, driver: Any, opening: str) -> str:
        said = await real_open(connection, driver, opening)
        if opening.startswith("BEGIN; "):
            death.at(OPENED)
        return said

    async def execute(self: Connection, query: str, *given: Any, **more: Any) -> str:
        if query != "COMMIT":
            return str(await real_execute(self, query, *given, **more))
        death.at(BEFORE)
        if death.due(SENT):
            committing = asyncio.ensure_future(real_execute(self, query))
            await asyncio.sleep(SENT_S)
            os.kill(os.getpid(), signal.SIGKILL)
            await committing
        done = await real_execute(self, query, *given, **more)
        death.at(COMMITTED)
        return str(done)

    def put_file(self: FolderBlobs, path: Any) -> str:
        kept = real_put(self, path)
        death.at(FILE_KEPT)
        return kept

    database._open = opened
    Connection.execute = execute
    FolderBlobs._put_file = put_file  # type: ignore[method-assign]


def serve(product: Litestar, port: int, death: Death) -> None:
    """Serve the product until death comes."""
    lay_in_wait(death)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def told(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.start" and scope["method"] != "GET" and message["status"] < 300:
                death.at(BEGUN)

        await product(scope, receive, told if scope["type"] == "http" else send)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", loop="uvloop", http="httptools")


def main() -> None:
    """Serve for every line, at a port and until a death."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    product = make_app()  # connects to nothing before it serves

    def live(told: str) -> None:
        port, nth, point = told.split(" ", 2)
        serve(product, int(port), Death(point, int(nth)))

    fork_for_each_line(live)


if __name__ == "__main__":
    main()

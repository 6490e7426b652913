"""Servers for benchmarks: an embedded PostgreSQL that may lose nothing, the product and the yardstick beside it."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from api import embedded
from api.migrate import upgrade
from api.running import end
from domain.kit.database import Database, connect

PATIENCE_S = 300
"""How long a server that is alive may take to listen: two cores may have a whole test suite to run beside it."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dsn(url: str) -> str:
    """Return an SQLAlchemy address as asyncpg reads it."""
    parts = make_url(url)
    return f"postgresql://{parts.username}@/{parts.database}?host={parts.query['host']}&port={parts.query['port']}"


@asynccontextmanager
async def scratch() -> AsyncIterator[tuple[embedded.Embedded, Database, Path]]:
    """Lend a migrated scratch database with durable commits; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-bench-", dir="/var/tmp") as folder:
        data = Path(folder)
        server = await asyncio.to_thread(embedded.start, data / "postgres")
        try:
            await upgrade(server.url("fieldstone_owner"))
            database = connect(server.url("fieldstone_app"), server.url("fieldstone_partner"))
            try:
                yield server, database, data
            finally:
                await database.close()
        finally:
            server.stop()
            embedded.remove(data / "postgres")


@contextmanager
def serving(app: str, **environment: str) -> Iterator[str]:
    """Serve an ASGI application in a process of its own, one worker, and yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-access-log", "--loop", "uvloop", "--http", "httptools"],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def working(**environment: str) -> Iterator[None]:
    """Run the worker in a process of its own, as ``fieldstone serve`` does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.running"],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,  # it ends when the other end is gone
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        end(process, 60)


def _wait_for(base: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            with socket.create_connection(("127.0.0.1", int(base.rsplit(":", 1)[1])), timeout=1):
                return
        except OSError:
            process_wait(process)
    raise RuntimeError("the server did not answer")


def process_wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait a moment, or until the process has ended."""
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return

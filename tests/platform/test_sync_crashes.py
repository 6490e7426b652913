"""The server is killed between commit and answer, and set back to last night's backup: phones lose nothing."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api import embedded
from api.adapters.hasher import Argon2Hasher
from api.migrate import upgrade
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, connect
from domain.kit.ids import new_id
from domain.kit.work import begin
from domain.people.model import Account
from tests import make
from tests.cast import Caller, Cast, cast_of
from tests.sync.handset import Handset, handset

pytestmark = pytest.mark.untraced

PROJECT = Path(embedded.__file__).resolve().parents[1]
ROUNDS = 4


@dataclass(slots=True)
class Machine:
    """A database and a server process that can be killed, stopped, and set back."""

    data: Path
    server: embedded.Embedded
    database: Database
    base: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    async def serve(self) -> None:
        """Start a server process and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(  # noqa: ASYNC220 - it goes on while the test does
            [sys.executable, "-m", "uvicorn", "api.asgi:app", "--port", str(port), "--log-level", "critical"],
            cwd=PROJECT,
            env={
                **os.environ,
                "DATABASE_URL": self.server.url("fieldstone_app"),
                "FIELDSTONE_DATA": str(self.data),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.base}/health")).status_code == 200:
                        return
                assert time.monotonic() < deadline, "it never answered"
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """Kill the server as a power cut does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    async def stop(self) -> None:
        """Stop server and database."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        await self.database.close()
        await asyncio.to_thread(self.server.stop)

    async def start(self) -> None:
        """Start the database again."""
        self.server = await asyncio.to_thread(embedded.start, self.data / "postgres")
        self.database = connect(self.server.url("fieldstone_app"), self.server.url("fieldstone_partner"), pool_size=3)

    async def committed(self, op_id: str) -> None:
        """Wait until an operation is committed, and not a moment longer."""
        while not await self.count("SELECT count(*) FROM journal WHERE op_id::text = $1", op_id):  # noqa: ASYNC110
            await asyncio.sleep(0)

    def back_up(self) -> None:
        """Copy the stopped database."""
        cluster = embedded._Server.of(self.data / "postgres").cluster
        subprocess.run(["cp", "-a", str(cluster), f"{cluster}.backup"], check=True)

    def restore(self) -> None:
        """Put the copy in the place of the stopped database."""
        cluster = embedded._Server.of(self.data / "postgres").cluster
        shutil.rmtree(cluster)
        Path(f"{cluster}.backup").rename(cluster)

    async def count(self, statement: str, *values: Any) -> int:
        """Return a number that the database tells."""
        async with begin(self.database, SYSTEM) as work:
            return int(await work.driver.fetchval(statement, *values))


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fs", dir="/tmp") as name:
        yield Path(name)
        embedded.remove(Path(name) / "postgres")


@pytest.fixture
async def machine(folder: Path) -> AsyncIterator[Machine]:
    server = await asyncio.to_thread(embedded.start, folder / "postgres")
    await upgrade(server.url("fieldstone_owner"))
    found = Machine(
        folder, server, connect(server.url("fieldstone_app"), server.url("fieldstone_partner"), pool_size=3)
    )
    try:
        yield found
    finally:
        await found.stop()


async def world(machine: Machine, client: httpx.AsyncClient) -> tuple[Cast, make.ReadyVisit]:
    """The cast and a visit of otto's."""
    context: Any = SimpleNamespace(database=machine.database)
    cast = await cast_of(context, client)
    return cast, await make.ready_visit(context, cast, technician=cast.otto)


def moved(phone: Handset, machine: Machine, client: httpx.AsyncClient) -> None:
    """Let a phone talk to the server where it now is."""
    client.base_url = httpx.URL(machine.base)
    phone.caller = Caller(client, phone.caller.token, phone.caller.actor)


async def test_killed_between_commit_and_answer_nothing_is_lost_or_done_twice(machine: Machine) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        cast, ready = await world(machine, client)
        phone = handset(cast.otto)
        sent: list[dict[str, Any]] = []
        for _ in range(ROUNDS):
            await machine.serve()
            moved(phone, machine, client)
            if sent:
                answer = await phone.push(*sent)
                assert {one["replayed"] for one in answer["results"]} == {True}, "it was committed before the kill"
            fresh = [phone.minutes(ready.visit_id, minutes) for minutes in (1, 2, 3)]
            unheard = asyncio.create_task(phone.push(*fresh))
            await machine.committed(fresh[-1]["op"])
            machine.kill()
            await asyncio.gather(unheard, return_exceptions=True)
            sent += fresh
        await machine.serve()
        moved(phone, machine, client)
        answer = await phone.push(*sent)
        assert (answer["status"], answer["last_seq"]) == ("ok", 3 * ROUNDS)
        assert [one["op"] for one in answer["results"]] == [op["op"] for op in sent]
        assert await machine.count("SELECT count(*) FROM time_entry") == 3 * ROUNDS
        assert await machine.count("SELECT count(*) FROM journal") == 3 * ROUNDS


async def test_after_a_restore_phones_ahead_of_the_backup_bring_everything_back(machine: Machine) -> None:
    password = "a long pass phrase"
    async with httpx.AsyncClient(timeout=30) as client:
        cast, ready = await world(machine, client)
        async with begin(machine.database, SYSTEM) as work:
            otto = await work.db.get_one(Account, cast.otto.id)
            otto.password_hash = Argon2Hasher().hash(password)
        await machine.serve()
        client.base_url = httpx.URL(machine.base)
        device = str(new_id())
        named = {"id": device, "name": "Otto's phone", "app_version": "1"}
        signed = await client.post("/sign-in", json={"login": "otto@test", "password": password, "phone": named})
        tokens = signed.json()
        phone = Handset(Caller(client, tokens["access_token"], None), device=tokens["device_id"])
        ops = [phone.minutes(ready.visit_id, minutes) for minutes in (1, 2, 3, 4)]
        await phone.push(*ops[:2])

        await machine.stop()
        await asyncio.to_thread(machine.back_up)
        await machine.start()
        await machine.serve()
        moved(phone, machine, client)
        await phone.push(*ops[2:])
        phone.acked = {"seq": 4, "op": ops[3]["op"]}
        for _ in range(2):
            answer = await client.post("/sign-in/refresh", json={"refresh_token": tokens["refresh_token"]})
            tokens = answer.json()

        await machine.stop()
        await asyncio.to_thread(machine.restore)
        await machine.start()
        await machine.serve()
        client.base_url = httpx.URL(machine.base)
        assert await machine.count("SELECT count(*) FROM time_entry") == 2, "yesterday's backup"
        answer = await client.post("/sign-in/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 200, "a phone ahead of the backup is not locked out"
        phone.caller = Caller(client, answer.json()["access_token"], None)
        assert (await phone.pull())["status"] == "rewound"
        assert (await phone.push())["status"] == "rewound"
        anew = str(new_id())
        body = {"device": anew, "name": "Otto's phone", "app": "1"}
        enrolled = await client.post("/sync/enrol", json=body, headers=phone.caller.headers)
        assert enrolled.status_code == 200, enrolled.text
        again = Handset(Caller(client, enrolled.json()["access_token"], None), device=enrolled.json()["device_id"])
        renumbered = [{**op, "seq": number} for number, op in enumerate(ops, 1)]
        answer_of_push = await again.push(*renumbered)
        assert [(one["status"], one.get("replayed", False)) for one in answer_of_push["results"]] == [
            ("applied", True),
            ("applied", True),
            ("applied", False),
            ("applied", False),
        ]
        assert await machine.count("SELECT count(*) FROM time_entry") == 4

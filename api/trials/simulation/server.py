"""The one server: the product's own code behind the routes of the protocol, at the simulation's clock."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from api.trials.simulation.phone import Asked
from api.trials.simulation.storage import Mortal, ServerKilled
from api.trials.simulation.world import Clock, World
from domain.kit.actor import SYSTEM, Actor
from domain.kit.command import Command, Register
from domain.kit.database import reading
from domain.kit.ids import new_id
from domain.kit.journal import Entry
from domain.kit.problem import Kind, NotSignedIn, Problem
from domain.kit.work import Work, carry_out, transact
from domain.people import sessions
from domain.people.sessions import Tokens
from mobile_sync.enrol import enrol, hand_in
from mobile_sync.protocol import EnrolRequest, HandedIn, HandInRequest, PullAnswer, PullRequest, PushAnswer, PushRequest
from mobile_sync.pull import pull
from mobile_sync.push import push

KEY = b"the simulation's key"
REMEMBERED = dt.timedelta(seconds=5)
"""How long a process of the product remembers whose an access token is."""


class TaskTable:
    """The queue: a task exists only if its transaction commits, and goes back with a backup."""

    async def enqueue(self, driver: Any, tasks: Sequence[tuple[str, bytes]]) -> None:
        """Add tasks in the driver's open transaction."""
        for kind, payload in tasks:
            await driver.execute("INSERT INTO simulated_task (kind, payload) VALUES ($1, $2)", kind, payload)


@dataclass(frozen=True, slots=True)
class Reply:
    """What left the server, and what it was made of, for the referee."""

    status: int
    body: bytes
    actor: Actor | None = None
    pulled: tuple[PullRequest, PullAnswer] | None = None
    pushed: tuple[PushRequest, PushAnswer] | None = None


@dataclass(slots=True)
class Server:
    """The server process; ``register`` is what its release understands."""

    database: Mortal
    world: World
    clock: Clock
    register: Register
    queue: TaskTable = field(default_factory=TaskTable)
    _known: dict[str, tuple[dt.datetime, Actor]] = field(default_factory=dict)

    async def serve(self, asked: Asked) -> Reply | None:
        """Answer a request; None when the server was killed over it."""
        try:
            return await self._routed(asked)
        except Problem as problem:
            status = 401 if problem.kind is Kind.UNSIGNED else 409
            return Reply(status, msgspec.json.encode({"code": problem.code}))
        except ServerKilled:
            self._known.clear()
            return None
        finally:
            self.database.lives.clear()

    async def _routed(self, asked: Asked) -> Reply:
        match asked.path:
            case "sign-in":
                return _told(await self._sign_in(asked.body))
            case "refresh":
                return _told(await self._refresh(asked.body))
            case "quarantine":
                return _told(await self._hand_in(asked.body))
        actor = await self._principal(asked.access or "")
        if asked.path == "enrol":
            return _told(await self._enrol(actor, asked.body))
        if asked.path == "pull":
            request = msgspec.json.decode(asked.body, type=PullRequest)
            answer = await pull(self.database, actor, request, now=self.clock.tick())
            return Reply(200, msgspec.json.encode(answer), actor, pulled=(request, answer))
        pushed = msgspec.json.decode(asked.body, type=PushRequest)
        fates = await push(self.database, self.queue, actor, pushed, now=self.clock.tick(), register=self.register)
        return Reply(200, msgspec.json.encode(fates), actor, pushed=(pushed, fates))

    async def _principal(self, token: str) -> Actor:
        now = self.clock.tick()
        known = self._known.get(token)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        async with reading(self.database, SYSTEM) as db:
            found = await sessions.principal_of(db, token, now)
        if found is None:
            raise NotSignedIn("Send an access token that has not run out.")
        self._known[token] = (now, found[0])
        return found[0]

    async def _sign_in(self, body: bytes) -> Tokens:
        """Open a session for somebody who gave the right password, which is not simulated."""
        said = msgspec.json.decode(body)

        async def open_session(work: Work) -> Tokens | None:
            person = await sessions.person_of(work, self.world.technicians[said["login"]].id)
            if person.disabled_at is not None:
                return None
            device_id, app = UUID(said["phone"]["id"]), said["phone"]["app_version"]
            return await sessions.open_session(
                work, person, KEY, device_id=device_id, device_name="phone", app_version=app
            )

        tokens = await transact(self.database, SYSTEM, open_session, now=self.clock.tick())
        if tokens is None:
            raise sessions.WrongCredentials("The account is disabled.")
        return tokens

    async def _refresh(self, body: bytes) -> Tokens:
        refresh = msgspec.json.decode(body)["refresh_token"]
        tokens = await transact(
            self.database,
            SYSTEM,
            lambda work: sessions.refresh_session(work, refresh, KEY),
            now=self.clock.tick(),
        )
        if tokens is None:
            raise sessions.SessionEnded("Sign in again.")
        return tokens

    async def _enrol(self, actor: Actor, body: bytes) -> Tokens:
        request = msgspec.json.decode(body, type=EnrolRequest)

        await transact(self.database, actor, lambda work: work.flush(), now=self.clock.tick())
        return await transact(
            self.database, SYSTEM, lambda work: enrol(work, actor, request, KEY), now=self.clock.tick()
        )

    async def _hand_in(self, body: bytes) -> HandedIn:
        request = msgspec.json.decode(body, type=HandInRequest)
        kept = await transact(self.database, SYSTEM, lambda work: hand_in(work, request, KEY), now=self.clock.tick())
        return HandedIn(kept)

    async def order(self, actor: Actor, command: Command) -> Entry:
        """Carry out a command of the office."""
        op_id = new_id()
        return await transact(
            self.database,
            actor,
            lambda work: carry_out(work, command, self.register, op_id),
            now=self.clock.tick(),
            queue=self.queue,
            op_id=op_id,
        )

    def restart(self) -> None:
        """Forget what only the process knew."""
        self._known.clear()


def _told(answer: msgspec.Struct) -> Reply:
    return Reply(200, msgspec.json.encode(answer))

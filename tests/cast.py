"""The cast: permissions read as stories when people have names."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from api.context import Context
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.base import Record
from domain.kit.ids import new_id
from domain.kit.work import Work, begin
from domain.people.model import AccessToken, Account, Authorisation, Certification, Device, Partner, SignIn
from domain.people.tokens import hash_of

LONG_AGO = dt.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with an access token, calling over HTTP."""

    http: httpx.AsyncClient
    token: str
    actor: Actor | None

    @property
    def id(self) -> UUID:
        assert self.actor is not None
        return self.actor.account_id

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.headers)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> httpx.Response:
        """Send a command; every call has a key of its own unless one is given."""
        given = {**self.headers, "idempotency-key": key or uuid4().hex, **headers}
        return await self.http.post(path, json=body, headers=given)

    async def done(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Send a command that must succeed, and return its answer."""
        response = await self.post(path, body, key=key)
        assert response.status_code < 300, response.text
        return response.json()

    async def upload(self, path: str, content: bytes, media: str, **query: Any) -> httpx.Response:
        """Send a file."""
        headers = {**self.headers, "content-type": media, "idempotency-key": uuid4().hex}
        return await self.http.post(path, content=content, params=query, headers=headers)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, signed in."""

    north: UUID
    south: UUID
    ann: Caller  # technician of north
    pam: Caller  # office of north
    ben: Caller  # technician of south
    otto: Caller  # our own technician
    dora: Caller  # dispatcher
    rex: Caller  # reviewer
    ada: Caller  # admin


def actor_of(caller: Caller) -> Actor:
    """Return who a caller is."""
    assert caller.actor is not None
    return caller.actor


async def cast_of(context: Context, http: httpx.AsyncClient) -> Cast:
    """Create two partners and everybody, with a session each."""
    async with begin(context.database, SYSTEM) as work:
        north = _partner(work, "NORTH", "Northern Service")
        south = _partner(work, "SOUTH", "Southern Service")
        await work.db.flush()
        callers = await all_joined(
            work,
            http,
            [
                ("ann", Role.TECHNICIAN, north),
                ("pam", Role.PARTNER_OFFICE, north),
                ("ben", Role.TECHNICIAN, south),
                ("otto", Role.TECHNICIAN, None),
                ("dora", Role.DISPATCHER, None),
                ("rex", Role.REVIEWER, None),
                ("ada", Role.ADMIN, None),
            ],
        )
        for partner_id in (north, south):
            authorised(work, partner_id)
    return Cast(north, south, *callers)


def authorised(work: Work, partner_id: UUID) -> None:
    """Let a partner repair everything everywhere."""
    work.db.add(Authorisation(id=new_id(), partner_id=partner_id, product_line="*", region="*", from_on=LONG_AGO))


def certified(work: Work, account_id: UUID) -> None:
    """Let a technician repair everything."""
    work.db.add(certificate_of(account_id))


def certificate_of(account_id: UUID) -> Certification:
    return Certification(id=new_id(), account_id=account_id, product_line="*", from_on=LONG_AGO)


def _partner(work: Work, code: str, name: str) -> UUID:
    partner_id = new_id()
    work.db.add(Partner(id=partner_id, code=code, name=name, grade="A", region=code.lower(), currency="EUR"))
    return partner_id


async def joined(work: Work, http: httpx.AsyncClient, name: str, role: Role, partner_id: UUID | None) -> Caller:
    """Give somebody an account and a session."""
    (caller,) = await all_joined(work, http, [(name, role, partner_id)])
    return caller


async def all_joined(
    work: Work, http: httpx.AsyncClient, people: Sequence[tuple[str, Role, UUID | None]]
) -> list[Caller]:
    """Give everybody an account and a session, table by table: most tests begin with this."""
    callers = []
    accounts, phones, sessions, tokens = list[Record](), list[Record](), list[Record](), list[Record]()
    for name, role, partner_id in people:
        account_id, session_id, token = new_id(), new_id(), f"access-token-of-{name}-{new_id().hex}"
        device_id = new_id() if role is Role.TECHNICIAN else None
        login, shown = f"{name}@test", name.title()
        accounts.append(Account(id=account_id, login=login, name=shown, role=role.value, partner_id=partner_id))
        if device_id is not None:
            phones.append(
                Device(id=device_id, account_id=account_id, partner_id=partner_id, name="phone", enrolled_at=work.now)
            )
            phones.append(certificate_of(account_id))
        sessions.append(
            SignIn(
                id=session_id,
                account_id=account_id,
                partner_id=partner_id,
                device_id=device_id,
                generation=0,
                refresh_hash=b"",
                rotated_at=work.now,
                created_at=work.now,
                expires_at=work.now + dt.timedelta(days=60),
            )
        )
        until = work.now + dt.timedelta(hours=2)
        tokens.append(AccessToken(token_hash=hash_of(token), session_id=session_id, until=until))
        callers.append(Caller(http, token, Actor(account_id, role, partner_id, session_id, device_id, shown)))
    for some in (accounts, phones, sessions, tokens):
        work.db.add_all(some)
        await work.db.flush()
    return callers

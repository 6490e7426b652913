"""Sign-in, refresh, sign-out and setting a password: plain routes, for credentials never travel in commands."""

import asyncio
from uuid import UUID

import msgspec

from api.operation import COOKIE, PUBLIC, Call, Reply, operation
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.limits import Line, Login, NewPassword, OptionalLine, Password, Token
from domain.kit.problem import TooMany
from domain.kit.work import Work
from domain.people import sessions
from domain.people.access import EVERYBODY
from domain.people.sessions import Tokens

TAG = "signing in"


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phone a technician signs in from; its id is made by the app once."""

    id: UUID
    name: Line
    app_version: OptionalLine = ""


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Login and password, with the phone when it is one."""

    login: Login
    password: Password
    phone: Phone | None = None


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token last received."""

    refresh_token: Token


class NewPasswordFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of an invitation or reset link, and the password to set: ten characters or more."""

    token: Token
    password: NewPassword


class Me(msgspec.Struct, frozen=True):
    """Who you are to the product."""

    account_id: UUID
    name: str
    role: str
    partner_id: UUID | None
    device_id: UUID | None


_EXAMPLE = Credentials("ann@north.example", "a long pass phrase", Phone(UUID(int=1), "Ann's phone", "1.0"))


async def _sign_in(call: Call, given: Credentials) -> Tokens:
    context = call.context
    login = given.login.lower()
    budget = f"sign-in:{login}"

    async def try_once(work: Work) -> None:
        await sessions.spend(work.db, budget, work.now, limit=sessions.SIGN_IN_TRIES, window=sessions.SIGN_IN_WINDOW)

    await call.write(try_once, actor=SYSTEM)
    async with reading(context.database, SYSTEM) as db:
        person = await sessions.find_person(db, login)
    stored = "" if person is None else person.password_hash or ""
    fits = await asyncio.to_thread(context.hasher.verify, stored, given.password)

    async def open_session(work: Work) -> Tokens | None:
        if person is None or not fits or person.disabled_at is not None:
            sessions.note(work, None if person is None else person.id, "sign-in-refused")
            return None
        await sessions.give_back(work.db, budget)
        if person.suspended:
            sessions.note(work, person.id, "sign-in-refused", why="partner suspended")
            return None
        phone = given.phone
        return await sessions.open_session(
            work,
            person,
            context.session_key,
            device_id=None if phone is None else phone.id,
            device_name="" if phone is None else phone.name,
            app_version="" if phone is None else phone.app_version,
        )

    tokens = await call.write(open_session, actor=SYSTEM)
    if tokens is None and person is not None and fits and person.disabled_at is None:
        raise sessions.PartnerSuspended("You sign in again once the office has resumed it.")
    if tokens is None:
        raise sessions.WrongCredentials("Check both; after ten wrong tries you have to wait a quarter of an hour.")
    return tokens


@operation(
    "POST",
    "/sign-in",
    tag=TAG,
    by=PUBLIC,
    body=Credentials,
    answer=Tokens,
    problems=(
        sessions.WrongCredentials,
        sessions.PartnerSuspended,
        sessions.DeviceOfSomebodyElse,
        sessions.SessionEnded,
        TooMany,
    ),
    example=_EXAMPLE,
)
async def sign_in(call: Call) -> object:
    """Sign in with login and password.

    A phone names itself and gets an access token for ten minutes with a refresh token for sixty days.
    """
    return await _sign_in(call, await call.body(Credentials))


@operation(
    "POST",
    "/sign-in/browser",
    tag=TAG,
    by=PUBLIC,
    body=Credentials,
    answer=Me,
    problems=(sessions.WrongCredentials, sessions.PartnerSuspended, TooMany),
    example=Credentials("dora@fieldstone.example", "a long pass phrase"),
)
async def sign_in_browser(call: Call) -> object:
    """Sign in from our own pages.

    The same session in a cookie that scripts cannot read; writes with it must come from this site.
    """
    given = await call.body(Credentials)
    tokens = await _sign_in(call, Credentials(given.login, given.password))
    actor = await call.context.principals.of(tokens.access_token)
    me = Me(tokens.account_id, tokens.name, tokens.role, actor.partner_id if actor else None, None)
    cookie = (
        f"{COOKIE}={tokens.access_token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={tokens.access_seconds}"
    )
    return Reply(msgspec.json.encode(me), headers={"set-cookie": cookie})


@operation(
    "POST",
    "/sign-in/refresh",
    tag=TAG,
    by=PUBLIC,
    body=Refresh,
    answer=Tokens,
    problems=(sessions.SessionEnded,),
    example=Refresh("a-refresh-token-of-102-characters"),
)
async def refresh_session(call: Call) -> object:
    """Exchange the refresh token for the next pair.

    Repeating the exchange within a minute gives the same refresh token again: an answer may have been lost.
    Presenting an older one ends the session everywhere.
    """
    given = await call.body(Refresh)
    key = call.context.session_key
    tokens = await call.write(lambda work: sessions.refresh_session(work, given.refresh_token, key), actor=SYSTEM)
    if tokens is None:
        raise sessions.SessionEnded("Sign in again with login and password; unsent work stays on the phone.")
    return tokens


@operation("POST", "/sign-out", tag=TAG, by=EVERYBODY, answer=Me)
async def sign_out(call: Call) -> object:
    """End this session."""
    actor = call.actor
    session_id = actor.session_id
    assert session_id is not None, "who has signed in has a session; no API key is admitted here"
    await call.write(lambda work: sessions.end_session(work, session_id, "signed out"))
    call.context.principals.forget(session_id)
    me = Me(actor.account_id, actor.name, actor.role, actor.partner_id, actor.device_id)
    return Reply(
        msgspec.json.encode(me),
        headers={"set-cookie": f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"},
    )


@operation("GET", "/me", tag=TAG, by=EVERYBODY, answer=Me, etag=True, keys=True)
async def who_am_i(call: Call) -> object:
    """Say who the access token stands for."""
    actor = call.actor
    return Me(actor.account_id, actor.name, actor.role, actor.partner_id, actor.device_id)


@operation(
    "POST",
    "/sign-in/password",
    tag=TAG,
    by=PUBLIC,
    body=NewPasswordFor,
    answer=Me,
    problems=(sessions.InvitationSpent,),
    example=NewPasswordFor("a-token-from-an-invitation-link", "a long pass phrase"),
)
async def set_password(call: Call) -> object:
    """Set the password behind an invitation or reset link; every older session of the account ends."""
    given = await call.body(NewPasswordFor)
    encoded = await asyncio.to_thread(call.context.hasher.hash, given.password)
    person = await call.write(lambda work: sessions.accept_invitation(work, given.token, encoded), actor=SYSTEM)
    return Me(person.id, person.name, person.role, person.partner_id, None)

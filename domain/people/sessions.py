"""Sign-in, refresh, sign-out. These are no commands: credentials never reach the journal, they have events instead."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.actor import Actor, Role
from domain.kit.ids import new_id
from domain.kit.problem import Kind, Problem, TooMany
from domain.kit.work import Work
from domain.people.model import AccessToken, Account, AuthEvent, Budget, Device, Invitation, Partner, SignIn
from domain.people.tokens import NO_DEVICE, RefreshToken, first_token, hash_of, read_token

ACCESS_MINUTES = 10
WEB_HOURS = 12
REFRESH_DAYS = 60
LOST_ANSWER_SECONDS = 60
INVITATION_HOURS = 72
RESET_HOURS = 2
SIGN_IN_TRIES = 10
SIGN_IN_WINDOW = dt.timedelta(minutes=15)


class WrongCredentials(Problem, kind=Kind.UNSIGNED):
    """Login or password is wrong, or the account is disabled."""


class PartnerSuspended(Problem, kind=Kind.FORBIDDEN):
    """Your company's work for us is suspended; ask the office. Unsent work stays on the phone."""


class SessionEnded(Problem, kind=Kind.UNSIGNED):
    """This session has ended; sign in again. Unsent work stays on the phone."""


class InvitationSpent(Problem, kind=Kind.INVALID):
    """This link was used already or is too old; ask for a new one."""


class DeviceOfSomebodyElse(Problem, kind=Kind.CONFLICT):
    """This phone is enrolled for another account; the office can revoke it."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a client keeps: the access token for requests, the refresh token for the next pair; lifetimes in seconds."""

    access_token: str
    access_seconds: int
    refresh_token: str
    account_id: UUID
    name: str
    role: str
    language: str
    session_id: UUID
    device_id: UUID | None


@dataclass(frozen=True, slots=True)
class Person:
    """An account as sign-in sees it."""

    id: UUID
    name: str
    role: str
    partner_id: UUID | None
    language: str
    password_hash: str | None
    disabled_at: dt.datetime | None
    suspended: bool = False
    """Whether the partner is, whose person this is."""


async def spend(db: AsyncSession, key: str, at: dt.datetime, *, limit: int, window: dt.timedelta) -> None:
    """Use up one of ``limit`` tries within ``window``; raises TooMany with the seconds to wait."""
    seconds = int(window.total_seconds())
    start = dt.datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, dt.UTC)
    used = await db.scalar(
        text(
            "INSERT INTO budget AS b (key, window_start, used) VALUES (:key, :start, 1) "
            "ON CONFLICT (key, window_start) DO UPDATE SET used = b.used + 1 RETURNING used"
        ),
        {"key": key, "start": start},
    )
    if used is not None and used > limit:
        wait = int((start + window - at).total_seconds()) + 1
        raise TooMany("Too many tries; wait and try again.", retry_after=wait)


async def give_back(db: AsyncSession, key: str) -> None:
    """Forget the tries of a key: the right password was given."""
    await db.execute(delete(Budget).where(Budget.key == key))


async def find_person(db: AsyncConnection | AsyncSession, login: str) -> Person | None:
    """Return the account of a login, however it is written in capitals."""
    row = (
        await db.execute(
            select(
                Account.id,
                Account.name,
                Account.role,
                Account.partner_id,
                Account.language,
                Account.password_hash,
                Account.disabled_at,
                Partner.suspended_at.is_not(None),
            )
            .outerjoin(Partner, Partner.id == Account.partner_id)
            .where(Account.login == login.lower())
        )
    ).one_or_none()
    return None if row is None else Person(*row)


async def open_session(
    work: Work,
    person: Person,
    key: bytes,
    *,
    device_id: UUID | None,
    device_name: str,
    app_version: str,
    enrolled_from: UUID | None = None,
) -> Tokens:
    """Open a session for somebody whose password was right; a phone names its device, a browser has none.

    A phone that gets a new id says by ``enrolled_from`` under which one it was signed in.
    """
    if device_id is not None:
        await enrol_device(work, person.id, person.partner_id, device_id, device_name, app_version, enrolled_from)
    session_id = new_id()
    token = first_token(session_id, device_id, int(work.now.timestamp()))
    refresh = token.text(key)
    work.db.add(
        SignIn(
            id=session_id,
            account_id=person.id,
            partner_id=person.partner_id,
            device_id=device_id,
            generation=0,
            refresh_hash=hash_of(refresh),
            rotated_at=work.now,
            created_at=work.now,
            expires_at=work.now + dt.timedelta(days=REFRESH_DAYS),
        )
    )
    await work.db.flush()
    note(work, person.id, "signed-in", session=str(session_id), device=str(device_id or ""))
    minutes = ACCESS_MINUTES if device_id is not None else WEB_HOURS * 60
    return await _tokens(work, person, session_id, device_id, refresh, minutes)


async def enrol_device(
    work: Work,
    account_id: UUID,
    partner_id: UUID | None,
    device_id: UUID,
    name: str,
    app_version: str,
    enrolled_from: UUID | None = None,
) -> None:
    """Write down that a phone is this person's; doing it again changes nothing but its name.

    Locks: the device. Raises: DeviceOfSomebodyElse, SessionEnded for a revoked phone.
    """
    await work.db.execute(
        insert(Device)
        .values(
            id=device_id,
            account_id=account_id,
            partner_id=partner_id,
            name=name,
            app_version=app_version,
            enrolled_at=work.now,
            enrolled_from=enrolled_from,
        )
        .on_conflict_do_nothing()
    )
    device = (await work.db.scalars(select(Device).where(Device.id == device_id).with_for_update(key_share=True))).one()
    if device.account_id != account_id:
        raise DeviceOfSomebodyElse("Enrol this phone anew, or ask the office to revoke it for its former holder.")
    if device.revoked_at is not None:
        raise SessionEnded("This phone was revoked; it keeps its unsent work. Ask the office.")
    device.name, device.app_version, device.last_seen_at = name, app_version, work.now


async def _tokens(
    work: Work, person: Person, session_id: UUID, device_id: UUID | None, refresh: str, minutes: int
) -> Tokens:
    access = secrets.token_urlsafe(32)
    work.db.add(
        AccessToken(token_hash=hash_of(access), session_id=session_id, until=work.now + dt.timedelta(minutes=minutes))
    )
    return Tokens(
        access_token=access,
        access_seconds=minutes * 60,
        refresh_token=refresh,
        account_id=person.id,
        name=person.name,
        role=person.role,
        language=person.language,
        session_id=session_id,
        device_id=device_id,
    )


async def refresh_session(work: Work, refresh: str, key: bytes) -> Tokens | None:
    """Exchange a refresh token for the next pair; None when the session is over (and, on reuse, now revoked).

    The token before the current one is accepted for a minute and gets the same successor, because the answer that
    carried it may have been lost. Any older one is a theft: the whole family ends. A newer one than is known here comes
    from a past that a restored backup has forgotten: we made it, so it counts.
    """
    token = read_token(refresh, key)
    if token is None:
        return None
    session = await _session(work, token.family)
    if session is None and await _adopt(work, token, refresh):
        session = await _session(work, token.family)
    if session is None or session.revoked_at is not None or session.expires_at <= work.now:
        return None
    person = await person_of(work, session.account_id)
    if person.disabled_at is not None or person.suspended:
        return None
    if (session.device_id or NO_DEVICE) != token.device:
        return None
    presented = hash_of(refresh)
    forgotten = token.generation > session.generation
    if presented == session.refresh_hash or forgotten:
        successor = token.successor(key, int(work.now.timestamp())).text(key)
        session.previous_hash, session.refresh_hash = presented, hash_of(successor)
        session.generation = token.generation + 1
        session.rotated_at = work.now
    elif presented == session.previous_hash and (work.now - session.rotated_at).total_seconds() <= LOST_ANSWER_SECONDS:
        successor = token.successor(key, int(session.rotated_at.timestamp())).text(key)
    else:
        await end_session(work, session.id, "refresh token used twice")
        note(work, session.account_id, "refresh-reused", session=str(session.id))
        return None
    minutes = ACCESS_MINUTES if session.device_id is not None else WEB_HOURS * 60
    return await _tokens(work, person, session.id, session.device_id, successor, minutes)


async def _session(work: Work, session_id: UUID) -> SignIn | None:
    found: SignIn | None = await work.db.scalar(
        select(SignIn).where(SignIn.id == session_id).with_for_update(key_share=True)
    )
    return found


async def _adopt(work: Work, token: RefreshToken, refresh: str) -> bool:
    """Take in a well-made token whose row a restored backup does not know, once, for its enrolled phone.

    Returns whether the session is there now: another request may have been first.
    """
    if token.device == NO_DEVICE:
        return False  # a browser's, whoever may have enrolled a phone under that id
    device = await work.db.get(Device, token.device)
    too_old = work.now.timestamp() - token.issued > REFRESH_DAYS * 86400
    if device is None or device.revoked_at is not None or too_old:
        return False
    adopted = await work.db.scalar(
        insert(SignIn)
        .values(
            id=token.family,
            account_id=device.account_id,
            partner_id=device.partner_id,
            device_id=device.id,
            generation=token.generation,
            refresh_hash=hash_of(refresh),
            rotated_at=work.now,
            created_at=work.now,
            expires_at=work.now + dt.timedelta(days=REFRESH_DAYS),
        )
        .on_conflict_do_nothing()
        .returning(SignIn.id)
    )
    if adopted is not None:
        note(work, device.account_id, "session-adopted", session=str(adopted), generation=token.generation)
    return True


async def end_session(work: Work, session_id: UUID, why: str) -> None:
    """Revoke a session; its access tokens are worthless from then on."""
    await work.db.execute(
        update(SignIn)
        .where(SignIn.id == session_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_why=why)
    )


async def person_of(work: Work, account_id: UUID) -> Person:
    """Return an account that is known to be there as sign-in sees it: accounts are disabled, never deleted."""
    account = await work.db.get_one(Account, account_id)
    return Person(
        account.id,
        account.name,
        account.role,
        account.partner_id,
        account.language,
        account.password_hash,
        account.disabled_at,
        account.partner_id is not None and not await is_active(work, account.partner_id),
    )


async def is_active(work: Work, partner_id: UUID) -> bool:
    """Tell whether a partner is there and not suspended."""
    return bool(await work.db.scalar(select(Partner.active).where(Partner.id == partner_id)))


_WHO = (
    select(Account.id, Account.role, Account.partner_id, SignIn.id, SignIn.device_id, Account.name, AccessToken.until)
    .join(SignIn, SignIn.id == AccessToken.session_id)
    .join(Account, Account.id == SignIn.account_id)
    .outerjoin(Device, Device.id == SignIn.device_id)
    .outerjoin(Partner, Partner.id == Account.partner_id)
    .where(
        SignIn.revoked_at.is_(None),
        Account.disabled_at.is_(None),
        Device.revoked_at.is_(None),
        Partner.suspended_at.is_(None),
    )
)


async def principal_of(db: AsyncConnection, access_token: str, at: dt.datetime) -> tuple[Actor, dt.datetime] | None:
    """Return who an access token stands for and until when, or None."""
    row: Any = (
        await db.execute(_WHO.where(AccessToken.token_hash == hash_of(access_token), AccessToken.until > at))
    ).one_or_none()
    if row is None:
        return None
    account_id, role, partner_id, session_id, device_id, name, until = row
    return Actor(account_id, Role(role), partner_id, session_id, device_id, name), until


async def make_invitation(
    work: Work, account_id: UUID, partner_id: UUID | None, purpose: str
) -> tuple[str, dt.datetime]:
    """Return a one-time token with which the person sets a password, and until when it holds."""
    token = secrets.token_urlsafe(32)
    until = work.now + dt.timedelta(hours=INVITATION_HOURS if purpose == "invite" else RESET_HOURS)
    work.db.add(
        Invitation(
            id=new_id(),
            account_id=account_id,
            partner_id=partner_id,
            token_hash=hash_of(token),
            purpose=purpose,
            until=until,
        )
    )
    note(work, account_id, f"{purpose}-link-made", by=str(work.actor.account_id))
    return token, until


async def accept_invitation(work: Work, token: str, password_hash: str) -> Person:
    """Set the password behind a one-time token, end every older session and link, and return the person.

    A disabled account takes no password: whoever kept a link would be in again the moment it is enabled.
    """
    invitation = await work.db.scalar(
        select(Invitation).where(Invitation.token_hash == hash_of(token)).with_for_update(key_share=True)
    )
    if invitation is None or invitation.used_at is not None or invitation.until <= work.now:
        raise InvitationSpent("Ask whoever sent the link for a new one.")
    set_for = await work.db.scalar(
        update(Account)
        .where(Account.id == invitation.account_id, Account.disabled_at.is_(None))
        .values(password_hash=password_hash)
        .returning(Account.id)
    )
    if set_for is None:
        raise InvitationSpent("Ask whoever sent the link for a new one.")
    await work.db.execute(
        update(Invitation)
        .where(Invitation.account_id == set_for, Invitation.used_at.is_(None))
        .values(used_at=work.now)
    )
    await work.db.execute(
        update(SignIn)
        .where(SignIn.account_id == set_for, SignIn.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_why="password was set anew")
    )
    note(work, set_for, f"{invitation.purpose}-accepted")
    return await person_of(work, set_for)


async def forget_expired(work: Work) -> int:
    """Delete access tokens and rate-limit rows whose time is over; returns how many tokens went."""
    await work.db.execute(delete(Budget).where(Budget.window_start < work.now - dt.timedelta(days=2)))
    gone = await work.db.execute(delete(AccessToken).where(AccessToken.until < work.now))
    return int(getattr(gone, "rowcount", 0))


def note(work: Work, account_id: UUID | None, kind: str, **facts: Any) -> None:
    """Write down what happened around a credential, never the credential."""
    work.db.add(AuthEvent(id=new_id(), account_id=account_id, kind=kind, facts=facts, at=work.now))

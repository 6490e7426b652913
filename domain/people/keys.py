"""API keys of partners' systems: made and revoked by their office or an admin, shown once, stored hashed.

These are no commands: credentials never reach the journal, they have events instead.
"""

import datetime as dt
import secrets
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor, Role
from domain.kit.ids import new_id
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.model import Account, ApiKey
from domain.people.sessions import PartnerSuspended, is_active, note, spend
from domain.people.tokens import hash_of

PREFIX = "fsk_"
"""What every key begins with, so that one that was published by mistake is found."""
KEY_KEEPERS = frozenset({Role.ADMIN, Role.PARTNER_OFFICE})
MINUTE = dt.timedelta(minutes=1)
keys_max = 20
"""How many keys a partner may have that are not revoked."""
partner_per_minute = 1200
"""Requests a minute of all of a partner's keys together."""


class TooManyKeys(Problem, kind=Kind.CONFLICT):
    """This partner has as many keys as it may have; revoke one first."""


class KeyLine(msgspec.Struct, frozen=True):
    """A key as the lists show it: never the key itself."""

    id: UUID
    partner_id: UUID
    account_id: UUID
    name: str
    per_minute: int
    created_by: UUID
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


_KEYS = Read(
    KeyLine,
    select(
        ApiKey.id,
        ApiKey.partner_id,
        ApiKey.account_id,
        ApiKey.name,
        ApiKey.per_minute,
        ApiKey.created_by,
        ApiKey.created_at,
        ApiKey.last_used_at,
        ApiKey.revoked_at,
    ),
)
_WHO = (
    select(Account.id, Account.role, Account.partner_id, ApiKey.id, Account.name)
    .join(Account, (Account.id == ApiKey.account_id) & (Account.partner_id == ApiKey.partner_id))
    .where(ApiKey.revoked_at.is_(None), Account.disabled_at.is_(None))
)


async def make_key(work: Work, account_id: UUID, name: str, per_minute: int) -> tuple[UUID, str]:
    """Return the id of a new key and the key, which is shown this once; it acts as an account of a partner's office.

    Raises: NotFound, TooManyKeys.
    """
    partner_id = await work.db.scalar(
        select(Account.partner_id).where(
            Account.id == account_id,
            Account.role == Role.PARTNER_OFFICE,
            Account.disabled_at.is_(None),
            own_rows(work.actor, Account.partner_id),
        )
    )
    if partner_id is None:
        raise NotFound("There is no such account of a partner's office among those you look after.")
    live = select(func.count()).where(ApiKey.partner_id == partner_id, ApiKey.revoked_at.is_(None))
    if (await work.db.scalar(live) or 0) >= keys_max:
        raise TooManyKeys(f"A partner has at most {keys_max} keys.")
    key_id, key = new_id(), PREFIX + secrets.token_urlsafe(32)
    work.db.add(
        ApiKey(
            id=key_id,
            partner_id=partner_id,
            account_id=account_id,
            name=name,
            key_hash=hash_of(key),
            per_minute=per_minute,
            created_by=work.actor.account_id,
            created_at=work.now,
        )
    )
    note(work, account_id, "api-key-made", key=str(key_id), by=str(work.actor.account_id))
    return key_id, key


async def revoke_key(work: Work, key_id: UUID) -> UUID:
    """Revoke a key and return its id; revoking it again changes nothing. Raises: NotFound."""
    own = (ApiKey.id == key_id, own_rows(work.actor, ApiKey.partner_id))
    account_id = await work.db.scalar(select(ApiKey.account_id).where(*own))
    if account_id is None:
        raise NotFound("There is no such key among those you look after.")
    revoked = update(ApiKey).where(*own, ApiKey.revoked_at.is_(None)).values(revoked_at=work.now).returning(ApiKey.id)
    if await work.db.scalar(revoked) is not None:
        note(work, account_id, "api-key-revoked", key=str(key_id), by=str(work.actor.account_id))
    return key_id


async def key_principal(db: AsyncConnection, key: str) -> Actor | None:
    """Return who a key acts as, or None."""
    row: Any = (await db.execute(_WHO.where(ApiKey.key_hash == hash_of(key)))).one_or_none()
    if row is None:
        return None
    account_id, role, partner_id, key_id, name = row
    return Actor(account_id, Role(role), partner_id, name=name, key_id=key_id)


async def use_key(work: Work, actor: Actor) -> None:
    """Count a request against its key's limit and its partner's, and note when the key was last used.

    Raises: TooMany with the seconds to wait; PartnerSuspended.
    """
    assert actor.key_id is not None, "only keys are counted"
    assert actor.partner_id is not None, "a key is a partner's"
    if not await is_active(work, actor.partner_id):
        raise PartnerSuspended("Nothing of this request was carried out; the key holds again once you are resumed.")
    per_minute = await work.db.scalar(select(ApiKey.per_minute).where(ApiKey.id == actor.key_id))
    await spend(work.db, f"api-key:{actor.key_id}", work.now, limit=per_minute or 1, window=MINUTE)
    await spend(work.db, f"api:{actor.partner_id}", work.now, limit=partner_per_minute, window=MINUTE)
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < work.now - MINUTE)
    await work.db.execute(update(ApiKey).where(ApiKey.id == actor.key_id, stale).values(last_used_at=work.now))


async def keys(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[KeyLine]:
    """Return a page of keys, newest first, revoked ones too."""
    statement = _KEYS.statement.where(own_rows(actor, ApiKey.partner_id))
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(ApiKey.created_at, ApiKey.id) < tuple_(at, last))
    newest = statement.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    return page_of(await _KEYS.all(db, newest.limit(page.limit + 1)), page.limit, "created_at", "id")

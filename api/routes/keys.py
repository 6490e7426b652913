"""API keys of partners' systems: plain routes, for credentials never travel in commands."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from api.operation import Call, operation
from domain.kit.actor import Role
from domain.kit.limits import Line
from domain.kit.page import Page, PageQuery
from domain.kit.problem import InvalidRequest, NotFound
from domain.kit.work import Work
from domain.people import keys
from domain.people.keys import KEY_KEEPERS

TAG = "partner systems"
PerMinute = Annotated[int, Meta(ge=1, le=1200)]


class MakeKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the key is for, and as which account of a partner's office it acts: your own unless another is named."""

    name: Line
    account_id: UUID | None = None
    per_minute: PerMinute = 120


class NewKey(msgspec.Struct, frozen=True):
    """The key, shown this once; it is sent as ``Authorization: Bearer``."""

    id: UUID
    key: Line


class WhichKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of a key."""

    key_id: UUID


class KeyRevoked(msgspec.Struct, frozen=True):
    """The id of the key that is worth nothing any more."""

    id: UUID


@operation(
    "POST",
    "/api-keys",
    tag=TAG,
    by=KEY_KEEPERS,
    body=MakeKey,
    answer=NewKey,
    problems=(NotFound, InvalidRequest, keys.TooManyKeys),
    statuses=(201,),
    example=MakeKey(name="Dispatch system", account_id=UUID(int=1), per_minute=120),
)
async def make_api_key(call: Call) -> object:
    """Make an API key for a partner's own system.

    It may submit claims, read the partner's own jobs and claims and manage its webhooks, at most ``per_minute`` times a
    minute, and nothing else. The key is told once and stored hashed.
    """
    asked = await call.body(MakeKey)
    account_id = asked.account_id
    if account_id is None:
        if call.actor.role is not Role.PARTNER_OFFICE:
            raise InvalidRequest("Name the account of a partner's office that the key acts as.", field="account_id")
        account_id = call.actor.account_id

    async def make(work: Work) -> tuple[UUID, str]:
        return await keys.make_key(work, account_id, asked.name, asked.per_minute)

    return call.created(NewKey(*await call.write(make)))


@operation(
    "POST",
    "/api-keys/revoke",
    tag=TAG,
    by=KEY_KEEPERS,
    body=WhichKey,
    answer=KeyRevoked,
    problems=(NotFound,),
    example=WhichKey(key_id=UUID(int=1)),
)
async def revoke_api_key(call: Call) -> object:
    """Revoke an API key: nothing is written with it from now on, nothing read after five seconds."""
    asked = await call.body(WhichKey)
    revoked = await call.write(lambda work: keys.revoke_key(work, asked.key_id))
    call.context.principals.forget(revoked)
    return KeyRevoked(revoked)


@operation("GET", "/api-keys", tag=TAG, by=KEY_KEEPERS, query=PageQuery, answer=Page[keys.KeyLine])
async def list_api_keys(call: Call) -> object:
    """List API keys, newest first, with when each was last used; revoked ones too."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await keys.keys(db, call.actor, page)

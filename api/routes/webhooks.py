"""Webhooks: who is told of what becomes of claims, and every message that was sent."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from api.operation import Call, Reply, command_operation, operation
from domain.kit.actor import Role
from domain.kit.limits import Line
from domain.kit.page import Page, PageQuery
from domain.kit.problem import InvalidRequest, NotFound
from domain.kit.work import Work
from domain.people.keys import KEY_KEEPERS
from domain.webhooks import actions, queries
from domain.webhooks.actions import Event
from domain.webhooks.addresses import address_of

TAG = "webhooks"
PARTNER_OFFICE = frozenset({Role.PARTNER_OFFICE})
Url = Annotated[str, Meta(min_length=12, max_length=500, pattern=r"^https?://[\x21-\x7e]+$(?!\n)")]

command_operation("/webhooks/approve", TAG, actions.approve_webhook)
command_operation("/webhooks/enable", TAG, actions.enable_webhook)
command_operation("/webhooks/remove", TAG, actions.remove_webhook)


class MakeWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to call, by https, and which events to tell there."""

    url: Url
    events: Annotated[tuple[Event, ...], Meta(min_length=1, max_length=4)]


class NewWebhook(msgspec.Struct, frozen=True):
    """The webhook and its signing secret, which is shown this once."""

    id: UUID
    state: Line
    secret: Line


class WhichWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of a webhook."""

    webhook_id: UUID


class NewSecret(msgspec.Struct, frozen=True):
    """The new signing secret, shown this once."""

    id: UUID
    secret: Line


class WhichMessage(msgspec.Struct, frozen=True):
    """The id of a message."""

    id: UUID


class Replayed(msgspec.Struct, frozen=True):
    """The message that is sent again."""

    id: UUID


@operation(
    "POST",
    "/webhooks",
    tag=TAG,
    by=PARTNER_OFFICE,
    body=MakeWebhook,
    answer=NewWebhook,
    problems=(InvalidRequest, actions.TooManyWebhooks),
    statuses=(201,),
    example=MakeWebhook(url="https://dispatch.nordwerk.example/fieldstone", events=("claim.decided", "claim.paid")),
)
async def make_webhook(call: Call) -> object:
    """Ask for messages about your claims, signed as Standard Webhooks says.

    The office approves the host first; nothing is sent before. A message names the event, the claim, its state and the
    reasons you were told, and no more.
    """
    asked = await call.body(MakeWebhook)
    address = address_of(asked.url, loopback=call.context.settings.webhook_loopback)

    async def make(work: Work) -> tuple[UUID, str]:
        return await actions.ask_for(work, address, asked.url, asked.events)

    webhook_id, secret = await call.write(make)
    return call.created(NewWebhook(webhook_id, "pending", secret))


@operation(
    "POST",
    "/webhooks/change-secret",
    tag=TAG,
    by=PARTNER_OFFICE,
    body=WhichWebhook,
    answer=NewSecret,
    problems=(NotFound,),
    example=WhichWebhook(webhook_id=UUID(int=1)),
)
async def change_webhook_secret(call: Call) -> object:
    """Make a new signing secret; for a day messages carry a signature of each, so that nothing is missed."""
    asked = await call.body(WhichWebhook)
    secret = await call.write(lambda work: actions.change_secret(work, asked.webhook_id))
    return NewSecret(asked.webhook_id, secret)


@operation("GET", "/webhooks", tag=TAG, by=KEY_KEEPERS, query=PageQuery, answer=Page[queries.WebhookLine], keys=True)
async def list_webhooks(call: Call) -> object:
    """List webhooks, newest first: pending, active, or disabled and why."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await queries.webhooks(db, call.actor, page)


@operation(
    "GET",
    "/webhooks/messages",
    tag=TAG,
    by=KEY_KEEPERS,
    query=queries.MessageQuery,
    answer=Page[queries.MessageLine],
    keys=True,
)
async def list_webhook_messages(call: Call) -> object:
    """List messages, newest first, with every attempt to deliver them and when the next one is due."""
    page = call.query(queries.MessageQuery)
    async with call.reading() as db:
        return await queries.messages(db, call.actor, page)


@operation(
    "POST",
    "/webhooks/messages/{id:uuid}/replay",
    tag=TAG,
    by=KEY_KEEPERS,
    params=WhichMessage,
    answer=Replayed,
    problems=(NotFound, actions.WebhookNotActive),
    statuses=(202,),
    keys=True,
)
async def replay_webhook_message(call: Call) -> object:
    """Send a message again: the same id and the same bytes, signed anew."""
    asked = call.params(WhichMessage)
    replayed = await call.write(lambda work: actions.replay_message(work, asked.id))
    return Reply(msgspec.json.encode(Replayed(replayed)), status=202)

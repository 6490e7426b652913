"""What can be read of webhooks and their messages; secrets are shown once, when they are made."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.webhooks.model import Webhook, WebhookMessage


class MessageQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages: those to one webhook, or all."""

    webhook_id: UUID | None = None


class WebhookLine(msgspec.Struct, frozen=True):
    """A webhook: pending until the office approves its host; disabled when nothing got through for days, and why."""

    id: UUID
    partner_id: UUID
    url: str
    host: str
    events: list[str]
    state: str
    created_at: dt.datetime
    approved_at: dt.datetime | None
    failing_from: dt.datetime | None
    disabled_why: str | None


class Attempt(msgspec.Struct, frozen=True):
    """One try to deliver a message: the status that was answered, or what went wrong."""

    at: dt.datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None


class MessageLine(msgspec.Struct, frozen=True):
    """A message as it was signed, and every attempt to deliver it; ``next_at`` is the next one."""

    id: UUID
    webhook_id: UUID
    event: str
    body: str
    state: str
    attempts: list[Attempt]
    created_at: dt.datetime
    next_at: dt.datetime | None
    delivered_at: dt.datetime | None


class _Stored(msgspec.Struct, frozen=True):
    id: UUID
    webhook_id: UUID
    event: str
    body: str
    state: str
    attempts: list[dict[str, object]]
    created_at: dt.datetime
    next_at: dt.datetime | None
    delivered_at: dt.datetime | None


_WEBHOOKS = Read(
    WebhookLine,
    select(
        Webhook.id,
        Webhook.partner_id,
        Webhook.url,
        Webhook.host,
        Webhook.events,
        Webhook.state,
        Webhook.created_at,
        Webhook.approved_at,
        Webhook.failing_since.label("failing_from"),
        Webhook.disabled_why,
    ),
)
_MESSAGES = Read(
    _Stored,
    select(
        WebhookMessage.id,
        WebhookMessage.webhook_id,
        WebhookMessage.event,
        WebhookMessage.body,
        WebhookMessage.state,
        WebhookMessage.attempts,
        WebhookMessage.created_at,
        WebhookMessage.next_at,
        WebhookMessage.delivered_at,
    ),
)


async def webhooks(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[WebhookLine]:
    """Return a page of webhooks that are not removed, newest first."""
    statement = _WEBHOOKS.statement.where(own_rows(actor, Webhook.partner_id), Webhook.state != "removed")
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(Webhook.created_at, Webhook.id) < tuple_(at, last))
    newest = statement.order_by(Webhook.created_at.desc(), Webhook.id.desc())
    return page_of(await _WEBHOOKS.all(db, newest.limit(page.limit + 1)), page.limit, "created_at", "id")


async def messages(db: AsyncConnection, actor: Actor, page: MessageQuery) -> Page[MessageLine]:
    """Return a page of messages, newest first."""
    statement = _MESSAGES.statement.where(own_rows(actor, WebhookMessage.partner_id))
    if page.webhook_id is not None:
        statement = statement.where(WebhookMessage.webhook_id == page.webhook_id)
    if page.cursor:
        (last,) = read_cursor(page.cursor, UUID)
        statement = statement.where(WebhookMessage.id < last)
    rows = await _MESSAGES.all(db, statement.order_by(WebhookMessage.id.desc()).limit(page.limit + 1))
    stored = page_of(rows, page.limit, "id")
    return Page([msgspec.convert(msgspec.structs.asdict(row), MessageLine) for row in stored.items], stored.next)

"""What becomes of a message after each attempt: delivered, tried again later, given up."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.watching import raise_alert
from domain.kit.work import Work
from domain.webhooks.model import Webhook, WebhookMessage
from domain.webhooks.queries import Attempt
from domain.webhooks.signing import headers_of

PAUSES = (
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=14),
    dt.timedelta(hours=20),
    dt.timedelta(hours=24),
)
"""Between the attempts. Source: Standard Webhooks 1.0.0, operational considerations."""
disabled_after = dt.timedelta(days=5)
"""A webhook where nothing got through for so long is called no more."""
attempts_kept = 50
GONE = 410


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be posted."""

    webhook_id: UUID
    url: str
    body: bytes
    headers: dict[str, str]


async def letter_of(db: AsyncConnection, message_id: UUID, at: dt.datetime) -> Letter | None:
    """Return a message that waits, signed for this moment; None when there is nothing to send any more."""
    row: Any = (
        await db.execute(
            select(
                WebhookMessage.webhook_id,
                WebhookMessage.body,
                Webhook.url,
                Webhook.secret,
                Webhook.previous_secret,
                Webhook.previous_until,
            )
            .join(Webhook, Webhook.id == WebhookMessage.webhook_id)
            .where(WebhookMessage.id == message_id, WebhookMessage.state == "waiting", Webhook.state == "active")
        )
    ).one_or_none()
    if row is None:
        return None
    in_force = [row.secret]
    if row.previous_secret is not None and row.previous_until is not None and row.previous_until > at:
        in_force.append(row.previous_secret)
    body = row.body.encode()
    headers = headers_of(f"msg_{message_id.hex}", int(at.timestamp()), body, in_force)
    return Letter(row.webhook_id, row.url, body, {"content-type": "application/json", **headers})


async def write_attempt(work: Work, message_id: UUID, attempt: Attempt) -> tuple[dt.timedelta | None, str | None]:
    """Write an attempt down; returns after which pause to try again, and why the webhook is called no more.

    Locks: the webhook, then the message.
    """
    webhook_id = await work.db.scalar(select(WebhookMessage.webhook_id).where(WebhookMessage.id == message_id))
    webhook = (
        await work.db.scalars(select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True))
    ).one()
    message = (
        await work.db.scalars(
            select(WebhookMessage).where(WebhookMessage.id == message_id).with_for_update(key_share=True)
        )
    ).one()
    message.attempts = [*message.attempts, msgspec.to_builtins(attempt)][-attempts_kept:]
    if attempt.status is not None and 200 <= attempt.status < 300:
        message.state, message.delivered_at, message.next_at = "delivered", work.now, None
        webhook.failing_since = None
        return None, None
    if message.state != "waiting" or webhook.state != "active":
        # Delivered by another attempt or removed meanwhile: what failed late brings nothing back.
        if message.state == "waiting":
            message.state, message.next_at = "failed", None
        return None, None
    webhook.failing_since = webhook.failing_since or work.now
    if attempt.status == GONE or webhook.failing_since <= work.now - disabled_after:
        why = (
            "It answered 410 Gone."
            if attempt.status == GONE
            else f"Nothing got through for {disabled_after.days} days."
        )
        webhook.state, webhook.disabled_why = "disabled", why
        message.state, message.next_at = "failed", None
        about = {"partner_id": webhook.partner_id, "facts": {"webhook_id": str(webhook.id), "why": why}}
        await raise_alert(work, "webhook-disabled", f"{webhook.id}:{work.now:%Y-%m-%d}", **about)
        await work.db.execute(
            update(WebhookMessage)
            .where(WebhookMessage.webhook_id == webhook.id, WebhookMessage.state == "waiting")
            .values(state="failed", next_at=None)
        )
        return None, why
    if len(message.attempts) > len(PAUSES):
        message.state, message.next_at = "failed", None
        return None, None
    pause = PAUSES[len(message.attempts) - 1]
    message.next_at = work.now + pause
    return pause, None

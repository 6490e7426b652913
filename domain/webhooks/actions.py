"""Webhooks: asked for by a partner's office, approved by an admin, told of what becomes of claims."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update

from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Word
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.keys import KEY_KEEPERS
from domain.people.sessions import note
from domain.webhooks.addresses import Address
from domain.webhooks.model import Webhook, WebhookMessage
from domain.webhooks.signing import new_secret

Event = Literal["claim.decided", "claim.changed", "claim.paid", "preauthorisation.decided"]
SEND = "webhook.send"
"""The worker's task that delivers one message."""
webhooks_max = 10
"""How many a partner may have that are not removed."""
changing_over = dt.timedelta(days=1)
"""How long the former secret still signs."""


class TooManyWebhooks(Problem, kind=Kind.CONFLICT):
    """This partner has as many webhooks as it may have; remove one first."""


class WebhookNotActive(Problem, kind=Kind.CONFLICT):
    """The webhook is not called: it waits for approval, was disabled or removed."""


class ApproveWebhook(Command, tag="webhook.approve", frozen=True, kw_only=True):
    """Allow a webhook's host to be called; until then nothing is sent there."""

    webhook_id: UUID


class EnableWebhook(Command, tag="webhook.enable", frozen=True, kw_only=True):
    """Call a webhook again that was disabled because nothing could be delivered; its host stays approved."""

    webhook_id: UUID


class RemoveWebhook(Command, tag="webhook.remove", frozen=True, kw_only=True):
    """Remove a webhook; its messages stay readable."""

    webhook_id: UUID


class WebhookState(Answer, frozen=True, kw_only=True):
    """How the webhook stands now."""

    id: UUID
    state: Word


class SendMessage(msgspec.Struct, frozen=True):
    """The task of delivering one message."""

    message_id: UUID


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_STATE = (Webhook.id, Webhook.state, Webhook.approved_at, Webhook.partner_id)


async def ask_for(work: Work, address: Address, url: str, events: tuple[Event, ...]) -> tuple[UUID, str]:
    """Return the id of a webhook that waits for approval, and its secret, which is shown this once.

    Raises: TooManyWebhooks.
    """
    partner_id = work.actor.partner_id
    assert partner_id is not None, "only partners have webhooks"
    standing = select(func.count()).where(Webhook.partner_id == partner_id, Webhook.state != "removed")
    if (await work.db.scalar(standing) or 0) >= webhooks_max:
        raise TooManyWebhooks(f"A partner has at most {webhooks_max} webhooks.")
    webhook_id, secret = new_id(), new_secret()
    work.db.add(
        Webhook(
            id=webhook_id,
            partner_id=partner_id,
            url=url,
            host=address.host,
            events=list(dict.fromkeys(events)),
            secret=secret,
            state="pending",
            created_by=work.actor.account_id,
            created_at=work.now,
        )
    )
    note(work, work.actor.account_id, "webhook-made", webhook=str(webhook_id), host=address.host)
    return webhook_id, secret


async def change_secret(work: Work, webhook_id: UUID) -> str:
    """Return a webhook's new secret; for a day messages carry signatures of both. Raises: NotFound."""
    await _webhook(work, webhook_id)
    secret = new_secret()
    # The former secret is copied within the database: a partner's role may write secrets and read none.
    await work.driver.execute(_CHANGE, webhook_id, secret, work.now + changing_over)
    note(work, work.actor.account_id, "webhook-secret-changed", webhook=str(webhook_id))
    return secret


_CHANGE = "SELECT change_webhook_secret($1, $2, $3)"


async def _webhook(work: Work, webhook_id: UUID) -> Any:
    """Return how a webhook stands that is not removed, locked. Raises: NotFound."""
    found = (
        await work.db.execute(
            select(*_STATE)
            .where(Webhook.id == webhook_id, Webhook.state != "removed", own_rows(work.actor, Webhook.partner_id))
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such webhook among those you look after.")
    return found


async def _set(work: Work, webhook_id: UUID, **values: Any) -> Done:
    await work.db.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))
    return Done(WebhookState(id=webhook_id, state=values["state"]))


@action(
    ApproveWebhook,
    by=frozenset({Role.ADMIN}),
    answer=WebhookState,
    raises=(NotFound,),
    example=ApproveWebhook(webhook_id=_ID),
)
async def approve_webhook(work: Work, cmd: ApproveWebhook) -> Done:
    """Stamp it as approved; approving again changes nothing that is told."""
    found = await _webhook(work, cmd.webhook_id)
    if found.state == "active":
        return Done(WebhookState(id=found.id, state=found.state), outcome="superseded")
    return await _set(
        work,
        found.id,
        state="active",
        approved_by=work.actor.account_id,
        approved_at=work.now,
        disabled_why=None,
        failing_since=None,
    )


@action(
    EnableWebhook,
    by=KEY_KEEPERS,
    answer=WebhookState,
    raises=(NotFound, WebhookNotActive),
    example=EnableWebhook(webhook_id=_ID),
)
async def enable_webhook(work: Work, cmd: EnableWebhook) -> Done:
    """Let it be called again, if its host was approved."""
    found = await _webhook(work, cmd.webhook_id)
    if found.approved_at is None:
        raise WebhookNotActive("Its host waits for approval.", state=found.state)
    if found.state == "active":
        return Done(WebhookState(id=found.id, state=found.state), outcome="superseded")
    return await _set(work, found.id, state="active", disabled_why=None, failing_since=None)


@action(RemoveWebhook, by=KEY_KEEPERS, answer=WebhookState, raises=(NotFound,), example=RemoveWebhook(webhook_id=_ID))
async def remove_webhook(work: Work, cmd: RemoveWebhook) -> Done:
    """Take it away; what waits to be sent there is sent no more."""
    found = await _webhook(work, cmd.webhook_id)
    return await _set(work, found.id, state="removed")


async def replay_message(work: Work, message_id: UUID) -> UUID:
    """Send a message again, with the same id and bytes. Raises: NotFound, WebhookNotActive."""
    found = (
        await work.db.execute(
            select(WebhookMessage.id, Webhook.state)
            .join(Webhook, Webhook.id == WebhookMessage.webhook_id)
            .where(WebhookMessage.id == message_id, own_rows(work.actor, WebhookMessage.partner_id))
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such message among yours.")
    if found.state != "active":
        raise WebhookNotActive(f"The webhook is {found.state}.", state=found.state)
    again = update(WebhookMessage).where(WebhookMessage.id == message_id).values(state="waiting", next_at=work.now)
    await work.db.execute(again)
    await work.enqueue(SEND, SendMessage(message_id))
    return message_id

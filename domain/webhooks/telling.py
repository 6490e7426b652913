"""What partners' systems are told: written in the transaction of what happened, sent by the worker."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from domain.kit.command import Command
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.webhooks.actions import SEND, Event, SendMessage
from domain.webhooks.model import WebhookMessage
from domain.worklog.completion import CompleteVisit

_DECIDED = frozenset({"accepted", "refused", "approved"})
_LISTENERS = """
SELECT webhook.id, webhook.events::text, claim.id, claim.number, claim.told::text, claim.partner_id
FROM claim JOIN webhook ON webhook.partner_id = claim.partner_id AND webhook.state = 'active'
WHERE claim.id = coalesce((SELECT claim_id FROM claim_line WHERE claim_line.id = $1), $1)
"""
_LAST = "SELECT body FROM webhook_message WHERE webhook_id = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 1"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is sent: what happened, when, and no more of it than may be told."""

    type: str
    timestamp: dt.datetime
    data: dict[str, Any]


def event_of(state: str) -> Event:
    """Decide which event a claim's state is told as."""
    if state == "paid":
        return "claim.paid"
    return "claim.decided" if state in _DECIDED else "claim.changed"


async def tell_of_new_claim(work: Work, _: CompleteVisit) -> None:
    """Tell of the claim that this completion opened, if it opened one: it has the operation's own id."""
    await _tell(work, work.op_id)


async def tell_of_claim(work: Work, cmd: Command) -> None:
    """Tell how a claim stands after a command that names it, or one of its lines."""
    await _tell(work, getattr(cmd, "line_id", None) or cmd.claim_id)  # type: ignore[attr-defined]


async def _tell(work: Work, subject: UUID) -> None:
    await work.flush()
    for webhook_id, events, claim_id, number, told, partner_id in await work.driver.fetch(_LISTENERS, subject):
        said = msgspec.json.decode(told)
        event = event_of(said["state"])
        if event in msgspec.json.decode(events):
            data = {"id": str(claim_id), "number": number, "state": said["state"], "reasons": said["reasons"]}
            await post(work, webhook_id, partner_id, claim_id, event, data)


async def post(
    work: Work, webhook_id: UUID, partner_id: UUID, subject_id: UUID, event: Event, data: dict[str, Any]
) -> None:
    """Write a message to one webhook, to be sent once this transaction has committed.

    What it was told last of the same subject is not told again.
    """
    last = await work.driver.fetchval(_LAST, webhook_id, subject_id)
    if last is not None and msgspec.json.decode(last, type=Message).data == data:
        return
    message_id = new_id()
    body = msgspec.json.encode(Message(type=event, timestamp=work.now, data=data)).decode()
    work.db.add(
        WebhookMessage(
            id=message_id,
            webhook_id=webhook_id,
            partner_id=partner_id,
            subject_id=subject_id,
            event=event,
            body=body,
            state="waiting",
            created_at=work.now,
            next_at=work.now,
        )
    )
    await work.flush()
    await work.enqueue(SEND, SendMessage(message_id))

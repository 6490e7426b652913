"""What partners' systems are told: written in the transaction of what happened, sent by the worker."""

import datetime as dt
from typing import Any, Protocol
from uuid import UUID

import msgspec

from domain.claims.payment import PayClaims
from domain.claims.preauthorisation import DecidePreauthorisation
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.webhooks.actions import SEND, Event, SendMessage
from domain.webhooks.model import WebhookMessage

_DECIDED = frozenset({"accepted", "refused", "approved"})
_CLAIMS = """
SELECT webhook.id, webhook.events::text, claim.id, claim.number, claim.told->>'state', (claim.told->'reasons')::text,
       claim.partner_id
FROM claim JOIN webhook ON webhook.partner_id = claim.partner_id AND webhook.state = 'active'
WHERE claim.id = ANY ($1)
"""
_REQUESTS = """
SELECT webhook.id, webhook.events::text, asked.id, asked.number, asked.state, jsonb_build_array(asked.reason)::text,
       asked.partner_id
FROM preauthorisation AS asked JOIN webhook ON webhook.partner_id = asked.partner_id AND webhook.state = 'active'
WHERE asked.id = ANY ($1)
"""
_OF_VISIT = "SELECT id FROM claim WHERE visit_id = $1"
_OF_REPORT = """
SELECT claim.id FROM report_amendment AS asked
JOIN report ON report.id = asked.report_id JOIN claim ON claim.visit_id = report.visit_id WHERE asked.id = $1
"""
_LAST = "SELECT body FROM webhook_message WHERE webhook_id = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 1"


class OfClaim(Protocol):
    """A command about one claim."""

    @property
    def claim_id(self) -> UUID: ...  # noqa: D102


class OfVisit(Protocol):
    """A command about one visit."""

    @property
    def visit_id(self) -> UUID: ...  # noqa: D102


class OfAmendment(Protocol):
    """A command about one thing that was asked for about a report."""

    @property
    def amendment_id(self) -> UUID: ...  # noqa: D102


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


async def tell_of_claim(work: Work, cmd: OfClaim) -> None:
    """Tell how the claim stands that a command named.

    A new claim is told once it is scored: what the gate accepted may go into review before, and a completion, which
    others wait for, asks for no webhooks.
    """
    await _tell(work, _CLAIMS, [cmd.claim_id])


async def tell_of_paid(work: Work, cmd: PayClaims) -> None:
    """Tell of the claims that were paid; what could not be paid stands as it stood."""
    await _tell(work, _CLAIMS, list(cmd.claim_ids), only="claim.paid")


async def tell_of_request(work: Work, cmd: DecidePreauthorisation) -> None:
    """Tell what became of a request for leave to claim more."""
    await _tell(work, _REQUESTS, [cmd.preauthorisation_id], only="preauthorisation.decided")


async def tell_of_claim_of_visit(work: Work, cmd: OfVisit) -> None:
    """Tell how the claim of a visit stands, if it has one: its customer was heard, or its report changed."""
    await _tell_of_one(work, _OF_VISIT, cmd.visit_id)


async def tell_of_claim_of_report(work: Work, cmd: OfAmendment) -> None:
    """Tell how the claim of a visit stands after it was decided about its report."""
    await _tell_of_one(work, _OF_REPORT, cmd.amendment_id)


async def _tell_of_one(work: Work, statement: str, subject: UUID) -> None:
    claim_id = await work.driver.fetchval(statement, subject)
    await _tell(work, _CLAIMS, [] if claim_id is None else [claim_id])


async def _tell(work: Work, statement: str, subjects: list[UUID], only: Event | None = None) -> None:
    await work.flush()
    rows = await work.driver.fetch(statement, subjects)
    for webhook_id, events, subject_id, number, state, reasons, partner_id in rows:
        event = "preauthorisation.decided" if statement is _REQUESTS else event_of(state)
        if event in msgspec.json.decode(events) and only in (None, event):
            data = {"id": str(subject_id), "number": number, "state": state, "reasons": msgspec.json.decode(reasons)}
            await post(work, webhook_id, partner_id, subject_id, event, data)


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

"""A phone gets an id of its own: at the first sign-in, and again when server and phone no longer agree on the past."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from domain.kit.actor import Actor, Role
from domain.kit.problem import NotSignedIn
from domain.kit.work import Work
from domain.operations.keeping import keep_unreadable
from domain.people.model import Account, Device
from domain.people.sessions import enrol_device
from domain.people.tokens import read_token
from mobile_sync.protocol import HandInRequest, OperationHead

hand_in_days = 30
"""So long after it was shut out a phone may hand in what it still holds."""


async def enrol(work: Work, device_id: UUID, name: str, app: str) -> None:
    """Write down a new id of the principal's phone.

    Raises: DeviceOfSomebodyElse, SessionEnded for a revoked one.
    """
    await enrol_device(work, work.actor.account_id, work.actor.partner_id, device_id, name, app)


async def hand_in(work: Work, request: HandInRequest, key: bytes) -> int:
    """Keep what a phone that was shut out still holds, to the letter; returns how many operations.

    Its refresh token is worth nothing any more but to show whose phone it was: any that we ever made for it does.
    Raises: NotSignedIn when it does not show that, or too late.
    """
    token = read_token(request.refresh_token, key)
    found: Any = None
    if token is not None and token.device == request.device:
        found = (
            await work.db.execute(
                select(Account.id, Account.role, Account.partner_id, Account.disabled_at, Device.revoked_at)
                .join(Device, Device.account_id == Account.id)
                .where(Device.id == token.device)
            )
        ).one_or_none()
    shut_out_at = None if found is None else found.disabled_at or found.revoked_at
    if found is None or shut_out_at is None or work.now - shut_out_at > dt.timedelta(days=hand_in_days):
        raise NotSignedIn("Sign in and send what you hold as usual, or ask the office.")
    work.actor = Actor(found.id, Role(found.role), found.partner_id, device_id=request.device)
    for raw in request.ops:
        await keep_unreadable(work, request.device, _id_of(bytes(raw)), "revoked", bytes(raw))
    return len(request.ops)


def _id_of(raw: bytes) -> UUID | None:
    try:
        return msgspec.json.decode(raw, type=OperationHead).op
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None

"""A phone gets an id of its own: at the first sign-in, and again when server and phone no longer agree on the past."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from domain.kit.actor import Actor, Role
from domain.kit.problem import NotSignedIn
from domain.kit.work import Work
from domain.operations.keeping import keep_unreadable
from domain.people.model import Account, Device, Partner
from domain.people.sessions import Tokens, open_session, person_of
from domain.people.tokens import read_token
from mobile_sync.protocol import EnrolRequest, HandInRequest, OperationHead

hand_in_days = 30
"""So long after it was shut out a phone may hand in what it still holds."""


async def enrol(work: Work, actor: Actor, request: EnrolRequest, key: bytes) -> Tokens:
    """Give somebody's phone a new id, with a session of its own.

    Locks: the id under which it is signed in, so that revoking that one reaches this one or comes before it.
    Raises: NotSignedIn when phone or account were shut out; DeviceOfSomebodyElse, SessionEnded for a new id that is
    another's or revoked.
    """
    person = await person_of(work, actor.account_id)
    signed_in_as = select(Device.revoked_at).where(Device.id == actor.device_id).with_for_update(key_share=True)
    shut_out = person.disabled_at is not None or person.suspended
    if shut_out or await work.db.scalar(signed_in_as) is not None:
        raise NotSignedIn("The session was ended meanwhile; sign in again.")
    return await open_session(
        work,
        person,
        key,
        device_id=request.device,
        device_name=request.name,
        app_version=request.app,
        enrolled_from=actor.device_id,
    )


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
                select(
                    Account.id,
                    Account.role,
                    Account.partner_id,
                    func.coalesce(Account.disabled_at, Device.revoked_at, Partner.suspended_at).label("shut_out_at"),
                )
                .join(Device, Device.account_id == Account.id)
                .outerjoin(Partner, Partner.id == Account.partner_id)
                .where(Device.id == token.device)
            )
        ).one_or_none()
    late = found is None or found.shut_out_at is None or work.now - found.shut_out_at > dt.timedelta(days=hand_in_days)
    if late:
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

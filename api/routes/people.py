"""People and partners."""

import datetime as dt
from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.kit.limits import Line, Word
from domain.kit.page import Page, PageQuery
from domain.kit.problem import NotAllowed, NotFound
from domain.kit.work import Work
from domain.people import actions, queries, sessions, suspending
from domain.people.access import DESK, EVERYBODY, PEOPLE, refuse_to_keep

TAG = "people"

command_operation("/partners", TAG, actions.create_partner)
command_operation("/people", TAG, actions.invite_person)
command_operation("/people/disable", TAG, actions.disable_person)
command_operation("/people/enable", TAG, actions.enable_person)
command_operation("/devices/revoke", TAG, actions.revoke_device)
command_operation("/partners/suspend", TAG, suspending.suspend_partner)
command_operation("/partners/resume", TAG, suspending.resume_partner)


class MakeInvitationLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the link is for, and whether it invites or resets."""

    account_id: UUID
    purpose: Word = "invite"


class InvitationLink(msgspec.Struct, frozen=True):
    """A one-time link; it is shown once and stored hashed."""

    link: Line
    token: Line
    until: dt.datetime


@operation(
    "POST",
    "/people/invitation-links",
    tag=TAG,
    by=PEOPLE,
    body=MakeInvitationLink,
    answer=InvitationLink,
    problems=(NotFound, NotAllowed),
    statuses=(201,),
    example=MakeInvitationLink(UUID(int=1), "invite"),
)
async def make_invitation_link(call: Call) -> object:
    """Make a one-time link with which a person sets a password.

    The purpose is invite (holds three days) or reset (two hours). The link is told once and never stored in clear.
    """
    asked = await call.body(MakeInvitationLink)
    purpose = "reset" if asked.purpose == "reset" else "invite"

    async def make(work: Work) -> tuple[str, dt.datetime]:
        person = await queries.person(work.db, call.actor, asked.account_id)
        if person is None:
            raise NotFound("There is no such person among those you look after.")
        refuse_to_keep(call.actor, person.role)
        return await sessions.make_invitation(work, person.id, person.partner_id, purpose)

    token, until = await call.write(make)
    link = f"{call.context.settings.public_url}/welcome#{token}"
    return call.created(InvitationLink(link, token, until))


@operation(
    "GET", "/people", tag=TAG, by=PEOPLE | DESK, query=queries.PeopleQuery, answer=Page[queries.PersonLine], keys=True
)
async def list_people(call: Call) -> object:
    """List the people you look after, or those of one role, by login."""
    page = call.query(queries.PeopleQuery)
    async with call.reading() as db:
        return await queries.people(db, call.actor, page)


@operation("GET", "/partners", tag=TAG, by=EVERYBODY, query=PageQuery, answer=Page[queries.PartnerLine])
async def list_partners(call: Call) -> object:
    """List partners by code; a partner's people see their own."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await queries.partners(db, call.actor, page)


@operation("GET", "/devices", tag=TAG, by=PEOPLE, query=PageQuery, answer=Page[queries.DeviceLine])
async def list_devices(call: Call) -> object:
    """List the phones of the people you look after, newest first."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await queries.devices(db, call.actor, page)

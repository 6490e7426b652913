"""People and partners: invite, change, disable; revoke a phone."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select, update

from domain.kit.actor import MANAGERS, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import AmountMinor, Code, Currency, Email, Language, Line, Login, Phone, Reason
from domain.kit.problem import InvalidRequest, Kind, NotAllowed, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import PEOPLE, own_rows, refuse_to_keep
from domain.people.model import Account, Device, Partner, SignIn
from domain.people.sessions import end_session, note

Grade = Literal["A", "B", "C"]


class LoginTaken(Problem, kind=Kind.CONFLICT):
    """Somebody already signs in with this name."""


class PartnerCodeTaken(Problem, kind=Kind.CONFLICT):
    """Another partner already has this code."""


class CreatePartner(Command, tag="partner.create", frozen=True, kw_only=True):
    """Create a service partner.

    Its grade (A, B or C) sets what it is paid; the deposit secures the parts it is lent.
    """

    code: Code
    name: Line
    grade: Grade
    region: Line
    currency: Currency
    deposit_minor: AmountMinor = 0


class InvitePerson(Command, tag="person.invite", frozen=True, kw_only=True):
    """Create an account for a person, who cannot sign in before setting a password by an invitation link.

    A partner's office invites technicians of its own partner; the office invites anybody.
    """

    login: Login
    name: Line
    role: Role
    partner_id: UUID | None = None
    email: Email = ""
    phone: Phone = ""
    language: Language = "en"


class DisablePerson(Command, tag="person.disable", frozen=True, kw_only=True):
    """Disable an account and end its sessions; what the person recorded stays."""

    account_id: UUID
    reason: Reason


class EnablePerson(Command, tag="person.enable", frozen=True, kw_only=True):
    """Let a disabled person sign in again."""

    account_id: UUID


class RevokeDevice(Command, tag="device.revoke", frozen=True, kw_only=True):
    """Revoke a lost or stolen phone: nothing is sent to it any more."""

    device_id: UUID
    reason: Reason


class Created(Answer, frozen=True, kw_only=True):
    """The id of what was created."""

    id: UUID


class Changed(Answer, frozen=True, kw_only=True):
    """The id of what was changed."""

    id: UUID


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    CreatePartner,
    by=MANAGERS,
    answer=Created,
    raises=(PartnerCodeTaken,),
    creates=True,
    example=CreatePartner(code="NORTH", name="Northern Service Ltd", grade="A", region="north", currency="EUR"),
)
async def create_partner(work: Work, cmd: CreatePartner) -> Done:
    """Add the partner unless its code is taken."""
    if await work.db.scalar(select(Partner.id).where(Partner.code == cmd.code)):
        raise PartnerCodeTaken(f"Choose another code than {cmd.code}.", partner=cmd.code)
    partner_id = new_id()
    work.db.add(
        Partner(
            id=partner_id,
            code=cmd.code,
            name=cmd.name,
            grade=cmd.grade,
            region=cmd.region,
            currency=cmd.currency,
            deposit_minor=cmd.deposit_minor,
        )
    )
    return Done(Created(id=partner_id))


@action(
    InvitePerson,
    by=PEOPLE,
    answer=Created,
    raises=(LoginTaken, NotAllowed, InvalidRequest),
    creates=True,
    example=InvitePerson(login="ann@north.example", name="Ann Berg", role=Role.TECHNICIAN, partner_id=_ID),
)
async def invite_person(work: Work, cmd: InvitePerson) -> Done:
    """Add the account if the inviter may give this role on this side."""
    if cmd.role is Role.SYSTEM:
        raise InvalidRequest("Nobody signs in as the system.", field="role")
    if work.actor.role is Role.PARTNER_OFFICE and (
        cmd.role is not Role.TECHNICIAN or cmd.partner_id not in (None, work.actor.partner_id)
    ):
        raise NotAllowed("A partner's office invites technicians of its own partner.")
    if cmd.role is Role.ADMIN and work.actor.role is not Role.ADMIN:
        raise NotAllowed("Only an admin invites an admin.")
    partner_id = work.actor.partner_id or cmd.partner_id
    if (cmd.role is Role.PARTNER_OFFICE and partner_id is None) or (
        partner_id is not None and cmd.role not in (Role.PARTNER_OFFICE, Role.TECHNICIAN)
    ):
        raise InvalidRequest("A partner's people are its office and its technicians.", field="partner_id")
    if partner_id is not None and await work.db.scalar(select(Partner.id).where(Partner.id == partner_id)) is None:
        raise InvalidRequest("There is no such partner.", field="partner_id")
    if await work.db.scalar(select(Account.id).where(Account.login == cmd.login.lower())):
        raise LoginTaken(f"Choose another login than {cmd.login}.")
    account_id = new_id()
    work.db.add(
        Account(
            id=account_id,
            login=cmd.login.lower(),
            name=cmd.name,
            role=cmd.role.value,
            partner_id=partner_id,
            email=cmd.email,
            phone=cmd.phone,
            language=cmd.language,
        )
    )
    return Done(Created(id=account_id))


async def _account(work: Work, account_id: UUID) -> UUID:
    role = await work.db.scalar(
        select(Account.role).where(Account.id == account_id, own_rows(work.actor, Account.partner_id))
    )
    if role is None:
        raise NotFound("There is no such person among those you look after.")
    refuse_to_keep(work.actor, role)
    return account_id


@action(
    DisablePerson,
    by=PEOPLE,
    answer=Changed,
    raises=(NotFound, NotAllowed),
    example=DisablePerson(account_id=_ID, reason="left the company"),
)
async def disable_person(work: Work, cmd: DisablePerson) -> Done:
    """Stamp the account as disabled and end its sessions."""
    if cmd.account_id == work.actor.account_id:
        raise NotAllowed("Nobody disables their own account.")
    account_id = await _account(work, cmd.account_id)
    await work.db.execute(update(Account).where(Account.id == account_id).values(disabled_at=work.now))
    await work.db.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_why="account disabled")
    )
    note(work, account_id, "disabled", by=str(work.actor.account_id), reason=cmd.reason)
    return Done(Changed(id=account_id))


@action(EnablePerson, by=PEOPLE, answer=Changed, raises=(NotFound, NotAllowed), example=EnablePerson(account_id=_ID))
async def enable_person(work: Work, cmd: EnablePerson) -> Done:
    """Take the stamp off again."""
    account_id = await _account(work, cmd.account_id)
    await work.db.execute(update(Account).where(Account.id == account_id).values(disabled_at=None))
    note(work, account_id, "enabled", by=str(work.actor.account_id))
    return Done(Changed(id=account_id))


@action(
    RevokeDevice,
    by=PEOPLE,
    answer=Changed,
    raises=(NotFound,),
    example=RevokeDevice(device_id=_ID, reason="stolen from the van"),
)
async def revoke_device(work: Work, cmd: RevokeDevice) -> Done:
    """Stamp the phone as revoked, with every id that was enrolled from it, and end the sessions of all.

    Locks: the phone, so that it enrols nothing any more.
    """
    device = await work.db.scalar(
        select(Device)
        .where(Device.id == cmd.device_id, own_rows(work.actor, Device.partner_id))
        .with_for_update(key_share=True)
    )
    if device is None:
        raise NotFound("There is no such phone among those you look after.")
    first = select(Device.id).where(Device.id == device.id).cte("enrolled", recursive=True)
    enrolled = first.union(select(Device.id).join(first, Device.enrolled_from == first.c.id))
    for revoked in (await work.db.scalars(select(Device).join(enrolled, enrolled.c.id == Device.id))).all():
        revoked.revoked_at = work.now
        note(work, revoked.account_id, "device-revoked", device=str(revoked.id), reason=cmd.reason)
    for session_id in (
        await work.db.scalars(
            select(SignIn.id).join(enrolled, enrolled.c.id == SignIn.device_id).where(SignIn.revoked_at.is_(None))
        )
    ).all():
        await end_session(work, session_id, "phone revoked")
    return Done(Changed(id=device.id))

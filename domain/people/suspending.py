"""A partner is suspended and resumed: meanwhile none of its people and systems gets in; what they recorded stays."""

from uuid import UUID

from sqlalchemy import select, update

from domain.kit.actor import MANAGERS
from domain.kit.command import Command, Done, action
from domain.kit.limits import Reason
from domain.kit.problem import NotFound
from domain.kit.work import Work
from domain.people.actions import Changed
from domain.people.model import Partner, SignIn

_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


class SuspendPartner(Command, tag="partner.suspend", frozen=True, kw_only=True):
    """Suspend a service partner: its sessions end, and neither its people nor its API keys get in.

    It is given no work meanwhile. What its phones still hold goes to the quarantine for thirty days, or is sent as
    usual once it is resumed; a claim that is opened meanwhile waits for review as one of who is not authorised, and
    nothing is paid before.
    """

    partner_id: UUID
    reason: Reason


class ResumePartner(Command, tag="partner.resume", frozen=True, kw_only=True):
    """Let a suspended partner work again: its people sign in, its API keys hold as before."""

    partner_id: UUID
    reason: Reason


@action(
    SuspendPartner,
    by=MANAGERS,
    answer=Changed,
    raises=(NotFound,),
    example=SuspendPartner(partner_id=_ID, reason="claims under inquiry"),
)
async def suspend_partner(work: Work, cmd: SuspendPartner) -> Done:
    """Stamp the partner and end its sessions; one that is suspended keeps its first stamp.

    Locks: the partner.
    """
    partner = await _partner(work, cmd.partner_id)
    if partner.suspended_at is None:
        partner.suspended_at = work.now
    await work.db.execute(
        update(SignIn)
        .where(SignIn.partner_id == partner.id, SignIn.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_why="partner suspended")
    )
    return Done(Changed(id=partner.id))


@action(
    ResumePartner,
    by=MANAGERS,
    answer=Changed,
    raises=(NotFound,),
    example=ResumePartner(partner_id=_ID, reason="the inquiry found nothing"),
)
async def resume_partner(work: Work, cmd: ResumePartner) -> Done:
    """Take the stamp off.

    Locks: the partner.
    """
    partner = await _partner(work, cmd.partner_id)
    partner.suspended_at = None
    return Done(Changed(id=partner.id))


async def _partner(work: Work, partner_id: UUID) -> Partner:
    found = await work.db.scalar(select(Partner).where(Partner.id == partner_id).with_for_update(key_share=True))
    if found is None:
        raise NotFound("There is no such partner.")
    return found

"""Which units a principal may know through jobs, and whom a change of a unit concerns."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from domain.jobs.model import Job
from domain.kit.actor import Actor, Role
from domain.kit.work import Work
from domain.people.access import own_rows

_OVER = ("completed", "cancelled")


def own_units(actor: Actor) -> Select[UUID] | None:
    """Return the select of the units a partner's people have a job on that is not over; None for our own people."""
    if actor.partner_id is None:
        return None
    own = select(Job.unit_id).where(own_rows(actor, Job.partner_id), Job.state.not_in(_OVER))
    if actor.role is Role.TECHNICIAN:
        own = own.where(or_(Job.technician_id == actor.account_id, Job.technician_id.is_(None)))
    return own


async def tell_technicians(work: Work, cmd: Any) -> None:
    """Send the jobs on a changed unit to the phones that hold them."""
    concerned = select(Job.id, Job.technician_id, Job.partner_id).where(
        Job.unit_id == cmd.unit_id, Job.state.not_in(_OVER)
    )
    for job_id, technician_id, partner_id in (await work.db.execute(concerned)).all():
        if technician_id is not None:
            work.changes.touch(technician_id, partner_id, "job", job_id)

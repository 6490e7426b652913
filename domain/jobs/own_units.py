"""Which units a principal may know through jobs, and whom a change of a unit concerns."""

from typing import Any

from sqlalchemy import bindparam, or_, select

from domain.installs.model import WarrantyChange
from domain.installs.queries import Own
from domain.jobs.model import Job
from domain.jobs.scope import tell_jobs_on
from domain.kit.actor import Actor, Role
from domain.kit.work import Work

_OVER = ("completed", "cancelled")


_OF_PARTNER = select(Job.unit_id).where(
    Job.partner_id == bindparam("own_partner"), *(Job.state != state for state in _OVER)
)
_OF_TECHNICIAN = _OF_PARTNER.where(or_(Job.technician_id == bindparam("own_technician"), Job.technician_id.is_(None)))


def own_units(actor: Actor) -> Own | None:
    """Return the units a partner's people have a job on that is not over; None stands for our own people's all."""
    if actor.partner_id is None:
        return None
    if actor.role is Role.PARTNER_OFFICE:
        return Own(_OF_PARTNER, {"own_partner": actor.partner_id})
    return Own(_OF_TECHNICIAN, {"own_partner": actor.partner_id, "own_technician": actor.account_id})


async def tell_technicians(work: Work, cmd: Any) -> None:
    """Send the jobs on a changed unit to the phones that hold them; what a partner proposes changes none."""
    if work.actor.partner_id is None:
        await tell_jobs_on(work, cmd.unit_id)


async def tell_of_cover(work: Work, cmd: Any) -> None:
    """Send the jobs on a unit whose cover was decided about to the phones that hold them."""
    unit_id = await work.db.scalar(select(WarrantyChange.unit_id).where(WarrantyChange.id == cmd.change_id))
    if unit_id is not None:
        await tell_jobs_on(work, unit_id)

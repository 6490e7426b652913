"""Erasing who asked for service: after the time such requests are kept, when a manager says so, or with a report.

Name, number, wish and photo go, and name and number from the job that was made of the request. What stays names nobody:
the request's number, the machine on the label, when it came and what became of it. What the job is about stays too.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.jobs.request_model import ServiceRequest
from domain.jobs.requests import RequestChanged
from domain.jobs.scope import tell_job
from domain.jobs.visits import lock_job
from domain.kit.actor import MANAGERS
from domain.kit.command import Command, Done, action
from domain.kit.files import FORGET, ForgetFile
from domain.kit.limits import Reason
from domain.kit.problem import NotFound
from domain.kit.read import AnySelect
from domain.kit.work import Work

FORGET_REQUESTS = "service_request.forget"
"""The worker's task that erases who asked long ago."""
ERASED_AT_ONCE = 100


class EraseServiceRequest(Command, tag="service_request.erase", frozen=True, kw_only=True):
    """Erase who asked for service, for good: name, phone, wish and photo, also from the job that was made of it.

    One that nobody decided about cannot be accepted any more, only dismissed.
    """

    request_id: UUID
    reason: Reason


@action(
    EraseServiceRequest,
    by=MANAGERS,
    answer=RequestChanged,
    raises=(NotFound,),
    example=EraseServiceRequest(
        request_id=UUID("0198c5b0-0000-7000-8000-000000000001"), reason="Asked for in writing on 3 March"
    ),
)
async def erase_service_request(work: Work, cmd: EraseServiceRequest) -> Done:
    """Erase it once; doing it again changes nothing.

    Locks: the request, then its job.
    """
    found = await work.db.scalar(_locked(select(ServiceRequest).where(ServiceRequest.id == cmd.request_id)))
    if found is None:
        raise NotFound("There is no such request.")
    await _erase(work, [found] if found.erased_at is None else [])
    return Done(RequestChanged(id=found.id, state=found.state, job_id=found.job_id))


async def erase_requests_of_job(work: Work, job_id: UUID) -> None:
    """Erase who asked for a job, if it was made of a request.

    Locks: the request, then the job.
    """
    of_job = select(ServiceRequest).where(ServiceRequest.job_id == job_id, ServiceRequest.erased_at.is_(None))
    await _erase(work, (await work.db.scalars(_locked(of_job))).all())


async def erase_old_requests(work: Work, kept_for: dt.timedelta) -> int:
    """Erase some of the requests that were decided, or else received, longer ago; returns how many: none at the end.

    Locks: the requests that nobody else is at, then their jobs.
    """
    since = func.coalesce(ServiceRequest.decided_at, ServiceRequest.received_at)
    old = select(ServiceRequest).where(ServiceRequest.erased_at.is_(None), since < work.now - kept_for)
    some = old.order_by(since).limit(ERASED_AT_ONCE).with_for_update(key_share=True, skip_locked=True)
    found = (await work.db.scalars(some)).all()
    await _erase(work, found)
    return len(found)


def _locked(query: AnySelect) -> AnySelect:
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


async def _erase(work: Work, requests: Sequence[ServiceRequest]) -> None:
    for one in sorted(requests, key=lambda one: str(one.job_id)):
        if one.job_id is not None:
            await _erase_from_job(work, one.job_id, one.caller)
        if one.photo_sha256 is not None:
            await work.enqueue(FORGET, ForgetFile(one.photo_sha256))
        one.name = one.phone = one.wish = ""
        one.photo_sha256 = None
        one.erased_at = work.now


async def _erase_from_job(work: Work, job_id: UUID, caller: str) -> None:
    job = await lock_job(work, job_id)
    if job is not None and caller in job.problem:
        job.problem = job.problem.replace(caller, "").strip()
        await tell_job(work, job)

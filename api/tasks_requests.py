"""Background work on service requests."""

import datetime as dt

import msgspec

from api.context import Context
from api.worker import task
from domain.jobs.request_erasing import FORGET_REQUESTS, erase_old_requests
from domain.jobs.requests import UNDERSTAND_REQUEST, UnderstandRequest, understand_request
from domain.kit.actor import SYSTEM
from domain.kit.work import transact


@task(UNDERSTAND_REQUEST)
async def find_out_machine(context: Context, payload: bytes) -> None:
    """Find out which machine a request is about."""
    request_id = msgspec.json.decode(payload, type=UnderstandRequest).request_id
    await transact(context.database, SYSTEM, lambda work: understand_request(work, request_id))


@task(FORGET_REQUESTS)
async def forget_requests(context: Context, payload: bytes) -> None:
    """Erase who asked for service longer ago than such requests are kept."""
    kept_for = dt.timedelta(days=context.settings.requests_kept_days)
    erased = 1
    while erased:
        erased = await transact(
            context.database, SYSTEM, lambda work: erase_old_requests(work, kept_for), queue=context.queue
        )

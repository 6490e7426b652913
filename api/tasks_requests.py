"""Background work on service requests."""

import msgspec

from api.context import Context
from api.worker import task
from domain.jobs.requests import UNDERSTAND_REQUEST, UnderstandRequest, understand_request
from domain.kit.actor import SYSTEM
from domain.kit.work import transact


@task(UNDERSTAND_REQUEST)
async def find_out_machine(context: Context, payload: bytes) -> None:
    """Find out which machine a request is about."""
    request_id = msgspec.json.decode(payload, type=UnderstandRequest).request_id
    await transact(context.database, SYSTEM, lambda work: understand_request(work, request_id))

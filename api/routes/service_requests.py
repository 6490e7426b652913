"""The office's side of service requests."""

from uuid import UUID

import msgspec

from api.operation import Call, Reply, command_operation, operation
from api.routes.digital_link import TAG
from domain.jobs import request_erasing, requests
from domain.jobs.request_queries import RequestLine, RequestQuery, photo_of_request, service_requests
from domain.kit.actor import OFFICE
from domain.kit.page import Page
from domain.kit.problem import NotFound

command_operation("/service-requests/accept", TAG, requests.accept_service_request)
command_operation("/service-requests/dismiss", TAG, requests.dismiss_service_request)
command_operation("/service-requests/erase", TAG, request_erasing.erase_service_request)


class WhichRequest(msgspec.Struct, frozen=True):
    """The id of a request."""

    id: UUID


@operation("GET", "/service-requests", tag=TAG, by=OFFICE, query=RequestQuery, answer=Page[RequestLine])
async def list_service_requests(call: Call) -> object:
    """List the requests for service, newest first, with the unit that was meant where there is one."""
    page = call.query(RequestQuery)
    async with call.reading() as db:
        return await service_requests(db, page)


@operation(
    "GET",
    "/service-requests/{id:uuid}/photo",
    tag=TAG,
    by=OFFICE,
    params=WhichRequest,
    answer=bytes,
    media="image/jpeg",
    problems=(NotFound,),
)
async def show_request_photo(call: Call) -> object:
    """Show the photo that came with a request, drawn afresh without its metadata."""
    async with call.reading() as db:
        sha256 = await photo_of_request(db, call.params(WhichRequest).id)
    content = None if sha256 is None else await call.context.blobs.get(sha256)
    if content is None:
        raise NotFound("No photo came with such a request.")
    headers = {"content-disposition": "inline", "x-content-type-options": "nosniff"}
    return Reply(content, media="image/jpeg", headers=headers)

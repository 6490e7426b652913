"""Work that waits for a decision, a phone's operations for support, and what lies in quarantine."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.kit.page import Page, PageQuery
from domain.operations import actions, queries
from domain.people.access import DESK, PEOPLE

TAG = "recorded work"

command_operation("/recorded-work/decide", TAG, actions.decide_recorded_work)


class DeviceId(msgspec.Struct, frozen=True):
    """A phone's id in the path."""

    id: UUID


@operation(
    "GET",
    "/recorded-work",
    tag=TAG,
    by=DESK,
    query=queries.RecordedWorkQuery,
    answer=Page[queries.RecordedWorkLine],
    etag=True,
)
async def list_recorded_work(call: Call) -> object:
    """List work that technicians recorded after its job went away, or that could not be applied as it came.

    The oldest first, with what was sent. Accept or decline it with one call; the phone is told.
    """
    async with call.reading() as db:
        return await queries.recorded_work(db, call.actor, call.query(queries.RecordedWorkQuery))


@operation(
    "GET",
    "/devices/{id:uuid}/operations",
    tag=TAG,
    by=PEOPLE,
    params=DeviceId,
    query=PageQuery,
    answer=Page[queries.DeviceOperationLine],
    etag=True,
)
async def list_device_operations(call: Call) -> object:
    """List what a phone sent, for support: number, fate, reason and clocks of each operation, the newest first."""
    async with call.reading() as db:
        return await queries.operations_of(db, call.actor, call.params(DeviceId).id, call.query(PageQuery))


@operation(
    "GET",
    "/quarantine",
    tag=TAG,
    by=PEOPLE,
    query=PageQuery,
    answer=Page[queries.QuarantineLine],
    etag=True,
)
async def list_quarantine(call: Call) -> object:
    """List what arrived and could not become an entry: other content under a known id, unreadable, a revoked phone."""
    async with call.reading() as db:
        return await queries.quarantine(db, call.actor, call.query(PageQuery))

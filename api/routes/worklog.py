"""The job sheet: its lines, and completing the visit."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.kit.problem import NotFound
from domain.people.access import EVERYBODY
from domain.worklog import actions, completion, queries, repairs

TAG = "job sheet"

command_operation("/times", TAG, actions.log_time)
command_operation("/parts-used", TAG, repairs.use_part)
command_operation("/expenses", TAG, actions.add_expense)
command_operation("/faults", TAG, repairs.record_fault)
command_operation("/readings", TAG, actions.record_reading)
command_operation("/photos", TAG, actions.add_photo)
command_operation("/lines/void", TAG, actions.void_line)
command_operation("/visits/complete", TAG, completion.complete_visit)


class VisitId(msgspec.Struct, frozen=True):
    """A visit's id in the path."""

    id: UUID


@operation(
    "GET",
    "/visits/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=VisitId,
    answer=queries.VisitSheet,
    problems=(NotFound,),
    etag=True,
    keys=True,
)
async def show_sheet(call: Call) -> object:
    """Show the whole job sheet of a visit, lines that were taken back included."""
    async with call.reading() as db:
        sheet = await queries.sheet(db, call.actor, call.params(VisitId).id)
    if sheet is None:
        raise NotFound("There is no such visit among yours.")
    return sheet

"""Reports after they were frozen: amended, approved, withdrawn, freed of names; and how that can be read."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.operation import Call, command_operation, operation
from api.routes.reports import TAG, OfVisit
from domain.kit.page import Page
from domain.kit.problem import NotFound
from domain.people.access import EVERYBODY, PARTNER_DESK
from domain.reports import amendments, erasing, revisions

Revision = Annotated[int, Meta(ge=1, le=9999)]

command_operation("/reports/amend", TAG, amendments.amend_report)
command_operation("/reports/withdraw", TAG, amendments.withdraw_report)
command_operation("/reports/decide", TAG, amendments.decide_amendment)
command_operation("/reports/erase", TAG, erasing.erase_personal_part)


class Compared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which two revisions."""

    before: Revision = 1
    after: Revision = 2


@operation(
    "GET",
    "/reports/{visit_id:uuid}/revisions",
    tag=TAG,
    by=EVERYBODY,
    params=OfVisit,
    answer=revisions.ReportLife,
    problems=(NotFound,),
    etag=True,
)
async def list_revisions(call: Call) -> object:
    """List the revisions of a visit's report with their states, and what was asked about it.

    Each revision but the first names the one it took the place of, and why. A visit that is not completed has a draft.
    """
    async with call.reading() as db:
        found = await revisions.life_of(db, call.actor, call.params(OfVisit).visit_id)
    if found is None:
        raise NotFound("There is no such visit among yours.")
    return found


@operation(
    "GET",
    "/reports/{visit_id:uuid}/difference",
    tag=TAG,
    by=EVERYBODY,
    params=OfVisit,
    query=Compared,
    answer=revisions.Difference,
    problems=(NotFound,),
    etag=True,
)
async def compare_revisions(call: Call) -> object:
    """Show what one revision of a report says otherwise than another, field by field."""
    asked = call.query(Compared)
    async with call.reading() as db:
        visit_id = call.params(OfVisit).visit_id
        found = await revisions.difference(db, call.actor, visit_id, asked.before, asked.after)
    if found is None:
        raise NotFound("There is no such revision of a report among yours.")
    return found


@operation(
    "GET",
    "/report-amendments",
    tag=TAG,
    by=PARTNER_DESK,
    query=revisions.AmendmentQuery,
    answer=Page[revisions.AmendmentLine],
)
async def list_amendments(call: Call) -> object:
    """List what was asked about reports, newest first: what waits for a second person, or what was decided."""
    page = call.query(revisions.AmendmentQuery)
    async with call.reading() as db:
        return await revisions.amendments(db, call.actor, page)

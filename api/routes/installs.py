"""The install base: units, found by serial, model, owner or a caller's number."""

from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.installs import actions, corrections, labels, queries, tags, warranty_changes
from domain.installs.queries import UnitQuery
from domain.jobs.own_units import own_units
from domain.kit.actor import OFFICE, Role
from domain.kit.limits import Code, Serial
from domain.kit.page import Page, PageQuery
from domain.kit.problem import Kind, NotFound, Problem
from domain.people.access import EVERYBODY, FIELD

TAG = "install base"

command_operation("/units", TAG, actions.register_unit)
command_operation("/units/confirm", TAG, actions.confirm_unit)
command_operation("/units/move", TAG, actions.move_unit)
command_operation("/units/status", TAG, actions.set_unit_status)
command_operation("/units/correct", TAG, corrections.correct_unit)
command_operation("/warranty-changes/decide", TAG, warranty_changes.decide_warranty_change)
command_operation("/tags", TAG, tags.issue_tag)
command_operation("/tags/revoke", TAG, tags.revoke_tag)


class SeveralUnits(Problem, kind=Kind.CONFLICT):
    """Units of several models have this serial; say which model."""


class WhichUnit(msgspec.Struct, frozen=True):
    """The id of a unit."""

    id: UUID


class WhichSerial(msgspec.Struct, frozen=True):
    """A serial as it is printed; blanks, dashes and capitals do not matter."""

    serial: Serial


class OfModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model's code, where several models share a serial."""

    model: Code | None = None


def _none() -> NotFound:
    return NotFound("There is no such unit, or none that you have a job on.")


@operation("GET", "/units", tag=TAG, by=OFFICE, query=UnitQuery, answer=Page[queries.UnitLine])
async def search_units(call: Call) -> object:
    """Search the install base by how a serial begins, by model, by customer, or by a caller's phone number.

    For the office only: a search is how serials would be harvested.
    """
    page = call.query(UnitQuery)
    async with call.reading() as db:
        return await queries.units(db, page)


@operation(
    "GET",
    "/units/by-serial/{serial:str}",
    tag=TAG,
    by=EVERYBODY,
    params=WhichSerial,
    query=OfModel,
    answer=queries.UnitCard,
    problems=(NotFound, SeveralUnits),
    etag=True,
)
async def unit_by_serial(call: Call) -> object:
    """Show the unit with a serial.

    A partner's people are shown the units they have a job on; any other serial, known or not, is not found alike.
    """
    serial, model = call.params(WhichSerial).serial, call.query(OfModel).model
    async with call.reading() as db:
        found = await queries.units_by_serial(db, serial, own_units(call.actor))
    fitting = found if model is None else [unit for unit in found if unit.model == model]
    if not fitting:
        raise _none()
    if len(fitting) > 1:
        raise SeveralUnits("Add ?model= with one of these.", models=sorted(unit.model for unit in fitting))
    return fitting[0]


@operation(
    "GET",
    "/units/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=WhichUnit,
    answer=queries.UnitSheet,
    problems=(NotFound,),
    etag=True,
)
async def show_unit(call: Call) -> object:
    """Show a unit with its owner, its site and the components in it."""
    async with call.reading() as db:
        found = await queries.unit(db, call.params(WhichUnit).id, own_units(call.actor))
    if found is None:
        raise _none()
    return found


@operation(
    "GET",
    "/units/{id:uuid}/moves",
    tag=TAG,
    by=OFFICE | FIELD,
    params=WhichUnit,
    query=PageQuery,
    answer=Page[queries.MoveLine],
    problems=(NotFound,),
)
async def list_moves(call: Call) -> object:
    """List the dated changes of a unit, newest first: owner, site, status, component, warranty, with their authors.

    For our own people.
    """
    page = call.query(PageQuery)
    if call.actor.role is Role.TECHNICIAN and call.actor.partner_id is not None:
        raise _none()
    async with call.reading() as db:
        return await queries.moves(db, call.params(WhichUnit).id, page)


@operation(
    "GET",
    "/warranty-changes",
    tag=TAG,
    by=OFFICE,
    query=warranty_changes.ChangeQuery,
    answer=Page[warranty_changes.ChangeLine],
)
async def list_warranty_changes(call: Call) -> object:
    """List the changes of claimed units' cover, newest first: what waits for a second person, and what was decided."""
    page = call.query(warranty_changes.ChangeQuery)
    async with call.reading() as db:
        return await warranty_changes.warranty_changes(db, page)


class WhichTag(msgspec.Struct, frozen=True):
    """The id of a label."""

    id: UUID


@operation("GET", "/tags", tag=TAG, by=tags.LABELLERS, query=labels.LabelQuery, answer=Page[labels.LabelLine])
async def list_tags(call: Call) -> object:
    """List the labels that were issued, newest first; for one unit or for all."""
    page = call.query(labels.LabelQuery)
    async with call.reading() as db:
        return await labels.labels(db, page)


@operation(
    "GET",
    "/tags/{id:uuid}",
    tag=TAG,
    by=tags.LABELLERS,
    params=WhichTag,
    answer=labels.LabelText,
    problems=(NotFound, labels.TagOutdated),
)
async def show_tag(call: Call) -> object:
    """Show what a label says, to be printed: the GS1 Digital Link with its tag code.

    The code is made anew from our key each time; what is stored of it is a hash.
    """
    host = urlsplit(call.context.settings.public_url).netloc
    async with call.reading() as db:
        found = await labels.label(db, call.context.signer, host, call.params(WhichTag).id)
    if found is None:
        raise NotFound("There is no such label.")
    return found

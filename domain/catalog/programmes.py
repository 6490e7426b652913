"""Warranty programmes: making one, giving models to it, and reading its dated versions."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model, Programme, ProgrammeVersion
from domain.catalog.queries import CatalogueQuery, by_code
from domain.kit.actor import MANAGERS
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import Code, Line, Reason
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work


class ProgrammeCodeTaken(Problem, kind=Kind.CONFLICT):
    """Another programme has this code."""


class CreateProgramme(Command, tag="programme.create", frozen=True, kw_only=True):
    """Add a warranty programme; until it has a version every limit and mode is the gate's own."""

    code: Code
    name: Line


class AssignProgramme(Command, tag="programme.assign", frozen=True, kw_only=True):
    """Give a model to a warranty programme, or to none.

    Claims that are judged from now on go by it; what was judged before keeps the limits it was judged by.
    """

    model_id: UUID
    programme_id: UUID | None
    reason: Reason


class ProgrammeCreated(Answer, frozen=True, kw_only=True):
    """The id of the new programme."""

    id: UUID


class ProgrammeAssigned(Answer, frozen=True, kw_only=True):
    """The model, the programme it has now and the one it had."""

    model_id: UUID
    programme_id: UUID | None
    former_programme_id: UUID | None


class ProgrammeAssignment(msgspec.Struct, frozen=True):
    """For the journal: which programme a model had and has."""

    before: UUID | None
    after: UUID | None


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    CreateProgramme,
    by=MANAGERS,
    answer=ProgrammeCreated,
    raises=(ProgrammeCodeTaken,),
    creates=True,
    example=CreateProgramme(code="STANDARD", name="Standard warranty"),
)
async def create_programme(work: Work, cmd: CreateProgramme) -> Done:
    """Add the programme unless its code is taken."""
    if await work.db.scalar(select(Programme.id).where(Programme.code == cmd.code)):
        raise ProgrammeCodeTaken(f"Choose another code than {cmd.code}.", programme=cmd.code)
    programme_id = new_id()
    work.db.add(Programme(id=programme_id, code=cmd.code, name=cmd.name))
    return Done(ProgrammeCreated(id=programme_id))


@action(
    AssignProgramme,
    by=MANAGERS,
    answer=ProgrammeAssigned,
    raises=(NotFound,),
    example=AssignProgramme(model_id=_ID, programme_id=_ID, reason="sold with the new terms"),
)
async def assign_programme(work: Work, cmd: AssignProgramme) -> Done:
    """Put the model under the programme; the journal keeps which one it had.

    Locks: the model.
    """
    model = await work.db.scalar(select(Model).where(Model.id == cmd.model_id).with_for_update(key_share=True))
    if model is None:
        raise NotFound("There is no such model.")
    if cmd.programme_id is not None and await work.db.get(Programme, cmd.programme_id) is None:
        raise NotFound("There is no such programme.")
    former, model.programme_id = model.programme_id, cmd.programme_id
    answer = ProgrammeAssigned(model_id=model.id, programme_id=cmd.programme_id, former_programme_id=former)
    return Done(answer, ProgrammeAssignment(former, cmd.programme_id))


class VersionQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which versions: those of a programme."""

    programme_id: UUID


class ProgrammeLine(msgspec.Struct, frozen=True):
    """A programme as the lists show it, with how many models it has."""

    id: UUID
    code: str
    name: str
    models: int


class ProgrammeModelLine(msgspec.Struct, frozen=True):
    """A model and the programme whose limits and modes its claims go by."""

    id: UUID
    code: str
    name: str
    name_zh: str
    product_line: str
    programme_id: UUID | None


class ProgrammeVersionLine(msgspec.Struct, frozen=True):
    """Limits and modes of a programme from a day on, who set them and why; nobody where they were imported."""

    id: UUID
    programme_id: UUID
    from_on: dt.date
    limits: dict[str, Any]
    modes: dict[str, Any]
    reason: str
    set_by: UUID | None
    set_at: dt.datetime


_MODELS = select(func.count()).where(Model.programme_id == Programme.id).scalar_subquery()
_PROGRAMMES = Read(ProgrammeLine, select(Programme.id, Programme.code, Programme.name, _MODELS.label("models")))
_OF_MODELS = Read(
    ProgrammeModelLine,
    select(Model.id, Model.code, Model.name, Model.name_zh, Model.product_line, Model.programme_id),
)
_VERSIONS = Read(
    ProgrammeVersionLine,
    select(
        ProgrammeVersion.id,
        ProgrammeVersion.programme_id,
        ProgrammeVersion.from_on,
        ProgrammeVersion.limits,
        ProgrammeVersion.modes,
        ProgrammeVersion.reason,
        ProgrammeVersion.set_by,
        ProgrammeVersion.set_at,
    ),
)


async def programmes(db: AsyncConnection, page: PageQuery) -> Page[ProgrammeLine]:
    """Return a page of programmes by code."""
    statement = _PROGRAMMES.statement
    if page.cursor:
        (code,) = read_cursor(page.cursor, str)
        statement = statement.where(Programme.code > code)
    rows = await _PROGRAMMES.all(db, statement.order_by(Programme.code).limit(page.limit + 1))
    return page_of(rows, page.limit, "code")


async def models(db: AsyncConnection, page: CatalogueQuery) -> Page[ProgrammeModelLine]:
    """Return a page of models by code, each with its programme; for the office alone."""
    return page_of(await _OF_MODELS.all(db, by_code(_OF_MODELS.statement, Model, page)), page.limit, "code")


async def versions(db: AsyncConnection, page: VersionQuery) -> Page[ProgrammeVersionLine]:
    """Return a page of a programme's versions, the latest first; of one day the one that holds comes first."""
    key = ProgrammeVersion.from_on, ProgrammeVersion.set_at
    statement = _VERSIONS.statement.where(ProgrammeVersion.programme_id == page.programme_id)
    if page.cursor:
        from_on, set_at = read_cursor(page.cursor, dt.date, dt.datetime)
        earlier = (key[0] < from_on) | ((key[0] == from_on) & (key[1] < set_at))
        statement = statement.where(earlier)
    latest = statement.order_by(*(column.desc() for column in key)).limit(page.limit + 1)
    return page_of(await _VERSIONS.all(db, latest), page.limit, "from_on", "set_at")

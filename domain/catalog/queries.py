"""What can be read of the catalogue: models with their components, parts, fault codes, labour operations."""

from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import FaultCode, FaultGroup, LabourOperation, Model, ModelComponent, Part
from domain.kit.limits import OptionalLine
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.read import AnySelect, Read

components_max = 500


class CatalogueQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page, and words that the code or a name contains."""

    search: OptionalLine = ""


class ModelLine(msgspec.Struct, frozen=True):
    """A model as the lists show it."""

    id: UUID
    code: str
    gtin: str | None
    name: str
    name_zh: str
    product_line: str


class ComponentLine(msgspec.Struct, frozen=True):
    """A component of a model; ``designator`` says whether a repair must name its place, and in what form."""

    id: UUID
    code: str
    name: str
    name_zh: str
    designator: str
    designator_pattern: str
    serialised: bool


class ModelCard(msgspec.Struct, frozen=True):
    """A model with what it is built of."""

    model: ModelLine
    serial_pattern: str
    components: list[ComponentLine]


class PartLine(msgspec.Struct, frozen=True):
    """A spare part as the lists show it."""

    id: UUID
    number: str
    name: str
    name_zh: str
    unit_of_measure: str
    claimable: bool
    key_part: bool
    serialised: bool


class FaultCodeLine(msgspec.Struct, frozen=True):
    """A fault code with its group."""

    id: UUID
    code: str
    name: str
    name_zh: str
    group: str
    group_name: str
    no_fault_found: bool


class LabourOperationLine(msgspec.Struct, frozen=True):
    """A repair item with its standard minutes."""

    id: UUID
    code: str
    name: str
    name_zh: str
    standard_minutes: int


_MODELS = Read(ModelLine, select(Model.id, Model.code, Model.gtin, Model.name, Model.name_zh, Model.product_line))
_COMPONENTS = Read(
    ComponentLine,
    select(
        ModelComponent.id,
        ModelComponent.code,
        ModelComponent.name,
        ModelComponent.name_zh,
        ModelComponent.designator,
        ModelComponent.designator_pattern,
        ModelComponent.serialised,
    ),
)
_PARTS = Read(
    PartLine,
    select(
        Part.id,
        Part.number,
        Part.name,
        Part.name_zh,
        Part.unit_of_measure,
        Part.claimable,
        Part.key_part,
        Part.serialised,
    ),
)
_FAULT_CODES = Read(
    FaultCodeLine,
    select(
        FaultCode.id,
        FaultCode.code,
        FaultCode.name,
        FaultCode.name_zh,
        FaultGroup.code.label("group"),
        FaultGroup.name.label("group_name"),
        FaultCode.no_fault_found,
    ).join(FaultGroup, FaultGroup.id == FaultCode.fault_group_id),
)
_LABOUR = Read(
    LabourOperationLine,
    select(
        LabourOperation.id,
        LabourOperation.code,
        LabourOperation.name,
        LabourOperation.name_zh,
        LabourOperation.standard_minutes,
    ),
)


def by_code(statement: AnySelect, kind: type[Model | FaultCode | LabourOperation], page: CatalogueQuery) -> AnySelect:
    """Narrow a statement to a page by code, and to the rows that hold the words."""
    if page.search:
        words = (kind.code, kind.name, kind.name_zh)
        statement = statement.where(or_(*(word.icontains(page.search, autoescape=True) for word in words)))
    if page.cursor:
        (code,) = read_cursor(page.cursor, str)
        statement = statement.where(kind.code > code)
    return statement.order_by(kind.code).limit(page.limit + 1)


async def models(db: AsyncConnection, page: CatalogueQuery) -> Page[ModelLine]:
    """Return a page of models by code."""
    return page_of(await _MODELS.all(db, by_code(_MODELS.statement, Model, page)), page.limit, "code")


async def model(db: AsyncConnection, model_id: UUID) -> ModelCard | None:
    """Return one model with its components, or None."""
    found = await _MODELS.first(db, _MODELS.statement.where(Model.id == model_id))
    if found is None:
        return None
    pattern = await db.scalar(select(Model.serial_pattern).where(Model.id == model_id))
    components = _COMPONENTS.statement.where(ModelComponent.model_id == model_id).order_by(ModelComponent.code)
    return ModelCard(found, pattern or "", await _COMPONENTS.all(db, components.limit(components_max)))


async def parts(db: AsyncConnection, page: CatalogueQuery) -> Page[PartLine]:
    """Return a page of parts by number."""
    statement = _PARTS.statement
    if page.search:
        words = (Part.number, Part.name, Part.name_zh)
        statement = statement.where(or_(*(word.icontains(page.search, autoescape=True) for word in words)))
    if page.cursor:
        (number,) = read_cursor(page.cursor, str)
        statement = statement.where(Part.number > number)
    return page_of(await _PARTS.all(db, statement.order_by(Part.number).limit(page.limit + 1)), page.limit, "number")


async def fault_codes(db: AsyncConnection, page: CatalogueQuery) -> Page[FaultCodeLine]:
    """Return a page of fault codes by code, each with its group."""
    return page_of(await _FAULT_CODES.all(db, by_code(_FAULT_CODES.statement, FaultCode, page)), page.limit, "code")


async def labour_operations(db: AsyncConnection, page: CatalogueQuery) -> Page[LabourOperationLine]:
    """Return a page of labour operations by code."""
    return page_of(await _LABOUR.all(db, by_code(_LABOUR.statement, LabourOperation, page)), page.limit, "code")

"""The catalogue and the codes as phones hold them: parts, models with their components, fault codes, labour operations.

Each kind is one statement (a model two), however many rows are asked for. A snapshot reads the same columns as a pull.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import FaultCode, FaultGroup, LabourOperation, Model, ModelComponent, Part
from domain.catalog.queries import ComponentLine
from domain.kit.actor import Actor
from domain.kit.feeds import FeedEntry
from domain.kit.read import AnySelect, Prepared, Read


class PartRow(msgspec.Struct, frozen=True):
    """A spare part."""

    id: UUID
    number: str
    name: str
    name_zh: str
    unit_of_measure: str
    claimable: bool
    key_part: bool
    serialised: bool


class ModelRow(msgspec.Struct, frozen=True):
    """A product model with what it is built of; ``serial_pattern`` is the maker's format of its serials."""

    id: UUID
    code: str
    gtin: str | None
    name: str
    name_zh: str
    product_line: str
    serial_pattern: str
    components: list[ComponentLine]


class FaultCodeRow(msgspec.Struct, frozen=True):
    """A fault code with its group: the codes that mean the same repair."""

    id: UUID
    code: str
    name: str
    name_zh: str
    group_code: str
    group_name: str
    group_name_zh: str
    no_fault_found: bool


class LabourOperationRow(msgspec.Struct, frozen=True):
    """A repair item with its standard minutes."""

    id: UUID
    code: str
    name: str
    name_zh: str
    standard_minutes: int


Shaped = Callable[[AsyncConnection, list[Any]], Awaitable[list[Any]]]
_IDS = bindparam("ids", type_=ARRAY(Uuid()))


class SharedKind:
    """One kind of rows of a shared feed, read many at once: by their ids, or all that are live in order of ids."""

    def __init__(self, feed: str, name: str, statement: AnySelect, shaped: Shaped) -> None:
        self.feed = feed
        self.name = name
        self._shaped = shaped
        key = statement.selected_columns.id
        live = (FeedEntry.feed == feed, FeedEntry.kind == name, FeedEntry.entity_id == key, FeedEntry.removed.is_(None))
        self._of_ids = Prepared(statement.where(key == func.any(_IDS)), "ids")
        self._after = Prepared(
            statement.where(exists().where(*live), key > bindparam("after", type_=Uuid()))
            .order_by(key)
            .limit(bindparam("count", type_=BigInteger())),
            "after",
            "count",
        )

    async def of_ids(self, db: AsyncConnection, _: Actor, ids: list[UUID]) -> dict[UUID, msgspec.Struct]:
        """Return the rows with these ids; everybody may read them all."""
        return {row.id: row for row in await self._shaped(db, await self._of_ids.all(db, {"ids": ids}))}

    async def after(self, db: AsyncConnection, last: UUID, count: int) -> list[Any]:
        """Return the first ``count`` live rows whose ids come after ``last``."""
        return await self._shaped(db, await self._after.all(db, {"after": last, "count": count}))


def _as(shape: type[msgspec.Struct], statement: AnySelect) -> tuple[AnySelect, Shaped]:
    read = Read(shape, statement)

    async def shaped(_: AsyncConnection, found: list[Any]) -> list[Any]:
        return [read.shape(*row) for row in found]

    return read.statement, shaped


_COMPONENTS = Prepared(
    select(
        ModelComponent.model_id,
        ModelComponent.id,
        ModelComponent.code,
        ModelComponent.name,
        ModelComponent.name_zh,
        ModelComponent.designator,
        ModelComponent.designator_pattern,
        ModelComponent.serialised,
    )
    .where(ModelComponent.model_id == func.any(_IDS))
    .order_by(ModelComponent.code, ModelComponent.id),
    "ids",
)


async def _models(db: AsyncConnection, found: list[Any]) -> list[Any]:
    components: dict[UUID, list[ComponentLine]] = {}
    for model_id, *component in await _COMPONENTS.all(db, {"ids": [row[0] for row in found]}):
        components.setdefault(model_id, []).append(ComponentLine(*component))
    return [ModelRow(*(*row, components.get(row[0], []))) for row in found]


SHARED_KINDS = (
    SharedKind(
        "catalogue",
        "model",
        select(
            Model.id,
            Model.code,
            Model.gtin,
            Model.name,
            Model.name_zh,
            Model.product_line,
            Model.serial_pattern,
        ),
        _models,
    ),
    SharedKind(
        "catalogue",
        "part",
        *_as(
            PartRow,
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
        ),
    ),
    SharedKind(
        "codes",
        "fault_code",
        *_as(
            FaultCodeRow,
            select(
                FaultCode.id,
                FaultCode.code,
                FaultCode.name,
                FaultCode.name_zh,
                FaultGroup.code.label("group_code"),
                FaultGroup.name.label("group_name"),
                FaultGroup.name_zh.label("group_name_zh"),
                FaultCode.no_fault_found,
            ).join(FaultGroup, FaultGroup.id == FaultCode.fault_group_id),
        ),
    ),
    SharedKind(
        "codes",
        "labour_operation",
        *_as(
            LabourOperationRow,
            select(
                LabourOperation.id,
                LabourOperation.code,
                LabourOperation.name,
                LabourOperation.name_zh,
                LabourOperation.standard_minutes,
            ),
        ),
    ),
)
CATALOGUE_ROWS = {kind.name: kind.of_ids for kind in SHARED_KINDS}
"""Readers of the kinds of both shared feeds, as a pull calls them."""

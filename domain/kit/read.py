"""Reads: one SELECT, one Struct, the same columns in the same order."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

S = TypeVar("S", bound=msgspec.Struct)
AnySelect = Select[*tuple[Any, ...]]
Params = Mapping[str, Any] | None
every_read: "list[Read[Any]]" = []
"""All reads that are declared; a test walks them."""


class Mismatch(TypeError):
    """A shape and its statement do not name the same columns in the same order."""


class Read(Generic[S]):
    """A statement and the shape its rows have."""

    def __init__(self, shape: type[S], statement: AnySelect) -> None:
        columns = [column.name for column in statement.selected_columns]
        if columns != list(shape.__struct_fields__):
            raise Mismatch(f"{shape.__name__} has {list(shape.__struct_fields__)}, the statement {columns}")
        self.shape = shape
        self.statement = statement
        every_read.append(self)

    async def all(
        self, db: AsyncConnection | AsyncSession, statement: AnySelect | None = None, params: Params = None
    ) -> list[S]:
        """Return every row; ``statement`` is this read's own, narrowed further and bounded by the caller.

        A statement that is made once and gets ``params`` costs half of one that is put together for every request.
        """
        rows: Sequence[Any] = (await db.execute(self.statement if statement is None else statement, params)).all()
        return [self.shape(*row) for row in rows]

    async def first(
        self, db: AsyncConnection | AsyncSession, statement: AnySelect | None = None, params: Params = None
    ) -> S | None:
        """Return the first row, or None; otherwise as ``all``."""
        row = (await db.execute(self.statement if statement is None else statement, params)).first()
        return None if row is None else self.shape(*row)

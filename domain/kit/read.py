"""Reads: one SELECT, one Struct, the same columns in the same order."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import CompoundSelect, Dialect, Select
from sqlalchemy.dialects.postgresql import asyncpg
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


def driver_of(db: AsyncConnection) -> Any:
    """Return the driver below a connection, without a round trip."""
    return db.sync_connection.connection.driver_connection  # type: ignore[union-attr]


_DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Prepared:
    """A statement compiled once and sent to the driver as it is, for the few that phones and scans run most.

    Rows come as the driver gives them and JSON as text.
    """

    def __init__(self, statement: AnySelect | CompoundSelect[Any], *names: str) -> None:
        """Compile ``statement``; ``names`` are the parameters that each run gives."""
        compiled: Any = statement.compile(dialect=_DIALECT)
        expanded = compiled.construct_expanded_state(dict.fromkeys(names))
        self.sql: str = expanded.statement
        self.names: list[str] = list(expanded.positiontup)
        self.constants: dict[str, Any] = dict(expanded.parameters)

    async def first(self, driver: Any, given: Mapping[str, Any]) -> Any:
        """Return the first row, or None."""
        return await driver.fetchrow(self.sql, *self.values(given))

    async def all(self, db: AsyncConnection, given: Mapping[str, Any]) -> list[Any]:
        """Return every row that a reading connection finds."""
        return list(await driver_of(db).fetch(self.sql, *self.values(given)))

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in the order the driver wants them."""
        return [given[name] if name in given else self.constants[name] for name in self.names]

"""Rows that are only ever added: collected while a command runs, and written together by one statement.

A mapped row costs a statement, a flush and a tenth of a millisecond; what nobody reads again before the commit does not
need them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import msgspec

Shape = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with the columns that are written."""


class Statement(NamedTuple):
    """A statement for the driver, with its parameters."""

    sql: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """New rows by table and columns, in the order in which they came."""

    waiting: dict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Keep a row to be written; values are what msgspec encodes, JSON columns and bytes included."""
        self.waiting.setdefault((table, tuple(row)), []).append(row)

    def take(self, *changes: str, given: tuple[Any, ...] = ()) -> Statement:
        """Return the one statement that writes all that waits, which waits no more.

        ``changes`` are statements to be run with it, on ``given`` as their parameters $1, $2, …
        """
        sql = _written(tuple(self.waiting), changes, len(given))
        rows = tuple(msgspec.json.encode(rows).decode() for rows in map(_told, self.waiting.values()))
        self.waiting = {}
        return Statement(sql, (*given, *rows))


def _told(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as PostgreSQL reads them from JSON: bytes are hexadecimal there."""
    return [
        {name: rf"\x{value.hex()}" if isinstance(value, bytes) else value for name, value in row.items()}
        for row in rows
    ]


@cache
def _written(shape: Shape, changes: tuple[str, ...], given: int) -> str:
    inserts = [
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - names of our own tables and columns
        f"SELECT {', '.join(columns)} FROM jsonb_populate_recordset(NULL::{table}, ${number}::jsonb)"
        for number, (table, columns) in enumerate(shape, given + 1)
    ]
    *before, last = (*changes, *inserts)
    named = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(before))
    return f"WITH {named} {last}" if before else last

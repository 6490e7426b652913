"""Kinds of files: which columns each has, what they are matched by, and what must hold before a row is kept.

SQL fragments see the row of the file as ``i`` (one column per cell, typed, NULL when empty or not in the file), the
stored row it is matched with as ``t`` (NULL when there is none), the row as it shall be as ``n``, and what ``joins``
adds. ``{has_site}`` stands for whether the file has the column ``site``.
"""

from dataclasses import dataclass

from api.imports.cells import Reader, heading


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file.

    ``also`` are other headings it goes by. ``known`` is a query of (text, id): the cell then is one of those texts
    and stands for its id. ``into`` is the table's column that takes the cell, '' when a ``Target`` says more;
    ``empty`` is SQL for what an empty cell means.
    """

    name: str
    read: Reader | None = None
    also: tuple[str, ...] = ()
    sql: str = "text"
    required: bool = False
    known: str = ""
    into: str | None = None
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value that is worked out of a cell; ``into`` as with a ``Column``."""

    name: str
    source: str
    read: Reader
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the table whose value takes more than its own cell."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """What refuses a row once the database is asked: a condition, the column to blame, the reason."""

    condition: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What phones are told of rows that are new or of which one of the columns ``shown`` changed.

    ``entity`` is the kind of what changes for them in the shared feed ``feed``; ``ids`` finds which of them.
    """

    feed: str
    entity: str
    shown: tuple[str, ...]
    ids: str = "SELECT id FROM plan WHERE is_told"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    ``match`` finds the stored row of a file's row; ``identity`` are the cells that name it, ``unique`` further cells
    that no two rows may share. ``prepare`` runs before the rows are matched, ``moves`` after they were written.
    ``jobs`` finds the jobs that show what changed, for the phones that hold them.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    match: str
    identity: tuple[str, ...]
    unique: tuple[str, ...] = ()
    joins: str = ""
    derived: tuple[Derived, ...] = ()
    targets: tuple[Target, ...] = ()
    checks: tuple[Check, ...] = ()
    prepare: str = ""
    moves: str = ""
    told: Told | None = None
    jobs: str = ""
    has_id: bool = True
    for_admin: bool = False

    def by_heading(self) -> dict[str, Column]:
        """Return the columns by every folded heading they go by."""
        return {heading(text): column for column in self.columns for text in (column.name, *column.also)}

    def values(self, present: frozenset[str]) -> dict[str, str]:
        """Return SQL for each column of the table, when the file has the columns ``present``."""
        found: dict[str, str] = {}
        for column in self.columns:
            into = column.name if column.into is None else column.into
            if into:
                source = f'i."{column.name}"' if column.name in present else f't."{into}"'
                found[into] = f"coalesce({source}, {column.empty})" if column.empty else source
        for derived in self.derived:
            into = derived.name if derived.into is None else derived.into
            if into:
                found[into] = f'i."{derived.name}"' if derived.source in present else f't."{into}"'
        for target in self.targets:
            found[target.name] = target.value
        flags = {f"{{has_{column.name}}}": str(column.name in present).lower() for column in self.columns}
        for flag, value in flags.items():
            found = {name: expression.replace(flag, value) for name, expression in found.items()}
        return found

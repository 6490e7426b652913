"""Rows checked before the database sees them, column by column: a text that comes again costs one look-up."""

import csv
import io
import os
import time
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from api.imports.cells import Memo, Reader, Unfit, heading
from api.imports.files import Batch
from api.imports.kinds import Column, Kind
from domain.kit.problem import Kind as ProblemKind
from domain.kit.problem import Problem

value_shown_max = 100
_KEY_BITS = 2**64 - 1


class ImportFileUnusable(Problem, kind=ProblemKind.INVALID):
    """The file as a whole cannot be imported."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not kept: the line it begins on, the column to blame, its text there, the reason."""

    line: int
    column: str
    value: str
    reason: str


def shown(text: str) -> str:
    """Return a text as a report can hold it: short, without bytes that were no text and without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text.strip()[:value_shown_max])


@dataclass(slots=True)
class Chunk:
    """Rows that are ready for COPY as ``content`` in the columns ``columns``, and those refused.

    ``begins`` and ``ends`` count the rows of the file before and after it.
    """

    begins: int
    ends: int
    columns: list[str]
    content: bytes
    ready: int
    refusals: list[Refusal] = field(default_factory=list)
    bytes_done: int = 0

    @property
    def first_line(self) -> int:
        """The line its first ready row begins on."""
        return int(self.content.split(b",", 1)[0])

    def halves(self) -> tuple["Chunk", "Chunk"]:
        """Return its ready rows as two chunks without refusals."""
        rows = list(csv.reader(io.StringIO(self.content.decode(), newline="")))
        half = len(rows) // 2
        first, second = (
            replace(self, content=_csv(part), ready=len(part), refusals=[]) for part in (rows[:half], rows[half:])
        )
        return first, second


class Seen:
    """Which rows were there before, exactly but for a chance of 1 in millions of files: 12 bytes a place, no more.

    A table of 64-bit hashes with open addressing; a set of Python's would need ten times as much.
    """

    def __init__(self) -> None:
        self._used = 0
        self._make(1 << 12)

    def _make(self, places: int) -> None:
        self._hashes = array("Q", bytes(8 * places))
        self._lines = array("I", bytes(4 * places))
        self._mask = places - 1

    def line_of(self, key: object, line: int) -> int:
        """Return the line that had this key before, or 0 and remember ``line``."""
        if self._used * 3 > self._mask * 2:
            self._grow()
        found = self._put(hash(key) & _KEY_BITS or 1, line)
        self._used += not found
        return found

    def _put(self, hashed: int, line: int) -> int:
        hashes, mask = self._hashes, self._mask
        at = hashed & mask
        while there := hashes[at]:
            if there == hashed:
                return self._lines[at]
            at = (at + 1) & mask
        hashes[at] = hashed
        self._lines[at] = line
        return 0

    def _grow(self) -> None:
        hashes, lines = self._hashes, self._lines
        self._make(2 * len(hashes))
        for hashed, line in zip(hashes, lines, strict=True):
            if hashed:
                self._put(hashed, line)


class Checker:
    """Checks the batches of one file, first to last. ``known`` has the texts of columns that stand for ids."""

    def __init__(self, kind: Kind, known: Mapping[str, Mapping[str, str]]) -> None:
        self.kind = kind
        self.present: frozenset[str] = frozenset()
        self._known = known
        self._columns: list[Column | None] = []
        self._memos: dict[str, Memo] = {}
        self._seen = {names: Seen() for names in (kind.identity, *((one,) for one in kind.unique))}
        self._rows = 0

    def take_heading(self, batch: Batch) -> list[Refusal]:
        """Take the heading off the first batch and understand it; returns a note for each column that is ignored.

        Raises: ImportFileUnusable.
        """
        if not batch.rows:
            raise ImportFileUnusable("The file is empty.")
        row, line = batch.rows.pop(0), batch.lines.pop(0)
        by_heading = self.kind.by_heading()
        self._columns = [by_heading.get(heading(cell)) for cell in row]
        names = [column.name for column in self._columns if column is not None]
        missing = [column.name for column in self.kind.columns if column.required and column.name not in names]
        if missing:
            columns = ", ".join(column.name for column in self.kind.columns)
            raise ImportFileUnusable(f"The heading lacks {', '.join(missing)}. Columns of {self.kind.name}: {columns}.")
        if twice := {name for name in names if names.count(name) > 1}:
            raise ImportFileUnusable(f"The heading has {', '.join(sorted(twice))} more than once.")
        self.present = frozenset(names)
        self._memos = {c.name: Memo(self._reader(c)) for c in self._columns if c is not None}
        self._memos |= {d.name: Memo(d.read) for d in self.kind.derived if d.source in self.present}
        ignored = (cell.strip() for cell, column in zip(row, self._columns, strict=True) if column is None)
        reason = f"is no column of {self.kind.name} and was ignored"
        return [Refusal(line, shown(cell), "", reason) for cell in ignored if cell]

    def _reader(self, column: Column) -> Reader:
        if column.read is not None:
            return column.read
        ids = self._known[column.name]

        def read(text: str) -> str:
            found = ids.get(text) or ids.get(text.zfill(14))
            if found is None:
                raise ValueError(f"there is no such {column.name}")
            return found

        return read

    def check(self, batch: Batch) -> Chunk:
        """Return the rows ready for COPY, and the refusals."""
        begins = self._rows
        self._rows += len(batch.rows) + len(batch.broken)
        refusals = [Refusal(line, "", "", reason) for line, reason in batch.broken]
        rows, lines = batch.rows, batch.lines
        width = len(self._columns)
        if any(len(row) != width for row in rows):
            rows, lines = self._of_right_width(batch, refusals)
        columns = {
            column.name: cells
            for column, cells in zip(self._columns, zip(*rows, strict=True), strict=False)
            if column is not None
        }
        found = {name: list(map(self._memos[name].__getitem__, cells)) for name, cells in columns.items()}
        for derived in self.kind.derived:
            if derived.source in found:
                memo = self._memos[derived.name]
                found[derived.name] = [memo[text or ""] for text in found[derived.source]]
        bad = self._unfit(found, columns, lines, refusals)
        for names, seen in self._seen.items():
            self._find_repeated(names, seen, found, lines, bad, refusals)
        for memo in self._memos.values():
            memo.forget()
        header = ["line", "id", *found]
        ready: Iterable[Sequence[object]] = zip(lines, new_ids(len(lines)), *found.values(), strict=True)
        if bad:
            ready = (row for n, row in enumerate(ready) if n not in bad)
        return Chunk(begins, self._rows, header, _csv(ready), len(lines) - len(bad), refusals, batch.bytes_done)

    def _of_right_width(self, batch: Batch, refusals: list[Refusal]) -> tuple[list[list[str]], list[int]]:
        width = len(self._columns)
        rows, lines = [], []
        for row, line in zip(batch.rows, batch.lines, strict=True):
            if len(row) == width or (len(row) > width and not any(row[width:])):
                rows.append(row[:width])
                lines.append(line)
            else:
                refusals.append(Refusal(line, "", "", f"has {len(row)} cells, the heading has {width}"))
        return rows, lines

    def _unfit(
        self,
        found: dict[str, list[str | None]],
        columns: Mapping[str, Sequence[str]],
        lines: list[int],
        refusals: list[Refusal],
    ) -> set[int]:
        bad: set[int] = set()
        for column in self._columns:
            if column is None:
                continue
            values, memo = found.get(column.name, []), self._memos[column.name]
            if not memo.unfit and not (column.required and None in values):
                continue
            for n, value in enumerate(values):
                if isinstance(value, Unfit) or (value is None and column.required):
                    text = columns[column.name][n]
                    refusals.append(Refusal(lines[n], column.name, shown(text), str(value or "is empty")))
                    bad.add(n)
        return bad

    def _find_repeated(
        self,
        names: tuple[str, ...],
        seen: Seen,
        found: dict[str, list[str | None]],
        lines: list[int],
        bad: set[int],
        refusals: list[Refusal],
    ) -> None:
        names = tuple(name for name in names if name in found)
        if not names:
            return
        blamed = next((derived.source for derived in self.kind.derived if derived.name == names[-1]), names[-1])
        alone = len(names) == 1
        keys = found[names[0]] if alone else zip(*(found[name] for name in names), strict=True)
        for n, key in enumerate(keys):
            if n in bad or (alone and key is None):
                continue
            if earlier := seen.line_of(key, lines[n]):
                text = found[blamed][n] or ""
                refusals.append(Refusal(lines[n], blamed, shown(text), f"is in line {earlier} already"))
                bad.add(n)


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    into = io.StringIO()
    csv.writer(into).writerows(rows)
    return into.getvalue().encode()


def new_ids(count: int) -> list[str]:
    """Return ascending UUIDv7 texts, so that rows of one file lie together in their index. Source: RFC 9562, 6.2."""
    stamp = f"{time.time_ns() // 1_000_000:012x}"
    head = f"{stamp[:8]}-{stamp[8:]}"
    random = os.urandom(6 * count).hex()
    return [
        f"{head}-7{n >> 14 & 0xFFF:03x}-{0x8000 | n & 0x3FFF:04x}-{random[12 * n : 12 * n + 12]}" for n in range(count)
    ]

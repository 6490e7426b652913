"""Files as they come: CSV in several encodings and with several separators, and workbooks by way of the sandbox."""

import asyncio
import codecs
import csv
import hashlib
import io
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from api.imports.cells import heading
from api.imports.kinds import Kind
from mobile_sync.photos.sandbox import PhotoSandbox

rows_per_batch = 20_000
bytes_per_batch = 16 * 1024 * 1024
line_characters_max = 256 * 1024
_SEPARATORS = ",;\t"
_READ_BYTES = 1024 * 1024


@dataclass(slots=True)
class Batch:
    """Some rows with the line each begins on, and lines that could not be read as a row at all."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)
    bytes_done: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked through once. ``encoding`` is '' for a workbook."""

    path: Path
    sha256: str
    bytes_total: int
    encoding: str

    async def batches(self, kind: Kind, sandbox: PhotoSandbox) -> AsyncGenerator[Batch]:
        """Yield the rows in batches, cut in the same places every time; the first row of the first is the heading."""
        if self.encoding:
            reading = _of_text(self.path, self.encoding, kind)
            while (batch := await asyncio.to_thread(next, reading, None)) is not None:
                yield batch
            return
        batch, number = Batch(), 0
        async with aclosing(sandbox.sheet_rows(self.path)) as frames:
            async for frame in frames:
                for row in csv.reader(io.StringIO(frame.decode(), newline="")):
                    number += 1
                    if any(row):
                        batch.rows.append(row)
                        batch.lines.append(number)
                if len(batch.rows) >= rows_per_batch:
                    yield batch
                    batch = Batch()
        batch.bytes_done = self.bytes_total
        yield batch


def look_through(path: Path) -> Source:
    """Read a file once: take its digest and find out what it is.

    A text is UTF-8, with or without a mark. If it is not, and GB18030 fits it, then it is that: so spreadsheets in
    China write. If that does not fit either, the cells that are no UTF-8 are refused one by one.
    """
    digest = hashlib.sha256()
    bytes_total = 0
    with path.open("rb") as file:
        workbook = file.read(4) == b"PK\x03\x04"
        file.seek(0)
        while part := file.read(_READ_BYTES):
            digest.update(part)
            bytes_total += len(part)
    encoding = "" if workbook else "utf-8-sig"
    if not workbook and not _fits(path, "utf-8") and not _heading_is_utf8(path) and _fits(path, "gb18030"):
        encoding = "gb18030"
    return Source(path, digest.hexdigest(), bytes_total, encoding)


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while part := file.read(_READ_BYTES):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _heading_is_utf8(path: Path) -> bool:
    """Whether the first line is UTF-8 and not just ASCII, so that one bad cell below cannot change its meaning."""
    with path.open("rb") as file:
        first = file.readline(line_characters_max).removeprefix(codecs.BOM_UTF8)
    try:
        return not first.isascii() and bool(first.decode())
    except UnicodeDecodeError:
        return False


def _of_text(path: Path, encoding: str, kind: Kind) -> Iterator[Batch]:
    known = kind.by_heading()
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors="surrogateescape", newline="") as text:
        # A line without an end is cut, so that no file can fill the memory.
        lines: Iterable[str] = iter(lambda: text.readline(line_characters_max), "")
        first, skipped = "", 0
        for first in lines:
            if first.strip():
                break
            skipped += 1
        separator = max(_SEPARATORS, key=lambda sign: _headings_in(first, sign, known))
        reader = csv.reader(_from(first, lines), delimiter=separator)
        batch, begun = Batch(), 0
        while True:
            at = reader.line_num
            try:
                row = next(reader, None)
            except csv.Error as error:
                batch.broken.append((skipped + at + 1, f"cannot be read as a row: {error}"))
                continue
            if row is None:
                break
            if row:
                batch.rows.append(row)
                batch.lines.append(skipped + at + 1)
            if len(batch.rows) >= rows_per_batch or (not len(batch.rows) % 64 and raw.tell() - begun > bytes_per_batch):
                begun = batch.bytes_done = raw.tell()
                yield batch
                batch = Batch()
        batch.bytes_done = raw.tell()
        yield batch


def _from(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _headings_in(line: str, separator: str, known: dict[str, object] | object) -> int:
    assert isinstance(known, dict)
    try:
        return sum(heading(cell) in known for cell in next(csv.reader([line], delimiter=separator), []))
    except csv.Error:
        return 0

"""A workbook's first sheet as CSV, row by row; runs in the worker only.

XLSX is a ZIP of XML: what it claims to unpack to is checked before anything is unpacked, and what it really
unpacks to meets the worker's memory and time.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import python_calamine

from domain.kit.problem import Problem
from mobile_sync.photos.messages import Answer, End, Refused, Rows
from mobile_sync.photos.problems import SheetTooLarge, SheetUnreadable

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

entries_max = 1_000
unpacked_bytes_max = 400 * 1024 * 1024
ratio_max = 100
ratio_matters_bytes = 10 * 1024 * 1024
frame_bytes = 256 * 1024


def answers(workbook: BinaryIO) -> Iterator[Answer]:
    """Answer with the first sheet's rows and their number, or with the problem; no exception leaves here.

    Record n of the CSV is row n of the sheet: rows above the first used one come as empty ones.
    """
    try:
        check_archive(workbook)
        rows = 0
        for rows, csv_bytes in _frames(_sheet_rows(workbook)):  # noqa: B007
            yield Rows(csv_bytes)
        yield End(rows)
    except Problem as problem:
        yield Refused(problem.code, problem.detail, problem.facts)
    except MemoryError:
        yield _refused(SheetTooLarge("The workbook needs more memory than a workbook may."))
    except BaseException as flaw:  # a panic inside the reader is no Exception
        yield _refused(SheetUnreadable(f"The workbook is damaged ({type(flaw).__name__})."))


def check_archive(workbook: BinaryIO) -> None:
    """Refuse an archive by what its directory says. Raises: SheetUnreadable, SheetTooLarge."""
    try:
        with zipfile.ZipFile(workbook) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as flaw:
        raise SheetUnreadable("The file is not an XLSX workbook.") from flaw
    finally:
        workbook.seek(0)
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise SheetUnreadable("The file is not an XLSX workbook.")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > entries_max:
        raise SheetTooLarge("The workbook has too many parts.", entries=len(entries), entries_max=entries_max)
    if unpacked > unpacked_bytes_max:
        raise SheetTooLarge("The workbook is too large.", unpacked=unpacked, unpacked_bytes_max=unpacked_bytes_max)
    if unpacked > ratio_matters_bytes and unpacked > ratio_max * packed:
        raise SheetTooLarge("The workbook is packed more tightly than a real one.", ratio=unpacked // packed)


def _sheet_rows(workbook: BinaryIO) -> Iterator[list[str]]:
    book = python_calamine.CalamineWorkbook.from_filelike(workbook)
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    if not visible:
        raise SheetUnreadable("The workbook has no visible sheet.")
    for row in book.get_sheet_by_name(visible[0]).iter_rows():
        yield [_text(cell) for cell in row]


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):  # every number in a sheet is one; a serial typed as a number must not end in .0
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _frames(rows: Iterable[list[str]]) -> Iterator[tuple[int, bytes]]:
    into = io.StringIO()
    write = csv.writer(into, lineterminator="\n").writerow
    count = 0
    for count, row in enumerate(rows, 1):
        write(row)
        if into.tell() >= frame_bytes:
            yield count, into.getvalue().encode()
            into.seek(0)
            into.truncate()
    if into.tell():
        yield count, into.getvalue().encode()


def _refused(problem: Problem) -> Refused:
    return Refused(problem.code, problem.detail, problem.facts)

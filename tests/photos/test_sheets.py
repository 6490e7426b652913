"""Workbooks come out as CSV, a few rows at a time, or are refused."""

import csv
import datetime as dt
import io
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pytest
import pytest_asyncio

from domain.kit.problem import Problem
from mobile_sync.photos import sheets
from mobile_sync.photos.messages import Answer, End, Refused, Rows
from mobile_sync.photos.problems import SheetTookTooLong, SheetTooLarge, SheetUnreadable
from mobile_sync.photos.sandbox import PhotoSandbox

CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[PhotoSandbox]:
    async with PhotoSandbox() as found:
        yield found


def book(path: Path, rows: list[list[object]], first_row: int = 1) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for number, row in enumerate(rows, first_row):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)  # type: ignore[arg-type]
    workbook.save(path)
    return path


def packed(path: Path, sheet: bytes, extra: dict[str, bytes] | None = None) -> Path:
    """Write a workbook around the given bytes of its sheet."""
    book(path, [["x"]])
    with zipfile.ZipFile(path) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name, body in (parts | (extra or {})).items():
            after.writestr(name, body)
    return path


def sheet_of(rows: bytes) -> bytes:
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return head + rows + b"</sheetData></worksheet>"


def answers(path: Path) -> list[Answer]:
    """What the worker answers, read without a worker."""
    with path.open("rb") as file:
        return list(sheets.answers(file))


def refusal(path: Path) -> str:
    """Why a workbook is refused, likewise."""
    answer = answers(path)[-1]
    assert isinstance(answer, Refused)
    return answer.code


async def lines(sandbox: PhotoSandbox, path: Path, **limits: float) -> list[list[str]]:
    found = b"".join([part async for part in sandbox.sheet_rows(path, **limits)])
    return list(csv.reader(io.StringIO(found.decode(), newline="")))


async def test_every_sort_of_cell_has_one_spelling(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = book(
        tmp_path / "units.xlsx",
        [
            ["serial", "installed_on", "seen_at", "amount", "counted", "active", "took", "note"],
            [
                123456789012,
                dt.date(2026, 2, 3),
                dt.datetime(2026, 2, 3, 4, 5, 6),  # noqa: DTZ001
                12.5,
                7,
                True,
                dt.timedelta(hours=1, minutes=5),
                'two\nlines, "quoted"',
            ],
            ["00123", None, None, 0.1, 1e20, False, None, "泵"],
        ],
    )

    spelled = [
        ["serial", "installed_on", "seen_at", "amount", "counted", "active", "took", "note"],
        ["123456789012", "2026-02-03", "2026-02-03T04:05:06", "12.5", "7", "true", "1:05:00", 'two\nlines, "quoted"'],
        ["00123", "", "", "0.1", "1e+20", "false", "", "泵"],
    ]
    assert await lines(sandbox, path) == spelled
    part, end = answers(path)
    assert isinstance(part, Rows)
    assert list(csv.reader(io.StringIO(part.csv.decode(), newline=""))) == spelled
    assert end == End(3)


async def test_record_numbers_are_row_numbers(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = book(tmp_path / "units.xlsx", [["serial"], ["A1"], [None], ["A2"]], first_row=3)

    assert [row[:1] for row in await lines(sandbox, path)] == [[""], [""], ["serial"], ["A1"], [""], ["A2"]]


async def test_many_rows_come_in_parts(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    rows = b"".join(b"<row>" + CELL.format(f"SN{n:06d}").encode() * 8 + b"</row>" for n in range(20_000))
    path = packed(tmp_path / "units.xlsx", sheet_of(rows))

    parts = [part async for part in sandbox.sheet_rows(path)]

    assert len(parts) > 3
    assert all(part.endswith(b"\n") for part in parts)
    assert b"".join(parts).count(b"\n") == 20_000
    assert answers(path) == [*map(Rows, parts), End(20_000)]


async def test_leaving_early_ends_the_worker(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    rows = b"".join(b"<row>" + CELL.format(f"SN{n:06d}").encode() * 8 + b"</row>" for n in range(20_000))
    path = packed(tmp_path / "units.xlsx", sheet_of(rows))

    found = sandbox.sheet_rows(path)
    await anext(found)
    await found.aclose()  # type: ignore[attr-defined]
    await sandbox.close()

    assert sandbox.pids == ()


@pytest.mark.parametrize(
    "body", [b"", b"serial,model\nA,B\n", b"PK\x03\x04 and nothing more", b"\xd0\xcf\x11\xe0" * 200]
)
async def test_what_is_no_workbook_is_unreadable(sandbox: PhotoSandbox, tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "units.xlsx"
    path.write_bytes(body)

    with pytest.raises(SheetUnreadable):
        await lines(sandbox, path)


async def test_another_archive_is_unreadable(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = tmp_path / "units.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")

    assert refusal(path) == "sheet-unreadable"
    with pytest.raises(SheetUnreadable):
        await lines(sandbox, path)


async def test_a_damaged_sheet_is_unreadable(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = packed(tmp_path / "units.xlsx", b"<worksheet><sheetData><row><c t='s'><v>9")

    assert refusal(path) == "sheet-unreadable"
    with pytest.raises(SheetUnreadable):
        await lines(sandbox, path)


async def test_a_workbook_of_too_many_parts_is_too_large(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    extra = {f"xl/media/{n}.bin": b"" for n in range(sheets.entries_max)}
    path = packed(tmp_path / "units.xlsx", sheet_of(b""), extra)

    assert refusal(path) == "sheet-too-large"
    with pytest.raises(SheetTooLarge):
        await lines(sandbox, path)


async def test_a_workbook_that_unpacks_to_too_much_is_too_large(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = packed(tmp_path / "units.xlsx", sheet_of(b""))
    body = bytearray(path.read_bytes())
    in_directory = body.rindex(b"xl/worksheets/sheet1.xml") - 46
    body[in_directory + 24 : in_directory + 28] = (sheets.unpacked_bytes_max + 1).to_bytes(4, "little")
    path.write_bytes(body)

    assert refusal(path) == "sheet-too-large"
    with pytest.raises(SheetTooLarge):
        await lines(sandbox, path)


async def test_a_workbook_packed_too_tightly_is_too_large(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    path = packed(tmp_path / "units.xlsx", sheet_of(b" " * 30_000_000))

    assert refusal(path) == "sheet-too-large"
    with pytest.raises(SheetTooLarge):
        await lines(sandbox, path)


async def test_a_sheet_of_two_cells_a_world_apart_is_too_large(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    with pytest.raises(SheetTooLarge):
        await lines(sandbox, packed(tmp_path / "units.xlsx", sheet_of(rows)))


async def test_entities_that_multiply_are_not_expanded(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'
    rows = b"<row>" + CELL.format("&b;").encode() + b"</row>"

    try:
        found = await lines(sandbox, packed(tmp_path / "units.xlsx", laughs + sheet_of(rows)))
    except SheetUnreadable:
        return
    assert found in ([], [[""]], [["&b;"]])


async def test_a_workbook_that_takes_too_long_is_given_up(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    rows = b"".join(b"<row>" + CELL.format(f"SN{n:06d}").encode() * 8 + b"</row>" for n in range(50_000))

    with pytest.raises(SheetTookTooLong):
        await lines(sandbox, packed(tmp_path / "units.xlsx", sheet_of(rows)), wall_seconds_max=0.1)


def test_an_empty_sheet_has_no_rows(tmp_path: Path) -> None:
    assert answers(packed(tmp_path / "units.xlsx", sheet_of(b""))) == [End(0)]


@pytest.mark.parametrize(
    ("ended_by", "problem"),
    [(signal.SIGKILL, SheetUnreadable), (signal.SIGXCPU, SheetTookTooLong), (signal.SIGABRT, SheetTooLarge)],
)
async def test_a_workbook_is_refused_by_how_it_ended_its_worker(
    sandbox: PhotoSandbox, tmp_path: Path, ended_by: signal.Signals, problem: type[Problem]
) -> None:
    """The reader aborts when it is given no more memory; the kernel ends who computes too long."""
    rows = b"".join(b"<row>" + CELL.format(f"SN{n:06d}").encode() * 8 + b"</row>" for n in range(20_000))
    found = sandbox.sheet_rows(packed(tmp_path / "units.xlsx", sheet_of(rows)))
    await anext(found)
    (worker,) = sandbox.pids
    os.kill(worker, ended_by)
    with pytest.raises(problem):
        [part async for part in found]

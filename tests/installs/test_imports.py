"""Files of units become the install base: bad rows are reported, good ones kept, and the same file changes nothing."""

import asyncio
import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports import files
from api.imports.checking import Chunk
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.report import ImportProgress, progress_of, refusals_of
from api.imports.running import Importing, open_run, run_import, try_import
from domain.catalog.model import Model
from domain.customers.model import Customer, Site
from domain.installs.model import Unit
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, transact
from tests.conftest import rows

HEADING = "model,serial,status,customer,site,sold_on,warranty_start_on,dealer\n"
LINE = "WM-1,SN{0:05d},installed,C1,C1-HOME,2025-03-01,2025-03-08,Dealer Ltd\n"


@pytest.fixture
async def base(context: Context) -> Context:
    """Two models, two customers with a site each."""
    async with begin(context.database, SYSTEM) as work:
        work.db.add(Model(id=new_id(), code="WM-1", gtin="04006381333931", name="Washer 1", product_line="washers"))
        work.db.add(Model(id=new_id(), code="WM-2", name="Washer 2", product_line="washers"))
        for number in ("C1", "C2"):
            customer_id = new_id()
            work.db.add(Customer(id=customer_id, number=number, name=f"Customer {number}", customer_class="standard"))
            await work.db.flush()
            work.db.add(
                Site(
                    id=new_id(),
                    customer_id=customer_id,
                    code=f"{number}-HOME",
                    name="Home",
                    address="1 High Street",
                    city="Town",
                    region="North",
                    country="GB",
                    time_zone="Europe/London",
                )
            )
    return context


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches of ten rows, so that a short file has several."""
    monkeypatch.setattr(files, "rows_per_batch", 10)
    return 10


async def imported(context: Context, path: Path, kind: str = "units") -> ImportProgress:
    """Import a file and return how it ended."""
    source = look_through(path)
    importing = Importing(context.database, context.sandbox, SYSTEM)
    run_id, _ = await transact(
        context.database, SYSTEM, lambda work: open_run(work, KINDS[kind], source, path.name, new_id())
    )
    await run_import(importing, KINDS[kind], source, run_id)
    return await progress_of(context.database, SYSTEM, run_id)


async def refused(context: Context, run: ImportProgress) -> list[tuple[int, str, str]]:
    """Return line, column and reason of every refusal."""
    return [(r.line, r.column, r.reason) async for r in refusals_of(context.database, SYSTEM, run.id)]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a file to import."""

    def write(content: str | bytes, name: str = "units.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def counts(run: ImportProgress) -> tuple[str, int, int, int, int]:
    return run.state, run.rows_read, run.rows_kept, run.rows_unchanged, run.rows_refused


async def test_the_same_file_again_changes_nothing(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    path = file(HEADING + "".join(map(LINE.format, range(25))))
    assert counts(await imported(base, path)) == ("done", 25, 25, 0, 0)
    before = await rows(owner, "SELECT * FROM unit ORDER BY id")
    assert counts(await imported(base, path)) == ("done", 25, 0, 25, 0)
    assert await rows(owner, "SELECT * FROM unit ORDER BY id") == before
    assert await rows(owner, "SELECT count(*) FROM unit_move") == [(25,)]


async def test_good_rows_are_kept_beside_bad_ones(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    run = await imported(base, file(HEADING + LINE.format(1) + "WM-9,SN2,,,,,,\n" + LINE.format(3)))
    assert counts(run) == ("done", 3, 2, 0, 1)
    assert await refused(base, run) == [(3, "model", "there is no such model")]
    assert await rows(owner, "SELECT serial FROM unit ORDER BY serial") == [("SN00001",), ("SN00003",)]


async def test_what_a_row_must_hold_is_told_with_line_and_column(
    base: Context, file: Callable[[str | bytes], Path]
) -> None:
    lines = [
        "WM-1,,installed,,,,,",  # 2
        "WM-1,---,,,,,,",
        "WM-1,A1,lost,,,,,",
        "WM-1,A2,,C9,,,,",
        "WM-1,A3,,,NOWHERE,,,",
        "WM-1,A4,,C1,C2-HOME,,,",
        "WM-1,A5,,,,31/03/2025,,",
        "WM-1,A6,,,,2025-02-30,,",
        "WM-1,A7,,,,1889-01-01,,",
        f"WM-1,A8,,,,,,{'x' * 201}",
        "WM-1,A9,,,,,,bell\x07",
        "WM-1,B1",
        "WM-1,B2,,,,,,,,surplus",
        "WM-1,B3,,,,,,,,",  # 15: empty cells beyond the heading are no harm
        "WM-1,b-3,,,,,,",
        "4006381333931,B3,,,,,,",
        ",B4,,,,,,",
    ]
    run = await imported(base, file(HEADING + "\n".join(lines) + "\n"))
    assert counts(run) == ("done", 17, 1, 0, 16)
    assert await refused(base, run) == [
        (2, "serial", "is empty"),
        (3, "serial", "is no serial: 1 to 128 characters, at least one of them a letter or a digit"),
        (4, "status", "is none of unconfirmed, in_stock, sold, installed, scrapped, stolen, returned, replaced"),
        (5, "customer", "there is no customer with this number"),
        (6, "site", "there is no site with this code"),
        (7, "site", "this site belongs to another customer"),
        (8, "sold_on", "is no date such as 2026-03-31"),
        (9, "sold_on", "is no day of the calendar"),
        (10, "sold_on", "must lie between 1990 and 2100"),
        (11, "dealer", "is longer than 200 characters"),
        (12, "dealer", "holds control characters"),
        (13, "", "has 2 cells, the heading has 8"),
        (14, "", "has 10 cells, the heading has 8"),
        (16, "serial", "is in line 15 already"),
        (17, "serial", "is in line 15 already"),
        (18, "model", "is empty"),
    ]


async def test_lines_are_counted_as_an_editor_shows_them(base: Context, file: Callable[[str | bytes], Path]) -> None:
    content = '\n\nmodel,serial,dealer\n\nWM-1,A1,"two\nlines"\nWM-9,A2,\nWM-1,A3,"open\n'
    run = await imported(base, file(content))
    assert counts(run) == ("done", 3, 2, 0, 1)
    assert await refused(base, run) == [(7, "model", "there is no such model")]


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t")],
)
async def test_chinese_files_are_read_as_spreadsheets_write_them(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine, encoding: str, separator: str
) -> None:
    heading = ["型号", "机号", "状态", "客户编号", "安装点", "销售日期", "代理商"]
    row = ["WM-2", "ｓｎ－００１", "已安装", "C2", "C2-HOME", "2025年3月1日", "北方商贸"]
    content = "\r\n".join(separator.join(cells) for cells in (heading, row))
    assert counts(await imported(base, file(content.encode(encoding)))) == ("done", 1, 1, 0, 0)
    assert await rows(owner, "SELECT serial_key, status, sold_on::text, dealer FROM unit") == [
        ("SN001", "installed", "2025-03-01", "北方商贸")
    ]


async def test_one_cell_in_another_encoding_is_refused_alone(
    base: Context, file: Callable[[str | bytes], Path]
) -> None:
    content = "型号,机号,代理商\nWM-1,A1,北方\n".encode() + b"WM-1,A2," + b"\xb1\xff\nWM-1,A3,x\n"
    run = await imported(base, file(content))
    assert counts(run) == ("done", 3, 2, 0, 1)
    assert await refused(base, run) == [(3, "dealer", "is not valid in the file's encoding")]


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        ("", "The file is empty."),
        ("model,status\nWM-1,sold\n", "The heading lacks serial."),
        ("model,serial,SN\nWM-1,1,1\n", "The heading has serial more than once."),
        ("\x00" * 1000, "The heading lacks model, serial."),
        ("PK\x03\x04 not a workbook", "The file is not an XLSX workbook."),
    ],
)
async def test_a_file_that_cannot_be_used_says_why(
    base: Context, file: Callable[[str | bytes], Path], content: str, failure: str
) -> None:
    run = await imported(base, file(content))
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.startswith(failure)


async def test_columns_nobody_knows_are_named_and_ignored(base: Context, file: Callable[[str | bytes], Path]) -> None:
    run = await imported(base, file("model,serial,colour\nWM-1,A1,red\n"))
    assert counts(run) == ("done", 1, 1, 0, 0)
    assert await refused(base, run) == [(1, "colour", "is no column of units and was ignored")]


async def test_a_file_says_nothing_about_columns_it_does_not_have(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    await imported(base, file(HEADING + LINE.format(1)))
    run = await imported(base, file("model,serial,customer\nWM-1,SN00001,C2\n"))
    assert counts(run) == ("done", 1, 1, 0, 0)
    assert await rows(
        owner,
        "SELECT customer.number, site_id, unit.status, sold_on::text, dealer FROM unit JOIN customer "
        "ON customer.id = customer_id",
    ) == [("C2", None, "installed", "2025-03-01", "Dealer Ltd")]


async def test_each_new_or_changed_unit_leaves_one_dated_move(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    await imported(base, file(HEADING + LINE.format(1) + LINE.format(2)))
    run = await imported(base, file("model,serial,status,site\nWM-1,SN00002,sold,C2-HOME\n"))
    moves = await rows(
        owner,
        "SELECT serial, kind, before - 'site_id' - 'customer_id', after - 'site_id' - 'customer_id', op_id "
        "FROM unit_move JOIN unit ON unit.id = unit_id ORDER BY at, serial",
    )
    assert [move[:4] for move in moves] == [
        ("SN00001", "imported", {}, {"status": "installed"}),
        ("SN00002", "imported", {}, {"status": "installed"}),
        ("SN00002", "owner", {"status": "installed"}, {"status": "sold"}),
    ]
    assert moves[2][4] == run.id


async def test_an_import_killed_at_any_chunk_goes_on_where_it_was(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine, small_batches: int
) -> None:
    lines = [LINE.format(n) if n % 7 else f"WM-9,SN{n:05d},,,,,,\n" for n in range(47)]
    source = look_through(file(HEADING + "".join(lines)))
    importing = Importing(base.database, base.sandbox, SYSTEM)

    async def begin_it() -> ImportProgress:
        run_id, _ = await transact(
            base.database, SYSTEM, lambda work: open_run(work, KINDS["units"], source, "units.csv", new_id())
        )
        return await progress_of(base.database, SYSTEM, run_id)

    class Killed(Exception):
        pass

    runs = set()
    for _ in range(5):
        run = await begin_it()
        runs.add(run.id)
        done = run.rows_read

        def stop(chunk: Chunk, done: int = done) -> None:
            if chunk.ends > done:
                raise Killed

        with pytest.raises(Killed):
            await run_import(importing, KINDS["units"], source, run.id, stop)
    run = await begin_it()
    await run_import(importing, KINDS["units"], source, run.id)
    end = await progress_of(base.database, SYSTEM, run.id)
    assert runs == {end.id}
    assert counts(end) == ("done", 47, 40, 0, 7)
    assert len(await refused(base, end)) == 7
    assert await rows(owner, "SELECT count(*), count(DISTINCT serial_key) FROM unit") == [(40, 40)]
    assert await rows(owner, "SELECT count(*) FROM unit_move") == [(40,)]


async def test_a_task_cancelled_in_the_middle_keeps_whole_chunks_only(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine, small_batches: int
) -> None:
    path = file(HEADING + "".join(map(LINE.format, range(200))))
    for wait in (0.05, 0.1, 0.2):
        task = asyncio.create_task(imported(base, path))
        await asyncio.sleep(wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ((units, read),) = await rows(
            owner, "SELECT (SELECT count(*) FROM unit), coalesce(max(rows_read), 0) FROM import_run"
        )
        assert units == read
    assert (await imported(base, path)).state == "done"
    assert await rows(owner, "SELECT count(*) FROM unit") == [(200,)]


async def test_two_imports_of_the_same_file_at_once_share_one_run(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine, small_batches: int
) -> None:
    path = file(HEADING + "".join(map(LINE.format, range(60))))
    ends = await asyncio.gather(*(imported(base, path) for _ in range(3)))
    assert {counts(end) for end in ends} <= {("done", 60, 60, 0, 0), ("done", 60, 0, 60, 0)}
    assert await rows(owner, "SELECT count(*) FROM unit") == [(60,)]
    assert await rows(owner, "SELECT count(*) FROM unit_move") == [(60,)]


async def test_a_unit_added_meanwhile_is_compared_and_not_doubled(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    path = file("model,serial,dealer\nWM-1,SN1,New dealer\nWM-1,SN2,New dealer\n")
    async with begin(base.database, SYSTEM) as work:
        model_id = await work.db.scalar(select(Model.id).where(Model.code == "WM-1"))
        work.db.add(Unit(id=new_id(), model_id=model_id, serial="SN1", serial_key="SN1", status="sold"))
        await work.db.flush()
        importing = asyncio.create_task(imported(base, path))
        await asyncio.sleep(0.5)  # the import now waits for this transaction
        assert not importing.done()
    assert counts(await importing) == ("done", 2, 2, 0, 0)
    assert await rows(owner, "SELECT serial, status, dealer FROM unit ORDER BY serial") == [
        ("SN1", "sold", "New dealer"),
        ("SN2", "in_stock", "New dealer"),
    ]


async def test_a_workbook_is_imported_like_a_text(
    base: Context, file: Callable[[str | bytes], Path], tmp_path: Path, owner: AsyncEngine
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([])
    sheet.append(["Model code", "Serial No.", "Sold", "Dealer"])
    sheet.append(["WM-1", 100200300, dt.date(2025, 3, 1), "Dealer"])
    sheet.append(["WM-7", "A2", None, None])
    book.save(tmp_path / "units.xlsx")
    run = await imported(base, tmp_path / "units.xlsx")
    assert counts(run) == ("done", 2, 1, 0, 1)
    assert await refused(base, run) == [(4, "model", "there is no such model")]
    assert await rows(owner, "SELECT serial, sold_on::text FROM unit") == [("100200300", "2025-03-01")]


async def test_a_workbook_that_unpacks_to_too_much_fails(base: Context, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 60_000_000)
    run = await imported(base, tmp_path / "bomb.xlsx")
    assert run.state == "failed"
    assert run.failure == "The workbook is packed more tightly than a real one."


async def test_a_dry_run_says_the_same_and_keeps_nothing(
    base: Context, file: Callable[[str | bytes], Path], owner: AsyncEngine
) -> None:
    source = look_through(file(HEADING + LINE.format(1) + "WM-9,SN2,,,,,,\n" + "WM-1,SN3,,C9,,,,\n"))
    tried = [one async for one in try_import(Importing(base.database, base.sandbox, SYSTEM), KINDS["units"], source)]
    ((chunk, merged),) = tried
    assert (chunk.ends, merged.kept, merged.unchanged) == (3, 1, 0)
    assert [r.column for r in [*chunk.refusals, *merged.refusals]] == ["model", "customer"]
    assert await rows(owner, "SELECT count(*) FROM unit") == [(0,)]
    assert await rows(owner, "SELECT count(*) FROM import_run") == [(0,)]

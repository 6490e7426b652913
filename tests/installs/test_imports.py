"""Files of units become the install base: bad rows are reported, good ones kept, and the same file changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports import files
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.report import ImportProgress, progress_of, refusals_of
from api.imports.running import Importing, open_run, run_import
from domain.catalog.model import Model
from domain.customers.model import Customer, Site
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
    run_id = await transact(
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

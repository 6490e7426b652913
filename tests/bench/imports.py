"""Rows a second of an import of units, against plain COPY into a table with the same indexes and constraints."""

import asyncio
import csv
import datetime as dt
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
from openpyxl import Workbook

from api.running import environment_of
from api.settings import Settings
from tests.bench.served import dsn, scratch

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "1000000"))
SHEET_ROWS = min(ROWS, 200_000)
MODELS, CUSTOMERS = 30, 20_000
HEADING = ["model", "serial", "status", "customer", "site", "sold_on", "installed_on", "in_service_on"]
HEADING += ["warranty_start_on", "warranty_end_on", "reference_number", "supplier", "dealer"]


async def run() -> dict[str, Any]:
    """Return rows a second and ratios to COPY; each import is a process of its own, as a person starts it."""
    async with scratch() as (server, _, folder):
        settings = Settings(
            data=str(folder),
            database_url=server.url("fieldstone_app"),
            partner_database_url=server.url("fieldstone_partner"),
            owner_database_url=server.url("fieldstone_owner"),
        )
        owner = await asyncpg.connect(dsn(settings.owner_database_url))
        try:
            return await measure(owner, settings, folder)
        finally:
            await owner.close()


async def measure(owner: asyncpg.Connection, settings: Settings, folder: Path) -> dict[str, Any]:
    """Import, import again, copy the same rows plainly, import a workbook."""
    await master_data(owner)
    path, sheet, copied = (folder / name for name in ("units.csv", "units.xlsx", "copy.csv"))
    await asyncio.to_thread(write_units, path, ROWS)
    first = await imported(settings, path)
    await owner.copy_from_query("SELECT * FROM unit ORDER BY id", output=copied, format="csv")
    before = await plain_copy(owner, copied)
    again = await imported(settings, path)
    yardstick = min(before, await plain_copy(owner, copied))  # the faster one: nothing else may have been running
    await empty(owner)
    await asyncio.to_thread(write_sheet, sheet, SHEET_ROWS)
    workbook = await imported(settings, sheet)
    return {
        "rows": ROWS,
        "copy_rows_per_second": round(ROWS / yardstick),
        "import_rows_per_second": round(ROWS / first["seconds"]),
        "import_ratio_to_copy": round(yardstick / first["seconds"], 2),
        "import_peak_memory_mb": first["peak_memory_mb"],
        "unchanged_rows_per_second": round(ROWS / again["seconds"]),
        "unchanged_rows": again["rows_unchanged"],
        "xlsx_rows": SHEET_ROWS,
        "xlsx_rows_per_second": round(SHEET_ROWS / workbook["seconds"]),
        "xlsx_ratio_to_copy": round(yardstick / ROWS * SHEET_ROWS / workbook["seconds"], 2),
        "xlsx_peak_memory_mb": workbook["peak_memory_mb"],
    }


async def empty(owner: asyncpg.Connection) -> None:
    """Empty the install base."""
    await owner.execute("TRUNCATE unit, unit_move, unit_component, import_refusal, import_run CASCADE")


async def master_data(owner: asyncpg.Connection) -> None:
    """Add what the units refer to."""
    await owner.execute(
        f"""
        INSERT INTO model (id, code, name, product_line)
        SELECT gen_random_uuid(), 'BENCH-' || n, 'Model', 'bench' FROM generate_series(1, {MODELS}) AS n
        ON CONFLICT DO NOTHING;
        INSERT INTO customer (id, number, name, customer_class)
        SELECT gen_random_uuid(), 'BENCH' || n, 'Customer', 'standard' FROM generate_series(1, {CUSTOMERS}) AS n
        ON CONFLICT DO NOTHING;
        INSERT INTO site (id, customer_id, code, name, address, city, region, country, time_zone)
        SELECT gen_random_uuid(), id, number || '-1', 'Home', '1 High Street', 'Town', 'North', 'DE', 'Europe/Berlin'
        FROM customer WHERE number LIKE 'BENCH%' ON CONFLICT DO NOTHING;
        """
    )
    await owner.execute("VACUUM ANALYZE")


def units(count: int) -> Any:
    """Yield rows as an ERP gives them out."""
    chance = random.Random(1)
    yield HEADING
    for n in range(count):
        sold = dt.date(2018, 1, 1) + dt.timedelta(days=chance.randrange(2800))
        running, ends = sold + dt.timedelta(7), sold + dt.timedelta(737)
        customer = f"BENCH{chance.randrange(CUSTOMERS) + 1}"
        dates = (str(day) for day in (sold, running, running, running, ends))
        yield (
            f"BENCH-{n % MODELS + 1}", f"SN{n:09d}", "installed", customer, f"{customer}-1", *dates,
            f"R{n % 5000}", "Factory One", f"Dealer {n % 40}",
        )  # fmt: skip


def write_units(path: Path, count: int) -> None:
    """Write the rows as CSV."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(units(count))


def write_sheet(path: Path, count: int) -> None:
    """Write the rows as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in units(count):
        sheet.append(row)
    book.save(path)


async def imported(settings: Settings, path: Path) -> dict[str, Any]:
    """Import a file by the command line and return what it says."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("fieldstone"), "import", "units", path, "--json",
        env=environment_of(settings), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return dict(json.loads(out))


async def plain_copy(owner: asyncpg.Connection, path: Path) -> float:
    """Return the seconds that COPY takes for the same rows, their ids already known."""
    keys = await owner.fetch(
        "SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint "
        "WHERE conrelid = 'unit'::regclass AND contype = 'f'"
    )
    await owner.execute("CREATE TABLE bench_unit (LIKE unit INCLUDING ALL)")
    try:
        for key in keys:
            await owner.execute(f"ALTER TABLE bench_unit ADD CONSTRAINT {key['conname']} {key['definition']}")
        began = time.monotonic()
        await owner.copy_to_table("bench_unit", source=path, format="csv")
        return time.monotonic() - began
    finally:
        await owner.execute("DROP TABLE bench_unit")

"""Stores rows by COPY, as the owner of a scratch database that is thrown away."""

from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from api.trials.year.world import Rows

ORDER = (
    "programme",
    "programme_version",
    "partner",
    "account",
    "authorisation",
    "certification",
    "model",
    "model_component",
    "warranty_term",
    "part",
    "fault_group",
    "part_limit",
    "fault_code",
    "labour_operation",
    "customer",
    "contact",
    "site",
    "unit",
    "visit",
    "preauthorisation",
    "fault",
    "part_used",
    "time_entry",
    "expense",
    "upload",
    "photo_print",
    "photo",
    "scan",
)
"""What others refer to comes first; jobs and assignments refer to each other and come before the visits."""


async def connected(url: str) -> Any:
    """Return the driver's own connection to an address as SQLAlchemy writes it."""
    parts = make_url(url)
    return await asyncpg.connect(
        user=parts.username,
        database=parts.database,
        host=str(parts.query["host"]),
        port=int(str(parts.query["port"])),
        server_settings={"timezone": "UTC", "jit": "off"},
    )


async def store(connection: Any, rows: Rows) -> None:
    """Store all rows in one transaction, and forget them."""
    unknown = {name.removeprefix("struck_") for name in rows.tables} - {*ORDER, "job", "assignment"}
    if unknown:
        raise RuntimeError(f"nobody says when {', '.join(sorted(unknown))} may be stored")
    async with connection.transaction():
        for table in ORDER:
            if table == "visit":
                await _jobs(connection, rows)
            if found := rows.tables.get(table):
                await _copy(connection, table, table, found)
            if struck := rows.tables.get(f"struck_{table}"):
                await _copy(connection, table, table, struck)
    rows.tables.clear()


async def _jobs(connection: Any, rows: Rows) -> None:
    """Store jobs and assignments by one statement: its foreign keys are checked at its end."""
    if not rows.tables.get("job"):
        return
    insert = []
    for table in ("job", "assignment"):
        found = rows.tables[table]
        await connection.execute(f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DROP")
        names = ", ".join(found[0])
        for missing in set(await _columns(connection, table)) - found[0].keys():
            await connection.execute(f"ALTER TABLE new_{table} DROP COLUMN {missing}")
        await _copy(connection, f"new_{table}", table, found)
        insert.append(f"INSERT INTO {table} ({names}) SELECT {names} FROM new_{table}")  # noqa: S608
    await connection.execute(f"WITH given AS ({insert[1]}) {insert[0]}")


async def _columns(connection: Any, table: str) -> list[str]:
    found = await connection.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped", table
    )
    return [row["attname"] for row in found]


async def _copy(connection: Any, into: str, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    try:
        await connection.copy_records_to_table(into, records=(tuple(row.values()) for row in rows), columns=columns)
    except Exception as error:
        error.add_note(f"while storing {len(rows)} rows of {table}")
        raise

"""What a push costs when the journal is long: at ten thousand, a million and five million entries.

SYNC_ENTRIES sets the lengths, with commas between them. The same phones push the same day's work each time.
"""

import os
import time
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench.load import connected
from tests.bench.phones import Phone, crew
from tests.bench.served import scratch, serving

ENTRIES = tuple(int(one) for one in os.environ.get("SYNC_ENTRIES", "10000,1000000,5000000").split(","))
PUSHES = 150
OPERATIONS = 20
AT_ONCE = 500_000
BODY = {
    "sent": '{"at":"2026-03-02T09:30:00Z","base":null,"body":{"kind":"travel","minutes":5},"job":null,"t":"time.log"}',
    "answer": '{"id":"0198c5b0-0000-7000-8000-000000000001","flags":[]}',
}
FILL = """
WITH entry AS (
  INSERT INTO journal (op_id, device_id, seq, actor_id, kind, version, outcome, commitment, client_at, estimated_at,
                       received_at, applied_at)
  SELECT uuidv7(), crew.device_id, -n, crew.account_id, 'time.log', 1, 'applied', sha256(n::text::bytea),
         now(), now(), now(), now()
  FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
  JOIN crew ON crew.no = n % CAST(:crew AS bigint)
  RETURNING op_id
)
INSERT INTO journal_body (op_id, salt, sent, answer)
SELECT op_id, sha256('salt'),
       convert_to(:sent, 'UTF8'), convert_to(:answer, 'UTF8')
FROM entry
"""


async def run() -> dict[str, Any]:
    """Return milliseconds a push of twenty operations takes at each length, and how it grows."""
    figures: dict[str, Any] = {}
    async with scratch() as (server, database, data):
        owner_url = server.url("fieldstone_owner")
        phones = await crew(database, owner_url, 100, 30)
        product = {"DATABASE_URL": server.url("fieldstone_app"), "FIELDSTONE_DATA": str(data)}
        filled = 0
        for entries in ENTRIES:
            await _fill(owner_url, phones, filled, entries)
            filled = entries
            with serving("api.asgi:app", **product) as base:
                await _push(base, phones)
                figures[f"{entries:,} entries"] = await _push(base, phones)
    first, last = (list(figures.values())[at]["p50_ms"] for at in (0, -1))
    return {**figures, "longest_to_shortest": round(last / first, 2), "asked": 1.5}


async def _fill(owner_url: str, phones: list[Phone], first: int, last: int) -> None:
    owner = create_async_engine(owner_url, connect_args={"command_timeout": 900})
    crew_rows = ", ".join(f"({no}, '{one.device_id}'::uuid, '{one.account_id}'::uuid)" for no, one in enumerate(phones))
    with_crew = f"WITH crew(no, device_id, account_id) AS (VALUES {crew_rows}), entry AS ("
    statement = text(FILL.replace("WITH entry AS (", with_crew, 1))
    for start in range(first, last, AT_ONCE):
        async with owner.begin() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            given = {"first": start + 1, "last": min(start + AT_ONCE, last), "crew": len(phones), **BODY}
            await connection.execute(statement, given)
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for table in ("journal", "journal_body"):
            await connection.execute(text(f"VACUUM ANALYZE {table}"))
    await owner.dispose()


async def _push(base: str, phones: list[Phone]) -> dict[str, Any]:
    connection = await connected(base)
    found = []
    for number in range(PUSHES):
        phone = phones[number % len(phones)]
        request = phone.push(OPERATIONS)
        started = time.perf_counter()
        assert await connection.ask(request) == 200, connection.body[:300]
        found.append(time.perf_counter() - started)
        answer = msgspec.json.decode(connection.body)
        assert (answer["status"], len(answer["results"])) == ("ok", OPERATIONS), answer
    if connection.transport is not None:
        connection.transport.close()
    ordered = sorted(found)
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "operations_per_second": round(PUSHES * OPERATIONS / sum(found)),
    }

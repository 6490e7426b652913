"""Rows merged into the tables: COPY into a temporary table, then a few statements for all of them at once."""

# ruff: noqa: S608 - the statements are put together from the declarations in this package, never from a file
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, column, select, text
from sqlalchemy.exc import DBAPIError

from api.imports.checking import Chunk, Refusal, shown
from api.imports.kinds import Kind
from domain.jobs.model import Job
from domain.jobs.scope import tell_jobs
from domain.kit.database import sqlstate
from domain.kit.work import Work

# A chunk is a second or two of work; the usual limits are for requests that somebody waits for.
_PATIENCE = text(
    "SELECT set_config('statement_timeout', '28s', true), set_config('lock_timeout', '25s', true), "
    "set_config('work_mem', '64MB', true)"
)
_LOCK_KIND = text("SELECT pg_advisory_xact_lock(hashtextextended(:kind, 0))")
_OF_THE_DATA = ("22", "23")
"""Classes of SQLSTATE that blame the data or a constraint, not the moment."""
_COUNT = text("SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_changed), count(refused) FROM plan")


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the rows of one chunk that were ready."""

    kept: int
    unchanged: int
    refusals: list[Refusal]


async def be_patient(work: Work) -> None:
    """Give the statements of this transaction, and their waiting for locks, more time than a request has."""
    await work.db.execute(_PATIENCE)


class Merger:
    """Merges chunks of one kind of file that has the columns ``present``.

    A table is read as the file's truth for the columns the file has: others stay as they are.
    """

    def __init__(self, kind: Kind, present: frozenset[str]) -> None:
        self.kind = kind
        table, values = kind.table, kind.values(present)
        names = ", ".join(f'"{name}"' for name in (["id", *values] if kind.has_id else values))
        columns = [("line", "bigint"), ("id", "uuid"), *((c.name, c.sql) for c in kind.columns)]
        columns += [(derived.name, "text") for derived in kind.derived]
        declared = ", ".join(f'"{name}" {sql}' for name, sql in columns)
        blamed = " ".join(f'WHEN {n} THEN i."{check.column}"::text' for n, check in enumerate(kind.checks))
        setting = ", ".join(f'"{name}" = plan."{name}"' for name in values)
        self._incoming = f"CREATE TEMPORARY TABLE incoming ({declared}) ON COMMIT DROP"
        self._plan = _plan_of(kind, values)
        self._lock = text(
            f"SELECT t.id FROM {table} AS t JOIN plan USING (id) WHERE is_changed ORDER BY t.id FOR NO KEY UPDATE OF t"
        )
        self._insert = text(f"INSERT INTO {table} ({names}) SELECT {names} FROM plan WHERE is_new")
        self._update = text(f"UPDATE {table} AS t SET {setting} FROM plan WHERE t.id = plan.id AND is_changed")
        self._refused = text(
            f"SELECT line, refused, CASE refused {blamed} END FROM plan JOIN incoming i USING (line) "
            "WHERE refused IS NOT NULL ORDER BY line"
            if kind.checks
            else "SELECT 0, 0, '' WHERE false"
        )

    async def merge(self, work: Work, chunk: Chunk, run_id: UUID) -> Merged:
        """Write what is new or changed.

        A row that the database will not have, for whatever reason, is found by halving and refused alone; a row that
        somebody else added meanwhile is compared with when its half is merged afresh.
        Locks: imports of one kind, or of one shared feed, go one after another; then the changed rows by id.
        """
        if not chunk.ready:
            return Merged(0, 0, [])
        told = self.kind.told
        await work.db.execute(_LOCK_KIND, {"kind": f"import {told.feed if told else self.kind.name}"})
        return await self._merge(work, chunk, run_id)

    async def _merge(self, work: Work, chunk: Chunk, run_id: UUID) -> Merged:
        for _ in range(2 if chunk.ready == 1 else 1):
            try:
                async with work.db.begin_nested():
                    return await self._merge_at_once(work, chunk, run_id)
            except (DBAPIError, asyncpg.PostgresError) as error:
                state = sqlstate(error)
                if state[:2] not in _OF_THE_DATA:
                    raise
        if chunk.ready == 1:
            reason = f"the database refuses this row ({state})"
            return Merged(0, 0, [Refusal(chunk.first_line, "", "", reason)])
        first, second = chunk.halves()
        one, other = await self._merge(work, first, run_id), await self._merge(work, second, run_id)
        return Merged(one.kept + other.kept, one.unchanged + other.unchanged, [*one.refusals, *other.refusals])

    async def _merge_at_once(self, work: Work, chunk: Chunk, run_id: UUID) -> Merged:
        db, kind = work.db, self.kind
        driver: Any = (await (await db.connection()).get_raw_connection()).driver_connection
        await driver.execute(self._incoming)
        await driver.copy_to_table(
            "incoming", source=_at_once(chunk.content), columns=chunk.columns, format="csv", encoding="utf-8"
        )
        if kind.prepare:
            await db.execute(text(kind.prepare))
        await driver.execute(self._plan)
        new, changed, refused = (await db.execute(_COUNT)).one()
        if changed:
            # What was compared before it was locked may have changed since: compare again.
            await db.execute(self._lock)
            await driver.execute(f"DROP TABLE plan; {self._plan}")
            new, changed, refused = (await db.execute(_COUNT)).one()
            await db.execute(self._update)
        if new:
            await db.execute(self._insert)
        if kind.moves and new + changed:
            moment = {"actor": work.actor.account_id, "run": run_id, "now": work.now}
            await db.execute(text(kind.moves), moment)
        if kind.jobs and new + changed:
            shown_on = text(kind.jobs).columns(column("id", Uuid)).subquery()
            await tell_jobs(work, Job.id.in_(select(shown_on.c.id)))
        refusals = await self._refusals(work) if refused else []
        told = kind.told
        ids = await driver.fetchval(f"SELECT array(({told.ids}))") if told and new + changed else []
        await driver.execute("DROP TABLE incoming, plan")
        if told:  # last: whatever fails above takes only its own half of the rows back
            work.changes.touch_all(told.feed, told.entity, ids)
        return Merged(new + changed, chunk.ready - new - changed - refused, refusals)

    async def _refusals(self, work: Work) -> list[Refusal]:
        checks = self.kind.checks
        return [
            Refusal(line, checks[number].column, shown(value or ""), checks[number].reason)
            for line, number, value in (await work.db.execute(self._refused)).all()
        ]


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _plan_of(kind: Kind, values: dict[str, str]) -> str:
    """Return the statement that compares every row with what is stored and decides what becomes of it."""
    found = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
    mark = "t.id" if kind.has_id else f't."{next(iter(values))}"'
    checks = " ".join(f"WHEN {check.condition} THEN {n}" for n, check in enumerate(kind.checks))
    refused = f"CASE {checks} END" if checks else "NULL::int"
    now, was = (", ".join(f'{side}."{name}"' for name in values) for side in ("n", "t"))
    differs = f"({now}) IS DISTINCT FROM ({was})" if kind.has_id else "false"
    told = ""
    if kind.told:
        now, was = (", ".join(f'{side}."{name}"' for name in kind.told.shown) for side in ("n", "t"))
        told = f", r.refused IS NULL AND (t.id IS NULL OR ({now}) IS DISTINCT FROM ({was})) AS is_told"
    return (
        f"CREATE TEMPORARY TABLE plan ON COMMIT DROP AS SELECT i.line, "
        f"{'coalesce(t.id, i.id)' if kind.has_id else 'i.id'} AS id, i.id AS move_id, n.*, r.refused, "
        f"{mark} IS NULL AND r.refused IS NULL AS is_new, "
        f"{mark} IS NOT NULL AND r.refused IS NULL AND {differs} AS is_changed{told}"
        f"{f', CASE WHEN t.id IS NOT NULL AND {differs} THEN to_jsonb(t) END AS was' if kind.moves else ''} "
        f"FROM incoming i {kind.joins} "
        # One look-up a row: with a plain join a large table may be read whole for every chunk.
        f"LEFT JOIN LATERAL (SELECT * FROM {kind.table} t WHERE {kind.match} LIMIT 1) AS t ON true "
        f"CROSS JOIN LATERAL (SELECT {found}) AS n CROSS JOIN LATERAL (SELECT {refused} AS refused) AS r"
    )

"""Rows that are only added are written together, parents and children in one statement, or not at all."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.database import Database
from domain.kit.ids import new_id
from domain.kit.rows import Rows
from domain.kit.work import back_to_savepoint, begin
from tests.conftest import rows


async def test_rows_of_many_tables_are_there_after_the_flush(kit: Database, owner: AsyncEngine) -> None:
    parent = new_id()
    async with begin(kit, SYSTEM) as work:
        work.rows.add("probe_child", {"id": new_id(), "probe_id": parent})
        work.rows.add("probe", {"id": parent, "name": "oak"})
        work.rows.add("probe", {"id": new_id(), "name": "elm", "span": "[1,3)"})
        await work.flush()
        assert not work.rows.waiting
        found = await work.db.execute(text("SELECT name, span::text FROM probe ORDER BY name"))
        assert [tuple(row) for row in found] == [("elm", "[1,3)"), ("oak", None)]
    assert len(await rows(owner, "SELECT * FROM probe_child")) == 1


async def test_rows_that_nobody_flushed_are_written_before_the_commit(kit: Database, owner: AsyncEngine) -> None:
    async with begin(kit, SYSTEM) as work:
        work.rows.add("probe", {"id": new_id(), "name": "oak"})
    assert await rows(owner, "SELECT name FROM probe") == [("oak",)]


async def test_rows_that_wait_are_gone_with_their_savepoint(kit: Database, owner: AsyncEngine) -> None:
    async with begin(kit, SYSTEM, op_id=new_id()) as work:
        work.rows.add("probe", {"id": new_id(), "name": "oak"})
        await back_to_savepoint(work)
    assert await rows(owner, "SELECT * FROM probe") == []


async def test_a_partner_adds_no_row_of_another_partner(kit: Database, owner: AsyncEngine) -> None:
    with pytest.raises(Exception, match="row-level security"):
        async with begin(kit, Actor(new_id(), Role.TECHNICIAN, new_id())) as work:
            work.rows.add("probe", {"id": new_id(), "name": "oak", "partner_id": new_id()})
    assert await rows(owner, "SELECT * FROM probe") == []


def test_a_statement_carries_changes_before_rows_and_bytes_as_postgresql_reads_them() -> None:
    waiting = Rows()
    waiting.add("leaf", {"id": 1, "content": b"\x00\xff"})
    statement = waiting.take("UPDATE tree SET height = $2 WHERE id = $1", given=(7, 12))
    assert statement.sql == (
        "WITH part0 AS (UPDATE tree SET height = $2 WHERE id = $1) INSERT INTO leaf (id, content) "
        "SELECT id, content FROM jsonb_populate_recordset(NULL::leaf, $3::jsonb)"
    )
    assert statement.values == (7, 12, '[{"id":1,"content":"\\\\x00ff"}]')
    assert not waiting.waiting

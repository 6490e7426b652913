"""A journal with a few entries, sealed, for tests of the audit chain; and changes behind the product's back."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_audit import seal_all
from domain.audit.checking import ChainCheck, check_chain
from domain.audit.keyring import worth_by
from domain.audit.rules import Checkpoint
from domain.kit.actor import SYSTEM, Actor
from domain.kit.database import Database, reading
from domain.kit.ids import new_id
from domain.kit.problem import Kind, Problem
from domain.kit.work import begin, keep
from domain.sealing.keys import every_key


class Kept(Problem, kind=Kind.CONFLICT):
    """It is kept in the journal, for a test."""


async def journaled(database: Database, count: int = 1, actor: Actor = SYSTEM) -> list[UUID]:
    """Journal operations, each in a transaction of its own; return their ids."""
    made = [new_id() for _ in range(count)]
    for number, op_id in enumerate(made):
        async with begin(database, actor) as work:
            await keep(work, op_id, "test.kept", 1, b'{"number":%d}' % number, Kept("A test."))
    return made


async def sealed(context: Context, *batches: int) -> list[UUID]:
    """Journal and seal so many operations at a time; return their ids as the chain has them."""
    for count in batches:
        await journaled(context.database, count)
        await seal_all(context)
    async with reading(context.database, SYSTEM) as db:
        return list((await db.execute(text("SELECT op_id FROM audit_chain ORDER BY no"))).scalars())


async def checked(context: Context, kept: Checkpoint | None = None) -> ChainCheck:
    """Check the whole chain by the register's keys."""
    async with reading(context.database, SYSTEM) as db:
        return await check_chain(db, worth_by(await every_key(db)), kept)


async def tamper(owner: AsyncEngine, *statements: str) -> None:
    """Change what was written, as an administrator of the database can: no trigger runs."""
    tables = ("journal", "audit_chain", "audit_checkpoint")
    async with owner.begin() as connection:
        for table in tables:
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await connection.exec_driver_sql(statement)
        for table in tables:
            await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

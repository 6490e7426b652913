"""Attempts on a sealed chain, one by one, and what a check calls each."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.context import Context
from domain.audit.checking import ChainCheck, check_chain
from domain.audit.keyring import worth_by
from domain.audit.rules import Checkpoint
from domain.sealing.keys import every_key
from tests.audit.chained import checked, sealed
from tests.audit.tampering import BATCH, ENTRIES, EVERY

GUARDED = ("journal", "audit_chain", "audit_checkpoint")


@dataclass(frozen=True, slots=True)
class Attempted:
    """How often each way was tried, which attempts were not found, and which were found under a wrong name."""

    tried: Counter[str] = field(default_factory=Counter)
    passed: list[str] = field(default_factory=list)
    misnamed: list[str] = field(default_factory=list)


async def check(db: AsyncConnection, kept: Checkpoint | None = None) -> ChainCheck:
    """Check by the register's keys on a connection, uncommitted changes and all."""
    return await check_chain(db, worth_by(await every_key(db)), kept, slice_max=7)


@asynccontextmanager
async def unguarded(owner: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction of the tables' owner in which no trigger runs; it is rolled back."""
    async with owner.connect() as db:
        for table in GUARDED:
            await db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield db
        await db.rollback()


async def attempted(context: Context, owner: AsyncEngine, attempts: int) -> Attempted:
    """Seal a chain, try so many changes on it in turn, each rolled back, and check after each."""
    await sealed(context, *[BATCH] * (ENTRIES // BATCH))
    assert (await checked(context)).whole
    found = Attempted()
    for number in range(attempts):
        draw = EVERY[number % len(EVERY)]
        attempt = draw(random.Random(number))
        async with unguarded(owner) as db:
            for statement in attempt.does:
                await db.exec_driver_sql(statement)
            said = (await check(db)).broken
        found.tried[draw.__name__] += 1
        told = f"{number}, {draw.__name__}: {attempt.does}"
        if said is None:
            found.passed.append(told)
        elif said.wrong not in attempt.wrong or (attempt.no is not None and said.no != attempt.no):
            found.misnamed.append(f"{told} is called {said}")
    return found

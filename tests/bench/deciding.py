"""What the gate costs of one completion, and what the sheet costs: statement by statement, without HTTP.

``decision_only_ms`` is from gathering the facts to the claim written down; ``locked_ms`` from the unit's lock to the
end of the commit, while others wait; ``gate_of_statements`` is the share of the gate's own statements in the time that
all statements take, the commit apart.
"""

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from asyncpg.connection import LoggedQuery
from sqlalchemy import event

from api.adapters.queue import PgQueue
from domain.commands import REGISTER
from domain.kit.database import Database
from domain.kit.ids import new_id
from domain.kit.work import Work, carry_out, transact
from tests.bench.load import summary
from tests.cast import actor_of
from tests.claims.racing import Rider

GATHER, LOCK, WRITE = "gate_visit(", "gate_unit_now", "INSERT INTO claim "
"""What the gate's own statements can be told by."""
WARM = 20


class _Seen:
    """The statements of one completion, with the moments at which each began and ended."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, float, float]] = []

    def __call__(self, query: LoggedQuery) -> None:
        ended = time.perf_counter()
        self.statements.append((query.query, ended - query.elapsed, ended))

    def one(self, mark: str) -> tuple[float, float]:
        """Return when the statement with this mark began and ended."""
        return next((began, ended) for sql, began, ended in self.statements if mark in sql)

    def seconds(self, *marks: str) -> float:
        """Return how long the statements with these marks took; without any, all but the commit."""
        return sum(
            ended - began
            for sql, began, ended in self.statements
            if (any(mark in sql for mark in marks) if marks else sql != "COMMIT")
        )


async def parts(database: Database, riders: Sequence[Rider]) -> dict[str, Any]:
    """Complete the visits one after another on connections that nobody used before, and return the medians."""
    seen = _Seen()

    def watch(connection: Any, _: object) -> None:
        connection.driver_connection.add_query_logger(seen)

    event.listen(database.partner.sync_engine, "connect", watch)
    whole, deciding, locked, shares, trips = [], [], [], [], []
    for number, rider in enumerate(riders):
        seen.statements.clear()
        began = time.perf_counter()
        await _complete(database, rider)
        ended = time.perf_counter()
        if number < WARM:
            continue
        whole.append(ended - began)
        deciding.append(seen.one(WRITE)[1] - seen.one(GATHER)[0])
        locked.append(seen.one("COMMIT")[1] - seen.one(LOCK)[0])
        shares.append(seen.seconds(GATHER, LOCK, WRITE) / seen.seconds())
        trips.append(len(seen.statements))
    return {
        "whole_ms": summary(whole, 1, 0).p50_ms,
        "decision_only_ms": summary(deciding, 1, 0).p50_ms,
        "locked_ms": summary(locked, 1, 0).p50_ms,
        "gate_of_statements": round(median(shares), 2),
        "round_trips": median(trips),
    }


async def _complete(database: Database, rider: Rider) -> None:
    op_id = new_id()

    async def complete(work: Work) -> None:
        await carry_out(work, rider.command, REGISTER, op_id)

    await transact(database, actor_of(rider.technician), complete, queue=PgQueue(), op_id=op_id)

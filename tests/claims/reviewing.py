"""What a person does about claims, in few words."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.context import Context
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests import make
from tests.cast import Caller, Cast, joined
from tests.claims.visits import claims, complete, fill_sheet, scan

APPROVE = {"decision": "approve", "reason": "evidence-convincing"}
GOODWILL = {"decision": "approve", "reason": "goodwill"}
REFUSE = {"decision": "refuse", "reason": "evidence-contradicts"}
SEND_BACK = {"decision": "send_back", "reason": "evidence-missing", "note": "the label, please"}


async def waiting(context: Context, cast: Cast, **given: Any) -> tuple[make.ReadyVisit, Any]:
    """A visit whose claim waits for a person, because another label was scanned; and that claim."""
    ready = await make.ready_visit(context, cast, **given)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    response = await complete(ready)
    assert response.status_code == 200, response.text
    return ready, (await claims(context))[-1]


async def lines_by_kind(context: Context, claim_id: UUID) -> dict[str, Any]:
    """The lines of a claim, one of each kind."""
    async with begin(context.database, SYSTEM) as work:
        rows = await work.db.execute(text("SELECT * FROM claim_line WHERE claim_id = :id"), {"id": claim_id})
        return {row.kind: row for row in rows}


async def decided(context: Context) -> list[Any]:
    """Every decision, as it was written down."""
    async with begin(context.database, SYSTEM) as work:
        return list((await work.db.execute(text("SELECT * FROM claim_decision ORDER BY id"))).all())


async def alerts(context: Context) -> list[tuple[str, dict[str, Any]]]:
    """What managers were told to look at, in the order it happened: its kind and what is known."""
    async with begin(context.database, SYSTEM) as work:
        rows = await work.db.execute(text("SELECT kind, facts FROM alert ORDER BY at"))
        return [(kind, facts) for kind, facts in rows]


async def manager(context: Context, cast: Cast, name: str = "mia", role: Role = Role.SERVICE_MANAGER) -> Caller:
    """Somebody more of our own desk."""
    async with begin(context.database, SYSTEM) as work:
        return await joined(work, cast.rex.http, name, role, None)


async def run(context: Context, statement: str, **given: Any) -> None:
    """Run a statement as the application's role."""
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text(statement), given)

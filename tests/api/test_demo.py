"""What the demo shows beside its week of visits."""

import random

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.trials.aftermath import follow
from api.trials.masterdata import fill
from api.trials.week import Week
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, transact, utc_now
from tests.conftest import rows


async def test_reports_are_corrected_withdrawn_and_waiting_and_people_ask_for_service(
    context: Context, owner: AsyncEngine
) -> None:
    rng = random.Random(7)

    async def body(work: Work) -> Week:
        world = await fill(work, rng, units=1_000, password_hash="-")
        return Week(context, world, rng, utc_now().date(), days_back=3)

    week = await transact(context.database, SYSTEM, body, queue=context.queue)
    await week.live(lambda done, total: None)
    await drain(context)
    await follow(week)
    asked = (
        "SELECT a.kind, d.decision FROM report_amendment a LEFT JOIN amendment_decision d ON d.amendment_id = a.id"
        " ORDER BY a.asked_at"
    )
    assert await rows(owner, asked) == [("amend", "approve"), ("withdraw", "approve"), ("amend", None)]
    assert await rows(owner, "SELECT kind FROM alert") == [("honey-serial",)]
    different = "SELECT count(*) > 4, count(*) = count(DISTINCT sha256) FROM photo"
    assert await rows(owner, different) == [(True, True)]
    requests = "SELECT label, unit_id IS NOT NULL, language FROM service_request ORDER BY number"
    assert await rows(owner, requests) == [("right", True, "en"), ("none", True, "en"), ("none", True, "zh")]
    unsealed = (
        "SELECT count(*) FROM report_revision LEFT JOIN report_seal USING (report_id, revision) WHERE token IS NULL"
    )
    assert await rows(owner, unsealed) == [(0,)]

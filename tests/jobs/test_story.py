"""The main job, from the desk's first click to a completed sheet."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from tests import make
from tests.cast import Cast
from tests.conftest import rows


async def test_a_job_goes_from_the_desk_to_a_signed_sheet(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work)
        component_id = await make.component(work, model_id)
        customer_id = await make.customer(work)
        site_id = await make.site(work, customer_id)
        unit_id = await make.unit(work, model_id, customer_id=customer_id, site_id=site_id)
        code_id, part_id = await make.fault_code(work), await make.part(work)
        labour_id = await make.labour_operation(work)
    now = utc_now()
    job = await cast.dora.done(
        "/jobs",
        {
            "kind": "repair",
            "customer_id": str(customer_id),
            "site_id": str(site_id),
            "unit_id": str(unit_id),
            "subject": "Does not drain",
            "required_from": now.isoformat(),
            "required_to": (now + dt.timedelta(hours=8)).isoformat(),
        },
    )
    assigned = await cast.dora.done(
        "/jobs/assign",
        {
            "job_id": job["id"],
            "partner_id": str(cast.north),
            "technician_id": str(cast.ann.id),
            "planned_from": now.isoformat(),
            "planned_to": (now + dt.timedelta(hours=2)).isoformat(),
        },
    )
    visit_id = assigned["visit_id"]
    assert (await cast.ann.done("/jobs/accept", {"job_id": job["id"]}))["state"] == "accepted"
    for step, state in (("travel", "travelling"), ("arrive", "arrived"), ("start", "working"), ("pause", "paused")):
        stepped = await cast.ann.done(f"/visits/{step}", {"visit_id": visit_id, "at": utc_now().isoformat()})
        assert stepped == {"visit_id": visit_id, "state": state, "flags": []}
    await cast.ann.done("/visits/resume", {"visit_id": visit_id, "at": utc_now().isoformat()})
    for path, line in (
        ("/times", {"kind": "labour", "minutes": 45, "labour_operation_id": str(labour_id)}),
        ("/parts-used", {"kind": "used", "part_id": str(part_id), "quantity": 1, "unit_of_measure": "pcs"}),
        ("/expenses", {"direction": "spent", "kind": "parking", "amount_minor": 450, "currency": "EUR"}),
        (
            "/faults",
            {
                "fault_code_id": str(code_id),
                "symptom": "Water stays",
                "model_component_id": str(component_id),
                "designator": "R12",
            },
        ),
        ("/readings", {"name": "current", "value": "0.42", "unit_of_measure": "A"}),
        ("/photos", {"kind": "after", "sha256": "ab" * 32}),
    ):
        assert (await cast.ann.done(path, {"visit_id": visit_id, **line}))["flags"] == []
    completed = await cast.ann.done(
        "/visits/complete",
        {
            "visit_id": visit_id,
            "at": utc_now().isoformat(),
            "result": "repaired",
            "summary": "Pump replaced",
            "signed_by": "Cyd",
            "signature": {"width": 300, "height": 100, "strokes": [[[1, 2], [3, 4]], [[5, 6]]]},
            "collection": {"code_hash": "0" * 64, "pin_hash": "1" * 64},
        },
    )
    assert (completed["state"], completed["job_state"]) == ("completed", "completed")
    steps = await rows(owner, "SELECT step FROM visit_event ORDER BY id")
    assert [step for (step,) in steps] == ["travel", "arrive", "start", "pause", "resume", "complete"]
    feed = await rows(owner, f"SELECT kind, entity_id, removed FROM feed_entry WHERE feed = 't:{cast.ann.id}'")
    assert sorted(feed) == [("job", UUID(job["id"]), None), ("visit", UUID(visit_id), None)]

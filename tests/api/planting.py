"""A partner's technician at work on a job, and the ids of all she may name."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from tests import make
from tests.cast import Cast, actor_of


async def things_of_ann(context: Context, cast: Cast, owner: AsyncEngine) -> dict[str, UUID]:
    """Put ann to work; returns the ids by the contract's names, and by the first part of a path."""
    ready = await make.ready_visit(context, cast)
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE visit SET state = 'working', arrived_at = planned_from, started_at = planned_from")
        )
        await connection.execute(text("UPDATE job SET state = 'in_progress'"))
    device_id = actor_of(cast.ann).device_id
    assert device_id is not None
    return {
        "job_id": ready.job_id,
        "visit_id": ready.visit_id,
        "unit_id": ready.unit_id,
        "model_id": ready.model_id,
        "customer_id": ready.customer_id,
        "site_id": ready.site_id,
        "contact_id": ready.contact_id,
        "model_component_id": ready.component_id,
        "fault_code_id": ready.fault_code_id,
        "part_id": ready.part_id,
        "labour_operation_id": ready.labour_operation_id,
        "partner_id": cast.north,
        "technician_id": cast.ann.id,
        "account_id": cast.ann.id,
        "device_id": device_id,
        "/jobs": ready.job_id,
        "/visits": ready.visit_id,
        "/units": ready.unit_id,
        "/models": ready.model_id,
        "/customers": ready.customer_id,
        "/sites": ready.site_id,
        "/parts": ready.part_id,
        "/partners": cast.north,
        "/people": cast.ann.id,
    }

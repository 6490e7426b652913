"""Something to be hostile to: a partner's technician at work on a job."""

from uuid import UUID

import pytest
import pytest_asyncio
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from tests.api.planting import things_of_ann
from tests.cast import Cast


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """A line of JSON for each request: drawing a defect's frames in colour takes a second each."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])


@pytest_asyncio.fixture(loop_scope="session")
async def planted(context: Context, cast: Cast, owner: AsyncEngine) -> dict[str, UUID]:
    """The ids of ann's job, of the visit she is working on and of all she may name, by the contract's names."""
    return await things_of_ann(context, cast, owner)

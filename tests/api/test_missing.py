"""What is changed but is not there is said to be missing, in words of its own, and nothing is written."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.conftest import rows

NOBODY = str(uuid4())
NOWHERE = {"customer_id": None, "site_id": None}
PERIOD = {"required_from": "2026-12-02T09:00:00Z", "required_to": "2026-12-02T17:00:00Z"}
ON = {"on": "2026-03-31", "reason": "as they said"}


@pytest.mark.parametrize(
    ("who", "path", "body", "detail"),
    [
        ("dora", "/units/move", {"unit_id": NOBODY, **NOWHERE, **ON}, "There is no such unit."),
        ("dora", "/units/status", {"unit_id": NOBODY, "status": "returned", **ON}, "There is no such unit."),
        ("dora", "/units/confirm", {"unit_id": NOBODY}, "There is no such unit."),
        ("dora", "/service-requests/accept", {"request_id": NOBODY, **PERIOD}, "There is no such request."),
        ("dora", "/service-requests/dismiss", {"request_id": NOBODY, "reason": "a joke"}, "There is no such request."),
        ("ada", "/service-requests/erase", {"request_id": NOBODY, "reason": "asked to"}, "There is no such request."),
        (
            "dora",
            "/recorded-work/decide",
            {"op_ids": [NOBODY], "decision": "accept"},
            "There is no such recorded work.",
        ),
        ("ada", "/webhooks/approve", {"webhook_id": NOBODY}, "There is no such webhook among those you look after."),
        ("pam", "/webhooks/enable", {"webhook_id": NOBODY}, "There is no such webhook among those you look after."),
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(
    who: str, path: str, body: dict[str, Any], detail: str, cast: Cast, owner: AsyncEngine
) -> None:
    response = await getattr(cast, who).post(path, body)
    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (404, "not-found", detail)
    assert await rows(owner, "SELECT count(*) FROM journal WHERE outcome <> 'rejected'") == [(0,)]


async def test_a_unit_moves_to_no_customer_and_no_site_that_is_not_there(cast: Cast, context: Context) -> None:
    async with begin(context.database, SYSTEM) as work:
        unit_id = await make.unit(work, await make.model(work))
    said = [
        (await cast.dora.post("/units/move", {"unit_id": str(unit_id), **NOWHERE, whose: NOBODY, **ON})).json()[
            "detail"
        ]
        for whose in ("customer_id", "site_id")
    ]
    assert said == ["There is no such customer.", "There is no such site."]


async def test_recorded_work_is_named_once(cast: Cast) -> None:
    twice = await cast.dora.post("/recorded-work/decide", {"op_ids": [NOBODY, NOBODY], "decision": "accept"})
    assert (twice.status_code, twice.json()["field"]) == (422, "op_ids")

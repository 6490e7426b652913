"""Who may repair what on warranty, and since when: kept by the office, read by those whom it concerns."""

from typing import Any
from uuid import uuid4

import pytest

from tests.cast import Cast


async def ids(caller: Any, path: str, **query: Any) -> list[str]:
    response = await caller.get(path, **query)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def test_an_authorisation_begins_and_ends_on_a_day(cast: Cast) -> None:
    body = {"partner_id": str(cast.north), "product_line": "washers", "region": "north", "from_on": "2026-01-01"}
    made = await cast.ada.done("/authorisations", body)
    await cast.ada.done(
        "/authorisations/end", {"authorisation_id": made["id"], "to_on": "2026-06-30", "reason": "left the network"}
    )
    first = (await cast.pam.get("/authorisations")).json()["items"][0]
    assert first == body | {"id": made["id"], "to_on": "2026-06-30"}


async def test_a_certification_begins_and_ends_on_a_day(cast: Cast) -> None:
    body = {"account_id": str(cast.ann.id), "product_line": "washers", "from_on": "2026-01-01"}
    made = await cast.ada.done("/certifications", body)
    await cast.ada.done(
        "/certifications/end", {"certification_id": made["id"], "to_on": "2026-06-30", "reason": "not renewed"}
    )
    first = (await cast.pam.get("/certifications", account_id=str(cast.ann.id))).json()["items"][0]
    assert first == body | {"id": made["id"], "to_on": "2026-06-30"}


async def test_a_partner_sees_its_own_alone(cast: Cast) -> None:
    for path in ("/authorisations", "/certifications"):
        own = await ids(cast.pam, path)
        assert own
        assert set(own) < set(await ids(cast.dora, path))
    assert await ids(cast.pam, "/authorisations", partner_id=str(cast.south)) == []
    assert await ids(cast.pam, "/certifications", account_id=str(cast.ben.id)) == []


async def test_pages_follow_one_another(cast: Cast) -> None:
    for month in ("01", "02", "03"):
        await cast.ada.done("/authorisations", {"partner_id": str(cast.north), "from_on": f"2026-{month}-01"})
        await cast.ada.done("/certifications", {"account_id": str(cast.ann.id), "from_on": f"2026-{month}-01"})
    for path in ("/authorisations", "/certifications"):
        whole, seen, cursor = await ids(cast.dora, path), list[str](), None
        while True:
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await cast.dora.get(path, **query)).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page.get("next")
            if not cursor:
                break
        assert seen == whole


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/authorisations", {"partner_id": str(uuid4()), "from_on": "2026-01-01"}, 404),
        ("/certifications", {"account_id": str(uuid4()), "from_on": "2026-01-01"}, 404),
        ("/authorisations/end", {"authorisation_id": str(uuid4()), "to_on": "2026-01-01", "reason": "none"}, 404),
        ("/certifications/end", {"certification_id": str(uuid4()), "to_on": "2026-01-01", "reason": "none"}, 404),
    ],
)
async def test_what_there_is_not_is_not_found(cast: Cast, path: str, body: dict[str, Any], status: int) -> None:
    assert (await cast.ada.post(path, body)).status_code == status


async def test_nothing_ends_before_it_begins(cast: Cast) -> None:
    backwards = {"from_on": "2026-02-01", "to_on": "2026-01-31"}
    assert (await cast.ada.post("/authorisations", {"partner_id": str(cast.north)} | backwards)).status_code == 422
    assert (await cast.ada.post("/certifications", {"account_id": str(cast.ann.id)} | backwards)).status_code == 422


async def test_only_a_technician_is_certified_and_only_managers_do_it(cast: Cast) -> None:
    assert (
        await cast.ada.post("/certifications", {"account_id": str(cast.pam.id), "from_on": "2026-01-01"})
    ).status_code == 404
    body = {"partner_id": str(cast.north), "from_on": "2026-01-01"}
    for caller in (cast.pam, cast.ann, cast.dora, cast.rex):
        assert (await caller.post("/authorisations", body)).status_code == 403

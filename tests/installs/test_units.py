"""The install base: who finds which unit, and how it is changed by hand."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.installs.actions import note_move
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.conftest import rows


@dataclass(frozen=True, slots=True)
class Base:
    """Two customers, a model, three units: one with a job of ann's, two without."""

    model: UUID
    one: UUID
    two: UUID
    site_one: UUID
    site_two: UUID
    of_ann: UUID
    of_nobody: UUID
    job: UUID


@pytest.fixture
async def base(context: Context, cast: Cast) -> Base:
    async with begin(context.database, SYSTEM) as work:
        model = await make.model(work, code="WM-1")
        one = await make.customer(work, number="C1", name="Laundry Lindgren")
        two = await make.customer(work, number="C2", name="Hotel Zur Post")
        site_one, site_two = await make.site(work, one), await make.site(work, two)
        await make.contact(work, two, phone="+49 (30) 90 18-20", phone_digits="4930901820")
        of_ann = await make.unit(work, model, serial="AA-0001", customer_id=one, site_id=site_one)
        of_nobody = await make.unit(work, model, serial="AA-0002", customer_id=two, site_id=site_two)
        await make.unit(work, model, serial="BB-0001")
        note_move(work, of_nobody, "status", {"status": "sold"}, {"status": "installed"}, "", work.now.date())
        await work.db.flush()
        job = await make.job(work, unit_id=of_ann, technician=cast.ann)
    return Base(model, one, two, site_one, site_two, of_ann, of_nobody, job)


async def found(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [unit["serial"] for unit in response.json()["items"]]


async def test_the_office_finds_units_by_serial_model_owner_and_caller(base: Base, cast: Cast) -> None:
    for query, serials in (
        ({}, ["AA-0001", "AA-0002", "BB-0001"]),
        ({"serial": "aa 00"}, ["AA-0001", "AA-0002"]),
        ({"serial": "AA0002"}, ["AA-0002"]),
        ({"serial": "A%"}, []),
        ({"model": "WM-1", "serial": "B"}, ["BB-0001"]),
        ({"model": "WM-2"}, []),
        ({"customer": "C2"}, ["AA-0002"]),
        ({"customer": "lindgren"}, ["AA-0001"]),
        ({"phone": "030 901820"}, ["AA-0002"]),
        ({"phone": "0049 30 901820"}, ["AA-0002"]),
        ({"phone": "030 901821"}, []),
    ):
        assert await found(await cast.dora.get("/units", **query)) == serials, query
    for query, field in (({"phone": "110"}, "phone"), ({"serial": "--"}, "serial")):
        refused = await cast.dora.get("/units", **query)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_pages_of_units_neither_skip_nor_repeat(context: Context, base: Base, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        other = await make.model(work)
        for number in (1, 2):
            await make.unit(work, other, serial=f"AA-000{number}")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await cast.dora.get("/units", limit=2, **cursor)).json()
        seen += [unit["id"] for unit in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 5


async def test_nobody_but_the_office_searches(base: Base, cast: Cast) -> None:
    for caller in (cast.ann, cast.pam, cast.otto):
        assert (await caller.get("/units", serial="AA")).status_code == 403
        assert (await caller.get("/customers")).status_code == 403


async def test_our_own_people_read_any_unit_by_serial(base: Base, cast: Cast) -> None:
    for caller in (cast.dora, cast.otto, cast.rex):
        unit = (await caller.get("/units/by-serial/aa0002")).json()
        assert (unit["serial"], unit["customer_name"], unit["warranty_type"]) == (
            "AA-0002",
            "Hotel Zur Post",
            "standard",
        )
        assert unit["warranty_end_on"] is not None
    missing = await cast.dora.get("/units/by-serial/ZZ")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


async def test_a_partner_reads_the_units_of_its_jobs_and_is_not_told_the_rest(base: Base, cast: Cast) -> None:
    for caller in (cast.ann, cast.pam):
        for path in ("/units/by-serial/AA-0001", f"/units/{base.of_ann}"):
            body = (await caller.get(path)).json()
            unit = body.get("unit", body)
            assert (unit["serial"], unit["customer_name"]) == ("AA-0001", "Laundry Lindgren")
            assert {unit[name] for name in ("warranty_start_on", "warranty_end_on", "sold_on", "dealer")} == {None}


async def test_a_foreign_an_unknown_and_an_invented_serial_are_not_found_alike(base: Base, cast: Cast) -> None:
    for caller in (cast.ann, cast.pam, cast.ben):
        answers = []
        for serial in ("AA-0002", "BB-0001", "ZZ-9999"):
            response = await caller.get(f"/units/by-serial/{serial}")
            answers.append((response.status_code, response.json() | {"request_id": ""}, len(response.content)))
        assert answers[0][0] == 404
        assert answers[0] == answers[1] == answers[2]
    for unit_id in (base.of_nobody, uuid4()):
        assert (await cast.ann.get(f"/units/{unit_id}")).status_code == 404
        assert (await cast.ann.get(f"/units/{unit_id}/moves")).status_code == 404


async def test_a_unit_is_forgotten_when_the_job_is_over(base: Base, cast: Cast) -> None:
    await cast.dora.done("/jobs/cancel", {"job_id": str(base.job), "reason": "customer called off"})
    assert (await cast.ann.get("/units/by-serial/AA-0001")).status_code == 404


async def test_a_serial_of_several_models_asks_for_the_model(context: Context, base: Base, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        await make.unit(work, await make.model(work, code="WM-2"), serial="AA-0001")
    several = await cast.dora.get("/units/by-serial/AA-0001")
    assert (several.status_code, several.json()["models"]) == (409, ["WM-1", "WM-2"])
    assert (await cast.dora.get("/units/by-serial/AA-0001", model="WM-2")).json()["model"] == "WM-2"


async def test_a_unit_shows_its_moves_newest_first(base: Base, cast: Cast) -> None:
    body = {"unit_id": str(base.of_nobody), "status": "scrapped", "on": "2026-03-31", "reason": "drum cracked"}
    await cast.dora.done("/units/status", body)
    await cast.dora.done("/units/status", body)
    moves = (await cast.otto.get(f"/units/{base.of_nobody}/moves")).json()["items"]
    assert [(move["kind"], move["before"], move["after"], move["actor"]) for move in moves] == [
        ("status", {"status": "installed"}, {"status": "scrapped"}, "Dora"),
        ("status", {"status": "sold"}, {"status": "installed"}, None),
    ]
    assert (moves[0]["on"], moves[0]["summary"]) == ("2026-03-31", "drum cracked")


async def test_a_unit_moves_to_another_owner_and_a_site_of_theirs(base: Base, cast: Cast) -> None:
    body = {"unit_id": str(base.of_ann), "customer_id": str(base.two), "site_id": str(base.site_one)}
    body |= {"on": "2026-03-31", "reason": "sold on"}
    wrong = await cast.dora.post("/units/move", body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "site-of-another-customer")
    await cast.dora.done("/units/move", body | {"site_id": str(base.site_two)})
    unit = (await cast.dora.get(f"/units/{base.of_ann}")).json()["unit"]
    assert (unit["customer_id"], unit["site_id"]) == (str(base.two), str(base.site_two))
    assert (await cast.ann.post("/units/move", body)).status_code == 403


async def test_a_change_of_a_unit_reaches_the_phone_that_holds_its_job(
    base: Base, cast: Cast, owner: AsyncEngine
) -> None:
    body = {"unit_id": str(base.of_ann), "status": "returned", "on": "2026-03-31", "reason": "back to us"}
    await cast.dora.done("/units/status", body)
    assert await rows(owner, "SELECT feed, kind, entity_id FROM feed_entry") == [(f"t:{cast.ann.id}", "job", base.job)]


async def test_what_our_technician_finds_is_unconfirmed_until_the_office_confirms_it(base: Base, cast: Cast) -> None:
    body = {"model_id": str(base.model), "serial": "NEW 1", "site_id": str(base.site_one)}
    unit_id = (await cast.otto.done("/units", body))["unit_id"]
    unit = (await cast.dora.get("/units/by-serial/new1")).json()
    assert (unit["id"], unit["status"], unit["customer_id"]) == (unit_id, "unconfirmed", str(base.one))
    known = await cast.otto.post("/units", body)
    assert (known.status_code, known.json()["unit_id"]) == (409, unit_id)
    await cast.dora.done("/units/confirm", {"unit_id": unit_id})
    assert (await cast.dora.get(f"/units/{unit_id}")).json()["unit"]["status"] == "installed"
    again = await cast.dora.post("/units/confirm", {"unit_id": unit_id})
    assert (again.status_code, again.json()["code"]) == (409, "unit-not-unconfirmed")


async def test_what_a_partners_technician_finds_is_recorded_whether_it_is_known_or_not(
    base: Base, cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    answers = []
    for serial in ("AA-0002", "NEW-0002"):
        response = await cast.ann.post("/units", {"model_id": str(base.model), "serial": serial})
        answers.append((response.status_code, set(response.json()), len(response.content)))
    assert answers[0] == answers[1] == (202, {"unit_id"}, 50)
    await drain(context)
    assert await rows(owner, "SELECT serial, status FROM unit WHERE serial LIKE 'NEW%'") == [
        ("NEW-0002", "unconfirmed")
    ]
    assert await rows(owner, "SELECT actor_id FROM unit_move WHERE kind = 'registered'") == [(cast.ann.id,)]


async def test_one_of_many_who_register_the_same_unit_at_once_is_first(base: Base, cast: Cast) -> None:
    body = {"model_id": str(base.model), "serial": "RACE-1"}
    ends = await asyncio.gather(*(cast.otto.post("/units", body) for _ in range(8)))
    assert sorted(end.status_code for end in ends) == [201, *[409] * 7]
    assert {end.json()["code"] for end in ends if end.status_code == 409} == {"unit-already-known"}


def change(field: str, base: str, value: str) -> dict[str, str]:
    return {"field": field, "base": base, "value": value}


async def corrected(caller: Any, unit_id: UUID, *changes: dict[str, str]) -> Any:
    return await caller.post(
        "/units/correct", {"unit_id": str(unit_id), "changes": list(changes), "reason": "read off the plate"}
    )


async def test_corrections_of_different_fields_merge_and_of_the_same_field_the_first_stays(
    base: Base, cast: Cast
) -> None:
    first = await corrected(cast.dora, base.of_ann, change("name", "", "Left washer"))
    assert first.json() == {"unit_id": str(base.of_ann), "changed": ["name"], "proposed": []}
    second = await corrected(
        cast.otto, base.of_ann, change("name", "", "Washer by the door"), change("serial", "AA-0001", "AA-0007")
    )
    assert (second.status_code, second.json()["changed"], second.json()["proposed"]) == (200, ["serial"], ["name"])
    third = await corrected(cast.otto, base.of_ann, change("name", "", "Third"))
    assert (third.status_code, third.json()["proposed"]) == (202, ["name"])
    unit = (await cast.dora.get("/units/by-serial/AA0007")).json()
    assert (unit["id"], unit["name"]) == (str(base.of_ann), "Left washer")


async def test_what_stands_in_the_offices_papers_is_proposed_by_a_technician(base: Base, cast: Cast) -> None:
    unit = (await cast.dora.get(f"/units/{base.of_ann}")).json()["unit"]
    ends = change("warranty_end_on", unit["warranty_end_on"], "2031-01-01")
    assert (await corrected(cast.otto, base.of_ann, ends)).json()["proposed"] == ["warranty_end_on"]
    assert (await corrected(cast.dora, base.of_ann, ends)).json()["changed"] == ["warranty_end_on"]
    moves = (await cast.dora.get(f"/units/{base.of_ann}/moves")).json()["items"]
    assert (moves[0]["kind"], moves[0]["after"]) == ("warranty", {"warranty_end_on": "2031-01-01"})


async def test_a_partners_correction_is_recorded_alike_for_every_unit(base: Base, cast: Cast) -> None:
    for unit_id in (base.of_ann, base.of_nobody, uuid4()):
        response = await corrected(cast.ann, unit_id, change("serial", "AA-0001", "AA-0002"))
        assert (response.status_code, response.json()["proposed"]) == (202, ["serial"])
    assert (await cast.dora.get(f"/units/{base.of_ann}")).json()["unit"]["serial"] == "AA-0001"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ([change("serial", "AA-0001", "AA 0002")], 409, "serial-of-another-unit"),
        ([change("serial", "AA-0001", "--")], 422, "invalid-request"),
        ([change("sold_on", "", "soon")], 422, "invalid-request"),
        ([change("sold_on", "", "1066-10-14")], 422, "invalid-request"),
        ([change("name", "", "a"), change("name", "", "b")], 422, "invalid-request"),
        ([change("colour", "", "red")], 422, "invalid-request"),
    ],
)
async def test_a_correction_that_cannot_be_is_refused(
    base: Base, cast: Cast, changes: list[dict[str, str]], status: int, code: str
) -> None:
    response = await corrected(cast.dora, base.of_ann, *changes)
    assert (response.status_code, response.json()["code"]) == (status, code)

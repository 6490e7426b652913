"""What the desk, a partner's office and a technician read of jobs."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import DBAPIError

from api.context import Context
from domain.jobs import queries
from domain.jobs.model import Job, Visit
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.read import driver_of
from domain.kit.work import begin, utc_now
from domain.worklog.model import TimeEntry
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.worklog.sheets import send, start


async def numbers(caller: Caller, path: str = "/jobs", **query: object) -> list[str]:
    """The ids of a page."""
    response = await caller.get(path, **query)
    assert response.status_code == 200, response.text
    return [line["id"] for line in response.json()["items"]]


async def test_everybody_sees_the_jobs_that_are_theirs(cast: Cast, context: Context) -> None:
    anns = str((await make.ready_visit(context, cast)).job_id)
    bens = str((await make.ready_visit(context, cast, technician=cast.ben)).job_id)
    ottos = str((await make.ready_visit(context, cast, technician=cast.otto)).job_id)
    async with begin(context.database, SYSTEM) as work:
        norths = str(await make.job(work, partner_id=cast.north))
        nobodys = str(await make.job(work))
    assert set(await numbers(cast.dora)) == set(await numbers(cast.rex)) == {anns, bens, ottos, norths, nobodys}
    assert set(await numbers(cast.pam)) == {anns, norths}
    assert set(await numbers(cast.ann)) == {anns, norths}
    assert set(await numbers(cast.ben)) == {bens}
    assert set(await numbers(cast.otto)) == {ottos}
    for reader, job_id, status in (
        (cast.dora, anns, 200),
        (cast.pam, anns, 200),
        (cast.ann, norths, 200),
        (cast.ben, anns, 404),
        (cast.otto, anns, 404),
        (cast.otto, nobodys, 404),
        (cast.ann, nobodys, 404),
    ):
        assert (await reader.get(f"/jobs/{job_id}")).status_code == status


async def test_the_list_is_filtered_and_paged_without_skipping(cast: Cast, context: Context) -> None:
    now = utc_now()
    async with begin(context.database, SYSTEM) as work:
        unit_id = await make.unit(work, await make.model(work))
        jobs = [
            str(await make.job(work, technician=cast.ann, required_from=now + dt.timedelta(hours=hours)))
            for hours in (1, 2, 2, 3)
        ]
        other = str(await make.job(work, unit_id=unit_id, required_from=now + dt.timedelta(days=3)))
    assert await numbers(cast.dora, unit_id=unit_id) == [other]
    assert await numbers(cast.dora, state="open") == [other]
    assert set(await numbers(cast.dora, technician_id=cast.ann.id)) == set(jobs)
    until = (now + dt.timedelta(hours=3)).isoformat()
    assert await numbers(cast.dora, **{"from": until}) == [other, jobs[3]]
    assert set(await numbers(cast.dora, to=until)) == set(jobs[:3])
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await cast.dora.get("/jobs", limit=2, **cursor)).json()
        seen += [line["id"] for line in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [other, jobs[3], *sorted(jobs[1:3], reverse=True), jobs[0]]


async def test_a_technician_reads_the_day_in_the_order_of_its_slots(cast: Cast, context: Context) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    await make.ready_visit(context, cast, technician=cast.ben)
    gone = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/cancel", {"job_id": str(gone.job_id), "reason": "moved house"})
    response = await cast.ann.get("/my/jobs")
    cards = response.json()
    assert [card["job_id"] for card in cards] == [str(first.job_id), str(second.job_id)]
    card = cards[0]
    assert (card["serial"], card["visit_id"], card["visit_state"]) == (first.serial, str(first.visit_id), "planned")
    assert card["contact_phone"].startswith("+49")
    again = await cast.ann.http.get("/my/jobs", headers={**cast.ann.headers, "if-none-match": response.headers["etag"]})
    assert again.status_code == 304


async def test_only_a_technician_has_a_day(cast: Cast) -> None:
    assert (await cast.dora.get("/my/jobs")).json()["code"] == "not-allowed"


async def test_a_day_is_a_day_at_the_site(cast: Cast, context: Context) -> None:
    late = dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
    ready = {
        zone: await make.ready_visit(context, cast, technician=technician, site_given={"time_zone": zone})
        for zone, technician in (("Asia/Shanghai", cast.ann), ("America/New_York", cast.otto))
    }
    async with begin(context.database, SYSTEM) as work:
        for one in ready.values():
            visit = await work.db.get_one(Visit, one.visit_id)
            visit.planned_from, visit.planned_to = late, late + dt.timedelta(hours=1)
    assert len((await cast.ann.get("/my/jobs", day="2026-03-03")).json()) == 1
    assert (await cast.ann.get("/my/jobs", day="2026-03-02")).json() == []
    assert len((await cast.otto.get("/my/jobs", day="2026-03-02")).json()) == 1
    assert (await cast.otto.get("/my/jobs")).json() == []
    assert (await cast.otto.get("/my/jobs", day="1800-01-01")).status_code == 422


async def test_the_day_takes_one_statement_however_long_it_is(cast: Cast, context: Context) -> None:
    for _ in range(3):
        await make.ready_visit(context, cast, technician=cast.otto)
    await cast.otto.get("/my/jobs")
    async with reading(context.database, actor_of(cast.otto)) as db:
        driver = driver_of(db)
        seen: list[str] = []

        def note(query: Any) -> None:
            seen.append(query.query)

        driver.add_query_logger(note)
        try:
            assert len(await queries.jobs_of_day(db, actor_of(cast.otto), None, utc_now())) == 3
            await asyncio.sleep(0)  # the driver tells its loggers a moment later
            (statement,) = seen
        finally:
            driver.remove_query_logger(note)
    assert "FROM visit" in statement


async def test_a_job_takes_three_statements_however_much_was_done(cast: Cast, context: Context) -> None:
    job_id = (await make.ready_visit(context, cast, technician=cast.otto)).job_id
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    await cast.otto.get(f"/jobs/{job_id}")
    event.listen(context.database.app.sync_engine, "before_cursor_execute", note)
    try:
        await cast.otto.get(f"/jobs/{job_id}")
        assert len(seen) == 3
    finally:
        event.remove(context.database.app.sync_engine, "before_cursor_execute", note)


async def test_a_job_tells_what_was_done_before_in_three_lines(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    for caller in (cast.ann, cast.ben, cast.ann, cast.ann, cast.ann):
        async with begin(context.database, SYSTEM) as work:
            job_id = await make.job(work, unit_id=ready.unit_id, technician=caller)
            visit_id = await make.visit(work, job_id)
        made = replace(ready, visit_id=visit_id, technician=caller)
        await start(made)
        await send(caller, "/faults", made)
        await send(caller, "/parts-used", made, quantity=2)
        assert (await send(caller, "/visits/complete", made))[0] == 200
    history = (await cast.ann.get(f"/jobs/{ready.job_id}")).json()["history"]
    assert len(history) == 3
    assert {line["technician"] for line in history} == {"Ann"}
    assert (history[0]["kind"], history[0]["result"], history[0]["summary"]) == ("repair", "repaired", "Pump replaced")
    assert history[0]["faults"].endswith("R12")
    assert "× 2 pcs" in history[0]["parts"]
    assert "warranty" not in (await cast.ann.get(f"/jobs/{ready.job_id}")).text


async def test_our_own_people_read_what_every_partner_did_to_a_unit(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    await send(cast.ann, "/faults", ready)
    await send(cast.ann, "/visits/complete", ready)
    async with begin(context.database, SYSTEM) as work:
        ours = await make.job(work, unit_id=ready.unit_id, technician=cast.otto)
        souths = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
    for caller, job_id, lines in ((cast.otto, ours, 1), (cast.ben, souths, 0), (cast.dora, souths, 1)):
        assert len((await caller.get(f"/jobs/{job_id}")).json()["history"]) == lines


async def test_a_sheet_is_read_by_its_technician_its_office_and_the_desk(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    for path in ("/times", "/parts-used", "/expenses", "/faults", "/readings", "/photos"):
        await send(cast.ann, path, ready)
    for reader, status in (
        (cast.ann, 200),
        (cast.pam, 200),
        (cast.dora, 200),
        (cast.rex, 200),
        (cast.ben, 404),
        (cast.otto, 404),
    ):
        assert (await reader.get(f"/visits/{ready.visit_id}")).status_code == status
    sheet = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()
    assert {name: len(lines) for name, lines in sheet.items() if name != "visit"} == {
        "steps": 1,
        "times": 1,
        "parts": 1,
        "expenses": 1,
        "faults": 1,
        "readings": 1,
        "photos": 1,
    }
    assert (sheet["visit"]["serial"], sheet["visit"]["technician"]) == (ready.serial, "Ann")
    assert (await cast.dora.get(f"/visits/{uuid4()}")).status_code == 404


async def test_row_level_security_alone_keeps_partners_apart(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast)
    await send(cast.ann, "/times", ready)
    for caller, found in ((cast.ann, 1), (cast.pam, 1), (cast.ben, 0)):
        async with reading(context.database, actor_of(caller)) as db:
            for kind in (Job, Visit, TimeEntry):
                assert len((await db.execute(select(kind.id))).all()) == found


@pytest.mark.parametrize("kind", [Job, Visit])
async def test_a_partner_cannot_give_a_row_away(cast: Cast, context: Context, kind: type[Job] | type[Visit]) -> None:
    await make.ready_visit(context, cast)

    async def give_away() -> None:
        async with begin(context.database, actor_of(cast.ann)) as work:
            await work.db.execute(update(kind).values(partner_id=cast.south))

    with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
        await give_away()


async def test_a_partner_is_not_told_since_when_the_unit_stands_there(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"reference_number": "ERP-77"})
    for caller, told in ((cast.ann, False), (cast.pam, False), (cast.dora, True)):
        job = (await caller.get(f"/jobs/{ready.job_id}")).json()["job"]
        assert (job["reference_number"] == "ERP-77", job["installed_on"] is not None) == (told, told)

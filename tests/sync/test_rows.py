"""The rows of a technician's feed: a job and a visit as a phone holds them."""

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import delete, update

from api.context import Context
from domain.installs.model import Unit
from domain.jobs.model import Job
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.ids import new_id
from domain.kit.read import driver_of
from domain.kit.work import begin, utc_now
from domain.warranty.model import WarrantyTerm
from domain.worklog.model import Expense
from mobile_sync.rows import ROWS
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.worklog.sheets import LINES, send, start

DAY = dt.timedelta(days=1)


async def row_of(context: Context, caller: Caller, kind: str, entity_id: UUID) -> Any:
    """One row as the phone gets it, or None."""
    async with reading(context.database, actor_of(caller)) as db:
        found = await ROWS[kind](db, actor_of(caller), [entity_id])
    return None if not found else msgspec.json.decode(msgspec.json.encode(found[entity_id]))


@pytest.mark.parametrize("side", ["ann", "otto"])
async def test_a_job_says_on_the_phone_what_its_page_says(context: Context, cast: Cast, side: str) -> None:
    who: Caller = getattr(cast, side)
    ready = await make.ready_visit(context, cast, technician=who, unit_given={"reference_number": "R-7"})
    row = await row_of(context, who, "job", ready.job_id)
    page = (await who.get(f"/jobs/{ready.job_id}")).json()["job"]
    for name in ("number", "kind", "mode", "state", "priority", "subject", "problem", "version", "sibling_of"):
        assert row[name] == page[name], name
    assert [row["customer"][key] for key in ("id", "name")] == [page["customer_id"], page["customer_name"]]
    assert (row["contact"]["name"], row["contact"]["phone"]) == (page["contact_name"], page["contact_phone"])
    assert [row["site"][key] for key in ("name", "address", "city", "time_zone")] == [
        page[key] for key in ("site_name", "address", "city", "time_zone")
    ]
    unit = row["unit"]
    assert (unit["serial"], unit["gtin"], unit["model_code"]) == (ready.serial, ready.gtin, page["model_code"])
    for name in ("reference_number", "installed_on"):
        assert unit[name] == page[name]
        assert (unit[name] is None) == (side == "ann")
    assert row["history"] == []


async def test_a_job_without_a_contact_names_nobody_to_call(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, contact_id=None)
    assert (await row_of(context, cast.ann, "job", ready.job_id))["contact"] is None


def day_there(ready: make.ReadyVisit, zone: str, moment: dt.datetime) -> str:
    """The site-local day of a moment."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


async def test_ours_are_told_what_is_paid_and_until_when_and_partners_only_that_it_is(
    context: Context, cast: Cast
) -> None:
    required = utc_now() + DAY
    given = {"required_from": required, "required_to": required + DAY}
    ottos = await make.ready_visit(context, cast, technician=cast.otto, **given)
    anns = await make.ready_visit(context, cast, **given)
    on = day_there(anns, make.midday_zone(utc_now()), required)
    start_on = utc_now().date() - dt.timedelta(days=100)
    assert (await row_of(context, cast.otto, "job", ottos.job_id))["coverage"] == {
        "on": on,
        "word": "covered",
        "parts": True,
        "labour": True,
        "travel": True,
        "until": (start_on + dt.timedelta(days=730)).isoformat(),
    }
    nothing_more = {"parts": None, "labour": None, "travel": None, "until": None}
    assert (await row_of(context, cast.ann, "job", anns.job_id))["coverage"] == {
        "on": on,
        "word": "covered",
        **nothing_more,
    }
    for status, told_ours, told_partner in (
        ("unconfirmed", "under_check", "under_check"),
        ("scrapped", "covered", "under_check"),
    ):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(update(Unit).values(status=status))
        assert (await row_of(context, cast.otto, "job", ottos.job_id))["coverage"]["word"] == told_ours
        assert (await row_of(context, cast.ann, "job", anns.job_id))["coverage"]["word"] == told_partner


async def test_what_is_paid_is_asked_for_the_day_a_job_is_required(context: Context, cast: Cast) -> None:
    ends_on = utc_now().date()
    for days, word in ((-3, "covered"), (3, "not_covered")):
        required = utc_now() + days * DAY
        ready = await make.ready_visit(
            context,
            cast,
            technician=cast.otto,
            unit_given={"warranty_end_on": ends_on},
            required_from=required,
            required_to=required + DAY,
        )
        assert (await row_of(context, cast.otto, "job", ready.job_id))["coverage"]["word"] == word
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
        await work.db.execute(delete(WarrantyTerm))
    paid = (await row_of(context, cast.otto, "job", ready.job_id))["coverage"]
    assert (paid["word"], paid["parts"], paid["travel"]) == ("covered", True, False)


async def test_a_partners_technician_never_learns_that_a_day_is_not_covered(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": utc_now().date() - 9 * DAY})
    told = (await row_of(context, cast.ann, "job", ready.job_id))["coverage"]
    assert told["word"] == "under_check"
    assert {told[name] for name in ("parts", "labour", "travel", "until")} == {None}


async def test_a_job_brings_the_last_three_visits_to_its_unit_as_far_as_they_may_be_known(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        ottos = await make.job(work, unit_id=ready.unit_id, technician=cast.otto)
        for who, days in ((cast.ann, 50), (cast.ann, 40), (cast.ben, 30), (cast.otto, 20), (cast.ann, 10)):
            old = await make.job(work, unit_id=ready.unit_id, technician=who, state="completed")
            await make.visit(
                work,
                old,
                state="completed",
                planned_from=work.now - days * DAY,
                completed_at=work.now - days * DAY,
                summary=f"{days} days ago",
            )
    known = [line["summary"] for line in (await row_of(context, cast.ann, "job", ready.job_id))["history"]]
    assert known == ["10 days ago", "40 days ago", "50 days ago"]
    known = [line["summary"] for line in (await row_of(context, cast.otto, "job", ottos))["history"]]
    assert known == ["10 days ago", "20 days ago", "30 days ago"]
    page = (await cast.ann.get(f"/jobs/{ready.job_id}")).json()
    assert page["history"] == (await row_of(context, cast.ann, "job", ready.job_id))["history"]


@pytest.mark.parametrize("side", ["ann", "otto"])
async def test_a_visit_says_on_the_phone_what_its_sheet_says(context: Context, cast: Cast, side: str) -> None:
    who: Caller = getattr(cast, side)
    ready = await make.ready_visit(context, cast, technician=who)
    await start(ready)
    for path in LINES:
        assert (await send(who, path, ready))[0] == 201
    sheet = (await who.get(f"/visits/{ready.visit_id}")).json()
    await who.done("/lines/void", {"line_id": sheet["times"][0]["id"], "kind": "time", "reason": "twice"})
    scan = {"visit_id": str(ready.visit_id), "source": "camera", "scanned_text": ready.serial}
    told = await who.done("/scans", scan | {"scanned_at": utc_now().isoformat()})
    assert (await send(who, "/visits/complete", ready))[0] == 200
    row = await row_of(context, who, "visit", ready.visit_id)
    sheet = (await who.get(f"/visits/{ready.visit_id}")).json()
    for name in ("steps", "times", "parts", "expenses", "faults", "readings", "photos"):
        assert row[name] == sheet[name], name
        assert len(row[name]) >= 1
    for name in ("state", "completed_at", "result", "summary", "no_signature_reason", "version", "planned_to"):
        assert row[name] == sheet["visit"][name], name
    (line,) = row["scans"]
    assert (line["scanned_text"], line["matches_job"]) == (ready.serial, True)
    assert line["told"] == told
    assert row["times"][0]["void_reason"] == "twice"


async def test_what_is_not_the_technicians_is_left_out(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    for caller in (cast.ben, cast.otto, cast.pam, cast.dora):
        for kind, entity_id in (("job", ready.job_id), ("visit", ready.visit_id)):
            assert await row_of(context, caller, kind, entity_id) is None
    assert await row_of(context, cast.ann, "job", new_id()) is None
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Job).values(state="cancelled"))
    for kind, entity_id in (("job", ready.job_id), ("visit", ready.visit_id)):
        assert await row_of(context, cast.ann, kind, entity_id) is None
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Job).values(state="assigned", technician_id=None))
    for kind, entity_id in (("job", ready.job_id), ("visit", ready.visit_id)):
        assert await row_of(context, cast.ann, kind, entity_id) is None


@pytest.mark.parametrize("side", ["ann", "otto"])
async def test_many_rows_are_one_statement_a_kind(context: Context, cast: Cast, side: str) -> None:
    who: Caller = getattr(cast, side)
    ready = [await make.ready_visit(context, cast, technician=who) for _ in range(5)]
    async with begin(context.database, SYSTEM) as work:
        for one in ready:
            work.db.add(
                Expense(
                    id=new_id(),
                    visit_id=one.visit_id,
                    partner_id=one.partner_id,
                    direction="spent",
                    kind="toll",
                    amount_minor=100,
                    currency="EUR",
                    entered_at=work.now,
                )
            )
    asked: list[str] = []
    async with reading(context.database, actor_of(who)) as db:
        with driver_of(db).query_logger(lambda record: asked.append(record.query)):
            jobs = await ROWS["job"](db, actor_of(who), [one.job_id for one in ready])
            visits = await ROWS["visit"](db, actor_of(who), [one.visit_id for one in ready])
    assert len(asked) == 2
    assert set(jobs) == {one.job_id for one in ready}
    assert {len(row["expenses"]) for row in msgspec.to_builtins(list(visits.values()))} == {1}

"""The watch over serials: budgets, pauses, locks, honey serials, runs; and partners see nothing of it."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text, update

from api.context import Context
from api.worker import drain
from domain.claims.actions import resolve_scan
from domain.claims.model import Scan
from domain.claims.watching import Numbers, is_run, watch_claim
from domain.installs.serials import counted
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.worklog.model import Photo
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, hits, now

SMALL = {"strange_serials_per_day": 2, "strange_serials_lock": 4, "pause_seconds": 60, "pause_seconds_max": 100}


async def limit(cast: Cast, **numbers: int) -> None:
    await cast.ada.done("/watch-limits", {"numbers": SMALL | numbers, "reason": "for the test"})


async def read(ready: make.ReadyVisit, *serials: str) -> list[httpx.Response]:
    body = {"visit_id": str(ready.visit_id), "source": "camera", "scanned_at": now()}
    return [await ready.technician.post("/scans", body | {"scanned_text": serial}) for serial in serials]


async def alerts(cast: Cast, **query: Any) -> list[dict[str, Any]]:
    response = await cast.rex.get("/alerts", **query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def kinds(cast: Cast) -> list[str]:
    return sorted(alert["kind"] for alert in await alerts(cast))


async def unresolved(context: Context) -> int:
    async with begin(context.database, SYSTEM) as work:
        return int(await work.db.scalar(text("SELECT count(*) FROM scan WHERE resolved_at IS NULL")) or 0)


def test_a_serial_is_split_before_its_last_number() -> None:
    assert counted("WM24A003117") == ("WM24A", 3117)
    assert counted("003117") == ("", 3117)
    assert counted("WM24A") is None
    assert counted("") is None
    assert counted("1" * 30) == ("1" * 12, int("1" * 18))


def test_neighbours_are_a_run_when_enough_lie_close_together() -> None:
    assert is_run([5, 1, 3], 3, 4)
    assert not is_run([5, 1, 3], 3, 3)
    assert not is_run([1, 1, 1], 3, 4)
    assert is_run([100, 1, 2, 3], 3, 2)
    assert not is_run([], 1, 10)
    assert is_run([7], 1, 10)


def test_each_serial_beyond_the_budget_waits_twice_as_long_up_to_the_longest() -> None:
    numbers = Numbers(strange_serials_per_day=2, pause_seconds=60, pause_seconds_max=200)
    assert [numbers.pause(n).total_seconds() for n in (0, 1, 2, 3, 4, 5, 60_000)] == [0, 0, 0, 60, 120, 200, 200]


async def test_strange_serials_spend_a_budget_and_then_wait(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready = await make.ready_visit(context, cast)
    foreign = await make.ready_visit(context, cast, technician=cast.ben)
    await read(ready, ready.serial, "NOBODY1X", foreign.serial, "NOBODY1X")
    await drain(context)
    assert (await kinds(cast), await unresolved(context)) == ([], 0)
    await read(ready, "NOBODY2X", ready.serial)
    await drain(context)
    assert (await kinds(cast), await unresolved(context)) == (["budget-spent"], 1)
    async with begin(context.database, SYSTEM) as work:
        due = await work.db.scalar(
            text("SELECT max(execute_after) - now() FROM pgqueuer WHERE entrypoint = 'scan.resolve'")
        )
        assert dt.timedelta(seconds=40) < due <= dt.timedelta(seconds=60)
        found = await work.db.execute(text("SELECT DISTINCT serial_key, strange_no FROM scan"))
        counted_as = dict(tuple(row) for row in found)
    assert counted_as.pop(ready.serial) is None
    assert counted_as.pop("NOBODY2X") == 3
    assert sorted(counted_as.values()) == [1, 2]


async def test_what_waited_is_judged_when_its_time_has_come_and_counted_once(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready = await make.ready_visit(context, cast)
    await read(ready, "NOBODY1X", "NOBODY2X", "NOBODY3X")
    await drain(context)
    async with begin(context.database, SYSTEM) as work:
        (scan_id,) = await work.db.scalars(text("SELECT id FROM scan WHERE resolved_at IS NULL"))
        assert dt.timedelta() < await resolve_scan(work, scan_id) <= dt.timedelta(seconds=60)
    async with begin(context.database, SYSTEM, now=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=61)) as work:
        assert await resolve_scan(work, scan_id) == dt.timedelta()
    assert await unresolved(context) == 0
    async with begin(context.database, SYSTEM) as work:
        assert await work.db.scalar(text("SELECT used FROM budget WHERE key LIKE 'strange%'")) == 3


async def test_a_locked_partners_claims_go_to_a_person_until_a_manager_unlocks_it(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready, later = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    rival = await make.ready_visit(context, cast, technician=cast.ben)
    await read(ready, *(f"NOBODY{n}X" for n in range(4)))
    await drain(context)
    assert await kinds(cast) == ["budget-spent", "partner-locked"]
    await claimed(ready)
    await claimed(rival)
    first, second = await claims(context)
    assert (first.state, first.told) == ("in_review", {"state": "in_review", "reasons": ["under-check"]})
    assert second.state == "accepted"
    assert [(hit.rule, hit.reason) for hit in await hits(context)] == [("watch", "partner-locked")]
    body = {"partner_id": str(cast.north), "reason": "it was the store room"}
    assert (await cast.rex.post("/partners/unlock", body)).status_code == 403
    assert (await cast.pam.post("/partners/unlock", body)).status_code == 403
    await cast.ada.done("/partners/unlock", body)
    await claimed(later)
    assert (await claims(context))[-1].state == "accepted"
    again = await cast.ada.post("/partners/unlock", body)
    assert (again.status_code, again.json()["code"]) == (409, "partner-not-locked")
    await read(rival, "NOBODY9X")
    await drain(context)
    assert await kinds(cast) == ["budget-spent", "partner-locked"]


async def test_a_partner_sees_nothing_of_the_watch(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready = await make.ready_visit(context, cast)
    await cast.ada.done("/honey-serials", {"serial": "HONEY 1-X", "note": "never sold"})
    told = [await read(ready, serial) for serial in ("NOBODY1X", *(f"NOBODY{n}X" for n in range(2, 8)), "HONEY1X")]
    await drain(context)
    told.append(await read(ready, "NOBODY8X"))
    assert {(one.status_code, one.content) for (one,) in told} == {(202, b'{"status":"under-check"}')}
    for path in ("/alerts", "/honey-serials", "/watch-limits"):
        for caller in (cast.ann, cast.pam, cast.otto):
            assert (await caller.get(path)).status_code == 403


@pytest.mark.parametrize("how", ["camera", "typed", "found-unit", "claim"])
async def test_a_honey_serial_is_told_at_the_first_touch(context: Context, cast: Cast, how: str) -> None:
    ready = await make.ready_visit(context, cast)
    serial = ready.serial if how == "claim" else "HONEY0001"
    await cast.ada.done("/honey-serials", {"serial": serial.lower(), "note": "never sold"})
    if how == "found-unit":
        await cast.ann.done("/units", {"model_id": str(ready.model_id), "serial": "HONEY-0001"})
    elif how == "claim":
        await claimed(ready)
        (claim,) = await claims(context)
        async with begin(context.database, SYSTEM) as work:
            await watch_claim(work, claim.id)
    else:
        await _read_as(context, ready, how)
    await drain(context)
    found = [alert for alert in await alerts(cast) if alert["kind"] == "honey-serial"]
    assert {alert["facts"]["serial_key"] for alert in found} == {serial}
    assert (how if how in ("found-unit", "claim") else "scan") in {alert["facts"]["how"] for alert in found}
    assert {alert["partner_id"] for alert in found} == {str(cast.north)}


async def _read_as(context: Context, ready: make.ReadyVisit, source: str) -> None:
    given: dict[str, Any] = {"visit_id": str(ready.visit_id), "scanned_text": "HONEY-0001", "scanned_at": now()}
    if source == "typed":
        photo = {"visit_id": str(ready.visit_id), "kind": "label", "sha256": uuid4().hex * 2}
        async with begin(context.database, SYSTEM) as work:
            given["photo_id"] = str(
                await make.keep(work, Photo, photo, {"partner_id": ready.partner_id, "entered_at": work.now})
            )
        given["typed_reason"] = "label torn"
    await ready.technician.done("/scans", given | {"source": source})


async def test_a_honey_serial_is_told_once_a_day(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.ada.done("/honey-serials", {"serial": "HONEY1X", "note": "never sold"})
    await read(ready, "HONEY1X", "HONEY1X")
    await drain(context)
    assert await kinds(cast) == ["honey-serial"]


async def test_a_run_of_neighbouring_serials_is_told(context: Context, cast: Cast) -> None:
    await limit(cast, run_length=3, run_distance=5, strange_serials_per_day=50, strange_serials_lock=60)
    ready = await make.ready_visit(context, cast)
    rival = await make.ready_visit(context, cast, technician=cast.ben)
    await read(ready, "AB0001", "AB0004", "AB0007", "AC0005", "NONUMBERX")
    await read(rival, "AB0005", "AB0006")
    await drain(context)
    assert await kinds(cast) == []
    await read(ready, "AB0005")
    await drain(context)
    (alert,) = await alerts(cast)
    assert alert["kind"] == "serial-run"
    assert alert["facts"] == {"stem": "AB", "first": 1, "last": 7, "serials": 4}


async def test_neighbours_of_long_ago_are_no_run(context: Context, cast: Cast) -> None:
    await limit(cast, run_length=3, run_distance=5, strange_serials_per_day=50, strange_serials_lock=60)
    ready = await make.ready_visit(context, cast)
    await read(ready, "AB0001", "AB0002")
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Scan).values(scanned_at=work.now - dt.timedelta(days=31)))
    await read(ready, "AB0003")
    await drain(context)
    assert await kinds(cast) == []


async def test_an_alert_is_dealt_with_once(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    for serial in ("HONEY1X", "HONEY2X"):
        await cast.ada.done("/honey-serials", {"serial": serial, "note": "never sold"})
    await read(ready, "HONEY1X", "HONEY2X")
    await drain(context)
    newest, oldest = await alerts(cast, waiting=True)
    first = (await cast.rex.get("/alerts", limit=1)).json()
    rest = (await cast.rex.get("/alerts", limit=1, cursor=first["next"])).json()
    assert [*first["items"], *rest["items"]] == [newest, oldest]
    body = {"alert_id": oldest["id"], "note": "called the partner"}
    await cast.rex.done("/alerts/handle", body)
    assert await alerts(cast, waiting=True) == [newest]
    (handled,) = await alerts(cast, waiting=False, partner_id=str(cast.north))
    assert (handled["note"], handled["handled_by"]) == ("called the partner", str(cast.rex.id))
    again = await cast.rex.post("/alerts/handle", body)
    assert (again.status_code, again.json()["code"]) == (409, "alert-handled")
    assert (await cast.rex.post("/alerts/handle", body | {"alert_id": str(UUID(int=7))})).status_code == 404


async def test_honey_serials_are_kept_by_managers(context: Context, cast: Cast) -> None:
    body = {"serial": "HONEY1", "note": "never sold"}
    assert (await cast.ada.done("/honey-serials", body)) == {"serial_key": "HONEY1"}
    again = await cast.ada.post("/honey-serials", body)
    assert (again.status_code, again.json()["code"]) == (409, "honey-serial-known")
    await cast.ada.done("/honey-serials", body | {"serial": "honey 2"})
    page = (await cast.ada.get("/honey-serials", limit=1)).json()
    rest = (await cast.ada.get("/honey-serials", limit=1, cursor=page["next"])).json()
    assert [one["serial_key"] for one in [*page["items"], *rest["items"]]] == ["HONEY1", "HONEY2"]
    gone = {"serial": "honey-1", "reason": "to be sold"}
    await cast.ada.done("/honey-serials/remove", gone)
    assert (await cast.ada.post("/honey-serials/remove", gone)).status_code == 404
    for caller in (cast.dora, cast.rex, cast.pam):
        assert (await caller.post("/honey-serials", body)).status_code == 403
        assert (await caller.get("/honey-serials")).status_code == 403
    assert (await cast.ada.post("/honey-serials", body | {"serial": "- -"})).status_code == 422


async def test_the_numbers_of_the_watch_are_data(context: Context, cast: Cast) -> None:
    usual = (await cast.ada.get("/watch-limits")).json()
    assert usual["strange_serials_per_day"] == 20
    await limit(cast)
    await limit(cast, run_length=5)
    assert (await cast.ada.get("/watch-limits")).json() == usual | SMALL | {"run_length": 5}
    wrong = await cast.ada.post("/watch-limits", {"numbers": SMALL | {"strange_serials_lock": 2}, "reason": "wrong"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "numbers")
    async with begin(context.database, SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM watch_limits")) == 2
        entries = await work.db.scalars(text("SELECT kind FROM journal WHERE kind = 'watch_limits.set'"))
        assert len(list(entries)) == 3


async def test_our_own_technicians_spend_nothing(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await read(ready, *(f"NOBODY{n}X" for n in range(6)))
    await drain(context)
    assert await kinds(cast) == []


async def test_a_honey_serial_that_our_own_technician_names_is_told_too(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await cast.ada.done("/honey-serials", {"serial": "HONEY1X", "note": "never sold"})
    (told,) = await read(ready, "HONEY1X")
    assert told.json()["status"] == "unknown"
    (alert,) = await alerts(cast)
    assert (alert["kind"], alert["partner_id"]) == ("honey-serial", None)


async def test_what_a_job_explains_or_names_no_serial_spends_nothing(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready, other = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    await read(ready, "just some words on a label", other.serial)
    for serial in ("- -", other.serial):
        await cast.ann.done("/units", {"model_id": str(other.model_id), "serial": serial})
    await drain(context)
    async with begin(context.database, SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM budget WHERE key LIKE 'strange%'")) == 0
        await watch_claim(work, UUID(int=7))
    assert await kinds(cast) == []


async def test_found_units_spend_the_same_budget(context: Context, cast: Cast) -> None:
    await limit(cast)
    ready = await make.ready_visit(context, cast)
    foreign = await make.ready_visit(context, cast, technician=cast.ben)
    await read(ready, "NOBODY1X")
    for model_id, serial in ((ready.model_id, "NOBODY2X"), (foreign.model_id, foreign.serial)):
        await cast.ann.done("/units", {"model_id": str(model_id), "serial": serial})
    await drain(context)
    assert await kinds(cast) == ["budget-spent"]

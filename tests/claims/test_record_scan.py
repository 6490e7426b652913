"""Readings of barcodes: kept always, judged for our own people, silent towards partners that probe."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api import tasks_claims
from api.context import Context
from api.worker import drain
from domain.claims.actions import resolve_scan
from domain.claims.facts import ScanFacts, ScanVerdict
from domain.claims.model import Scan
from domain.claims.rules import judge_scan
from domain.kit.actor import SYSTEM
from domain.kit.ids import operation_id
from domain.kit.work import begin
from domain.worklog.model import Photo
from tests import make
from tests.cast import Caller, Cast, actor_of

assert tasks_claims


def scan(ready: make.ReadyVisit, text: str | None = None, **given: Any) -> dict[str, Any]:
    return {
        "visit_id": str(ready.visit_id),
        "source": "camera",
        "scanned_text": text or f"(01){ready.gtin}(21){ready.serial}",
        "scanned_at": dt.datetime.now(dt.UTC).isoformat(),
    } | given


async def label_photo(context: Context, ready: make.ReadyVisit, kind: str = "label") -> str:
    async with begin(context.database, SYSTEM) as work:
        dull = {"visit_id": ready.visit_id, "kind": kind, "sha256": uuid4().hex * 2, "entered_at": work.now}
        return str(await make.keep(work, Photo, dull, {"partner_id": ready.partner_id}))


async def stored(context: Context) -> Any:
    async with begin(context.database, SYSTEM) as work:
        return (await work.db.execute(select(Scan.__table__))).one()


async def test_our_technician_gets_the_verdict_in_full(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    response = await cast.otto.post("/scans", scan(ready))
    assert response.status_code == 201, response.text
    told = response.json()
    assert (told["status"], told["covered"], told["unit_id"]) == ("known", "yes", str(ready.unit_id))
    assert told["verdict"] == {"known": True, "in_use": True, "covered": True, "hits": []}
    assert told["coverage"]["source"].startswith("default-warranty:")
    row = await stored(context)
    assert (row.unit_id, row.matches_job, row.serial_key, row.gtin) == (
        ready.unit_id,
        True,
        ready.serial,
        ready.gtin,
    )
    assert row.resolved_at is not None


async def test_a_verdict_replays_from_the_stored_facts(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await cast.otto.done("/scans", scan(ready))
    row = await stored(context)
    assert judge_scan(msgspec.convert(row.facts, ScanFacts)) == msgspec.convert(row.verdict, ScanVerdict)


@pytest.mark.parametrize("given", [{}, {"status": "scrapped"}])
async def test_our_technician_is_told_of_another_unit_and_its_status(
    context: Context, cast: Cast, given: dict[str, str]
) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        other = await make.unit(work, ready.model_id, serial="OTHER00001", **given)
    told = (await cast.otto.post("/scans", scan(ready, "OTHER00001"))).json()
    assert (told["status"], told["unit_id"]) == ("known", str(other))
    reasons = [hit["reason"] for hit in told["verdict"]["hits"]]
    assert reasons == ["scan-of-another-unit", *(["unit-scrapped"] if given else [])]


async def test_our_technician_is_told_of_unknown_and_ambiguous_serials(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        for _ in range(2):
            await make.unit(work, await make.model(work), serial="TWICE00001")
    for serial, reason in (("NOBODY0001", "unknown-serial"), ("TWICE00001", "several-units")):
        told = (await cast.otto.post("/scans", scan(ready, serial))).json()
        assert told["status"] == "unknown"
        assert reason in [hit["reason"] for hit in told["verdict"]["hits"]]
    nothing = (await cast.otto.post("/scans", scan(ready, "just some words on a label"))).json()
    assert "no-serial" in [hit["reason"] for hit in nothing["verdict"]["hits"]]


async def test_a_partner_is_told_of_its_jobs_unit_that_it_is_covered_and_no_more(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    response = await cast.ann.post("/scans", scan(ready))
    assert (response.status_code, response.json()) == (201, {"status": "known", "covered": "yes"})
    await drain(context)
    row = await stored(context)
    assert (row.told, row.unit_id) == (response.json(), ready.unit_id)
    assert row.verdict["hits"] == []


async def test_cover_that_has_ended_is_under_check_for_a_partner(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    response = await cast.ann.post("/scans", scan(ready))
    assert response.json() == {"status": "known", "covered": "under-check"}


@pytest.mark.parametrize("ended", [True, False])
async def test_a_partner_cannot_ask_for_the_cover_of_a_day_of_its_choice(
    context: Context, cast: Cast, ended: bool
) -> None:
    today = dt.datetime.now(dt.UTC).date()
    begun, ends = (today - dt.timedelta(days=900), today - dt.timedelta(days=90)) if ended else (today, today)
    given = {"warranty_start_on": begun, "warranty_end_on": ends + dt.timedelta(days=0 if ended else 90)}
    ready = await make.ready_visit(context, cast, unit_given=given)
    told = [
        (await cast.ann.post("/scans", scan(ready, scanned_at=f"{today - dt.timedelta(days=days)}T12:00:00Z"))).json()
        for days in (1000, 91, 90, 89, 1)
    ]
    assert told == [{"status": "known", "covered": "under-check" if ended else "yes"}] * 5


@pytest.mark.parametrize("status", ["scrapped", "stolen", "returned", "replaced", "in_stock"])
async def test_a_unit_out_of_use_is_under_check_for_a_partner(context: Context, cast: Cast, status: str) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"status": status})
    response = await cast.ann.post("/scans", scan(ready))
    assert (response.status_code, response.json()) == (202, {"status": "under-check"})
    await drain(context)
    row = await stored(context)
    assert row.verdict["hits"][0]["reason"] == f"unit-{status}".replace("_", "-")


async def test_a_gtin_that_contradicts_the_model_is_no_proof(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = make.gtin_body(999_999)
    response = await cast.ann.post("/scans", scan(ready, f"(01){body}{make.check_digit(body)}(21){ready.serial}"))
    assert response.json() == {"status": "under-check"}


async def test_the_makers_format_of_the_jobs_model_is_understood(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(
            text("UPDATE model SET serial_pattern = :pattern WHERE id = :id"),
            {"pattern": "M:(?P<serial>[0-9A-Z]+);X", "id": ready.model_id},
        )
    response = await cast.ann.post("/scans", scan(ready, f"M:{ready.serial};X"))
    assert response.json()["status"] == "known"


async def test_a_broken_pattern_stops_no_visit(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE model SET serial_pattern = '(((' WHERE id = :id"), {"id": ready.model_id})
    assert (await cast.ann.post("/scans", scan(ready))).json()["status"] == "known"


def shape(response: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = [(name, "" if name == "x-request-id" else value) for name, value in response.headers.items()]
    return response.status_code, headers, response.content


async def test_known_unknown_and_foreign_serials_look_the_same_to_a_partner(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    foreign = await make.ready_visit(context, cast, technician=cast.ben)
    async with begin(context.database, SYSTEM) as work:
        known = [f"KN{n:08d}" for n in range(98)]
        for serial in known:
            await make.unit(work, ready.model_id, serial=serial)
        scrapped = await make.unit(work, ready.model_id, serial="SCRAPPED01", status="scrapped")
    assert scrapped
    pairs = [(serial, f"UN{n:08d}") for n, serial in enumerate([*known, "SCRAPPED01", foreign.serial])]
    assert len(pairs) == 100
    for there, nowhere in pairs:
        one, other = [await cast.ann.post("/scans", scan(ready, serial)) for serial in (there, nowhere)]
        assert shape(one) == shape(other)
        assert (one.status_code, one.json()) == (202, {"status": "under-check"})


async def test_the_office_learns_later_what_a_partner_read(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    foreign = await make.ready_visit(context, cast, technician=cast.ben)
    await cast.ann.done("/scans", scan(ready, foreign.serial))
    before = await stored(context)
    assert (before.resolved_at, before.facts, before.verdict, before.unit_id) == (None, None, None, None)
    await drain(context)
    after = await stored(context)
    async with begin(context.database, SYSTEM) as work:
        await resolve_scan(work, after.id)  # tasks run at least once
    assert await stored(context) == after
    assert after.unit_id == foreign.unit_id
    assert [hit["reason"] for hit in after.verdict["hits"]] == ["scan-of-another-unit"]
    assert after.told == {"status": "under-check"}


async def test_what_is_known_is_kept_apart_from_what_was_told(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    key = uuid4().hex
    told = await cast.ann.done("/scans", scan(ready, "UN00000001"), key=key)
    op_id = operation_id(cast.ann.id, key)
    async with begin(context.database, actor_of(cast.ann)) as work:
        answer = await work.db.scalar(text("SELECT answer FROM journal_body WHERE op_id = :id"), {"id": op_id})
        assert answer == b'{"status":"under-check"}'
        assert told == {"status": "under-check"}
    for forbidden in ("verdict FROM journal_body", "verdict FROM scan", "facts FROM scan", "unit_id FROM scan"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with begin(context.database, actor_of(cast.ann)) as work:
                await work.db.execute(text(f"SELECT {forbidden}"))
    async with begin(context.database, SYSTEM) as work:
        verdict = await work.db.scalar(text("SELECT verdict FROM journal_body WHERE op_id = :id"), {"id": op_id})
        assert verdict == {"matches_job": False, "gtin": None, "serial_keys": ["UN00000001"]}


async def test_a_typed_serial_needs_a_reason_and_a_photo_of_the_label(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    label, before = await label_photo(context, ready), await label_photo(context, ready, "before")
    for given in (
        {},
        {"typed_reason": "label is torn"},
        {"photo_id": label},
        {"typed_reason": "torn", "photo_id": before},
    ):
        refused = await cast.ann.post("/scans", scan(ready, ready.serial, source="typed", **given))
        assert (refused.status_code, refused.json()["code"]) == (422, "typed-scan-needs-evidence")
    kept = await cast.ann.post(
        "/scans", scan(ready, ready.serial, source="typed", typed_reason="label is torn", photo_id=label)
    )
    assert (kept.status_code, kept.json()["status"]) == (201, "known")


@pytest.mark.parametrize("technician", ["ann", "otto"])
async def test_a_reading_from_a_photo_names_a_photo_of_the_visit(context: Context, cast: Cast, technician: str) -> None:
    who: Caller = getattr(cast, technician)
    ready = await make.ready_visit(context, cast, technician=who)
    refused = await who.post("/scans", scan(ready, source="photo"))
    assert (refused.status_code, refused.json()["code"]) == (422, "photo-scan-needs-photo")
    assert refused.json()["field"] == "photo_id"
    kept = await who.post("/scans", scan(ready, source="photo", photo_id=await label_photo(context, ready)))
    assert (kept.status_code, kept.json()["status"]) == (201, "known")
    assert ((await stored(context)).source, (await stored(context)).photo_id is None) == ("photo", False)


async def test_a_voided_photo_is_on_no_visit(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    photo = await label_photo(context, ready)
    await cast.ann.done("/lines/void", {"line_id": photo, "kind": "photo", "reason": "blurred"})
    refused = await cast.ann.post("/scans", scan(ready, source="photo", photo_id=photo))
    assert (refused.status_code, refused.json()["code"]) == (422, "photo-not-on-visit")


async def test_a_photo_of_another_visit_is_no_evidence(context: Context, cast: Cast) -> None:
    ready, other = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    refused = await cast.ann.post("/scans", scan(ready, source="photo", photo_id=await label_photo(context, other)))
    assert (refused.status_code, refused.json()["code"]) == (422, "photo-not-on-visit")


async def test_the_database_refuses_a_typed_scan_without_evidence(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    with pytest.raises(IntegrityError, match="typed_needs_evidence"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(
                insert(Scan).values(
                    visit_id=ready.visit_id,
                    job_id=ready.job_id,
                    technician_id=cast.ann.id,
                    source="typed",
                    scanned_text=ready.serial,
                    matches_job=True,
                    scanned_at=work.now,
                    scanned_on=work.now.date(),
                    op_id=uuid4(),
                    told={},
                )
            )


async def test_nobody_scans_on_somebody_elses_visit(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    foreign = await cast.ben.post("/scans", scan(ready))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not-found")
    own = await make.ready_visit(context, cast, technician=cast.otto)
    missing = await cast.otto.post("/scans", scan(own, visit_id=str(UUID(int=7))))
    assert missing.status_code == 404
    async with begin(context.database, SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM journal WHERE outcome = 'rejected'")) == 2


async def test_a_colleague_of_the_same_partner_does_not_scan_either(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(
            text("UPDATE account SET partner_id = :north WHERE id = :ben"), {"north": cast.north, "ben": cast.ben.id}
        )
        await work.db.execute(
            text("UPDATE session SET partner_id = :north WHERE account_id = :ben"),
            {"north": cast.north, "ben": cast.ben.id},
        )
        await work.db.execute(
            text("UPDATE device SET partner_id = :north WHERE account_id = :ben"),
            {"north": cast.north, "ben": cast.ben.id},
        )
    colleague = await cast.ben.post("/scans", scan(ready))
    assert (colleague.status_code, colleague.json()["code"]) == (403, "not-your-visit")
    office = await cast.pam.post("/scans", scan(ready))
    assert (office.status_code, office.json()["code"]) == (403, "not-allowed")


async def test_what_the_office_keys_in_tells_the_partner_no_more_than_its_own_scan(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast)
    told = await cast.dora.done("/scans", scan(ready))
    assert told["verdict"]["known"]
    row = await stored(context)
    assert row.told == {"status": "known", "covered": "yes"}
    assert row.partner_id == ready.partner_id


async def test_a_scan_after_the_visit_is_kept_for_the_office(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(
            text("UPDATE visit SET state = 'completed', completed_at = :now WHERE id = :id"),
            {"id": ready.visit_id, "now": work.now},
        )
    response = await cast.ann.post("/scans", scan(ready))
    assert (response.status_code, response.json()) == (202, {"status": "under-check"})
    assert (await stored(context)).matches_job


async def test_the_day_of_a_scan_is_the_sites(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto, site_given={"time_zone": "Pacific/Auckland"})
    await cast.otto.done("/scans", scan(ready, scanned_at="2026-03-02T11:30:00Z"))
    assert (await stored(context)).scanned_on == dt.date(2026, 3, 3)


async def test_the_same_scan_sent_twice_is_one_scan(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = scan(ready)
    first, again = [await cast.ann.post("/scans", body, key="one") for _ in range(2)]
    assert first.json() == again.json()
    assert (await stored(context)).op_id == operation_id(cast.ann.id, "one")


async def test_nobody_scans_without_an_account(nobody: Caller, context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    assert (await nobody.post("/scans", scan(ready))).status_code == 401

"""Serial and tag code of a label prove that somebody stood before the machine; a wrong code proves the opposite."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.claims.model import Scan
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.submitting import submission_of, system_of
from tests.claims.visits import claims, complete, fill_sheet, hits, now, scan


async def label_of(cast: Cast, unit_id: Any) -> tuple[str, str]:
    """Issue a label; its id and what it says."""
    tag_id = (await cast.dora.done("/tags", {"unit_id": str(unit_id)}))["id"]
    return tag_id, (await cast.dora.get(f"/tags/{tag_id}")).json()["text"]


async def another_unit(context: Context, ready: make.ReadyVisit, **given: Any) -> Any:
    async with begin(context.database, SYSTEM) as work:
        return await make.unit(work, ready.model_id, **given)


def spoiled(link: str) -> str:
    """The same label with another last character of its code."""
    return link[:-1] + ("0" if link[-1] != "0" else "1")


def body(ready: make.ReadyVisit, scanned: str) -> dict[str, Any]:
    return {"visit_id": str(ready.visit_id), "source": "camera", "scanned_text": scanned, "scanned_at": now()}


async def stored(context: Context) -> list[Any]:
    async with begin(context.database, SYSTEM) as work:
        return list((await work.db.execute(select(*Scan.__table__.c).order_by(Scan.scanned_at))).all())


async def test_a_partner_that_read_a_label_is_told_of_a_unit_it_has_no_job_on(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    other = await another_unit(context, ready)
    _, link = await label_of(cast, other)
    response = await cast.ann.post("/scans", body(ready, link))
    assert (response.status_code, response.json()) == (201, {"status": "known", "covered": "yes"})
    await drain(context)
    (row,) = await stored(context)
    assert (row.tag, row.unit_id, row.matches_job) == ("ok", other, False)
    assert [hit["reason"] for hit in row.verdict["hits"]] == ["scan-of-another-unit"]


@pytest.mark.parametrize(
    "given",
    [{"warranty_end_on": dt.date(2020, 1, 1), "warranty_start_on": dt.date(2018, 1, 1)}, {"status": "unconfirmed"}],
)
async def test_cover_that_a_label_does_not_prove_is_under_check(
    context: Context, cast: Cast, given: dict[str, Any]
) -> None:
    ready = await make.ready_visit(context, cast)
    _, link = await label_of(cast, await another_unit(context, ready, **given))
    assert (await cast.ann.post("/scans", body(ready, link))).json() == {"status": "known", "covered": "under-check"}


async def test_a_wrong_revoked_or_missing_code_tells_nothing(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    tag_id, link = await label_of(cast, await another_unit(context, ready))
    _, scrapped = await label_of(cast, await another_unit(context, ready, status="scrapped"))
    _, corrected = await label_of(cast, await another_unit(context, ready, serial="OLD1"))
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE unit SET serial = 'NEW1', serial_key = 'NEW1' WHERE serial = 'OLD1'"))
    await cast.dora.done("/tags/revoke", {"tag_id": tag_id, "reason": "peeled off"})
    invented = f"https://id.example/01/{ready.gtin}/21/NOBODY1?tag=0123456789AB"
    for read in (link, spoiled(link), link.split("?")[0], scrapped, corrected, invented):
        response = await cast.ann.post("/scans", body(ready, read))
        assert (response.status_code, response.json()) == (202, {"status": "under-check"}), read
    assert [row.tag for row in await stored(context)] == ["revoked", "wrong", "none", "ok", "revoked", "wrong"]


async def test_a_code_that_was_issued_and_is_known_no_more_is_wrong(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    """As after a restore from before the label was printed."""
    ready = await make.ready_visit(context, cast)
    _, link = await label_of(cast, await another_unit(context, ready))
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM unit_tag"))
    assert (await cast.ann.post("/scans", body(ready, link))).json() == {"status": "under-check"}
    assert [row.tag for row in await stored(context)] == ["wrong"]


async def test_our_technician_is_told_that_a_code_is_wrong(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    _, link = await label_of(cast, ready.unit_id)
    told = [(await cast.otto.done("/scans", body(ready, read)))["verdict"]["hits"] for read in (link, spoiled(link))]
    assert told == [[], [{"rule": "D17", "reason": "tag-wrong"}]]


async def test_a_wrong_code_on_the_jobs_own_unit_is_for_the_office(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    _, link = await label_of(cast, ready.unit_id)
    right, wrong = [await cast.ann.post("/scans", body(ready, read)) for read in (link, spoiled(link))]
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    await drain(context)
    first, second = await stored(context)
    assert (first.tag, first.verdict["hits"]) == ("ok", [])
    assert (second.tag, second.verdict["hits"]) == ("wrong", [{"rule": "D17", "reason": "tag-wrong"}])


@pytest.mark.parametrize(
    ("reads", "found"),
    [
        (["ok"], None),
        (["none"], None),
        (["wrong"], "tag-wrong"),
        (["revoked"], "tag-revoked"),
        (["wrong", "none"], "tag-wrong"),
        (["wrong", "ok"], None),
    ],
)
async def test_a_claim_whose_label_is_not_ours_goes_to_review(
    context: Context, cast: Cast, reads: list[str], found: str | None
) -> None:
    ready = await make.ready_visit(context, cast)
    tag_id, old = await label_of(cast, ready.unit_id)
    await cast.dora.done("/tags/revoke", {"tag_id": tag_id, "reason": "peeled off"})
    _, link = await label_of(cast, ready.unit_id)
    texts = {"ok": link, "none": ready.serial, "wrong": spoiled(link), "revoked": old}
    await fill_sheet(ready)
    for read in reads:
        await scan(ready, texts[read])
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    if found is None:
        assert (claim.state, claim.told) == ("accepted", {"state": "accepted", "reasons": []})
    else:
        (hit,) = await hits(context)
        assert (hit.rule, hit.result, hit.reason) == ("D17", "review", found)
        assert (claim.state, claim.told) == ("in_review", {"state": "in_review", "reasons": ["under-check"]})


async def test_a_partners_own_system_hands_in_a_label_too(context: Context, cast: Cast) -> None:
    system = await system_of(cast)
    told = []
    for spoil in (False, True):
        ready = await make.ready_visit(context, cast)
        _, link = await label_of(cast, ready.unit_id)
        scanned = {"scanned_text": spoiled(link) if spoil else link}
        item = {"id": str(ready.visit_id), "claim": await submission_of(context, ready, scan=scanned)}
        response = await system.post("/claims/submit/batch", {"items": [item]})
        assert response.status_code == 200, response.text
        told.append(response.json())
    assert [row.tag for row in await stored(context)] == ["ok", "wrong"]
    assert [claim.state for claim in await claims(context)] == ["accepted", "in_review"], told

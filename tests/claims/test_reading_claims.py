"""Who reads what of claims and scans, and what a reviewer decides."""

from dataclasses import replace
from uuid import UUID, uuid4

from sqlalchemy import text

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, complete, fill_sheet, lines, scan


async def in_review(context: Context, cast: Cast) -> make.ReadyVisit:
    """A visit whose claim waits, because another label was scanned."""
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    await complete(ready)
    return ready


async def test_the_office_reads_a_claim_with_its_facts_and_reasons(context: Context, cast: Cast) -> None:
    await in_review(context, cast)
    (card,) = (await cast.rex.get("/claims", state="in_review", lane="review")).json()["items"]
    assert (card["lane"], card["payable"], card["reasons"]) == ("review", False, ["under-check"])
    detail = (await cast.rex.get(f"/claims/{card['id']}")).json()
    assert detail["claim"] == card
    assert detail["facts"]["unit_id"] == card["unit_id"]
    assert [(hit["rule"], hit["reason"]) for hit in detail["hits"]] == [("scan-unit", "scan-of-another-unit")]
    assert detail["decision"]["lane"] == "review"
    assert len(detail["lines"]) == 5
    assert (await cast.rex.get("/claims", state="accepted")).json()["items"] == []


async def test_a_partners_office_reads_its_own_claims_as_far_as_it_was_told(context: Context, cast: Cast) -> None:
    await in_review(context, cast)
    (card,) = (await cast.pam.get("/claims")).json()["items"]
    assert (card["state"], card["reasons"]) == ("in_review", ["under-check"])
    assert (card["lane"], card["payable"], card["unit_id"]) == (None, None, None)
    detail = (await cast.pam.get(f"/claims/{card['id']}")).json()
    assert detail == {"claim": card, "facts": None, "decision": None, "hits": [], "lines": []}
    assert (await cast.pam.get("/claims", lane="accept")).json()["items"] == [card]


async def test_nobody_else_reads_them(context: Context, cast: Cast) -> None:
    await make.ready_visit(context, cast)
    foreign = await make.ready_visit(context, cast, technician=cast.ben)
    await claimed(foreign)
    (claim,) = await claims(context)
    assert (await cast.pam.get("/claims")).json()["items"] == []
    assert (await cast.pam.get(f"/claims/{claim.id}")).status_code == 404
    assert (await cast.pam.get("/scans", visit_id=foreign.visit_id)).json()["items"] == []
    assert (await cast.ann.get("/claims")).status_code == 403
    assert (await cast.rex.get(f"/claims/{UUID(int=1)}")).status_code == 404


async def test_claims_come_in_pages_newest_first(context: Context, cast: Cast) -> None:
    for _ in range(3):
        await claimed(await make.ready_visit(context, cast))
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await cast.rex.get("/claims", limit=2, **cursor)).json()
        seen += [card["number"] for card in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)


async def test_scans_show_each_reader_what_is_theirs(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await scan(ready)
    await scan(ready, "SOMETHING123")
    await drain(context)
    first = (await cast.ann.get("/scans", visit_id=ready.visit_id, limit=1)).json()
    rest = (await cast.ann.get("/scans", visit_id=ready.visit_id, cursor=first["next"])).json()
    told = [(line["told_status"], line["told_covered"]) for line in first["items"] + rest["items"]]
    assert told == [("known", "yes"), ("under-check", None)]
    assert all(line["unit_id"] is None and line["verdict"] is None for line in first["items"] + rest["items"])
    office = (await cast.dora.get("/scans", visit_id=ready.visit_id)).json()["items"]
    assert [line["unit_id"] for line in office] == [str(ready.unit_id), None]
    assert office[1]["verdict"]["known"] is False
    own = await make.ready_visit(context, cast, technician=cast.otto)
    await scan(own)
    (line,) = (await cast.otto.get("/scans", visit_id=own.visit_id)).json()["items"]
    assert line["unit_id"] == str(own.unit_id)


async def test_a_reviewer_approves_a_claim_and_it_takes_its_slot(context: Context, cast: Cast) -> None:
    await in_review(context, cast)
    (claim,) = await claims(context)
    decided = await cast.rex.done(
        "/claims/decide", {"claim_id": str(claim.id), "decision": "approve", "reason": "seen on the photo"}
    )
    assert decided == {"id": str(claim.id), "state": "approved", "payable": True}
    assert {line.state for line in await lines(context)} == {"approved"}
    assert (await cast.pam.get("/claims")).json()["items"][0]["state"] == "approved"
    again = await cast.rex.post(
        "/claims/decide", {"claim_id": str(claim.id), "decision": "refuse", "reason": "second thoughts"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "claim-not-in-review")


async def test_a_reviewer_refuses_a_claim(context: Context, cast: Cast) -> None:
    await in_review(context, cast)
    (claim,) = await claims(context)
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "decision": "refuse", "reason": "wrong unit"})
    (card,) = (await cast.pam.get("/claims")).json()["items"]
    assert (card["state"], card["reasons"]) == ("refused", ["refused-by-the-office"])
    assert {line.state for line in await lines(context)} == {"refused"}


async def test_a_slot_that_is_taken_meanwhile_is_not_given_twice(context: Context, cast: Cast) -> None:
    ready = await in_review(context, cast)
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
        visit_id = await make.visit(work, job_id)
    await claimed(replace(ready, job_id=job_id, visit_id=visit_id, technician=cast.ben))
    waiting, rival = await claims(context)
    assert (waiting.state, rival.state) == ("in_review", "accepted")
    response = await cast.rex.post(
        "/claims/decide", {"claim_id": str(waiting.id), "decision": "approve", "reason": "looks right"}
    )
    assert (response.status_code, response.json()["code"]) == (409, "already-claimed")
    assert response.json()["claims"] == [rival.number]


async def test_nothing_is_approved_for_an_unconfirmed_unit(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"status": "unconfirmed"})
    await claimed(ready)
    (claim,) = await claims(context)
    body = {"claim_id": str(claim.id), "decision": "approve", "reason": "looks right"}
    refused = await cast.rex.post("/claims/decide", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "unit-unconfirmed")
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE unit SET status = 'installed' WHERE id = :id"), {"id": ready.unit_id})
    assert (await cast.rex.done("/claims/decide", body))["payable"] is True


async def test_only_the_office_decides_and_only_about_claims(context: Context, cast: Cast) -> None:
    body = {"claim_id": str(uuid4()), "decision": "approve", "reason": "because"}
    assert (await cast.rex.post("/claims/decide", body)).status_code == 404
    for other in (cast.pam, cast.ann, cast.dora):
        assert (await other.post("/claims/decide", body)).status_code == 403

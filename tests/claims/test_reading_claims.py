"""Who reads what of claims and scans."""

from uuid import UUID

from api.context import Context
from api.worker import drain
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan


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
    assert {name: detail[name] for name in ("claim", "facts", "decision", "hits", "decisions", "replies")} == {
        "claim": card,
        "facts": None,
        "decision": None,
        "hits": [],
        "decisions": [],
        "replies": [],
    }
    assert {line["kind"]: line["state"] for line in detail["lines"]} == dict.fromkeys(
        ("fault", "part", "labour", "travel", "expense"), "in_review"
    )
    assert (await cast.pam.get("/claims", lane="accept")).json()["items"] == [card]


async def test_a_claim_is_found_by_its_number_and_by_its_jobs(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    await claimed(await make.ready_visit(context, cast))
    job = (await cast.dora.get(f"/jobs/{ready.job_id}")).json()["job"]["number"]
    (found,) = (await cast.pam.get("/claims", number=job)).json()["items"]
    assert found["job_id"] == str(ready.job_id)
    for caller in (cast.pam, cast.rex):
        (same,) = (await caller.get("/claims", number=found["number"])).json()["items"]
        assert same["id"] == found["id"]
    assert (await cast.pam.get("/claims", number=1)).json()["items"] == []


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

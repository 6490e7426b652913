"""What a partner's office does about its claim: answer, appeal once, withdraw; and what the wall lets it do."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.worklog.model import Photo
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.reviewing import APPROVE, REFUSE, SEND_BACK, lines_by_kind, run, waiting
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan

DECIDE = "/claims/decide"


async def sent_back(context: Context, cast: Cast, **given: Any) -> tuple[make.ReadyVisit, Any, Any]:
    """A claim of which the expense was sent back and all else approved; and that line."""
    ready, claim = await waiting(context, cast, **given)
    line = (await lines_by_kind(context, claim.id))["expense"]
    body = {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **SEND_BACK}], "others": APPROVE}
    assert (await cast.rex.done(DECIDE, body))["state"] == "sent_back"
    return ready, (await claims(context))[-1], line


async def photo_on(context: Context, ready: make.ReadyVisit) -> str:
    async with begin(context.database, SYSTEM) as work:
        dull = {"visit_id": ready.visit_id, "kind": "label", "sha256": uuid4().hex * 2, "entered_at": work.now}
        return str(await make.keep(work, Photo, dull, {"partner_id": ready.partner_id}))


async def test_a_line_that_was_sent_back_is_answered_with_a_photo(context: Context, cast: Cast) -> None:
    ready, claim, line = await sent_back(context, cast, limits={"days_to_answer": 5})
    assert claim.answer_by == dt.datetime.now(dt.UTC).date() + dt.timedelta(days=5)
    (card,) = (await cast.pam.get("/claims")).json()["items"]
    assert (card["state"], card["reasons"]) == ("sent_back", ["evidence-missing"])
    assert card["answer_by"] == claim.answer_by.isoformat()
    photo_id = await photo_on(context, ready)
    answer = {"claim_id": str(claim.id), "line_ids": [str(line.id)], "note": "here", "photo_ids": [photo_id]}
    told = await cast.pam.done("/claims/answer", answer | {"note": "here it is"})
    assert told == {"id": str(claim.id), "state": "in_review"}
    (after,) = await claims(context)
    assert (after.state, after.answer_by, after.told["reasons"]) == ("in_review", None, ["answered"])
    detail = (await cast.rex.get(f"/claims/{claim.id}")).json()
    (reply,) = detail["replies"]
    assert (reply["kind"], reply["note"], reply["photo_ids"], reply["replied_by"]) == (
        "answer",
        "here it is",
        [photo_id],
        "Pam",
    )
    assert len((await cast.pam.get(f"/claims/{claim.id}")).json()["replies"]) == 1
    assert (await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE}))["state"] == "approved"


async def test_an_answer_names_own_lines_and_photos_of_the_visit(context: Context, cast: Cast) -> None:
    _, claim, line = await sent_back(context, cast)
    other = await make.ready_visit(context, cast)
    answer = {"claim_id": str(claim.id), "line_ids": [str(line.id)], "note": "here it is"}
    foreign = answer | {"photo_ids": [await photo_on(context, other)]}
    assert (await cast.pam.post("/claims/answer", foreign)).json()["field"] == "photo_ids"
    assert (await cast.pam.post("/claims/answer", answer | {"line_ids": [str(uuid4())]})).status_code == 404
    assert (await cast.pam.post("/claims/answer", answer | {"line_ids": [str(line.id)] * 2})).status_code == 422
    assert (await cast.pam.post("/claims/answer", answer | {"note": ""})).status_code == 422
    approved = (await lines_by_kind(context, claim.id))["travel"]
    response = await cast.pam.post("/claims/answer", answer | {"line_ids": [str(line.id), str(approved.id)]})
    assert (response.status_code, response.json()["code"]) == (409, "nothing-to-answer")
    assert (await lines_by_kind(context, claim.id))["expense"].state == "sent_back"


async def test_a_refused_line_is_appealed_once(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    line = (await lines_by_kind(context, claim.id))["labour"]
    appeal = {"claim_id": str(claim.id), "line_id": str(line.id), "note": "we were there"}
    assert (await cast.pam.done("/claims/appeal", appeal))["state"] == "in_review"
    (after,) = await claims(context)
    assert (after.state, after.appealed, after.payable) == ("in_review", True, False)
    card = {one["kind"]: one for one in (await cast.pam.get(f"/claims/{claim.id}")).json()["lines"]}
    assert (card["labour"]["state"], card["labour"]["appealed"]) == ("in_review", True)
    assert (card["fault"]["state"], card["fault"]["appealed"]) == ("refused", False)
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    again = await cast.pam.post("/claims/appeal", appeal)
    assert (again.status_code, again.json()["code"]) == (409, "nothing-to-appeal")


async def test_the_database_counts_the_appeals(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    line = (await lines_by_kind(context, claim.id))["labour"]
    await cast.pam.done("/claims/appeal", {"claim_id": str(claim.id), "line_id": str(line.id), "note": "we were there"})
    again = """INSERT INTO claim_reply (id, claim_id, line_id, partner_id, kind, replied_by, replied_at)
      SELECT gen_random_uuid(), claim_id, line_id, partner_id, kind, replied_by, replied_at FROM claim_reply"""
    with pytest.raises(IntegrityError, match="uq_claim_reply_appeal_once"):
        await run(context, again)
    with pytest.raises(DBAPIError, match="permission denied"):
        await run(context, "DELETE FROM claim_reply")


async def without_scan(context: Context, cast: Cast) -> tuple[make.ReadyVisit, Any, dict[str, Any]]:
    """A visit on which nothing was scanned, its refused claim, and the appeal against one line."""
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    assert (await complete(ready)).status_code == 200
    claim = (await claims(context))[-1]
    line = (await lines_by_kind(context, claim.id))["labour"]
    return ready, claim, {"claim_id": str(claim.id), "line_id": str(line.id), "note": "it was on the other phone"}


async def test_a_claim_without_a_scan_is_not_appealed(context: Context, cast: Cast) -> None:
    _, claim, appeal = await without_scan(context, cast)
    elsewhere = await make.ready_visit(context, cast)
    await scan(elsewhere)
    response = await cast.pam.post("/claims/appeal", appeal)
    assert (response.status_code, response.json()["code"]) == (409, "nothing-to-appeal")
    (after,) = await claims(context)
    assert (after.id, after.state, after.scan_id) == (claim.id, "refused", None)


async def test_a_claim_whose_scan_came_after_it_is_appealed_and_a_person_decides(context: Context, cast: Cast) -> None:
    ready, claim, appeal = await without_scan(context, cast)
    assert claim.told == {"state": "refused", "reasons": ["no-scan"]}
    await scan(ready)
    assert (await cast.pam.done("/claims/appeal", appeal))["state"] == "in_review"
    (after,) = await claims(context)
    assert (after.state, after.payable, after.lane) == ("in_review", False, "refuse")
    assert after.facts["scan"] is None
    assert (await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": APPROVE}))["state"] == "approved"


PROVES = [(False, "camera", "ok"), (True, "typed", "none"), (True, "camera", "none"), (True, "camera", "ok")]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("worse", "better"), [*pairwise(PROVES)])
async def test_of_several_late_scans_the_one_that_proves_most_is_the_claim_s(
    context: Context, cast: Cast, worse: tuple[Any, ...], better: tuple[Any, ...], turned: bool
) -> None:
    ready, _, appeal = await without_scan(context, cast)
    photo_id = await photo_on(context, ready)
    for number, (matches, source, tag) in enumerate((better, worse) if turned else (worse, better)):
        read = f"{ready.serial}{number}"
        await scan(ready, read, source=source, typed_reason="scratched", photo_id=photo_id)
        change = "UPDATE scan SET matches_job = :matches, tag = :tag WHERE scanned_text = :read"
        await run(context, change, matches=matches, tag=tag, read=read)
    await cast.pam.done("/claims/appeal", appeal)
    async with begin(context.database, SYSTEM) as work:
        taken = "SELECT matches_job, source, tag FROM scan JOIN claim ON claim.scan_id = scan.id"
        assert (await work.db.execute(text(taken))).one() == better


async def test_the_late_scan_of_another_partner_s_claim_is_not_its_own(context: Context, cast: Cast) -> None:
    ready, claim, _ = await without_scan(context, cast)
    await scan(ready)
    async with begin(context.database, actor_of(cast.ben)) as work:
        await work.db.execute(text("SELECT claim_takes_late_scan(:claim)"), {"claim": claim.id})
    assert (await claims(context))[-1].scan_id is None
    with pytest.raises(DBAPIError, match="permission denied"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(text("SELECT claim_takes_late_scan(:claim)"), {"claim": claim.id})


async def accepted_without_its_trip(context: Context, cast: Cast, **given: Any) -> tuple[make.ReadyVisit, Any]:
    """A visit whose claim the gate accepted, but for the trip, which nobody covers; and that claim."""
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)}, **given)
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
    await claimed(ready)
    return ready, (await claims(context))[-1]


async def appeal_trip(context: Context, cast: Cast, claim: Any) -> None:
    line = (await lines_by_kind(context, claim.id))["travel"]
    await cast.pam.done("/claims/appeal", {"claim_id": str(claim.id), "line_id": str(line.id), "note": "far away"})


async def test_an_accepted_claim_waits_again_while_its_refused_line_is_appealed(context: Context, cast: Cast) -> None:
    _, claim = await accepted_without_its_trip(context, cast)
    await appeal_trip(context, cast, claim)
    (after,) = await claims(context)
    assert (after.state, after.payable) == ("in_review", False)
    assert (await lines_by_kind(context, claim.id))["fault"].live
    still = {"decision": "refuse", "reason": "not-covered"}
    told = await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": still})
    assert (told["state"], told["payable"]) == ("approved", True)


async def test_an_appeal_hides_no_line_from_its_points(context: Context, cast: Cast) -> None:
    _, claim = await accepted_without_its_trip(context, cast, limits={"risk_points_review": 50})
    await appeal_trip(context, cast, claim)
    await drain(context)
    (after,) = await claims(context)
    assert (after.state, after.approved_minor, after.told["reasons"]) == ("in_review", None, ["appealed"])
    found = await lines_by_kind(context, claim.id)
    assert {kind for kind, line in found.items() if line.state == "in_review"} == {"fault", "part", "labour", "travel"}


async def test_an_appeal_hides_no_line_from_a_customer_who_saw_nobody(context: Context, cast: Cast) -> None:
    ready, claim = await accepted_without_its_trip(context, cast)
    await appeal_trip(context, cast, claim)
    said = {"visit_id": str(ready.visit_id), "answer": "did_not_happen", "channel": "phone"}
    assert (await cast.dora.done("/customer-answers", said))["under_check"] is True
    found = await lines_by_kind(context, claim.id)
    assert {kind for kind, line in found.items() if line.state == "in_review"} == {"fault", "part", "labour", "travel"}
    still = {"decision": "refuse", "reason": "customer-denies"}
    assert (await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": still}))["state"] == "refused"


async def test_what_a_person_granted_stays_when_the_rest_is_doubted(context: Context, cast: Cast) -> None:
    ready, claim = await accepted_without_its_trip(context, cast)
    await appeal_trip(context, cast, claim)
    await run(context, "UPDATE claim_line SET state = 'approved', approved_minor = 4000 WHERE kind = 'labour'")
    said = {"visit_id": str(ready.visit_id), "answer": "did_not_happen", "channel": "phone"}
    await cast.dora.done("/customer-answers", said)
    (after,) = await claims(context)
    assert (after.state, after.payable, after.approved_minor) == ("in_review", False, 4000)
    assert (await lines_by_kind(context, claim.id))["labour"].state == "approved"


async def test_an_appeal_frees_no_assignment(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
        visit_id = await make.visit(work, ready.job_id, number=2)
        second = replace(ready, visit_id=visit_id, fault_code_id=await make.fault_code(work))
    await fill_sheet(second)
    await claimed(ready)
    await appeal_trip(context, cast, (await claims(context))[0])
    await scan(second)
    await run(context, "UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id", id=visit_id)
    assert (await complete(second)).status_code == 200
    first, again = await claims(context)
    assert (again.state, again.told["reasons"]) == ("in_review", ["assignment-already-claimed"])
    response = await cast.rex.post(DECIDE, {"claim_id": str(again.id), "others": APPROVE})
    assert (response.status_code, response.json()["claims"]) == (409, [first.number])
    still = {"decision": "refuse", "reason": "not-covered"}
    assert (await cast.rex.done(DECIDE, {"claim_id": str(first.id), "others": still}))["state"] == "approved"


async def test_a_withdrawn_claim_gives_its_slot_back(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    (claim,) = await claims(context)
    told = await cast.pam.done("/claims/withdraw", {"claim_id": str(claim.id), "note": "billed elsewhere"})
    assert told["state"] == "withdrawn"
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
        visit_id = await make.visit(work, job_id)
    await claimed(replace(ready, job_id=job_id, visit_id=visit_id, technician=cast.ben))
    assert [one.state for one in await claims(context)] == ["withdrawn", "accepted"]
    for path, body in (
        ("/claims/withdraw", {"claim_id": str(claim.id)}),
        ("/claims/answer", {"claim_id": str(claim.id), "line_ids": [str(uuid4())], "note": "and yet"}),
    ):
        response = await cast.pam.post(path, body)
        assert (response.status_code, response.json()["code"]) == (409, "claim-closed")


async def test_nothing_is_left_to_withdraw_of_a_refused_claim(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    await cast.rex.done(DECIDE, {"claim_id": str(claim.id), "others": REFUSE})
    response = await cast.pam.post("/claims/withdraw", {"claim_id": str(claim.id)})
    assert (response.status_code, response.json()["code"]) == (409, "nothing-to-withdraw")


@pytest.mark.parametrize("path", ["/claims/answer", "/claims/appeal", "/claims/withdraw"])
async def test_nobody_else_replies(context: Context, cast: Cast, path: str) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.ben)
    await claimed(ready)
    (claim,) = await claims(context)
    line = (await lines_by_kind(context, claim.id))["labour"]
    body: dict[str, Any] = {"claim_id": str(claim.id)}
    if path != "/claims/withdraw":
        named = {"line_ids": [str(line.id)]} if path == "/claims/answer" else {"line_id": str(line.id)}
        body |= named | {"note": "not mine"}
    assert (await cast.pam.post(path, body)).status_code == 404
    others: tuple[Caller, ...] = (cast.ann, cast.rex, cast.ada)
    assert [(await other.post(path, body)).status_code for other in others] == [403, 403, 403]


async def test_the_function_for_partners_moves_no_claim_of_others_and_makes_no_other_move(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.ben)
    await claimed(ready)
    own, claim = await waiting(context, cast)
    theirs = (await claims(context))[0]
    line = (await lines_by_kind(context, claim.id))["labour"]
    call = text("SELECT partner_moves_claim(:claim, :move, CAST(:lines AS uuid[]))")
    for claim_id, move in ((theirs.id, "withdraw"), (claim.id, "approve"), (claim.id, "pay"), (claim.id, "answer")):
        async with begin(context.database, actor_of(cast.pam)) as work:
            assert await work.db.scalar(call, {"claim": claim_id, "move": move, "lines": [line.id]}) == 0
    with pytest.raises(DBAPIError, match="permission denied"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.scalar(call, {"claim": claim.id, "move": "withdraw", "lines": []})
    assert own.partner_id == cast.north

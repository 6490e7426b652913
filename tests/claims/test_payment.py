"""Paying claims: each gets an outcome, and nothing is paid that waits, was not scored or holds a part back."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from api.context import Context
from api.worker import drain
from domain.kit.work import transact
from domain.worklog.uploads import keep_upload
from tests import make
from tests.cast import Cast, actor_of
from tests.claims.reviewing import APPROVE, GOODWILL, lines_by_kind, manager, run, waiting
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan


async def test_each_claim_gets_its_outcome(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast)
    for _ in range(3):
        await claimed(await make.ready_visit(context, cast))
    await waiting(context, cast)
    good, held, unscored, waits = await claims(context)
    await run(context, "UPDATE claim SET scored_at = now() WHERE id <> :id", id=unscored.id)
    await run(context, "UPDATE claim_line SET on_hold = true WHERE claim_id = :id AND kind = 'part'", id=held.id)
    unknown = str(uuid4())
    ids = [str(one.id) for one in (good, held, unscored, waits)] + [unknown]
    told = await mia.done("/claims/pay", {"claim_ids": ids})
    assert [one["outcome"] for one in told["claims"]] == ["paid", "on-hold", "not-scored", "not-payable", "not-found"]
    assert (told["claims"][0]["paid_minor"], told["claims"][0]["currency"]) == (good.approved_minor, "EUR")
    stands = {one.id: one for one in await claims(context)}
    assert [stands[one.id].state for one in (good, held, unscored, waits)] == [
        "paid",
        "accepted",
        "accepted",
        "in_review",
    ]
    assert (stands[good.id].paid_by, stands[good.id].told["state"], stands[good.id].payable) == (mia.id, "paid", False)
    assert stands[good.id].paid_at is not None
    assert {line.state for line in (await lines_by_kind(context, good.id)).values()} == {"paid"}
    again = await mia.done("/claims/pay", {"claim_ids": ids[:1]})
    assert again["claims"][0]["outcome"] == "already-paid"
    assert (await mia.post("/claims/pay", {"claim_ids": ids[:1] * 2})).status_code == 422


async def test_the_list_of_what_can_be_paid_holds_just_that(context: Context, cast: Cast) -> None:
    for _ in range(4):
        await claimed(await make.ready_visit(context, cast))
    await waiting(context, cast)
    first, second, held, unscored, _ = await claims(context)
    await run(context, "UPDATE claim SET scored_at = now() WHERE id <> :id", id=unscored.id)
    await run(context, "UPDATE claim_line SET on_hold = true WHERE claim_id = :id AND kind = 'part'", id=held.id)
    page = (await cast.ada.get("/claims/payable", limit=1)).json()
    assert [one["number"] for one in page["items"]] == [first.number]
    after = {"cursor": page["next"], "partner_id": first.partner_id}
    rest = (await cast.ada.get("/claims/payable", **after)).json()
    assert [(one["number"], one["approved_minor"]) for one in rest["items"]] == [(second.number, second.approved_minor)]
    assert (await cast.ada.get("/claims/payable", partner_id=uuid4())).json()["items"] == []
    await cast.ada.done("/claims/pay", {"claim_ids": [str(first.id), str(second.id)]})
    assert (await cast.ada.get("/claims/payable")).json()["items"] == []


async def test_a_proposal_that_nobody_confirmed_holds_payment_up(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    line = await lines_by_kind(context, claim.id)
    one = {"line_id": str(line["travel"].id), **GOODWILL}
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "lines": [one], "others": APPROVE})
    await run(context, "UPDATE claim SET scored_at = now(), state = 'approved'")
    told = await cast.ada.done("/claims/pay", {"claim_ids": [str(claim.id)]})
    assert told["claims"][0]["outcome"] == "not-payable"


async def outcome(cast: Cast, claim_id: UUID) -> str:
    told = await cast.ada.done("/claims/pay", {"claim_ids": [str(claim_id)]})
    return str(told["claims"][0]["outcome"])


async def payable(cast: Cast) -> list[tuple[int, str | None]]:
    """What can be paid, and what its payment waits for yet."""
    return [(one["number"], one["waits"]) for one in (await cast.ada.get("/claims/payable")).json()["items"]]


async def named_photo(context: Context, cast: Cast) -> tuple[make.ReadyVisit, Any, str]:
    """An accepted, scored claim of a visit whose sheet names a photo that has not come; and its content's SHA-256."""
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    sha256 = uuid4().hex * 2
    await ready.technician.done("/photos", {"visit_id": str(ready.visit_id), "sha256": sha256, "kind": "after"})
    await scan(ready)
    assert (await complete(ready)).status_code == 200
    await drain(context)
    (claim,) = await claims(context)
    assert claim.state == "accepted"
    return ready, claim, sha256


async def test_a_suspended_partner_is_paid_once_it_is_resumed(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    (claim,) = await claims(context)
    await cast.ada.done("/partners/suspend", {"partner_id": str(cast.north), "reason": "claims under inquiry"})
    assert await payable(cast) == [(claim.number, "partner-suspended")]
    assert await outcome(cast, claim.id) == "partner-suspended"
    assert [one.state for one in await claims(context)] == ["accepted"]
    await cast.ada.done("/partners/resume", {"partner_id": str(cast.north), "reason": "the inquiry found nothing"})
    assert await payable(cast) == [(claim.number, None)]
    assert await outcome(cast, claim.id) == "paid"


async def test_a_claim_is_paid_when_its_last_photo_has_come(context: Context, cast: Cast) -> None:
    _, claim, sha256 = await named_photo(context, cast)
    assert await payable(cast) == [(claim.number, "evidence-missing")]
    assert await outcome(cast, claim.id) == "evidence-missing"
    bytes_came = partial(keep_upload, sha256=sha256, blob_sha256="cd" * 32, width=4, height=3, taken_at=None, reads=[])
    await transact(context.database, actor_of(cast.ann), bytes_came, queue=context.queue)
    assert await payable(cast) == [(claim.number, None)]
    assert await outcome(cast, claim.id) == "paid"


async def test_a_photo_that_will_never_come_is_struck_and_holds_nothing_up(context: Context, cast: Cast) -> None:
    ready, claim, _ = await named_photo(context, cast)
    sheet = (await cast.dora.get(f"/visits/{ready.visit_id}")).json()
    strike = [{"kind": "photo", "line_id": sheet["photos"][0]["id"]}]
    lost = {"visit_id": str(ready.visit_id), "reason": "the phone fell into the sea", "corrections": {"strike": strike}}
    await cast.dora.done("/reports/amend", lost)
    assert await payable(cast) == [(claim.number, None)]
    assert await outcome(cast, claim.id) == "paid"


async def test_what_a_person_approved_waits_for_no_photo(context: Context, cast: Cast) -> None:
    _, claim, _ = await named_photo(context, cast)
    await run(context, "UPDATE claim SET state = 'approved'")
    assert await payable(cast) == [(claim.number, None)]
    assert await outcome(cast, claim.id) == "paid"


async def test_the_photos_of_another_visit_hold_nothing_up(context: Context, cast: Cast) -> None:
    _, waits, _ = await named_photo(context, cast)
    await claimed(await make.ready_visit(context, cast))
    await drain(context)
    assert [number for number, why in await payable(cast) if why is None] == [waits.number + 1]


async def test_the_database_pays_no_line_on_hold(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    await run(context, "UPDATE claim_line SET on_hold = true")
    with pytest.raises(IntegrityError, match="held_is_not_paid"):
        await run(context, "UPDATE claim_line SET state = 'paid'")


async def test_managers_pay_and_nobody_else(context: Context, cast: Cast) -> None:
    body = {"claim_ids": [str(uuid4())]}
    for other in (cast.rex, cast.dora, cast.pam, cast.ann):
        assert (await other.post("/claims/pay", body)).status_code == 403


async def test_of_payment_and_withdrawal_at_the_same_moment_one_wins(context: Context, cast: Cast) -> None:
    for _ in range(6):
        await claimed(await make.ready_visit(context, cast))
    await run(context, "UPDATE claim SET scored_at = now()")
    ids = [str(claim.id) for claim in await claims(context)]
    paid, *withdrawn = await asyncio.gather(
        cast.ada.post("/claims/pay", {"claim_ids": ids}),
        *(cast.pam.post("/claims/withdraw", {"claim_id": claim_id}) for claim_id in ids),
    )
    outcomes = {one["id"]: one["outcome"] for one in paid.json()["claims"]}
    for claim_id, withdrawal in zip(ids, withdrawn, strict=True):
        assert (outcomes[claim_id] == "paid") == (withdrawal.status_code == 409), withdrawal.text
    for claim in await claims(context):
        assert {line.state for line in (await lines_by_kind(context, claim.id)).values()} == {claim.state}

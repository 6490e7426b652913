"""The claim of a completed visit: born with its facts, decided, told in part."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.context import Context
from domain.claims.facts import ClaimDecision, ClaimFacts
from domain.claims.model import Claim
from domain.claims.opening import limits_of, modes_of
from domain.claims.rules import decide
from domain.kit.actor import SYSTEM, Role
from domain.kit.ids import operation_id
from domain.kit.work import begin
from domain.people.model import Authorisation
from domain.worklog.model import Photo
from tests import make
from tests.cast import Cast, actor_of, joined
from tests.claims.visits import claimed, claims, complete, fill_sheet, hits, lines, now, scan


async def reason_of(context: Context, ready: make.ReadyVisit) -> str | None:
    async with begin(context.database, SYSTEM) as work:
        found: str | None = await work.db.scalar(
            text("SELECT why_no_claim FROM visit WHERE id = :id"), {"id": ready.visit_id}
        )
        return found


async def rival_job(context: Context, cast: Cast, ready: make.ReadyVisit, technician: Any) -> make.ReadyVisit:
    """Give another visit on the same unit to a technician, as if the job had been created twice."""
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, unit_id=ready.unit_id, technician=technician)
        visit_id = await make.visit(work, job_id)
    return replace(ready, job_id=job_id, visit_id=visit_id, technician=technician)


async def test_a_covered_visit_of_a_partner_makes_an_accepted_claim(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.lane, claim.state, claim.payable, claim.unit_id) == ("accept", "accepted", True, ready.unit_id)
    assert claim.told == {"state": "accepted", "reasons": []}
    assert claim.coverage["parts"] is True
    assert (claim.assignment_id, claim.job_id) == (ready.assignment_id, ready.job_id)
    found = {line.kind: line for line in await lines(context)}
    assert set(found) == {"fault", "part", "labour", "travel", "expense"}
    assert {line.state for line in found.values()} == {"accepted"}
    assert found["fault"].fault_group_id == ready.fault_group_id
    assert found["fault"].live
    assert (found["labour"].minutes, found["travel"].minutes, found["part"].quantity) == (60, 45, 1)
    assert (found["expense"].amount_minor, found["expense"].currency) == (450, "EUR")
    assert await hits(context) == []
    assert await reason_of(context, ready) is None


async def test_a_claim_replays_from_its_stored_facts(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, limits={"labour_percent_max": 50}, modes={"D11": "block"})
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.state == "refused"
    replayed = decide(msgspec.convert(claim.facts, ClaimFacts))
    assert replayed == msgspec.convert(claim.decision, ClaimDecision)
    assert claim.facts["limits"]["labour_percent_max"] == 50
    (hit,) = await hits(context)
    assert (hit.rule, hit.rule_version, hit.mode, hit.result, hit.reason) == (
        "D11",
        5,
        "block",
        "refuse",
        "over-standard",
    )
    assert hit.inputs["over"][0]["minutes_max"] == 30


async def test_our_own_visit_makes_no_claim(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    await claimed(ready)
    assert (await complete(ready)).status_code == 200
    assert await claims(context) == []
    assert await reason_of(context, ready) == "in-house"


async def test_a_visit_out_of_warranty_makes_no_claim(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    await claimed(ready)
    assert await claims(context) == []
    assert await reason_of(context, ready) == "out-of-warranty"


async def test_a_failure_that_is_said_to_be_old_enough_to_be_covered_is_looked_at(context: Context, cast: Cast) -> None:
    ended = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=300)
    ready = await make.ready_visit(
        context, cast, unit_given={"warranty_start_on": ended - dt.timedelta(days=700), "warranty_end_on": ended}
    )
    await claimed(ready, failed_on=ended.isoformat())
    (claim,) = await claims(context)
    assert (claim.state, claim.payable) == ("in_review", False)
    assert claim.told == {"state": "in_review", "reasons": ["under-check"]}
    assert [hit.reason for hit in await hits(context)] == ["not-covered-when-reported"]


async def test_a_visit_that_is_dated_back_into_the_warranty_is_looked_at(context: Context, cast: Cast) -> None:
    now_ = dt.datetime.now(dt.UTC)
    ended = now_.date() - dt.timedelta(days=10)
    ready = await make.ready_visit(
        context, cast, unit_given={"warranty_start_on": ended - dt.timedelta(days=700), "warranty_end_on": ended}
    )
    await fill_sheet(ready)
    await scan(ready)
    assert (await complete(ready, at=(now_ - dt.timedelta(days=12)).isoformat())).status_code == 200
    (claim,) = await claims(context)
    assert (claim.state, claim.payable) == ("in_review", False)
    assert {hit.reason for hit in await hits(context)} == {"not-covered-when-reported", "repaired-before-reported"}


async def test_a_contract_of_the_customer_makes_it_covered(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, ready.customer_id, ready.unit_id, covers_travel=False)
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.coverage["source"].startswith("contract:")
    found = {line.kind: line.state for line in await lines(context)}
    assert found == {
        "fault": "accepted",
        "part": "accepted",
        "labour": "accepted",
        "travel": "refused",
        "expense": "refused",
    }


async def test_a_part_that_the_catalogue_does_not_pay_is_on_the_sheet_and_not_paid(
    context: Context, cast: Cast
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE part SET claimable = false"))
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.state == "accepted"
    assert {line.kind for line in await lines(context) if line.state == "refused"} == {"part"}


async def test_a_contract_of_another_customer_does_not(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": dt.date(2020, 1, 1)})
    async with begin(context.database, SYSTEM) as work:
        await make.contract(work, await make.customer(work), ready.unit_id)
    await claimed(ready)
    assert await reason_of(context, ready) == "out-of-warranty"


async def test_what_failed_inside_the_warranty_is_covered_though_repaired_later(context: Context, cast: Cast) -> None:
    reported_at = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)  # at the site it is noon now, and was then
    ended = reported_at.date()
    ready = await make.ready_visit(context, cast, unit_given={"warranty_end_on": ended}, created_at=reported_at)
    await claimed(ready, failed_on=(ended - dt.timedelta(days=1)).isoformat())
    (claim,) = await claims(context)
    assert (claim.state, claim.failed_on) == ("accepted", ended - dt.timedelta(days=1))


async def test_a_visit_without_a_scan_is_refused_and_kept(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    assert (await complete(ready)).status_code == 200
    (claim,) = await claims(context)
    assert (claim.state, claim.scan_id, claim.told) == ("refused", None, {"state": "refused", "reasons": ["no-scan"]})
    assert {line.state for line in await lines(context)} == {"refused"}


@pytest.mark.parametrize("state", ["accepted", "in_review", "approved", "paid"])
async def test_the_database_keeps_no_other_claim_without_a_scan(context: Context, cast: Cast, state: str) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        own = select(Authorisation.id).where(Authorisation.partner_id == ready.partner_id)
        authorisation_id = await work.db.scalar(own)
    row = {
        "visit_id": ready.visit_id,
        "job_id": ready.job_id,
        "assignment_id": ready.assignment_id,
        "partner_id": ready.partner_id,
        "authorisation_id": authorisation_id,
        "unit_id": ready.unit_id,
        "lane": "accept",
        "payable": True,
        "failed_on": dt.date(2026, 3, 2),
        "repaired_on": dt.date(2026, 3, 2),
        "submitted_on": dt.date(2026, 3, 2),
        "submitted_at": dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        "coverage": {},
        "facts": {},
        "decision": {},
        "told": {},
    }
    with pytest.raises(IntegrityError, match="no_scan"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(insert(Claim).values(state=state, **row))


async def test_a_typed_serial_goes_to_review(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        dull = {"visit_id": ready.visit_id, "kind": "label", "sha256": uuid4().hex * 2, "entered_at": work.now}
        photo_id = await make.keep(work, Photo, dull, {"partner_id": ready.partner_id})
    await fill_sheet(ready)
    await scan(ready, source="typed", typed_reason="label is torn", photo_id=str(photo_id))
    await complete(ready)
    (claim,) = await claims(context)
    assert (claim.lane, claim.payable, claim.told["reasons"]) == ("review", False, ["typed-serial"])
    assert {line.state for line in await lines(context)} == {"in_review"}


async def test_the_best_of_several_scans_counts(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await scan(ready, "SOMETHING123")
    await complete(ready)
    (claim,) = await claims(context)
    assert claim.lane == "accept"


async def test_a_scan_of_another_unit_goes_to_review(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    await complete(ready)
    (claim,) = await claims(context)
    assert (claim.lane, claim.told["reasons"]) == ("review", ["under-check"])


async def test_an_unconfirmed_unit_goes_to_review_and_is_not_payable(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, unit_given={"status": "unconfirmed"})
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.lane, claim.payable) == ("review", False)
    assert [hit.rule for hit in await hits(context)] == ["D1"]


async def test_an_uncertain_clock_goes_to_review(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    await complete(ready, at=tomorrow.isoformat())
    (claim,) = await claims(context)
    assert (claim.lane, claim.told["reasons"]) == ("review", ["clock-uncertain"])


async def test_days_are_the_sites(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, limits={"days_to_submit": 30})
    await fill_sheet(ready)
    await scan(ready)
    late = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    failed = (late.date() - dt.timedelta(days=1)).isoformat()
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(
            text("UPDATE visit SET arrived_at = :at, started_at = :at WHERE id = :id"),
            {"at": late, "id": ready.visit_id},
        )
        await work.db.execute(
            text("UPDATE fault SET failed_on = CAST(:on AS text)::date WHERE visit_id = :id"),
            {"on": failed, "id": ready.visit_id},
        )
    await complete(ready, at=late.isoformat())
    (claim,) = await claims(context)
    assert claim.told == {"state": "refused", "reasons": ["submitted-late"]}


async def test_a_visit_that_did_not_repair_asks_for_its_time(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await complete(ready, result="not_repaired")
    (claim,) = await claims(context)
    assert claim.lane == "review"
    assert "fault" not in {line.kind for line in await lines(context)}


async def test_a_visit_with_nothing_on_its_sheet_makes_no_claim(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, kind="inspect")
    await cast.ann.done("/visits/arrive", {"visit_id": str(ready.visit_id), "at": now()})
    response = await complete(ready, result="inspected")
    assert response.status_code == 200, response.text
    assert await reason_of(context, ready) == "nothing-to-claim"


async def test_a_part_is_limited_by_what_its_fault_can_need(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await make.part_limit(work, ready.fault_group_id, ready.part_id, 2)
        await make.part_limit(work, await make.fault_group(work), ready.part_id, 9)
    await claimed(ready, quantity=3)
    (hit,) = await hits(context)
    assert (hit.rule, hit.inputs["over"][0]["quantity_max"]) == ("D11", 2)


async def test_a_second_claim_on_the_fault_is_refused_and_kept(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    await claimed(await rival_job(context, cast, ready, cast.ann))
    await claimed(await rival_job(context, cast, ready, cast.ben))
    first, own, foreign = await claims(context)
    assert [claim.state for claim in (first, own, foreign)] == ["accepted", "refused", "refused"]
    assert own.told == {"state": "refused", "reasons": ["already-claimed"]}
    assert foreign.told == {"state": "refused", "reasons": ["ask-the-office"]}
    assert foreign.facts["rivals"][0]["claim_number"] == first.number
    assert [hit.inputs for hit in await hits(context)] == [{"claims": [first.number]}] * 2


async def test_after_payment_a_real_second_failure_is_no_duplicate(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    async with begin(context.database, SYSTEM) as work:
        for table in ("claim", "claim_line"):
            # The first repair was a month ago: within the same days it would be no second failure.
            earlier = "failed_on = failed_on - 30, repaired_on = repaired_on - 30"
            await work.db.execute(text(f"UPDATE {table} SET state = 'paid', {earlier}"))
    await claimed(await rival_job(context, cast, ready, cast.ben))
    assert [claim.state for claim in await claims(context)] == ["paid", "accepted"]


@pytest.mark.parametrize("state", ["accepted", "in_review"])
async def test_a_second_visit_on_one_assignment_goes_to_review(context: Context, cast: Cast, state: str) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        second = replace(
            ready,
            visit_id=await make.visit(work, ready.job_id, number=2),
            fault_code_id=await make.fault_code(work),
        )
    await fill_sheet(second)
    await claimed(ready)
    await scan(second)
    async with begin(context.database, SYSTEM) as work:
        for table in ("claim_line", "claim"):
            await work.db.execute(text(f"UPDATE {table} SET state = :state"), {"state": state})
        await work.db.execute(
            text("UPDATE visit SET state = 'working', abandoned_reason = NULL WHERE id = :id"),
            {"id": second.visit_id},
        )
    response = await complete(second)
    assert response.status_code == 200, response.text
    _, claim = await claims(context)
    assert (claim.lane, claim.told["reasons"]) == ("review", ["assignment-already-claimed"])


async def test_one_operation_opens_one_claim(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    first, again = await complete(ready, key="one"), await complete(ready, key="one", at=now())
    assert first.status_code == 200
    assert again.json()["code"] == "operation-id-reused"
    twice = await complete(ready)
    assert twice.status_code == 200
    (claim,) = await claims(context)
    assert claim.id == operation_id(cast.ann.id, "one")


async def test_what_the_office_keys_in_is_claimed_for_the_partner(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    keyed = replace(ready, technician=cast.dora)
    await claimed(keyed)
    (claim,) = await claims(context)
    assert (claim.partner_id, claim.state) == (cast.north, "accepted")


async def test_a_partner_reads_of_its_claims_what_it_was_told(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    async with begin(context.database, actor_of(cast.pam)) as work:
        assert await work.db.scalar(text("SELECT told ->> 'state' FROM claim")) == "accepted"
    async with begin(context.database, actor_of(cast.ben)) as work:
        assert await work.db.scalar(text("SELECT count(id) FROM claim")) == 0
        assert await work.db.scalar(text("SELECT count(id) FROM scan")) == 0
        assert await work.db.scalar(text("SELECT count(id) FROM claim_line")) == 0
    for hidden in (
        "facts FROM claim",
        "decision FROM claim",
        "lane FROM claim",
        "coverage FROM claim",
        "id FROM rule_hit",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with begin(context.database, actor_of(cast.pam)) as work:
                await work.db.execute(text(f"SELECT {hidden}"))


def test_limits_and_modes_without_sense_leave_the_defaults() -> None:
    assert limits_of(
        {"days_to_submit": "soon", "labour_percent_max": -1, "part_quantity_max": True, "x": 1}
    ) == limits_of(None)
    assert limits_of({"days_to_submit": 7}).days_to_submit == 7
    assert modes_of({"D2": "warn", "D3": "maybe"}) == {"D2": "warn"}
    assert modes_of(None) == {}


async def test_the_database_pays_no_claim_on_an_assignment_of_another_partner(context: Context, cast: Cast) -> None:
    ours, theirs = await make.ready_visit(context, cast), await make.ready_visit(context, cast, technician=cast.ben)
    await claimed(ours)
    change = text("UPDATE claim SET assignment_id = :other, state = :state")
    with pytest.raises(IntegrityError, match="fk_claim_assignment_id_paid_partner_id"):
        async with begin(context.database, SYSTEM) as work:
            await work.db.execute(change, {"other": theirs.assignment_id, "state": "approved"})
    async with begin(context.database, SYSTEM) as work:  # refused, it is evidence
        await work.db.execute(change, {"other": theirs.assignment_id, "state": "refused"})


async def test_a_claim_of_another_partner_that_waits_sounds_like_any_check(context: Context, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        sue = await joined(work, cast.pam.http, "sue", Role.PARTNER_OFFICE, cast.south)
    ready, other = [await make.ready_visit(context, cast) for _ in range(2)]
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    assert (await complete(ready)).status_code == 200
    answers = []
    for unit, scanned in ((ready, None), (other, "SOMETHING456")):
        own = await rival_job(context, cast, unit, cast.ben)
        await fill_sheet(own)
        await scan(own, scanned)
        answers.append((await complete(own)).json())
    assert all((one["state"], one["job_state"], one["flags"]) == ("completed", "completed", []) for one in answers)
    parked, of_rival, of_scan = await claims(context)
    assert {hit.reason for hit in await hits(context) if hit.claim_id == of_rival.id} == {"rival-under-check"}
    assert of_rival.told == of_scan.told == {"state": "in_review", "reasons": ["under-check"]}
    rival, scanned_wrong = [await sue.get(f"/claims/{one.id}") for one in (of_rival, of_scan)]
    assert sorted(rival.json()) == sorted(scanned_wrong.json())
    for words in (str(parked.id), str(parked.job_id), "rival-under", f'"{parked.number}"', "Ann"):
        assert words not in rival.text
    by_kind = [
        sorted((line["kind"], line["state"], line["reason"]) for line in one.json()["lines"])
        for one in (rival, scanned_wrong)
    ]
    assert by_kind[0] == by_kind[1]
    assert (await sue.get(f"/claims/{parked.id}")).status_code == 404

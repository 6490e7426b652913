"""Claims are scored by the worker after they were opened: over HTTP, with the real queue."""

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageEnhance
from sqlalchemy import func, select, text, update

from api.context import Context
from api.worker import drain
from domain.claims.model import Claim, ClaimLine
from domain.claims.score_facts import ScoreFacts
from domain.claims.score_model import ClaimMeasure, ClaimNorm, ScoreRecord
from domain.claims.scored import ScoreClaim, reckon_norms, scoring_id
from domain.claims.scoring import score
from domain.commands import REGISTER
from domain.kit.actor import SYSTEM, Role
from domain.kit.ids import new_id
from domain.kit.journal import JournalEntry
from domain.kit.work import Work, begin, carry_out, transact
from domain.people.model import Account
from domain.worklog.model import PhotoPrint
from mobile_sync.uploads import keep_picture, picture_of
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.reviewing import manager, run
from tests.claims.visits import claimed, claims, complete, fill_sheet, lines, scan
from tests.photos.drawn import jpeg

UPLOAD = (
    "INSERT INTO upload (id, account_id, partner_id, sha256, blob_sha256, width, height, at) "
    "SELECT :id, account_id, upload.partner_id, :sha, :sha, 1, 1, now() "
    "FROM upload JOIN photo ON photo.upload_id = upload.id WHERE photo.visit_id = :visit LIMIT 1"
)
PRINTED_ALIKE = (
    "INSERT INTO photo_print (upload_id, partner_id, kind, part, print, band_0, band_1, band_2, band_3) "
    "SELECT :id, one.partner_id, one.kind, part, print, band_0, band_1, band_2, band_3 "
    "FROM photo_print AS one JOIN photo ON photo.upload_id = one.upload_id "
    "WHERE photo.visit_id = :visit AND photo.sha256 NOT LIKE '000000%'"
)
SHOWN = (
    "INSERT INTO photo (id, visit_id, partner_id, kind, sha256, upload_id, entered_at) "
    "SELECT :id, id, partner_id, 'after', :sha, :id, now() FROM visit WHERE id = :visit"
)


async def scores(context: Context) -> list[ScoreRecord]:
    async with begin(context.database, SYSTEM) as work:
        return list(await work.db.scalars(select(ScoreRecord).order_by(ScoreRecord.scored_at)))


async def reasons(context: Context) -> dict[str, int]:
    """The findings of the latest score, with their points."""
    return {hit["reason"]: hit["points"] for hit in (await scores(context))[-1].findings}


def scene(seed: int) -> Image.Image:
    """A picture that looks like no other one: soft clouds."""
    small = Image.frombytes("L", (12, 9), hashlib.shake_256(str(seed).encode()).digest(108))
    return small.resize((640, 480), Image.Resampling.BICUBIC).convert("RGB")


async def send_photo(context: Context, ready: make.ReadyVisit, content: bytes, **given: Any) -> None:
    """Put a photo on the sheet and send its bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    body = {"visit_id": str(ready.visit_id), "kind": "after", "sha256": sha256} | given
    await ready.technician.done("/photos", body)
    await send_bytes(context, ready, content)


async def send_bytes(context: Context, ready: make.ReadyVisit, content: bytes) -> None:
    picture = await picture_of(context.sandbox, context.blobs, content, seconds_max=20)
    sha256 = hashlib.sha256(content).hexdigest()
    actor = actor_of(ready.technician)
    await transact(context.database, actor, lambda work: keep_picture(work, sha256, picture), queue=context.queue)


async def test_a_claim_gets_its_points_and_stays_accepted(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=20)
    (before,) = await claims(context)
    assert (before.risk_points, before.scored_at) == (None, None)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.payable, claim.risk_points) == ("accepted", True, 0)
    assert claim.scored_at is not None
    (kept,) = await scores(context)
    assert (kept.claim_id, kept.points, kept.findings) == (claim.id, 0, [])


async def test_a_score_replays_from_its_stored_facts(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=60)
    await drain(context)
    (kept,) = await scores(context)
    assert [hit["reason"] for hit in kept.findings] == ["labour-over-time-on-site"]
    again = score(msgspec.convert(kept.facts, ScoreFacts))
    assert (again.points, msgspec.to_builtins(list(again.findings))) == (kept.points, kept.findings)


async def test_many_points_bring_a_person_in_and_refuse_nothing(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, limits={"risk_points_review": 50})
    await claimed(ready, minutes=60)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.lane, claim.state, claim.payable, claim.approved_minor) == ("accept", "in_review", False, None)
    assert claim.told == {"state": "in_review", "reasons": ["under-check"]}
    assert {line.state for line in await lines(context)} == {"in_review"}
    assert {line.approved_minor for line in await lines(context)} == {None}
    seen = (await cast.pam.get("/claims")).text
    assert not any(word in seen for word in ("labour-over", "points", '"S8"', "risk"))


async def test_points_below_the_limit_of_the_programme_change_nothing(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast, limits={"risk_points_review": 51}), minutes=60)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("accepted", 50)


async def test_a_programme_may_have_every_claim_looked_at(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast, limits={"risk_points_review": 0}), minutes=20)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("in_review", 0)


async def test_what_a_person_decided_is_not_undone_by_points(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, limits={"risk_points_review": 1})
    await claimed(ready, minutes=60)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(ClaimLine).values(state="approved"))
        await work.db.execute(update(Claim).values(state="approved"))
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("approved", 50)


async def test_a_refused_claim_is_scored_too_and_stays_refused(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, limits={"risk_points_review": 1})
    await fill_sheet(ready)
    assert (await complete(ready)).status_code == 200
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("refused", 50)


async def test_a_claim_is_scored_once_for_each_thing_that_became_known(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=20)
    await drain(context)
    (claim,) = await claims(context)
    because = new_id()
    for reason in (None, because, because):
        command = ScoreClaim(claim_id=claim.id, because=reason)
        op_id = scoring_id(claim.id, reason)
        await transact(context.database, SYSTEM, partial(carry_out, command=command, register=REGISTER, op_id=op_id))
    assert len(await scores(context)) == 2
    async with begin(context.database, SYSTEM) as work:
        kinds = select(func.count()).select_from(JournalEntry).where(JournalEntry.kind == "claim.score")
        assert await work.db.scalar(kinds) == 2
        assert await work.db.scalar(select(func.count()).select_from(ClaimMeasure)) == 1


@pytest.mark.parametrize("who", ["ann", "pam", "rex", "ada"])
async def test_nobody_but_the_product_scores(context: Context, cast: Cast, who: str) -> None:
    actor, command = actor_of(getattr(cast, who)), ScoreClaim(claim_id=new_id())
    entry = await transact(context.database, actor, lambda work: carry_out(work, command, REGISTER, new_id()))
    assert (entry.outcome, entry.reason) == ("rejected", "not-allowed")


async def test_a_photo_of_another_machine_is_met_again(context: Context, cast: Cast) -> None:
    old = await make.ready_visit(context, cast, technician=cast.ben)
    await send_photo(context, old, jpeg(scene(1)))
    again = await make.ready_visit(context, cast)
    copy = ImageEnhance.Brightness(scene(1).resize((400, 300))).enhance(1.1)
    await send_photo(context, again, jpeg(copy))
    await claimed(again, minutes=20)
    await drain(context)
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("in_review", 100)
    assert await reasons(context) == {"photo-used-before": 100}


async def test_pictures_that_stand_nowhere_do_not_hide_a_copy(context: Context, cast: Cast) -> None:
    """Sixty pictures nearer than the one that was copied, uploaded beside it or added to the same visit."""
    old = await make.ready_visit(context, cast, technician=cast.ben)
    await send_photo(context, old, jpeg(scene(1)))
    again = await make.ready_visit(context, cast)
    await send_photo(context, again, jpeg(ImageEnhance.Brightness(scene(1).resize((400, 300))).enhance(1.1)))
    async with begin(context.database, SYSTEM) as work:
        for number in range(60):
            given = {"id": new_id(), "sha": f"{number:064x}", "visit": again.visit_id}
            for statement in (UPLOAD, PRINTED_ALIKE, SHOWN)[: 2 + number % 2]:
                asked = {name: value for name, value in given.items() if f":{name}" in statement}
                await work.db.execute(text(statement), asked)
    await claimed(again, minutes=20)
    await drain(context)
    assert await reasons(context) == {"photo-used-before": 100}


async def test_other_photos_and_photos_of_the_same_machine_are_not_met(context: Context, cast: Cast) -> None:
    old = await make.ready_visit(context, cast, technician=cast.ben)
    await send_photo(context, old, jpeg(scene(1)))
    again = await make.ready_visit(context, cast)
    await send_photo(context, again, jpeg(scene(2)))
    await send_photo(context, again, jpeg(scene(2).resize((500, 375))))
    await claimed(again, minutes=20)
    await drain(context)
    assert await reasons(context) == {}


async def test_a_photo_that_comes_late_makes_the_claim_scored_again(context: Context, cast: Cast) -> None:
    old = await make.ready_visit(context, cast, technician=cast.ben)
    await send_photo(context, old, jpeg(scene(3)))
    again = await make.ready_visit(context, cast)
    content = jpeg(scene(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    body = {"visit_id": str(again.visit_id), "kind": "after", "sha256": hashlib.sha256(content).hexdigest()}
    await again.technician.done("/photos", body)
    await claimed(again, minutes=20)
    await drain(context)
    assert await reasons(context) == {}
    await send_bytes(context, again, content)
    await drain(context)
    assert [kept.points for kept in await scores(context)] == [0, 100]
    (claim,) = await claims(context)
    assert (claim.state, claim.risk_points) == ("in_review", 100)


async def test_prints_are_kept_once_and_a_partner_reads_none(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await send_photo(context, ready, jpeg(scene(4)))
    await send_bytes(context, ready, jpeg(scene(4)))
    async with begin(context.database, SYSTEM) as work:
        kept = list(await work.db.scalars(select(PhotoPrint)))
        assert {one.partner_id for one in kept} == {cast.north}
        assert sorted((one.kind, one.part) for one in kept) == [
            ("d", "middle"),
            ("d", "whole"),
            ("f", "middle"),
            ("f", "whole"),
        ]
    for table in ("photo_print", "claim_score", "claim_measure", "claim_norm"):
        with pytest.raises(Exception, match="permission denied"):
            async with begin(context.database, actor_of(cast.pam)) as work:
                await work.db.execute(text(f"SELECT * FROM {table}"))


async def test_positions_gallery_and_the_camera_s_clock_count(context: Context, cast: Cast) -> None:
    here: dict[str, Any] = {"latitude_e6": 52_520_000, "longitude_e6": 13_405_000}
    ready = await make.ready_visit(context, cast, site_given=here)
    photo = {
        "from_gallery": True,
        "taken_at": (dt.datetime.now(dt.UTC) - dt.timedelta(days=3)).isoformat(),
        "latitude_e6": 52_540_000,
        "longitude_e6": 13_405_000,
    }
    await send_photo(context, ready, jpeg(scene(5)), **photo)
    await fill_sheet(ready, minutes=20)
    await scan(ready, **here)
    assert (await complete(ready)).status_code == 200
    await drain(context)
    assert await reasons(context) == {
        "photo-outside-the-visit": 60,
        "photo-from-gallery": 40,
        "position-away-from-site": 60,
    }


async def test_a_position_that_is_none_on_earth_is_refused(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"visit_id": str(ready.visit_id), "kind": "after", "sha256": "0" * 64, "latitude_e6": 90_000_001}
    assert (await ready.technician.post("/photos", body)).status_code == 422


async def facts(context: Context) -> dict[str, Any]:
    """What the latest score was given by."""
    return dict((await scores(context))[-1].facts)


@pytest.mark.parametrize(
    "given", ["keyed_in_by_office = true", "clock_uncertain = true", "arrived_at = NULL, started_at = NULL"]
)
async def test_a_visit_whose_times_nobody_knows_has_no_minutes_and_no_ways(
    context: Context, cast: Cast, given: str
) -> None:
    for n in range(2):
        await claimed(await make.ready_visit(context, cast), minutes=20 + n)
    await drain(context)
    told = await facts(context)
    assert (told["on_site_minutes"], len(told["legs"])) == (0, 1)
    last = (await claims(context))[-1]
    await run(context, f"UPDATE visit SET {given} WHERE id = :id", id=last.visit_id)
    await transact(
        context.database, SYSTEM, lambda work: carry_out(work, ScoreClaim(claim_id=last.id), REGISTER, new_id())
    )
    told = await facts(context)
    assert (told["on_site_minutes"], told["legs"]) == (None, [])


async def test_a_technician_s_own_week_is_known_after_four(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast), minutes=20)
    await drain(context)
    assert (await facts(context))["own_week"] is None
    async with begin(context.database, SYSTEM) as work:
        await copies(work, 10, labour=lambda n: 20, days=42)
    await claimed(await make.ready_visit(context, cast), minutes=20)
    await drain(context)
    assert (await facts(context))["own_week"] == 2.0, "ten in the five weeks before this one"


async def test_a_machine_that_was_read_at_another_site_is_seen(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    other = await make.ready_visit(context, cast, site_given={"city": "Farther"})
    await scan(other, ready.serial)
    await drain(context)
    await claimed(ready, minutes=20)
    await drain(context)
    (elsewhere,) = (await facts(context))["elsewhere"]
    assert (elsewhere["hours_apart"], elsewhere["same_city"]) == (0, False)


async def test_a_claim_that_is_none_is_not_scored(context: Context) -> None:
    strange = ScoreClaim(claim_id=new_id())
    entry = await transact(context.database, SYSTEM, lambda work: carry_out(work, strange, REGISTER, new_id()))
    assert (entry.outcome, entry.reason) == ("rejected", "not-found")
    assert await scores(context) == []


async def test_a_second_trip_to_the_same_site_on_one_day_is_seen(context: Context, cast: Cast) -> None:
    first = await make.ready_visit(context, cast)
    second = await make.ready_visit(context, cast, customer_id=first.customer_id, site_id=first.site_id)
    for ready in (first, second):
        await claimed(ready, minutes=20)
        await drain(context)
    assert "trip-billed-twice" in await reasons(context)
    assert [claim.state for claim in await claims(context)] == ["accepted", "in_review"]


async def test_a_customer_who_is_reached_at_the_partner_s_own_number_is_seen(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE contact SET phone = '+49 30 5551234', phone_digits = '49305551234'"))
        await work.db.execute(update(Account).where(Account.id == cast.pam.id).values(phone="030 5551234"))
        await work.db.execute(update(Account).where(Account.id == cast.ann.id).values(email="a@both.example"))
        await work.db.execute(update(Account).where(Account.id == cast.ben.id).values(email="a@both.example"))
    await claimed(ready, minutes=20)
    await drain(context)
    assert await reasons(context) == {"contact-is-the-partner": 60, "person-of-two-partners": 40}


async def test_what_is_usual_is_reckoned_from_the_claims_of_half_a_year(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready, minutes=20)
    await drain(context)
    async with begin(context.database, SYSTEM) as work:
        await copies(work, 40, labour=lambda n: 20 + n % 5)
        await reckon_norms(work)
        norms = {norm.what: norm for norm in await work.db.scalars(select(ClaimNorm))}
    assert {"labour", "parts", "week", "caps", "no_faults", "ends"} == set(norms)
    assert (norms["labour"].median, norms["labour"].mad, norms["labour"].count) == (22, 1, 41)
    assert (norms["labour"].model_id, norms["labour"].fault_group_id) == (ready.model_id, ready.fault_group_id)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text('UPDATE claim_measure SET "on" = "on" - 400'))
        await reckon_norms(work)
        left = {norm.what: norm.count for norm in await work.db.scalars(select(ClaimNorm))}
    assert left == {"week": 0, "caps": 0, "no_faults": 0, "ends": 0}


async def copies(work: Work, count: int, *, labour: Callable[[int], int], days: int = 10) -> None:
    """Put the measures of further claims beside those of the one that is there, some days before it."""
    known = (await work.db.execute(select(*ClaimMeasure.__table__.c))).one()._asdict()
    for n in range(count):
        on = known["on"] - dt.timedelta(days=days)
        work.db.add(ClaimMeasure(**known | {"claim_id": new_id(), "on": on, "labour_minutes": labour(n)}))
    await work.db.flush()


async def expected_back(context: Context, cast: Cast, old_serial: str) -> tuple[Caller, dict[str, Any]]:
    """Somebody who receives parts, and the old part that a claim of ann's is to send."""
    ready = await make.ready_visit(context, cast, limits={"core_return_minor": 1})
    await fill_sheet(ready, minutes=20)
    await run(context, "UPDATE part_used SET old_serial = :old", old=old_serial)
    await scan(ready)
    assert (await complete(ready)).status_code == 200
    keeper = await manager(context, cast, f"keeper{make.number()}", Role.PARTS_MANAGER)
    return keeper, (await keeper.get("/core-returns", state="expected")).json()["items"][-1]


async def test_an_old_part_that_is_another_one_makes_the_claim_scored_again(context: Context, cast: Cast) -> None:
    keeper, card = await expected_back(context, cast, "BD10000001")
    await drain(context)
    assert await reasons(context) == {}
    await keeper.done("/core-returns/receive", {"core_return_id": card["id"], "serial": "XY1"})
    await drain(context)
    assert await reasons(context) == {"old-part-differs": 100}
    assert (await claims(context))[0].state == "in_review"


async def test_an_old_part_that_weighs_other_than_its_kind_is_seen(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast, technician=cast.ben), minutes=20)
    keeper, card = await expected_back(context, cast, "")
    await run(
        context,
        "INSERT INTO core_return (id, claim_id, line_id, partner_id, state, part_number, quantity, expected_at, "
        "weight_grams, received_by) SELECT gen_random_uuid(), claim_id, id, partner_id, 'received', :number, 1, now(), "
        "850, :who FROM claim_line WHERE claim_id = (SELECT id FROM claim ORDER BY number LIMIT 1)",
        number=card["part_number"],
        who=keeper.id,
    )
    await keeper.done("/core-returns/receive", {"core_return_id": card["id"], "weight_grams": 300})
    await drain(context)
    (differs,) = [hit for hit in (await scores(context))[-1].findings if hit["reason"] == "old-part-differs"]
    assert "differ in weight" in differs["sentence"]


async def test_a_partner_that_sends_no_old_parts_is_seen(context: Context, cast: Cast) -> None:
    await expected_back(context, cast, "BD10000001")
    await run(
        context,
        "INSERT INTO core_return (id, claim_id, line_id, partner_id, part_number, quantity, expected_at) "
        "SELECT gen_random_uuid(), claim_id, id, partner_id, 'P-1', 1, now() FROM claim_line WHERE kind <> 'part'",
    )
    await run(context, "UPDATE core_return SET expected_at = expected_at - interval '45 days'")
    await drain(context)
    assert await reasons(context) == {"old-part-not-returned": 20}

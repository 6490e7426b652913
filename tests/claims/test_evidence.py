"""The time line of a claim, and its photos: all that is known of a visit, for the office's eyes alone."""

import datetime as dt
import hashlib
import io
import random
from typing import Any
from uuid import uuid4

from PIL import Image
from sqlalchemy import text

from api.context import Context
from api.worker import drain
from domain.claims.time_line import of_sheet
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin
from domain.worklog.queries import sheet
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.claims.reviewing import APPROVE, REFUSE, SEND_BACK, lines_by_kind, waiting
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan


def picture(colour: str = "teal") -> bytes:
    """A small photo of nothing in particular."""
    into = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(into, "JPEG")
    return into.getvalue()


def speckled(edge: int) -> bytes:
    """The same photo of many shades, in some size."""
    shades = random.Random(7)  # the same picture every time
    small = Image.new("L", (12, 12))
    small.putdata([shades.randrange(256) for _ in range(144)])
    into = io.BytesIO()
    small.resize((edge, edge), Image.Resampling.BICUBIC).convert("RGB").save(into, "JPEG", quality=90)
    return into.getvalue()


async def photographed(who: Caller, visit_id: object, content: bytes, kind: str = "after", *, sent: bool = True) -> str:
    """Add a photo to a visit, and send its bytes unless they are still on the phone."""
    sha256 = hashlib.sha256(content).hexdigest()
    taken_at = dt.datetime.now(dt.UTC).isoformat()
    photo = {"visit_id": str(visit_id), "kind": kind, "sha256": sha256, "taken_at": taken_at}
    added = await who.done("/photos", photo)
    if sent:
        assert (await who.upload("/photos/bytes", content, "image/jpeg")).status_code == 201
    return str(added["id"])


async def evidence_of(context: Context, cast: Cast) -> tuple[Any, list[dict[str, Any]]]:
    """The one claim there is, and its time line."""
    (claim,) = await claims(context)
    told = (await cast.rex.get(f"/claims/{claim.id}/evidence")).json()
    assert (told["claim_id"], told["number"], told["complete"]) == (str(claim.id), claim.number, True)
    return claim, told["items"]


async def test_all_that_was_recorded_stands_on_one_line_by_moment(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    photo = await photographed(cast.ann, ready.visit_id, picture())
    await scan(ready, "SOMETHING123")
    await scan(ready)
    await complete(ready)
    await drain(context)
    said = {"visit_id": str(ready.visit_id), "answer": "wrong", "channel": "phone", "note": "the pump was not changed"}
    await cast.dora.done("/customer-answers", said)
    await drain(context)
    claim, items = await evidence_of(context, cast)
    moments = [dt.datetime.fromisoformat(item["at"]) for item in items]
    assert moments == sorted(moments)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        by_kind.setdefault(item["kind"], []).append(item)
    assert {kind: len(found) for kind, found in by_kind.items()} == {
        "step": 3,
        "fault": 1,
        "time": 2,
        "part": 1,
        "expense": 1,
        "photo": 1,
        "scan": 2,
        "signature": 1,
        "claim": 1,
        "customer": 1,
        "score": 2,
    }
    other, own = by_kind["scan"]
    assert (other["what"], other["facts"]["reasons"], other["by"]) == (
        "of-another",
        ["scan-of-another-unit", "unknown-serial"],
        "Ann",
    )
    assert (own["what"], own["facts"]["text"], own["facts"]["known"]) == ("of-the-unit", ready.serial, True)
    assert [step["what"] for step in by_kind["step"]] == ["arrive", "start", "complete"]
    assert by_kind["photo"][0]["link"] == f"/photos/{photo}/picture"
    assert by_kind["signature"][0]["summary"] == "No signature: absent."
    assert by_kind["claim"][0]["refers_to"] == str(claim.id)
    assert (by_kind["customer"][0]["by"], by_kind["customer"][0]["what"]) == ("Dora", "wrong")
    assert all(item["received_at"] for item in items if item["kind"] in ("fault", "time", "part", "scan", "photo"))


async def test_a_signature_and_a_position_are_on_the_line(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, latitude_e6=52_520_000, longitude_e6=13_405_000)
    strokes = {"width": 300, "height": 100, "strokes": [[[1, 1], [2, 2]]]}
    response = await complete(ready, no_signature_reason=None, signed_by="C. Frost", signature=strokes)
    assert response.status_code == 200, response.text
    _, items = await evidence_of(context, cast)
    by_kind = {item["kind"]: item for item in items}
    signed = by_kind["signature"]
    assert (signed["what"], signed["summary"], signed["facts"]["signed_by"]) == (
        "signed",
        "Signed by C. Frost.",
        "C. Frost",
    )
    facts = by_kind["scan"]["facts"]
    assert (facts["latitude_e6"], facts["longitude_e6"]) == (52_520_000, 13_405_000)


async def test_a_sheet_that_is_not_completed_has_no_signature(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    async with begin(context.database, SYSTEM) as work:
        found = await sheet(work.connection, actor_of(cast.rex), ready.visit_id)
    assert found is not None
    assert {item.kind for item in of_sheet(found)} == {"step", "fault", "time", "part", "expense"}


async def test_what_was_taken_back_is_still_there_and_struck(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    spent = {"direction": "spent", "kind": "hotel", "amount_minor": 9000, "currency": "EUR"}
    line = await cast.ann.done("/expenses", {"visit_id": str(ready.visit_id)} | spent)
    await cast.ann.done("/lines/void", {"line_id": line["id"], "kind": "expense", "reason": "went home instead"})
    await scan(ready)
    await complete(ready)
    _, items = await evidence_of(context, cast)
    (struck,) = (item for item in items if item["struck"])
    assert (struck["kind"], struck["what"]) == ("expense", "hotel")
    assert "went home instead" in struck["summary"]


async def test_a_line_that_is_too_long_is_cut_and_says_so(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    async with begin(context.database, SYSTEM) as work:
        many = text(
            "INSERT INTO reading (id, visit_id, partner_id, name, value, entered_at) "
            "SELECT gen_random_uuid(), :visit, :north, 'voltage', n::text, :now FROM generate_series(1, 600) AS n"
        )
        await work.db.execute(many, {"visit": claim.visit_id, "north": cast.north, "now": work.now})
    told = (await cast.rex.get(f"/claims/{claim.id}/evidence")).json()
    assert told["complete"] is False
    assert 500 < len(told["items"]) <= 1000


async def test_recorded_work_and_its_decision_are_on_the_line(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await complete(ready)
    async with begin(context.database, SYSTEM) as work:
        recorded = text(
            "INSERT INTO recorded_work (op_id, seq, kind, reason, job_id, visit_id, actor_id, partner_id, at, "
            "decision, note, decided_by, decided_op, decided_at) "
            "VALUES (:op, 1, 'expense.add', 'visit-closed', :job, :visit, :ann, :north, :now, "
            "'declined', 'came too late', :dora, :op, :now)"
        )
        given = {"op": new_id(), "job": ready.job_id, "visit": ready.visit_id, "ann": cast.ann.id}
        await work.db.execute(recorded, given | {"north": cast.north, "dora": cast.dora.id, "now": work.now})
    _, items = await evidence_of(context, cast)
    told = [(item["what"], item["summary"], item["by"]) for item in items if item["kind"] == "recorded-work"]
    assert told == [
        ("declined", "expense.add was declined. came too late", "Dora"),
        ("recorded", "expense.add was recorded for the office: visit-closed.", None),
    ]


async def test_what_people_decided_is_on_the_line(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    found = await lines_by_kind(context, claim.id)
    rulings = [
        {"line_id": str(line.id)} | (REFUSE if kind == "travel" else APPROVE) for kind, line in sorted(found.items())
    ]
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "lines": rulings})
    _, items = await evidence_of(context, cast)
    decisions = {item["summary"].split()[0]: item for item in items if item["kind"] == "decision"}
    assert {kind: item["what"] for kind, item in decisions.items()} == {
        kind: "refuse" if kind == "travel" else "approve" for kind in found
    }
    assert decisions["travel"]["facts"]["reason"] == "evidence-contradicts"
    assert {item["by"] for item in decisions.values()} == {"Rex"}


async def test_money_old_parts_and_alerts_are_on_the_line(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    part = (await lines_by_kind(context, claim.id))["part"]
    async with begin(context.database, SYSTEM) as work:
        given = {"claim": claim.id, "line": part.id, "north": cast.north, "ada": cast.ada.id, "now": work.now}
        for statement in (
            "UPDATE claim SET paid_at = :now, paid_by = :ada WHERE id = :claim",
            (
                "INSERT INTO core_return (id, claim_id, line_id, partner_id, state, part_number, quantity, "
                "expected_at, waive_reason, waived_by, waived_at) "
                "VALUES (:line, :claim, :line, :north, 'waived', 'P-1', 1, :now, 'lost in the post', :ada, :now)"
            ),
            (
                "INSERT INTO alert (id, kind, once, partner_id, scan_id, facts, at) "
                "SELECT id, 'honey-serial', 'x', partner_id, id, '{}', :now FROM scan LIMIT 1"
            ),
        ):
            known = {name: value for name, value in given.items() if f":{name}" in statement}
            await work.db.execute(text(statement), known)
    _, items = await evidence_of(context, cast)
    told = {(item["kind"], item["what"]): item["summary"] for item in items}
    assert told["payment", "paid"] == "Paid."
    assert told["old-part", "expected"] == "P-1 is to come back."
    assert told["old-part", "waived"] == "P-1 need not come back: lost in the post"
    assert told["alert", "honey-serial"] == "Honey serial."


async def test_what_the_partner_answered_is_on_the_line(context: Context, cast: Cast) -> None:
    _, claim = await waiting(context, cast)
    rulings = [{"line_id": str(line.id)} | SEND_BACK for line in (await lines_by_kind(context, claim.id)).values()]
    await cast.rex.done("/claims/decide", {"claim_id": str(claim.id), "lines": rulings})
    line_ids = [ruling["line_id"] for ruling in rulings]
    answer = {"claim_id": str(claim.id), "line_ids": line_ids, "note": "the label is on the second photo"}
    await cast.pam.done("/claims/answer", answer)
    _, items = await evidence_of(context, cast)
    replies = [item for item in items if item["kind"] == "reply"]
    assert {reply["facts"]["line_id"] for reply in replies} == set(line_ids)
    assert {(reply["what"], reply["by"], reply["summary"]) for reply in replies} == {
        ("answer", "Pam", "The partner answers. the label is on the second photo")
    }


async def test_a_photo_that_looks_like_one_of_another_machine_is_shown_beside_it(context: Context, cast: Cast) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    photos = []
    for ready, edge in ((first, 640), (second, 480)):
        photos.append(await photographed(cast.ann, ready.visit_id, speckled(edge)))
        await fill_sheet(ready)
        await scan(ready)
        await complete(ready)
    await drain(context)
    _, late = await claims(context)
    (photo,) = (await cast.rex.get(f"/claims/{late.id}/photos")).json()
    assert (photo["id"], photo["other_jobs"]) == (photos[1], [])
    (twin,) = photo["alike"]
    assert (twin["id"], twin["picture"]) == (photos[0], f"/photos/{photos[0]}/picture")
    assert min(twin["difference_bits"], twin["frequency_bits"]) <= 10
    assert (await cast.rex.get(twin["picture"])).status_code == 200


async def test_a_photo_that_was_used_before_names_the_other_jobs(context: Context, cast: Cast) -> None:
    first, second = await make.ready_visit(context, cast), await make.ready_visit(context, cast)
    content = picture("maroon")
    await photographed(cast.ann, first.visit_id, content)
    for ready in (first, second):
        if ready is second:
            await photographed(cast.ann, ready.visit_id, content)
        await fill_sheet(ready)
        await scan(ready)
        await complete(ready)
    _, late = await claims(context)
    (photo,) = (await cast.rex.get(f"/claims/{late.id}/photos")).json()
    job = (await cast.rex.get(f"/jobs/{first.job_id}")).json()
    assert photo["other_jobs"] == [job["job"]["number"] if "job" in job else job["number"]]
    assert (photo["kind"], photo["width"], photo["height"], photo["alike"]) == ("after", 320, 240, [])


async def test_a_photo_whose_bytes_are_on_the_phone_has_no_picture_yet(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    photo = await photographed(cast.ann, ready.visit_id, picture(), sent=False)
    await fill_sheet(ready)
    await scan(ready)
    await complete(ready)
    (claim,) = await claims(context)
    (shown,) = (await cast.rex.get(f"/claims/{claim.id}/photos")).json()
    assert (shown["id"], shown["picture"], shown["arrived_at"]) == (photo, None, None)
    assert (await cast.rex.get(f"/photos/{photo}/picture")).status_code == 404


async def test_the_office_sees_the_picture_and_nobody_else(context: Context, cast: Cast, nobody: Caller) -> None:
    ready = await make.ready_visit(context, cast)
    photo = await photographed(cast.ann, ready.visit_id, picture())
    shown = await cast.rex.get(f"/photos/{photo}/picture")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(shown.content)).size == (320, 240)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["cache-control"].startswith("private")
    for who in (cast.ann, cast.pam, cast.otto):
        assert (await who.get(f"/photos/{photo}/picture")).status_code == 403
    assert (await nobody.get(f"/photos/{photo}/picture")).status_code == 401


async def test_evidence_and_photos_are_for_the_office(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await complete(ready)
    (claim,) = await claims(context)
    for part in ("evidence", "photos"):
        assert (await cast.dora.get(f"/claims/{claim.id}/{part}")).status_code == 200
        assert (await cast.dora.get(f"/claims/{uuid4()}/{part}")).status_code == 404
        for who in (cast.pam, cast.ann):
            assert (await who.get(f"/claims/{claim.id}/{part}")).status_code == 403

"""What a technician's phone may hold, and that it is told of every change of it."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.jobs.model import Job, Visit
from domain.jobs.scope import MOVE_WINDOW, Standing, in_scope, kept_after_closing, move_window, sent_ahead, why_gone
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, utc_now
from domain.people.model import Account
from domain.worklog.model import Photo
from domain.worklog.uploads import keep_upload
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows
from tests.sync.phones import agree, numbers, scope, told
from tests.worklog.sheets import LINES, send, start

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ANN, BEN = new_id(), new_id()
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("technician", "state", "closed", "first", "why"),
    [
        (ANN, "assigned", None, 0, None),
        (ANN, "in_progress", None, -400, None),
        (ANN, "accepted", None, 30, None),
        (ANN, "accepted", None, 30.01, "window"),
        (ANN, "completed", -6.99, -8, None),
        (ANN, "completed", -7, -8, "window"),
        (ANN, "completed", -1, 40, None),
        (ANN, "cancelled", -1, 0, "cancelled"),
        (BEN, "assigned", None, 0, "reassigned"),
        (BEN, "cancelled", -1, 0, "reassigned"),
        (None, "assigned", None, 0, "reassigned"),
    ],
)
def test_a_phone_holds_jobs_from_a_month_ahead_until_a_week_after(
    technician: UUID | None, state: str, closed: float | None, first: float, why: str | None
) -> None:
    closed_at = None if closed is None else NOW + closed * DAY
    assert why_gone(Standing(technician, state, closed_at, NOW + first * DAY), ANN, NOW) == why


async def test_the_database_decides_as_the_rule_does(context: Context, cast: Cast) -> None:
    now = utc_now()
    async with begin(context.database, SYSTEM) as work:
        for state in ("assigned", "accepted", "in_progress", "completed", "cancelled"):
            for required in (-40, 29, 31):
                for closed in (None, -6, -8):
                    if (closed is None) == (state in ("completed", "cancelled")):
                        continue
                    job_id = await make.job(work, technician=cast.ann, required_from=now + required * DAY)
                    job = await work.db.get_one(Job, job_id)
                    job.state, job.closed_at = state, None if closed is None else now + closed * DAY
        await work.db.flush()
        found = (await work.db.execute(select(Job, in_scope(now)))).all()
        assert len(found) > 15
        for job, held in found:
            standing = Standing(job.technician_id, job.state, job.closed_at, job.required_from)
            assert held == (why_gone(standing, cast.ann.id, now) is None), (job.state, job.required_from)


async def test_a_new_technician_gets_the_job_with_their_own_visits_and_the_former_loses_all_of_it(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        mate = await _mate(work, cast)
    body: dict[str, Any] = {"job_id": str(ready.job_id), "technician_id": str(mate)}
    await cast.dora.done("/jobs/assign", body)
    mine = {("job", ready.job_id), ("visit", ready.visit_id)}
    assert await told(owner, cast.otto) == dict.fromkeys(mine, "reassigned")
    assert await scope(context, cast.otto) == set()
    feed = await rows(owner, f"SELECT kind, removed FROM feed_entry WHERE feed = 't:{mate}'")
    assert feed == [("job", None)]
    await cast.dora.done("/jobs/assign", body | {"technician_id": str(cast.otto.id)})
    assert await told(owner, cast.otto) == dict.fromkeys(mine)
    await agree(context, owner, cast.otto)


async def _mate(work: Work, cast: Cast) -> UUID:
    account_id = new_id()
    work.db.add(Account(id=account_id, login="mia@test", name="Mia", role="technician", partner_id=None))
    await work.db.flush()
    return account_id


async def test_a_job_given_to_nobody_in_particular_leaves_the_phone_and_comes_to_who_accepts_it(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/assign", {"job_id": str(ready.job_id), "partner_id": str(cast.north)})
    assert set((await told(owner, cast.ann)).values()) == {"reassigned"}
    await cast.ann.done("/jobs/accept", {"job_id": str(ready.job_id)})
    assert await told(owner, cast.ann) == dict.fromkeys([("job", ready.job_id), ("visit", ready.visit_id)])
    await agree(context, owner, cast.ann)


async def test_a_partner_office_moves_a_job_between_its_technicians(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    body = {"job_id": str(ready.job_id), "partner_id": str(cast.north)}
    await cast.pam.done("/jobs/assign", body)
    assert set((await told(owner, cast.ann)).values()) == {"reassigned"}
    await cast.pam.done("/jobs/assign", body | {"technician_id": str(cast.ann.id)})
    await agree(context, owner, cast.ann)


async def test_a_cancelled_job_leaves_the_phone_at_once(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/jobs/cancel", {"job_id": str(ready.job_id), "reason": "written twice"})
    gone = dict.fromkeys([("job", ready.job_id), ("visit", ready.visit_id)], "cancelled")
    assert await told(owner, cast.ann) == gone
    await agree(context, owner, cast.ann)


async def test_every_step_and_every_line_tells_the_phone_of_the_visit(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    visit = ("visit", ready.visit_id)
    last = 0

    async def told_again() -> bool:
        nonlocal last
        before, last = last, (await numbers(owner, cast.ann))[visit]
        return last > before

    for step in ("travel", "travel", "arrive", "start", "pause", "resume"):
        body = {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()}
        await cast.ann.done(f"/visits/{step}", body)
        assert await told_again(), step
    for path in LINES:
        assert (await send(cast.ann, path, ready))[0] == 201
        assert await told_again(), path
    (photo,) = await rows(owner, "SELECT id FROM photo")
    await cast.ann.done("/lines/void", {"line_id": str(photo[0]), "kind": "photo", "reason": "blurred"})
    assert await told_again()
    assert (await send(cast.ann, "/photos", ready, sha256="cd" * 32))[0] == 201
    assert await told_again()
    async with begin(context.database, actor_of(cast.ann), queue=context.queue) as work:
        await keep_upload(work, sha256="cd" * 32, blob_sha256="ef" * 32, width=4, height=3, taken_at=None, reads=[])
    assert await told_again()
    scan = {"visit_id": str(ready.visit_id), "source": "camera", "scanned_text": ready.serial}
    await cast.ann.done("/scans", scan | {"scanned_at": utc_now().isoformat()})
    assert await told_again()
    assert (await send(cast.ann, "/visits/complete", ready))[0] == 200
    assert await told_again()
    await agree(context, owner, cast.ann)


async def test_what_the_office_keys_in_reaches_the_technicians_phone(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.dora.done("/visits/start", {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()})
    first = await numbers(owner, cast.ann)
    assert (await send(cast.dora, "/times", ready))[0] == 201
    assert (await numbers(owner, cast.ann))[("visit", ready.visit_id)] > first[("visit", ready.visit_id)]
    assert await numbers(owner, cast.dora) == {}


async def test_bytes_and_scans_that_come_late_are_told_unless_the_job_went_away(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    for sha in ("cd" * 32, "ce" * 32):
        assert (await send(cast.ann, "/photos", ready, sha256=sha))[0] == 201
    assert (await send(cast.ann, "/faults", ready))[0] == 201
    assert (await send(cast.ann, "/visits/complete", ready, result="not_repaired"))[0] == 200
    scan = {"visit_id": str(ready.visit_id), "source": "camera", "scanned_text": ready.serial}
    scan["scanned_at"] = utc_now().isoformat()
    visit = ("visit", ready.visit_id)
    before = await numbers(owner, cast.ann)
    await cast.ann.done("/scans", scan)
    between = await numbers(owner, cast.ann)
    async with begin(context.database, actor_of(cast.ann), queue=context.queue) as work:
        await keep_upload(work, sha256="cd" * 32, blob_sha256="ef" * 32, width=4, height=3, taken_at=None, reads=[])
    assert before[visit] < between[visit] < (await numbers(owner, cast.ann))[visit]
    await cast.dora.done(
        "/jobs/assign",
        {"job_id": str(ready.job_id), "partner_id": str(cast.south), "technician_id": str(cast.ben.id)},
    )
    await cast.ann.done("/scans", scan)
    async with begin(context.database, actor_of(cast.ann), queue=context.queue) as work:
        await keep_upload(work, sha256="ce" * 32, blob_sha256="ef" * 32, width=4, height=3, taken_at=None, reads=[])
        assert await work.db.scalar(select(Photo.upload_id).where(Photo.sha256 == "ce" * 32)) is not None
    assert (await told(owner, cast.ann))[visit] == "reassigned"
    await agree(context, owner, cast.ann, cast.ben)


async def test_work_that_arrives_after_a_reassignment_brings_nothing_back(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await start(ready)
    for partner, technician in ((cast.south, cast.ben), (cast.north, cast.ann), (None, cast.otto)):
        body = {"job_id": str(ready.job_id), "partner_id": partner and str(partner)}
        await cast.dora.done("/jobs/assign", body | {"technician_id": str(technician.id)})
        await agree(context, owner, cast.ann, cast.ben, cast.otto)
    status, answer = await send(cast.ann, "/times", ready)
    assert (status, answer["flags"]) == (201, ["after-reassignment"])
    await agree(context, owner, cast.ann, cast.ben, cast.otto)
    assert await scope(context, cast.ann) == set()


async def test_a_completed_visit_tells_those_who_read_what_was_done_to_the_unit(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        anns = await make.job(work, unit_id=ready.unit_id, technician=cast.ann)
        bens = await make.job(work, unit_id=ready.unit_id, technician=cast.ben)
        ottos = await make.job(work, unit_id=ready.unit_id, technician=cast.otto)
    await start(ready)
    assert (await send(cast.ann, "/faults", ready))[0] == 201
    assert (await send(cast.ann, "/visits/complete", ready))[0] == 200
    assert (await told(owner, cast.ann))[("job", anns)] is None
    assert await told(owner, cast.otto) == {}
    await drain(context)
    assert await told(owner, cast.otto) == {("job", ottos): None}
    assert ("job", bens) not in await told(owner, cast.ben)


async def test_what_the_office_completes_is_told_to_both_sides_at_once(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast, kind="advise")
    async with begin(context.database, SYSTEM) as work:
        anns = await make.job(work, unit_id=ready.unit_id, technician=cast.ann)
        ottos = await make.job(work, unit_id=ready.unit_id, technician=cast.otto)
    await cast.dora.done("/visits/start", {"visit_id": str(ready.visit_id), "at": utc_now().isoformat()})
    assert (await send(cast.dora, "/visits/complete", ready, result="advised"))[0] == 200
    assert (await told(owner, cast.ann))[("job", anns)] is None
    assert await told(owner, cast.otto) == {("job", ottos): None}


async def test_a_job_that_goes_to_another_partner_takes_its_history_along(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    async with begin(context.database, SYSTEM) as work:
        other = await make.job(work, unit_id=ready.unit_id, technician=cast.ann)
    await cast.dora.done("/jobs/assign", {"job_id": str(ready.job_id), "partner_id": str(cast.south)})
    assert (await told(owner, cast.ann))[("job", other)] is None


async def test_a_job_far_ahead_comes_with_its_first_visit_and_goes_when_that_is_moved(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    now = utc_now()
    far = now + 50 * DAY
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, technician=cast.ann, required_from=far, required_to=far + DAY)

    def slot(days: float) -> dict[str, str]:
        return {
            "planned_from": (now + days * DAY).isoformat(),
            "planned_to": (now + days * DAY + dt.timedelta(hours=1)).isoformat(),
        }

    late = await cast.dora.done("/visits", {"job_id": str(job_id), **slot(50)})
    assert set((await told(owner, cast.ann)).values()) == {"window"}
    soon = await cast.dora.done("/visits", {"job_id": str(job_id), **slot(3)})
    held = [("job", job_id), ("visit", UUID(late["visit_id"])), ("visit", UUID(soon["visit_id"]))]
    assert await told(owner, cast.ann) == dict.fromkeys(held)
    await agree(context, owner, cast.ann)
    await cast.dora.done("/visits/reschedule", {"visit_id": soon["visit_id"], **slot(40)})
    assert await told(owner, cast.ann) == dict.fromkeys(held, "window")
    await agree(context, owner, cast.ann)
    assert (await cast.ann.post("/times", {"visit_id": late["visit_id"], "kind": "labour", "minutes": 5})).is_success
    await agree(context, owner, cast.ann)
    body = {"visit_id": soon["visit_id"], "at": utc_now().isoformat(), "reason": "they called"}
    await cast.ann.done("/visits/abandon", body)
    await agree(context, owner, cast.ann)


async def test_a_visit_that_is_reported_weeks_late_closes_a_job_that_is_past_the_window(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast, kind="advise")
    then = utc_now() - 9 * DAY
    await cast.ann.done("/visits/start", {"visit_id": str(ready.visit_id), "at": then.isoformat()})
    status, _ = await send(cast.ann, "/visits/complete", ready, result="advised", at=then.isoformat())
    assert status == 200
    assert set((await told(owner, cast.ann)).values()) == {"window"}
    await agree(context, owner, cast.ann)


async def test_a_change_of_a_unit_reaches_the_jobs_that_show_it_and_a_partners_proposal_none(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    change = {"field": "name", "base": "", "value": "Washer by the door"}
    body = {"unit_id": str(ready.unit_id), "changes": [change], "reason": "asked"}
    assert (await cast.ann.post("/units/correct", body)).status_code == 202
    assert await told(owner, cast.ann) == {}
    await cast.dora.done("/units/correct", body)
    assert await told(owner, cast.ann) == {("job", ready.job_id): None}


async def moved(context: Context, now: dt.datetime) -> None:
    """Move the window to a moment."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with begin(context.database, SYSTEM, now=now) as work:
            after = await move_window(work, after)


async def test_the_window_moves_with_the_clock(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    now = utc_now()
    done = await make.ready_visit(context, cast, kind="advise")
    await start(done)
    assert (await send(cast.ann, "/visits/complete", done, result="advised"))[0] == 200
    async with begin(context.database, SYSTEM) as work:
        soon = now + 36 * DAY
        ahead = await make.job(work, technician=cast.otto, required_from=soon, required_to=soon + DAY)
        visit = await make.visit(work, ahead, planned_from=soon)
    await moved(context, now)
    await agree(context, owner, cast.ann, cast.otto)
    assert await told(owner, cast.otto) == {}
    assert (await told(owner, cast.ann))[("job", done.job_id)] is None
    later = now + kept_after_closing + dt.timedelta(hours=1)
    await moved(context, later)
    gone = dict.fromkeys([("job", done.job_id), ("visit", done.visit_id)], "window")
    assert await told(owner, cast.ann) == gone
    assert await told(owner, cast.otto) == dict.fromkeys([("job", ahead), ("visit", visit)])
    await agree(context, owner, cast.ann, cast.otto, now=later)
    before = await rows(owner, "SELECT feed, n FROM feed_counter ORDER BY feed")
    await moved(context, later)
    assert await rows(owner, "SELECT feed, n FROM feed_counter ORDER BY feed") == before
    assert sent_ahead > kept_after_closing


async def test_the_window_leaves_a_job_alone_that_somebody_is_changing(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        job_id = await make.job(work, technician=cast.otto)
    async with begin(context.database, SYSTEM) as busy:
        await busy.db.execute(update(Job).where(Job.id == job_id).values(priority=1))
        await moved(context, utc_now())
        assert await told(owner, cast.otto) == {}
    await moved(context, utc_now())
    assert await told(owner, cast.otto) == {("job", job_id): None}


async def test_nobody_holds_the_visits_of_a_colleague_on_their_job(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        mate = await _mate(work, cast)
        theirs = await make.visit(work, ready.job_id, technician_id=mate, state="abandoned", abandoned_reason="ill")
        assert await work.db.get(Visit, theirs) is not None
    assert await scope(context, cast.otto) == {("job", ready.job_id), ("visit", ready.visit_id)}


async def test_only_a_technician_has_a_scope_of_jobs(context: Context, cast: Cast) -> None:
    await make.ready_visit(context, cast)
    nobodys: list[Caller] = [cast.dora, cast.pam, cast.ben]
    for caller in nobodys:
        assert await scope(context, caller) == set()


MORE_JOBS = """
INSERT INTO job (id, kind, mode, state, customer_id, site_id, unit_id, subject, priority, estimated_minutes,
                 required_from, required_to, partner_id, technician_id, assignment_id, created_by)
SELECT gen_random_uuid(), kind, mode, state, customer_id, site_id, unit_id, subject, priority, estimated_minutes,
       required_from, required_to, partner_id, technician_id, assignment_id, created_by
FROM job, generate_series(1, 600)
"""


async def test_the_worker_moves_the_window_in_many_short_transactions(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        await make.job(work, technician=cast.ann)
    async with owner.begin() as connection:
        await connection.execute(text(MORE_JOBS))
    async with begin(context.database, SYSTEM, queue=context.queue) as work:
        await work.enqueue(MOVE_WINDOW, {})
    await drain(context)
    assert await rows(owner, "SELECT count(*), max(seq) FROM feed_entry") == [(601, 601)]
    assert len(await rows(owner, "SELECT seq FROM feed_mark")) == 2
    await agree(context, owner, cast.ann)


async def test_a_feed_that_says_otherwise_than_the_scope_is_put_right(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    done = await make.ready_visit(context, cast)
    await moved(context, utc_now())
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM feed_entry WHERE kind = 'visit'"))
        await connection.execute(
            text("UPDATE job SET state = 'completed', closed_at = now() - interval '8 days' WHERE id = :id"),
            {"id": done.job_id},
        )
    await moved(context, utc_now())
    held = [("job", ready.job_id), ("visit", ready.visit_id)]
    gone = [("job", done.job_id), ("visit", done.visit_id)]
    assert await told(owner, cast.ann) == dict.fromkeys(held) | dict.fromkeys(gone, "window")
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE feed_entry SET removed = NULL WHERE kind = 'visit'"))
    await moved(context, utc_now())
    await agree(context, owner, cast.ann)

"""Names that are erased leave every other place they came to: answers, what was unreadable, requests, lost papers."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api import tasks_reports
from api.context import Context
from api.worker import drain
from domain.jobs.visits import lock_job, lock_visit
from domain.kit.actor import SYSTEM
from domain.kit.database import writing
from domain.kit.ids import new_id
from domain.kit.work import Work, begin, transact
from domain.operations.keeping import keep_unreadable
from tests.cast import Cast
from tests.conftest import rows
from tests.pages.test_answering import proof_in, say
from tests.reports.sheets import Reported, give_pin, printed, reported
from tests.requests.test_requests import GIVEN

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def erase(cast: Cast, visit: Reported) -> None:
    await cast.ada.done("/reports/erase", {"visit_id": str(visit.visit_id), "reason": "Asked for in writing"})


async def test_what_a_customer_wrote_beside_an_answer_goes_and_the_answer_stays(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    proof = proof_in(await give_pin(http, visit.code, visit.pin))
    await say(http, visit.code, proof, "wrong", "Ask my neighbour Ida Holm")
    bodies = "SELECT count(*) FROM journal_body WHERE convert_from(sent, 'UTF8') LIKE '%Ida Holm%'"
    assert await rows(owner, bodies) == [(1,)]
    await erase(cast, visit)
    assert await rows(owner, "SELECT answer, note FROM customer_answer") == [("wrong", "")]
    assert await rows(owner, bodies) == [(0,)]


async def test_what_was_kept_to_the_letter_goes_and_that_it_came_stays(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    other = new_id()

    async def two(work: Work) -> None:
        for about in (visit.visit_id, other):
            raw = b'{"visit_id": "%s", "signed_by": "Mia Okafor"' % str(about).encode()
            await keep_unreadable(work, new_id(), None, "undecodable", raw)

    await transact(context.database, SYSTEM, two)
    await erase(cast, visit)
    kept = await rows(owner, "SELECT why, convert_from(raw, 'UTF8') LIKE '%Okafor%' FROM quarantine ORDER BY raw")
    assert kept == [("undecodable", False), ("undecodable", True)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE customer_answer SET note = 'other'",
        "UPDATE customer_answer SET answer = 'happened'",
        "UPDATE quarantine SET raw = 'other'",
        "UPDATE quarantine SET why = 'mismatch'",
        "DELETE FROM quarantine",
    ],
)
async def test_what_can_be_erased_cannot_be_changed(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine, change: str
) -> None:
    visit = await printed(context, cast)
    await say(http, visit.code, proof_in(await give_pin(http, visit.code, visit.pin)), "wrong", "a note")
    await transact(context.database, SYSTEM, lambda work: keep_unreadable(work, new_id(), None, "undecodable", b"{"))
    with pytest.raises(DBAPIError, match=r"permission denied|append-only"):
        async with writing(context.database, SYSTEM) as (connection, _):
            await connection.execute(text(change))


async def test_who_asked_for_the_visit_goes_from_the_request_and_from_its_job(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    await request_of(cast, visit, owner)
    await erase(cast, visit)
    assert await rows(owner, "SELECT name, phone, wish FROM service_request") == [("", "", "")]
    assert await rows(owner, "SELECT problem FROM job") == [(GIVEN["wish"],)]


async def test_whoever_holds_the_job_still_gets_its_visit_while_it_is_erased(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    """The job before the visit, as everybody locks them: the other way round the two would wait for one another."""
    visit = await printed(context, cast)
    await request_of(cast, visit, owner)
    before = await rows(owner, DEADLOCKS)
    async with begin(context.database, SYSTEM) as work:
        await lock_job(work, visit.ready.job_id)
        erasing = asyncio.create_task(erase(cast, visit))
        await asyncio.sleep(1)
        await lock_visit(work, visit.visit_id)
    await erasing
    assert await rows(owner, "SELECT problem FROM job") == [(GIVEN["wish"],)]
    assert await rows(owner, DEADLOCKS) == before


async def request_of(cast: Cast, visit: Reported, owner: AsyncEngine) -> None:
    """Write that the job of a visit was made of a service request."""
    given = {**GIVEN, "job": visit.ready.job_id, "who": cast.dora.id, "form": new_id(), "id": new_id()}
    async with owner.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO service_request (id, form_key, state, gtin, serial, serial_key, name, phone, wish, "
                "language, job_id, decided_by, decided_at) VALUES (:id, :form, 'accepted', '1', '1', '1', :name, "
                ":phone, :wish, 'en', :job, :who, now())"
            ),
            given,
        )
        problem = f"{GIVEN['wish']}\n\n{GIVEN['name']}, {GIVEN['phone']}"
        await connection.execute(text("UPDATE job SET problem = :problem"), {"problem": problem})


class LosesTheFirst:
    """The file store of a worker that dies after its paper was stored and before a row cites it."""

    def __init__(self, blobs: Any) -> None:
        self.blobs = blobs
        self.lost = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.blobs, name)

    async def put(self, content: bytes) -> str:
        await self.blobs.put(content)
        if not self.lost:
            self.lost = hashlib.sha256(content).hexdigest()
            raise OSError("the worker is gone")
        return self.lost


async def test_a_paper_that_no_row_came_to_cite_is_removed(
    context: Context, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reported(context, cast)
    blobs = context.blobs
    losing = LosesTheFirst(blobs)
    context.blobs = losing  # type: ignore[assignment]
    monkeypatch.setattr(tasks_reports, "UNCITED_FOR", tasks_reports.UNCITED_FOR * 0)
    await drain(context)
    await drain(context)
    assert losing.lost
    assert await blobs.get(losing.lost) is None

"""What a customer says of a visit on the page of its report: behind the PIN alone, and heard by the claim gate."""

import asyncio
import datetime as dt
import re

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.claims.answered import PageAnswer, change_within, may_answer, page_answers_max
from tests.cast import Cast
from tests.claims.visits import claimed, claims
from tests.conftest import rows
from tests.make import ready_visit
from tests.reports.sheets import CODE, PIN, browser, freeze, give_pin, printed

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ANSWERS = "SELECT answer, channel, note FROM customer_answer ORDER BY answered_at"


def proof_in(page: httpx.Response) -> str:
    """The proof that the page of a report carries."""
    found = re.search(r'name="proof" value="([0-9a-f.]+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def say(http: httpx.AsyncClient, code: str, proof: str, answer: str, note: str = "") -> httpx.Response:
    """Send the form as a browser does."""
    form = {"proof": proof, "answer": answer, "note": note}
    return await http.post(f"/c/{code}/answer", data=form, headers=browser())


async def test_a_customer_says_behind_the_pin_what_became_of_the_visit_and_sees_it_again(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    shown = await give_pin(http, visit.code, visit.pin)
    for words in ("This visit happened as described", "This visit did not happen", "Parts or hours are wrong"):
        assert words in shown.text
    said = await say(http, visit.code, proof_in(shown), "wrong", " <b>one pump</b> only ")
    assert "You told us on" in said.text
    assert "&lt;b&gt;one pump&lt;/b&gt; only" in said.text
    assert await rows(owner, ANSWERS) == [("wrong", "page", "<b>one pump</b> only")]
    again = await give_pin(http, visit.code, visit.pin, "zh")
    assert "用件或工时不符" in again.text
    assert "修改回答" in again.text


async def test_what_is_sent_twice_is_kept_once_and_a_change_is_kept_beside_it(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    proof = proof_in(await give_pin(http, visit.code, visit.pin))
    for answer in ("happened", "happened", "wrong", "happened"):
        assert (await say(http, visit.code, proof, answer)).status_code == 200
    assert [answer for answer, _, _ in await rows(owner, ANSWERS)] == ["happened", "wrong", "happened"]


async def test_without_the_pin_nobody_answers(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    other = await printed(context, cast, technician=cast.ben, code="A" * 26)
    proof = proof_in(await give_pin(http, other.code, other.pin))
    for wrong in (proof, "1.00"):
        led = await say(http, visit.code, wrong, "did_not_happen")
        assert (led.status_code, led.headers["location"]) == (303, f"/c/{visit.code}")
    unsaid = await http.post(f"/c/{visit.code}/answer", data={"proof": proof, "answer": "maybe"})
    assert unsaid.status_code == 422
    path = (await cast.dora.get(f"/reports/{visit.visit_id}")).json()["verification_address"].split("/V/")[1]
    assert "/answer" not in (await http.get(f"/V/{path}", headers=browser())).text
    assert await rows(owner, ANSWERS) == []


async def test_who_says_on_the_page_that_nobody_came_stops_the_money(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    ready = await ready_visit(context, cast)
    await claimed(ready)
    await freeze(context, ready)
    await drain(context)
    (claim,) = await claims(context)
    assert claim.state == "accepted"
    proof = proof_in(await give_pin(http, CODE, PIN))
    await say(http, CODE, proof, "did_not_happen", "I was at home all day")
    (claim,) = await claims(context)
    assert (claim.state, claim.payable) == ("in_review", False)


async def test_nothing_on_the_page_takes_a_denial_back_but_a_call_does(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    ready = await ready_visit(context, cast)
    await claimed(ready)
    await freeze(context, ready)
    await drain(context)
    proof = proof_in(await give_pin(http, CODE, PIN))
    for answer in ("did_not_happen", "happened"):
        await say(http, CODE, proof, answer)
    await drain(context)
    newest = "SELECT findings::text FROM claim_score ORDER BY scored_at DESC LIMIT 1"
    assert "customer-says-no-visit" in str(await rows(owner, newest))
    await cast.dora.done(
        "/customer-answers", {"visit_id": str(ready.visit_id), "answer": "happened", "channel": "phone", "note": ""}
    )
    await drain(context)
    assert "customer-says-no-visit" not in str(await rows(owner, newest))


@pytest.mark.parametrize(
    ("count", "after", "open_"),
    [
        (0, dt.timedelta(0), True),
        (1, change_within - dt.timedelta(seconds=1), True),
        (1, change_within, False),
        (page_answers_max - 1, dt.timedelta(0), True),
        (page_answers_max, dt.timedelta(0), False),
    ],
)
def test_an_answer_can_be_changed_for_a_day_and_not_for_ever(count: int, after: dt.timedelta, open_: bool) -> None:
    assert may_answer([PageAnswer("happened", "", NOON)] * count, NOON + after) is open_


async def test_a_closed_answer_is_shown_and_takes_no_other(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    proof = proof_in(await give_pin(http, visit.code, visit.pin))
    for answer in ("happened", "wrong") * 3:
        shown = await say(http, visit.code, proof, answer)
    assert len(await rows(owner, ANSWERS)) == page_answers_max
    assert "please call us" in shown.text
    assert "/answer" not in shown.text


async def test_answers_sent_all_at_once_are_as_few_as_those_sent_one_by_one(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    proof = proof_in(await give_pin(http, visit.code, visit.pin))
    shown = await asyncio.gather(*(say(http, visit.code, proof, "wrong", f"note {number}") for number in range(12)))
    assert {page.status_code for page in shown} == {200}
    assert len(await rows(owner, ANSWERS)) == page_answers_max


async def test_the_report_is_shown_again_in_the_other_language_without_the_pin(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await printed(context, cast)
    shown = await give_pin(http, visit.code, visit.pin)
    form = re.search(r'action="(/c/[^"]+/report)\?lang=zh"', shown.text)
    assert form is not None
    again = await http.post(f"{form[1]}?lang=zh", data={"proof": proof_in(shown)}, headers=browser())
    assert "已修复" in again.text
    gone = await http.post(form[1], data={"proof": "1.00"}, headers=browser())
    assert (gone.status_code, gone.headers["location"]) == (303, f"/c/{visit.code}")


async def test_a_withdrawn_report_says_so_to_the_customer_too(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE report SET state = 'withdrawn'")
    assert "Withdrawn" in (await give_pin(http, visit.code, visit.pin)).text

"""The customer's way to the report: the code, the PIN, the pauses, the paper."""

import asyncio
import io
import re

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from tests.cast import Caller, Cast
from tests.conftest import rows
from tests.make import ready_visit
from tests.reports.sheets import browser, give_pin, printed, reported

UNKNOWN = "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"


def told(response: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything a stranger can compare, but for the request's own id."""
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, headers, response.content


async def pdf_of(http: httpx.AsyncClient, code: str, shown: httpx.Response) -> httpx.Response:
    """Press the button on the page of a report."""
    proof = re.search(r'name="proof" value="([0-9a-f.]+)"', shown.text)
    action = re.search(r'action="(/c/[^"]+[.]pdf)"', shown.text)
    assert proof is not None
    assert action is not None
    return await http.post(action[1], data={"proof": proof[1]}, headers=browser())


async def test_a_code_that_nobody_knows_looks_like_one_whose_report_is_being_prepared(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await reported(context, cast)
    known = await http.get(f"/c/{visit.code}", headers=browser())
    unknown = await http.get(f"/c/{UNKNOWN}", headers=browser())
    assert "being prepared" in known.text
    assert told(known) == told(unknown)
    assert told(await give_pin(http, visit.code, visit.pin)) == told(await give_pin(http, UNKNOWN, visit.pin))
    assert told(await give_pin(http, visit.code, "000000")) == told(known)


async def test_tries_before_the_report_is_ready_count_for_nothing(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await reported(context, cast)
    for _ in range(6):
        await give_pin(http, visit.code, "000000")
    await drain(context)
    assert (await give_pin(http, visit.code, visit.pin)).status_code == 200


async def test_the_right_pin_shows_the_report_and_hands_over_the_paper(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await printed(context, cast)
    asked = await http.get(f"/c/{visit.code}", headers=browser())
    assert 'name="pin"' in asked.text
    assert visit.ready.serial not in asked.text
    shown = await give_pin(http, visit.code, "482 913")
    assert shown.status_code == 200
    for fact in ("Repaired", visit.ready.serial, "Water stays in the drum", "Pump seized", "R12", "1 h 45 min", "Ann",
                 "45.00 EUR", "55.5 °C", "Northern Service", "Standard warranty", "Filter is due in"):  # fmt: skip
        assert fact in shown.text, fact
    assert "16 h 39 min" not in shown.text  # a line that was taken back
    paper = await pdf_of(http, visit.code, shown)
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.headers["cache-control"] == "no-store"
    assert "noindex" in paper.headers["x-robots-tag"]
    assert re.fullmatch(r'attachment; filename="R-\d+\.pdf"', paper.headers["content-disposition"])
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    squeezed = "".join(text.split())
    for fact in (
        visit.ready.serial,
        "R12",
        "1h45min",
        "P7-251177",
        "MiaOkafor",
        "Fromtheleft",
        "Thisphotoisnotavailable",
    ):
        assert fact in squeezed, fact
    assert b"51.5074" not in paper.content
    assert b"Exif" not in paper.content


async def test_the_report_is_told_in_chinese_to_a_chinese_browser(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await printed(context, cast)
    asked = await http.get(f"/c/{visit.code}", headers=browser("zh-CN"))
    assert '<html lang="zh-Hans">' in asked.text
    assert "您的服务报告已就绪" in asked.text
    shown = await give_pin(http, visit.code, visit.pin, "zh-CN")
    for fact in ("已修复", "服务工程师", "1 小时 45 分", "下载 PDF"):
        assert fact in shown.text


async def test_five_wrong_pins_make_the_code_rest_even_for_the_right_one(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    statuses = [(await give_pin(http, visit.code, f"00000{n}")).status_code for n in range(5)]
    assert statuses == [403, 403, 403, 403, 429]
    right = await give_pin(http, visit.code, visit.pin)
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 900
    assert "15 minutes" in right.text
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE collection SET paused_until = now()")
    assert (await give_pin(http, visit.code, visit.pin)).status_code == 200
    assert await rows(owner, "SELECT tries, paused_until FROM collection") == [(0, None)]
    kinds = await rows(
        owner, "SELECT kind, count(*) FROM auth_event WHERE kind LIKE '%coll%' GROUP BY kind ORDER BY kind"
    )
    assert kinds == [("collection-pin-refused", 5), ("report-collected", 1)]


async def test_wrong_pins_at_the_same_time_never_get_more_than_five_tries(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    guesses = [give_pin(http, visit.code, f"{n:06d}") for n in range(24)]
    statuses = sorted(response.status_code for response in await asyncio.gather(*guesses))
    assert statuses == [403] * 4 + [429] * 20
    assert await rows(owner, "SELECT tries FROM collection") == [(5,)]


async def test_after_the_first_pause_the_next_is_longer(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE collection SET tries = 9")
    tenth = await give_pin(http, visit.code, "000000")
    assert tenth.status_code == 429
    assert 900 < int(tenth.headers["retry-after"]) <= 1800


async def test_a_program_is_told_of_a_wrong_pin_as_a_problem(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await printed(context, cast)
    wrong = [await http.post(f"/c/{visit.code}", data={"pin": "000000"}) for _ in range(5)]
    assert [one.json()["code"] for one in wrong] == ["wrong-pin"] * 4 + ["too-many"]
    assert wrong[4].headers["retry-after"] == "900"


@pytest.mark.parametrize("proof", ["1.00", "99999999999." + "0" * 64])
async def test_the_paper_without_a_proof_leads_back_to_the_pin(
    context: Context, cast: Cast, http: httpx.AsyncClient, proof: str
) -> None:
    visit = await printed(context, cast)
    known = await http.post(f"/c/{visit.code}/report.pdf", data={"proof": proof}, headers=browser())
    assert (known.status_code, known.headers["location"]) == (303, f"/c/{visit.code}")
    unknown = await http.post(f"/c/{UNKNOWN}/report.pdf", data={"proof": proof}, headers=browser())
    assert unknown.status_code == 303
    assert (await http.get(f"/c/{visit.code}/report.pdf")).status_code == 405


async def test_the_proof_of_one_report_opens_no_other(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    one = await printed(context, cast)
    other = await printed(context, cast, technician=cast.ben, code="A" * 26)
    shown = await give_pin(http, one.code, one.pin)
    crossed = httpx.Response(200, text=shown.text.replace(one.code, other.code))
    assert (await pdf_of(http, other.code, crossed)).status_code == 303


async def test_pages_are_kept_by_nobody_and_load_nothing(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await printed(context, cast)
    for response in (
        await http.get(f"/c/{UNKNOWN}"),
        await http.get(f"/c/{visit.code}"),
        await give_pin(http, visit.code, "000000"),
        await give_pin(http, visit.code, visit.pin),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-robots-tag"].startswith("noindex")
        assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "set-cookie" not in response.headers
        assert not re.findall(r'(?:src|href)="(?!data:,|/|[?]lang=)', response.text)
        assert re.findall(r"<script[^>]*>", response.text) in ([], ['<script type="module" src="/V/wait.js">'])


@pytest.mark.parametrize("path", ["/c/short", "/c/" + "A" * 65, "/c/ABCDEFGHIJKLMNOP%0A", "/c/%00" + "A" * 20])
async def test_what_cannot_be_a_code_is_refused(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 422
    page = await http.get(path, headers=browser())
    assert page.status_code == 422
    assert "<h1>" in page.text


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"pin=12ab", "application/x-www-form-urlencoded", 422),
        (b"pin=", "application/x-www-form-urlencoded", 422),
        (b"", "application/x-www-form-urlencoded", 422),
        (b"pin=1&pin=2", "application/x-www-form-urlencoded", 422),
        (b"pin=111111&more=1", "application/x-www-form-urlencoded", 422),
        (b"pin=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 60, "application/x-www-form-urlencoded", 400),
        (b"pin=" + b"1" * 5000, "application/x-www-form-urlencoded", 413),
        (b'{"pin":"111111"}', "application/json", 415),
        (b"pin=%00111111", "application/x-www-form-urlencoded", 422),
    ],
)
async def test_a_form_that_does_not_fit_is_refused_without_counting_as_a_try(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine, body: bytes, media: str, status: int
) -> None:
    visit = await printed(context, cast)
    for accept in ("text/html", "*/*"):
        answer = await http.post(f"/c/{visit.code}", content=body, headers={"content-type": media, "accept": accept})
        assert answer.status_code == status
        wanted = "text/html; charset=utf-8" if accept == "text/html" else "application/problem+json"
        assert answer.headers["content-type"] == wanted
    assert await rows(owner, "SELECT tries FROM collection") == [(0,)]


async def test_the_technician_and_the_desk_make_a_new_code_and_the_old_one_ends(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    for caller in (cast.ann, cast.dora):
        made = await caller.post("/collection-codes", {"visit_id": str(visit.visit_id)})
        assert made.status_code == 201, made.text
        fresh = made.json()
        assert fresh["address"].endswith(f"/c/{fresh['code']}")
        assert (await give_pin(http, fresh["code"], fresh["pin"])).status_code == 200
    assert "being prepared" in (await give_pin(http, visit.code, visit.pin)).text
    stored = "".join(str(row) for row in await rows(owner, "SELECT facts::text FROM auth_event"))
    assert fresh["code"] not in stored
    assert fresh["pin"] not in stored
    kinds = await rows(owner, "SELECT count(*) FROM auth_event WHERE kind = 'collection-code-made'")
    assert kinds == [(2,)]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("report", {}),
        ("report.pdf", {}),
        ("answer", {"answer": "did_not_happen"}),
        ("sign", {"revision": "1", "name": "Mia Okafor"}),
    ],
)
async def test_a_code_that_was_replaced_opens_nothing_even_with_a_proof_that_holds(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine, action: str, given: dict[str, str]
) -> None:
    visit = await printed(context, cast, signature=None, signed_by=None, no_signature_reason="absent")
    shown = await give_pin(http, visit.code, visit.pin)
    proof = re.search(r'name="proof" value="([0-9a-f.]+)"', shown.text)
    assert proof is not None
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE collection SET code_hash = decode(repeat('ab', 32), 'hex')"))
    late = await http.post(f"/c/{visit.code}/{action}", data={"proof": proof[1], **given}, headers=browser())
    assert visit.ready.serial not in late.text
    if action == "report.pdf":
        assert (late.status_code, late.headers["location"]) == (303, f"/c/{visit.code}")
    else:
        assert "being prepared" in late.text
    assert await rows(owner, "SELECT count(*) FROM customer_answer") == [(0,)]
    assert await rows(owner, "SELECT signed_by FROM visit") == [(None,)]


async def test_a_code_that_is_replaced_while_its_pin_is_tried_opens_nothing(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    async with owner.begin() as rival:
        await rival.execute(text("UPDATE collection SET code_hash = decode(repeat('ab', 32), 'hex')"))
        trying = asyncio.create_task(give_pin(http, visit.code, visit.pin))
        while not await rows(owner, "SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not trying.done()
    late = await trying
    assert "being prepared" in late.text
    assert visit.ready.serial not in late.text


async def test_a_new_code_starts_with_five_fresh_tries(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await printed(context, cast)
    for _ in range(6):
        await give_pin(http, visit.code, "000000")
    fresh = (await cast.ann.post("/collection-codes", {"visit_id": str(visit.visit_id)})).json()
    assert (await give_pin(http, fresh["code"], fresh["pin"])).status_code == 200


async def test_nobody_else_makes_a_code(context: Context, cast: Cast, nobody: Caller) -> None:
    visit = await printed(context, cast)
    body = {"visit_id": str(visit.visit_id)}
    assert (await cast.ben.post("/collection-codes", body)).status_code == 404
    assert (await cast.otto.post("/collection-codes", body)).status_code == 404
    assert (await cast.pam.post("/collection-codes", body)).status_code == 403
    assert (await nobody.post("/collection-codes", body)).status_code == 401


async def test_a_visit_that_is_not_completed_has_no_code(context: Context, cast: Cast) -> None:
    open_visit = await ready_visit(context, cast)
    refused = await cast.ann.post("/collection-codes", {"visit_id": str(open_visit.visit_id)})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-completed-yet")

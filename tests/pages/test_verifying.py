"""What anybody may learn who holds a report: whether it is ours and current, and nothing about a person."""

import hashlib
import re
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncEngine

from api import misses as misses_of
from api.context import Context
from api.misses import Misses
from api.pages import language_of
from api.routes import verifying
from domain.kit.problem import TooMany
from domain.reports import rules
from tests.cast import Cast
from tests.conftest import rows, visitor
from tests.reports.sheets import Reported, browser, printed, reported

PERSONAL = ("Mia Okafor", "Ann", "Cyd ", "Customer ", "Canal Street", "+49", "Berlin")


async def path_of(cast: Cast, visit: Reported) -> str:
    """The path in the QR of a visit's report."""
    told = await cast.dora.get(f"/reports/{visit.visit_id}")
    return urlsplit(told.json()["verification_address"]).path


async def test_the_qr_of_a_report_tells_that_it_is_genuine_and_names_nobody(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    visit = await reported(context, cast)
    shown = await http.get(await path_of(cast, visit), headers=browser())
    assert shown.status_code == 200
    for fact in (
        "Genuine",
        "R-7",
        visit.ready.serial[-4:],
        "Northern Service",
        "Repaired",
        "1 h 45 min",
        "41 min",
    ):
        assert fact in shown.text, fact
    assert re.search(r"T-\d{4}", shown.text)
    for word in (*PERSONAL, visit.ready.serial):
        assert word not in shown.text, word
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-robots-tag"].startswith("noindex")
    assert shown.headers["referrer-policy"] == "no-referrer"


async def test_a_program_is_told_the_same_as_json(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await reported(context, cast)
    told = await http.get(await path_of(cast, visit), headers={"accept": "application/json"})
    answer = told.json()
    assert answer | {
        "visited_on": "",
        "model_code": "",
        "model_name": "",
        "report_number": "",
        "technician_number": "",
    } == {
        "standing": "genuine",
        "report_number": "",
        "revision": 1,
        "newest_revision": 1,
        "visited_on": "",
        "model_code": "",
        "model_name": "",
        "serial_ends": visit.ready.serial[-4:],
        "partner": "Northern Service",
        "technician_number": "",
        "result": "repaired",
        "parts": 1,
        "labour_minutes": 105,
        "travel_minutes": 41,
        "pdfs": [],
    }
    assert not any(word in told.text for word in PERSONAL)


async def test_a_code_in_small_letters_is_read_too(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await reported(context, cast)
    path = await path_of(cast, visit)
    assert (await http.get(f"/V/{path[3:].lower()}")).status_code == 200
    led = await http.get(path.lower())
    assert (led.status_code, led.headers["location"]) == (308, f"/V/{path[3:].lower()}")
    assert (await http.get("/v")).headers["location"] == "/V"


async def test_looking_changes_nothing(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    path = await path_of(cast, visit)
    before = await rows(owner, "SELECT (SELECT count(*) FROM budget), (SELECT count(*) FROM auth_event)")
    for _ in range(3):
        await http.get(path, headers=browser())
        await http.get("/V/NOTHING", headers=browser())
    assert await rows(owner, "SELECT (SELECT count(*) FROM budget), (SELECT count(*) FROM auth_event)") == before


async def test_an_old_revision_says_what_took_its_place(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO report_revision SELECT report_id, 2, partner_id, document, digest, 'B' || verification_code, "
            "'B' || short_code, frozen_at FROM report_revision"
        )
    path = await path_of_revision(owner, 1)
    told = await http.get(path, headers={"accept": "application/json"})
    assert (told.json()["standing"], told.json()["newest_revision"]) == ("superseded", 2)
    assert "Revision 2 has replaced it" in (await http.get(path, headers=browser())).text
    assert (await cast.ann.get(f"/reports/{visit.visit_id}")).json()["revision"] == 2


async def path_of_revision(owner: AsyncEngine, revision: int) -> str:
    """The path in the QR of one revision."""
    ((code,),) = await rows(owner, f"SELECT verification_code FROM report_revision WHERE revision = {revision}")
    return f"/V/{code}"


async def test_a_withdrawn_report_says_so(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE report SET state = 'withdrawn'")
    path = await path_of(cast, visit)
    assert (await http.get(path, headers={"accept": "application/json"})).json()["standing"] == "withdrawn"
    assert "已撤回" in (await http.get(path, headers=browser("zh"))).text


async def test_the_digests_of_the_issued_pdfs_stand_on_the_page(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    path = await path_of(cast, visit)
    ((digest,),) = await rows(owner, "SELECT blob_sha256 FROM report_file")
    told = await http.get(path, headers={"accept": "application/json"})
    assert told.json()["pdfs"] == [{"revision": 1, "standing": "genuine", "sha256": digest}]
    paper = await cast.dora.get(f"/reports/{visit.visit_id}/pdf")
    assert hashlib.sha256(paper.content).hexdigest() == digest
    assert f"<code>{digest}</code>" in (await http.get(path, headers=browser())).text


async def test_the_page_loads_scripts_of_ours_alone(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await reported(context, cast)
    page = await http.get(await path_of(cast, visit), headers=browser())
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    (script,) = re.findall(r"<script[^>]*>", page.text)
    source = re.search(r'src="([^"]+)"', script)
    assert source is not None
    loaded = await http.get(source[1])
    assert loaded.headers["content-type"].startswith("text/javascript")
    for path in ("/V/token.js", "/V/offline.js", "/V/offline"):
        assert (await http.get(path, headers=browser())).status_code == 200


@pytest.mark.parametrize(
    ("lang", "title"), [("zh", "真实有效"), ("en", "Genuine"), ("fr", "Genuine"), ("%00", "Genuine")]
)
async def test_a_link_on_the_page_changes_the_language(
    context: Context, cast: Cast, http: httpx.AsyncClient, lang: str, title: str
) -> None:
    visit = await reported(context, cast)
    page = await http.get(f"{await path_of(cast, visit)}?lang={lang}", headers=browser())
    assert f"<h1>{title}</h1>" in page.text
    assert f'href="?lang={"en" if lang == "zh" else "zh"}"' in page.text
    short = (await cast.ann.get(f"/reports/{visit.visit_id}")).json()["short_code"]
    typed = await http.post(f"/V?lang={lang}", data={"code": short}, headers=browser())
    assert f"<h1>{title}</h1>" in typed.text
    assert f'name="code" value="{short}"' in typed.text


async def test_whoever_guesses_codes_has_to_wait(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_MISSES", Misses(limit=3, seconds=3600))
    statuses = [(await http.get(f"/V/{'A' * 31}{n}")).status_code for n in range(2, 7)]
    assert statuses == [404, 404, 404, 429, 429]
    page = await http.get("/V/NOTHING", headers=browser())
    assert "Too many tries" in page.text
    assert 0 < int(page.headers["retry-after"]) <= 3601


def test_many_others_do_not_keep_a_guesser_from_being_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses_of, "addresses_max", 2)
    misses = Misses(limit=2, seconds=3600)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"):
        misses.count(address)
    with pytest.raises(TooMany):
        misses.refuse_beyond("192.0.2.1")
    misses.refuse_beyond("192.0.2.3")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "unknown", True),
    ],
)
def test_misses_are_counted_by_whoever_can_have_made_them(first: str, second: str, same: bool) -> None:
    misses = Misses(limit=1, seconds=3600)
    misses.count(first)
    if same:
        with pytest.raises(TooMany):
            misses.refuse_beyond(second)
    else:
        misses.refuse_beyond(second)


@pytest.mark.parametrize("token", ["NOTHING", "A" * 32, "a" * 400, "%E6%BC%8F", "A.B", "%22%3E%3Cscript%3E"])
async def test_what_we_never_issued_is_not_ours(http: httpx.AsyncClient, token: str) -> None:
    page = await http.get(f"/V/{token}", headers=browser())
    assert page.status_code == 404
    assert "Not ours" in page.text
    assert "<script" not in page.text
    told = await http.get(f"/V/{token}")
    assert (told.status_code, told.json()["code"]) == (404, "not-ours")


@pytest.mark.parametrize("token", ["%00", "A" * 601])
async def test_what_cannot_be_a_token_is_refused(http: httpx.AsyncClient, token: str) -> None:
    assert (await http.get(f"/V/{token}")).status_code == 422


async def test_the_short_code_is_checked_as_it_is_typed(context: Context, cast: Cast, http: httpx.AsyncClient) -> None:
    visit = await reported(context, cast)
    short = (await cast.ann.get(f"/reports/{visit.visit_id}")).json()["short_code"]
    form = await http.get("/V", headers=browser("zh-Hans-CN"))
    assert 'name="code"' in form.text
    typed = f"{short[:5].lower()} {short[5:]}"
    shown = await http.post("/V", data={"code": typed}, headers=browser("zh-Hans-CN"))
    assert shown.status_code == 200
    assert "真实有效" in shown.text
    wrong = await http.post("/V", data={"code": "0000000000"}, headers=browser())
    assert wrong.status_code == 404


async def test_typing_short_codes_has_its_limit(context: Context, http: httpx.AsyncClient, owner: AsyncEngine) -> None:
    await http.post("/V", data={"code": "0000000000"})
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE budget SET used = {rules.HAND_TRIES}")
    refused = await http.post("/V", data={"code": "0000000000"}, headers=browser())
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 601
    assert "Too many tries" in refused.text


async def test_who_types_many_codes_keeps_nobody_else_waiting(
    context: Context, cast: Cast, http: httpx.AsyncClient, application: Litestar, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    short = (await cast.ann.get(f"/reports/{visit.visit_id}")).json()["short_code"]
    codes = [short, *["0000000000"] * (rules.HAND_TRIES_OF_ONE + 4)]
    statuses = [(await http.post("/V", data={"code": code})).status_code for code in codes]
    assert statuses == [200, *[404] * (rules.HAND_TRIES_OF_ONE - 1), *[429] * 5]
    shared = await rows(owner, "SELECT used FROM budget WHERE key = 'verify-by-hand'")
    assert shared == [(rules.HAND_TRIES_OF_ONE,)], "what was refused is not everybody's"
    async with visitor(application, "192.0.2.7") as somebody:
        assert (await somebody.post("/V", data={"code": short})).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr,zh-Hans;q=0.5,en;q=0.4", "zh"),
        ("fr,de", "en"),
        ("zh;q=0,en;q=0.1", "en"),
        ("zh;q=nonsense", "en"),
        ("ZH-TW", "zh"),
        (",;,;q=,", "en"),
    ],
)
def test_the_reader_chooses_the_language(accepted: str, language: str) -> None:
    assert language_of(accepted) == language

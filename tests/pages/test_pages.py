"""What holds for every page of ours."""

import base64
import hashlib
import re

import httpx
import pytest

from api.context import Context
from api.pages import WORDS
from tests.cast import Cast
from tests.reports.sheets import browser, give_pin, printed


async def test_the_style_in_a_page_is_the_one_its_policy_allows(http: httpx.AsyncClient) -> None:
    page = await http.get("/V", headers=browser())
    (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}'" in page.headers["content-security-policy"]
    assert " style=" not in page.text


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_word_is_said_in_both_languages(key: str) -> None:
    english, chinese = WORDS[key]
    assert english.isascii()
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese)
    assert english.count("{}") == chinese.count("{}")


async def test_no_code_reaches_the_log(
    context: Context, cast: Cast, http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    visit = await printed(context, cast)
    await http.get(f"/c/{visit.code}", headers=browser())
    await give_pin(http, visit.code, visit.pin)
    await http.get(f"/c/{visit.code}/nothing")
    written = "".join(capfd.readouterr())
    assert "/c/{code:str}" in written
    assert visit.code not in written
    assert visit.pin not in written


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_markup_in_a_sheet_is_shown_as_text(
    context: Context, cast: Cast, http: httpx.AsyncClient, language: str
) -> None:
    hostile = '<script>alert(1)</script><img src=x onerror="alert(1)">{{ 7 * 7 }}'
    visit = await printed(context, cast, summary=hostile, signed_by=hostile[:200])
    shown = await give_pin(http, visit.code, visit.pin, language)
    assert shown.status_code == 200
    assert "<script>alert" not in shown.text
    assert "<img" not in shown.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "{{ 7 * 7 }}" in shown.text

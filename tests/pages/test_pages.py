"""What holds for every page of ours."""

import base64
import hashlib
import re
import subprocess
import sys

import httpx
import pytest

from api.context import Context
from api.pages import WORDS
from api.settings import ROOT
from tests.cast import Cast
from tests.reports.sheets import CODE, PIN, browser, give_pin, printed


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


BROKEN = """
import asyncio, sys, httpx
from api.app import make_app
from api.observed import set_up_logs

async def ask() -> None:
    transport = httpx.ASGITransport(app=make_app([None]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test") as http:
        await http.get("/c/" + sys.argv[1])
        await http.post("/c/" + sys.argv[1], data={"pin": sys.argv[2]})
        await http.get("/c/" + sys.argv[1] + "/nothing")

set_up_logs("debug")
asyncio.run(ask())
"""


def test_no_code_reaches_the_log_even_when_the_product_breaks() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", BROKEN, CODE, PIN], cwd=ROOT, capture_output=True, text=True, check=True
    )
    written = asked.stdout + asked.stderr
    assert written.count('"defect"') == 2
    assert written.count('"POST /c/{code:str}"') == 2
    assert CODE not in written
    assert PIN not in written


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

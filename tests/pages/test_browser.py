"""The public pages in a real browser: what a reader sees, and what the network hears of it."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.context import Context
from tests.cast import Cast
from tests.pages.reading import kept, lacks_browser, pages_of, read_in_browser
from tests.phone.served import need
from tests.reports.sheets import Reported, printed


@pytest.fixture(scope="module", autouse=True)
def browser_there() -> None:
    need(lacks_browser())


async def issued(cast: Cast, visit: Reported, folder: Path) -> dict[str, str]:
    """What a reader holds: the address in the QR, the short code, the PDF."""
    told = (await cast.dora.get(f"/reports/{visit.visit_id}")).json()
    pdf = (await cast.dora.get(f"/reports/{visit.visit_id}/pdf")).content
    return {
        "address": urlsplit(told["verification_address"]).path,
        "shortCode": told["short_code"],
        "pdf": kept(folder, f"{told['number']}.pdf", pdf),
    }


async def test_anybody_reads_whether_a_report_is_genuine_and_whether_a_pdf_is_unchanged(
    context: Context, cast: Cast, tmp_path: Path
) -> None:
    given = await issued(cast, await printed(context, cast), tmp_path)
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "verify", **given)
    assert said.count("ok  ") >= 8

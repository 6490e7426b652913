"""The page behind a label in a real browser: asked in two languages, without scripts, and on a technician's phone."""

import asyncio
import os
from pathlib import Path

import pytest

from api.context import Context
from tests.cast import Cast
from tests.pages.reading import kept, lacks_browser, pages_of, read_in_browser
from tests.phone.served import need
from tests.requests.test_requests import machine, photo

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module", autouse=True)
def browser_there() -> None:
    need(lacks_browser())


async def test_somebody_asks_for_service_and_a_technician_is_led_to_the_app(
    context: Context, cast: Cast, tmp_path: Path
) -> None:
    unit_id, _, _ = await machine(context)
    tag = await cast.dora.done("/tags", {"unit_id": str(unit_id)})
    link = (await cast.dora.get(f"/tags/{tag['id']}")).json()["text"]
    given = {
        "label": link.removeprefix("https://127.0.0.1:8000"),
        "photo": kept(tmp_path, "leak.jpg", photo()),
        "broken": kept(tmp_path, "broken.jpg", b"no picture"),
        "pictures": os.environ.get("FIELDSTONE_PICTURES", ""),
    }
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "request", **given)
    assert said.count("ok  ") == 4

"""Service requests: anybody with a label may ask, nobody learns which machines there are, the office decides."""

import datetime as dt
import io
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from PIL import Image
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.installs.tags import tag_code
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.conftest import rows, visitor

GIVEN = {"name": "Li Wei", "phone": "+86 21 5555 0199", "wish": "It leaks.\nWater on the floor."}
PERIOD = {"required_from": "2026-12-02T09:00:00Z", "required_to": "2026-12-02T17:00:00Z"}
BROWSER = {"accept": "text/html", "accept-language": "en", "accept-encoding": "identity"}


def address(gtin: str, serial: str, tag: str = "") -> str:
    return f"/01/{gtin}/21/{serial}" + (f"?tag={tag}" if tag else "")


def photo(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(out, kind)
    return out.getvalue()


async def send(http: httpx.AsyncClient, path: str, *, picture: bytes = b"", **given: Any) -> httpx.Response:
    fields = {**GIVEN, "form_key": str(uuid4()), **given}
    parts = [(name, (None, value.encode())) for name, value in fields.items()]
    return await http.post(path, files=[*parts, ("photo", ("a.jpg", picture, "image/jpeg"))], headers=BROWSER)


def number_in(response: httpx.Response) -> int:
    assert response.status_code == 200, response.text
    found = re.search(r"<strong class=\"number\">(\d{6,})</strong>", response.text)
    assert found, response.text
    return int(found[1])


async def machine(context: Context, **given: Any) -> tuple[UUID, str, str]:
    """A unit with its model's GTIN and its serial, at a customer's site."""
    async with begin(context.database, SYSTEM) as work:
        customer_id = await make.customer(work)
        site_id = await make.site(work, customer_id)
        model_id = await make.model(work)
        unit_id = await make.unit(work, model_id, customer_id=customer_id, site_id=site_id, **given)
        row = (
            await work.db.execute(
                text("SELECT gtin, serial FROM unit JOIN model ON model.id = model_id WHERE unit.id = :id"),
                {"id": unit_id},
            )
        ).one()
    return unit_id, row.gtin, row.serial


async def test_anybody_asks_for_service_and_the_office_makes_a_job_of_it(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    unit_id, _, _ = await machine(context)
    tag = (await cast.dora.done("/tags", {"unit_id": str(unit_id)}))["id"]
    link = (await cast.dora.get(f"/tags/{tag}")).json()["text"]
    path = link.removeprefix("https://127.0.0.1:8000")
    page = await http.get(path, headers=BROWSER)
    assert "Request service for this machine" in page.text
    (code,) = re.findall(r'name="tag" value="([^"]+)"', page.text)
    received = await send(http, path, tag=code, picture=photo())
    assert '<div class="card verdict good">' in received.text, "it looks like every other good news"
    number = number_in(received)
    await drain(context)
    (line,) = (await cast.rex.get("/service-requests", state="new")).json()["items"]
    assert line["number"] == number
    assert (line["unit_id"], line["label"], line["name"]) == (str(unit_id), "right", "Li Wei")
    assert (line["wish"], line["photo"]) == (GIVEN["wish"], True)
    picture = await cast.dora.get(f"/service-requests/{line['id']}/photo")
    assert Image.open(io.BytesIO(picture.content)).size == (640, 480)
    done = await cast.dora.done("/service-requests/accept", {"request_id": line["id"], **PERIOD})
    job = (await cast.dora.get(f"/jobs/{done['job_id']}")).json()
    assert job["job"]["number"] == done["job_number"]
    assert job["job"]["subject"] == "It leaks. Water on the floor."
    assert "+86 21 5555 0199" in job["job"]["problem"], job
    again = await cast.dora.post("/service-requests/accept", {"request_id": line["id"], **PERIOD})
    assert (again.status_code, again.json()["code"]) == (409, "request-decided")
    (line,) = (await cast.dora.get("/service-requests", state="accepted")).json()["items"]
    assert line["job_number"] == done["job_number"]


async def test_no_answer_tells_which_machines_there_are(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    unit_id, gtin, serial = await machine(context, serial="KN123456")
    right = tag_code(context.signer, gtin, "KN123456", 1).replace("-", "")
    await cast.dora.done("/tags", {"unit_id": str(unit_id)})
    tries = [
        address(gtin, serial, right),
        address(gtin, serial, "1AAAAAAAAAAA"),
        address(gtin, "KN999999", right),
        address("04000000999995", "UN123456", "1AAAAAAAAAAA"),
    ]

    def plain(response: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
        """An answer without what differs by chance or stands in the address itself."""
        page = re.sub(r'name="(form_key|tag)" value="[^"]*"', "", response.text)
        page = re.sub(r'(class="number">|&amp;tag=)[^<"]*', "", page)
        kept = [(name, value) for name, value in response.headers.items() if name != "x-request-id"]
        return response.status_code, page, kept

    pages = [plain(await http.get(path, headers=BROWSER)) for path in tries]
    for told in zip(*pages, strict=True):
        assert list(told) == [told[0]] * 4
    sent = [await send(http, path, tag=path.partition("tag=")[2]) for path in tries]
    assert len({str(plain(response)) for response in sent}) == 1
    numbers = [number_in(response) for response in sent]
    assert numbers == sorted(numbers)
    before = await rows(owner, "SELECT DISTINCT unit_id, label, understood_at FROM service_request")
    assert before == [(None, None, None)]  # nothing is looked up while somebody waits
    await drain(context)
    found = await rows(owner, "SELECT unit_id, label FROM service_request ORDER BY number")
    assert [(unit == unit_id, label) for unit, label in found] == [
        (True, "right"),
        (True, "none"),
        (False, "none"),
        (False, "none"),
    ]


async def test_a_revoked_label_is_told_to_the_office(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    unit_id, gtin, serial = await machine(context)
    tag = await cast.dora.done("/tags", {"unit_id": str(unit_id)})
    code = (await cast.dora.get(f"/tags/{tag['id']}")).json()["code"]
    await cast.dora.done("/tags/revoke", {"tag_id": tag["id"], "reason": "peeled off"})
    number_in(await send(http, address(gtin, serial), tag=code))
    await drain(context)
    assert await rows(owner, "SELECT label FROM service_request") == [("revoked",)]


async def test_a_form_sent_twice_is_one_request(http: httpx.AsyncClient, owner: AsyncEngine, context: Context) -> None:
    key = str(uuid4())
    numbers = {number_in(await send(http, address("1", "A1"), form_key=key)) for _ in range(9)}
    assert len(numbers) == 1
    assert await rows(owner, "SELECT count(*) FROM service_request") == [(1,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("phone", "call me"), ("wish", "x"), ("wish", "y" * 2001), ("name", "a\x00b"), ("phone", "1\n2")],
)
async def test_what_is_wrong_is_said_on_the_form_with_what_was_written(
    http: httpx.AsyncClient, context: Context, field: str, value: str
) -> None:
    page = await send(http, address("1", "A1"), **{field: value})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'aria-describedby="wrong"' in page.text
    assert "+86 21 5555 0199" in page.text or field == "phone"


async def test_a_photo_that_is_none_is_said_and_nothing_is_kept(
    http: httpx.AsyncClient, context: Context, owner: AsyncEngine
) -> None:
    for broken in (b"no picture", photo()[:2000], b"GIF89a" + b"x" * 100):
        page = await send(http, address("1", "A1"), picture=broken)
        assert page.status_code == 422
        assert "This photo could not be read" in page.text
        assert "It leaks." in page.text
    assert await rows(owner, "SELECT count(*) FROM service_request") == [(0,)]
    large = await send(http, address("1", "A1"), picture=b"\xff\xd8\xff" + b"x" * (8 * 1024 * 1024 + 1))
    assert large.status_code == 413


async def test_one_address_asks_for_a_machine_six_times_an_hour_whether_it_is_known_or_not(
    context: Context, http: httpx.AsyncClient
) -> None:
    _, gtin, serial = await machine(context)
    for path in (address(gtin, serial), address("1", "nobody's")):
        statuses = [(await send(http, path)).status_code for _ in range(7)]
        assert statuses == [200] * 6 + [429]


async def test_no_stranger_alone_keeps_the_owner_of_a_machine_from_asking(
    context: Context, http: httpx.AsyncClient, application: Litestar
) -> None:
    _, gtin, serial = await machine(context)
    for _ in range(7):
        await send(http, address(gtin, serial))
    async with visitor(application, "192.0.2.7") as owners:
        assert (await send(owners, address(gtin, serial))).status_code == 200


async def test_so_many_requests_for_one_machine_reach_the_office_at_most(
    http: httpx.AsyncClient, application: Litestar
) -> None:
    statuses = []
    for number in range(11):
        async with visitor(application, f"192.0.2.{number}") as one:
            statuses += [(await send(one, address("1", "A1"))).status_code for _ in range(6)]
    assert statuses == [200] * 60 + [429] * 6


async def test_one_address_asks_twelve_times_an_hour(
    context: Context, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    statuses = [(await send(http, address("1", f"A{number}"))).status_code for number in range(14)]
    assert statuses == [200] * 12 + [429] * 2
    assert "127.0.0.1" not in str(await rows(owner, "SELECT key FROM budget"))


async def test_the_office_dismisses_a_request_with_a_reason(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    number_in(await send(http, address("1", "A1")))
    (line,) = (await cast.dora.get("/service-requests")).json()["items"]
    missing = await cast.dora.post("/service-requests/accept", {"request_id": line["id"], **PERIOD})
    assert (missing.status_code, missing.json()["field"]) == (422, "unit_id")
    done = await cast.dora.done("/service-requests/dismiss", {"request_id": line["id"], "reason": "a joke"})
    assert done["state"] == "dismissed"
    assert (await cast.dora.get("/service-requests", state="new")).json()["items"] == []
    for caller in (cast.pam, cast.ann, cast.otto):
        assert (await caller.get("/service-requests")).status_code == 403
        refused = await caller.post("/service-requests/dismiss", {"request_id": line["id"], "reason": "not mine"})
        assert refused.status_code == 403


async def test_the_office_walks_the_requests_page_by_page(
    context: Context, cast: Cast, http: httpx.AsyncClient
) -> None:
    numbers = [number_in(await send(http, address("1", f"A{number}"))) for number in range(5)]
    seen: list[int] = []
    cursor = None
    while True:
        page = (await cast.dora.get("/service-requests", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [line["number"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == numbers[::-1]


@pytest.mark.parametrize(
    "content",
    [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nA', b"x" * 5000, b"--x--\r\n"],
)
async def test_half_a_form_is_refused(http: httpx.AsyncClient, context: Context, content: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = await http.post(address("1", "A1"), content=content, headers=headers)
    assert response.status_code in (400, 422)
    assert dt.timedelta(0) == response.elapsed or response.json()["code"] in ("malformed-request", "invalid-request")


async def test_the_script_leads_a_technician_to_the_app_and_the_policy_lets_it(
    http: httpx.AsyncClient, context: Context
) -> None:
    page = await http.get(address("1", "A1"), headers=BROWSER)
    assert '<script src="/01/app.js" defer></script>' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    script = await http.get("/01/app.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "/app/#/unit/" in script.text


async def test_the_page_speaks_the_language_that_was_chosen_and_keeps_the_label_s_code(
    http: httpx.AsyncClient, context: Context
) -> None:
    chinese = await http.get(f"{address('1', 'A1')}?tag=1ABC&lang=zh", headers=BROWSER)
    assert "为此设备报修" in chinese.text
    assert 'action="?lang=zh"' in chinese.text
    assert 'href="?lang=en&amp;tag=1ABC"' in chinese.text
    answered = await send(http, f"{address('1', 'A1')}?lang=zh", tag="1ABC")
    assert "已收到您的报修" in answered.text

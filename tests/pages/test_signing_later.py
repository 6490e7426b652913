"""A customer who did not sign when the visit ended does so on the report's page, behind the PIN."""

import io
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from tests.cast import Cast
from tests.conftest import rows
from tests.pages.test_answering import proof_in, say
from tests.reports.sheets import Reported, browser, give_pin, printed

UNSIGNED: dict[str, Any] = {"signature": None, "signed_by": None, "no_signature_reason": "absent"}
DRAWING = "600 200;40 90 120 40 200 150;60 170 500 160"
SIGNATURES = "SELECT signature FROM report_revision ORDER BY revision"


async def sign(
    http: httpx.AsyncClient, code: str, proof: str, *, name: str = "Mia Okafor", **given: str
) -> httpx.Response:
    """Send the form as a browser does."""
    form = {"proof": proof, "revision": "1", "name": name, **given}
    return await http.post(f"/c/{code}/sign", data=form, headers=browser())


async def opened(http: httpx.AsyncClient, visit: Reported) -> httpx.Response:
    return await give_pin(http, visit.code, visit.pin)


async def paper(cast: Cast, visit: Reported) -> str:
    content = (await cast.ada.get(f"/reports/{visit.visit_id}/pdf")).content
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


async def test_a_customer_draws_a_signature_and_collects_the_signed_copy(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    shown = await opened(http, visit)
    assert f'action="/c/{visit.code}/sign' in shown.text
    signed = await sign(http, visit.code, proof_in(shown), drawing=DRAWING)
    assert "The report is signed" in signed.text
    assert "/sign" not in signed.text
    assert await rows(owner, SIGNATURES) == [("awaited",), ("given",)]
    assert await rows(owner, "SELECT signed_by, no_signature_reason, signature -> 'strokes' FROM visit") == [
        ("Mia Okafor", None, [[[40, 90], [120, 40], [200, 150]], [[60, 170], [500, 160]]])
    ]
    await drain(context)
    again = await opened(http, visit)
    assert "Your signature" not in again.text
    assert "Mia Okafor" in again.text
    text = await paper(cast, visit)
    assert "Signed by the customer afterwards" in text
    assert "Confirmed by name" not in text


async def test_without_a_script_the_name_alone_will_do(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    signed = await sign(http, visit.code, proof_in(await opened(http, visit)), name=" Mia Okafor ", drawing="")
    assert "The report is signed" in signed.text
    await drain(context)
    text = await paper(cast, visit)
    assert "Confirmed by name on the report's page" in text
    assert "Mia Okafor" in text
    assert await rows(owner, SIGNATURES) == [("awaited",), ("given",)]


async def test_signing_twice_changes_nothing(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    proof = proof_in(await opened(http, visit))
    for name in ("Mia Okafor", "Somebody Else"):
        assert (await sign(http, visit.code, proof, name=name)).status_code == 200
    assert await rows(owner, "SELECT signed_by FROM visit") == [("Mia Okafor",)]
    assert len(await rows(owner, SIGNATURES)) == 2
    bodies = "SELECT count(*) FROM journal_body WHERE convert_from(sent, 'UTF8') LIKE '%Somebody Else%'"
    assert await rows(owner, bodies) == [(0,)], "nobody would erase a name that did not count"


async def test_a_visit_that_was_denied_on_another_page_is_not_signed(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    proof = proof_in(await opened(http, visit))
    await say(http, visit.code, proof, "did_not_happen")
    assert "The report is signed" not in (await sign(http, visit.code, proof)).text
    assert await rows(owner, "SELECT signed_by FROM visit") == [(None,)]


async def test_who_signed_at_the_visit_is_not_told_so_anew_while_an_amendment_is_printed(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    change = {"visit_id": str(visit.visit_id), "reason": "Wrong month", "corrections": {"notes": "Due in July."}}
    asked = await cast.dora.done("/reports/amend", change)
    await cast.ada.done("/reports/decide", {"amendment_id": asked["id"], "decision": "approve"})
    assert await rows(owner, SIGNATURES) == [("given",), ("given",)]
    assert "Your signature" not in (await opened(http, visit)).text


async def test_without_the_pin_nobody_signs(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    other = await printed(context, cast, technician=cast.ben, code="A" * 26)
    for wrong in (proof_in(await opened(http, other)), "1.00"):
        led = await sign(http, visit.code, wrong)
        assert (led.status_code, led.headers["location"]) == (303, f"/c/{visit.code}")
    assert await rows(owner, f"SELECT signed_by FROM visit WHERE id = '{visit.visit_id}'") == [(None,)]


async def test_what_was_changed_meanwhile_is_read_again_before_it_is_signed(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    proof = proof_in(await opened(http, visit))
    change = {"visit_id": str(visit.visit_id), "reason": "Wrong month", "corrections": {"notes": "Due in July."}}
    await cast.dora.done("/reports/amend", change)
    assert "changed meanwhile" in (await sign(http, visit.code, proof)).text, "told before it is printed, too"
    await drain(context)
    refused = await sign(http, visit.code, proof)
    assert "changed meanwhile" in refused.text
    assert "Due in July." in refused.text
    assert await rows(owner, SIGNATURES) == [("awaited",), ("awaited",)]
    assert "The report is signed" in (await sign(http, visit.code, proof, revision="2")).text


async def test_nobody_is_asked_to_sign_what_was_signed_withdrawn_or_denied(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    signed = await printed(context, cast)
    assert "Your signature" not in (await opened(http, signed)).text
    denied = await printed(context, cast, technician=cast.ben, code="A" * 26, **UNSIGNED)
    shown = await opened(http, denied)
    assert "Your signature" in shown.text
    assert "Your signature" not in (await say(http, denied.code, proof_in(shown), "did_not_happen")).text
    gone = await printed(context, cast, code="B" * 26, **UNSIGNED)
    await cast.ada.done("/reports/withdraw", {"visit_id": str(gone.visit_id), "reason": "Keyed in twice"})
    assert "Your signature" not in (await opened(http, gone)).text
    erased = await printed(context, cast, code="C" * 26, **UNSIGNED)
    await cast.ada.done("/reports/erase", {"visit_id": str(erased.visit_id), "reason": "Asked for in writing"})
    await drain(context)
    assert "Your signature" not in (await opened(http, erased)).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "  "},
        {"drawing": "600 200"},
        {"drawing": "600 200;1"},
        {"drawing": "600 200;1 99999"},
        {"drawing": "<b>"},
        {"revision": "x"},
    ],
)
async def test_what_is_no_signature_is_refused(
    context: Context, cast: Cast, http: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    visit = await printed(context, cast, **UNSIGNED)
    refused = await sign(http, visit.code, proof_in(await opened(http, visit)), **wrong)
    assert refused.status_code == 422

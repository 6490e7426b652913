"""The public pages in a real browser: what a reader sees, and what the network hears of it."""

import asyncio
import base64
import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.settings import ROOT
from api.worker import drain
from domain.sealing.keys import key_id, public_bytes
from domain.sealing.token import CLASSES, Token, seal_token
from tests.cast import Cast
from tests.conftest import rows
from tests.pages.reading import kept, lacks_browser, pages_of, read_in_browser
from tests.phone.served import need
from tests.reports.sheets import PIN, Reported, printed, reported

pytestmark = pytest.mark.untraced

OTHER, THIRD, FOURTH = "A" * 26, "B" * 26, "C" * 26


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
        "serialEnds": visit.ready.serial[-4:],
        "pdf": kept(folder, f"{told['number']}.pdf", pdf),
    }


async def test_anybody_reads_whether_a_report_is_genuine_and_whether_a_pdf_is_unchanged(
    context: Context, cast: Cast, tmp_path: Path
) -> None:
    given = await issued(cast, await printed(context, cast), tmp_path)
    old = await printed(context, cast, technician=cast.ben, code=OTHER)
    given["replaced"] = await issued(cast, old, tmp_path)  # type: ignore[assignment]
    await amended(context, cast, old)
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "verify", **given)
    assert said.count("ok  ") >= 9


async def amended(context: Context, cast: Cast, visit: Reported) -> None:
    """Let the office make a second revision."""
    asked = {"visit_id": str(visit.visit_id), "reason": "The notes were wrong", "corrections": {"notes": "Right now."}}
    amendment = await cast.dora.done("/reports/amend", asked)
    if amendment["state"] == "waiting":
        decision = {"amendment_id": amendment["id"], "decision": "approve", "note": ""}
        await cast.ada.done("/reports/decide", decision)
    await drain(context)


async def test_without_a_network_the_signature_is_told_and_the_status_is_not(
    context: Context, cast: Cast, tmp_path: Path
) -> None:
    given = await issued(cast, await printed(context, cast), tmp_path)
    unseen = await issued(cast, await printed(context, cast, technician=cast.ben, code=OTHER), tmp_path)
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "offline", **given, unseen=unseen["address"])
    assert said.count("ok  ") == 2


async def test_a_customer_collects_the_report_and_says_whether_it_is_true(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    one = await printed(context, cast)
    other = await printed(context, cast, technician=cast.ben, code=OTHER)
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "collect", codes=[one.code, other.code], pin=PIN)
    assert said.count("ok  ") == 2
    answers = await rows(owner, "SELECT answer, note FROM customer_answer ORDER BY answered_at")
    assert answers == [("wrong", "<b>one pump only</b>"), ("happened", "<b>one pump only</b>")] * 2


async def test_a_customer_signs_afterwards_with_and_without_scripts(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    unsigned = [OTHER, THIRD, FOURTH]
    for code in unsigned:
        await printed(context, cast, code=code, signature=None, signed_by=None, no_signature_reason="absent")
    with pages_of(context) as base:
        said = await asyncio.to_thread(read_in_browser, base, "sign", unsigned=unsigned, pin=PIN)
    assert said.count("ok  ") == 3
    signed = await rows(owner, "SELECT signed_by, jsonb_array_length(signature -> 'strokes') FROM visit ORDER BY id")
    assert signed == [("Mia Okafor", 1), ("Mia Okafor", 1), ("Mia Okafor", 0)]


def test_the_page_reads_tokens_as_the_server_writes_them_and_takes_none_that_was_changed() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    tokens = [token_of(key, result) for result in (*CLASSES, *CLASSES, *list(CLASSES)[:6])]
    stranger = seal_token(tokens[0][1], ec.generate_private_key(ec.SECP256R1()))
    for_papers = ec.generate_private_key(ec.SECP256R1())
    misused, _ = token_of(for_papers, "repaired")
    jwks = [jwk_of(key, "token"), jwk_of(for_papers, "pdf")]
    given = [{"text": text, "said": told(said)} for text, said in tokens]
    said = read_in_browser("", "tokens", keys=jwks, tokens=given, others=[stranger, misused])
    assert "20 tokens" in said
    assert "1056 single bits" in said


def token_of(key: ec.EllipticCurvePrivateKey, result: str) -> tuple[str, Token]:
    said = Token(
        key_id=key_id(public_bytes(key.public_key())),
        report_id=uuid4(),
        revision=secrets.randbelow(9999) + 1,
        serial_ends=f"{secrets.randbelow(10**6):06d}",
        day=dt.date(2026, 1, 1) + dt.timedelta(secrets.randbelow(2000)),
        result=result,
        digest=secrets.token_bytes(16),
    )
    return seal_token(said, key), said


def told(said: Token) -> dict[str, Any]:
    """What the page reads in a token."""
    return {
        "keyId": said.key_id,
        "reportId": said.report_id.hex,
        "revision": said.revision,
        "serialEnds": said.serial_ends,
        "day": said.day.isoformat(),
        "result": CLASSES[said.result],
        "digest": said.digest.hex(),
    }


def jwk_of(key: ec.EllipticCurvePrivateKey, purpose: str) -> dict[str, str]:
    """A key as the list of keys has it."""
    point = key.public_key().public_numbers()
    kid = key_id(public_bytes(key.public_key()))
    return {"kid": kid, "purpose": purpose, "x": number(point.x), "y": number(point.y)}


def number(value: int) -> str:
    """A coordinate as JWK writes it."""
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).decode().rstrip("=")


async def test_every_page_is_accessible_in_both_languages_and_sizes(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    """Takes a picture of each, too, when PAGE_PICTURES names a folder for them."""
    folder = [str(ROOT / name)] if (name := os.environ.get("PAGE_PICTURES")) else []
    one = await reported(context, cast)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE contact SET email = 'cyd@customer.example'")
    mailing = msgspec.structs.replace(context.settings, demo_mailbox=True)
    context.settings = mailing
    await drain(context)
    given = await issued(cast, one, tmp_path)
    others = [await printed(context, cast, technician=cast.ben, code=code) for code in (OTHER, THIRD, FOURTH)]
    old, gone = [await issued(cast, visit, tmp_path) for visit in others[:2]]
    await amended(context, cast, others[0])
    async with owner.begin() as connection:
        await connection.exec_driver_sql(
            f"UPDATE report SET state = 'withdrawn' WHERE visit_id = '{others[1].visit_id}'"
        )
    with pages_of(context) as base:
        await asyncio.to_thread(
            read_in_browser,
            base,
            "every_page",
            *folder,
            **given,
            pin=PIN,
            code=one.code,
            answered=FOURTH,
            superseded=old["address"],
            withdrawn=gone["address"],
        )

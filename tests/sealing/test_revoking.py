"""A key is revoked: what was being sealed at that moment, and every other way to what counts no more."""

import asyncio
import datetime as dt

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import Work, transact
from domain.sealing.keys import revoke_key
from domain.sealing.seals import NewSeal, register_seal, seal_of_token
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.sheets import reported
from tests.sealing.reports import issued

JSON = {"accept": "application/json"}


async def revoke(context: Context, key: str, since: dt.datetime | None = None) -> None:
    async def body(work: Work) -> None:
        await revoke_key(work, key, "A laptop was stolen", since)

    await transact(context.database, SYSTEM, body)


async def test_a_seal_that_was_under_way_when_its_key_was_revoked_counts(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reported(context, cast)
    ((report_id, partner_id),) = await rows(owner, "SELECT id, partner_id FROM report")
    hands = await context.sealing.hands()
    seal = NewSeal(
        report_id=report_id,  # type: ignore[arg-type]
        revision=1,
        partner_id=partner_id,  # type: ignore[arg-type]
        token="A" * 212,
        token_key_id=hands.token_key_id,
        pdf_key_id=hands.pdf_key.id,
        pdf_sha256="0" * 64,
    )
    revoking: list[asyncio.Task[None]] = []

    async def slowly(work: Work) -> None:
        """The key is held as a seal holds it; somebody revokes it; then the register's moment comes."""
        await work.db.execute(text("SELECT id FROM sealing_key FOR SHARE"))
        revoking.append(asyncio.create_task(revoke(context, hands.token_key_id)))
        await asyncio.sleep(0.3)
        assert not revoking[0].done(), "it waits for the seal"
        await register_seal(work, seal)

    await transact(context.database, SYSTEM, slowly)
    await asyncio.gather(*revoking)
    async with reading(context.database, SYSTEM) as db:
        kept = await seal_of_token(db, seal.token)
    assert kept is not None
    assert kept.token_key_revoked_at is not None
    assert kept.counts
    assert await rows(owner, "SELECT revoked_at <= clock_timestamp() FROM sealing_key WHERE purpose = 'token'") == [
        (True,)
    ]


async def test_no_way_to_a_report_makes_more_of_its_seal_than_the_seal_is_worth(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    token, _ = await issued(context, cast, owner)
    ((sealed_at, key, short_code, before),) = await rows(
        owner,
        "SELECT sealed_at, token_key_id, short_code, verification_code FROM report_seal "
        "JOIN report_revision USING (report_id, revision)",
    )
    by_hand = {"data": {"code": short_code}, "headers": JSON}
    assert (await http.post("/V", **by_hand)).json()["standing"] == "genuine"  # type: ignore[arg-type]
    assert (await http.get(f"/V/{before}", headers=JSON)).json()["standing"] == "genuine"
    await revoke(context, str(key), since=sealed_at)  # type: ignore[arg-type]
    assert (await http.get(f"/V/{token}", headers=JSON)).status_code == 404
    assert (await http.get(f"/V/{before}", headers=JSON)).status_code == 404
    assert (await http.post("/V", **by_hand)).status_code == 404  # type: ignore[arg-type]


async def test_a_paper_whose_seal_does_not_count_is_none_that_we_issued(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    token, _ = await issued(context, cast, owner, signature=None, signed_by=None, no_signature_reason="absent")
    ((visit_id,),) = await rows(owner, "SELECT visit_id FROM report")
    await context.sealing.rotate("token")
    asked = {"visit_id": str(visit_id), "reason": "The notes were wrong", "corrections": {"notes": "Right now."}}
    await cast.dora.done("/reports/amend", asked)
    await drain(context)
    told = (await http.get(f"/V/{token}", headers=JSON)).json()
    assert [pdf["revision"] for pdf in told["pdfs"]] == [2, 1]
    ((sealed_at, key),) = await rows(owner, "SELECT sealed_at, token_key_id FROM report_seal WHERE revision = 2")
    await revoke(context, str(key), since=sealed_at)  # type: ignore[arg-type]
    told = (await http.get(f"/V/{token}", headers=JSON)).json()
    assert (told["standing"], [pdf["revision"] for pdf in told["pdfs"]]) == ("superseded", [1])


async def test_what_an_honest_worker_sealed_with_a_stolen_key_is_sealed_anew_by_our_office(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    await issued(context, cast, owner, signature=None, signed_by=None, no_signature_reason="absent")
    ((visit_id, sealed_at, key),) = await rows(
        owner, "SELECT visit_id, sealed_at, token_key_id FROM report_seal JOIN report ON report.id = report_id"
    )
    asked = {"visit_id": str(visit_id), "reason": "Sealed with a stolen key"}
    assert (await cast.dora.post("/reports/amend", asked)).json()["code"] == "nothing-to-amend"
    await revoke(context, str(key), since=sealed_at)  # type: ignore[arg-type]
    assert (await cast.pam.post("/reports/amend", asked)).json()["code"] == "nothing-to-amend"
    assert (await cast.dora.done("/reports/amend", asked))["revision"] == 2
    await drain(context)
    ((token,),) = await rows(owner, "SELECT token FROM report_seal WHERE revision = 2")
    assert (await http.get(f"/V/{token}", headers=JSON)).json()["standing"] == "genuine"
    assert (await cast.dora.post("/reports/amend", asked)).json()["code"] == "nothing-to-amend"

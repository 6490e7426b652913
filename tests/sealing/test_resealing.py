"""The drill to its end: after a theft that was noticed late, what honest workers sealed since is sealed anew."""

import datetime as dt
import json
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.journal import Entry
from domain.kit.work import carry_out, transact
from domain.reports.document import ReportDocument, read
from domain.reports.resealing import ResealReport
from tests.cast import Caller, Cast
from tests.conftest import rows
from tests.reports.sheets import Reported, printed
from tests.sealing.test_commands import fieldstone

JSON = {"accept": "application/json"}
NEWEST = (
    "SELECT revision, document, signature, token FROM report_revision JOIN report ON report.id = report_id "
    "LEFT JOIN report_seal USING (report_id, revision) WHERE visit_id = '{}' ORDER BY revision"
)


async def several(context: Context, cast: Cast) -> list[Reported]:
    """Reports of four visits, sealed one after the other."""
    technicians: list[Caller] = [cast.ann, cast.ben, cast.ann, cast.ben]
    return [
        await printed(context, cast, technician=one, code=letter * 26)
        for one, letter in zip(technicians, "ABCD", strict=True)
    ]


async def revoked(context: Context, owner: AsyncEngine, since: Reported) -> str:
    """Revoke the key for tokens as of when a report was sealed, as a person does."""
    ((key, moment),) = await rows(
        owner,
        "SELECT token_key_id, sealed_at FROM report_seal JOIN report ON report.id = report_id "
        f"WHERE visit_id = '{since.visit_id}'",
    )
    assert isinstance(moment, dt.datetime)
    told = await fieldstone(
        context, "keys", "revoke", key, "--reason", "stolen", "--since", f"{moment:%Y-%m-%dT%H:%M:%S}"
    )
    assert told.exit_code == 0, told.output
    return str(key)


async def resealed(context: Context, *words: str) -> dict[str, Any]:
    result = await fieldstone(context, "reports", "reseal", *words, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


async def before(owner: AsyncEngine, visit: Reported, seconds: int) -> None:
    """Let a report have been sealed earlier than it was."""
    async with owner.begin() as connection:
        for table in ("report_seal", "sealing_key"):
            await connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await connection.exec_driver_sql(
            f"UPDATE report_seal SET sealed_at = sealed_at - interval '{seconds} s' FROM report "
            f"WHERE report.id = report_id AND visit_id = '{visit.visit_id}'"
        )
        await connection.exec_driver_sql(f"UPDATE sealing_key SET valid_from = valid_from - interval '{seconds} s'")
        for table in ("report_seal", "sealing_key"):
            await connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def test_drill_what_was_sealed_since_a_theft_is_sealed_anew_as_it_was(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    early, signed, asked, _ = await several(context, cast)
    gone = await printed(context, cast, code="E" * 26, signature=None, signed_by=None, no_signature_reason="absent")
    await before(owner, early, 60)
    gone_for = {"visit_id": str(gone.visit_id), "reason": "Keyed in twice"}
    assert (await cast.ada.done("/reports/withdraw", gone_for))["state"] == "approved"
    change = {"visit_id": str(asked.visit_id), "reason": "Wrong month", "corrections": {"notes": "Due in July."}}
    assert (await cast.dora.post("/reports/amend", change)).status_code == 202
    key = await revoked(context, owner, signed)

    told = await resealed(context, "--key", key)
    assert told == {"found": 3, "frozen_anew": 2, "waiting": 1, "sealed_meanwhile": 0}
    assert (await resealed(context))["found"] == 1, "what is frozen anew waits for the worker alone"
    await drain(context)

    first, second = await rows(owner, NEWEST.format(signed.visit_id))
    assert (second[0], second[2]) == (2, "given")
    was, became = (read(one[1], ReportDocument) for one in (first, second))  # type: ignore[arg-type]
    assert became.revision_reason == "Sealed anew; nothing else was changed"
    assert became.flags == was.flags
    difference = await cast.ada.get(f"/reports/{signed.visit_id}/difference", before=1, after=2)
    assert difference.json()["lines"] == []
    assert (await http.get(f"/V/{second[3]}", headers=JSON)).json()["standing"] == "genuine"
    assert (await http.get(f"/V/{first[3]}", headers=JSON)).status_code == 404
    assert len(await rows(owner, NEWEST.format(early.visit_id))) == 1
    assert len(await rows(owner, NEWEST.format(gone.visit_id))) == 1
    life = (await cast.ada.get(f"/reports/{signed.visit_id}/revisions")).json()
    assert [(one["kind"], one["asked_by"], one["state"]) for one in life["amendments"]] == [
        ("reseal", None, "approved")
    ]


async def test_it_goes_on_where_it_was_broken_off(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    first, second, third, fourth = await several(context, cast)
    await revoked(context, owner, first)

    async def once() -> Entry:
        command = ResealReport(visit_id=second.visit_id)
        return await transact(
            context.database,
            SYSTEM,
            lambda work: carry_out(work, command, context.register, new_id()),
            queue=context.queue,
        )

    assert (await once()).outcome == "applied"
    assert (await once()).reason == "seal-counts"
    assert await resealed(context) == {"found": 3, "frozen_anew": 3, "waiting": 0, "sealed_meanwhile": 0}
    await drain(context)
    for visit in (first, second, third, fourth):
        assert [revision for revision, *_ in await rows(owner, NEWEST.format(visit.visit_id))] == [1, 2]
    assert (await resealed(context))["found"] == 0


async def test_an_erased_report_stays_without_names(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await printed(context, cast)
    await cast.ada.done("/reports/erase", {"visit_id": str(visit.visit_id), "reason": "Asked for in writing"})
    await drain(context)
    ((key, moment),) = await rows(owner, "SELECT token_key_id, sealed_at FROM report_seal WHERE revision = 2")
    assert isinstance(moment, dt.datetime)
    since = f"{moment:%Y-%m-%dT%H:%M:%S}"
    assert (await fieldstone(context, "keys", "revoke", key, "--reason", "stolen", "--since", since)).exit_code == 0
    assert (await resealed(context))["frozen_anew"] == 1
    await drain(context)
    assert await rows(owner, "SELECT count(*) FROM report_person") == [(0,)]
    assert await rows(owner, "SELECT max(revision), count(*) FROM report_seal") == [(3, 3)]


async def test_a_key_nobody_knows_is_refused(context: Context) -> None:
    result = await fieldstone(context, "reports", "reseal", "--key", "00000000")
    assert result.exit_code == 1
    assert "knows no key" in result.output

"""``fieldstone replay-claim`` and the page of a claim: every rule's outcome, then and now."""

import asyncio
import datetime as dt
import json
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.cli import main
from api.context import Context
from domain.claims.replaying import stored_claims
from domain.claims.rules import RULES
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, complete, fill_sheet, scan


async def fieldstone(context: Context, *words: object) -> Result:
    """Run the command as a person does, against the tests' database."""
    environment = {"DATABASE_URL": context.settings.database_url, "FIELDSTONE_DATA": context.settings.data}
    arguments = ["replay-claim", *(str(word) for word in words)]
    return await asyncio.to_thread(lambda: CliRunner().invoke(main, arguments, env=environment))


async def reviewed(context: Context, cast: Cast) -> None:
    """A visit whose claim waits, because another label was scanned."""
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready, "SOMETHING123")
    await complete(ready)


async def tampered(owner: AsyncEngine, claim_id: UUID) -> None:
    """Somebody with the keys of the database makes a reviewed claim look accepted."""
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE claim SET decision = decision || '{\"hits\": []}' WHERE id = :id"), {"id": claim_id}
        )


async def test_an_untouched_claim_is_equal_by_number_and_by_id(context: Context, cast: Cast) -> None:
    await reviewed(context, cast)
    (claim,) = await claims(context)
    for which in (claim.number, claim.id):
        result = await fieldstone(context, which)
        assert result.exit_code == 0, result.output
        assert result.output.splitlines()[0] == f"Claim {claim.number} ({claim.id}): stored in_review, now in_review"
        assert "scan-of-another-unit" in result.output
        assert result.output.splitlines()[-1] == "Equal."
    told = json.loads((await fieldstone(context, claim.number, "--json")).output)
    assert [one["rule"] for one in told["rules"]] == [rule.id for rule in RULES]
    assert {one["rule"] for one in told["rules"] if one["stored"] != "passed"} == {"scan-unit"}


async def test_every_claim_is_read_however_few_at_a_time(
    context: Context, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await reviewed(context, cast)
    numbers = [claim.number for claim in await claims(context)]
    for at_once in (1, 2, 3, 4):
        monkeypatch.setattr("domain.claims.replaying.claims_at_once", at_once)
        async with begin(context.database, SYSTEM) as work:
            found = [one.number async for one in stored_claims(work.connection, dt.date(2000, 1, 1))]
        assert found == numbers


async def test_a_claim_that_was_tampered_with_is_different(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await reviewed(context, cast)
    (claim,) = await claims(context)
    await tampered(owner, claim.id)
    result = await fieldstone(context, claim.number)
    assert result.exit_code == 1
    assert "different scan-of-another-unit" in result.output
    assert result.output.splitlines()[-1] == "Different."


async def test_there_is_no_such_claim(context: Context) -> None:
    for which in ("500001", "0198c5b0-0000-7000-8000-000000000001", "five", "9" * 40):
        result = await fieldstone(context, which)
        assert result.exit_code == 2, which
        assert "There is no claim" in result.output
    for words in ((), ("500001", "--all")):
        assert (await fieldstone(context, *words)).exit_code == 2


async def test_all_claims_are_counted_and_those_that_differ_are_shown(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reviewed(context, cast)
    await claimed(await make.ready_visit(context, cast))
    result = await fieldstone(context, "--all", "--since", "2020-01-01")
    assert (result.exit_code, result.output) == (0, "2 claims: 2 equal, 0 different, 0 unreadable.\n")
    waiting, _ = await claims(context)
    await tampered(owner, waiting.id)
    result = await fieldstone(context, "--all", "--json")
    assert result.exit_code == 1
    shown, count = (json.loads(line) for line in result.output.splitlines())
    assert (shown["number"], shown["equal"]) == (waiting.number, False)
    assert count == {"claims": 2, "equal": 1, "different": 1, "unreadable": 0}
    later = await fieldstone(context, "--all", "--since", "2099-01-01")
    assert later.output == "0 claims: 0 equal, 0 different, 0 unreadable.\n"


async def test_facts_that_cannot_be_read_are_told_and_stop_nothing(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await reviewed(context, cast)
    await claimed(await make.ready_visit(context, cast))
    waiting, _ = await claims(context)
    async with owner.begin() as connection:
        broken = text("UPDATE claim SET facts = facts - 'unit_status' WHERE id = :id")
        await connection.execute(broken, {"id": waiting.id})
    result = await fieldstone(context, "--all")
    assert result.exit_code == 1
    assert "2 claims: 1 equal, 0 different, 1 unreadable." in result.output
    assert (await fieldstone(context, waiting.number)).exit_code == 1
    page = await cast.rex.get(f"/claims/{waiting.id}/rules")
    assert (page.status_code, page.json()["code"]) == (409, "facts-unreadable")


async def test_the_office_sees_every_rule_of_a_claim(context: Context, cast: Cast) -> None:
    await reviewed(context, cast)
    (claim,) = await claims(context)
    told = (await cast.rex.get(f"/claims/{claim.id}/rules")).json()
    assert (told["equal"], told["number"]) == (True, claim.number)
    assert {one["rule"]: one["stored"] for one in told["rules"]} == {
        rule.id: "review" if rule.id == "scan-unit" else "passed" for rule in RULES
    }
    assert (await cast.pam.get(f"/claims/{claim.id}/rules")).status_code == 403
    assert (await cast.rex.get(f"/claims/{UUID(int=1)}/rules")).status_code == 404

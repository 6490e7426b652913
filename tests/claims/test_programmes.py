"""A programme's limits and rule modes are dated data: set by managers, journaled, never changed afterwards."""

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.report import refusals_of
from api.imports.running import Importing, open_run, run_import
from domain.catalog.model import Model, Programme
from domain.claims.facts import Limits
from domain.claims.rulebook import LIMITS_SAY, RULES_SAY, SCORED_SAY
from domain.claims.rules import RULES
from domain.claims.scoring import SCORED
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, transact
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, hits
from tests.conftest import rows

TODAY = dt.datetime.now(dt.UTC).date()


async def programme_of(context: Context, **given: Any) -> UUID:
    async with begin(context.database, SYSTEM) as work:
        return await make.programme(work, **given)


def asked(programme_id: UUID, **given: Any) -> dict[str, Any]:
    dull = {"from_on": TODAY.isoformat(), "limits": {}, "modes": {}, "reason": "agreed with the partners"}
    return {"programme_id": str(programme_id)} | dull | given


async def test_a_manager_sets_limits_and_modes_from_today_on(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    body = asked(ready.programme_id, limits={"travel_minutes_max": 30}, modes={"travel": "warn"})
    answer = await cast.ada.done("/programmes/set", body)
    assert answer["changed"] == ["travel", "travel_minutes_max"]
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.state == "accepted"
    assert claim.facts["limits"]["travel_minutes_max"] == 30
    assert [(hit.rule, hit.mode, hit.result) for hit in await hits(context)] == [("travel", "warn", "warn")]
    listed = (await cast.rex.get("/programmes/versions", programme_id=ready.programme_id)).json()["items"]
    assert [(line["from_on"], line["modes"], line["set_by"]) for line in listed] == [
        (TODAY.isoformat(), {"travel": "warn"}, str(cast.ada.id)),
        ("2000-01-01", {}, None),
    ]
    assert listed[0]["reason"] == "agreed with the partners"


async def test_of_two_versions_from_one_day_the_later_one_holds(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await cast.ada.done("/programmes/set", asked(ready.programme_id, modes={"travel": "block"}))
    again = await cast.ada.done("/programmes/set", asked(ready.programme_id, limits={"travel_minutes_max": 44}))
    assert again["changed"] == ["travel", "travel_minutes_max"]
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.facts["limits"]["travel_minutes_max"], claim.facts["modes"]) == (44, {})
    first = (await cast.rex.get("/programmes/versions", programme_id=ready.programme_id, limit=1)).json()
    assert first["items"][0]["limits"] == {"travel_minutes_max": 44}
    rest = (await cast.rex.get("/programmes/versions", programme_id=ready.programme_id, cursor=first["next"])).json()
    assert [line["modes"] for line in rest["items"]] == [{"travel": "block"}, {}]


async def test_a_version_of_tomorrow_leaves_today_alone(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    tomorrow = (TODAY + dt.timedelta(days=2)).isoformat()
    body = asked(ready.programme_id, from_on=tomorrow, limits={"travel_minutes_max": 1})
    await cast.ada.done("/programmes/set", body)
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.state == "accepted"


async def test_a_change_is_journaled_with_what_held_before(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    programme_id = await programme_of(context, limits={"days_to_submit": 10})
    await cast.ada.done("/programmes/set", asked(programme_id, limits={"days_to_submit": 20}))
    ((verdict,),) = await rows(
        owner, "SELECT verdict FROM journal_body JOIN journal USING (op_id) WHERE kind = 'programme.set'"
    )
    assert verdict == {
        "before": {"limits": {"days_to_submit": 10}, "modes": {}},
        "after": {"limits": {"days_to_submit": 20}, "modes": {}},
    }


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"from_on": (TODAY - dt.timedelta(days=1)).isoformat()}, "version-in-the-past", "from_on"),
        ({"limits": {"days": 3}}, "unknown-limit", "limits.days"),
        ({"limits": {"days_to_submit": -1}}, "invalid-request", "limits[...]"),
        ({"modes": {"D99": "off"}}, "unknown-rule", "modes.D99"),
        ({"modes": {"D1": "perhaps"}}, "invalid-request", "modes[...]"),
        ({"modes": {"D1": "warn"}}, "mode-below-floor", "modes.D1"),
        ({"modes": {"no-scan": "review"}}, "mode-below-floor", "modes.no-scan"),
        ({"programme_id": str(uuid4())}, "not-found", None),
    ],
)
async def test_it_refuses_what_no_programme_can_say(
    context: Context, cast: Cast, given: dict[str, Any], code: str, field: str | None
) -> None:
    programme_id = await programme_of(context)
    response = await cast.ada.post("/programmes/set", asked(programme_id) | given)
    assert (response.json()["code"], response.json().get("field")) == (code, field)
    listed = (await cast.rex.get("/programmes/versions", programme_id=programme_id)).json()["items"]
    assert len(listed) == 1


async def test_only_managers_set_rules_and_only_the_office_reads_them(context: Context, cast: Cast) -> None:
    programme_id = await programme_of(context)
    for who in (cast.rex, cast.dora, cast.pam, cast.ann):
        assert (await who.post("/programmes/set", asked(programme_id))).status_code == 403
    which = {"programme_id": str(programme_id)}
    for path, query in (("/rules", {}), ("/programmes", {}), ("/programmes/versions", which)):
        assert (await cast.rex.get(path, **query)).status_code == 200
        for who in (cast.pam, cast.ann, cast.otto):
            assert (await who.get(path, **query)).status_code == 403


async def test_a_model_is_given_to_another_programme(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    made = await cast.ada.done("/programmes", {"code": "STRICT", "name": "Strict warranty"})
    taken = await cast.ada.post("/programmes", {"code": "STRICT", "name": "Strict warranty"})
    assert (taken.status_code, taken.json()["code"]) == (409, "programme-code-taken")
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work)
        former = (await work.db.get_one(Model, model_id)).programme_id
    body = {"model_id": str(model_id), "programme_id": made["id"], "reason": "sold with the new terms"}
    answer = await cast.ada.done("/programmes/assign", body)
    assert answer == {"model_id": str(model_id), "programme_id": made["id"], "former_programme_id": str(former)}
    listed = {line["code"]: line["models"] for line in (await cast.rex.get("/programmes")).json()["items"]}
    assert (listed["STRICT"], len(listed)) == (1, 2)
    first = (await cast.rex.get("/programmes", limit=1)).json()
    rest = (await cast.rex.get("/programmes", limit=1, cursor=first["next"])).json()
    assert [line["code"] for line in first["items"] + rest["items"]] == sorted(listed)
    models = (await cast.rex.get("/programmes/models")).json()["items"]
    assert [line["programme_id"] for line in models if line["id"] == str(model_id)] == [made["id"]]
    one = (await cast.rex.get("/programmes/models", search=models[0]["code"], limit=1)).json()["items"]
    assert one == models[:1]
    assert (await cast.pam.get("/programmes/models")).status_code == 403
    for wrong in ({"model_id": str(uuid4())}, {"programme_id": str(uuid4())}):
        assert (await cast.ada.post("/programmes/assign", body | wrong)).status_code == 404
    assert await rows(
        owner,
        "SELECT verdict->>'before', verdict->>'after' FROM journal_body JOIN journal USING (op_id) "
        "WHERE kind = 'programme.assign' AND outcome = 'applied'",
    ) == [(str(former), made["id"])]


async def test_not_even_sql_changes_a_version(context: Context, owner: AsyncEngine) -> None:
    await programme_of(context)
    for change in ("UPDATE programme_version SET limits = '{}'", "DELETE FROM programme_version"):
        async with owner.connect() as connection:
            with pytest.raises(Exception, match="programme_version is append-only"):
                await connection.execute(text(change))


async def test_an_import_sets_no_version_from_a_day_since_which_claims_were_judged(
    context: Context, cast: Cast, tmp_path: Path
) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    async with begin(context.database, SYSTEM) as work:
        code = (await work.db.get_one(Programme, ready.programme_id)).code
    path = tmp_path / "versions.csv"
    tomorrow = TODAY + dt.timedelta(days=2)
    versions = "".join(f"{code},{day},days_to_submit=9\n" for day in ("2020-01-01", tomorrow))
    path.write_text(f"programme,from_on,limits\n{versions}")
    source, kind = look_through(path), KINDS["programme-versions"]
    run_id, _ = await transact(context.database, SYSTEM, lambda work: open_run(work, kind, source, path.name, new_id()))
    await run_import(Importing(context.database, context.sandbox, SYSTEM), kind, source, run_id)
    refused = [(one.line, one.column, one.reason) async for one in refusals_of(context.database, SYSTEM, run_id)]
    assert refused == [(2, "from_on", "claims were judged since that day: set a version from today on")]
    listed = (await cast.rex.get("/programmes/versions", programme_id=ready.programme_id)).json()["items"]
    assert [line["from_on"] for line in listed] == [tomorrow.isoformat(), "2000-01-01"]


async def test_the_rule_book_tells_every_rule_and_limit_in_both_languages(cast: Cast) -> None:
    book = (await cast.rex.get("/rules")).json()
    assert [line["id"] for line in book["rules"]] == [rule.id for rule in RULES]
    assert {line["name"] for line in book["limits"]} == set(Limits.__struct_fields__)
    assert [(line["id"], line["points_max"]) for line in book["scored"]] == [(rule.id, rule.weight) for rule in SCORED]
    for line in book["rules"] + book["scored"]:
        assert line["decides"] != line["decides_zh"]
    assert next(line["default"] for line in book["limits"] if line["name"] == "days_to_submit") == 30


def test_every_rule_and_limit_has_its_sentences() -> None:
    assert {rule.id for rule in RULES} <= set(RULES_SAY)
    assert {rule.id for rule in SCORED} <= set(SCORED_SAY)
    assert set(Limits.__struct_fields__) <= set(LIMITS_SAY)
    for english, chinese in (*RULES_SAY.values(), *SCORED_SAY.values(), *LIMITS_SAY.values()):
        assert english.isascii()
        assert not chinese.isascii()
        assert english.endswith(".")
        assert chinese.endswith("。")

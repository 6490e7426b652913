"""API keys: what a partner's own system may do with one, and for how long."""

from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.operation import OPERATIONS
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.work import begin
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows


async def key_of(cast: Cast, who: Caller, **given: object) -> tuple[str, Caller]:
    """Make a key; returns its id and a caller who sends it."""
    made = await who.post("/api-keys", {"name": "dispatch", **given})
    assert made.status_code == 201, made.text
    told = made.json()
    actor = Actor(cast.pam.id, Role.PARTNER_OFFICE, cast.north, name="Pam", key_id=UUID(told["id"]))
    return told["id"], Caller(who.http, told["key"], actor)


async def test_a_key_reads_as_its_partners_office(cast: Cast) -> None:
    _, system = await key_of(cast, cast.pam)
    assert system.token.startswith("fsk_")
    me = (await system.get("/me")).json()
    assert (me["account_id"], me["role"], me["partner_id"]) == (str(cast.pam.id), "partner_office", str(cast.north))
    assert (await system.get("/claims")).status_code == 200
    assert (await system.get("/jobs")).status_code == 200


async def test_a_key_does_only_what_is_declared_for_keys(cast: Cast) -> None:
    _, system = await key_of(cast, cast.pam)
    invited = await system.post("/people", {"login": "x@north", "name": "X", "role": "technician"})
    assert (invited.status_code, invited.json()["code"]) == (403, "not-allowed")
    assert (await system.post("/api-keys", {"name": "another"})).status_code == 403
    assert (await system.get("/api-keys")).status_code == 403
    open_to_keys = [one for one in OPERATIONS.values() if one.keys]
    assert len(open_to_keys) > 5
    assert [one.path for one in open_to_keys if Role.PARTNER_OFFICE not in one.by] == []


async def test_a_key_is_shown_once_and_stored_hashed(cast: Cast, owner: AsyncEngine) -> None:
    key_id, system = await key_of(cast, cast.pam)
    listed = await cast.pam.get("/api-keys")
    assert [line["id"] for line in listed.json()["items"]] == [key_id]
    assert system.token not in listed.text
    stored = await rows(owner, "SELECT t::text FROM api_key AS t UNION ALL SELECT t::text FROM auth_event AS t")
    assert not any(system.token in str(row) for row in stored)
    kinds = {row[0] for row in await rows(owner, "SELECT kind FROM auth_event")}
    assert "api-key-made" in kinds
    assert await rows(owner, "SELECT count(*) FROM journal") == [(0,)]


async def test_a_key_acts_as_nobody_of_another_house(cast: Cast, owner: AsyncEngine) -> None:
    _, system = await key_of(cast, cast.pam)
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE api_key SET account_id = :ada"), {"ada": cast.ada.id})
    assert (await system.get("/me")).status_code == 401


async def test_a_revoked_key_is_worth_nothing(cast: Cast, owner: AsyncEngine) -> None:
    key_id, system = await key_of(cast, cast.pam)
    assert (await system.get("/claims")).status_code == 200
    assert (await cast.pam.post("/api-keys/revoke", {"key_id": key_id})).status_code == 200
    refused = await system.get("/claims")
    assert (refused.status_code, refused.json()["code"]) == (401, "not-signed-in")
    assert (await cast.pam.post("/api-keys/revoke", {"key_id": key_id})).status_code == 200
    assert await rows(owner, "SELECT count(*) FROM auth_event WHERE kind = 'api-key-revoked'") == [(1,)]


async def test_a_write_checks_the_key_in_its_own_transaction(cast: Cast, owner: AsyncEngine) -> None:
    """Even while another process still remembers the key."""
    _, system = await key_of(cast, cast.pam)
    assert (await system.get("/me")).status_code == 200
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE api_key SET revoked_at = now()"))
    assert (await system.get("/me")).status_code == 200, "remembered for five seconds"
    headers = {"tus-resumable": "1.0.0", "upload-length": "10"}
    written = await system.http.post("/uploads", headers={**system.headers, **headers})
    assert written.status_code == 401


async def test_a_key_ends_with_its_account_and_its_partner(cast: Cast, owner: AsyncEngine, context: Context) -> None:
    _, system = await key_of(cast, cast.pam)
    for change, back in (
        ("UPDATE account SET disabled_at = now() WHERE login = 'pam@test'", "UPDATE account SET disabled_at = NULL"),
        ("UPDATE partner SET suspended_at = now()", "UPDATE partner SET suspended_at = NULL"),
    ):
        async with owner.begin() as connection:
            await connection.execute(text(change))
        context.principals.forget(actor_of(system).key_id)
        assert (await system.get("/me")).status_code in (401, 403)
        async with owner.begin() as connection:
            await connection.execute(text(back))
        assert (await system.get("/me")).status_code == 200


async def test_a_key_has_a_limit_a_minute(cast: Cast) -> None:
    _, system = await key_of(cast, cast.pam, per_minute=3)
    answers: list[httpx.Response] = [await system.get("/me") for _ in range(7)]
    refused = [one for one in answers if one.status_code == 429]
    assert 1 <= len(refused) <= 4  # the minute may turn meanwhile
    assert 1 <= int(refused[0].headers["retry-after"]) <= 61
    assert refused[0].json()["code"] == "too-many"


async def test_who_makes_keys_for_whom(cast: Cast) -> None:
    for who in (cast.ann, cast.dora, cast.rex, cast.otto):
        assert (await who.post("/api-keys", {"name": "no"})).status_code == 403
    assert (await cast.ada.post("/api-keys", {"name": "whose?"})).status_code == 422
    technicians = await cast.pam.post("/api-keys", {"name": "no", "account_id": str(cast.ann.id)})
    assert (technicians.status_code, technicians.json()["code"]) == (404, "not-found")
    key_id, system = await key_of(cast, cast.ada, account_id=str(cast.pam.id))
    assert (await system.get("/me")).json()["account_id"] == str(cast.pam.id)
    assert [line["id"] for line in (await cast.ada.get("/api-keys")).json()["items"]] == [key_id]


async def test_another_partner_neither_sees_nor_revokes_a_key(cast: Cast, context: Context, http: object) -> None:
    from tests.cast import joined

    key_id, system = await key_of(cast, cast.pam)
    async with begin(context.database, SYSTEM) as work:
        sue = await joined(work, cast.pam.http, "sue", Role.PARTNER_OFFICE, cast.south)
    assert (await sue.get("/api-keys")).json()["items"] == []
    assert (await sue.post("/api-keys/revoke", {"key_id": key_id})).status_code == 404
    assert (await system.get("/me")).status_code == 200


async def test_a_partner_has_so_many_keys_at_most(cast: Cast) -> None:
    for _ in range(20):
        await key_of(cast, cast.pam)
    refused = await cast.pam.post("/api-keys", {"name": "one more"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-keys")

"""Sign-in, refresh and invitations over HTTP."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, transact
from domain.people import sessions
from domain.people.model import Device, SignIn
from domain.people.tokens import NO_DEVICE, RefreshToken, read_token
from tests.cast import Caller, Cast
from tests.conftest import rows

PASSWORD = "a long pass phrase"


async def invited(cast: Cast, nobody: Caller, login: str = "new@test") -> str:
    person = await cast.pam.done("/people", {"login": login, "name": "New", "role": "technician"})
    link = await cast.pam.done("/people/invitation-links", {"account_id": person["id"]})
    response = await nobody.post("/sign-in/password", {"token": link["token"], "password": PASSWORD})
    assert response.status_code == 200, response.text
    return str(person["id"])


def phone() -> dict[str, str]:
    return {"id": str(uuid4()), "name": "a phone"}


async def sign_in(nobody: Caller, login: str = "new@test", **more: object) -> dict[str, str]:
    response = await nobody.post("/sign-in", {"login": login, "password": PASSWORD, **more})
    assert response.status_code == 200, response.text
    return dict(response.json())


async def refresh(nobody: Caller, token: str) -> tuple[int, dict[str, str]]:
    response = await nobody.post("/sign-in/refresh", {"refresh_token": token})
    return response.status_code, response.json()


async def test_an_invited_technician_sets_a_password_and_signs_in_with_a_phone(cast: Cast, nobody: Caller) -> None:
    await invited(cast, nobody)
    tokens = await sign_in(nobody, phone=phone())
    me = await nobody.http.get("/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert me.json()["role"] == "technician"
    assert me.json()["partner_id"] == str(cast.north)


async def test_an_invitation_link_works_once(cast: Cast, nobody: Caller) -> None:
    person = await cast.pam.done("/people", {"login": "new@test", "name": "New", "role": "technician"})
    link = await cast.pam.done("/people/invitation-links", {"account_id": person["id"]})
    body = {"token": link["token"], "password": PASSWORD}
    assert (await nobody.post("/sign-in/password", body)).status_code == 200
    again = await nobody.post("/sign-in/password", body)
    assert (again.status_code, again.json()["code"]) == (422, "invitation-spent")


async def test_a_password_that_is_set_takes_every_other_link_away(cast: Cast, nobody: Caller) -> None:
    person = await cast.pam.done("/people", {"login": "new@test", "name": "New", "role": "technician"})
    links = [await cast.pam.done("/people/invitation-links", {"account_id": person["id"]}) for _ in range(2)]
    statuses = [
        (await nobody.post("/sign-in/password", {"token": link["token"], "password": PASSWORD})).status_code
        for link in links
    ]
    assert statuses == [200, 422]


async def test_a_disabled_account_takes_no_password(cast: Cast, nobody: Caller) -> None:
    person = await cast.pam.done("/people", {"login": "new@test", "name": "New", "role": "technician"})
    link = await cast.pam.done("/people/invitation-links", {"account_id": person["id"]})
    await cast.pam.done("/people/disable", {"account_id": person["id"], "reason": "left the company"})
    refused = await nobody.post("/sign-in/password", {"token": link["token"], "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (422, "invitation-spent")


async def test_a_wrong_password_and_an_unknown_login_are_told_apart_by_nothing(cast: Cast, nobody: Caller) -> None:
    await invited(cast, nobody)
    wrong = await nobody.post("/sign-in", {"login": "new@test", "password": "not this one"})
    unknown = await nobody.post("/sign-in", {"login": "who@test", "password": "not this one"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_ten_wrong_passwords_make_one_wait(cast: Cast, nobody: Caller) -> None:
    for _ in range(10):
        assert (await nobody.post("/sign-in", {"login": "who@test", "password": "x"})).status_code == 401
    eleventh = await nobody.post("/sign-in", {"login": "who@test", "password": "x"})
    assert eleventh.status_code == 429
    assert 0 < int(eleventh.headers["retry-after"]) <= 901


async def test_a_lost_answer_gets_the_same_successor_and_an_older_token_ends_the_family(
    cast: Cast, nobody: Caller
) -> None:
    await invited(cast, nobody)
    first = (await sign_in(nobody, phone=phone()))["refresh_token"]
    status, second = await refresh(nobody, first)
    assert status == 200
    status, repeated = await refresh(nobody, first)
    assert status == 200
    assert repeated["refresh_token"] == second["refresh_token"]
    status, third = await refresh(nobody, second["refresh_token"])
    assert status == 200
    status, refused = await refresh(nobody, first)
    assert (status, refused["code"]) == (401, "session-ended")
    status, _ = await refresh(nobody, third["refresh_token"])
    assert status == 401


async def test_the_previous_token_is_refused_after_a_minute(cast: Cast, nobody: Caller, context: Context) -> None:
    await invited(cast, nobody)
    tokens = await sign_in(nobody, phone=phone())
    await refresh(nobody, tokens["refresh_token"])
    async with begin(context.database, SYSTEM) as work:
        earlier = work.now - dt.timedelta(seconds=61)
        await work.db.execute(update(SignIn).where(SignIn.id == tokens["session_id"]).values(rotated_at=earlier))
    status, _ = await refresh(nobody, tokens["refresh_token"])
    assert status == 401


async def test_a_restored_server_adopts_the_session_of_an_enrolled_phone_once(
    cast: Cast, nobody: Caller, owner: AsyncEngine
) -> None:
    await invited(cast, nobody)
    tokens = await sign_in(nobody, phone=phone())
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM access_token")
        await connection.exec_driver_sql(f"DELETE FROM session WHERE id = '{tokens['session_id']}'")
    status, adopted = await refresh(nobody, tokens["refresh_token"])
    assert status == 200
    assert adopted["session_id"] == tokens["session_id"]
    assert (await rows(owner, "SELECT kind FROM auth_event WHERE kind = 'session-adopted'")) != []


async def test_a_restored_server_believes_a_token_of_its_own_that_is_newer_than_it_knows(
    cast: Cast, nobody: Caller, owner: AsyncEngine
) -> None:
    await invited(cast, nobody)
    first = await sign_in(nobody, phone=phone())
    before = await rows(owner, f"SELECT generation, refresh_hash FROM session WHERE id = '{first['session_id']}'")
    _, second = await refresh(nobody, first["refresh_token"])
    _, third = await refresh(nobody, second["refresh_token"])
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE session SET generation = :g, refresh_hash = :h, previous_hash = NULL WHERE id = :id"),
            {"g": before[0][0], "h": before[0][1], "id": first["session_id"]},
        )
    status, fourth = await refresh(nobody, third["refresh_token"])
    assert (status, fourth["session_id"]) == (200, first["session_id"])
    assert (await refresh(nobody, fourth["refresh_token"]))[0] == 200


async def test_a_session_that_is_adopted_from_many_requests_at_once_is_one_session(
    cast: Cast, nobody: Caller, owner: AsyncEngine
) -> None:
    await invited(cast, nobody)
    tokens = await sign_in(nobody, phone=phone())
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM access_token")
        await connection.exec_driver_sql(f"DELETE FROM session WHERE id = '{tokens['session_id']}'")
    answers = await asyncio.gather(*(refresh(nobody, tokens["refresh_token"]) for _ in range(5)))
    assert [status for status, _ in answers] == [200] * 5
    assert len({answer["refresh_token"] for _, answer in answers}) == 1
    assert len(await rows(owner, "SELECT 1 FROM auth_event WHERE kind = 'session-adopted'")) == 1


async def test_a_phone_that_two_people_enrol_at_once_is_one_person_s(cast: Cast, nobody: Caller) -> None:
    logins = [f"new{n}@test" for n in range(4)]
    for login in logins:
        await invited(cast, nobody, login)
    one = phone()
    answers = await asyncio.gather(
        *(nobody.post("/sign-in", {"login": login, "password": PASSWORD, "phone": one}) for login in logins)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_a_browser_session_without_a_phone_is_not_adopted(cast: Cast, nobody: Caller, owner: AsyncEngine) -> None:
    await invited(cast, nobody)
    tokens = await sign_in(nobody)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM access_token")
        await connection.exec_driver_sql(f"DELETE FROM session WHERE id = '{tokens['session_id']}'")
    status, _ = await refresh(nobody, tokens["refresh_token"])
    assert status == 401


async def test_who_is_remembered_takes_no_more_room_than_there_is(
    cast: Cast, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.context.TOKEN_CACHE_MAX", 3)
    people = (cast.ann, cast.pam, cast.ben, cast.otto, cast.dora, cast.rex, cast.ada)
    for _ in range(2):
        for caller in people:
            assert (await caller.get("/me")).json()["account_id"] == str(caller.id)
            assert len(context.principals._known) <= 3


async def test_a_forged_refresh_token_is_refused(nobody: Caller, cast: Cast) -> None:
    await invited(cast, nobody)
    token = (await sign_in(nobody, phone=phone()))["refresh_token"]
    for place in (0, 40, 60, 100):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert (await refresh(nobody, other))[0] == 401


async def test_a_revoked_phone_is_out_at_once_for_writes(cast: Cast, context: Context) -> None:
    device = cast.ann.actor.device_id if cast.ann.actor else None
    await cast.pam.done("/devices/revoke", {"device_id": str(device), "reason": "lost in a lift shaft"})
    response = await cast.ann.post("/sign-out")
    assert response.status_code == 401
    async with begin(context.database, SYSTEM) as work:
        found = await work.db.get(Device, device)
        assert found is not None
        assert found.revoked_at is not None


async def test_a_phone_of_somebody_else_cannot_be_taken_over(cast: Cast, nobody: Caller) -> None:
    await invited(cast, nobody, "one@test")
    await invited(cast, nobody, "two@test")
    same = phone()
    await sign_in(nobody, "one@test", phone=same)
    response = await nobody.post("/sign-in", {"login": "two@test", "password": PASSWORD, "phone": same})
    assert (response.status_code, response.json()["code"]) == (409, "device-of-somebody-else")


async def test_a_browser_cookie_writes_from_our_own_pages_only(cast: Cast, nobody: Caller) -> None:
    await invited(cast, nobody)
    response = await nobody.post("/sign-in/browser", {"login": "new@test", "password": PASSWORD})
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-fieldstone=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    headers = {"cookie": cookie.split(";")[0]}
    assert (await nobody.http.get("/me", headers=headers)).status_code == 200
    foreign = await nobody.http.post("/sign-out", headers={**headers, "origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not-allowed")
    own = await nobody.http.post("/sign-out", headers={**headers, "origin": "http://fieldstone.test"})
    assert own.status_code == 200


async def test_expired_access_tokens_are_tidied_away(cast: Cast, context: Context) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert await transact(context.database, SYSTEM, sessions.forget_expired, now=later) == 7


async def test_a_stolen_phone_that_enrolled_itself_anew_is_revoked_with_its_old_id(
    cast: Cast, nobody: Caller, owner: AsyncEngine
) -> None:
    await invited(cast, nobody)
    device = phone()
    tokens = await sign_in(nobody, phone=device)
    for _ in range(2):
        thief = Caller(nobody.http, tokens["access_token"], None)
        answer = await thief.post("/sync/enrol", {"device": str(uuid4()), "name": "another name", "app": "1"})
        tokens = answer.json()
    await cast.pam.done("/devices/revoke", {"device_id": device["id"], "reason": "stolen from the van"})
    assert (await refresh(nobody, tokens["refresh_token"]))[0] == 401
    assert await rows(owner, "SELECT count(*) FROM device WHERE revoked_at IS NOT NULL") == [(3,)]
    late = Caller(nobody.http, tokens["access_token"], None)
    answer = await late.post("/sync/enrol", {"device": str(uuid4()), "name": "a third name", "app": "1"})
    assert answer.status_code == 401


async def test_a_browser_s_session_is_not_adopted_by_whoever_enrolled_the_empty_id(
    cast: Cast, nobody: Caller, owner: AsyncEngine
) -> None:
    await invited(cast, nobody)
    await sign_in(nobody, phone={**phone(), "id": str(NO_DEVICE)})
    await invited(cast, nobody, "other@test")
    browser = await sign_in(nobody, "other@test")
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM access_token")
        await connection.exec_driver_sql(f"DELETE FROM session WHERE id = '{browser['session_id']}'")
    assert (await refresh(nobody, browser["refresh_token"]))[0] == 401


async def test_a_revoked_phone_signs_in_no_more(cast: Cast, nobody: Caller) -> None:
    await invited(cast, nobody)
    device = phone()
    await sign_in(nobody, phone=device)
    await cast.pam.done("/devices/revoke", {"device_id": device["id"], "reason": "stolen from the van"})
    again = await nobody.post("/sign-in", {"login": "new@test", "password": PASSWORD, "phone": device})
    assert (again.status_code, again.json()["code"]) == (401, "session-ended")


async def test_a_password_that_is_set_ends_every_older_session(cast: Cast, nobody: Caller) -> None:
    account_id = await invited(cast, nobody)
    tokens = await sign_in(nobody, phone=phone())
    link = await cast.pam.done("/people/invitation-links", {"account_id": account_id, "purpose": "reset"})
    body = {"token": link["token"], "password": "another long pass phrase"}
    assert (await nobody.post("/sign-in/password", body)).status_code == 200
    assert (await refresh(nobody, tokens["refresh_token"]))[0] == 401
    earlier = Caller(nobody.http, tokens["access_token"], None)
    assert (await earlier.post("/sign-out")).status_code == 401


@pytest.mark.parametrize("what", ["disable the person", "revoke the phone", "suspend the partner"])
async def test_a_restored_server_adopts_no_session_of_who_was_shut_out_since(
    cast: Cast, nobody: Caller, owner: AsyncEngine, what: str
) -> None:
    account_id = await invited(cast, nobody)
    device = phone()
    tokens = await sign_in(nobody, phone=device)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"DELETE FROM session WHERE id = '{tokens['session_id']}'")
    shut_out: dict[str, tuple[str, dict[str, Any]]] = {
        "disable the person": ("/people/disable", {"account_id": account_id}),
        "revoke the phone": ("/devices/revoke", {"device_id": device["id"]}),
        "suspend the partner": ("/partners/suspend", {"partner_id": str(cast.north)}),
    }
    path, body = shut_out[what]
    await cast.ada.done(path, body | {"reason": "no longer one of us"})
    assert (await refresh(nobody, tokens["refresh_token"]))[0] == 401


async def test_a_token_of_one_phone_s_session_serves_no_other_phone(
    cast: Cast, nobody: Caller, context: Context
) -> None:
    await invited(cast, nobody)
    given = (await sign_in(nobody, phone=phone()))["refresh_token"]
    token = read_token(given, context.session_key)
    assert isinstance(token, RefreshToken)
    other = replace(token, device=uuid4()).text(context.session_key)
    assert (await refresh(nobody, other))[0] == 401
    assert (await refresh(nobody, given))[0] == 200, "the session itself stands"


@pytest.mark.parametrize("text", ["A" * 41, "A" * 120])
async def test_what_is_no_token_is_refused_like_a_forged_one(nobody: Caller, text: str) -> None:
    status, refused = await refresh(nobody, text)
    assert (status, refused["code"]) == (401, "session-ended")

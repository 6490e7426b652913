"""Who may invite, see and disable whom."""

import typing
from uuid import UUID, uuid4

import pytest
from sqlalchemy import column, false

from api.context import Context
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from domain.people.access import own_rows_of
from tests.cast import Caller, Cast, actor_of, joined


async def newcomer(context: Context, cast: Cast, name: str, role: Role, partner_id: UUID | None) -> Caller:
    async with begin(context.database, SYSTEM) as work:
        return await joined(work, cast.ada.http, name, role, partner_id)


async def test_a_partner_office_invites_technicians_of_its_own_partner_only(cast: Cast) -> None:
    own = await cast.pam.post("/people", {"login": "a@test", "name": "A", "role": "technician"})
    assert own.status_code == 201
    other = await cast.pam.post(
        "/people", {"login": "b@test", "name": "B", "role": "technician", "partner_id": str(cast.south)}
    )
    assert (other.status_code, other.json()["code"]) == (403, "not-allowed")
    office = await cast.pam.post("/people", {"login": "c@test", "name": "C", "role": "dispatcher"})
    assert office.status_code == 403


async def test_a_login_is_given_once(cast: Cast) -> None:
    body = {"login": "A@test", "name": "A", "role": "technician"}
    assert (await cast.pam.post("/people", body)).status_code == 201
    taken = await cast.ada.post("/people", body | {"login": "a@TEST"})
    assert (taken.status_code, taken.json()["code"]) == (409, "login-taken")


async def test_a_partner_office_sees_and_disables_its_own_people_only(cast: Cast) -> None:
    seen = {line["login"] for line in (await cast.pam.get("/people")).json()["items"]}
    assert seen == {"ann@test", "pam@test"}
    refused = await cast.pam.post("/people/disable", {"account_id": str(cast.ben.id), "reason": "rival"})
    assert refused.status_code == 404
    await cast.pam.done("/people/disable", {"account_id": str(cast.ann.id), "reason": "left the company"})
    assert (await cast.ann.post("/sign-out")).status_code == 401


async def test_the_dispatcher_finds_technicians_of_every_side(cast: Cast) -> None:
    seen = {line["login"] for line in (await cast.dora.get("/people", role="technician")).json()["items"]}
    assert seen == {"ann@test", "ben@test", "otto@test"}


async def test_a_disabled_person_signs_in_again_once_enabled(cast: Cast) -> None:
    await cast.ada.done("/people/disable", {"account_id": str(cast.ann.id), "reason": "leave of absence"})
    foreign = await cast.pam.post("/people/enable", {"account_id": str(cast.ben.id)})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not-found")
    await cast.pam.done("/people/enable", {"account_id": str(cast.ann.id)})
    people = {line["login"]: line["disabled_at"] for line in (await cast.pam.get("/people")).json()["items"]}
    assert people["ann@test"] is None


async def test_nobody_disables_their_own_account(cast: Cast) -> None:
    refused = await cast.pam.post("/people/disable", {"account_id": str(cast.pam.id), "reason": "by mistake"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")


async def test_a_technician_may_not_see_people(cast: Cast) -> None:
    response = await cast.ann.get("/people")
    assert (response.status_code, response.json()["code"]) == (403, "not-allowed")


async def test_nobody_sees_nothing(nobody: Caller, cast: Cast) -> None:
    assert (await nobody.get("/people")).status_code == 401


async def test_people_come_in_pages_that_neither_skip_nor_repeat(cast: Cast) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await cast.ada.get("/people", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [line["login"] for line in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 7


async def test_a_cursor_that_no_page_gave_out_is_refused(cast: Cast) -> None:
    response = await cast.ada.get("/people", cursor="bm9wZQ")
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")


async def test_the_same_key_gets_the_first_answer_and_other_content_is_refused(cast: Cast) -> None:
    body = {"code": "EAST", "name": "East", "grade": "B", "region": "east", "currency": "EUR"}
    first = await cast.ada.post("/partners", body, key="one")
    again = await cast.ada.post("/partners", body, key="one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await cast.ada.post("/partners", body | {"name": "West"}, key="one")
    assert (other.status_code, other.json()["code"]) == (422, "operation-id-reused")


async def test_a_partner_is_listed_with_the_currency_it_is_paid_in(cast: Cast) -> None:
    await cast.ada.done("/partners", {"code": "JAPAN", "name": "J", "grade": "B", "region": "east", "currency": "JPY"})
    listed = (await cast.dora.get("/partners")).json()["items"]
    assert {one["code"]: one["currency"] for one in listed}["JAPAN"] == "JPY"
    (own,) = (await cast.pam.get("/partners")).json()["items"]
    assert (own["id"], own["currency"]) == (str(cast.north), "EUR")


async def test_nobody_below_an_admin_keeps_an_admin_s_account(context: Context, cast: Cast) -> None:
    sam = await newcomer(context, cast, "sam", Role.SERVICE_MANAGER, None)
    of_ada = {"account_id": str(cast.ada.id)}
    for purpose in ("invite", "reset"):
        link = await sam.post("/people/invitation-links", of_ada | {"purpose": purpose})
        assert (link.status_code, link.json()["code"]) == (403, "not-allowed")
    assert (await sam.post("/people/disable", of_ada | {"reason": "a coup"})).status_code == 403
    assert (await sam.post("/people/enable", of_ada)).status_code == 403
    assert (await cast.ada.get("/me")).status_code == 200
    assert (await sam.post("/people/invitation-links", {"account_id": str(cast.dora.id)})).status_code == 201


async def test_a_partner_office_keeps_technicians_and_not_its_own_colleagues(context: Context, cast: Cast) -> None:
    pat = await newcomer(context, cast, "pat", Role.PARTNER_OFFICE, cast.north)
    for whom in (pat, cast.pam):
        link = await cast.pam.post("/people/invitation-links", {"account_id": str(whom.id), "purpose": "reset"})
        assert (link.status_code, link.json()["code"]) == (403, "not-allowed")
    disabled = await cast.pam.post("/people/disable", {"account_id": str(pat.id), "reason": "a coup"})
    assert (disabled.status_code, disabled.json()["code"]) == (403, "not-allowed")
    assert (await pat.post("/sign-out")).status_code == 200
    assert (await cast.pam.post("/people/invitation-links", {"account_id": str(cast.dora.id)})).status_code == 404
    assert (await cast.pam.post("/people/invitation-links", {"account_id": str(cast.ann.id)})).status_code == 201


async def test_a_partner_s_code_is_given_once(cast: Cast) -> None:
    body = {"code": "NORTH", "name": "Another", "grade": "B", "region": "east", "currency": "EUR"}
    taken = await cast.ada.post("/partners", body)
    assert (taken.status_code, taken.json()["code"], taken.json()["partner"]) == (409, "partner-code-taken", "NORTH")


async def test_only_an_admin_invites_an_admin(context: Context, cast: Cast) -> None:
    sam = await newcomer(context, cast, "sam", Role.SERVICE_MANAGER, None)
    body = {"login": "new@test", "name": "New", "role": "admin"}
    refused = await sam.post("/people", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert (await cast.ada.post("/people", body)).status_code == 201


@pytest.mark.parametrize(
    ("role", "of", "field"),
    [
        ("system", None, "role"),
        ("partner_office", None, "partner_id"),
        ("dispatcher", "north", "partner_id"),
        ("technician", "nobody", "partner_id"),
    ],
)
async def test_nobody_is_invited_in_a_role_that_their_side_does_not_have(
    cast: Cast, role: str, of: str | None, field: str
) -> None:
    partner = {None: None, "north": str(cast.north), "nobody": str(uuid4())}[of]
    refused = await cast.ada.post("/people", {"login": "new@test", "name": "New", "role": role, "partner_id": partner})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid-request", field)


async def test_a_partner_revokes_phones_of_its_own_alone(cast: Cast) -> None:
    for device_id in (str(actor_of(cast.ben).device_id), str(uuid4())):
        refused = await cast.pam.post("/devices/revoke", {"device_id": device_id, "reason": "a rival's"})
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert (await cast.ben.post("/sign-out")).status_code == 200


@pytest.mark.parametrize(("path", "by"), [("/partners", "code"), ("/devices", "id"), ("/api-keys", "id")])
async def test_every_list_comes_in_pages_that_neither_skip_nor_repeat(cast: Cast, path: str, by: str) -> None:
    for name in ("first", "second", "third"):
        await cast.pam.done("/api-keys", {"name": name})
    whole = [line[by] for line in (await cast.ada.get(path)).json()["items"]]
    seen: list[str] = []
    page: dict[str, typing.Any] = {"next": ""}
    while page["next"] is not None:
        page = (await cast.ada.get(path, limit=1, **({"cursor": page["next"]} if page["next"] else {}))).json()
        seen += [line[by] for line in page["items"]]
    assert seen == whole
    assert len(set(seen)) >= 2


def test_a_role_that_nobody_thought_of_sees_no_rows() -> None:
    later = typing.cast(Role, "a-role-of-a-later-release")
    assert own_rows_of(later, True, column("partner_id")).compare(false())
    assert own_rows_of(later, False, column("partner_id"), column("technician_id")).compare(false())

"""What the database itself keeps a partner from doing to reports, were every rule of the program passed by."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.database import writing
from domain.kit.ids import new_id
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows
from tests.reports.sheets import reported

OTHER_CODE = "A" * 26
ASK = (
    "INSERT INTO report_amendment (id, report_id, partner_id, predecessor, kind, reason, asked_by, asked_at) "
    "VALUES (:id, :report, current_partner(), 1, :kind, 'why not', :who, now())"
)
DECIDE = (
    "INSERT INTO amendment_decision (amendment_id, decision, two, decided_by, of_office, decided_at) "
    "VALUES (:id, 'approve', false, :who, true, now())"
)
REVISION = (
    "INSERT INTO report_revision (report_id, revision, partner_id, document, digest, verification_code, short_code, "
    "frozen_at, signature, amendment_id) VALUES (:report, :revision, current_partner(), 'x', 'x', 'B', 'B', now(), "
    "'awaited', :amendment)"
)
PERSON = (
    "INSERT INTO report_person (report_id, revision, partner_id, salt, personal) "
    "VALUES (:report, 2, current_partner(), 'x', 'x')"
)
COLLECTION = (
    "INSERT INTO collection (code_hash, visit_id, partner_id, pin_hash, letter_id) "
    "VALUES ('x', :visit, current_partner(), 'y', :letter)"
)
REPORT = (
    "INSERT INTO report (id, visit_id, partner_id, state, created_at) "
    "VALUES (gen_random_uuid(), :visit, current_partner(), 'frozen', now())"
)
UNSIGNED: dict[str, Any] = {"signature": None, "signed_by": None, "no_signature_reason": "absent"}


async def on_the_role_of(context: Context, caller: Caller, *statements: tuple[str, dict[str, Any]]) -> None:
    """Run statements on the database role of somebody."""
    async with writing(context.database, actor_of(caller)) as (connection, _):
        for statement, given in statements:
            await connection.execute(text(statement), given)


async def report_id(owner: AsyncEngine) -> uuid.UUID:
    ((found,),) = await rows(owner, "SELECT id FROM report")
    assert isinstance(found, uuid.UUID)
    return found


async def test_nothing_comes_to_another_partners_report(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await reported(context, cast, **UNSIGNED)
    report = await report_id(owner)
    amendment, ben = new_id(), cast.ben
    ask = (ASK, {"id": amendment, "report": report, "kind": "amend", "who": ben.id})
    decide = (DECIDE, {"id": amendment, "who": ben.id})
    add = (REVISION, {"report": report, "revision": 2, "amendment": amendment})
    for statements in (
        [ask],
        [ask, decide, add],
        [(PERSON, {"report": report})],
        [(REVISION, {"report": report, "revision": 1, "amendment": None})],
        [(COLLECTION, {"visit": visit.visit_id, "letter": None})],
        [(REPORT, {"visit": visit.visit_id})],
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            await on_the_role_of(context, ben, *statements)
    assert await rows(owner, "SELECT count(*) FROM report_revision") == [(1,)]


async def test_only_our_office_erases_withdraws_and_signs(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    """An erasure takes one person; asked for by a partner it would be a way past the second one."""
    await reported(context, cast)
    report = await report_id(owner)
    for kind in ("erase", "withdraw", "sign"):
        asked = {"id": new_id(), "report": report, "kind": kind, "who": cast.pam.id}
        with pytest.raises(DBAPIError, match="row-level security"):
            await on_the_role_of(context, cast.pam, (ASK, asked))
    own = {"id": new_id(), "report": report, "kind": "amend", "who": cast.pam.id}
    await on_the_role_of(context, cast.pam, (ASK, own))


async def test_the_codes_in_letters_are_ours(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    visit = await reported(context, cast)
    letter = new_id()
    with pytest.raises(DBAPIError, match="row-level security"):
        await on_the_role_of(context, cast.pam, (COLLECTION, {"visit": visit.visit_id, "letter": letter}))
    async with owner.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO collection (code_hash, visit_id, partner_id, pin_hash, letter_id) "
                "VALUES ('x', :visit, :partner, 'y', :letter)"
            ),
            {"visit": visit.visit_id, "partner": cast.north, "letter": letter},
        )
    await on_the_role_of(context, cast.pam, ("UPDATE collection SET pin_hash = 'mine', tries = 0", {}))
    assert await rows(owner, "SELECT pin_hash FROM collection WHERE letter_id IS NOT NULL") == [(b"y",)]

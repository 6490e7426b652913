"""D9: a partner authorised for product and region that day, a technician active and certified."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast
from tests.claims.visits import claimed, claims, complete, fill_sheet, hits, scan


async def change(context: Context, statement: str, **params: Any) -> None:
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text(statement), params)


async def test_an_accepted_claim_names_the_authorisation_it_stands_on(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    (claim,) = await claims(context)
    async with begin(context.database, SYSTEM) as work:
        own = text("SELECT id FROM authorisation WHERE partner_id = :id")
        assert claim.authorisation_id == await work.db.scalar(own, {"id": cast.north})


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE authorisation SET product_line = 'dryers'", "partner-not-authorised"),
        ("UPDATE authorisation SET region = 'south'", "partner-not-authorised"),
        ("UPDATE authorisation SET to_on = '2001-01-01'", "partner-not-authorised"),
        ("UPDATE authorisation SET from_on = '2090-01-01'", "partner-not-authorised"),
        ("UPDATE certification SET product_line = 'dryers'", "technician-not-certified"),
        ("UPDATE certification SET to_on = '2001-01-01'", "technician-not-certified"),
    ],
)
async def test_what_is_not_permitted_is_looked_at(context: Context, cast: Cast, statement: str, reason: str) -> None:
    ready = await make.ready_visit(context, cast)
    await change(context, statement)
    await claimed(ready)
    (claim,) = await claims(context)
    assert (claim.state, claim.payable) == ("in_review", False)
    assert claim.told == {"state": "in_review", "reasons": ["not-authorised"]}
    assert [(hit.rule, hit.reason) for hit in await hits(context)] == [("D9", reason)]


async def test_the_line_and_the_region_of_the_repair_are_enough(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast, site_given={"region": "alps"})
    await change(context, "UPDATE authorisation SET product_line = 'washers', region = 'alps'")
    await change(context, "UPDATE certification SET product_line = 'washers'")
    await claimed(ready)
    (claim,) = await claims(context)
    assert claim.state == "accepted"


async def test_a_technician_who_left_before_the_repair_is_looked_at(context: Context, cast: Cast) -> None:
    ready = await make.ready_visit(context, cast)
    await fill_sheet(ready)
    await scan(ready)
    await change(context, "UPDATE account SET disabled_at = now() - interval '1 day' WHERE id = :id", id=cast.ann.id)
    keyed = replace(ready, technician=cast.dora)
    assert (await complete(keyed)).status_code == 200
    assert [(hit.rule, hit.reason) for hit in await hits(context)] == [("D9", "technician-not-active")]


async def test_the_database_accepts_no_claim_without_an_authorisation(context: Context, cast: Cast) -> None:
    await claimed(await make.ready_visit(context, cast))
    with pytest.raises(IntegrityError, match="ck_claim_authorised"):
        await change(context, "UPDATE claim SET authorisation_id = NULL")
    with pytest.raises(IntegrityError, match="fk_claim_authorisation_id_partner_id"):
        await change(
            context,
            "UPDATE claim SET authorisation_id = (SELECT id FROM authorisation WHERE partner_id = :south)",
            south=cast.south,
        )

"""What a file changes of customers, sites, units and warranty reaches the phones whose jobs show it."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.running import Importing, open_run, run_import
from domain.catalog.model import Model
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, transact
from domain.warranty.model import Contract
from tests import make
from tests.cast import Cast
from tests.sync.phones import numbers, told


async def imported(context: Context, folder: Path, kind: str, content: str) -> None:
    """Import a file to its end."""
    path = folder / f"{kind}.csv"
    path.write_text(content)
    source = look_through(path)
    run_id, _ = await transact(
        context.database, SYSTEM, lambda work: open_run(work, KINDS[kind], source, path.name, new_id())
    )
    await run_import(Importing(context.database, context.sandbox, SYSTEM), KINDS[kind], source, run_id)


@pytest.mark.parametrize(
    ("kind", "heading", "line"),
    [
        ("customers", "number,name", "{customer},Another Name"),
        ("contacts", "customer,name,phone", "{customer},{contact},+49 40 555"),
        (
            "sites",
            "customer,code,name,address,city,country,time_zone",
            "{customer},{site},Cellar,New Street 1,Bremen,DE,UTC",
        ),
        ("units", "model,serial,name", "{model},{serial},By the door"),
        ("models", "code,name,product_line", "{model},Washer de luxe,washers"),
        ("warranty-terms", "model,from_on,parts,labour,travel", "{model},2001-01-01,12,12,12"),
        (
            "contracts",
            "number,customer,name,starts_on,ends_on,parts",
            "{contract},{customer},Less,2020-01-01,2020-12-31,no",
        ),
        ("contract-units", "contract,model,serial", "{unlisted},{model},{serial}"),
    ],
)
async def test_a_file_that_changes_what_a_job_shows_tells_its_phone(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, kind: str, heading: str, line: str
) -> None:
    ready = await make.ready_visit(context, cast)
    other = await make.ready_visit(context, cast, technician=cast.otto)
    async with begin(context.database, SYSTEM) as work:
        contract_id = await make.contract(work, ready.customer_id, ready.unit_id)
        unlisted_id = await make.contract(work, ready.customer_id)
        names = {
            "customer": await work.db.scalar(select(Customer.number).where(Customer.id == ready.customer_id)),
            "contact": await work.db.scalar(select(Contact.name).where(Contact.id == ready.contact_id)),
            "site": await work.db.scalar(select(Site.code).where(Site.id == ready.site_id)),
            "model": await work.db.scalar(select(Model.code).where(Model.id == ready.model_id)),
            "serial": await work.db.scalar(select(Unit.serial).where(Unit.id == ready.unit_id)),
            "contract": await work.db.scalar(select(Contract.number).where(Contract.id == contract_id)),
            "unlisted": await work.db.scalar(select(Contract.number).where(Contract.id == unlisted_id)),
        }
    content = f"{heading}\n{line.format(**names)}\n"
    await imported(context, tmp_path, kind, content)
    assert await told(owner, cast.ann) == {("job", ready.job_id): None}
    before = await numbers(owner, cast.ann)
    await imported(context, tmp_path, kind, content + "\n")
    assert await numbers(owner, cast.ann) == before
    assert ("job", other.job_id) not in await told(owner, cast.otto)

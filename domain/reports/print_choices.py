"""Which documents to print where somebody names a model, a claim, a day or a period instead of each of them."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model
from domain.claims.model import Claim
from domain.claims.reviewed import CoreReturn
from domain.installs.model import Unit
from domain.installs.serials import normalise
from domain.jobs.model import Visit
from domain.jobs.queries import day_begins_before, day_ends_after
from domain.people.model import Account
from domain.reports.model import Report
from domain.reports.print_jobs import documents_max


async def units_to_label(db: AsyncConnection, model: str, serials: Sequence[str]) -> list[UUID]:
    """Return units by serial in the order given, or a thousand of a model by serial."""
    query = select(Unit.id, Unit.serial_key).join(Model, Model.id == Unit.model_id)
    if model:
        query = query.where(Model.code == model)
    if not serials:
        rows = (await db.execute(query.order_by(Unit.serial_key).limit(documents_max))).all()
        return [row.id for row in rows]
    keys = [normalise(serial) for serial in serials]
    found = {row.serial_key: row.id for row in (await db.execute(query.where(Unit.serial_key.in_(keys)))).all()}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


async def parts_to_label(db: AsyncConnection, claim_numbers: Sequence[int]) -> list[UUID]:
    """Return the old parts that some claims still wait for."""
    query = select(CoreReturn.id).join(Claim, Claim.id == CoreReturn.claim_id)
    wanted = query.where(Claim.number.in_(claim_numbers), CoreReturn.state == "expected")
    return list((await db.execute(wanted.order_by(Claim.number, CoreReturn.id).limit(documents_max))).scalars())


async def technicians_of_day(db: AsyncConnection, day: dt.date, logins: Sequence[str]) -> list[UUID]:
    """Return the technicians with a visit planned about a day, by name; those with these logins, or all."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    query = (
        select(Account.id)
        .join(Visit, Visit.technician_id == Account.id)
        .where(Visit.planned_from >= midnight - day_begins_before, Visit.planned_from < midnight + day_ends_after)
        .group_by(Account.id)
        .order_by(func.min(Account.name), Account.id)
        .limit(documents_max)
    )
    if logins:
        query = query.where(Account.login.in_([login.lower() for login in logins]))
    return list((await db.execute(query)).scalars())


async def visits_reported(db: AsyncConnection, first: dt.date, last: dt.date) -> list[UUID]:
    """Return the visits completed from one day to another, in UTC, that have a report; a thousand at most."""
    begin = dt.datetime.combine(first, dt.time(), dt.UTC)
    end = dt.datetime.combine(last, dt.time(), dt.UTC) + dt.timedelta(days=1)
    query = select(Report.visit_id).join(Visit, Visit.id == Report.visit_id)
    within = query.where(Visit.completed_at >= begin, Visit.completed_at < end)
    return list((await db.execute(within.order_by(Report.number).limit(documents_max))).scalars())

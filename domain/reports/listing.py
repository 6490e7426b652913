"""The reports of a span of time, for those who print or look through many."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.model import Customer
from domain.jobs.model import Job, Visit
from domain.kit.actor import Actor, Role
from domain.kit.limits import Moment
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.people.model import Account
from domain.reports import rules
from domain.reports.model import Report

span_max = dt.timedelta(days=32)
"""A calendar month by any clock: a list without a technician asks for the visits of each."""


class ReportsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose visits that were completed from one moment until before another, 32 days at most; of all without a name."""

    completed_from: Moment = msgspec.field(name="from")
    completed_before: Moment = msgspec.field(name="to")
    technician_id: UUID | None = None


class ReportLine(msgspec.Struct, frozen=True):
    """A report in a list: of which visit, whose, for whom."""

    visit_id: UUID
    report_number: str
    job_number: str
    technician: str
    customer_name: str
    completed_at: dt.datetime


class _Row(msgspec.Struct, frozen=True):
    visit_id: UUID
    number: int
    job_number: int
    technician: str
    customer_name: str
    completed_at: dt.datetime


_ROWS = Read(
    _Row,
    select(
        Visit.id.label("visit_id"),
        Report.number,
        Job.number.label("job_number"),
        Account.name.label("technician"),
        Customer.name.label("customer_name"),
        Visit.completed_at,
    )
    .join(Report, Report.visit_id == Visit.id)
    .join(Job, Job.id == Visit.job_id)
    .join(Customer, Customer.id == Job.customer_id)
    .join(Account, Account.id == Visit.technician_id)
    .order_by(Visit.completed_at, Visit.id),
)


async def reports(db: AsyncConnection, actor: Actor, page: ReportsQuery) -> Page[ReportLine]:
    """Return a page of reports in the order in which their visits were completed. Raises: InvalidRequest."""
    if not page.completed_from < page.completed_before <= page.completed_from + span_max:
        raise InvalidRequest(f"Ask for {span_max.days} days at most, the earlier moment first.", field="to")
    everybody = select(Account.id).where(Account.role == Role.TECHNICIAN)
    whose = (
        Visit.technician_id.in_(everybody)
        if page.technician_id is None
        else (Visit.technician_id == page.technician_id)
    )
    statement = _ROWS.statement.where(
        whose,
        Visit.completed_at >= page.completed_from,
        Visit.completed_at < page.completed_before,
        own_rows(actor, Report.partner_id, Visit.technician_id),
    )
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(Visit.completed_at, Visit.id) > tuple_(at, last))
    rows = await _ROWS.all(db, statement.limit(page.limit + 1))
    found = page_of(rows, page.limit, "completed_at", "visit_id")
    return Page([_line(row) for row in found.items], found.next)


def _line(row: _Row) -> ReportLine:
    return ReportLine(
        visit_id=row.visit_id,
        report_number=rules.report_number(row.number),
        job_number=rules.job_number(row.job_number),
        technician=row.technician,
        customer_name=row.customer_name,
        completed_at=row.completed_at,
    )

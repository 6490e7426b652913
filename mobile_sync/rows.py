"""The rows of a technician's feed: jobs and visits as a phone holds them, many at once, one statement a kind.

A job that is no longer the technician's is left out, whatever the feed says. What a partner's people are not told on a
screen is not in their rows: no reference, no installation day, of the warranty only whether the job's day is covered.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import islice
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Date, Text, Uuid, bindparam, cast, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from domain.catalog.model import Model
from domain.claims.actions import ScanRecorded
from domain.claims.model import Scan
from domain.claims.rules import IN_USE
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit, VisitEvent
from domain.kit.actor import Actor
from domain.kit.read import AnySelect, Prepared, Read
from domain.warranty.queries import gathered_facts, json_list, json_object
from domain.warranty.rules import Coverage, CoverageFacts, coverage
from domain.worklog.history import HISTORY, HistoryLine, history_lines
from domain.worklog.model import Expense, Fault, PartUsed, Photo, Reading, TimeEntry
from domain.worklog.queries import (
    EXPENSES,
    FAULTS,
    PARTS,
    PHOTOS,
    READINGS,
    STEPS,
    TIMES,
    ExpenseLine,
    FaultLine,
    PhotoLine,
    ReadingLine,
    StepLine,
    TimeLine,
    UsedPartLine,
    lines_max,
)

Reader = Callable[[AsyncConnection, Actor, list[UUID]], Awaitable[dict[UUID, msgspec.Struct]]]
S = TypeVar("S", bound=msgspec.Struct)


class JobCustomer(msgspec.Struct, frozen=True):
    """Whose unit it is."""

    id: UUID
    name: str
    customer_class: str


class JobContact(msgspec.Struct, frozen=True):
    """Whom to call."""

    name: str
    phone: str
    email: str


class JobSite(msgspec.Struct, frozen=True):
    """Where to go; its time zone decides what day it is there."""

    id: UUID
    name: str
    address: str
    city: str
    time_zone: str


class JobUnit(msgspec.Struct, frozen=True):
    """The machine; its reference and since when it stands there are null for a partner's people."""

    id: UUID
    serial: str
    serial_key: str
    name: str
    model_id: UUID
    model_code: str
    model_name: str
    model_name_zh: str
    gtin: str | None
    reference_number: str | None
    installed_on: dt.date | None


class JobCoverage(msgspec.Struct, frozen=True):
    """Whether the job is paid for on the day it is required, as its site counts days.

    A partner's people are told ``covered`` or ``under_check``, never ``not_covered``, and the rest is null.
    """

    on: dt.date
    word: Literal["covered", "not_covered", "under_check"]
    parts: bool | None = None
    labour: bool | None = None
    travel: bool | None = None
    until: dt.date | None = None


class JobRow(msgspec.Struct, frozen=True):
    """A job as a phone holds it."""

    id: UUID
    number: int
    kind: str
    mode: str
    state: str
    priority: int
    subject: str
    problem: str
    tools: str
    reminder: str
    estimated_minutes: int
    required_from: dt.datetime
    required_to: dt.datetime
    sibling_of: UUID | None
    version: int
    customer: JobCustomer
    contact: JobContact | None
    site: JobSite
    unit: JobUnit
    coverage: JobCoverage
    history: list[HistoryLine]


class ScanLine(msgspec.Struct, frozen=True):
    """A reading of a barcode, and what was told of it."""

    id: UUID
    source: str
    scanned_text: str
    matches_job: bool
    told: ScanRecorded
    scanned_at: dt.datetime


class VisitRow(msgspec.Struct, frozen=True):
    """A visit with its whole sheet as a phone holds it; lines that were taken back are there, with the reason."""

    id: UUID
    job_id: UUID
    number: int
    state: str
    planned_from: dt.datetime
    planned_to: dt.datetime
    travelled_at: dt.datetime | None
    arrived_at: dt.datetime | None
    started_at: dt.datetime | None
    completed_at: dt.datetime | None
    abandoned_reason: str | None
    result: str | None
    summary: str
    signed_by: str | None
    no_signature_reason: str | None
    keyed_in_by_office: bool
    clock_uncertain: bool
    overlaps_actual: bool
    version: int
    steps: list[StepLine]
    times: list[TimeLine]
    parts: list[UsedPartLine]
    expenses: list[ExpenseLine]
    faults: list[FaultLine]
    readings: list[ReadingLine]
    photos: list[PhotoLine]
    scans: list[ScanLine]


class _Sheet(msgspec.Struct):
    """The lists of a ``VisitRow``, as the database puts them together."""

    steps: list[StepLine]
    times: list[TimeLine]
    parts: list[UsedPartLine]
    expenses: list[ExpenseLine]
    faults: list[FaultLine]
    readings: list[ReadingLine]
    photos: list[PhotoLine]
    scans: list[ScanLine]


_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_ME, _PARTNER = bindparam("me", type_=Uuid()), bindparam("partner", type_=Uuid())
_mine = aliased(Job, name="mine")
_SCANS = Read(
    ScanLine,
    select(Scan.id, Scan.source, Scan.scanned_text, Scan.matches_job, Scan.told, Scan.scanned_at).order_by(
        Scan.scanned_at, Scan.id
    ),
)
_HEAD = (
    Visit.id,
    Visit.job_id,
    Visit.number,
    Visit.state,
    Visit.planned_from,
    Visit.planned_to,
    Visit.travelled_at,
    Visit.arrived_at,
    Visit.started_at,
    Visit.completed_at,
    Visit.abandoned_reason,
    Visit.result,
    Visit.summary,
    Visit.signed_by,
    Visit.no_signature_reason,
    Visit.keyed_in_by_office,
    Visit.clock_uncertain,
    Visit.overlaps_actual,
    Visit.version,
)
_LISTS: dict[str, tuple[Read[Any], Any]] = {
    "steps": (STEPS, VisitEvent),
    "times": (TIMES, TimeEntry),
    "parts": (PARTS, PartUsed),
    "expenses": (EXPENSES, Expense),
    "faults": (FAULTS, Fault),
    "readings": (READINGS, Reading),
    "photos": (PHOTOS, Photo),
    "scans": (_SCANS, Scan),
}


def _listed(read: Read[Any], limit: int, outer: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the rows of a read as a JSON list of its shape, inside a statement that selects from ``outer``."""
    columns = {column.name: column for column in read.statement.selected_columns}
    objects = read.statement.with_only_columns(json_object(**columns), maintain_column_froms=True)
    return json_list(objects.where(*conditions).limit(limit), outer)


def _own(record: Any, ours: bool) -> tuple[ColumnElement[bool], ...]:
    """The first wall, by parameters: one statement serves every technician of a side."""
    side = record.partner_id.is_(None) if ours else record.partner_id == _PARTNER
    return record.technician_id == _ME, side


@cache
def _visits(ours: bool) -> Prepared:
    lists = {
        name: _listed(read, lines_max, Visit, record.visit_id == Visit.id) for name, (read, record) in _LISTS.items()
    }
    statement = (
        select(*_HEAD, cast(json_object(**lists), Text))
        .join(Job, Job.id == Visit.job_id)
        .where(Visit.id == func.any(_IDS), *_own(Visit, ours), *_own(Job, ours), Job.state != "cancelled")
    )
    return Prepared(statement, "ids", "me", *(() if ours else ("partner",)))


@cache
def _jobs(ours: bool) -> Prepared:
    known = () if ours else (Visit.partner_id == _PARTNER,)
    history = _listed(HISTORY, history_lines, _mine, Job.unit_id == _mine.unit_id, Job.id != _mine.id, *known)
    statement: AnySelect = (
        select(
            _mine.id,
            _mine.number,
            _mine.kind,
            _mine.mode,
            _mine.state,
            _mine.priority,
            _mine.subject,
            _mine.problem,
            _mine.tools,
            _mine.reminder,
            _mine.estimated_minutes,
            _mine.required_from,
            _mine.required_to,
            _mine.sibling_of,
            _mine.version,
            Customer.id,
            Customer.name,
            Customer.customer_class,
            Contact.name,
            Contact.phone,
            Contact.email,
            Site.id,
            Site.name,
            Site.address,
            Site.city,
            Site.time_zone,
            Unit.id,
            Unit.serial,
            Unit.serial_key,
            Unit.name,
            Model.id,
            Model.code,
            Model.name,
            Model.name_zh,
            Model.gtin,
            Unit.reference_number if ours else cast(null(), Text),
            Unit.installed_on if ours else cast(null(), Date),
            Unit.status,
            cast(func.timezone(Site.time_zone, _mine.required_from), Date),
            cast(gathered_facts(_mine.customer_id, _mine), Text),
            cast(history, Text),
        )
        .select_from(_mine)
        .join(Customer, Customer.id == _mine.customer_id)
        .outerjoin(Contact, Contact.id == _mine.contact_id)
        .join(Site, Site.id == _mine.site_id)
        .join(Unit, Unit.id == _mine.unit_id)
        .join(Model, Model.id == Unit.model_id)
        .where(_mine.id == func.any(_IDS), *_own(_mine, ours), _mine.state != "cancelled")
    )
    return Prepared(statement, "ids", "me", *(() if ours else ("partner",)))


_read_sheet = msgspec.json.Decoder(_Sheet)
_read_facts = msgspec.json.Decoder(CoverageFacts)
_read_history = msgspec.json.Decoder(list[HistoryLine])


async def visit_rows(db: AsyncConnection, actor: Actor, ids: list[UUID]) -> dict[UUID, msgspec.Struct]:
    """Return the technician's own visits with their sheets, on jobs that are theirs; one statement."""
    rows = await _visits(actor.partner_id is None).all(db, _given(actor, ids))
    return {row[0]: VisitRow(*row[:-1], *msgspec.structs.astuple(_read_sheet.decode(row[-1]))) for row in rows}


async def job_rows(db: AsyncConnection, actor: Actor, ids: list[UUID]) -> dict[UUID, msgspec.Struct]:
    """Return the technician's jobs with customer, site, unit, coverage and the unit's last history; one statement."""
    ours = actor.partner_id is None
    return {row[0]: _job_row(iter(row), ours) for row in await _jobs(ours).all(db, _given(actor, ids))}


def _given(actor: Actor, ids: list[UUID]) -> dict[str, Any]:
    return {"ids": ids, "me": actor.account_id, "partner": actor.partner_id}


def _job_row(columns: Iterator[Any], ours: bool) -> JobRow:
    head = list(islice(columns, JobRow.__struct_fields__.index("customer")))
    customer = _take(JobCustomer, columns)
    contact_name, phone, email = islice(columns, 3)
    contact = None if contact_name is None else JobContact(contact_name, phone, email)
    site, unit = _take(JobSite, columns), _take(JobUnit, columns)
    status, on, facts, history = columns
    paid = coverage(_read_facts.decode(facts), on)
    told = _told_to_ours(paid, status) if ours else _told_to_partner(paid, status)
    return JobRow(*[*head, customer, contact, site, unit, told, _read_history.decode(history)])


def _take(shape: type[S], columns: Iterator[Any]) -> S:
    return shape(*islice(columns, len(shape.__struct_fields__)))


def _told_to_ours(paid: Coverage, status: str) -> JobCoverage:
    if status == "unconfirmed":
        return JobCoverage(paid.on, "under_check")
    word: Literal["covered", "not_covered"] = "covered" if paid.pays else "not_covered"
    return JobCoverage(paid.on, word, paid.parts, paid.labour, paid.travel, paid.ends_on)


def _told_to_partner(paid: Coverage, status: str) -> JobCoverage:
    covered = paid.pays and status in IN_USE and status != "unconfirmed"
    return JobCoverage(paid.on, "covered" if covered else "under_check")


ROWS: dict[str, Reader] = {"job": job_rows, "visit": visit_rows}
"""The reader of each kind of a technician's feed; an id that is not found is left out."""

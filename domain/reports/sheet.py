"""Reads the sheet of a visit as it stands, in one statement, as the document and personal part of its report.

Runs inside the transaction that completes the visit, on that principal's database role: what a partner may not read
cannot get into its report.
"""

import datetime as dt
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, DateTime, Text, Uuid, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from domain.catalog.model import FaultCode, LabourOperation, Model, ModelComponent
from domain.catalog.model import Part as CatalogPart
from domain.customers.model import Contact, Customer, Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit
from domain.kit.read import AnySelect, Prepared
from domain.people.model import Account, Partner
from domain.reports import document as doc
from domain.reports import rules
from domain.reports.model import Report
from domain.warranty.queries import gathered_facts, json_list, json_object
from domain.warranty.rules import CoverageFacts, coverage
from domain.worklog.model import Expense, Fault, PartUsed, Photo, Reading, TimeEntry, Upload
from domain.worklog.rules import day_at

NO_COMMITMENT = "0" * 64


def _named(column: Any, chinese: Any) -> ColumnElement[str]:
    """Return a catalogue name in the customer's language, in English where it has no other."""
    return case((Customer.language == "zh", func.coalesce(func.nullif(chinese, ""), column)), else_=column)


_MONEY = json_object(kind=Expense.kind, amount_minor=Expense.amount_minor, currency=Expense.currency, note=Expense.note)


def _lines(line: Any, statement: AnySelect) -> ColumnElement[Any]:
    """Return the lines of one kind that were not taken back, in the order they were entered."""
    standing = statement.where(line.visit_id == Visit.id, line.voided_at.is_(None)).order_by(line.entered_at, line.id)
    return json_list(standing, Visit, Customer)


_SHEET = json_object(
    faults=_lines(
        Fault,
        select(
            json_object(
                symptom=Fault.symptom,
                code=FaultCode.code,
                name=_named(FaultCode.name, FaultCode.name_zh),
                cause=Fault.cause,
                action=Fault.action,
                component=func.coalesce(_named(ModelComponent.name, ModelComponent.name_zh), ""),
                designator=Fault.designator,
            )
        )
        .select_from(Fault)
        .join(FaultCode, FaultCode.id == Fault.fault_code_id)
        .outerjoin(ModelComponent, ModelComponent.id == Fault.model_component_id),
    ),
    parts=_lines(
        PartUsed,
        select(
            json_object(
                number=CatalogPart.number,
                name=_named(CatalogPart.name, CatalogPart.name_zh),
                quantity=PartUsed.quantity,
                unit=PartUsed.unit_of_measure,
                old_serial=PartUsed.old_serial,
                new_serial=PartUsed.new_serial,
                designator=PartUsed.designator,
                on_hold=PartUsed.on_hold,
            )
        )
        .select_from(PartUsed)
        .join(CatalogPart, CatalogPart.id == PartUsed.part_id)
        .where(PartUsed.kind == "used"),
    ),
    times=_lines(
        TimeEntry,
        select(
            json_object(
                kind=TimeEntry.kind,
                minutes=TimeEntry.minutes,
                operation=func.coalesce(_named(LabourOperation.name, LabourOperation.name_zh), ""),
            )
        )
        .select_from(TimeEntry)
        .outerjoin(LabourOperation, LabourOperation.id == TimeEntry.labour_operation_id),
    ),
    expenses=_lines(Expense, select(_MONEY).where(Expense.direction == "spent")),
    charges=_lines(Expense, select(_MONEY).where(Expense.direction == "charged")),
    readings=_lines(Reading, select(json_object(name=Reading.name, value=Reading.value, unit=Reading.unit_of_measure))),
    # Receipts prove expenses to the office; they are nobody else's business.
    photos=_lines(
        Photo,
        select(
            json_object(sha256=func.coalesce(Upload.blob_sha256, Photo.sha256), kind=Photo.kind, caption=Photo.caption)
        )
        .select_from(Photo)
        .outerjoin(Upload, Upload.id == Photo.upload_id)
        .where(Photo.kind != "receipt"),
    ),
)
_VISIT = (
    select(
        Visit.number,
        Visit.technician_id,
        Visit.travelled_at,
        Visit.arrived_at,
        Visit.started_at,
        Visit.completed_at,
        Visit.clock_uncertain,
        Visit.keyed_in_by_office,
        Visit.office_was_asked,
        Visit.result,
        Visit.summary,
        cast(Visit.signature, Text).label("signature"),
        Visit.signed_by,
        Visit.no_signature_reason,
        Job.number.label("job_number"),
        Job.kind,
        Job.mode,
        Job.created_at,
        select(func.min(Fault.failed_on))
        .where(Fault.visit_id == Visit.id, Fault.voided_at.is_(None))
        .correlate(Visit)
        .scalar_subquery()
        .label("failed_on"),
        Unit.serial,
        Model.code.label("model_code"),
        _named(Model.name, Model.name_zh).label("model_name"),
        Partner.name.label("partner"),
        Account.number.label("technician_number"),
        Account.name.label("technician"),
        Customer.name.label("customer"),
        Customer.language,
        Contact.name.label("contact"),
        Contact.phone,
        Site.address,
        Site.city,
        Site.country,
        Site.time_zone,
        cast(gathered_facts(Job.customer_id, Job), Text).label("coverage_facts"),
        cast(_SHEET, Text).label("sheet"),
    )
    .join(Job, Job.id == Visit.job_id)
    .join(Unit, Unit.id == Job.unit_id)
    .join(Model, Model.id == Unit.model_id)
    .join(Account, Account.id == Visit.technician_id)
    .join(Customer, Customer.id == Job.customer_id)
    .join(Site, Site.id == Job.site_id)
    .outerjoin(Contact, Contact.id == Job.contact_id)
    .outerjoin(Partner, Partner.id == Visit.partner_id)
    .where(Visit.id == bindparam("visit_id"))
)
_GATHER = Prepared(_VISIT, "visit_id")
_NEW_REPORT = (
    insert(Report)
    .from_select(
        ["id", "visit_id", "partner_id", "state", "created_at"],
        select(
            bindparam("report_id", type_=Uuid),
            Visit.id,
            Visit.partner_id,
            literal_column("'frozen'"),
            bindparam("at", type_=DateTime(timezone=True)),
        ).where(Visit.id == bindparam("visit_id"), Visit.state == "completed", Visit.result.is_not(None)),
    )
    .on_conflict_do_nothing(index_elements=["visit_id"])
    .returning(Report.number, Report.partner_id)
    .cte("new_report")
)
_OPEN = Prepared(
    _VISIT.add_columns(_NEW_REPORT.c.number.label("report_number"), _NEW_REPORT.c.partner_id).join(
        _NEW_REPORT, literal_column("true")
    ),
    "visit_id",
    "report_id",
    "at",
)


class NewReport(NamedTuple):
    """A report that was just opened, with the sheet of its first revision, uncut and not bound to its personal part."""

    partner_id: UUID | None
    document: doc.ReportDocument
    personal: doc.PersonalPart


async def open_report(driver: Any, visit_id: UUID, *, report_id: UUID, at: dt.datetime) -> NewReport | None:
    """Open the report of a completed visit and read its sheet, by one statement; None when it has one already."""
    row = await _OPEN.first(driver, {"visit_id": visit_id, "report_id": report_id, "at": at})
    if row is None:
        return None
    document, personal = _written(row, report_id=report_id, number=row["report_number"], at=at)
    return NewReport(row["partner_id"], document, personal)


async def sheet_of(
    driver: Any, visit_id: UUID, *, report_id: UUID, number: int, at: dt.datetime
) -> tuple[doc.ReportDocument, doc.PersonalPart]:
    """Return the sheet of a completed visit as its report has it, uncut and not yet bound to its personal part."""
    row = await _GATHER.first(driver, {"visit_id": visit_id})
    return _written(row, report_id=report_id, number=number, at=at)


def _written(row: Any, *, report_id: UUID, number: int, at: dt.datetime) -> tuple[doc.ReportDocument, doc.PersonalPart]:
    visit = SimpleNamespace(**row)
    completed_at: dt.datetime = visit.completed_at
    visited_on = day_at(completed_at, visit.time_zone)
    # What pays is decided for the day of the failure, as the claim does: where no line says it, the day of the job.
    failed_on = visit.failed_on or min(day_at(visit.created_at, visit.time_zone), visited_on)
    language: rules.Language = "zh" if visit.language == "zh" else "en"
    paid = coverage(msgspec.json.decode(visit.coverage_facts, type=CoverageFacts), failed_on)
    lines: dict[str, list[dict[str, Any]]] = msgspec.json.decode(visit.sheet)
    document = doc.ReportDocument(
        report_number=rules.report_number(number),
        report_id=report_id,
        frozen_at=at,
        job_number=rules.job_number(visit.job_number),
        job_kind=visit.kind,
        visit_number=visit.number,
        mode=visit.mode,
        time_zone=visit.time_zone,
        visited_on=visited_on,
        travelled_at=visit.travelled_at,
        arrived_at=visit.arrived_at,
        started_at=visit.started_at,
        completed_at=completed_at,
        model_code=visit.model_code,
        model_name=visit.model_name,
        serial=visit.serial,
        partner=visit.partner or "",
        technician_number=rules.technician_number(visit.technician_number),
        coverage=doc.Coverage(
            parts=paid.parts, labour=paid.labour, travel=paid.travel, source=rules.coverage_source(paid, language)
        ),
        result=rules.result_of(visit.result),
        faults=tuple(doc.Fault(**line) for line in lines["faults"]),
        parts=tuple(doc.Part(**line) for line in lines["parts"]),
        times=tuple(doc.Time(**line) for line in lines["times"]),
        expenses=tuple(doc.Money(**line) for line in lines["expenses"]),
        charges=tuple(doc.Money(**line) for line in lines["charges"]),
        readings=tuple(doc.Reading(**line) for line in lines["readings"]),
        photos=tuple(doc.Photo(**line) for line in lines["photos"]),
        notes=visit.summary,
        keyed_in_by_office=visit.keyed_in_by_office,
        office_was_asked=visit.office_was_asked,
        flags=("clock-uncertain",) if visit.clock_uncertain else (),
        personal_commitment=NO_COMMITMENT,
    )
    personal = doc.PersonalPart(
        customer=visit.customer,
        contact=visit.contact or "",
        phone=visit.phone or "",
        site_address=", ".join(filter(None, (visit.address, visit.city, visit.country))),
        technician=visit.technician,
        signer=visit.signed_by or "",
        signature=msgspec.json.decode(visit.signature or "null", type=doc.Signature | None),
        no_signature_reason=visit.no_signature_reason,
    )
    return document, personal

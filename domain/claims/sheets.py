"""One statement that gathers all a claim is decided from: visit, sheet, scans, unit, coverage, programme."""

from sqlalchemy import ColumnElement, Date, Text, and_, bindparam, cast, func, literal_column, or_, select

from domain.catalog.model import FaultCode, LabourOperation, Model, Part, PartLimit, ProgrammeVersion
from domain.claims.model import Claim, Scan, stands
from domain.claims.reviewed import Preauthorisation
from domain.claims.standing import WAITING
from domain.customers.model import Site
from domain.installs.model import Unit
from domain.jobs.model import Assignment, Job, Visit
from domain.kit.read import Prepared
from domain.people.model import Account, Authorisation, Certification, Partner
from domain.warranty.queries import gathered_facts, json_list, json_object
from domain.worklog.model import Expense, Fault, PartUsed, TimeEntry

leaves_max = 20
"""So many grants on one job are looked at for a claim."""
_FAULTS = (
    select(
        json_object(
            id=Fault.id, fault_group_id=FaultCode.fault_group_id, code=FaultCode.code, failed_on=Fault.failed_on
        )
    )
    .join_from(Fault, FaultCode, FaultCode.id == Fault.fault_code_id)
    .where(Fault.visit_id == Visit.id, Fault.voided_at.is_(None))
    .order_by(Fault.id)
)
_GROUPS = (
    select(FaultCode.fault_group_id)
    .join_from(Fault, FaultCode, FaultCode.id == Fault.fault_code_id)
    .where(Fault.visit_id == PartUsed.visit_id, Fault.voided_at.is_(None))
    .correlate(PartUsed)
)
_QUANTITY_MAX = (
    select(func.max(PartLimit.quantity_max))
    .where(PartLimit.part_id == PartUsed.part_id, PartLimit.fault_group_id.in_(_GROUPS))
    .correlate(PartUsed)
    .scalar_subquery()
)
_PARTS = (
    select(
        json_object(
            id=PartUsed.id,
            number=Part.number,
            quantity=PartUsed.quantity,
            on_hold=PartUsed.on_hold,
            quantity_max=_QUANTITY_MAX,
            claimable=Part.claimable,
            price_minor=Part.price_minor,
            currency=Part.currency,
            entered_on=PartUsed.entered_on,
            serial=func.coalesce(PartUsed.new_serial_key, ""),
        )
    )
    .join_from(PartUsed, Part, Part.id == PartUsed.part_id)
    .where(PartUsed.visit_id == Visit.id, PartUsed.kind == "used", PartUsed.voided_at.is_(None))
    .order_by(PartUsed.id)
)
_TIMES = (
    select(
        json_object(
            id=TimeEntry.id,
            kind=TimeEntry.kind,
            minutes=TimeEntry.minutes,
            operation=LabourOperation.code,
            standard_minutes=LabourOperation.standard_minutes,
        )
    )
    .join_from(TimeEntry, LabourOperation, LabourOperation.id == TimeEntry.labour_operation_id, isouter=True)
    .where(TimeEntry.visit_id == Visit.id, TimeEntry.voided_at.is_(None))
    .order_by(TimeEntry.id)
)
_EXPENSES = (
    select(json_object(id=Expense.id, kind=Expense.kind, amount_minor=Expense.amount_minor, currency=Expense.currency))
    .where(Expense.visit_id == Visit.id, Expense.direction == "spent", Expense.voided_at.is_(None))
    .order_by(Expense.id)
)
_SCANS = (
    select(json_object(id=Scan.id, source=Scan.source, matches_job=Scan.matches_job, tag=Scan.tag))
    .where(Scan.visit_id == Visit.id)
    .order_by(Scan.scanned_at.desc())
)
_REPAIRED_ON = cast(func.timezone(Site.time_zone, Visit.completed_at), Date)
_PROGRAMME = (
    select(ProgrammeVersion.limits, ProgrammeVersion.modes)
    .where(
        ProgrammeVersion.programme_id == Model.programme_id,
        ProgrammeVersion.from_on <= _REPAIRED_ON,
    )
    .order_by(ProgrammeVersion.from_on.desc(), ProgrammeVersion.set_at.desc())
    .limit(1)
    .lateral("programme_in_force")
)
_ALLOWED = (
    select(json_object(id=Preauthorisation.id, granted=Preauthorisation.granted))
    .where(
        Preauthorisation.job_id == Visit.job_id,
        Preauthorisation.partner_id == Visit.partner_id,
        Preauthorisation.state == literal_column("'granted'"),
        Preauthorisation.valid_until >= _REPAIRED_ON,
        ~select(Claim.id).where(Claim.preauthorisation_id == Preauthorisation.id).exists(),
    )
    .order_by(Preauthorisation.number)
    .limit(leaves_max)
)
"""What was granted on the job and used by no claim; the oldest first."""
_ANY = "*"


def _in_force(kind: type[Authorisation] | type[Certification]) -> ColumnElement[bool]:
    lasts = or_(kind.to_on.is_(None), kind.to_on >= _REPAIRED_ON)
    return and_(kind.product_line.in_((_ANY, Model.product_line)), kind.from_on <= _REPAIRED_ON, lasts)


_PERMIT = json_object(
    product_line=Model.product_line,
    region=Site.region,
    authorisation_id=select(Authorisation.id)
    .where(
        Authorisation.partner_id == Visit.partner_id,
        Authorisation.region.in_((_ANY, Site.region)),
        _in_force(Authorisation),
    )
    .order_by(Authorisation.from_on, Authorisation.id)
    .limit(1)
    .correlate(Visit, Site, Model)
    .scalar_subquery(),
    partner_active=Partner.active,
    technician_active=select(Account.id)
    .where(
        Account.id == Visit.technician_id,
        Account.partner_id == Visit.partner_id,
        or_(Account.disabled_at.is_(None), Account.disabled_at >= Visit.completed_at),
    )
    .exists(),
    certified=select(Certification.id)
    .where(Certification.account_id == Visit.technician_id, _in_force(Certification))
    .exists(),
)


_EVERYTHING = (
    select(
        Visit.id.label("visit_id"),
        Visit.job_id,
        Visit.assignment_id,
        Visit.partner_id,
        Partner.currency.label("partner_currency"),
        func.partner_locked(Visit.partner_id).label("partner_locked"),
        func.coalesce(Visit.arrived_at, Visit.started_at).label("arrived_at"),
        Visit.completed_at,
        Visit.clock_uncertain,
        Visit.result,
        Assignment.partner_id.label("assignment_partner_id"),
        Assignment.id.is_not_distinct_from(Job.assignment_id).label("assignment_current"),
        func.array(
            select(Claim.number)
            .where(
                Claim.job_id == Visit.job_id,  # an assignment is of one job, and claims are indexed by theirs
                Claim.assignment_id == Visit.assignment_id,
                or_(stands(), Claim.state.in_(sorted(WAITING))),
            )
            .order_by(Claim.number)
            .scalar_subquery()
        ).label("assignment_claims"),
        func.array(select(Claim.number).where(Claim.visit_id == Visit.id).scalar_subquery()).label("visit_claims"),
        Job.created_at,
        Job.unit_id,
        Unit.status.label("unit_status"),
        Site.time_zone,
        cast(json_list(_SCANS, Visit), Text).label("scans"),
        cast(
            json_object(
                faults=json_list(_FAULTS, Visit),
                parts=json_list(_PARTS, Visit),
                times=json_list(_TIMES, Visit),
                expenses=json_list(_EXPENSES, Visit),
            ),
            Text,
        ).label("sheet"),
        cast(gathered_facts(Job.customer_id, Job), Text).label("coverage"),
        cast(_PERMIT, Text).label("permit"),
        cast(json_list(_ALLOWED, Visit, Site), Text).label("allowed"),
        cast(func.gate_visit(Visit.id), Text).label("elsewhere"),
        cast(_PROGRAMME.c.limits, Text).label("limits"),
        cast(_PROGRAMME.c.modes, Text).label("modes"),
    )
    .join_from(Visit, Partner, Partner.id == Visit.partner_id)
    .join(Assignment, Assignment.id == Visit.assignment_id)
    .join(Job, Job.id == Visit.job_id)
    .join(Site, Site.id == Job.site_id)
    .join(Unit, Unit.id == Job.unit_id)
    .join(Model, Model.id == Unit.model_id)
    .join(_PROGRAMME, literal_column("true"), isouter=True)
    .where(Visit.id == bindparam("visit_id"), Visit.state == "completed", Visit.why_no_claim.is_(None))
)
EVERYTHING = Prepared(_EVERYTHING, "visit_id")
"""A partner's completed visit by ``visit_id``, with lists as JSON texts; nothing for any other visit.

The principal's rights to it were checked by the completion.
"""

"""What can be read of reports by our own people and partners, and by the customer."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.customers.model import Customer
from domain.jobs.model import Job, Visit
from domain.kit.actor import Actor
from domain.kit.read import Read
from domain.people.access import own_rows
from domain.reports import codes, rules
from domain.reports.document import PersonalPart, ReportDocument, belongs, digest, read
from domain.reports.model import Collection, Report, ReportFile, ReportPerson, ReportRevision
from domain.sealing.model import ReportSeal

Db = AsyncConnection | AsyncSession


class ReportRow(msgspec.Struct, frozen=True):
    """The newest revision of a visit's report; ``blob_sha256`` names its PDF once it is printed."""

    visit_id: UUID
    report_id: UUID
    number: int
    state: str
    revision: int
    digest: str
    frozen_at: dt.datetime
    rendered_at: dt.datetime | None
    blob_sha256: str | None
    token: str
    short_code: str
    signature: rules.Signature


class StoredRevision(msgspec.Struct, frozen=True):
    """One revision as it was frozen, with all that printing it needs; no personal part once that was erased."""

    report_id: UUID
    revision: int
    document: bytes
    digest: bytes
    token: str
    short_code: str
    partner_id: UUID | None
    personal: bytes | None
    salt: bytes | None
    language: str
    blob_sha256: str | None

    def opened(self) -> tuple[ReportDocument, PersonalPart | None]:
        """Return document and personal part; raises ValueError when they are not what was sealed."""
        document = read(self.document, ReportDocument)
        if digest(self.document) != self.digest:
            raise ValueError(f"the document of report {self.report_id} does not fit its digest")
        if self.personal is None or self.salt is None:
            return document, None
        if not belongs(document, self.personal, self.salt):
            raise ValueError(f"the personal part of report {self.report_id} is not the one it was frozen with")
        return document, read(self.personal, PersonalPart)


_TOKEN = (
    select(ReportSeal.token)
    .where(ReportSeal.report_id == ReportRevision.report_id, ReportSeal.revision == ReportRevision.revision)
    .scalar_subquery()
)
_REPORTS = Read(
    ReportRow,
    select(
        Report.visit_id,
        Report.id.label("report_id"),
        Report.number,
        Report.state,
        ReportRevision.revision,
        func.encode(ReportRevision.digest, "hex").label("digest"),
        ReportRevision.frozen_at,
        ReportFile.rendered_at,
        ReportFile.blob_sha256,
        func.coalesce(_TOKEN, ReportRevision.verification_code).label("token"),
        ReportRevision.short_code,
        ReportRevision.signature,
    )
    .join(ReportRevision, ReportRevision.report_id == Report.id)
    .join(Visit, Visit.id == Report.visit_id)
    .outerjoin(
        ReportFile,
        (ReportFile.report_id == ReportRevision.report_id) & (ReportFile.revision == ReportRevision.revision),
    )
    .order_by(ReportRevision.revision.desc())
    .limit(1),
)
_STORED = Read(
    StoredRevision,
    select(
        ReportRevision.report_id,
        ReportRevision.revision,
        ReportRevision.document,
        ReportRevision.digest,
        ReportRevision.verification_code.label("token"),
        ReportRevision.short_code,
        ReportRevision.partner_id,
        ReportPerson.personal,
        ReportPerson.salt,
        Customer.language,
        ReportFile.blob_sha256,
    )
    .join(Report, Report.id == ReportRevision.report_id)
    .join(Visit, Visit.id == Report.visit_id)
    .join(Job, Job.id == Visit.job_id)
    .join(Customer, Customer.id == Job.customer_id)
    .outerjoin(
        ReportPerson,
        (ReportPerson.report_id == ReportRevision.report_id) & (ReportPerson.revision == ReportRevision.revision),
    )
    .outerjoin(
        ReportFile,
        (ReportFile.report_id == ReportRevision.report_id) & (ReportFile.revision == ReportRevision.revision),
    )
    .order_by(ReportRevision.revision.desc())
    .limit(1),
)


async def report_of_visit(db: Db, actor: Actor, visit_id: UUID) -> ReportRow | None:
    """Return the newest revision of a visit's report, if the principal may see it."""
    mine = own_rows(actor, Report.partner_id, Visit.technician_id)
    return await _REPORTS.first(db, _REPORTS.statement.where(Report.visit_id == visit_id, mine))


async def stored_revision(db: Db, report_id: UUID, revision: int) -> StoredRevision | None:
    """Return what the worker prints."""
    one = (ReportRevision.report_id == report_id, ReportRevision.revision == revision)
    return await _STORED.first(db, _STORED.statement.where(*one))


async def is_ready(db: Db, code: str) -> bool:
    """Decide whether a collection code leads to a printed report; a code nobody knows is as good as too early."""
    printed = (
        select(ReportFile.report_id)
        .join(Report, Report.id == ReportFile.report_id)
        .where(Report.visit_id == _visit_behind(code))
    )
    return await db.scalar(printed.limit(1)) is not None


async def collected(db: Db, code: str) -> StoredRevision | None:
    """Return the newest printed revision behind a collection code; whoever asks has proved to be the customer."""
    printed = _STORED.statement.where(Report.visit_id == _visit_behind(code), ReportFile.blob_sha256.is_not(None))
    return await _STORED.first(db, printed)


def _visit_behind(code: str) -> ScalarSelect[UUID]:
    return select(Collection.visit_id).where(Collection.code_hash == codes.code_hash(code)).scalar_subquery()

"""The register of service reports: revisions that are never changed, and the codes that lead to them."""

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, PrimaryKeyConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record


class Report(Record):
    """The service report of a visit."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','awaiting_signature','customer_declined','frozen','sealed','superseded','withdrawn')",
            name="state",
        ),
    )
    id: Mapped[Pk]
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=700001), unique=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), unique=True)
    partner_id: Mapped[UUID | None]
    state: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ReportRevision(Record):
    """One revision: the canonical document and its digest; the personal part apart, salted, erasable by law."""

    __tablename__ = "report_revision"
    __table_args__ = (PrimaryKeyConstraint("report_id", "revision"),)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    revision: Mapped[int]
    partner_id: Mapped[UUID | None]
    document: Mapped[bytes]
    digest: Mapped[bytes]
    verification_code: Mapped[str] = mapped_column(unique=True)
    short_code: Mapped[str] = mapped_column(unique=True)
    frozen_at: Mapped[dt.datetime]


class ReportPerson(Record):
    """The personal part of a revision, committed to by the document's salted digest."""

    __tablename__ = "report_person"
    __table_args__ = (PrimaryKeyConstraint("report_id", "revision"),)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    revision: Mapped[int]
    partner_id: Mapped[UUID | None]
    salt: Mapped[bytes]
    personal: Mapped[bytes]


class ReportFile(Record):
    """The PDF of a revision once the worker has rendered it."""

    __tablename__ = "report_file"
    __table_args__ = (PrimaryKeyConstraint("report_id", "revision"),)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    revision: Mapped[int]
    partner_id: Mapped[UUID | None]
    blob_sha256: Mapped[str]
    bytes_total: Mapped[int]
    rendered_at: Mapped[dt.datetime]


class Collection(Record):
    """The collection code of a visit: the customer's way to the report, against a PIN, with five tries.

    Both are kept as hashes that the phone makes: sha256("collect:" + code) and sha256("pin:" + code + ":" + PIN).
    """

    __tablename__ = "collection"
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), unique=True)
    partner_id: Mapped[UUID | None]
    pin_hash: Mapped[bytes]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    paused_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

"""The register of service reports: revisions that are never changed, and the codes that lead to them."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    func,
    text,
)
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
    """One revision: the canonical document and its digest; the personal part apart, salted, erasable by law.

    ``signature`` outlives the personal part. Every revision after the first names the amendment that made it, and that
    names its predecessor and the reason; the database admits none without.
    """

    __tablename__ = "report_revision"
    __table_args__ = (
        PrimaryKeyConstraint("report_id", "revision"),
        CheckConstraint("signature IN ('given', 'awaited', 'declined')", name="signature"),
    )
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    revision: Mapped[int]
    partner_id: Mapped[UUID | None]
    document: Mapped[bytes]
    digest: Mapped[bytes]
    verification_code: Mapped[str] = mapped_column(unique=True)
    short_code: Mapped[str] = mapped_column(unique=True)
    frozen_at: Mapped[dt.datetime]
    signature: Mapped[str] = mapped_column(server_default="awaited")
    amendment_id: Mapped[UUID | None] = mapped_column(unique=True)


class ReportAmendment(Record):
    """What somebody wants changed about a report, and why: kept as it was asked for, whatever became of it.

    ``predecessor`` is the revision it was asked about. ``corrections`` are made when it is approved. Whether it takes
    ``two`` people the database finds for itself where the customer signed. Nobody's name: the customer signed later,
    or the product sealed the report anew. Signing, erasing and sealing anew change nothing that a report says of the
    visit, and take one.
    """

    __tablename__ = "report_amendment"
    __table_args__ = (
        CheckConstraint("kind IN ('amend', 'withdraw', 'sign', 'erase', 'reseal')", name="kind"),
        CheckConstraint("(kind IN ('sign', 'reseal')) = (asked_by IS NULL)", name="asked_by"),
        CheckConstraint("length(reason) >= 3", name="reason"),
        ForeignKeyConstraint(["report_id", "predecessor"], ["report_revision.report_id", "report_revision.revision"]),
        Index("ix_report_amendment_report_id", "report_id"),
        Index("ix_report_amendment_asked_at_id", "asked_at", "id"),
    )
    id: Mapped[Pk]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    partner_id: Mapped[UUID | None]
    predecessor: Mapped[int]
    kind: Mapped[str]
    reason: Mapped[str]
    corrections: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    two: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[dt.datetime]


class AmendmentDecision(Record):
    """How an amendment ended, once; who asked, whether it takes two and who decided are checked by the database.

    ``of_office``: whether the decider is of our own desk. Where one person is enough, who asked decides too.
    """

    __tablename__ = "amendment_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'decline')", name="decision"),
        CheckConstraint(
            "decision = 'decline' OR NOT two OR (decided_by IS NOT NULL AND decided_by <> asked_by AND of_office)",
            name="two_people",
        ),
    )
    amendment_id: Mapped[UUID] = mapped_column(ForeignKey("report_amendment.id"), primary_key=True)
    partner_id: Mapped[UUID | None]
    decision: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    two: Mapped[bool]
    asked_by: Mapped[UUID | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    of_office: Mapped[bool]
    decided_at: Mapped[dt.datetime]


class ReportErasure(Record):
    """That the personal part of a report was erased by law: of all its revisions, and of those still to come."""

    __tablename__ = "report_erasure"
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), primary_key=True)
    partner_id: Mapped[UUID | None]
    reason: Mapped[str]
    erased_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    erased_at: Mapped[dt.datetime]


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
    blob_sha256: Mapped[str] = mapped_column(index=True)
    bytes_total: Mapped[int]
    rendered_at: Mapped[dt.datetime]


class Collection(Record):
    """The collection code of a visit: the customer's way to the report, against a PIN, with five tries.

    Both are kept as hashes that the phone makes: sha256("collect:" + code) and sha256("pin:" + code + ":" + PIN). A
    visit has one from the phone or the office, and one for each letter to the customer.
    """

    __tablename__ = "collection"
    __table_args__ = (
        Index("uq_collection_visit_id", "visit_id", unique=True, postgresql_where=text("letter_id IS NULL")),
    )
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    partner_id: Mapped[UUID | None]
    pin_hash: Mapped[bytes]
    letter_id: Mapped[UUID | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    paused_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

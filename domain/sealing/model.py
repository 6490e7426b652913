"""The register of keys and seals: a signature counts only with its row here, made while its keys were valid."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Record


class SealingKey(Record):
    """A key of this installation, its public half; ``id`` begins the SHA-256 of it, in eight hex digits.

    It may seal from ``valid_from`` until ``valid_to`` and before ``revoked_at``. Rows stay for ever: what a key sealed
    in its time is checked by it years later.
    """

    __tablename__ = "sealing_key"
    __table_args__ = (CheckConstraint("purpose IN ('token','pdf','checkpoint','root')", name="purpose"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    public_key: Mapped[bytes]
    certificate: Mapped[bytes | None]
    """In DER; of keys for PDFs and of the root that issued those."""
    valid_from: Mapped[dt.datetime]
    valid_to: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")


class ReportSeal(Record):
    """That a revision was sealed: its token, and the SHA-256 of the PDF as it was issued.

    ``sealed_at`` is the database's own clock, whatever the writer says: see the migration.
    """

    __tablename__ = "report_seal"
    __table_args__ = (
        PrimaryKeyConstraint("report_id", "revision"),
        ForeignKeyConstraint(["report_id", "revision"], ["report_revision.report_id", "report_revision.revision"]),
    )
    report_id: Mapped[UUID]
    revision: Mapped[int]
    partner_id: Mapped[UUID | None]
    token: Mapped[str] = mapped_column(unique=True)
    token_key_id: Mapped[str] = mapped_column(ForeignKey("sealing_key.id"))
    pdf_key_id: Mapped[str] = mapped_column(ForeignKey("sealing_key.id"))
    pdf_sha256: Mapped[str] = mapped_column(unique=True)
    sealed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

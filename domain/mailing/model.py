"""Reports that go out by mail: one row for each report and address."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record


class Letter(Record):
    """That a customer is told of a report by mail, once at an address; what it says is written when it is sent.

    Neither its link nor its PIN is stored: this installation's key makes both from the id, see ``codes.letter_secret``.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
        UniqueConstraint("report_id", "address"),
        Index("ix_letter_created_at", "created_at"),
    )
    id: Mapped[Pk]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    partner_id: Mapped[UUID | None]
    address: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]

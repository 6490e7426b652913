"""Files of claims that partners hand in, and what became of each row."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record


class SubmissionFile(Record):
    """A file of claims: how far it is and how many rows became claims."""

    __tablename__ = "submission_file"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        Index("ix_submission_file_partner_id_started_at", "partner_id", "started_at"),
    )
    id: Mapped[Pk]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    file_name: Mapped[str]
    sha256: Mapped[str]
    bytes_total: Mapped[Big]
    state: Mapped[str]
    rows_read: Mapped[int] = mapped_column(server_default=text("0"))
    rows_claimed: Mapped[int] = mapped_column(server_default=text("0"))
    rows_without_claim: Mapped[int] = mapped_column(server_default=text("0"))
    rows_refused: Mapped[int] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]


class SubmissionRow(Record):
    """A row of such a file and what its partner was told: a claim, why there is none, or what is wrong with it."""

    __tablename__ = "submission_row"
    __table_args__ = (
        PrimaryKeyConstraint("file_id", "line"),
        CheckConstraint("status IN ('claimed', 'no_claim', 'refused')", name="status"),
    )
    file_id: Mapped[UUID] = mapped_column(ForeignKey("submission_file.id"))
    line: Mapped[int]
    partner_id: Mapped[UUID]
    status: Mapped[str]
    told: Mapped[dict[str, Any]]

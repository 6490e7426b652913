"""Print jobs: many documents asked for at once, printed by the worker, fetched within a day."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record


class PrintJob(Record):
    """What was asked for, how far it is, and the file while it is kept; afterwards only that it was printed."""

    __tablename__ = "print_job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'gone')", name="state"),
        CheckConstraint("(state = 'done') = (blob_sha256 IS NOT NULL)", name="done"),
        Index("ix_print_job_account_id_asked_at", "account_id", "asked_at"),
        Index("ix_print_job_state_finished_at", "state", "finished_at"),
    )
    id: Mapped[Pk]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    what: Mapped[str]
    asked: Mapped[dict[str, Any]]
    state: Mapped[str]
    documents: Mapped[int]
    printed: Mapped[int]
    failure: Mapped[str | None]
    file_name: Mapped[str | None]
    media: Mapped[str | None]
    bytes_total: Mapped[Big | None]
    blob_sha256: Mapped[str | None] = mapped_column(index=True)
    asked_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]

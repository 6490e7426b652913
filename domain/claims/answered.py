"""What customers say of visits, as rows that stay."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record


class CustomerAnswer(Record):
    """What a customer said of a visit; a later answer is added beside it, and the latest counts."""

    __tablename__ = "customer_answer"
    __table_args__ = (
        CheckConstraint("answer IN ('happened', 'did_not_happen', 'wrong')", name="answer"),
        CheckConstraint("channel IN ('phone', 'page')", name="channel"),
        Index("ix_customer_answer_visit_id_answered_at", "visit_id", "answered_at"),
    )
    id: Mapped[Pk]
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    partner_id: Mapped[UUID | None]
    answer: Mapped[str]
    note: Mapped[str]
    channel: Mapped[str]
    answered_by: Mapped[UUID]
    answered_at: Mapped[dt.datetime]

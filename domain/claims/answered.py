"""What customers say of visits, as rows that stay."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record
from domain.kit.read import Read

change_within = dt.timedelta(days=1)
"""How long after a first answer on the report's page the customer may change it there."""
page_answers_max = 5


class CustomerAnswer(Record):
    """What a customer said of a visit; a later answer is added beside it.

    The latest that our own people heard by phone counts before whatever was said on the report's page: who was at the
    visit may have seen the PIN too. For the same reason nothing on the page takes a denial there back.
    """

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


class PageAnswer(msgspec.Struct, frozen=True):
    """What a customer said on the page of a report."""

    answer: str
    note: str
    answered_at: dt.datetime


_ON_PAGE = Read(
    PageAnswer,
    select(CustomerAnswer.answer, CustomerAnswer.note, CustomerAnswer.answered_at)
    .where(CustomerAnswer.channel == "page")
    .order_by(CustomerAnswer.answered_at),
)


async def said_on_page(db: AsyncConnection, visit_id: UUID) -> list[PageAnswer]:
    """Return what the customer of a visit said on the page of its report, the first first."""
    return await _ON_PAGE.all(db, _ON_PAGE.statement.where(CustomerAnswer.visit_id == visit_id).limit(page_answers_max))


def may_answer(said: list[PageAnswer], at: dt.datetime) -> bool:
    """Decide whether the page takes an answer: a first one, and others within a day of it."""
    return not said or (len(said) < page_answers_max and at - said[0].answered_at < change_within)

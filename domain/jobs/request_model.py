"""What people ask for at a machine: service requests, whoever sends them."""

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Pk, Record, Sorted


class ServiceRequest(Record):
    """Somebody scanned a label and asks for service; stored alike whatever the machine is, known or not.

    ``form_key`` is the form it came with: sent twice, it is one request. ``code_hash`` is there when the label's tag
    code is ours; of the code itself nothing is kept. Unit, partner and label are found out afterwards. Once it is
    erased, it says no longer who asked for what.
    """

    __tablename__ = "service_request"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'accepted', 'dismissed')", name="state"),
        CheckConstraint("label IN ('right', 'revoked', 'none')", name="label"),
        CheckConstraint("(state = 'accepted') = (job_id IS NOT NULL)", name="accepted"),
        CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name="dismissed"),
        CheckConstraint("(state = 'new') = (decided_by IS NULL)", name="decided"),
        Index("ix_service_request_state_number", "state", "number"),
        Index("ix_service_request_unit_id", "unit_id"),
        Index(
            "ix_service_request_named",
            text("coalesce(decided_at, received_at)"),
            postgresql_where=text("erased_at IS NULL"),
        ),
    )
    id: Mapped[Pk]
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=300001), unique=True)
    form_key: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(server_default="new")
    gtin: Mapped[str]
    serial: Mapped[str]
    serial_key: Mapped[Sorted]
    code_hash: Mapped[bytes | None]
    name: Mapped[str]
    phone: Mapped[str]
    wish: Mapped[str]
    language: Mapped[str]
    photo_sha256: Mapped[str | None] = mapped_column(index=True)
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    understood_at: Mapped[dt.datetime | None]
    label: Mapped[str | None]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"), index=True)
    reason: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]

    @property
    def caller(self) -> str:
        """Who asked, as the job that is made of it says."""
        return f"{self.name}, {self.phone}"

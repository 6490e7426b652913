"""The audit chain: what was journaled, in an order that nobody changes unnoticed, and the checkpoints signed on it."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Record


class Unsealed(Record):
    """A journal entry that waits for its place in the chain; a trigger of the journal writes it, whoever journals.

    A sequence instead, with a cursor on it, would pass over an entry that took its number early and committed late.
    """

    __tablename__ = "unsealed"
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ChainLink(Record):
    """The place of a journal entry: numbers without gaps from 1, and a digest over all entries up to this one.

    ``told`` is a salted commitment to the entry's answer and verdict, as the journal's own is to what was sent; None
    when the body was erased before it was sealed.
    """

    __tablename__ = "audit_chain"
    no: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    op_id: Mapped[UUID] = mapped_column(unique=True)
    told: Mapped[bytes | None]
    digest: Mapped[bytes]


class ChainCheckpoint(Record):
    """A signature on the digest at ``no``, and so on every entry up to it; ``after`` is the checkpoint before."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = (CheckConstraint("signed_at BETWEEN '2000-01-01' AND '2200-01-01'", name="signed_at"),)
    no: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    after: Mapped[Big]
    digest: Mapped[bytes]
    signed_at: Mapped[dt.datetime]
    key_id: Mapped[str] = mapped_column(ForeignKey("sealing_key.id"))
    signature: Mapped[bytes]

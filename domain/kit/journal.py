"""The journal: one append-only entry per command, which is its idempotency record and its audit trail at once."""

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Record
from domain.kit.problem import Problem
from domain.kit.rows import Rows

Outcome = Literal["applied", "applied_flagged", "recorded", "superseded", "rejected"]


class JournalEntry(Record):
    """The narrow facts of an operation, kept for ever."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_device_id_seq", "device_id", "seq"),
        Index("ix_journal_actor_id_applied_at", "actor_id", "applied_at"),
    )
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID | None]
    seq: Mapped[Big | None]
    actor_id: Mapped[UUID]
    partner_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    outcome: Mapped[str]
    commitment: Mapped[bytes]
    client_at: Mapped[dt.datetime | None]
    estimated_at: Mapped[dt.datetime | None]
    received_at: Mapped[dt.datetime]
    applied_at: Mapped[dt.datetime]


class JournalBody(Record):
    """What was sent, what is known and what was told; may be erased by law without breaking the journal."""

    __tablename__ = "journal_body"
    op_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID | None]
    salt: Mapped[bytes]
    sent: Mapped[bytes]
    answer: Mapped[bytes]
    verdict: Mapped[dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """The final outcome of one operation, with the answer as it was and will be told."""

    op_id: UUID
    outcome: Outcome
    answer: bytes
    replayed: bool = False
    taken_at: dt.datetime | None = None

    @property
    def reason(self) -> str | None:
        """The code of the problem that rejected, recorded or superseded it; None for a command's own answer."""
        if self.outcome not in ("rejected", "recorded", "superseded"):
            return None
        code = msgspec.json.decode(self.answer).get("code")
        return None if code is None else str(code)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where an operation came from: its device, its number there, and the phone's clock (None over HTTP)."""

    device_id: UUID | None = None
    seq: int | None = None
    client_at: dt.datetime | None = None
    estimated_at: dt.datetime | None = None


NO_STAMP = Stamp()


def canonical(content: Any) -> bytes:
    """Return decoded JSON as bytes that do not depend on key order or white space."""
    return msgspec.json.encode(content, order="sorted")


def commit_to(salt: bytes, sent: bytes) -> bytes:
    """Return the commitment to what was sent: it proves the content once shown and tells nothing before."""
    return hashlib.sha256(salt + sent).digest()


TABLES = ("journal", "journal_body")
KNOWN = "SELECT 1"
_EARLIER = """
SELECT journal.outcome, journal.received_at, journal.commitment, journal_body.salt, journal_body.answer
FROM journal LEFT JOIN journal_body ON journal_body.op_id = journal.op_id WHERE journal.op_id = $1
"""
_BODY = """
INSERT INTO journal_body (op_id, partner_id, salt, sent, answer, verdict) VALUES ($1, $2, $3, $4, $5, $6)
"""
_ENTRY = """
INSERT INTO journal (op_id, partner_id, actor_id, kind, version, outcome, commitment, device_id, seq, client_at,
                     estimated_at, received_at, applied_at)
VALUES ($1, $2, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""


def asks_for(op_id: UUID) -> str:
    """Return the statement that comes to ``KNOWN`` when there is an entry: a look at it is worth the round trip."""
    return f"SELECT FROM journal WHERE op_id = '{op_id}'"


async def earlier_entry(driver: Any, op_id: UUID, sent: bytes) -> tuple[Entry, bool]:
    """Return the entry that is known under ``op_id``, and whether its content was the same."""
    outcome, taken_at, commitment, salt, answer = await driver.fetchrow(_EARLIER, op_id)
    if salt is None:
        return Entry(op_id, outcome, b'{"code":"erased"}', replayed=True, taken_at=taken_at), True
    entry = Entry(op_id, outcome, answer, replayed=True, taken_at=taken_at)
    return entry, commit_to(salt, sent) == commitment


async def write_entry(
    driver: Any,
    *,
    rows: Rows,
    op_id: UUID,
    actor_id: UUID,
    partner_id: UUID | None,
    kind: str,
    version: int,
    outcome: Outcome,
    sent: bytes,
    answer: bytes,
    verdict: Any,
    stamp: Stamp,
    received_at: dt.datetime,
    applied_at: dt.datetime,
) -> None:
    """Insert the finished entry, its body and the rows that wait, in one statement: entries are never updated."""
    salt = os.urandom(16)
    known = None if verdict is None else msgspec.json.encode(verdict).decode()
    body = (op_id, partner_id, salt, sent, answer, known)
    facts = (actor_id, kind, version, outcome, commit_to(salt, sent))
    origin = (stamp.device_id, stamp.seq, stamp.client_at, stamp.estimated_at)
    statement = rows.take(_BODY, _ENTRY, given=(*body, *facts, *origin, received_at, applied_at))
    await driver.execute(statement.sql, *statement.values)


def told_of(problem: Problem) -> dict[str, Any]:
    """Return what is stored and told of a problem, without any status code."""
    return {"code": problem.code, "detail": problem.detail, **problem.facts}

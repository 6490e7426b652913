"""The register of seals: what was sealed, when, and whether its keys were valid then."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, FromClause, and_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from domain.kit.read import Read
from domain.kit.work import Work
from domain.sealing.model import ReportSeal, SealingKey
from domain.sealing.rules import KeyTime

Db = AsyncConnection | AsyncSession


class NewSeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker made of a revision."""

    report_id: UUID
    revision: int
    partner_id: UUID | None
    token: str
    token_key_id: str
    pdf_key_id: str
    pdf_sha256: str


class Seal(msgspec.Struct, frozen=True):
    """A seal as the register knows it, with the times of its two keys as they are known today."""

    report_id: UUID
    revision: int
    token: str
    pdf_sha256: str
    sealed_at: dt.datetime
    token_key_id: str
    token_key_from: dt.datetime
    token_key_to: dt.datetime
    token_key_revoked_at: dt.datetime | None
    pdf_key_id: str
    pdf_key_from: dt.datetime
    pdf_key_to: dt.datetime
    pdf_key_revoked_at: dt.datetime | None

    @property
    def counts(self) -> bool:
        """Whether both keys were valid when the register took the seal."""
        times = (
            (self.token_key_from, self.token_key_to, self.token_key_revoked_at),
            (self.pdf_key_from, self.pdf_key_to, self.pdf_key_revoked_at),
        )
        return all(
            KeyTime(valid_from=begin, valid_to=end, revoked_at=revoked).holds_at(self.sealed_at)
            for begin, end, revoked in times
        )


_token_key, _pdf_key = aliased(SealingKey), aliased(SealingKey)
_SEALS = Read(
    Seal,
    select(
        ReportSeal.report_id,
        ReportSeal.revision,
        ReportSeal.token,
        ReportSeal.pdf_sha256,
        ReportSeal.sealed_at,
        ReportSeal.token_key_id,
        _token_key.valid_from.label("token_key_from"),
        _token_key.valid_to.label("token_key_to"),
        _token_key.revoked_at.label("token_key_revoked_at"),
        ReportSeal.pdf_key_id,
        _pdf_key.valid_from.label("pdf_key_from"),
        _pdf_key.valid_to.label("pdf_key_to"),
        _pdf_key.revoked_at.label("pdf_key_revoked_at"),
    )
    .join(_token_key, _token_key.id == ReportSeal.token_key_id)
    .join(_pdf_key, _pdf_key.id == ReportSeal.pdf_key_id),
)
_BY_TOKEN = _SEALS.statement.where(ReportSeal.token == bindparam("token"))


def counted(seal: FromClause, *keys: FromClause) -> ColumnElement[bool]:
    """Decide in SQL what ``Seal.counts`` does, of a row of seals and those of its two keys."""
    return and_(
        *(
            and_(
                key.c.valid_from <= seal.c.sealed_at,
                seal.c.sealed_at < key.c.valid_to,
                or_(key.c.revoked_at.is_(None), seal.c.sealed_at < key.c.revoked_at),
            )
            for key in keys
        )
    )


async def register_seal(work: Work, made: NewSeal) -> bool:
    """Enter a seal; False when the revision has one already, which stays.

    The database sets the moment, and refuses keys that are not valid then.
    """
    entered = await work.db.execute(
        insert(ReportSeal)
        .values(**msgspec.structs.asdict(made))
        .on_conflict_do_nothing(index_elements=["report_id", "revision"])
        .returning(ReportSeal.report_id)
    )
    return entered.first() is not None


async def seal_of_token(db: Db, token: str) -> Seal | None:
    """Return the seal with this text in its QR."""
    return await _SEALS.first(db, _BY_TOKEN, {"token": token})


async def seal_of_pdf(db: Db, sha256: str) -> Seal | None:
    """Return the seal of the PDF with this SHA-256, if we issued it."""
    return await _SEALS.first(db, _SEALS.statement.where(ReportSeal.pdf_sha256 == sha256))


async def seal_counts(db: Db, report_id: UUID, revision: int) -> bool | None:
    """Decide whether the seal of a revision counts; None while it has none. For our own people: who else sees keys?"""
    one = (ReportSeal.report_id == report_id, ReportSeal.revision == revision)
    seal = await _SEALS.first(db, _SEALS.statement.where(*one))
    return None if seal is None else seal.counts

"""What a seal is worth today, for who checks a report with the register at hand."""

import datetime as dt
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.read import Read
from domain.reports import rules
from domain.reports.model import Report, ReportRevision
from domain.sealing.seals import Seal

Db = AsyncConnection | AsyncSession
Verdict = Literal["genuine", "superseded", "withdrawn", "not-ours", "changed", "key-not-valid", "status-unknown"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of a report; ``reason`` says in a sentence why the verdict is what it is."""

    verdict: Verdict
    reason: str
    report_number: str = ""
    revision: int | None = None
    newest_revision: int | None = None
    sealed_at: dt.datetime | None = None
    token_key_id: str = ""
    pdf_key_id: str = ""
    inner: str = ""
    """What the signature in a PDF says by itself."""


class _Standing(msgspec.Struct, frozen=True):
    number: int
    state: str
    newest: int


_STANDING = Read(
    _Standing,
    select(
        Report.number,
        Report.state,
        select(func.max(ReportRevision.revision))
        .where(ReportRevision.report_id == Report.id)
        .scalar_subquery()
        .label("newest"),
    ),
)
_WORDS: dict[rules.Standing, str] = {
    "genuine": "Issued by us, and the newest revision.",
    "superseded": "Issued by us, and replaced by a later revision.",
    "withdrawn": "Issued by us, and withdrawn since.",
}


async def checked(db: Db, seal: Seal) -> Checked:
    """Judge a seal by the register: whether its keys were valid when it was made, and what became of its report."""
    found = await _standing(db, seal.report_id)
    known = rules.standing(found.state, seal.revision, found.newest)
    return Checked(
        verdict=known if seal.counts else "key-not-valid",
        reason=_WORDS[known] if seal.counts else "Sealed when a key of the seal was no longer valid.",
        report_number=rules.report_number(found.number),
        revision=seal.revision,
        newest_revision=found.newest,
        sealed_at=seal.sealed_at,
        token_key_id=seal.token_key_id,
        pdf_key_id=seal.pdf_key_id,
    )


async def _standing(db: Db, report_id: UUID) -> _Standing:
    (found,) = await _STANDING.all(db, _STANDING.statement.where(Report.id == report_id))
    return found

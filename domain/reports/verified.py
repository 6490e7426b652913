"""What anybody who holds a report may know of it: whether it is ours and current, and nothing about a person."""

import datetime as dt
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.kit.problem import Kind, Problem
from domain.kit.read import AnySelect, Read
from domain.reports import codes, rules
from domain.reports.document import ReportDocument, read
from domain.reports.model import Report, ReportFile, ReportRevision
from domain.sealing.model import ReportSeal, SealingKey
from domain.sealing.seals import counted, seal_of_token
from domain.sealing.token import Token

Db = AsyncConnection | AsyncSession


class NotOurs(Problem, kind=Kind.MISSING):
    """We have issued no report with this code."""


class IssuedPdf(msgspec.Struct, frozen=True, kw_only=True):
    """The PDF of a revision as we issued it, by the SHA-256 of its bytes."""

    revision: int
    standing: rules.Standing
    sha256: str


class IssuedRow(msgspec.Struct, frozen=True):
    """A revision as the register knows it, with the digests of the PDFs of all revisions of its report.

    Those that were sealed stay known when their files were erased; before there were seals, only files are known.
    Beside each that was sealed stands whether its seal counts.
    """

    document: bytes
    revision: int
    newest: int
    state: str
    printed: list[tuple[int, str]] | None
    sealed: list[tuple[int, str, bool]] | None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may know who holds a report of ours: nothing of it names a person.

    ``partner`` is empty when our own people did the work; ``parts`` counts lines of the sheet. With ``pdfs`` whoever
    has the document tells by its digest whether it is one that we issued.
    """

    standing: rules.Standing
    report_number: str
    revision: int
    newest_revision: int
    visited_on: dt.date
    model_code: str
    model_name: str
    serial_ends: str
    partner: str
    technician_number: str
    result: str
    parts: int
    labour_minutes: int
    travel_minutes: int
    pdfs: list[IssuedPdf]


_later = ReportRevision.__table__.alias("later")
_printed = ReportFile.__table__.alias("printed")
_sealed = ReportSeal.__table__.alias("sealed")
_token_key, _pdf_key = SealingKey.__table__.alias("token_key"), SealingKey.__table__.alias("pdf_key")
_ISSUED = Read(
    IssuedRow,
    select(
        ReportRevision.document,
        ReportRevision.revision,
        select(func.max(_later.c.revision)).where(_later.c.report_id == Report.id).scalar_subquery().label("newest"),
        Report.state,
        select(func.json_agg(func.json_build_array(_printed.c.revision, _printed.c.blob_sha256)))
        .where(_printed.c.report_id == Report.id)
        .scalar_subquery()
        .label("printed"),
        select(
            func.json_agg(
                func.json_build_array(_sealed.c.revision, _sealed.c.pdf_sha256, counted(_sealed, _token_key, _pdf_key))
            )
        )
        .where(
            _sealed.c.report_id == Report.id,
            _token_key.c.id == _sealed.c.token_key_id,
            _pdf_key.c.id == _sealed.c.pdf_key_id,
        )
        .scalar_subquery()
        .label("sealed"),
    ).join(Report, Report.id == ReportRevision.report_id),
)
_BY_TOKEN = _ISSUED.statement.where(ReportRevision.verification_code == bindparam("code"))
_SEALED = _ISSUED.statement.where(
    ReportRevision.report_id == bindparam("report_id"), ReportRevision.revision == bindparam("revision")
)
_BY_HAND = _ISSUED.statement.where(ReportRevision.short_code == bindparam("code"))


async def verified(db: Db, token: str, said: Token | None) -> Verified | None:
    """Return what our register says of the text in a report's QR, or None when it is not ours.

    ``said`` is what a sealed token says once its signature was checked. That alone proves nothing: the register must
    have it, from a time when its keys were valid. Revisions that are not sealed yet have a code of the register's;
    once they are, no other way to them makes more of a seal than the seal is worth.
    """
    if said is not None:
        seal = await seal_of_token(db, token)
        if seal is None or not seal.counts:
            return None
        return await _told(db, _SEALED, {"report_id": seal.report_id, "revision": seal.revision})
    code = codes.look_up_code(token)
    return None if code is None else await _told(db, _BY_TOKEN, {"code": code})


async def verified_by_hand(db: Db, typed: str) -> Verified | None:
    """Return what our register says of a short code, or None when it is not ours."""
    code = codes.read_short_code(typed)
    return None if code is None else await _told(db, _BY_HAND, {"code": code})


async def _told(db: Db, statement: AnySelect, sought: dict[str, Any]) -> Verified | None:
    row = await _ISSUED.first(db, statement, sought)
    if row is None:
        return None
    void = {number for number, _, counts in row.sealed or [] if not counts}
    if row.revision in void:
        return None
    document = read(row.document, ReportDocument)
    minutes = {kind: sum(time.minutes for time in document.times if time.kind == kind) for kind in ("labour", "travel")}
    issued = [*(row.printed or []), *((number, sha256) for number, sha256, _ in row.sealed or [])]
    pdfs = {(number, sha256) for number, sha256 in issued if number not in void}
    return Verified(
        standing=rules.standing(row.state, row.revision, row.newest),
        report_number=document.report_number,
        revision=row.revision,
        newest_revision=row.newest,
        visited_on=document.visited_on,
        model_code=document.model_code,
        model_name=document.model_name,
        serial_ends=document.serial[-4:],
        partner=document.partner,
        technician_number=document.technician_number,
        result=document.result,
        parts=len(document.parts),
        labour_minutes=minutes["labour"],
        travel_minutes=minutes["travel"],
        pdfs=[
            IssuedPdf(revision=number, standing=rules.standing(row.state, number, row.newest), sha256=sha256)
            for number, sha256 in sorted(pdfs, reverse=True)
        ],
    )

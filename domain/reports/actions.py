"""Freezing the report of a completed visit."""

import secrets
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.jobs.model import Visit
from domain.kit.ids import new_id
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.reports import codes, rules
from domain.reports.document import commit, digest, salt_bytes
from domain.reports.model import Collection, Report
from domain.reports.sheet import sheet_of
from domain.worklog.completion import CompleteVisit

RENDER = "report.render"


class RenderReport(msgspec.Struct, frozen=True):
    """Which revision the worker has to print."""

    report_id: UUID
    revision: int


_COMPLETED = Prepared(
    select(Visit.partner_id, Report.id)
    .outerjoin(Report, Report.visit_id == Visit.id)
    .where(Visit.id == bindparam("visit_id"), Visit.state == "completed", Visit.result.is_not(None)),
    "visit_id",
)
_NEW_REPORT = """
INSERT INTO report (id, visit_id, partner_id, state, created_at) VALUES ($1, $2, $3, 'frozen', $4) RETURNING number
"""
_NEW_REVISION = """
WITH revision AS (
  INSERT INTO report_revision (report_id, revision, partner_id, document, digest, verification_code, short_code,
                               frozen_at, signature)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)
INSERT INTO report_person (report_id, revision, partner_id, salt, personal) VALUES ($1, $2, $3, $10, $11)
"""


async def freeze_report(work: Work, cmd: CompleteVisit) -> None:
    """Freeze the sheet of a visit that was just completed as revision 1 of its report, and have it printed.

    Nothing on a sheet can stop it: what is too long is cut. A completion that came second changes no report. The
    collection code that came along leads to the report, unless the visit has one already.
    """
    row = await _COMPLETED.first(work.driver, {"visit_id": cmd.visit_id})
    if row is None:
        return
    partner_id, report_id = row
    if report_id is None:
        await _freeze(work, cmd.visit_id, partner_id)
    if cmd.collection is not None:
        await work.db.execute(
            # A code that some visit already has is the phone's mistake: it costs the code, never the visit.
            insert(Collection)
            .values(
                visit_id=cmd.visit_id,
                partner_id=partner_id,
                code_hash=bytes.fromhex(cmd.collection.code_hash),
                pin_hash=bytes.fromhex(cmd.collection.pin_hash),
            )
            .on_conflict_do_nothing()
        )


async def _freeze(work: Work, visit_id: UUID, partner_id: UUID | None) -> None:
    report_id = new_id()
    number = await work.driver.fetchval(_NEW_REPORT, report_id, visit_id, partner_id, work.now)
    document, personal = await sheet_of(work.driver, visit_id, report_id=report_id, number=number, at=work.now)
    salt = secrets.token_bytes(salt_bytes)
    personal_bytes = rules.frozen(personal)
    bound = msgspec.structs.replace(document, personal_commitment=commit(personal_bytes, salt).hex())
    document_bytes = rules.frozen(bound)
    names = (report_id, bound.revision, partner_id)
    codes_of_it = (codes.new_token(), codes.new_short_code(), work.now)
    frozen = (document_bytes, digest(document_bytes), *codes_of_it, rules.signature_of(personal))
    await work.driver.execute(_NEW_REVISION, *names, *frozen, salt, personal_bytes)
    await work.enqueue(RENDER, RenderReport(report_id, bound.revision))

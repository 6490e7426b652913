"""Freezing the report of a completed visit."""

import secrets
from uuid import UUID

import msgspec

from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.reports import codes, rules
from domain.reports.document import commit, digest, salt_bytes
from domain.reports.paper_codes import paper_secret
from domain.reports.sheet import NewReport, open_report
from domain.worklog.completion import CompleteVisit

RENDER = "report.render"


class RenderReport(msgspec.Struct, frozen=True):
    """Which revision the worker has to print."""

    report_id: UUID
    revision: int


_PARTNER_OF = "SELECT partner_id FROM visit WHERE id = $1 AND state = 'completed' AND result IS NOT NULL"
# A code that some visit already has is the phone's mistake: it costs the code, never the visit.
_NEW_COLLECTION = """
INSERT INTO collection (visit_id, partner_id, code_hash, pin_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""


async def freeze_report(work: Work, cmd: CompleteVisit) -> None:
    """Freeze the sheet of a visit that was just completed as revision 1 of its report, and have it printed.

    Nothing on a sheet can stop it: what is too long is cut. A completion that came second changes no report. The
    collection code that came along leads to the report, unless the visit has one already; where the office keyed in a
    paper sheet it is the one printed there.
    """
    report_id = new_id()
    opened = await open_report(work.driver, cmd.visit_id, report_id=report_id, at=work.now)
    if opened is not None:
        await _freeze(work, report_id, opened)
    hashes = _collection_hashes(work, cmd)
    if hashes is not None:
        row = await work.driver.fetchrow(_PARTNER_OF, cmd.visit_id)
        if row is not None:
            await work.driver.execute(_NEW_COLLECTION, cmd.visit_id, row["partner_id"], *hashes)


def _collection_hashes(work: Work, cmd: CompleteVisit) -> tuple[bytes, bytes] | None:
    """Return what is kept of the collection code the customer was given with the sheet, if there was one."""
    if cmd.collection is not None:
        return bytes.fromhex(cmd.collection.code_hash), bytes.fromhex(cmd.collection.pin_hash)
    if not work.actor.is_office:
        return None
    printed = paper_secret(work.signer, cmd.visit_id)
    return printed.code_hash, printed.pin_hash


async def _freeze(work: Work, report_id: UUID, opened: NewReport) -> None:
    salt = secrets.token_bytes(salt_bytes)
    personal_bytes = rules.frozen(opened.personal)
    bound = msgspec.structs.replace(opened.document, personal_commitment=commit(personal_bytes, salt).hex())
    document_bytes = rules.frozen(bound)
    names = {"report_id": report_id, "revision": bound.revision, "partner_id": opened.partner_id}
    frozen = {
        "document": document_bytes,
        "digest": digest(document_bytes),
        "verification_code": codes.new_token(),
        "short_code": codes.new_short_code(),
        "frozen_at": work.now,
        "signature": rules.signature_of(opened.personal),
    }
    work.rows.add("report_revision", names | frozen)
    work.rows.add("report_person", names | {"salt": salt, "personal": personal_bytes})
    await work.enqueue(RENDER, RenderReport(report_id, bound.revision))

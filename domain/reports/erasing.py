"""Erasing by law what names a person in a report: the document, its seal and its codes hold without it.

What goes: names, address, phone and signature of every revision, of the visit and of every completion that was sent,
also where it was refused or could not be read; every PDF, in the file store and in print jobs; addresses of letters;
what the customer wrote beside an answer; who asked for the visit, where it came from a service request.

What is kept, and why:
- The documents of the revisions, with the technician as a number, the machine and the free words about the work: seals
  and codes prove their digests. Whoever wrote a name into those words strikes it first, by an amendment.
- Reasons and corrections of amendments, and notes at decisions: our own people wrote them about the work, they stand
  on the revision that came of them, and they prove that two people agreed.
- What the customer answered (the visit happened, or not): claims were decided by it. It names nobody.
- What was unreadable to the letter and does not even show which visit it is about.
- The customer's master data, for as long as somebody is a customer.
- Back-ups, until they are replaced: erase again after one was restored.
"""

from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from domain.claims.answered import CustomerAnswer
from domain.jobs.model import Visit, VisitEvent
from domain.jobs.request_erasing import erase_requests_of_job
from domain.jobs.scope import standing_now, tell_visit
from domain.jobs.visits import lock_visit
from domain.kit.actor import MANAGERS
from domain.kit.command import Answer, Command, Done, action
from domain.kit.files import FORGET, ForgetFile
from domain.kit.journal import JournalBody, JournalEntry
from domain.kit.limits import Reason
from domain.kit.problem import NotFound
from domain.kit.read import AnySelect
from domain.kit.work import Work
from domain.reports.amendments import decide, language_of, write_down
from domain.reports.collecting import NotCompletedYet
from domain.reports.corrections import Corrections
from domain.reports.model import Report, ReportAmendment, ReportErasure, ReportFile, ReportPerson
from domain.reports.revising import head_of, revise_same
from domain.worklog.completion import complete_visit

ERASED = {"en": "Personal data erased as the law asks", "zh": "个人信息已依法删除"}
"""The reason in the revision that is left, in the customer's language; why exactly is for us alone."""


class ErasePersonalPart(Command, tag="report.erase", frozen=True, kw_only=True):
    """Erase what names a person in the report of a visit, by law, for good and with a reason.

    Names, address, phone and signature go from every revision, from the visit and from what the journal keeps of its
    completion, and every PDF is removed; so does what the customer wrote beside an answer, and who asked for the visit
    on a machine's page. A new revision says the same without them; documents, digests and codes of the former ones stay
    as they are. A withdrawn report stays withdrawn, without a PDF.
    """

    visit_id: UUID
    reason: Reason


class PersonalPartErased(Answer, frozen=True, kw_only=True):
    """Of which report, and its newest revision now."""

    report_id: UUID
    revision: int


@action(
    ErasePersonalPart,
    by=MANAGERS,
    answer=PersonalPartErased,
    raises=(NotFound, NotCompletedYet),
    example=ErasePersonalPart(
        visit_id=UUID("0198c5b0-0000-7000-8000-000000000001"), reason="Asked for in writing on 3 March"
    ),
)
async def erase_personal_part(work: Work, cmd: ErasePersonalPart) -> Done:
    """Erase it once; doing it again changes nothing.

    Locks: the request that the job was made of and the job, then the visit, then the report.
    """
    job_id = await work.db.scalar(select(Visit.job_id).where(Visit.id == cmd.visit_id))
    if job_id is not None:
        await erase_requests_of_job(work, job_id)
    visit, _ = await lock_visit(work, cmd.visit_id)
    head = await head_of(work, visit.id)
    if head.erased:
        return Done(PersonalPartErased(report_id=head.report_id, revision=head.revision), outcome="superseded")
    await _lock(work, head.report_id)
    work.db.add(
        ReportErasure(
            report_id=head.report_id,
            partner_id=head.partner_id,
            reason=cmd.reason,
            erased_by=work.actor.account_id,
            erased_at=work.now,
        )
    )
    reason = ERASED[await language_of(work, visit)]
    amendment = await write_down(work, head, "erase", reason, Corrections())
    await decide(work, amendment, "approve", "")
    visit.signature, visit.signed_by = None, None
    signed = select(ReportAmendment.id).where(
        ReportAmendment.report_id == head.report_id, ReportAmendment.kind == "sign"
    )
    answered = select(CustomerAnswer.id).where(CustomerAnswer.visit_id == visit.id)
    kept = JournalBody.op_id
    gone = or_(kept.in_(signed), kept.in_(answered), *map(kept.in_, _completions(visit)))
    await work.db.execute(delete(JournalBody).where(gone))
    await work.db.execute(update(CustomerAnswer).where(CustomerAnswer.visit_id == visit.id).values(note=""))
    await work.db.execute(delete(ReportPerson).where(ReportPerson.report_id == head.report_id))
    of_report = ReportFile.report_id == head.report_id
    files = (await work.db.scalars(delete(ReportFile).where(of_report).returning(ReportFile.blob_sha256))).all()
    for blob_sha256 in files:
        await work.enqueue(FORGET, ForgetFile(blob_sha256))
    withdrawn = head.state == "withdrawn"
    revision = head.revision if withdrawn else await revise_same(work, head, amendment, None)
    await tell_visit(work, visit, await standing_now(work, visit))
    return Done(PersonalPartErased(report_id=head.report_id, revision=revision))


def _completions(visit: Visit) -> tuple[AnySelect, AnySelect]:
    """Find every completion of a visit that the journal keeps: those it refused say what the customer signed, too.

    Who tried is whoever took a step of the visit, or was sent there.
    """
    events = select(VisitEvent.op_id).where(VisitEvent.visit_id == visit.id)
    people = select(JournalEntry.actor_id).where(JournalEntry.op_id.in_(events))
    tried = (
        select(JournalEntry.op_id)
        .join(JournalBody, JournalBody.op_id == JournalEntry.op_id)
        .where(
            or_(JournalEntry.actor_id == visit.technician_id, JournalEntry.actor_id.in_(people)),
            JournalEntry.kind == complete_visit.tag,
            func.convert_from(JournalBody.sent, "UTF8").contains(str(visit.id)),
        )
    )
    return events.where(VisitEvent.step == "complete"), tried


async def still_names(work: Work, report_id: UUID, revision: int) -> bool:
    """Tell whether a revision has its personal part, and keep it so until the end of the transaction.

    Locks: the report.
    """
    await _lock(work, report_id)
    part = select(ReportPerson.revision).where(ReportPerson.report_id == report_id, ReportPerson.revision == revision)
    return await work.db.scalar(part) is not None


async def _lock(work: Work, report_id: UUID) -> None:
    """Let printing and erasing wait for one another."""
    await work.db.execute(select(Report.id).where(Report.id == report_id).with_for_update(key_share=True))

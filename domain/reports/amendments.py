"""The life of a report after it was frozen: amended, withdrawn, signed later; after a signature by two people.

A correction is recorded where it belongs - late work that the office accepts, the unit, the sheet - and an amendment
freezes the record as it stands then. The database admits no revision without an approved amendment, and after the
customer's signature no approval by whoever asked or by anybody outside our desk.
"""

from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from domain.claims.taken_back import lines_struck, report_withdrawn
from domain.customers.model import Customer
from domain.jobs.model import Job, Visit
from domain.jobs.scope import standing_now, tell_visit
from domain.jobs.visits import JobReassigned, lock_visit
from domain.kit.actor import MANAGERS, Actor, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Line, Note, Reason, Version, Word
from domain.kit.problem import InvalidRequest, Kind, NotAllowed, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import PARTNER_DESK, own_rows
from domain.reports import rules
from domain.reports.collecting import NotCompletedYet
from domain.reports.corrections import AddedTime, Corrections, carry_out, check
from domain.reports.model import AmendmentDecision, Report, ReportAmendment
from domain.reports.revising import Head, NothingToAmend, counts_no_more, head_of, revise, says_something_new
from domain.worklog.completion import Signature

Asked = Literal["amend", "withdraw", "sign", "erase", "reseal"]
NOBODYS: frozenset[str] = frozenset({"sign", "reseal"})
"""What none of our people asks for: the customer signs, the product seals anew."""
Decision = Literal["approve", "decline"]
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
NAME_ALONE: dict[str, Any] = {"width": 1, "height": 1, "strokes": []}
"""The signature of who typed a name and drew nothing."""
SIGNED_LATER = {"en": "Signed by the customer afterwards", "zh": "客户事后补签"}
"""The reason in a revision that a later signature makes, in the customer's language."""


class AmendmentWaits(Problem, kind=Kind.CONFLICT):
    """Something was asked for about this report before and waits for a second person."""


class AmendmentDecided(Problem, kind=Kind.CONFLICT):
    """Somebody decided about this before."""


class ReportMovedOn(Problem, kind=Kind.CONFLICT):
    """The report has another revision by now; decline this and ask anew."""


class ReportWithdrawn(Problem, kind=Kind.CONFLICT):
    """The report is withdrawn; only a manager's amendment makes it count again."""


class AlreadySigned(Problem, kind=Kind.CONFLICT):
    """The customer has signed this report."""


class AmendReport(Command, tag="report.amend", frozen=True, kw_only=True):
    """Freeze the report of a completed visit again, with a reason.

    The new revision is made from the record as it stands now: with late work that the office accepted, a corrected
    unit, and what ``corrections`` change on the sheet. Once the customer signed, or where a partner corrects lines,
    somebody else of our desk must approve it first; the answer is 202 then. Without anything new it is refused, unless
    a key of its seal was revoked: then our office freezes the same once more.
    """

    visit_id: UUID
    reason: Reason
    corrections: Corrections = Corrections()


class WithdrawReport(Command, tag="report.withdraw", frozen=True, kw_only=True):
    """Withdraw the report of a visit, with a reason: its codes go on working and say so.

    Once the customer signed, another manager must approve it. Only a new revision undoes it.
    """

    visit_id: UUID
    reason: Reason


class DecideAmendment(Command, tag="report.decide", frozen=True, kw_only=True):
    """Approve or decline an amendment or a withdrawal that waits for a second person.

    Whoever asked may take it back by declining, and never approve. Managers approve withdrawals.
    """

    amendment_id: UUID
    decision: Decision
    note: Note = ""


class SignReport(Command, tag="report.sign", frozen=True, kw_only=True):
    """Take the signature of a customer who was absent, far away or declined when the visit ended.

    Makes a new revision. Whoever carries it out has made sure that this is the customer. ``revision`` is what was read;
    a name alone will do where nothing can be drawn.
    """

    visit_id: UUID
    revision: Version
    signed_by: Line
    signature: Signature | None = None


class ReportAmended(Answer, frozen=True, kw_only=True):
    """What was asked for and how it stands: waiting, approved or declined; and the newest revision of the report."""

    id: UUID
    visit_id: UUID
    state: Word
    revision: int


@action(
    AmendReport,
    by=PARTNER_DESK,
    answer=ReportAmended,
    raises=(
        NotFound,
        NotCompletedYet,
        JobReassigned,
        AmendmentWaits,
        NothingToAmend,
        ReportWithdrawn,
        InvalidRequest,
    ),
    creates=True,
    example=AmendReport(
        visit_id=_ID,
        reason="The second hour was missing",
        corrections=Corrections(times=(AddedTime(kind="labour", minutes=60),)),
    ),
)
async def amend_report(work: Work, cmd: AmendReport) -> Done:
    """Freeze the next revision at once where one person is enough, otherwise let it wait.

    Locks: the visit.
    """
    visit, head = await _report_to_change(work, cmd.visit_id)
    if head.state == "withdrawn" and work.actor.role not in MANAGERS:
        raise ReportWithdrawn("A manager amends a withdrawn report.")
    await check(work, visit, cmd.corrections)
    changes = cmd.corrections.change(visit) or await says_something_new(work, head)
    if not changes and not await counts_no_more(work, head):
        raise NothingToAmend("Nothing was recorded or corrected since it was frozen.")
    return await _ask(work, visit, head, "amend", cmd.reason, cmd.corrections)


@action(
    WithdrawReport,
    by=MANAGERS,
    answer=ReportAmended,
    raises=(NotFound, NotCompletedYet, AmendmentWaits, ReportWithdrawn),
    creates=True,
    example=WithdrawReport(visit_id=_ID, reason="The visit was keyed in twice"),
)
async def withdraw_report(work: Work, cmd: WithdrawReport) -> Done:
    """Withdraw it at once where one person is enough, otherwise let it wait.

    Locks: the visit.
    """
    visit, head = await _report_to_change(work, cmd.visit_id)
    if head.state == "withdrawn":
        raise ReportWithdrawn("It is withdrawn already.")
    return await _ask(work, visit, head, "withdraw", cmd.reason, Corrections())


@action(
    DecideAmendment,
    by=PARTNER_DESK,
    answer=ReportAmended,
    raises=(NotFound, NotAllowed, AmendmentDecided, ReportMovedOn, NothingToAmend, InvalidRequest),
    example=DecideAmendment(amendment_id=_ID, decision="approve", note="asked the customer on the phone"),
)
async def decide_amendment(work: Work, cmd: DecideAmendment) -> Done:
    """Carry out what waited, or close it.

    Locks: the visit.
    """
    found = select(Report.visit_id).join(ReportAmendment, ReportAmendment.report_id == Report.id)
    own = own_rows(work.actor, ReportAmendment.partner_id)
    visit_id = await work.db.scalar(found.where(ReportAmendment.id == cmd.amendment_id, own))
    if visit_id is None:
        raise NotFound("There is no such amendment among yours.")
    visit, _ = await lock_visit(work, visit_id)
    amendment = await work.db.get_one(ReportAmendment, cmd.amendment_id)
    before = select(AmendmentDecision.decision).where(AmendmentDecision.amendment_id == amendment.id)
    decided = await work.db.scalar(before)
    if decided is not None:
        raise AmendmentDecided(f"The decision was to {decided}.", decision=decided)
    _may_decide(work.actor, amendment, cmd.decision)
    head = await head_of(work, visit_id)
    if cmd.decision == "decline":
        await decide(work, amendment, "decline", cmd.note)
        return Done(ReportAmended(id=amendment.id, visit_id=visit.id, state="declined", revision=head.revision))
    if head.revision != amendment.predecessor:
        raise ReportMovedOn(f"Revision {head.revision} came since.", revision=head.revision)
    await check(work, visit, msgspec.convert(amendment.corrections, Corrections))
    return await _approve(work, visit, head, amendment, cmd.note)


@action(
    SignReport,
    by=frozenset({Role.SYSTEM}),
    answer=ReportAmended,
    raises=(NotFound, NotCompletedYet, AlreadySigned, ReportMovedOn, ReportWithdrawn),
    creates=True,
    example=SignReport(
        visit_id=_ID,
        revision=1,
        signed_by="Mia Okafor",
        signature=Signature(width=600, height=200, strokes=(((40, 90), (120, 40)),)),
    ),
)
async def sign_report(work: Work, cmd: SignReport) -> Done:
    """Put the signature on the visit and freeze the revision that has it.

    Locks: the visit.
    """
    visit, _ = await lock_visit(work, cmd.visit_id)
    head = await head_of(work, visit.id)
    if head.state == "withdrawn":
        raise ReportWithdrawn("A withdrawn report is signed by nobody.")
    if head.signature == "given" or head.erased:
        raise AlreadySigned("There is nothing left to sign.")
    if head.revision != cmd.revision:
        raise ReportMovedOn(f"Revision {head.revision} came since.", revision=head.revision)
    visit.signature = NAME_ALONE if cmd.signature is None else msgspec.to_builtins(cmd.signature)
    visit.signed_by = cmd.signed_by
    visit.no_signature_reason = None
    amendment = await write_down(work, head, "sign", SIGNED_LATER[await language_of(work, visit)], Corrections())
    return await _approve(work, visit, head, amendment, "")


async def language_of(work: Work, visit: Visit) -> rules.Language:
    """Return the language of a visit's customer."""
    found = select(Customer.language).join(Job, Job.customer_id == Customer.id).where(Job.id == visit.job_id)
    return "zh" if await work.db.scalar(found) == "zh" else "en"


async def _report_to_change(work: Work, visit_id: UUID) -> tuple[Visit, Head]:
    """Return an own visit and its report, of which nothing waits.

    Locks: the visit.
    """
    visit, job = await lock_visit(work, visit_id)
    if job is None:
        raise JobReassigned("The job is another partner's by now; our office amends this report.")
    head = await head_of(work, visit_id)
    await refuse_while_waiting(work, head)
    return visit, head


async def refuse_while_waiting(work: Work, head: Head) -> None:
    """Raise AmendmentWaits when something that was asked for about a report waits for a second person."""
    waiting = (
        select(ReportAmendment.id)
        .outerjoin(AmendmentDecision, AmendmentDecision.amendment_id == ReportAmendment.id)
        .where(ReportAmendment.report_id == head.report_id, AmendmentDecision.amendment_id.is_(None))
    )
    first = await work.db.scalar(waiting.limit(1))
    if first is not None:
        raise AmendmentWaits("Let it be decided, or take it back.", amendment_id=str(first))


async def _ask(work: Work, visit: Visit, head: Head, kind: Asked, reason: str, corrections: Corrections) -> Done:
    two = work.actor.partner_id is not None and corrections.of_lines
    amendment = await write_down(work, head, kind, reason, corrections, two=two)
    if await work.db.scalar(select(ReportAmendment.two).where(ReportAmendment.id == amendment.id)):
        waits = ReportAmended(id=amendment.id, visit_id=visit.id, state="waiting", revision=head.revision)
        return Done(waits, outcome="recorded")
    return await _approve(work, visit, head, amendment, "")


async def write_down(
    work: Work, head: Head, kind: Asked, reason: str, corrections: Corrections, *, two: bool = False
) -> ReportAmendment:
    """Write down what is asked for; the database raises ``two`` where the customer signed."""
    amendment = ReportAmendment(
        id=work.op_id,
        report_id=head.report_id,
        partner_id=head.partner_id,
        predecessor=head.revision,
        kind=kind,
        reason=reason,
        corrections=msgspec.to_builtins(corrections),
        two=two,
        asked_by=None if kind in NOBODYS else work.actor.account_id,
        asked_at=work.now,
    )
    work.db.add(amendment)
    await work.flush()
    return amendment


async def _approve(work: Work, visit: Visit, head: Head, amendment: ReportAmendment, note: str) -> Done:
    await decide(work, amendment, "approve", note)
    revision = head.revision
    if amendment.kind == "withdraw":
        await work.db.execute(update(Report).where(Report.id == head.report_id).values(state="withdrawn"))
        await report_withdrawn(work, visit.id)
    else:
        corrections = msgspec.convert(amendment.corrections, Corrections)
        await lines_struck(work, visit.id, await carry_out(work, visit, corrections, amendment.reason))
        revision = await revise(work, head, amendment)
        await tell_visit(work, visit, await standing_now(work, visit))
    return Done(ReportAmended(id=amendment.id, visit_id=visit.id, state="approved", revision=revision))


async def decide(work: Work, amendment: ReportAmendment, decision: Decision, note: str) -> None:
    """Write the decision down; who asked, and whether it takes two, the database fills in for itself."""
    work.db.add(
        AmendmentDecision(
            amendment_id=amendment.id,
            partner_id=amendment.partner_id,
            decision=decision,
            note=note,
            two=amendment.two,
            asked_by=amendment.asked_by,
            decided_by=None if amendment.kind in NOBODYS else work.actor.account_id,
            of_office=work.actor.is_office,
            decided_at=work.now,
        )
    )
    await work.flush()


def _may_decide(actor: Actor, amendment: ReportAmendment, decision: str) -> None:
    """Raise NotAllowed unless this person may end a waiting amendment so."""
    own = amendment.asked_by == actor.account_id
    if decision == "decline" and (own or actor.is_office):
        return
    if own:
        raise NotAllowed("Somebody else approves what you asked for.")
    if actor.partner_id is not None:
        raise NotAllowed("Our own office decides about this.")
    if amendment.kind == "withdraw" and actor.role not in MANAGERS:
        raise NotAllowed("Managers withdraw reports.")

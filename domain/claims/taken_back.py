"""What a claim stands on is taken back: its report is withdrawn or a claimed line is struck; a person looks again."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select

from domain.claims.holding import DECIDED, HELD_BACK, put_under_check
from domain.claims.model import Claim, ClaimLine
from domain.claims.standing import LIVE
from domain.claims.watching import raise_alert
from domain.kit.work import Work
from domain.worklog.actions import LINES, VoidLine

GRANTED = LIVE | {"paid"}


async def report_withdrawn(work: Work, visit_id: UUID) -> None:
    """Look again at the claim of a visit whose report counts no more.

    Locks: the claim.
    """
    await _look_again(work, visit_id, "report-withdrawn", None)


async def lines_struck(work: Work, visit_id: UUID, line_ids: Collection[UUID]) -> None:
    """Look again at the claim of a visit where lines of the sheet that it asks for do not stand any more.

    Locks: the claim.
    """
    if line_ids:
        await _look_again(work, visit_id, "claimed-line-struck", line_ids)


async def line_struck_late(work: Work, cmd: VoidLine) -> None:
    """Look again at a claim when our office accepts that a line was struck after the visit was completed.

    Locks: the claim.
    """
    if work.accepted:
        line = LINES[cmd.kind]
        visit_id = (await work.db.scalars(select(line.visit_id).where(line.id == cmd.line_id))).one()
        await lines_struck(work, visit_id, (cmd.line_id,))


async def _look_again(work: Work, visit_id: UUID, kind: str, line_ids: Collection[UUID] | None) -> None:
    """Put what the gate accepted under check; of what a person granted, managers get an alert of this kind.

    ``line_ids`` are the lines of the sheet that are concerned, None for all. What was refused is no money any more.
    """
    of_visit = select(Claim.id, Claim.number, Claim.state, Claim.partner_id, Claim.unit_id)
    locked = of_visit.where(Claim.visit_id == visit_id).with_for_update(key_share=True)
    claim = (await work.db.execute(locked)).one_or_none()
    if claim is None:
        return
    concerned = select(ClaimLine.state, ClaimLine.label).where(
        ClaimLine.claim_id == claim.id, ClaimLine.state.in_(GRANTED)
    )
    if line_ids is not None:
        sources = (ClaimLine.fault_id, ClaimLine.part_used_id, ClaimLine.time_entry_id, ClaimLine.expense_id)
        concerned = concerned.where(or_(*(source.in_(line_ids) for source in sources)))
    lines = (await work.db.execute(concerned.order_by(ClaimLine.id))).all()
    if lines and claim.state in HELD_BACK:
        await put_under_check(work, claim.id)
    if lines and (claim.state in DECIDED or any(line.state in DECIDED for line in lines)):
        facts = {"claim_number": claim.number, "state": claim.state, "lines": [line.label for line in lines]}
        about = {"partner_id": claim.partner_id, "unit_id": claim.unit_id, "facts": facts}
        await raise_alert(work, kind, f"{claim.id}:{work.op_id}", **about)

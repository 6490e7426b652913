"""What is looked up before a person decides on a claim, because it may not be as it was when the gate decided."""

from typing import Any

import msgspec
from sqlalchemy import Text, cast, select, union_all

from domain.catalog.model import Model
from domain.claims.model import Claim, Scan
from domain.claims.ruling import was_unconfirmed
from domain.installs.model import Unit
from domain.jobs.model import Job
from domain.kit.journal import JournalEntry
from domain.kit.work import Work
from domain.warranty.queries import gathered_facts
from domain.warranty.rules import CoverageFacts, coverage
from domain.worklog.model import Expense, Fault, PartUsed, TimeEntry

_OF_A_SHEET = (Fault, PartUsed, TimeEntry, Expense, Scan)


async def cover_of(work: Work, claim: Claim) -> dict[str, Any]:
    """Return the cover that counts: the claim's own, or today's for the same day where the unit was unconfirmed.

    Nobody had looked at such a unit's dates, and no contract counted for it; both are known once it is confirmed.
    """
    if not was_unconfirmed(claim.facts):
        return claim.coverage
    found = (
        select(cast(gathered_facts(Job.customer_id, Job), Text))
        .join_from(Claim, Job, Job.id == Claim.job_id)
        .join(Unit, Unit.id == Claim.unit_id)
        .join(Model, Model.id == Unit.model_id)
        .where(Claim.id == claim.id)
    )
    facts = msgspec.json.decode(str(await work.db.scalar(found)), type=CoverageFacts)
    today: dict[str, Any] = msgspec.to_builtins(coverage(facts, claim.failed_on))
    return today


async def wrote_it_down(work: Work, claim: Claim) -> bool:
    """Tell whether who decides completed the claimed visit, or wrote a line or a reading of it, struck or not.

    Each has the id of the operation that wrote it; whose that was is in the journal.
    """
    if claim.submitted_by == work.actor.account_id:
        return True
    written = union_all(*(select(kind.id).where(kind.visit_id == claim.visit_id) for kind in _OF_A_SHEET))
    own = select(JournalEntry.op_id).where(
        JournalEntry.op_id.in_(written), JournalEntry.actor_id == work.actor.account_id
    )
    return await work.db.scalar(own.limit(1)) is not None

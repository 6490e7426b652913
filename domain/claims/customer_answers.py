"""What a customer says of a visit: whoever says that nobody came stops the money at once."""

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from domain.claims.answered import CustomerAnswer
from domain.claims.holding import DECIDED, HELD_BACK, put_under_check
from domain.claims.model import Claim
from domain.claims.scored import score_again
from domain.claims.watching import raise_alert
from domain.jobs.model import Visit
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Note
from domain.kit.problem import NotFound
from domain.kit.work import Work
from domain.people.access import DESK

Said = Literal["happened", "did_not_happen", "wrong"]
"""``wrong``: somebody came, and the report does not tell what was done."""
Channel = Literal["phone", "page"]


class CustomerAnswers(Command, tag="customer.answer", frozen=True, kw_only=True):
    """Record what a customer said when asked about a visit: it happened, nobody came, or the report is wrong.

    Every answer is kept; the latest counts, and what was heard by phone before what was said on the report's page. The
    visit's claim is scored again. Where nobody came, a claim that was
    accepted and is not paid waits for a person at once; of one that a person approved, or that is paid, managers get an
    alert.
    """

    visit_id: UUID
    answer: Said
    channel: Channel
    note: Note = ""


class CustomerAnswered(Answer, frozen=True, kw_only=True):
    """The id of the answer, and whether the visit's claim now waits for a person because of it."""

    id: UUID
    under_check: bool


class Consequence(msgspec.Struct, frozen=True):
    """For the journal: the claim of the visit and the state the answer found it in."""

    claim_id: UUID | None
    found: str | None
    under_check: bool


@action(
    CustomerAnswers,
    by=DESK | {Role.REVIEWER, Role.SYSTEM},
    answer=CustomerAnswered,
    raises=(NotFound,),
    creates=True,
    example=CustomerAnswers(
        visit_id=UUID("0198c5b0-0000-7000-8000-000000000001"),
        answer="did_not_happen",
        channel="phone",
        note="was at home all day, nobody rang",
    ),
)
async def customer_answers(work: Work, cmd: CustomerAnswers) -> Done:
    """Keep the answer, and take what the gate accepted back into review where nobody came.

    Locks: the claim of the visit.
    """
    visit = (await work.db.execute(select(Visit.id, Visit.partner_id).where(Visit.id == cmd.visit_id))).one_or_none()
    if visit is None:
        raise NotFound("There is no such visit.")
    work.db.add(
        CustomerAnswer(
            id=work.op_id,
            visit_id=visit.id,
            partner_id=visit.partner_id,
            answer=cmd.answer,
            note=cmd.note,
            channel=cmd.channel,
            answered_by=work.actor.account_id,
            answered_at=work.now,
        )
    )
    of_visit = select(Claim.id, Claim.state, Claim.number, Claim.unit_id).where(Claim.visit_id == visit.id)
    claim = (await work.db.execute(of_visit.with_for_update(key_share=True))).one_or_none()
    if claim is None:
        return Done(CustomerAnswered(id=work.op_id, under_check=False), Consequence(None, None, under_check=False))
    denies = cmd.answer == "did_not_happen"
    stops = denies and claim.state in HELD_BACK and await put_under_check(work, claim.id)
    if denies and claim.state in DECIDED:
        facts = {"claim_number": claim.number, "state": claim.state}
        about = {"partner_id": visit.partner_id, "unit_id": claim.unit_id, "facts": facts}
        await raise_alert(work, "customer-denies", str(claim.id), **about)
    await score_again(work, claim.id)
    return Done(CustomerAnswered(id=work.op_id, under_check=stops), Consequence(claim.id, claim.state, stops))

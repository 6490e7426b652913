"""Leave to do more than the rules let pass: asked for on a job before the work, granted once, used by one claim."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import insert, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Part
from domain.claims.facts import Allowance
from domain.claims.model import Claim
from domain.claims.reviewed import Preauthorisation
from domain.claims.standing import DecisionReason
from domain.jobs.model import Job
from domain.jobs.visits import JobClosed
from domain.kit.actor import Actor, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Day, Note, Reason, Word
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import REVIEWERS, own_rows
from domain.people.model import Account

ASKERS = frozenset({Role.PARTNER_OFFICE, Role.TECHNICIAN})
valid_days_default = 90
valid_days_max = 366
State = Literal["requested", "granted", "refused"]
_NEW = insert(Preauthorisation).returning(Preauthorisation.number)
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_EXAMPLE = Allowance(labour_minutes=180, repeat_trip=True)


class AlreadyDecidedOn(Problem, kind=Kind.CONFLICT):
    """Somebody decided on this request before."""


class OwnRequest(Problem, kind=Kind.FORBIDDEN):
    """Who asked does not decide."""


class RequestPreauthorisation(Command, tag="preauthorisation.request", frozen=True, kw_only=True):
    """Ask, before the work, for leave to claim more on a job than the rules let pass.

    `asked` says what: labour minutes of the whole visit, parts with their quantity, money for expenses, a second trip
    on the same assignment, or goodwill where the cover does not pay.
    """

    job_id: UUID
    asked: Allowance
    note: Reason


class PreauthorisationRequested(Answer, frozen=True, kw_only=True):
    """The request and its number."""

    id: UUID
    number: int
    state: Word


class DecidePreauthorisation(Command, tag="preauthorisation.decide", frozen=True, kw_only=True):
    """Grant a request, as it was asked for or otherwise, or refuse it.

    What is granted is good for one claim on the job until the day it names, 90 days from now if it names none.
    Goodwill opens a claim for a person to look at; two people still grant the money.
    """

    preauthorisation_id: UUID
    decision: Literal["grant", "refuse"]
    reason: DecisionReason
    note: Note = ""
    granted: Allowance | None = None
    valid_until: Day | None = None


class PreauthorisationDecided(Answer, frozen=True, kw_only=True):
    """How the request stands now."""

    id: UUID
    state: Word
    valid_until: dt.date | None


@action(
    RequestPreauthorisation,
    by=ASKERS,
    answer=PreauthorisationRequested,
    raises=(NotFound, JobClosed, InvalidRequest),
    creates=True,
    example=RequestPreauthorisation(job_id=_ID, asked=_EXAMPLE, note="The pump sits behind the drum."),
)
async def request_preauthorisation(work: Work, cmd: RequestPreauthorisation) -> Done:
    """Write the request down under the operation's own id."""
    own = own_rows(work.actor, Job.partner_id, Job.technician_id)
    found = select(Job.partner_id, Job.state).where(Job.id == cmd.job_id, Job.partner_id.is_not(None), own)
    job = (await work.db.execute(found)).first()
    if job is None:
        raise NotFound("There is no such job among yours.")
    if job.state in ("completed", "cancelled"):
        raise JobClosed(f"The job is {job.state}.", state=job.state)
    await _check(work, cmd.asked, "asked")
    row = {
        "id": work.op_id,
        "job_id": cmd.job_id,
        "partner_id": job.partner_id,
        "asked": msgspec.to_builtins(cmd.asked),
        "note": cmd.note,
        "asked_by": work.actor.account_id,
        "asked_at": work.now,
    }
    number = (await work.db.execute(_NEW, row)).scalar_one()
    return Done(PreauthorisationRequested(id=work.op_id, number=number, state="requested"))


@action(
    DecidePreauthorisation,
    by=REVIEWERS,
    answer=PreauthorisationDecided,
    raises=(NotFound, AlreadyDecidedOn, OwnRequest, InvalidRequest),
    example=DecidePreauthorisation(
        preauthorisation_id=_ID, decision="grant", reason="within-authorisation", granted=_EXAMPLE
    ),
)
async def decide_preauthorisation(work: Work, cmd: DecidePreauthorisation) -> Done:
    """Grant or refuse, once.

    Locks: the request.
    """
    locked = select(Preauthorisation).where(Preauthorisation.id == cmd.preauthorisation_id)
    asked = await work.db.scalar(locked.with_for_update(key_share=True).execution_options(populate_existing=True))
    if asked is None:
        raise NotFound("There is no such request.")
    if asked.state != "requested":
        raise AlreadyDecidedOn(f"The request is {asked.state}.", state=asked.state)
    if asked.asked_by == work.actor.account_id:
        raise OwnRequest("Somebody else decides on this one.")
    if cmd.reason == "other" and not cmd.note.strip():
        raise InvalidRequest("Say in the note what the reason is.", field="note")
    if cmd.decision == "grant":
        granted = cmd.granted or msgspec.convert(asked.asked, Allowance)
        await _check(work, granted, "granted")
        asked.state, asked.granted = "granted", msgspec.to_builtins(granted)
        asked.valid_until = _until(work.now.date(), cmd.valid_until)
    else:
        asked.state = "refused"
    asked.reason, asked.decision_note = cmd.reason, cmd.note
    asked.decided_by, asked.decided_at = work.actor.account_id, work.now
    return Done(PreauthorisationDecided(id=asked.id, state=asked.state, valid_until=asked.valid_until))


def _until(today: dt.date, until: dt.date | None) -> dt.date:
    if until is None:
        return today + dt.timedelta(days=valid_days_default)
    if not 0 <= (until - today).days <= valid_days_max:
        raise InvalidRequest("Good from today on, and for a year at most.", field="valid_until")
    return until


async def _check(work: Work, allowance: Allowance, field: str) -> None:
    """Raise for leave to do nothing, or with parts the catalogue does not have."""
    if allowance == Allowance():
        raise InvalidRequest("Say what for.", field=field)
    numbers = {part.number for part in allowance.parts}
    if len(numbers) < len(allowance.parts):
        raise InvalidRequest("A part is named more than once.", field=f"{field}.parts")
    known = set(await work.db.scalars(select(Part.number).where(Part.number.in_(numbers)))) if numbers else set()
    if numbers - known:
        raise InvalidRequest(f"There is no part {min(numbers - known)}.", field=f"{field}.parts")


class PreauthorisationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests: in a state, on a job."""

    state: State | None = None
    job_id: UUID | None = None


class PreauthorisationCard(msgspec.Struct, frozen=True):
    """A request with what was granted; ``claim_number`` is the claim that used it. A partner hears not who decided."""

    id: UUID
    number: int
    job_id: UUID
    job_number: int
    partner_id: UUID
    state: str
    asked: dict[str, Any]
    note: str
    asked_at: dt.datetime
    granted: dict[str, Any] | None
    valid_until: dt.date | None
    reason: str | None
    decision_note: str
    decided_at: dt.datetime | None
    claim_number: int | None
    decided_by: str | None


_USED_BY = select(Claim.number).where(Claim.preauthorisation_id == Preauthorisation.id).scalar_subquery()
_CARD = (
    Preauthorisation.id,
    Preauthorisation.number,
    Preauthorisation.job_id,
    Job.number.label("job_number"),
    Preauthorisation.partner_id,
    Preauthorisation.state,
    Preauthorisation.asked,
    Preauthorisation.note,
    Preauthorisation.asked_at,
    Preauthorisation.granted,
    Preauthorisation.valid_until,
    Preauthorisation.reason,
    Preauthorisation.decision_note,
    Preauthorisation.decided_at,
    select(Claim.number)
    .where(Claim.preauthorisation_id == Preauthorisation.id)
    .scalar_subquery()
    .label("claim_number"),
)
_DECIDER = select(Account.name).where(Account.id == Preauthorisation.decided_by).scalar_subquery()
_OFFICE = Read(
    PreauthorisationCard,
    select(*_CARD, _DECIDER.label("decided_by")).join_from(Preauthorisation, Job, Job.id == Preauthorisation.job_id),
)
_OWN = Read(
    PreauthorisationCard,
    select(*_CARD, null().label("decided_by")).join_from(Preauthorisation, Job, Job.id == Preauthorisation.job_id),
)


async def preauthorisations(
    db: AsyncConnection, actor: Actor, page: PreauthorisationQuery
) -> Page[PreauthorisationCard]:
    """Return a page of requests, newest first; a technician's are those on jobs of their own."""
    read = _OFFICE if actor.is_office else _OWN
    statement = read.statement.where(own_rows(actor, Preauthorisation.partner_id, Job.technician_id))
    if page.state is not None:
        statement = statement.where(Preauthorisation.state == page.state)
    if page.job_id is not None:
        statement = statement.where(Preauthorisation.job_id == page.job_id)
    if page.cursor:
        (number,) = read_cursor(page.cursor, int)
        statement = statement.where(Preauthorisation.number < number)
    rows = await read.all(db, statement.order_by(Preauthorisation.number.desc()).limit(page.limit + 1))
    return page_of(rows, page.limit, "number")

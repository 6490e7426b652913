"""Service requests: taken from anybody alike, understood afterwards, made a job of or dismissed by the office."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from domain.catalog.model import Model
from domain.installs.model import Unit, UnitTag
from domain.installs.serials import Format, Parsed, normalise
from domain.installs.tags import right_code
from domain.jobs.actions import CreateJob, EstimatedMinutes, JobCreated, JobKind, create_job
from domain.jobs.model import Job
from domain.jobs.request_model import ServiceRequest
from domain.kit.command import Answer, Command, Done, action
from domain.kit.ids import new_id
from domain.kit.limits import NO_CONTROL, Count, Language, Moment, OptionalLine, Priority, Reason, Sha256, Word
from domain.kit.ports import Signer
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK
from domain.people.sessions import spend

UNDERSTAND_REQUEST = "service_request.understand"
"""The worker's task that finds out which machine was meant."""
ADDRESS_LIMIT, ADDRESS_AND_MACHINE_LIMIT, MACHINE_LIMIT = 12, 6, 60
"""How often one address may ask, how often of that for one machine, and all together for one machine.

No stranger alone keeps a machine's owner from asking; what all may is the flood that the office can bear.
"""
WINDOW = dt.timedelta(hours=1)
SUBJECT_MAX = 200
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")
_FROM = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


class RequestDecided(Problem, kind=Kind.CONFLICT):
    """This request is a job already, or was dismissed or erased."""


class MachineOfRequest(msgspec.Struct, frozen=True):
    """What stands in the address that was scanned, as far as an address may say it."""

    gtin: Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_CONTROL)]
    serial: Annotated[str, Meta(min_length=1, max_length=128, pattern=NO_CONTROL)]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for, and how they are reached."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROL)]
    phone: Annotated[str, Meta(min_length=4, max_length=40, pattern=r"^[0-9+()\-./ x]*$(?!\n)")]
    wish: Annotated[str, Meta(min_length=3, max_length=2000, pattern=NO_CONTROL)]
    tag: Annotated[str, Meta(max_length=100, pattern=NO_CONTROL)] = ""
    form_key: UUID


class UnderstandRequest(msgspec.Struct, frozen=True):
    """Which request to understand."""

    request_id: UUID


async def earlier_number(work: Work, form_key: UUID) -> int | None:
    """Return the number that this form got before, or None."""
    return await work.db.scalar(select(ServiceRequest.number).where(ServiceRequest.form_key == form_key))


async def spend_request(work: Work, machine: MachineOfRequest, address: str) -> None:
    """Use up one request of a network address and one of a machine, known or not. Raises: TooMany."""
    of_machine = f"service-request:{machine.gtin}/{normalise(machine.serial)}"
    limits = {
        f"service-request:{address}": ADDRESS_LIMIT,
        f"{of_machine}:{address}": ADDRESS_AND_MACHINE_LIMIT,
        of_machine: MACHINE_LIMIT,
    }
    for key, limit in limits.items():
        await spend(work.db, key, work.now, limit=limit, window=WINDOW)


async def take_request(
    work: Work, signer: Signer, machine: MachineOfRequest, wish: Wish, language: Language, photo_sha256: Sha256 | None
) -> int:
    """Keep a request and return its number; a form sent again has the one it got.

    Nothing is looked up: the label's code is judged by our key alone, so that no machine takes longer than another.
    """
    parsed = Parsed(Format.DIGITAL_LINK, "", gtin=machine.gtin, serial=machine.serial, tag=wish.tag)
    request_id = new_id()
    kept = (
        insert(ServiceRequest)
        .values(
            id=request_id,
            form_key=wish.form_key,
            gtin=machine.gtin,
            serial=machine.serial,
            serial_key=normalise(machine.serial),
            code_hash=right_code(signer, parsed),
            name=wish.name,
            phone=wish.phone,
            wish=wish.wish,
            language=language,
            photo_sha256=photo_sha256,
            received_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["form_key"])
        .returning(ServiceRequest.number)
    )
    number = await work.db.scalar(kept)
    if number is None:
        return await earlier_number(work, wish.form_key) or 0
    await work.enqueue(UNDERSTAND_REQUEST, UnderstandRequest(request_id))
    return number


async def understand_request(work: Work, request_id: UUID) -> None:
    """Find the unit that was meant, whether its label is right, and who served it last; once."""
    found = await work.db.scalar(select(ServiceRequest).where(ServiceRequest.id == request_id))
    if found is None or found.understood_at is not None:
        return
    unit_id = await work.db.scalar(
        select(Unit.id)
        .join(Model, Model.id == Unit.model_id)
        .where(Unit.serial_key == found.serial_key, Model.gtin == found.gtin.zfill(14))
    )
    label = "none"
    if found.code_hash is not None:
        tag = (await work.db.execute(_TAG.where(UnitTag.code_hash == found.code_hash))).one_or_none()
        if tag is not None and tag.unit_id == unit_id:
            label = "right" if tag.revoked_at is None else "revoked"
    served = select(Job.partner_id).where(Job.unit_id == unit_id, Job.partner_id.is_not(None))
    partner_id = unit_id and await work.db.scalar(served.order_by(Job.created_at.desc()).limit(1))
    await work.db.execute(
        update(ServiceRequest)
        .where(ServiceRequest.id == request_id)
        .values(unit_id=unit_id, label=label, partner_id=partner_id, understood_at=work.now)
    )


_TAG = select(UnitTag.unit_id, UnitTag.revoked_at)


class AcceptServiceRequest(Command, tag="service_request.accept", frozen=True, kw_only=True):
    """Make a job of a service request.

    Unit, customer and site are those of the machine that was scanned, where it is known and they are not named here.
    The wish becomes the job's problem, with the caller's name and number.
    """

    request_id: UUID
    kind: JobKind = "repair"
    unit_id: UUID | None = None
    customer_id: UUID | None = None
    site_id: UUID | None = None
    subject: OptionalLine = ""
    priority: Priority = 3
    estimated_minutes: EstimatedMinutes = 60
    required_from: Moment
    required_to: Moment


class DismissServiceRequest(Command, tag="service_request.dismiss", frozen=True, kw_only=True):
    """Dismiss a service request, with a reason."""

    request_id: UUID
    reason: Reason


class RequestChanged(Answer, frozen=True, kw_only=True):
    """How the request stands, and the job that was made of it."""

    id: UUID
    state: Word
    job_id: UUID | None = None
    job_number: Count | None = None


@action(
    AcceptServiceRequest,
    by=DESK,
    answer=RequestChanged,
    raises=(NotFound, RequestDecided, InvalidRequest),
    example=AcceptServiceRequest(
        request_id=_ID, required_from=_FROM, required_to=dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC)
    ),
)
async def accept_service_request(work: Work, cmd: AcceptServiceRequest) -> Done:
    """Create the job with what the request and the unit say.

    Locks: the request.
    """
    found = await _open(work, cmd.request_id)
    if found.erased_at is not None:
        raise RequestDecided("It was erased.", state=found.state)
    unit_id = cmd.unit_id or found.unit_id
    if unit_id is None:
        raise InvalidRequest("The machine is not known; name its unit.", field="unit_id")
    unit = (await work.db.execute(select(Unit.customer_id, Unit.site_id).where(Unit.id == unit_id))).one_or_none()
    customer_id = cmd.customer_id or (unit.customer_id if unit else None)
    site_id = cmd.site_id or (unit.site_id if unit else None)
    if customer_id is None or site_id is None:
        missing = "customer_id" if customer_id is None else "site_id"
        raise InvalidRequest("The unit has no customer and site yet; name them.", field=missing)
    first_line = " ".join(found.wish.split())[:SUBJECT_MAX]
    job = CreateJob(
        kind=cmd.kind,
        customer_id=customer_id,
        site_id=site_id,
        unit_id=unit_id,
        subject=cmd.subject or first_line,
        problem=f"{found.wish}\n\n{found.caller}",
        priority=cmd.priority,
        estimated_minutes=cmd.estimated_minutes,
        required_from=cmd.required_from,
        required_to=cmd.required_to,
    )
    created = (await create_job.carry_out(work, job)).answer
    assert isinstance(created, JobCreated)
    found.state, found.job_id = "accepted", created.id
    found.decided_by, found.decided_at = work.actor.account_id, work.now
    return Done(RequestChanged(id=found.id, state=found.state, job_id=created.id, job_number=created.number))


@action(
    DismissServiceRequest,
    by=DESK,
    answer=RequestChanged,
    raises=(NotFound, RequestDecided),
    example=DismissServiceRequest(request_id=_ID, reason="asked twice; see the other request"),
)
async def dismiss_service_request(work: Work, cmd: DismissServiceRequest) -> Done:
    """Close the request without a job.

    Locks: the request.
    """
    found = await _open(work, cmd.request_id)
    found.state, found.reason = "dismissed", cmd.reason
    found.decided_by, found.decided_at = work.actor.account_id, work.now
    return Done(RequestChanged(id=found.id, state=found.state))


async def _open(work: Work, request_id: UUID) -> ServiceRequest:
    locked = select(ServiceRequest).where(ServiceRequest.id == request_id).with_for_update(key_share=True)
    found = await work.db.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such request.")
    if found.state != "new":
        raise RequestDecided(f"It was {found.state}.", state=found.state)
    return found

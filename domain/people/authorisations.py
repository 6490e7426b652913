"""Who may repair what on warranty: dated authorisations of partners, dated certifications of technicians."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import MANAGERS, Actor, Role
from domain.kit.command import Command, Done, action
from domain.kit.limits import Day, Line, Reason
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest, NotFound
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.access import own_rows
from domain.people.actions import Changed, Created
from domain.people.model import Account, Authorisation, Certification, Partner

ANY = "*"
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


class AuthorisePartner(Command, tag="partner.authorise", frozen=True, kw_only=True):
    """Authorise a partner to repair on warranty: products of a line, in a region of sites, from a day on.

    ``*`` stands for every product line, or every region. A claim is accepted on the authorisation in force on the day
    of the repair.
    """

    partner_id: UUID
    product_line: Line = ANY
    region: Line = ANY
    from_on: Day
    to_on: Day | None = None


class EndAuthorisation(Command, tag="partner.end_authorisation", frozen=True, kw_only=True):
    """End an authorisation with a day, the last on which it holds; claims accepted on it before stand."""

    authorisation_id: UUID
    to_on: Day
    reason: Reason


class CertifyTechnician(Command, tag="technician.certify", frozen=True, kw_only=True):
    """Certify a technician for the products of a line from a day on; ``*`` stands for every line."""

    account_id: UUID
    product_line: Line = ANY
    from_on: Day
    to_on: Day | None = None


class EndCertification(Command, tag="technician.end_certification", frozen=True, kw_only=True):
    """End a certification with a day, the last on which it holds."""

    certification_id: UUID
    to_on: Day
    reason: Reason


class AuthorisationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose authorisations: of one partner, or all."""

    partner_id: UUID | None = None


class CertificationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose certifications: of one technician, or all."""

    account_id: UUID | None = None


class AuthorisationLine(msgspec.Struct, frozen=True):
    """An authorisation as the lists show it."""

    id: UUID
    partner_id: UUID
    product_line: str
    region: str
    from_on: dt.date
    to_on: dt.date | None


class CertificationLine(msgspec.Struct, frozen=True):
    """A certification as the lists show it."""

    id: UUID
    account_id: UUID
    product_line: str
    from_on: dt.date
    to_on: dt.date | None


@action(
    AuthorisePartner,
    by=MANAGERS,
    answer=Created,
    raises=(NotFound, InvalidRequest),
    creates=True,
    example=AuthorisePartner(partner_id=_ID, product_line="washers", region="north", from_on=dt.date(2026, 1, 1)),
)
async def authorise_partner(work: Work, cmd: AuthorisePartner) -> Done:
    """Add the authorisation."""
    _refuse_backwards(cmd.from_on, cmd.to_on)
    if await work.db.scalar(select(Partner.id).where(Partner.id == cmd.partner_id)) is None:
        raise NotFound("There is no such partner.")
    work.db.add(
        Authorisation(
            id=work.op_id,
            partner_id=cmd.partner_id,
            product_line=cmd.product_line,
            region=cmd.region,
            from_on=cmd.from_on,
            to_on=cmd.to_on,
        )
    )
    return Done(Created(id=work.op_id))


@action(
    EndAuthorisation,
    by=MANAGERS,
    answer=Changed,
    raises=(NotFound, InvalidRequest),
    example=EndAuthorisation(authorisation_id=_ID, to_on=dt.date(2026, 6, 30), reason="left the network"),
)
async def end_authorisation(work: Work, cmd: EndAuthorisation) -> Done:
    """Set its last day."""
    found = await work.db.scalar(
        select(Authorisation).where(Authorisation.id == cmd.authorisation_id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound("There is no such authorisation.")
    _refuse_backwards(found.from_on, cmd.to_on)
    found.to_on = cmd.to_on
    return Done(Changed(id=found.id))


@action(
    CertifyTechnician,
    by=MANAGERS,
    answer=Created,
    raises=(NotFound, InvalidRequest),
    creates=True,
    example=CertifyTechnician(account_id=_ID, product_line="washers", from_on=dt.date(2026, 1, 1)),
)
async def certify_technician(work: Work, cmd: CertifyTechnician) -> Done:
    """Add the certification."""
    _refuse_backwards(cmd.from_on, cmd.to_on)
    known = select(Account.id).where(Account.id == cmd.account_id, Account.role == Role.TECHNICIAN.value)
    if await work.db.scalar(known) is None:
        raise NotFound("There is no such technician.")
    work.db.add(
        Certification(
            id=work.op_id,
            account_id=cmd.account_id,
            product_line=cmd.product_line,
            from_on=cmd.from_on,
            to_on=cmd.to_on,
        )
    )
    return Done(Created(id=work.op_id))


@action(
    EndCertification,
    by=MANAGERS,
    answer=Changed,
    raises=(NotFound, InvalidRequest),
    example=EndCertification(certification_id=_ID, to_on=dt.date(2026, 6, 30), reason="not renewed"),
)
async def end_certification(work: Work, cmd: EndCertification) -> Done:
    """Set its last day."""
    found = await work.db.scalar(
        select(Certification).where(Certification.id == cmd.certification_id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound("There is no such certification.")
    _refuse_backwards(found.from_on, cmd.to_on)
    found.to_on = cmd.to_on
    return Done(Changed(id=found.id))


def _refuse_backwards(from_on: dt.date, to_on: dt.date | None) -> None:
    if to_on is not None and to_on < from_on:
        raise InvalidRequest("It cannot end before it begins.", field="to_on")


_AUTHORISATIONS = Read(
    AuthorisationLine,
    select(
        Authorisation.id,
        Authorisation.partner_id,
        Authorisation.product_line,
        Authorisation.region,
        Authorisation.from_on,
        Authorisation.to_on,
    ),
)
_CERTIFICATIONS = Read(
    CertificationLine,
    select(
        Certification.id,
        Certification.account_id,
        Certification.product_line,
        Certification.from_on,
        Certification.to_on,
    ).join(Account, Account.id == Certification.account_id),
)


async def authorisations(db: AsyncConnection, actor: Actor, page: AuthorisationQuery) -> Page[AuthorisationLine]:
    """Return a page of authorisations, the latest to begin first."""
    statement = _AUTHORISATIONS.statement.where(own_rows(actor, Authorisation.partner_id))
    if page.partner_id is not None:
        statement = statement.where(Authorisation.partner_id == page.partner_id)
    if page.cursor:
        on, last = read_cursor(page.cursor, dt.date, UUID)
        statement = statement.where(tuple_(Authorisation.from_on, Authorisation.id) < tuple_(on, last))
    newest = statement.order_by(Authorisation.from_on.desc(), Authorisation.id.desc())
    rows = await _AUTHORISATIONS.all(db, newest.limit(page.limit + 1))
    return page_of(rows, page.limit, "from_on", "id")


async def certifications(db: AsyncConnection, actor: Actor, page: CertificationQuery) -> Page[CertificationLine]:
    """Return a page of certifications, the latest to begin first."""
    statement = _CERTIFICATIONS.statement.where(own_rows(actor, Account.partner_id))
    if page.account_id is not None:
        statement = statement.where(Certification.account_id == page.account_id)
    if page.cursor:
        on, last = read_cursor(page.cursor, dt.date, UUID)
        statement = statement.where(tuple_(Certification.from_on, Certification.id) < tuple_(on, last))
    newest = statement.order_by(Certification.from_on.desc(), Certification.id.desc())
    rows = await _CERTIFICATIONS.all(db, newest.limit(page.limit + 1))
    return page_of(rows, page.limit, "from_on", "id")

"""Authorisations of partners and certifications of technicians."""

from api.operation import Call, command_operation, operation
from domain.kit.actor import OFFICE, Role
from domain.kit.page import Page
from domain.people import authorisations

TAG = "people"
READERS = OFFICE | {Role.PARTNER_OFFICE}

command_operation("/authorisations", TAG, authorisations.authorise_partner)
command_operation("/authorisations/end", TAG, authorisations.end_authorisation)
command_operation("/certifications", TAG, authorisations.certify_technician)
command_operation("/certifications/end", TAG, authorisations.end_certification)


@operation(
    "GET",
    "/authorisations",
    tag=TAG,
    by=READERS,
    query=authorisations.AuthorisationQuery,
    answer=Page[authorisations.AuthorisationLine],
)
async def list_authorisations(call: Call) -> object:
    """List what partners may repair on warranty, the latest to begin first; a partner's office sees its own."""
    page = call.query(authorisations.AuthorisationQuery)
    async with call.reading() as db:
        return await authorisations.authorisations(db, call.actor, page)


@operation(
    "GET",
    "/certifications",
    tag=TAG,
    by=READERS,
    query=authorisations.CertificationQuery,
    answer=Page[authorisations.CertificationLine],
)
async def list_certifications(call: Call) -> object:
    """List what technicians are certified for, the latest to begin first; a partner's office sees its own."""
    page = call.query(authorisations.CertificationQuery)
    async with call.reading() as db:
        return await authorisations.certifications(db, call.actor, page)

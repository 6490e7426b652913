"""Pre-authorisations."""

from api.operation import Call, command_operation, operation
from domain.claims import preauthorisation
from domain.kit.page import Page
from domain.people.access import EVERYBODY

TAG = "claims"

command_operation("/preauthorisations", TAG, preauthorisation.request_preauthorisation, keys=True)
command_operation("/preauthorisations/decide", TAG, preauthorisation.decide_preauthorisation)


@operation(
    "GET",
    "/preauthorisations",
    tag=TAG,
    by=EVERYBODY,
    query=preauthorisation.PreauthorisationQuery,
    answer=Page[preauthorisation.PreauthorisationCard],
    keys=True,
)
async def list_preauthorisations(call: Call) -> object:
    """List requests for pre-authorisation, newest first.

    A partner's people see their own, with what was granted until when, and not who decided.
    """
    page = call.query(preauthorisation.PreauthorisationQuery)
    async with call.reading() as db:
        return await preauthorisation.preauthorisations(db, call.actor, page)

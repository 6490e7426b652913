"""What waits for a person: the queue of claims, and requests for pre-authorisation."""

from api.operation import Call, command_operation, operation
from domain.claims import preauthorisation, queue
from domain.kit.actor import OFFICE
from domain.kit.page import Page
from domain.people.access import EVERYBODY

TAG = "claims"

command_operation("/preauthorisations", TAG, preauthorisation.request_preauthorisation, keys=True)
command_operation("/preauthorisations/decide", TAG, preauthorisation.decide_preauthorisation)


@operation("GET", "/claims/queue", tag=TAG, by=OFFICE, query=queue.QueueQuery, answer=Page[queue.QueueCard])
async def list_queue(call: Call) -> object:
    """List the claims that wait for a person, what asks for most and looks riskiest first.

    With `needs_second` those that one person proposed to approve; with `overdue` those that were sent back and not
    answered in time. They are not refused by that.
    """
    page = call.query(queue.QueueQuery)
    async with call.reading() as db:
        return await queue.waiting_claims(db, page)


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

"""What waits for a person: the queue of claims, requests for pre-authorisation, and old parts on their way back."""

from api.operation import Call, command_operation, operation
from domain.claims import preauthorisation, queue, returns
from domain.kit.actor import OFFICE, Role
from domain.kit.page import Page
from domain.people.access import EVERYBODY

TAG = "claims"

command_operation("/preauthorisations", TAG, preauthorisation.request_preauthorisation, keys=True)
command_operation("/preauthorisations/decide", TAG, preauthorisation.decide_preauthorisation)
command_operation("/core-returns/receive", TAG, returns.receive_core_return)
command_operation("/core-returns/waive", TAG, returns.waive_core_return)


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


@operation(
    "GET",
    "/core-returns",
    tag=TAG,
    by=OFFICE | {Role.PARTNER_OFFICE},
    query=returns.CoreReturnQuery,
    answer=Page[returns.CoreReturnCard],
)
async def list_core_returns(call: Call) -> object:
    """List old parts that must come back before their line is paid, newest first.

    The office finds one by the serial that is read off it. A partner's office sees which parts of its claims are
    awaited, and which have come.
    """
    page = call.query(returns.CoreReturnQuery)
    async with call.reading() as db:
        return await returns.core_returns(db, call.actor, page)

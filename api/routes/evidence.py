"""What a claim was decided from, for the office: every rule's outcome, the time line, the photos."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.claims import customer_answers
from domain.claims.replaying import Replay, stored_claim
from domain.kit.actor import OFFICE
from domain.kit.problem import NotFound

TAG = "claims"

command_operation("/customer-answers", TAG, customer_answers.customer_answers)


class OfClaim(msgspec.Struct, frozen=True):
    """The claim's id in the path."""

    id: UUID


@operation(
    "GET", "/claims/{id:uuid}/rules", tag=TAG, by=OFFICE, params=OfClaim, answer=Replay, problems=(NotFound,), etag=True
)
async def show_rules_of_claim(call: Call) -> object:
    """Show what every rule said of a claim, those that passed or were off too.

    The claim is judged once more from its stored facts: beside what each rule said then stands what it says now. A rule
    that changed or came since is marked, and is no difference.
    """
    async with call.reading() as db:
        stored = await stored_claim(db, call.params(OfClaim).id)
    if stored is None:
        raise NotFound("There is no such claim.")
    return stored.replayed()

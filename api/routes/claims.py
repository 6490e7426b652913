"""Scans and claims."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.claims import actions, adjudication, appeals, payment, queries
from domain.kit.actor import MANAGERS, OFFICE, Role
from domain.kit.page import Page
from domain.kit.problem import NotFound
from domain.people.access import EVERYBODY

TAG = "claims"
CLAIM_READERS = OFFICE | {Role.PARTNER_OFFICE}

command_operation("/scans", TAG, actions.record_scan)
command_operation("/claims/decide", TAG, adjudication.decide_claim)
command_operation("/claims/answer", TAG, appeals.answer_claim)
command_operation("/claims/appeal", TAG, appeals.appeal_line)
command_operation("/claims/withdraw", TAG, appeals.withdraw_claim)
command_operation("/claims/pay", TAG, payment.pay_claims)


class ClaimId(msgspec.Struct, frozen=True):
    """Which claim."""

    id: UUID


@operation("GET", "/scans", tag=TAG, by=EVERYBODY, query=queries.ScanQuery, answer=Page[queries.ScanCard])
async def list_scans(call: Call) -> object:
    """List the readings of a visit, in the order they were made.

    Our own people see which unit was found and the verdict; a partner's people see what was told.
    """
    page = call.query(queries.ScanQuery)
    async with call.reading() as db:
        return await queries.scans(db, call.actor, page)


@operation(
    "GET", "/claims", tag=TAG, by=CLAIM_READERS, query=queries.ClaimQuery, answer=Page[queries.ClaimCard], keys=True
)
async def list_claims(call: Call) -> object:
    """List claims, newest first.

    A partner's office sees its own: number, state and the reasons it was told.
    """
    page = call.query(queries.ClaimQuery)
    async with call.reading() as db:
        return await queries.claims(db, call.actor, page)


@operation("GET", "/claims/payable", tag=TAG, by=MANAGERS, query=payment.PayableQuery, answer=Page[payment.PayableCard])
async def list_payable_claims(call: Call) -> object:
    """List the claims that can be paid, the oldest first: granted, scored, and no part awaited back.

    Where ``waits`` says what payment waits for yet, it is paid once that is there.
    """
    page = call.query(payment.PayableQuery)
    async with call.reading() as db:
        return await payment.payable_claims(db, page)


@operation(
    "GET",
    "/claims/{id:uuid}",
    tag=TAG,
    by=CLAIM_READERS,
    params=ClaimId,
    answer=queries.ClaimDetail,
    problems=(NotFound,),
    etag=True,
    keys=True,
)
async def read_claim(call: Call) -> object:
    """Read one claim: for the office with its facts, its decision, every rule it did not pass, and its lines."""
    asked = call.params(ClaimId)
    async with call.reading() as db:
        found = await queries.claim(db, call.actor, asked.id)
    if found is None:
        raise NotFound("There is no such claim among those you may see.")
    return found

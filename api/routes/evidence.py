"""What a claim was decided from, for the office: every rule's outcome, the time line, the photos."""

from uuid import UUID

import msgspec

from api.operation import Call, Reply, command_operation, operation
from domain.claims import customer_answers
from domain.claims.evidence import Evidence, evidence
from domain.claims.photos import ClaimPhoto, photos_of_claim, picture_blob
from domain.claims.replaying import Replay, stored_claim
from domain.kit.actor import OFFICE
from domain.kit.problem import Kind, NotFound, Problem
from domain.operations.evidence import recorded_work_of_claim
from domain.reports.evidence import report_of_claim

TAG = "claims"

command_operation("/customer-answers", TAG, customer_answers.customer_answers)


PICTURE = "image/jpeg"
PICTURE_HEADERS = {
    "cache-control": "private, max-age=86400, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}
NO_CLAIM = "There is no such claim."


class FactsUnreadable(Problem, kind=Kind.CONFLICT):
    """The stored facts have a shape that this release cannot read."""


class OfClaim(msgspec.Struct, frozen=True):
    """The claim's id in the path."""

    id: UUID


@operation(
    "GET",
    "/claims/{id:uuid}/rules",
    tag=TAG,
    by=OFFICE,
    params=OfClaim,
    answer=Replay,
    problems=(NotFound, FactsUnreadable),
    etag=True,
)
async def show_rules_of_claim(call: Call) -> object:
    """Show what every rule said of a claim, those that passed or were off too.

    The claim is judged once more from its stored facts: beside what each rule said then stands what it says now. A rule
    that changed or came since is marked, and is no difference.
    """
    async with call.reading() as db:
        stored = await stored_claim(db, call.params(OfClaim).id)
    if stored is None:
        raise NotFound(NO_CLAIM)
    try:
        return stored.replayed()
    except msgspec.ValidationError as error:
        raise FactsUnreadable(str(error)[:300], claim_number=stored.number) from error


@operation(
    "GET",
    "/claims/{id:uuid}/evidence",
    tag=TAG,
    by=OFFICE,
    params=OfClaim,
    answer=Evidence,
    problems=(NotFound,),
    etag=True,
)
async def show_evidence(call: Call) -> object:
    """Show all that is known of a claim's visit as one time line.

    Readings, photos, steps with both clocks, the sheet line by line, the signature, what the customer said, the scores,
    what people decided and how the report was amended since, by moment. At most a thousand things are shown.
    """
    claim_id = call.params(OfClaim).id
    async with call.reading() as db:
        beside = [*await recorded_work_of_claim(db, claim_id), *await report_of_claim(db, claim_id)]
        found = await evidence(db, call.actor, claim_id, beside)
    if found is None:
        raise NotFound(NO_CLAIM)
    return found


@operation(
    "GET",
    "/claims/{id:uuid}/photos",
    tag=TAG,
    by=OFFICE,
    params=OfClaim,
    answer=list[ClaimPhoto],
    problems=(NotFound,),
    etag=True,
)
async def list_photos_of_claim(call: Call) -> object:
    """List the photos of a claim with links to their pictures.

    Each says on which other jobs the same bytes were used, and which photos of other machines look like it.
    """
    async with call.reading() as db:
        found = await photos_of_claim(db, call.params(OfClaim).id)
    if found is None:
        raise NotFound(NO_CLAIM)
    return found


class OfPhoto(msgspec.Struct, frozen=True):
    """The photo's id in the path."""

    id: UUID


@operation(
    "GET",
    "/photos/{id:uuid}/picture",
    tag=TAG,
    by=OFFICE,
    params=OfPhoto,
    answer=bytes,
    media=PICTURE,
    problems=(NotFound,),
)
async def show_picture(call: Call) -> object:
    """Give the picture of a photo as a JPEG that was drawn afresh from what was uploaded, without its metadata."""
    async with call.reading() as db:
        blob = await picture_blob(db, call.params(OfPhoto).id)
    content = None if blob is None else await call.context.blobs.get(blob)
    if content is None:
        raise NotFound("There is no picture of such a photo yet.")
    return Reply(content, media=PICTURE, headers=PICTURE_HEADERS)

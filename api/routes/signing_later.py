"""A customer signs the report afterwards, on its page behind the PIN: with a name, and a drawing where scripts run."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, operation
from api.pages import FORM, led, shown
from api.routes.collecting import ByCollectionCode, Proof, holds, opened
from api.routes.reports import TAG
from domain.claims.answered import said_on_page
from domain.jobs.visits import lock_visit
from domain.kit.ids import new_id
from domain.kit.limits import Line, Version
from domain.kit.problem import InvalidRequest
from domain.kit.work import Work, carry_out
from domain.reports import collecting
from domain.reports.amendments import SignReport
from domain.worklog.completion import Signature, signature_bytes_max

BODY_BYTES_MAX = 2 * signature_bytes_max
_NUMBERS = r"[0-9]{1,5}(?: [0-9]{1,5})*"
Drawing = Annotated[
    str,
    Meta(max_length=signature_bytes_max, pattern=rf"^(?:|[0-9]{{1,5}} [0-9]{{1,5}}(?:;{_NUMBERS})+)$(?!\n)"),
]
"""The size of the pad, then its strokes, as "600 200;40 90 120 40;60 170 500 160"; nothing where nothing was drawn."""


class GivenSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs which revision, with the proof that the PIN was given."""

    proof: Proof
    revision: Version
    name: Line
    drawing: Drawing = ""


@operation(
    "POST",
    "/c/{code:str}/sign",
    tag=TAG,
    by=PUBLIC,
    params=ByCollectionCode,
    body=GivenSignature,
    body_media=FORM,
    body_bytes_max=BODY_BYTES_MAX,
    answer=str,
    media="text/html",
    statuses=(200, 303),
    example=GivenSignature("1790000000.0", 1, "Mia Okafor", "600 200;40 90 120 40"),
)
@shown
async def sign_as_customer(call: Call) -> object:
    """Take the signature of a customer who did not sign when the visit ended; the report gets a new revision.

    It takes the PIN. What was changed since it was read is shown again and not signed, nor is a visit that the customer
    denied; signing twice changes nothing.
    """
    code = call.params(ByCollectionCode).code
    given = await call.form(GivenSignature)
    if not holds(call, code, given.proof):
        return led(f"/c/{code}", 303)
    name = given.name.strip()
    if not name:
        raise InvalidRequest("Give a name.", field="name")
    signature = _drawn(given.drawing)

    async def sign(work: Work) -> str:
        visit_id = await collecting.visit_behind(work.connection, code)
        if visit_id is None:
            return ""
        await lock_visit(work, visit_id)
        # Nothing changes it from here on: the journal keeps no name that did not count.
        newest = await collecting.newest_of(work.connection, visit_id)
        said = await said_on_page(work.connection, visit_id)
        if newest is None or not collecting.may_sign(newest, given.revision, said[-1].answer if said else None):
            return "sign.changed" if newest and newest.revision != given.revision else ""
        command = SignReport(visit_id=visit_id, revision=given.revision, signed_by=name, signature=signature)
        await carry_out(work, command, call.context.register, new_id())
        return ""

    return await opened(call, code, given.proof, await call.write(sign))


def _drawn(drawing: str) -> Signature | None:
    """Read what the pad wrote; None when nothing was drawn. Raises: InvalidRequest."""
    if not drawing:
        return None
    (width, height), *strokes = [[int(number) for number in part.split()] for part in drawing.split(";")]
    points = [list(zip(stroke[::2], stroke[1::2], strict=False)) for stroke in strokes]
    try:
        return msgspec.convert({"width": width, "height": height, "strokes": points}, Signature)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error), field="drawing") from error

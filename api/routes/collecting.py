"""The customer's pages: a code that was scanned, a PIN, and the report."""

import math
from typing import Annotated

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from api.pages import FORM, FORM_BYTES_MAX, led, page, shown, wants_page
from api.routes.reports import PDF, TAG, pdf_reply
from domain.kit.problem import TooMany
from domain.kit.work import utc_now
from domain.reports import codes, collecting, queries, rules


class ByCollectionCode(msgspec.Struct, frozen=True):
    """The code in the address the customer scanned."""

    code: Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$(?!\n)")]


class GivenPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The PIN, as typed: blanks do not count."""

    pin: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[0-9 ]+$(?!\n)")]


class GivenProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That the PIN was given on the page before; it holds for a quarter of an hour."""

    proof: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[0-9a-f.]+$(?!\n)")]


@operation("GET", "/c/{code:str}", tag=TAG, by=PUBLIC, params=ByCollectionCode, answer=str, media="text/html")
@shown
async def open_collection(call: Call) -> object:
    """Show the customer that a report is being prepared, or ask for the PIN.

    A code nobody knows looks like one whose report is not ready: a phone without a network shows its code first.
    """
    code = call.params(ByCollectionCode).code
    async with call.reading() as db:
        ready = await queries.is_ready(db, code)
    return page(call, "pin.html", refusal="", minutes=0) if ready else page(call, "preparing.html")


@operation(
    "POST",
    "/c/{code:str}",
    tag=TAG,
    by=PUBLIC,
    params=ByCollectionCode,
    body=GivenPin,
    body_media=FORM,
    body_bytes_max=FORM_BYTES_MAX,
    answer=str,
    media="text/html",
    problems=(collecting.WrongPin, TooMany),
    example=GivenPin("482913"),
)
@shown
async def collect_report(call: Call) -> object:
    """Show the customer the report against the PIN.

    After five wrong PINs the code rests for a quarter of an hour, then twice as long each time, up to a day.
    """
    code = call.params(ByCollectionCode).code
    pin = (await call.form(GivenPin)).pin.replace(" ", "")
    async with call.reading() as db:
        if not await queries.is_ready(db, code):
            return page(call, "preparing.html")
    tried = await call.write(lambda work: collecting.try_pin(work, code, pin))
    if tried.outcome == "unknown":
        return page(call, "preparing.html")
    if tried.outcome != "right":
        return _refused(call, tried)
    async with call.reading() as db:
        stored = await queries.collected(db, code)
    if stored is None:
        return page(call, "preparing.html")
    document, personal = stored.opened()
    until = int((utc_now() + rules.PROOF_LIFE).timestamp())
    proof = codes.write_proof(call.context.session_key, code, until)
    return page(
        call,
        "report.html",
        document=document,
        personal=personal,
        short_code=stored.short_code,
        action=f"/c/{code}/report.pdf",
        proof=proof,
    )


@operation(
    "POST",
    "/c/{code:str}/report.pdf",
    tag=TAG,
    by=PUBLIC,
    params=ByCollectionCode,
    body=GivenProof,
    body_media=FORM,
    body_bytes_max=FORM_BYTES_MAX,
    answer=bytes,
    media=PDF,
    statuses=(200, 303),
    example=GivenProof("1790000000.0"),
)
@shown
async def collect_pdf(call: Call) -> object:
    """Give the customer the PDF; without a proof that still holds, leads back to the PIN."""
    code = call.params(ByCollectionCode).code
    proof = (await call.form(GivenProof)).proof
    if codes.proof_holds(call.context.session_key, code, proof, int(utc_now().timestamp())):
        async with call.reading() as db:
            stored = await queries.collected(db, code)
        pdf = await call.context.blobs.get(stored.blob_sha256) if stored and stored.blob_sha256 else None
        if stored is not None and pdf is not None:
            return pdf_reply(pdf, stored.opened()[0].report_number)
    return led(f"/c/{code}", 303)


def _refused(call: Call, tried: collecting.Tried) -> Reply:
    """Tell that a PIN was wrong or must wait: to a person on the form itself."""
    seconds = math.ceil(tried.wait.total_seconds())
    if not wants_page(call.request):
        if seconds:
            raise TooMany("Too many wrong PINs; wait and try again.", retry_after=seconds)
        raise collecting.WrongPin("Check the PIN; after five wrong ones you have to wait.")
    if seconds:
        status, key, headers = 429, "pin.resting", {"retry-after": str(seconds)}
    else:
        status, key, headers = 403, "pin.wrong", {}
    return page(call, "pin.html", status=status, headers=headers, refusal=key, minutes=math.ceil(seconds / 60))

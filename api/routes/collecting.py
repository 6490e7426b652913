"""The customer's pages: a code that was scanned, a PIN, the report, and what the customer says of it."""

import math
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from api.pages import FORM, FORM_BYTES_MAX, led, page, shown, wants_page
from api.routes.reports import PDF, TAG, pdf_reply
from domain.claims.answered import PageAnswer, may_answer, said_on_page
from domain.claims.customer_answers import CustomerAnswers, Said
from domain.kit.ids import new_id
from domain.kit.limits import NO_CONTROL
from domain.kit.problem import TooMany
from domain.kit.work import Work, carry_out, utc_now
from domain.reports import codes, collecting, queries, rules

Proof = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[0-9a-f.]+$(?!\n)")]
ANSWER_BYTES_MAX = 16 * 1024
"""A note of a thousand characters takes nine bytes each in a form, if they are Chinese."""


class ByCollectionCode(msgspec.Struct, frozen=True):
    """The code in the address the customer scanned."""

    code: Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$(?!\n)")]


class GivenPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The PIN, as typed: blanks do not count."""

    pin: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[0-9 ]+$(?!\n)")]


class GivenProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That the PIN was given on the page before; it holds for a quarter of an hour."""

    proof: Proof


class GivenAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the customer says of the visit, with the proof that the PIN was given."""

    proof: Proof
    answer: Said
    note: Annotated[str, Meta(max_length=1000, pattern=NO_CONTROL)] = ""


@operation("GET", "/c/{code:str}", tag=TAG, by=PUBLIC, params=ByCollectionCode, answer=str, media="text/html")
@shown
async def open_collection(call: Call) -> object:
    """Show the customer that a report is being prepared, or ask for the PIN.

    A code nobody knows looks like one whose report is not ready: a phone without a network shows its code first.
    """
    code = call.params(ByCollectionCode).code
    async with call.reading() as db:
        ready = await queries.is_ready(db, code)
    return page(call, "pin.html", refusal="", minutes=0) if ready else _preparing(call)


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
            return _preparing(call)
    tried = await call.write(lambda work: collecting.try_pin(work, code, pin))
    if tried.outcome == "unknown":
        return _preparing(call)
    if tried.outcome != "right":
        return _refused(call, tried)
    until = int((utc_now() + rules.PROOF_LIFE).timestamp())
    return await opened(call, code, codes.write_proof(call.context.session_key, code, until))


@operation(
    "POST",
    "/c/{code:str}/report",
    tag=TAG,
    by=PUBLIC,
    params=ByCollectionCode,
    body=GivenProof,
    body_media=FORM,
    body_bytes_max=FORM_BYTES_MAX,
    answer=str,
    media="text/html",
    statuses=(200, 303),
    example=GivenProof("1790000000.0"),
)
@shown
async def show_collected(call: Call) -> object:
    """Show the customer the report once more; without a proof that still holds, leads back to the PIN."""
    code = call.params(ByCollectionCode).code
    proof = (await call.form(GivenProof)).proof
    return await opened(call, code, proof) if holds(call, code, proof) else led(f"/c/{code}", 303)


@operation(
    "POST",
    "/c/{code:str}/answer",
    tag=TAG,
    by=PUBLIC,
    params=ByCollectionCode,
    body=GivenAnswer,
    body_media=FORM,
    body_bytes_max=ANSWER_BYTES_MAX,
    answer=str,
    media="text/html",
    statuses=(200, 303),
    example=GivenAnswer("1790000000.0", "happened"),
)
@shown
async def answer_as_customer(call: Call) -> object:
    """Take what the customer says of the visit: it happened, nobody came, or parts or hours are wrong.

    Whoever only has the report cannot answer: it takes the PIN. The answer can be changed for a day; what is sent twice
    is kept once.
    """
    code = call.params(ByCollectionCode).code
    given = await call.form(GivenAnswer)
    if not holds(call, code, given.proof):
        return led(f"/c/{code}", 303)

    async def keep(work: Work) -> None:
        visit_id = await collecting.visit_behind(work.connection, code)
        if visit_id is None:
            return
        await collecting.one_at_a_time(work, visit_id)
        said = await said_on_page(work.connection, visit_id)
        if may_answer(said, utc_now()) and not _repeats(said, given):
            command = CustomerAnswers(visit_id=visit_id, answer=given.answer, channel="page", note=given.note.strip())
            await carry_out(work, command, call.context.register, new_id())

    await call.write(keep)
    return await opened(call, code, given.proof)


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
    if holds(call, code, proof):
        async with call.reading() as db:
            stored = await queries.collected(db, code)
        pdf = await call.context.blobs.get(stored.blob_sha256) if stored and stored.blob_sha256 else None
        if stored is not None and pdf is not None:
            return pdf_reply(pdf, stored.opened()[0].report_number)
    return led(f"/c/{code}", 303)


async def opened(call: Call, code: str, proof: str, refusal: str = "") -> Reply:
    """Return the page of a report, with what the customer said of it; who calls this has proved to be the customer.

    ``refusal`` names the words for why it could not be signed.
    """
    async with call.reading() as db:
        stored = await queries.collected(db, code)
        visit_id = await collecting.visit_behind(db, code)
        newest = None if visit_id is None else await collecting.newest_of(db, visit_id)
        if stored is None or visit_id is None or newest is None:
            return _preparing(call)
        said = await said_on_page(db, visit_id)
    document, personal = stored.opened()
    last = said[-1] if said else None
    may_sign = collecting.may_sign(newest, stored.revision, last.answer if last else None)
    return page(
        call,
        "report.html",
        scripts=may_sign,
        again=(f"/c/{code}/report", {"proof": proof}),
        document=document,
        personal=personal,
        withdrawn=newest.state == "withdrawn",
        short_code=stored.short_code,
        here=f"/c/{code}",
        proof=proof,
        said=last,
        said_at=last.answered_at.astimezone(ZoneInfo(document.time_zone)) if last else None,
        may_answer=may_answer(said, utc_now()),
        may_sign=may_sign,
        just_signed=newest.signature == "given" and personal is not None and rules.signature_of(personal) != "given",
        refusal=refusal,
    )


def _preparing(call: Call) -> Reply:
    return page(call, "preparing.html", scripts=True)


def holds(call: Call, code: str, proof: str) -> bool:
    """Decide whether the PIN was given on the page before."""
    return codes.proof_holds(call.context.session_key, code, proof, int(utc_now().timestamp()))


def _repeats(said: list[PageAnswer], given: GivenAnswer) -> bool:
    return bool(said) and (said[-1].answer, said[-1].note) == (given.answer, given.note.strip())


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

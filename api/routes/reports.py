"""Service reports: for our own people and partners, for the customer with a PIN, for anybody who holds one."""

import datetime as dt
import math
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from api.pages import HEADERS, HTML, page, shown, wants_json, wants_page
from domain.kit.limits import NO_CONTROL, Line
from domain.kit.problem import Kind, NotFound, Problem, TooMany
from domain.kit.work import Work, utc_now
from domain.people.access import EVERYBODY, SHEET
from domain.people.sessions import spend
from domain.reports import actions, codes, queries, rules

TAG = "reports"
FORM = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 2048
PDF = "application/pdf"
PUBLIC_PAGE = "text/html|application/json"


class ReportNotPrinted(Problem, kind=Kind.CONFLICT):
    """The report is frozen and its PDF is being made; ask again in a moment."""


class OfVisit(msgspec.Struct, frozen=True):
    """The visit a report is of."""

    visit_id: UUID


class ReportState(msgspec.Struct, frozen=True, kw_only=True):
    """How the report of a visit stands; ``digest`` is the SHA-256 of its frozen document."""

    visit_id: UUID
    report_id: UUID
    number: str
    state: str
    revision: int
    digest: str
    frozen_at: dt.datetime
    rendered_at: dt.datetime | None
    verification_address: str
    short_code: str


class MakeCollectionCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The completed visit whose customer needs a new code."""

    visit_id: UUID


class CollectionCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer needs; told once and stored as hashes only."""

    code: Line
    pin: Line
    address: Line


class ByCollectionCode(msgspec.Struct, frozen=True):
    """The code in the address the customer scanned."""

    code: Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$(?!\n)")]


class GivenPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The PIN, as typed: blanks do not count."""

    pin: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[0-9 ]+$(?!\n)")]


class GivenProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That the PIN was given on the page before; it holds for a quarter of an hour."""

    proof: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[0-9a-f.]+$(?!\n)")]


class ByToken(msgspec.Struct, frozen=True):
    """The text in the QR of a report."""

    token: Annotated[str, Meta(min_length=1, max_length=600, pattern=NO_CONTROL)]


class TypedCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ten-character code beside the QR, as typed."""

    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_CONTROL)]


@operation(
    "GET",
    "/reports/{visit_id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=OfVisit,
    answer=ReportState,
    problems=(NotFound,),
    etag=True,
)
async def see_report(call: Call) -> object:
    """Tell how the report of a visit stands: its newest revision, digest and verification address."""
    row = await _own_report(call)
    return ReportState(
        visit_id=row.visit_id,
        report_id=row.report_id,
        number=rules.report_number(row.number),
        state=row.state,
        revision=row.revision,
        digest=row.digest,
        frozen_at=row.frozen_at,
        rendered_at=row.rendered_at,
        verification_address=codes.verification_address(call.context.settings.public_url, row.token),
        short_code=row.short_code,
    )


@operation(
    "GET",
    "/reports/{visit_id:uuid}/pdf",
    tag=TAG,
    by=EVERYBODY,
    params=OfVisit,
    answer=bytes,
    media=PDF,
    problems=(NotFound, ReportNotPrinted),
)
async def fetch_report(call: Call) -> object:
    """Give the PDF of a visit's report."""
    row = await _own_report(call)
    pdf = await call.context.blobs.get(row.blob_sha256) if row.blob_sha256 else None
    if pdf is None:
        raise ReportNotPrinted("Ask again in a few seconds.")
    return _pdf(pdf, rules.report_number(row.number))


@operation(
    "POST",
    "/collection-codes",
    tag=TAG,
    by=SHEET,
    body=MakeCollectionCode,
    answer=CollectionCode,
    statuses=(201,),
    problems=(NotFound, actions.NotCompletedYet),
    example=MakeCollectionCode(UUID(int=1)),
)
async def make_collection_code(call: Call) -> object:
    """Make a new collection code and PIN for the customer of a completed visit.

    The former code and PIN open nothing any more. Both are told once: they are stored as hashes, and never journaled.
    """
    asked = await call.body(MakeCollectionCode)
    secret = await call.write(lambda work: actions.make_collection_code(work, asked.visit_id))
    address = f"{call.context.settings.public_url.rstrip('/')}/c/{secret.code}"
    return call.created(CollectionCode(code=secret.code, pin=secret.pin, address=address))


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
    problems=(actions.WrongPin, TooMany),
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
    tried = await call.write(lambda work: actions.try_pin(work, code, pin))
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
            return _pdf(pdf, stored.opened()[0].report_number)
    return _led(f"/c/{code}", 303)


@operation("GET", "/V", tag=TAG, by=PUBLIC, answer=str, media="text/html")
@shown
async def ask_for_code(call: Call) -> object:
    """Ask for the short code printed beside a report's QR."""
    return page(call, "verify.html")


@operation(
    "POST",
    "/V",
    tag=TAG,
    by=PUBLIC,
    body=TypedCode,
    body_media=FORM,
    body_bytes_max=FORM_BYTES_MAX,
    answer=queries.Verified,
    media=PUBLIC_PAGE,
    problems=(queries.NotOurs, TooMany),
    example=TypedCode("7K3M9 QX2PD"),
)
@shown
async def verify_by_hand(call: Call) -> object:
    """Tell whether a report is genuine by the short code typed from it."""
    typed = (await call.form(TypedCode)).code

    async def look_up(work: Work) -> queries.Verified | None:
        await spend(work.db, "verify-by-hand", work.now, limit=rules.HAND_TRIES, window=rules.HAND_WINDOW)
        return await queries.verified_by_hand(work.db, typed)

    return _told(call, await call.write(look_up))


@operation(
    "GET",
    "/V/{token:str}",
    tag=TAG,
    by=PUBLIC,
    params=ByToken,
    answer=queries.Verified,
    media=PUBLIC_PAGE,
    problems=(queries.NotOurs,),
)
@shown
async def verify_report(call: Call) -> object:
    """Tell whether a report is genuine by the address in its QR: genuine, superseded, withdrawn, or not ours.

    Needs no account, names no person and changes nothing.
    """
    token = call.params(ByToken).token
    async with call.reading() as db:
        return _told(call, await queries.verified(db, token))


@operation("GET", "/v", tag=TAG, by=PUBLIC, answer=str, media="text/html", statuses=(308,))
async def ask_for_code_in_small_letters(call: Call) -> object:
    """Lead an address typed in small letters to the one in capitals."""
    return _led("/V", 308)


@operation("GET", "/v/{token:str}", tag=TAG, by=PUBLIC, params=ByToken, answer=str, media="text/html", statuses=(308,))
async def verify_in_small_letters(call: Call) -> object:
    """Lead an address of a report in small letters to the one in capitals."""
    return _led(f"/V/{quote(call.params(ByToken).token, safe='')}", 308)


async def _own_report(call: Call) -> queries.ReportRow:
    visit_id = call.params(OfVisit).visit_id
    async with call.reading() as db:
        row = await queries.report_of_visit(db, call.actor, visit_id)
    if row is None:
        raise NotFound("There is no report of such a visit among yours.")
    return row


def _led(location: str, status: int) -> Reply:
    return Reply(status=status, media=HTML, headers={**HEADERS, "location": location})


def _pdf(content: bytes, number: str) -> Reply:
    headers = {
        "content-disposition": f'attachment; filename="{number}.pdf"',
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow, noarchive",
    }
    return Reply(content, media=PDF, headers=headers)


def _told(call: Call, told: queries.Verified | None) -> Reply:
    if told is None:
        raise queries.NotOurs("Check the code; a report without a code of ours is not ours.")
    if wants_json(call.request):
        return Reply(msgspec.json.encode(told), headers=HEADERS)
    return page(call, "verified.html", told=told)


def _refused(call: Call, tried: actions.Tried) -> Reply:
    """Tell that a PIN was wrong or must wait: to a person on the form itself."""
    seconds = math.ceil(tried.wait.total_seconds())
    if not wants_page(call.request):
        if seconds:
            raise TooMany("Too many wrong PINs; wait and try again.", retry_after=seconds)
        raise actions.WrongPin("Check the PIN; after five wrong ones you have to wait.")
    if seconds:
        status, key, headers = 429, "pin.resting", {"retry-after": str(seconds)}
    else:
        status, key, headers = 403, "pin.wrong", {}
    return page(call, "pin.html", status=status, headers=headers, refusal=key, minutes=math.ceil(seconds / 60))

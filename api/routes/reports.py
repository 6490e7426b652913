"""Service reports for those who make them: how one stands, its paper, and new codes for its customer."""

import datetime as dt
from uuid import UUID

import msgspec

from api.operation import Call, Reply, operation
from domain.kit.actor import OFFICE
from domain.kit.limits import Line
from domain.kit.page import Page
from domain.kit.problem import InvalidRequest, Kind, NotFound, Problem
from domain.people.access import EVERYBODY, SHEET
from domain.reports import codes, collecting, listing, queries, rules

TAG = "reports"
PDF = "application/pdf"


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
    state: rules.State
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


@operation(
    "GET",
    "/reports",
    tag=TAG,
    by=OFFICE,
    query=listing.ReportsQuery,
    answer=Page[listing.ReportLine],
    problems=(InvalidRequest,),
    may_lag=True,
)
async def list_reports(call: Call) -> object:
    """List the reports of visits that were completed in a span of time, the earliest first: to print many at once."""
    page = call.query(listing.ReportsQuery)
    async with call.reading() as db:
        return await listing.reports(db, call.actor, page)


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
        state=rules.state_of(row.state, row.revision, row.revision, row.signature, printed=row.rendered_at is not None),
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
    return pdf_reply(pdf, rules.report_number(row.number))


@operation(
    "POST",
    "/collection-codes",
    tag=TAG,
    by=SHEET,
    body=MakeCollectionCode,
    answer=CollectionCode,
    statuses=(201,),
    problems=(NotFound, collecting.NotCompletedYet),
    example=MakeCollectionCode(UUID(int=1)),
)
async def make_collection_code(call: Call) -> object:
    """Make a new collection code and PIN for the customer of a completed visit.

    The former code and PIN open nothing any more. Both are told once: they are stored as hashes, and never journaled.
    """
    asked = await call.body(MakeCollectionCode)
    secret = await call.write(lambda work: collecting.make_collection_code(work, asked.visit_id))
    address = f"{call.context.settings.public_url.rstrip('/')}/c/{secret.code}"
    return call.created(CollectionCode(code=secret.code, pin=secret.pin, address=address))


async def _own_report(call: Call) -> queries.ReportRow:
    visit_id = call.params(OfVisit).visit_id
    async with call.reading() as db:
        row = await queries.report_of_visit(db, call.actor, visit_id)
    if row is None:
        raise NotFound("There is no report of such a visit among yours.")
    return row


def pdf_reply(content: bytes, number: str) -> Reply:
    """Return a report's PDF as a file that nobody keeps on the way."""
    headers = {
        "content-disposition": f'attachment; filename="{number}.pdf"',
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow, noarchive",
    }
    return Reply(content, media=PDF, headers=headers)

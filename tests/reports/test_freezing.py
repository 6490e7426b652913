"""What a report says when a visit is completed, and what it must never say."""

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.reports.document import PersonalPart, ReportDocument, belongs, digest, read
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.sheets import reported


async def frozen(owner: AsyncEngine) -> tuple[ReportDocument, PersonalPart]:
    ((document, sealed, personal, salt),) = await rows(
        owner,
        "SELECT document, digest, personal, salt FROM report_revision JOIN report_person USING (report_id, revision)",
    )
    assert isinstance(document, bytes)
    assert isinstance(personal, bytes)
    assert isinstance(salt, bytes)
    assert digest(document) == sealed
    found = read(document, ReportDocument)
    assert belongs(found, personal, salt)
    return found, read(personal, PersonalPart)


async def test_a_completed_visit_leaves_a_frozen_document_with_every_line_of_its_sheet(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await reported(context, cast)
    document, personal = await frozen(owner)
    assert document.serial == visit.ready.serial
    assert document.partner == "Northern Service"
    assert document.result == "repaired"
    assert [fault.designator for fault in document.faults] == ["R12"]
    assert [(part.old_serial, part.new_serial) for part in document.parts] == [("P7-220918", "P7-251177")]
    assert [(time.kind, time.minutes) for time in document.times] == [("travel", 41), ("labour", 105)]
    assert [charge.amount_minor for charge in document.charges] == [4500]
    assert [reading.value for reading in document.readings] == ["55.5"]
    assert [photo.kind for photo in document.photos] == ["before", "after"]
    assert document.coverage.parts
    assert document.coverage.source.startswith("Standard warranty, to ")
    assert personal.signer == "Mia Okafor"
    assert personal.technician == "Ann"
    assert personal.signature is not None


async def test_an_own_technicians_visit_is_reported_too(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await reported(context, cast, technician=cast.otto)
    document, _ = await frozen(owner)
    assert document.partner == ""

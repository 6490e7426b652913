"""Many documents in one file: labels as sheets, pages or ZPL, job sheets as one PDF, reports as a zip.

What is printed is read and written in portions, so that a thousand reports take no more memory than one.
"""

import asyncio
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from api.branding import brand_of
from api.context import Context
from domain.claims.core_labels import PartLabel, part_labels
from domain.installs.label_paper import LabelRoll, LabelSheet
from domain.installs.labels import LabelText, labels_of_units
from domain.installs.tags import IssueTag
from domain.kit.actor import Actor
from domain.kit.database import reading
from domain.kit.ids import operation_id
from domain.kit.journal import canonical
from domain.kit.work import Work, execute, transact, utc_now
from domain.reports import queries, rules
from domain.reports.job_sheets import JobSheetQuery, job_sheets
from domain.reports.paper import JobSheetPaper
from domain.reports.print_jobs import StartPrintJob, documents_max
from printing.job_sheet import render_job_sheets
from printing.label_layout import Label
from printing.labels import label_pages, label_sheet
from printing.zpl import label_zpl

PORTION = 50
MEDIA = {
    "sheet": "application/pdf",
    "roll": "application/pdf",
    "zpl": "application/x-zpl",
    "zip": "application/zip",
    "pdf": "application/pdf",
}
ENDINGS = {"sheet": "pdf", "roll": "pdf", "zpl": "zpl", "pdf": "pdf", "zip": "zip"}
WORDS = {
    "en": ("Service: scan the code", "Claim {} · part {}"),
    "zh": ("报修请扫码", "索赔单 {} · 旧件 {}"),
}
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
"""The same reports make the same zip."""
T = TypeVar("T")
Tell = Callable[[int], Awaitable[None]]


@dataclass(slots=True)
class Printed:
    """What came of it: how many documents are in the file, and which are not."""

    file_name: str
    media: str
    printed: int = 0
    missing: list[UUID] = field(default_factory=list)


async def print_documents(
    context: Context, actor: Actor, asked: StartPrintJob, job_id: UUID, into: Path, tell: Tell
) -> Printed:
    """Print what is asked for into a file; ``tell`` hears now and then how many documents are done.

    A document that does not exist, or not yet, is left out and named; of job sheets, the technicians who have none, and
    those beyond a thousand pages. Raises: LabelTooSmall.
    """
    found = Printed(f"{asked.what}.{ENDINGS[asked.form]}", MEDIA[asked.form])
    if asked.what == "reports":
        await _reports(context, actor, asked, found, into, tell)
        return found
    if asked.what == "job-sheets":
        await _job_sheets(context, actor, asked, found, into, tell)
        return found
    labels: list[Label] = []
    make = _unit_labels if asked.what == "unit-labels" else _part_labels
    for portion in _portions(asked.ids):
        made = await make(context, actor, asked, portion, job_id)
        labels += [made[one] for one in portion if one in made]
        found.missing += [one for one in portion if one not in made]
        await tell(len(labels))
    found.printed = len(labels)
    if labels:
        await asyncio.to_thread(lambda: into.write_bytes(_laid_out(labels, asked)))
    return found


def _portions(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    return (ids[at : at + PORTION] for at in range(0, len(ids), PORTION))


def _laid_out(labels: Sequence[Label], asked: StartPrintJob) -> bytes:
    if asked.form == "sheet":
        return label_sheet(labels, asked.sheet or LabelSheet())
    roll = asked.roll or LabelRoll()
    return label_zpl(labels, roll) if asked.form == "zpl" else label_pages(labels, roll)


async def _unit_labels(
    context: Context, actor: Actor, asked: StartPrintJob, portion: Sequence[UUID], job_id: UUID
) -> dict[UUID, Label]:
    host = urlsplit(context.settings.public_url).netloc

    async def read() -> dict[UUID, LabelText]:
        async with reading(context.database, actor) as db:
            return await labels_of_units(db, context.signer, host, portion)

    found = await read()
    without = sorted(one for one in portion if one not in found)
    if without:
        await transact(context.database, actor, lambda work: _issue(work, context, without, job_id))
        found = await read()
    service = WORDS[asked.language][0]
    return {
        one: Label(text.text, text.serial, (text.model, text.serial, text.code, service)) for one, text in found.items()
    }


async def _issue(work: Work, context: Context, unit_ids: Sequence[UUID], job_id: UUID) -> None:
    """Issue labels, each a command of its own in the journal; run again, it changes nothing."""
    action = context.register.actions[IssueTag]
    for unit_id in unit_ids:
        command = IssueTag(unit_id=unit_id)
        body = {"unit_id": str(unit_id)}
        sent = canonical({"t": action.tag, "v": action.version, "body": body})
        await execute(work, operation_id(job_id, str(unit_id)), command, sent, context.register)


async def _part_labels(
    context: Context, actor: Actor, asked: StartPrintJob, portion: Sequence[UUID], job_id: UUID
) -> dict[UUID, Label]:
    async with reading(context.database, actor) as db:
        found = await part_labels(db, portion)
    return {one: _part_label(context, part, asked.language) for one, part in found.items()}


def _part_label(context: Context, part: PartLabel, language: str) -> Label:
    number = f"{part.claim_number}-{part.place}"
    link = f"{context.settings.public_url.rstrip('/')}/desk/#/claim/{part.claim_id}"
    claim = WORDS[language][1].format(part.claim_number, part.place)
    count = f" × {part.quantity}" if part.quantity > 1 else ""
    return Label(link, part.serial or number, (f"{part.part_number}{count}", part.serial or number, claim))


async def _reports(
    context: Context, actor: Actor, asked: StartPrintJob, found: Printed, into: Path, tell: Tell
) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as archive:
        for count, visit_id in enumerate(asked.ids, 1):
            async with reading(context.database, actor) as db:
                row = await queries.report_of_visit(db, actor, visit_id)
            pdf = await context.blobs.get(row.blob_sha256) if row is not None and row.blob_sha256 else None
            if row is None or pdf is None:
                found.missing.append(visit_id)
            else:
                name = f"{rules.report_number(row.number)}-{row.revision}.pdf"
                await asyncio.to_thread(archive.writestr, zipfile.ZipInfo(name, ZIP_DAY), pdf)
                found.printed += 1
            if count % PORTION == 0:
                await tell(found.printed)


async def _job_sheets(
    context: Context, actor: Actor, asked: StartPrintJob, found: Printed, into: Path, tell: Tell
) -> None:
    papers: list[JobSheetPaper] = []
    for count, technician_id in enumerate(asked.ids, 1):
        query = JobSheetQuery(technician_id=technician_id, day=asked.day or utc_now().date(), language=asked.language)
        async with reading(context.database, actor) as db:
            own = await job_sheets(db, actor, context.signer, context.settings.public_url, query)
        if not own or len(papers) + len(own) > documents_max:
            found.missing.append(technician_id)
        else:
            papers += own
        if count % PORTION == 0:
            await tell(count)
    found.printed = len(papers)
    if papers:
        brand = brand_of(context.settings)
        content = await asyncio.to_thread(render_job_sheets, papers, asked.language, brand)
        await asyncio.to_thread(into.write_bytes, content)

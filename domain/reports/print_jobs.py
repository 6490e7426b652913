"""Print jobs: up to a thousand documents asked for at once; the worker prints them, and the file is kept for a day."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.installs.label_paper import GridTooFine, LabelRoll, LabelSheet
from domain.installs.tags import LABELLERS
from domain.kit.actor import OFFICE, Actor
from domain.kit.command import Answer, Command, Done, action
from domain.kit.files import FORGET, ForgetFile
from domain.kit.limits import Day
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.problem import InvalidRequest, NotAllowed, NotFound
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.model import Account
from domain.reports.erasing import ErasePersonalPart
from domain.reports.print_model import PrintJob

PRINT = "print.run"
"""The worker's task that prints."""
FORGET_PRINTS = "print.forget"
"""The worker's task that drops files older than a day."""
KEPT_FOR = dt.timedelta(days=1)
FORGOTTEN_AT_ONCE = 100
ERASED_MEANWHILE = "Names were erased from one of these reports meanwhile; print them again."
documents_max = 1000
What = Literal["unit-labels", "part-labels", "job-sheets", "reports"]
Form = Literal["sheet", "roll", "zpl", "pdf", "zip"]
FORMS: dict[What, tuple[Form, ...]] = {
    "unit-labels": ("sheet", "roll", "zpl"),
    "part-labels": ("sheet", "roll", "zpl"),
    "job-sheets": ("pdf",),
    "reports": ("zip",),
}
"""What each can be had as, the usual one first. Reports never become one PDF: merging would break their seals."""
Documents = Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=documents_max)]
_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


class StartPrintJob(Command, tag="print.start", frozen=True, kw_only=True):
    """Print up to 1,000 documents: labels of units or of returned parts, job sheets of technicians, reports of visits.

    `ids` are units, core returns, technicians with their job sheets of a `day`, or visits with their reports, printed
    in this order. A unit without a label that holds gets one. Labels come as A4 sheets (`sheet`), a PDF for a thermal
    printer (`roll`) or as ZPL II (`zpl`), job sheets as one PDF, reports as a zip of the PDFs as they were sealed.
    `GET /print-jobs/{id}` tells how far it is, and `/file` gives it.
    """

    what: What
    form: Form
    ids: Documents
    sheet: LabelSheet | None = None
    roll: LabelRoll | None = None
    day: Day | None = None
    language: Literal["en", "zh"] = "en"


class PrintJobStarted(Answer, frozen=True, kw_only=True):
    """The print job."""

    id: UUID
    documents: int


class RunPrint(msgspec.Struct, frozen=True):
    """Which print job to run to its end."""

    print_job_id: UUID


class PrintProgress(msgspec.Struct, frozen=True):
    """How far a print job is; ``gone``: its file was dropped after a day."""

    id: UUID
    what: str
    state: str
    documents: int
    printed: int
    failure: str | None
    file_name: str | None
    media: str | None
    bytes_total: int | None
    asked_at: dt.datetime
    finished_at: dt.datetime | None


class PrintFile(msgspec.Struct, frozen=True):
    """The file of a finished print job."""

    blob_sha256: str
    file_name: str
    media: str


class Waiting(msgspec.Struct, frozen=True):
    """A print job to run: what was asked for, by whom."""

    id: UUID
    asked: StartPrintJob
    actor: Actor


@action(
    StartPrintJob,
    by=OFFICE,
    answer=PrintJobStarted,
    raises=(InvalidRequest,),
    creates=True,
    example=StartPrintJob(what="unit-labels", form="sheet", ids=(_ID,), sheet=LabelSheet(start=4)),
)
async def start_print_job(work: Work, cmd: StartPrintJob) -> Done:
    """Keep what is asked for, and leave it to the worker."""
    if cmd.what == "unit-labels" and work.actor.role not in LABELLERS:
        raise NotAllowed(f"Labels of units are for: {', '.join(sorted(LABELLERS))}.")
    if cmd.form not in FORMS[cmd.what]:
        raise InvalidRequest(f"{cmd.what} come as: {', '.join(FORMS[cmd.what])}.", field="form")
    if (cmd.day is not None) is not (cmd.what == "job-sheets"):
        raise InvalidRequest("Job sheets are those of a day, and nothing else is.", field="day")
    if len(set(cmd.ids)) < len(cmd.ids):
        raise InvalidRequest("Name each document once.", field="ids")
    try:
        _ = (cmd.sheet or LabelSheet()).size
    except GridTooFine as error:
        raise InvalidRequest(str(error), field="sheet") from error
    work.db.add(
        PrintJob(
            id=work.op_id,
            account_id=work.actor.account_id,
            what=cmd.what,
            asked=msgspec.to_builtins(cmd),
            state="waiting",
            documents=len(cmd.ids),
            printed=0,
            asked_at=work.now,
        )
    )
    await work.flush()
    await work.enqueue(PRINT, RunPrint(work.op_id))
    return Done(PrintJobStarted(id=work.op_id, documents=len(cmd.ids)))


async def waiting_print(db: AsyncConnection, print_job_id: UUID) -> Waiting | None:
    """Return a print job that is not at its end, with the person it is printed for; None when there is none."""
    query = (
        select(PrintJob.asked, Account.id, Account.role, Account.partner_id, Account.name)
        .join(Account, Account.id == PrintJob.account_id)
        .where(PrintJob.id == print_job_id, PrintJob.finished_at.is_(None), Account.disabled_at.is_(None))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    actor = Actor(row.id, row.role, row.partner_id, name=row.name)
    return Waiting(print_job_id, msgspec.convert(row.asked, StartPrintJob), actor)


async def tell_printed(work: Work, print_job_id: UUID, printed: int) -> None:
    """Say how many documents are printed."""
    at_work = update(PrintJob).where(PrintJob.id == print_job_id, PrintJob.finished_at.is_(None))
    await work.db.execute(at_work.values(state="running", printed=printed))


async def end_print(
    work: Work, print_job_id: UUID, *, file: PrintFile | None, bytes_total: int = 0, printed: int, failure: str | None
) -> None:
    """Say that a print job is at its end: with its file, or why there is none. ``failure`` may also name gaps.

    The file of one that was ended meanwhile is forgotten, unless somebody's print job has the same.
    """
    values = {"state": "failed", "failure": failure, "printed": printed, "finished_at": work.now}
    if file is not None:
        values |= {"state": "done", "bytes_total": bytes_total, **msgspec.structs.asdict(file)}
    ended = update(PrintJob).where(PrintJob.id == print_job_id, PrintJob.finished_at.is_(None)).returning(PrintJob.id)
    if await work.db.scalar(ended.values(**values)) is None and file is not None:
        same = select(PrintJob.id).where(PrintJob.blob_sha256 == file.blob_sha256).limit(1)
        if await work.db.scalar(same) is None:
            await work.enqueue(FORGET, ForgetFile(file.blob_sha256))


async def forget_prints_of(work: Work, cmd: ErasePersonalPart) -> None:
    """Drop the files that hold a report whose names are erased, and end print jobs that may have read it already.

    Locks: the print jobs.
    """
    held = (
        select(PrintJob)
        .where(
            PrintJob.what == "reports",
            PrintJob.state.in_(("waiting", "running", "done")),
            PrintJob.asked["ids"].contains([str(cmd.visit_id)]),
        )
        .order_by(PrintJob.id)
        .with_for_update(key_share=True)
    )
    for job in (await work.db.scalars(held)).all():
        if job.blob_sha256 is not None:
            await work.enqueue(FORGET, ForgetFile(job.blob_sha256))
            job.state, job.blob_sha256 = "gone", None
        else:
            job.state, job.failure, job.finished_at = "failed", ERASED_MEANWHILE, work.now


async def forget_prints(work: Work) -> list[str]:
    """Forget some files that are older than a day; return those that nobody else's print job holds."""
    old = select(PrintJob.id, PrintJob.blob_sha256).where(
        PrintJob.state == "done", PrintJob.finished_at < work.now - KEPT_FOR
    )
    rows = (await work.db.execute(old.limit(FORGOTTEN_AT_ONCE))).all()
    ids = [row.id for row in rows]
    await work.db.execute(update(PrintJob).where(PrintJob.id.in_(ids)).values(state="gone", blob_sha256=None))
    shas = {row.blob_sha256 for row in rows}
    held = set((await work.db.scalars(select(PrintJob.blob_sha256).where(PrintJob.blob_sha256.in_(shas)))).all())
    return sorted(shas - held)


_JOBS = Read(
    PrintProgress,
    select(
        PrintJob.id,
        PrintJob.what,
        PrintJob.state,
        PrintJob.documents,
        PrintJob.printed,
        PrintJob.failure,
        PrintJob.file_name,
        PrintJob.media,
        PrintJob.bytes_total,
        PrintJob.asked_at,
        PrintJob.finished_at,
    ),
)


async def print_jobs(db: AsyncConnection, actor: Actor, page: PageQuery) -> Page[PrintProgress]:
    """Return a page of a person's print jobs, newest first."""
    statement = _JOBS.statement.where(PrintJob.account_id == actor.account_id)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(PrintJob.asked_at, PrintJob.id) < tuple_(at, last))
    newest = statement.order_by(PrintJob.asked_at.desc(), PrintJob.id.desc())
    return page_of(await _JOBS.all(db, newest.limit(page.limit + 1)), page.limit, "asked_at", "id")


async def print_progress(db: AsyncConnection, actor: Actor, print_job_id: UUID) -> PrintProgress:
    """Return how far a print job is: each sees their own. Raises: NotFound."""
    own = _JOBS.statement.where(PrintJob.id == print_job_id, PrintJob.account_id == actor.account_id)
    found = await _JOBS.first(db, own)
    if found is None:
        raise NotFound("There is no such print job of yours.")
    return found


async def print_file(db: AsyncConnection, actor: Actor, print_job_id: UUID) -> PrintFile | None:
    """Return the file of a print job, or None while there is none, or none any more."""
    query = select(PrintJob.blob_sha256, PrintJob.file_name, PrintJob.media).where(
        PrintJob.id == print_job_id, PrintJob.account_id == actor.account_id, PrintJob.state == "done"
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else PrintFile(row.blob_sha256, row.file_name or "", row.media or "")

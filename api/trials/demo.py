"""The demo: fills an empty database once, then only says who can sign in and what to try."""

import asyncio
import random
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from api.context import Context, build
from api.settings import Settings
from api.trials.aftermath import follow
from api.trials.masterdata import fill
from api.trials.week import LABEL_HOST, Week
from api.worker import drain
from domain.installs.links import digital_link
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import Work, transact, utc_now
from domain.people.model import Partner
from mobile_sync.photos.sandbox import missing_voices
from mobile_sync.snapshots import BUILD
from printing.fonts import missing_fonts
from printing.labels import label_png

PASSWORD = "fieldstone demo"  # noqa: S105 - printed on purpose: the demo listens on loopback
SEED = 7


class DemoNotes(msgspec.Struct):
    """What the introduction tells, kept beside the data for the next start."""

    collection_code: str
    pin: str
    serial: str


def prepare(units: int, settings: Settings) -> str:
    """Fill the migrated database with so many units if it is empty, and return the introduction."""
    return asyncio.run(_prepare(units, settings))


async def _prepare(units: int, settings: Settings) -> str:
    context = build(settings)
    notes_file = Path(settings.data) / "demo.json"
    notes: DemoNotes | None = None
    try:
        async with reading(context.database, SYSTEM) as db:
            filled = (await db.execute(select(Partner.id).limit(1))).first() is not None
        if not filled:
            notes = await _fill(context, units)
            notes_file.write_bytes(msgspec.json.encode(notes))
        elif not notes_file.exists():
            raise click.ClickException(
                f"{settings.data} holds no finished demo. Begin anew with 'make clean-demo', or use 'fieldstone serve'."
            )
    finally:
        await context.close()
    if notes is None and notes_file.exists():
        notes = msgspec.json.decode(notes_file.read_bytes(), type=DemoNotes)
    return introduction(settings, notes)


async def _fill(context: Context, units: int) -> DemoNotes:
    rng = random.Random(SEED)
    today = utc_now().date()
    columns = (
        TextColumn("{task.description:44}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"Installing {units:,} units of 30 models", total=1)
        password_hash = context.hasher.hash(PASSWORD)

        async def body(work: Work) -> Week:
            world = await fill(work, rng, units=units, password_hash=password_hash)
            await work.enqueue(BUILD, {})
            return Week(context, world, rng, today)

        week = await transact(context.database, SYSTEM, body, queue=context.queue)
        bar.update(task, completed=1)
        task = bar.add_task("Living a week of jobs, repairs and claims", total=1)
        await week.live(lambda done, total: bar.update(task, completed=done, total=total))
        labels = Path(context.settings.data) / "labels"
        labels.mkdir(exist_ok=True)
        for unit in week.labels:
            link = digital_link(LABEL_HOST, unit.gtin, unit.serial)
            (labels / f"{unit.serial}.png").write_bytes(label_png(unit.model, unit.serial, link))
        task = bar.add_task("Printing and sealing the reports", total=1)
        await drain(context)
        await follow(week)
        bar.update(task, completed=1)
    if week.example is None:
        raise RuntimeError("the demo's week has no finished visit of ann")
    return DemoNotes(week.example.secret.code, week.example.secret.pin, week.example.serial)


def introduction(settings: Settings, notes: DemoNotes | None) -> str:
    """Return who can sign in and what to try."""
    base = settings.public_url
    labels = Path(settings.data) / "labels"
    lines = [
        "",
        f"Fieldstone runs on {base}     (stop: Ctrl+C; the data stay in {settings.data})",
        "",
        f"Everybody's password is: {PASSWORD}",
        "  dora    dispatcher: makes and assigns jobs       marek  service manager     rex  reviewer",
        "  admin   admin                                    petra  parts manager",
        "  pam     office of Nordwerk (partner, grade A)    ann, nils, karl     its technicians",
        "  sepp    office of Alpin Technik (grade B)        ben, lena, emil",
        "  wanda   office of Westwind (grade C)             tiago, aoife",
        "  otto, mei, jun, rosa                             our own technicians",
        "",
        "Try:",
        f"  the office's page           {base}/     as dora: requests for service, a report to approve, papers",
        f"  the technician's app        {base}/app/     sign in as ann; make your window as narrow as a phone",
        f"  the contract                {base}/schema     problems: {base}/problems",
        f"  labels to scan or send      {labels}/*.png",
    ]
    if notes is not None:
        lines += [
            f"  the customers' mailbox      {base}/mailbox     what they were mailed about their reports",
            f"  a customer's report         {base}/c/{notes.collection_code}     PIN {notes.pin}",
            "  the main job by curl        README.md; ann's machines of today are among the labels",
        ]
    missing = [*missing_voices(), *(font.code for font in missing_fonts())]
    if missing:
        lines += ["", f"Missing on this machine: {', '.join(missing)} (the README says what helps)"]
    return "\n".join([*lines, ""])

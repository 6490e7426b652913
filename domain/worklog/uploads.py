"""Bytes that arrived: kept once per person and content, whether the command that cites them came before or after."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.jobs.model import Job, Visit
from domain.jobs.scope import STANDING, Standing, tell_visit
from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.worklog.model import Photo, Upload
from domain.worklog.print_bits import Print
from domain.worklog.prints import keep_prints

PHOTO_CAME = "visit.photo-came"
"""The worker's task that looks at a claim again when a photo of its visit came late."""


class KeptUpload(msgspec.Struct, frozen=True):
    """An upload that is safe: its id, the hash of the bytes as sent, and the picture that was made of them."""

    id: UUID
    sha256: str
    blob_sha256: str
    width: int
    height: int


class PhotoCame(msgspec.Struct, frozen=True):
    """The task of looking at a completed visit once more, because the bytes of one of its photos came after it."""

    visit_id: UUID
    upload_id: UUID


async def lock_content(work: Work, sha256: str) -> None:
    """Make bytes and the photo that cites them wait for each other, so that whichever is second finds the first.

    Locks: the content, until the transaction ends.
    """
    await work.db.execute(select(text("pg_advisory_xact_lock(:key)")), {"key": int(sha256[:15], 16)})


async def keep_upload(
    work: Work,
    *,
    sha256: str,
    blob_sha256: str,
    width: int,
    height: int,
    taken_at: dt.datetime | None,
    reads: list[Any] | None,
    prints: tuple[Print, ...] = (),
) -> KeptUpload:
    """Write down that bytes arrived, and give them to the photos of this person that were waiting for them."""
    actor = work.actor
    await lock_content(work, sha256)
    added = await work.db.scalar(
        insert(Upload)
        .values(
            id=new_id(),
            account_id=actor.account_id,
            partner_id=actor.partner_id,
            sha256=sha256,
            blob_sha256=blob_sha256,
            width=width,
            height=height,
            taken_at=taken_at,
            reads=reads,
            at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["sha256", "account_id"])
        .returning(Upload.id)
    )
    if added is not None:
        await keep_prints(work, added, prints)
    upload = (
        await work.db.scalars(select(Upload).where(Upload.sha256 == sha256, Upload.account_id == actor.account_id))
    ).one()
    await _tell_of_arrival(work, sha256, upload.id)
    return KeptUpload(upload.id, upload.sha256, upload.blob_sha256, upload.width, upload.height)


async def _tell_of_arrival(work: Work, sha256: str, upload_id: UUID) -> None:
    """Give the bytes to the photos that wait for them, and tell the phones that show those."""
    actor = work.actor
    same_side = Photo.partner_id.is_(None) if actor.partner_id is None else Photo.partner_id == actor.partner_id
    waiting = update(Photo).where(Photo.sha256 == sha256, Photo.upload_id.is_(None), same_side)
    visit_ids = set(await work.db.scalars(waiting.values(upload_id=upload_id).returning(Photo.visit_id)))
    if visit_ids:
        shown_on = select(Visit, *STANDING).outerjoin(Job, Job.id == Visit.job_id).where(Visit.id.in_(visit_ids))
        for visit, *job in (await work.db.execute(shown_on)).all():
            await tell_visit(work, visit, None if job[-1] is None else Standing._make(job))
            if visit.state == "completed" and visit.partner_id is not None:
                await work.enqueue(PHOTO_CAME, PhotoCame(visit.id, upload_id))

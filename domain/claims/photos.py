"""The photos of a claim for the office's eyes: how each came about, where else it was used, and what looks like it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.claims.model import Claim
from domain.claims.score_facts import PhotoSeen
from domain.claims.score_model import ScoreRecord
from domain.jobs.model import Job, Visit
from domain.kit.read import Read
from domain.worklog.model import Photo, Upload

photos_max = 1000
"""No visit has more photos than a person could take on it."""
other_uses_max = 20


class AlikePhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of another machine that looks the same; the bits in which the fingerprints differ, of 64."""

    id: UUID
    picture: str | None
    job_number: int
    claim_number: int | None
    difference_bits: int | None
    frequency_bits: int | None
    mirrored: bool


class ClaimPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of a claim's visit; ``picture`` is where to get it, null until its bytes have arrived.

    ``taken_at`` is what the phone said, ``camera_at`` what the file itself says. ``other_jobs`` are the numbers of
    other jobs that carry the very same bytes. Positions are in millionths of a degree.
    """

    id: UUID
    kind: str
    caption: str
    sha256: str
    picture: str | None
    taken_at: dt.datetime | None
    camera_at: dt.datetime | None
    entered_at: dt.datetime
    arrived_at: dt.datetime | None
    from_gallery: bool | None
    latitude_e6: int | None
    longitude_e6: int | None
    width: int | None
    height: int | None
    codes: list[str]
    voided_at: dt.datetime | None
    void_reason: str | None
    other_jobs: list[int]
    alike: list[AlikePhoto]


class _PhotoRow(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    caption: str
    sha256: str
    upload_id: UUID | None
    taken_at: dt.datetime | None
    camera_at: dt.datetime | None
    entered_at: dt.datetime
    arrived_at: dt.datetime | None
    from_gallery: bool | None
    latitude_e6: int | None
    longitude_e6: int | None
    width: int | None
    height: int | None
    reads: list[Any] | None
    voided_at: dt.datetime | None
    void_reason: str | None
    other_jobs: list[int]


class _OtherPhoto(msgspec.Struct, frozen=True):
    id: UUID
    upload_id: UUID | None
    job_number: int


_same = Photo.__table__.alias("same")
_elsewhere = Visit.__table__.alias("elsewhere")
_OTHER_JOBS = (
    select(Job.number)
    .select_from(_same)
    .join(_elsewhere, _elsewhere.c.id == _same.c.visit_id)
    .join(Job, Job.id == _elsewhere.c.job_id)
    .where(_same.c.sha256 == Photo.sha256, _elsewhere.c.job_id != Visit.job_id)
    .distinct()
    .limit(other_uses_max)
    .correlate(Photo, Visit)
    .scalar_subquery()
)
_PHOTOS = Read(
    _PhotoRow,
    select(
        Photo.id,
        Photo.kind,
        Photo.caption,
        Photo.sha256,
        Photo.upload_id,
        Photo.taken_at,
        Upload.taken_at.label("camera_at"),
        Photo.entered_at,
        Upload.at.label("arrived_at"),
        Photo.from_gallery,
        Photo.latitude_e6,
        Photo.longitude_e6,
        Upload.width,
        Upload.height,
        Upload.reads,
        Photo.voided_at,
        Photo.void_reason,
        func.array(_OTHER_JOBS).label("other_jobs"),
    )
    .join(Visit, Visit.id == Photo.visit_id)
    .outerjoin(Upload, Upload.id == Photo.upload_id)
    .order_by(Photo.entered_at, Photo.id)
    .limit(photos_max),
)
_OTHERS = Read(
    _OtherPhoto,
    select(Photo.id, Photo.upload_id, Job.number.label("job_number"))
    .join(Visit, Visit.id == Photo.visit_id)
    .join(Job, Job.id == Visit.job_id),
)
_SCORED_PHOTOS = cast(ScoreRecord.facts["photos"], Text)


async def photos_of_claim(db: AsyncConnection, claim_id: UUID) -> list[ClaimPhoto] | None:
    """Return the photos of a claim as they were entered, or None when there is no claim; for the office alone.

    What looks like them is what the last scoring found.
    """
    visit_id = await db.scalar(select(Claim.visit_id).where(Claim.id == claim_id))
    if visit_id is None:
        return None
    alike = await _alike(db, claim_id)
    return [
        _photo(row, alike.get(row.id, []))
        for row in await _PHOTOS.all(db, _PHOTOS.statement.where(Photo.visit_id == visit_id))
    ]


async def picture_blob(db: AsyncConnection, photo_id: UUID) -> str | None:
    """Return the SHA-256 of the picture that was made of a photo, or None where there is none."""
    blob = select(Upload.blob_sha256).join(Photo, Photo.upload_id == Upload.id).where(Photo.id == photo_id)
    return await db.scalar(blob)


def picture_link(photo_id: UUID, upload_id: UUID | None) -> str | None:
    """Return where the picture of a photo is to be had, once its bytes are there."""
    return None if upload_id is None else f"/photos/{photo_id}/picture"


def _photo(row: _PhotoRow, alike: list[AlikePhoto]) -> ClaimPhoto:
    seen = msgspec.structs.asdict(row)
    upload_id, reads = seen.pop("upload_id"), seen.pop("reads")
    codes = [str(read["text"]) for read in reads or ()]
    return ClaimPhoto(**seen, picture=picture_link(row.id, upload_id), codes=codes, alike=alike)


async def _alike(db: AsyncConnection, claim_id: UUID) -> dict[UUID, list[AlikePhoto]]:
    last = (
        select(_SCORED_PHOTOS).where(ScoreRecord.claim_id == claim_id).order_by(ScoreRecord.scored_at.desc()).limit(1)
    )
    text = await db.scalar(last)
    seen = msgspec.json.decode(text, type=list[PhotoSeen]) if text else []
    others = await _others(db, {one.photo_id for photo in seen for one in photo.alike})
    return {
        photo.id: [
            AlikePhoto(
                id=one.photo_id,
                picture=picture_link(one.photo_id, others[one.photo_id].upload_id),
                job_number=others[one.photo_id].job_number,
                claim_number=one.claim_number,
                difference_bits=one.difference_bits,
                frequency_bits=one.frequency_bits,
                mirrored=one.mirrored,
            )
            for one in photo.alike
            if one.photo_id in others
        ]
        for photo in seen
    }


async def _others(db: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, _OtherPhoto]:
    found = await _OTHERS.all(db, _OTHERS.statement.where(Photo.id.in_(ids))) if ids else []
    return {one.id: one for one in found}

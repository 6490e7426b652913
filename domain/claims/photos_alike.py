"""Photos of other machines that look like those of a visit."""

from typing import Any
from uuid import UUID

from domain.claims.score_facts import Alike
from domain.worklog.prints import Beside, Nearness, photos_near

_PHOTOS = """
SELECT photo.id, photo.upload_id, photo.kind, claim.number, unit.model_id
FROM photo JOIN visit ON visit.id = photo.visit_id JOIN job ON job.id = visit.job_id JOIN unit ON unit.id = job.unit_id
LEFT JOIN claim ON claim.visit_id = visit.id
WHERE photo.upload_id = ANY ($1) AND photo.voided_at IS NULL AND photo.visit_id <> $2 AND job.unit_id <> $3
  AND (photo.kind = 'label' OR job.site_id <> $4)
ORDER BY array_position($1, photo.upload_id), photo.id LIMIT 50
"""
"""The photos of uploads that are near, nearest first; ``Beside`` says what counts."""


async def photos_alike(driver: Any, own: Any) -> dict[UUID, tuple[Alike, ...]]:
    """Return, per photo of the claim in ``own``, the photos of other machines whose fingerprints are near its own."""
    found: dict[UUID, tuple[Alike, ...]] = {}
    for photo in own["photos"]:
        if photo["upload_id"] is not None:
            found[UUID(photo["id"])] = tuple(await _alike(driver, own, photo))
    return found


async def _alike(driver: Any, own: Any, photo: dict[str, Any]) -> list[Alike]:
    beside = Beside(own["visit_id"], own["unit_id"], own["site_id"])
    near = await photos_near(driver, UUID(photo["upload_id"]), beside)
    if not near:
        return []
    rows = await driver.fetch(_PHOTOS, list(near), *beside)
    return [_one(row, near[row["upload_id"]], own, photo["kind"]) for row in rows]


def _one(row: Any, near: Nearness, own: Any, kind: str) -> Alike:
    return Alike(
        photo_id=row["id"],
        claim_number=row["number"],
        difference_bits=near.difference_bits,
        frequency_bits=near.frequency_bits,
        mirrored=near.mirrored,
        label_of_same_model=kind == row["kind"] == "label" and row["model_id"] == own["model_id"],
    )

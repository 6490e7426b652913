"""Fingerprints of photos as they are stored, and the photos that look like one."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from domain.kit.work import Work
from domain.worklog.print_bits import (
    Print,
    PrintKind,
    alike_bits_max,
    bands_near,
    bands_of,
    difference,
    looks_alike,
    mirrored,
)

KINDS: tuple[PrintKind, ...] = ("d", "f")
uploads_alike_max = 50
_KEEP = """
INSERT INTO photo_print (upload_id, partner_id, kind, part, print, band_0, band_1, band_2, band_3)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
ALIKE = """
SELECT near.upload_id, near.bits FROM (
  SELECT kept.upload_id, min(bit_count((kept.print # $2)::bit(64)))::int AS bits FROM (
    SELECT upload_id, print FROM photo_print WHERE band_0 = ANY ($3::smallint[]) AND kind = $1
    UNION ALL SELECT upload_id, print FROM photo_print WHERE band_1 = ANY ($4::smallint[]) AND kind = $1
    UNION ALL SELECT upload_id, print FROM photo_print WHERE band_2 = ANY ($5::smallint[]) AND kind = $1
    UNION ALL SELECT upload_id, print FROM photo_print WHERE band_3 = ANY ($6::smallint[]) AND kind = $1
  ) AS kept
  WHERE bit_count((kept.print # $2)::bit(64)) <= $7 GROUP BY kept.upload_id ORDER BY bits, kept.upload_id
) AS near
CROSS JOIN LATERAL (
  SELECT true FROM photo JOIN visit ON visit.id = photo.visit_id JOIN job ON job.id = visit.job_id
  WHERE photo.upload_id = near.upload_id AND photo.voided_at IS NULL AND photo.visit_id <> $9 AND job.unit_id <> $10
    AND (photo.kind = 'label' OR job.site_id <> $11)
  LIMIT 1
) AS elsewhere
ORDER BY near.bits, near.upload_id LIMIT $8
"""
"""Uploads whose print of a kind is near one: found by bands, so that few of a million are looked at.

Only what shows another machine is counted: pictures that stand nowhere, or on the visit's own machine, do not crowd it
out.
"""
PRINTS = "SELECT kind, print FROM photo_print WHERE upload_id = $1 AND part = 'whole'"
_ALL_PRINTS = "SELECT upload_id, part, kind, print FROM photo_print WHERE upload_id = ANY ($1) ORDER BY 1, 2, 3"


class Nearness(NamedTuple):
    """In how many bits of 64 the prints of two pictures differ, by kind; whether one is the other's mirror image."""

    difference_bits: int
    frequency_bits: int
    mirrored: bool


class Beside(NamedTuple):
    """Where a photo stands that is looked for elsewhere.

    Machines that stand side by side are on one honest photo: within a site only labels count.
    """

    visit_id: UUID
    unit_id: UUID
    site_id: UUID


async def keep_prints(work: Work, upload_id: UUID, prints: Iterable[Print]) -> None:
    """Store the fingerprints of an upload that was just written down."""
    rows = [(upload_id, work.actor.partner_id, one.kind, one.part, one.bits, *bands_of(one.bits)) for one in prints]
    await work.driver.executemany(_KEEP, rows)


async def uploads_alike(driver: Any, kind: PrintKind, bits: int, beside: Beside) -> dict[UUID, tuple[int, bool]]:
    """Return the uploads elsewhere that look like a fingerprint or its mirror image, at most fifty each, nearest first.

    Told is in how many bits they differ, and if mirrored.
    """
    found: dict[UUID, tuple[int, bool]] = {}
    for turned in (False, True):
        asked = mirrored(kind, bits) if turned else bits
        for upload_id, differing in await driver.fetch(
            ALIKE, kind, asked, *bands_near(asked), alike_bits_max, uploads_alike_max, *beside
        ):
            if upload_id not in found or differing < found[upload_id][0]:
                found[upload_id] = (differing, turned)
    return found


async def photos_near(driver: Any, upload_id: UUID, beside: Beside) -> dict[UUID, Nearness]:
    """Return the other uploads that look like one, or like its mirror image, by both kinds of prints, nearest first."""
    asked = {str(kind): int(bits) for kind, bits in await driver.fetch(PRINTS, upload_id)}
    if len(asked) < len(KINDS):
        return {}
    met = {one for kind in KINDS for one in await uploads_alike(driver, kind, asked[kind], beside)} - {upload_id}
    rows = await driver.fetch(_ALL_PRINTS, list(met)) if met else ()
    found: dict[UUID, Nearness] = {}
    for (other, _), prints in groupby(rows, lambda row: (row["upload_id"], row["part"])):
        kept = {row["kind"]: row["print"] for row in prints}
        for turned in (False, True):
            bits = [difference(mirrored(kind, asked[kind]) if turned else asked[kind], kept[kind]) for kind in KINDS]
            near = Nearness(bits[0], bits[1], turned)
            if looks_alike(*bits) and (other not in found or sum(bits) < sum(found[other][:2])):
                found[other] = near
    return dict(sorted(found.items(), key=lambda one: sum(one[1][:2])))

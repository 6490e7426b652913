"""Fingerprints of photos as they are stored, and the photos that look like one."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.kit.work import Work
from domain.worklog.print_bits import Print, PrintKind, alike_bits_max, bands_near, bands_of, mirrored

uploads_alike_max = 50
_KEEP = """
INSERT INTO photo_print (upload_id, partner_id, kind, part, print, band_0, band_1, band_2, band_3)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
ALIKE = """
SELECT near.upload_id, min(bit_count((near.print # $2)::bit(64)))::int AS bits FROM (
  SELECT upload_id, print FROM photo_print WHERE band_0 = ANY ($3::smallint[]) AND kind = $1
  UNION ALL SELECT upload_id, print FROM photo_print WHERE band_1 = ANY ($4::smallint[]) AND kind = $1
  UNION ALL SELECT upload_id, print FROM photo_print WHERE band_2 = ANY ($5::smallint[]) AND kind = $1
  UNION ALL SELECT upload_id, print FROM photo_print WHERE band_3 = ANY ($6::smallint[]) AND kind = $1
) AS near
WHERE bit_count((near.print # $2)::bit(64)) <= $7 GROUP BY near.upload_id ORDER BY bits LIMIT $8
"""
"""Uploads whose print of a kind is near one: found by bands, so that few of a million are looked at."""
PRINTS = "SELECT kind, print FROM photo_print WHERE upload_id = $1 AND part = 'whole'"


async def keep_prints(work: Work, upload_id: UUID, prints: Iterable[Print]) -> None:
    """Store the fingerprints of an upload that was just written down."""
    rows = [(upload_id, work.actor.partner_id, one.kind, one.part, one.bits, *bands_of(one.bits)) for one in prints]
    await work.driver.executemany(_KEEP, rows)


async def uploads_alike(driver: Any, kind: PrintKind, bits: int) -> dict[UUID, tuple[int, bool]]:
    """Return the uploads that look like a fingerprint or its mirror image: in how many bits they differ, if mirrored.

    The upload that the fingerprint was made of is among them.
    """
    found: dict[UUID, tuple[int, bool]] = {}
    for turned in (False, True):
        asked = mirrored(kind, bits) if turned else bits
        for upload_id, differing in await driver.fetch(
            ALIKE, kind, asked, *bands_near(asked), alike_bits_max, uploads_alike_max
        ):
            if upload_id not in found or differing < found[upload_id][0]:
                found[upload_id] = (differing, turned)
    return found

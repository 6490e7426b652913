"""The unit behind a right tag code: who holds the label may learn of the machine it is on."""

from typing import Any
from uuid import UUID

import msgspec

from domain.warranty.rules import CoverageFacts

_BY_TAG = "SELECT unit_id, serial_key, gtin, status, revoked, coverage::text FROM unit_by_tag($1)"


class TaggedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """The unit that a right code belongs to, and whether the label was revoked."""

    id: UUID
    serial_key: str
    gtin: str | None
    status: str
    revoked: bool
    coverage: CoverageFacts


async def tagged_unit(driver: Any, code_hash: bytes) -> TaggedUnit | None:
    """Return the unit of a code that is ours, for any principal: the code is the proof. None when none was issued."""
    row = await driver.fetchrow(_BY_TAG, code_hash)
    if row is None:
        return None
    unit_id, serial_key, gtin, status, revoked, coverage = row
    return TaggedUnit(
        id=unit_id,
        serial_key=serial_key,
        gtin=gtin,
        status=status,
        revoked=revoked,
        coverage=msgspec.json.decode(coverage, type=CoverageFacts),
    )

"""What stands on the label of an old part that comes back: which part, of which line of which claim."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from domain.claims.model import Claim
from domain.claims.reviewed import CoreReturn
from domain.kit.read import Read


class PartLabel(msgspec.Struct, frozen=True):
    """An old part: ``place`` counts the parts of its claim that must come back, from 1."""

    id: UUID
    claim_id: UUID
    claim_number: int
    place: int
    part_number: str
    quantity: int
    serial: str


_other = aliased(CoreReturn)
_LABELS = Read(
    PartLabel,
    select(
        CoreReturn.id,
        CoreReturn.claim_id,
        Claim.number.label("claim_number"),
        select(func.count())
        .where(_other.claim_id == CoreReturn.claim_id, _other.id <= CoreReturn.id)
        .scalar_subquery()
        .label("place"),
        CoreReturn.part_number,
        CoreReturn.quantity,
        CoreReturn.serial,
    ).join_from(CoreReturn, Claim, Claim.id == CoreReturn.claim_id),
)


async def part_labels(db: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, PartLabel]:
    """Return what stands on the labels of some old parts, by their ids; for the office."""
    found = await _LABELS.all(db, _LABELS.statement.where(CoreReturn.id.in_(ids)))
    return {label.id: label for label in found}

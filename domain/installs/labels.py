"""What can be read of labels: which were issued, and what a label says when it is printed. For the office."""

import datetime as dt
import hmac
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.catalog.model import Model
from domain.installs.links import digital_link
from domain.installs.model import Unit, UnitTag
from domain.installs.tags import hash_of_code, tag_code
from domain.kit.page import Page, PageQuery, page_of, read_cursor
from domain.kit.ports import Signer
from domain.kit.problem import Kind, Problem
from domain.kit.read import Read


class TagOutdated(Problem, kind=Kind.CONFLICT):
    """The label no longer fits its unit: serial, GTIN or key changed; issue a new one."""


class LabelQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose labels: those of one unit, or all."""

    unit_id: UUID | None = None


class LabelLine(msgspec.Struct, frozen=True):
    """A label that was issued."""

    id: UUID
    unit_id: UUID
    generation: int
    issued_at: dt.datetime
    revoked_at: dt.datetime | None
    revoked_reason: str | None


class LabelText(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed: the link for the QR, the code in groups for the eye, the model and serial beside them."""

    id: UUID
    unit_id: UUID
    generation: int
    model: str
    serial: str
    code: str
    text: str
    revoked_at: dt.datetime | None


_LABELS = Read(
    LabelLine,
    select(
        UnitTag.id,
        UnitTag.unit_id,
        UnitTag.generation,
        UnitTag.issued_at,
        UnitTag.revoked_at,
        UnitTag.revoked_reason,
    ),
)
_LABEL = (
    select(
        UnitTag.id,
        UnitTag.unit_id,
        UnitTag.generation,
        UnitTag.code_hash,
        UnitTag.revoked_at,
        Unit.serial,
        Unit.serial_key,
        Model.code.label("model"),
        Model.gtin,
    )
    .join_from(UnitTag, Unit, Unit.id == UnitTag.unit_id)
    .join(Model, Model.id == Unit.model_id)
)


async def labels(db: AsyncConnection, page: LabelQuery) -> Page[LabelLine]:
    """Return a page of labels, newest first."""
    statement = _LABELS.statement
    if page.unit_id is not None:
        statement = statement.where(UnitTag.unit_id == page.unit_id)
    if page.cursor:
        at, last = read_cursor(page.cursor, dt.datetime, UUID)
        statement = statement.where(tuple_(UnitTag.issued_at, UnitTag.id) < tuple_(at, last))
    newest = statement.order_by(UnitTag.issued_at.desc(), UnitTag.id.desc())
    return page_of(await _LABELS.all(db, newest.limit(page.limit + 1)), page.limit, "issued_at", "id")


async def label(db: AsyncConnection, signer: Signer, host: str, tag_id: UUID) -> LabelText | None:
    """Return what a label says, or None when there is no such label; its code is made again, for it is kept nowhere.

    Raises: TagOutdated.
    """
    row: Any = (await db.execute(_LABEL.where(UnitTag.id == tag_id))).one_or_none()
    return None if row is None else _text(signer, host, row)


async def labels_of_units(
    db: AsyncConnection, signer: Signer, host: str, unit_ids: Sequence[UUID]
) -> dict[UUID, LabelText]:
    """Return what the newest label of each unit says, by unit; one without a label that holds and fits is left out."""
    holding = _LABEL.where(UnitTag.unit_id.in_(unit_ids), UnitTag.revoked_at.is_(None)).order_by(UnitTag.generation)
    found = {}
    for row in (await db.execute(holding)).all():
        try:
            found[row.unit_id] = _text(signer, host, row)
        except TagOutdated:
            found.pop(row.unit_id, None)
    return found


def _text(signer: Signer, host: str, row: Any) -> LabelText:
    code = tag_code(signer, row.gtin or "", row.serial_key, row.generation)
    if not hmac.compare_digest(hash_of_code(row.gtin or "", row.serial_key, code), row.code_hash):
        raise TagOutdated("Issue a new label, and revoke this one.")
    return LabelText(
        id=row.id,
        unit_id=row.unit_id,
        generation=row.generation,
        model=row.model,
        serial=row.serial,
        code=code,
        text=digital_link(host, row.gtin, row.serial, code.replace("-", "")),
        revoked_at=row.revoked_at,
    )

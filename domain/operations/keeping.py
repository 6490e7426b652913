"""Keeps what phones sent that needs a person, each by one statement inside the phone's own transaction."""

from typing import Any
from uuid import UUID

from domain.kit.ids import new_id
from domain.kit.work import Work
from domain.reports.erasing import ErasePersonalPart

error_characters_max = 300

# The visit says which job it belongs to; what the phone says counts only where no visit of its own side is named.
_RECORDED = """
INSERT INTO recorded_work (op_id, seq, kind, reason, job_id, visit_id, actor_id, partner_id, at)
SELECT $1, $9, $2, $3, coalesce((SELECT job_id FROM visit WHERE visit.id = $5), $4), $5, $6, $7, $8
"""
_UNREADABLE = """
INSERT INTO quarantine (id, device_id, account_id, partner_id, op_id, why, raw, at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE NOT EXISTS (SELECT FROM quarantine WHERE op_id = $5 AND raw = $7 AND account_id = $3)
  AND NOT EXISTS (SELECT FROM quarantine WHERE $5 IS NULL AND op_id IS NULL AND raw = $7 AND device_id = $2)
"""
_NAMING = "UPDATE quarantine SET raw = '' WHERE raw <> '' AND position(convert_to($1, 'UTF8') IN raw) > 0"
_FAILURE = """
INSERT INTO op_failure AS failure (op_id, partner_id, device_id, tries, error, at) VALUES ($1, $2, $3, 1, $4, $5)
ON CONFLICT (op_id) DO UPDATE SET
  tries = failure.tries + 1, error = excluded.error, at = excluded.at
RETURNING tries
"""


async def keep_recorded(
    work: Work, op_id: UUID, seq: int, kind: str, reason: str, *, job_id: UUID | None, visit_id: UUID | None
) -> None:
    """Put an operation before the office: its entry says recorded, for this reason."""
    who = (work.actor.account_id, work.actor.partner_id, work.now)
    await work.driver.execute(_RECORDED, op_id, kind, reason, job_id, visit_id, *who, seq)


async def keep_unreadable(work: Work, device_id: UUID, op_id: UUID | None, why: str, raw: bytes) -> None:
    """Keep to the letter what cannot be an entry; the same content is kept once."""
    who = (new_id(), device_id, work.actor.account_id, work.actor.partner_id)
    await work.driver.execute(_UNREADABLE, *who, op_id, why, raw, work.now)


async def forget_unreadable_of(work: Work, cmd: ErasePersonalPart) -> None:
    """Empty what was kept to the letter and names a visit that is erased; that it came, from whom and why, stays."""
    await work.driver.execute(_NAMING, str(cmd.visit_id))


async def note_failure(work: Work, device_id: UUID, op_id: UUID, error: str) -> int:
    """Count a failure by our own fault and return how many there now were, whatever failed each time."""
    text = error[:error_characters_max]
    found: Any = await work.driver.fetchval(_FAILURE, op_id, work.actor.partner_id, device_id, text, work.now)
    return int(found)

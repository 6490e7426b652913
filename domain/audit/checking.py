"""Walks the whole chain as it stands today, in slices, and names the first entry that is not as it was sealed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.audit.rules import (
    Broken,
    Checkpoint,
    Counts,
    Entry,
    Reached,
    encode_facts,
    link,
    next_reached,
    rewritten,
)
from domain.audit.sealer import FACTS, TOLD
from domain.kit.read import driver_of

SLICE = 2_000
"""Entries held in memory at once."""
NO_MIN, OP_ID_MIN = -(2**63), UUID(int=0)
Progress = Callable[[int, int], None]
"""Told how many entries were walked, of how many."""
Worth = Callable[[Checkpoint], Counts]
_CHECKPOINT = "signed.no, signed.after, signed.digest, signed.signed_at, signed.key_id, signed.signature"
_ENTRIES = f"""
SELECT chain.no, chain.op_id, chain.digest, journal.op_id IS NULL AS gone, body.op_id IS NULL AS erased,
  sha256(body.salt || body.sent) = journal.commitment AND body.partner_id IS NOT DISTINCT FROM journal.partner_id,
  coalesce({TOLD} = chain.told, false), signed.no IS NOT NULL AS is_signed, {_CHECKPOINT}, {FACTS}, chain.told
FROM audit_chain AS chain LEFT JOIN journal ON journal.op_id = chain.op_id
LEFT JOIN journal_body AS body ON body.op_id = chain.op_id LEFT JOIN audit_checkpoint AS signed ON signed.no = chain.no
WHERE chain.no >= $1 AND chain.no <= $2 ORDER BY chain.no LIMIT $3
"""  # noqa: S608 - constants
_FIRST_COLUMNS, _CHECKPOINT_COLUMNS = 8, 6
_ENDS = """
SELECT coalesce((SELECT max(no) FROM audit_chain), 0), coalesce((SELECT max(no) FROM audit_checkpoint), 0),
  coalesce((SELECT min(no) FROM audit_checkpoint), 1)
"""
_LEFT_OUT = """
SELECT op_id, NOT EXISTS (SELECT FROM audit_chain WHERE audit_chain.op_id = entry.op_id)
  AND NOT EXISTS (SELECT FROM unsealed WHERE unsealed.op_id = entry.op_id)
FROM (SELECT op_id FROM journal WHERE op_id >= $1 ORDER BY op_id LIMIT $2) AS entry ORDER BY op_id
"""
_WAITING = """
SELECT count(*), (SELECT op_id FROM unsealed AS one
  WHERE NOT EXISTS (SELECT FROM journal WHERE journal.op_id = one.op_id) LIMIT 1) FROM unsealed
"""


class ChainCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the whole chain found.

    ``erased`` counts entries whose body is gone, ``waiting`` those not sealed yet, ``void`` the checkpoints whose key
    was revoked before their moment.
    """

    whole: bool
    entries: int
    erased: int
    waiting: int
    checkpoints: int
    void: int
    broken: Broken | None


async def newest_checkpoint(db: AsyncConnection) -> Checkpoint | None:
    """Return the last checkpoint that was signed."""
    return await _checkpoint(db, "ORDER BY no DESC LIMIT 1")


async def check_chain(
    db: AsyncConnection,
    worth: Worth,
    kept: Checkpoint | None = None,
    progress: Progress = lambda done, total: None,
    slice_max: int = SLICE,
) -> ChainCheck:
    """Decide whether everything that was sealed stands as it was, and nothing of the journal is beside the chain.

    Up to the end that the chain has now; sealing may go on meanwhile, for each statement reads a moment of its own.
    ``kept`` is a checkpoint that somebody kept outside: the chain must lead through it.
    """
    end, signed_to, signed_from = await driver_of(db).fetchrow(_ENDS)
    check = _Check(db, worth, kept, end, slice_max)
    reached, broken = Reached(), None
    if kept is not None and worth(kept) == "forged":
        broken = Broken("checkpoint-forged", "No key of ours signed the checkpoint that was kept outside.")
    if broken is None:
        reached, broken = await check.walk(progress)
    if broken is None and signed_from < 1:
        broken = Broken("checkpoint-forged", f"A checkpoint stands at {signed_from}, before every entry.")
    broken = broken or await check.ends(reached, signed_to) or await check.left_out()
    waiting, gone = await driver_of(db).fetchrow(_WAITING)
    if broken is None and gone is not None:
        broken = Broken("deleted", "The journal lacks an operation that waits to be sealed.", None, UUID(str(gone)))
    return ChainCheck(
        whole=broken is None,
        entries=reached.no,
        erased=reached.erased,
        waiting=waiting,
        checkpoints=reached.checkpoints,
        void=reached.void,
        broken=broken,
    )


@dataclass(frozen=True, slots=True)
class _Check:
    """One check of the chain up to ``end``; it holds ``slice_max`` entries at once."""

    db: AsyncConnection
    worth: Worth
    kept: Checkpoint | None
    end: int
    slice_max: int

    async def entries(self) -> AsyncIterator[Entry]:
        """Give every entry of the chain in the order of its numbers, whatever they are."""
        no, more = NO_MIN, True
        while more:
            rows = await driver_of(self.db).fetch(_ENTRIES, no, self.end, self.slice_max)
            for row in rows:
                yield _entry(row)
            no = rows[-1][0] + 1 if rows else no
            more = len(rows) == self.slice_max and no <= self.end

    async def walk(self, progress: Progress) -> tuple[Reached, Broken | None]:
        """Follow the chain as far as it is whole."""
        reached = Reached()
        async for entry in self.entries():
            found = next_reached(reached, entry, self.worth)
            if isinstance(found, Broken):
                return reached, await self.explained(reached, entry, found)
            if self.kept is not None and self.kept.no == found.no and self.kept.digest != found.digest:
                return reached, rewritten(0, self.kept)
            reached = found
            if reached.no % self.slice_max == 0:
                progress(reached.no, self.end)
        return reached, None

    async def explained(self, reached: Reached, entry: Entry, found: Broken) -> Broken:
        """Tell entries that changed places, or were taken out with the rest moved up, from one that was changed.

        Walks the chain once more: only what stands elsewhere can say so.
        """
        no = reached.no + 1
        fits = entry.facts is not None and link(reached.digest, entry.facts) == entry.digest
        if entry.no < no or (entry.no == no and fits):
            return found
        signed, shifted = await newest_checkpoint(self.db), 0
        async for other in self.entries():
            if other.no == no or other.facts is None:
                continue
            if link(reached.digest, other.facts) in (other.digest, entry.digest):
                return Broken("reordered", f"Entry {no} stands at {other.no} now.", no, other.op_id)
            if signed is not None and other.digest == signed.digest:
                shifted = other.no - signed.no
        if signed is None or not shifted:
            return found
        moved = f"What the checkpoint at {signed.no} signs stands at {signed.no + shifted}: of the entries from {no} on"
        if shifted < 0:
            return Broken("deleted", f"{moved} some were taken out.", no)
        return Broken("edited", f"{moved} some were put in.", no, entry.op_id)

    async def ends(self, reached: Reached, signed_to: int) -> Broken | None:
        """Decide whether the chain ends where the last checkpoint does, and not before the one that was kept."""
        no = reached.no + 1
        if signed_to > reached.no:
            beyond = await _checkpoint(self.db, "WHERE no = $1", signed_to)
            if beyond is not None and self.worth(beyond) == "forged":
                detail = f"No key of ours signed the checkpoint at {signed_to}, behind the end of the chain."
                return Broken("checkpoint-forged", detail, signed_to)
            return Broken("cut-off", f"The chain ends at {reached.no}; a checkpoint signs {signed_to} entries.", no)
        if self.kept is not None and self.kept.no > reached.no:
            detail = f"The chain ends at {reached.no}; the checkpoint kept outside signs {self.kept.no} entries."
            return Broken("cut-off", detail, no)
        if reached.counting < reached.no:
            detail = f"No checkpoint that counts signs entries {reached.counting + 1} to {reached.no}."
            return Broken("unsigned", detail, reached.counting + 1)
        return None

    async def left_out(self) -> Broken | None:
        """Find an operation of the journal that has no place in the chain and waits for none."""
        since, more = OP_ID_MIN, True
        while more:  # each slice begins with the last one of the slice before, so that the first has all there is
            rows = await driver_of(self.db).fetch(_LEFT_OUT, since, self.slice_max + 1)
            for op_id, left_out in rows:
                if left_out:
                    detail = "The journal has an operation that is neither in the chain nor waiting for its place."
                    return Broken("left-out", detail, None, UUID(str(op_id)))
                since = op_id
            more = len(rows) > self.slice_max
        return None


def _entry(row: Any) -> Entry:
    no, op_id, digest, gone, erased, sent_fits, told_fits, is_signed = row[:_FIRST_COLUMNS]
    columns = row[_FIRST_COLUMNS:]
    return Entry(
        no,
        op_id,
        digest,
        None if gone else encode_facts(columns[_CHECKPOINT_COLUMNS:]),
        None if erased or gone else sent_fits,
        None if erased or gone else told_fits,
        _read(columns[:_CHECKPOINT_COLUMNS]) if is_signed else None,
    )


def _read(columns: Any) -> Checkpoint:
    no, after, digest, signed_at, key_id, signature = columns
    return Checkpoint(no=no, after=after, digest=digest, signed_at=signed_at, key_id=key_id, signature=signature)


async def _checkpoint(db: AsyncConnection, which: str, *values: int) -> Checkpoint | None:
    row = await driver_of(db).fetchrow(f"SELECT {_CHECKPOINT} FROM audit_checkpoint AS signed {which}", *values)  # noqa: S608
    return None if row is None else _read(row)

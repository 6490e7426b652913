"""What decides about the chain: how an entry is linked, what a checkpoint signs, and whether the next entry fits."""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Wrong = Literal[
    "edited", "deleted", "reordered", "cut-off", "left-out", "rewritten", "unsigned", "checkpoint-forged",
    "checkpoint-deleted",
]  # fmt: skip
Counts = Literal["counts", "void", "forged"]
"""Of a checkpoint: ``void`` when the signature holds and the key was not valid at its moment."""
GENESIS = hashlib.sha256(b"fieldstone audit chain").digest()
"""What the first entry is linked to."""
NO_MAX = 2**63 - 1


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed statement that the chain had this digest at entry ``no``; what an outsider keeps, as JSON."""

    no: Annotated[int, Meta(ge=1, le=NO_MAX)]
    after: Annotated[int, Meta(ge=0, le=NO_MAX)]
    digest: Annotated[bytes, Meta(min_length=32, max_length=32)]
    signed_at: Annotated[dt.datetime, Meta(tz=True)]
    key_id: Annotated[str, Meta(max_length=8)]
    signature: Annotated[bytes, Meta(max_length=80)] = b""


class Entry(msgspec.Struct, frozen=True):
    """An entry of the chain as it stands today.

    ``facts`` are those of the journal, encoded, or None when the journal lacks it; ``sent_fits`` and ``told_fits``
    say whether the body is the one committed to, both None when it was erased.
    """

    no: int
    op_id: UUID
    digest: bytes
    facts: bytes | None
    sent_fits: bool | None
    told_fits: bool | None
    checkpoint: Checkpoint | None


class Broken(msgspec.Struct, frozen=True):
    """The first entry that does not stand as it was sealed, and what is wrong with it."""

    wrong: Wrong
    detail: str
    no: int | None = None
    op_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the chain was found whole."""

    no: int = 0
    digest: bytes = GENESIS
    checkpoint: int = 0
    """The number of the last checkpoint, and of the last one that counts."""
    counting: int = 0
    checkpoints: int = 0
    void: int = 0
    erased: int = 0


def encode_facts(columns: Sequence[Any]) -> bytes:
    """Return the facts of an entry as the bytes that are linked: a JSON array, bytes in base64."""
    return msgspec.json.encode(columns)


def link(previous: bytes, facts: bytes) -> bytes:
    """Return the digest of an entry behind another one."""
    return hashlib.sha256(previous + facts).digest()


def signed_content(checkpoint: Checkpoint) -> bytes:
    """Return the bytes that a checkpoint's signature is over."""
    moment = checkpoint.signed_at.astimezone(dt.UTC)
    said = (checkpoint.no, checkpoint.after, checkpoint.digest, moment, checkpoint.key_id)
    return msgspec.json.encode(("fieldstone checkpoint", *said))


def next_reached(reached: Reached, entry: Entry, worth: Callable[[Checkpoint], Counts]) -> Reached | Broken:
    """Decide whether an entry follows on what was reached; ``worth`` checks the signature of a checkpoint."""
    no = reached.no + 1
    if entry.no < no:
        return Broken("reordered", f"An entry stands at {entry.no}, before the first.", entry.no, entry.op_id)
    if entry.no > no:
        return Broken("deleted", f"Entry {no} is missing; the next one is {entry.no}.", no)
    if entry.facts is None:
        return Broken("deleted", f"The journal lacks the operation of entry {no}.", no, entry.op_id)
    if link(reached.digest, entry.facts) != entry.digest:
        return Broken("edited", f"Entry {no} is not what was sealed.", no, entry.op_id)
    if entry.sent_fits is False:
        return Broken("edited", f"What was sent in entry {no} was changed.", no, entry.op_id)
    if entry.told_fits is False:
        return Broken("edited", f"The answer or the verdict of entry {no} was changed.", no, entry.op_id)
    erased = reached.erased + (entry.sent_fits is None)
    kept = entry.checkpoint
    if kept is None:
        return Reached(
            no, entry.digest, reached.checkpoint, reached.counting, reached.checkpoints, reached.void, erased
        )
    found = worth(kept)
    if found == "forged":
        return Broken("checkpoint-forged", f"No key of ours signed the checkpoint at entry {no}.", no, entry.op_id)
    if kept.after != reached.checkpoint:
        detail = f"The checkpoint at entry {kept.after} is missing."
        return Broken("checkpoint-deleted", detail, kept.after)
    if kept.digest != entry.digest:
        return rewritten(reached.counting, kept)
    void = found == "void"
    counting = reached.counting if void else no
    return Reached(no, entry.digest, no, counting, reached.checkpoints + 1, reached.void + void, erased)


def rewritten(since: int, kept: Checkpoint) -> Broken:
    """Say that the chain fits in itself and not a checkpoint: it was made anew after the last one that fits."""
    return Broken("rewritten", f"Entries {since + 1} to {kept.no} are not those that the checkpoint signs.", since + 1)

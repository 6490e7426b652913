"""Completing a visit: the sheet is frozen with its result and the customer's signature."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domain.kit.command import Answer, Command
from domain.kit.limits import Moment, Note, OptionalLine, Sha256, Word

Result = Literal["repaired", "not_repaired", "no_fault_found", "installed", "maintained", "inspected", "advised"]
NoSignature = Literal["absent", "declined", "remote"]

signature_bytes_max = 20 * 1024
Coordinate = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Stroke = Annotated[tuple[tuple[Coordinate, Coordinate], ...], msgspec.Meta(min_length=1, max_length=4_000)]
Side = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The strokes of a pen on a pad of ``width`` x ``height``; x grows to the right, y downwards."""

    width: Side
    height: Side
    strokes: Annotated[tuple[Stroke, ...], msgspec.Meta(min_length=1, max_length=500)]

    def __post_init__(self) -> None:
        """Refuse more strokes than a signature can have."""
        if len(msgspec.json.encode(self.strokes)) > signature_bytes_max:
            raise ValueError(f"a signature has at most {signature_bytes_max} bytes of strokes")


class CollectionHashes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the phone made for the customer's QR: hashes of the collection code and of its PIN, never the secrets."""

    code_hash: Sha256
    pin_hash: Sha256


class CompleteVisit(Command, tag="visit.complete", frozen=True, kw_only=True):
    """Complete a visit and freeze its sheet.

    What a complete sheet needs depends on the job's kind; free text never satisfies it. The customer signs, or a
    reason says why not. Photos whose bytes are still on the way do not hold it up. A visit that did not repair leaves
    its job in progress.
    """

    visit_id: UUID
    at: Moment
    result: Result
    summary: Note = ""
    signed_by: OptionalLine = ""
    signature: Signature | None = None
    no_signature_reason: NoSignature | None = None
    collection: CollectionHashes | None = None


class VisitCompleted(Answer, frozen=True, kw_only=True):
    """How the visit and its job stand now, and what is noted: clock-uncertain, overlaps-actual, after-reassignment."""

    visit_id: UUID
    job_id: UUID
    state: Word
    job_state: Word
    flags: tuple[Word, ...] = ()

"""What a checkpoint's signature is worth by a list of keys."""

from collections.abc import Callable, Sequence

from domain.audit.rules import Checkpoint, Counts, signed_content
from domain.sealing.keys import KnownKey, signed_by


def worth_by(keys: Sequence[KnownKey]) -> Callable[[Checkpoint], Counts]:
    """Return what tells genuine checkpoints from forged ones, and from those of a key that was not valid any more.

    Raises: ValueError when a key of checkpoints is no P-256 key.
    """
    ring = {key.id: (key.verifier, key.time) for key in keys if key.purpose == "checkpoint"}

    def worth(checkpoint: Checkpoint) -> Counts:
        verifier, time = ring.get(checkpoint.key_id, (None, None))
        if verifier is None or time is None:
            return "forged"
        if not signed_by(verifier, signed_content(checkpoint), checkpoint.signature):
            return "forged"
        return "counts" if time.holds_at(checkpoint.signed_at) else "void"

    return worth

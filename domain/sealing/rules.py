"""What decides about keys and seals: when a key may seal, when a new one is due, and what a seal is worth."""

import datetime as dt
from typing import Literal

import msgspec

Purpose = Literal["token", "pdf", "checkpoint", "root"]
SEALING: tuple[Purpose, ...] = ("token", "pdf", "checkpoint")
"""What keys seal with; each of them is rotated. The root only issues certificates to those for PDFs."""
SEALS_FOR = dt.timedelta(days=365)
"""After so long a new key takes over."""
OVERLAP = dt.timedelta(days=30)
"""How long the former key may still seal: for a worker that does not know of the new one."""
ROOT_LASTS = dt.timedelta(days=365 * 30)


class KeyTime(msgspec.Struct, frozen=True, kw_only=True):
    """When a key may seal, as the register knows it."""

    valid_from: dt.datetime
    valid_to: dt.datetime
    revoked_at: dt.datetime | None = None

    def holds_at(self, moment: dt.datetime) -> bool:
        """Decide whether the key was valid then; a revoked one is from that moment on no more."""
        ended = self.valid_to if self.revoked_at is None else min(self.valid_to, self.revoked_at)
        return self.valid_from <= moment < ended

    def is_fresh_at(self, moment: dt.datetime) -> bool:
        """Decide whether it is valid and no new key is due."""
        return self.holds_at(moment) and moment < self.valid_from + SEALS_FOR


def lasts_until(purpose: Purpose, valid_from: dt.datetime) -> dt.datetime:
    """Return when a key made now may seal no more."""
    return valid_from + (ROOT_LASTS if purpose == "root" else SEALS_FOR + OVERLAP)

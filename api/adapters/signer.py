"""The signer: HMAC-SHA256 with a key of this installation."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HmacSigner:
    """Marks contents with a key; written out, in a log, it shows none of it."""

    key: bytes = field(repr=False)

    def mark(self, content: bytes) -> bytes:
        """Return the HMAC-SHA256 of the content."""
        return hmac.new(self.key, content, hashlib.sha256).digest()

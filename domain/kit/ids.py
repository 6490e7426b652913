"""Identifiers: time-ordered for rows, derived for operations."""

import os
import time
from uuid import UUID, uuid5


def new_id() -> UUID:
    """Return a UUIDv7: rows created together lie together in their index. Source: RFC 9562, 5.7."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62
    return UUID(int=value | (random & 0x3FFF_FFFF_FFFF_FFFF))


def operation_id(principal: UUID, idempotency_key: str) -> UUID:
    """Return the operation id of an ``Idempotency-Key``: nobody can name another principal's operation."""
    return uuid5(principal, idempotency_key)

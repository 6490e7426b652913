"""Identifiers: time-ordered for rows, derived for operations."""

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid5

_REPEATED: ContextVar[tuple[Callable[[int], int], Callable[[], int]] | None] = ContextVar("repeated", default=None)
"""What a simulation draws from instead: a source of random bits and a clock in milliseconds."""


def new_id() -> UUID:
    """Return a UUIDv7: rows created together lie together in their index. Source: RFC 9562, 5.7."""
    repeated = _REPEATED.get()
    milliseconds = time.time_ns() // 1_000_000 if repeated is None else repeated[1]()
    random_bits = random_tag(74)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random_bits >> 62) << 64 | 0b10 << 62
    return UUID(int=value | (random_bits & 0x3FFF_FFFF_FFFF_FFFF))


def random_tag(bits: int) -> int:
    """Return that many random bits: what nobody can guess and no other database has."""
    repeated = _REPEATED.get()
    return secrets.randbits(bits) if repeated is None else repeated[0](bits)


def operation_id(principal: UUID, idempotency_key: str) -> UUID:
    """Return the operation id of an ``Idempotency-Key``: nobody can name another principal's operation."""
    return uuid5(principal, idempotency_key)


@contextmanager
def repeatable(seed: int, milliseconds: Callable[[], int]) -> Iterator[None]:
    """Make the ids and tags of whoever runs inside the same each time; for simulations, where a trace must repeat.

    ``milliseconds`` is the clock of the simulated world. Tokens and salts stay secret: they never come from here.
    """
    mark = _REPEATED.set((random.Random(seed).getrandbits, milliseconds))  # noqa: S311 - repeatable on purpose
    try:
        yield
    finally:
        _REPEATED.reset(mark)

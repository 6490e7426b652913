"""Keyset pages: a cursor holds the sort key of the last row seen, so a page costs the same at any depth."""

import base64
import binascii
from typing import Any, Generic, TypeVar

import msgspec

from domain.kit.limits import Cursor, PageSize, check_moments, page_size_default
from domain.kit.problem import InvalidRequest

S = TypeVar("S")


class Page(msgspec.Struct, Generic[S], frozen=True):
    """One page of a list; ``next`` is the cursor of the following page, or null at the end."""

    items: list[S]
    next: str | None = None


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page: ``limit`` rows after ``cursor``."""

    limit: PageSize = page_size_default
    cursor: Cursor | None = None


def write_cursor(*key: Any) -> str:
    """Return the cursor that continues after the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(cursor: str, *types: Any) -> tuple[Any, ...]:
    """Return the sort key in a cursor; raises InvalidRequest for a text that no page ever gave out."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[types])  # type: ignore[valid-type]
        check_moments(key, "cursor")
        if any("\x00" in part for part in key if isinstance(part, str)):
            raise ValueError("NUL")
        if any(not -(2**63) <= part < 2**63 for part in key if isinstance(part, int)):
            raise ValueError("beyond a whole number of the database")
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise InvalidRequest("This cursor is not one that a page gave out; start again without it.") from error
    return key


def page_of(rows: list[S], limit: int, *key: str) -> Page[S]:
    """Cut ``limit + 1`` rows to a page; ``key`` names the fields that sort them."""
    if len(rows) <= limit:
        return Page(rows)
    last = rows[limit - 1]
    return Page(rows[:limit], write_cursor(*(getattr(last, name) for name in key)))

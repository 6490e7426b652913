"""What one revision of a report says otherwise than another, line by line."""

import datetime as dt
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

import msgspec

from domain.reports.document import PersonalPart, ReportDocument, canonical

UNTOLD = frozenset(
    {"format", "report_number", "report_id", "revision", "revision_reason", "frozen_at", "personal_commitment"}
)
"""What every revision has of its own."""


class DifferenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One field that differs: its path, such as ``faults.1.designator``, and how it reads; null where it is not."""

    field: str
    before: str | None
    after: str | None


def differences(
    before: ReportDocument, after: ReportDocument, person: PersonalPart | None, person_after: PersonalPart | None
) -> list[DifferenceLine]:
    """Return every difference of two documents, and of their personal parts where both are known.

    Lines of a sheet are counted from 1, as they stand in the newer document; one that is gone has the number it had.
    """
    found = list(_of_structs("", before, after))
    if person is not None and person_after is not None:
        found += _of_structs("personal.", person, person_after)
    return found


def _of_structs(path: str, before: msgspec.Struct, after: msgspec.Struct) -> Iterator[DifferenceLine]:
    for name in before.__struct_fields__:
        was, now = getattr(before, name), getattr(after, name)
        if was == now or (not path and name in UNTOLD):
            continue
        if isinstance(was, tuple) and isinstance(now, tuple):
            yield from _of_lists(f"{path}{name}", was, now)
        elif isinstance(was, msgspec.Struct) and isinstance(now, msgspec.Struct) and name != "signature":
            yield from _of_structs(f"{path}{name}.", was, now)
        else:
            yield DifferenceLine(field=f"{path}{name}", before=_told(was), after=_told(now))


def _of_lists(path: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[DifferenceLine]:
    matcher = SequenceMatcher(None, [canonical(one) for one in before], [canonical(one) for one in after], False)
    for kind, since, until, from_, to in matcher.get_opcodes():
        if kind == "equal":
            continue
        paired = min(until - since, to - from_)
        for at in range(paired):
            yield from _of_lines(f"{path}.{from_ + at + 1}", before[since + at], after[from_ + at])
        for at in range(since + paired, until):
            yield DifferenceLine(field=f"{path}.{at + 1}", before=_told(before[at]), after=None)
        for at in range(from_ + paired, to):
            yield DifferenceLine(field=f"{path}.{at + 1}", before=None, after=_told(after[at]))


def _of_lines(path: str, was: Any, now: Any) -> Iterator[DifferenceLine]:
    if isinstance(was, msgspec.Struct):
        yield from _of_structs(f"{path}.", was, now)
    else:
        yield DifferenceLine(field=path, before=_told(was), after=_told(now))


def _told(value: Any) -> str | None:
    """Write a value for a reader: a whole line as its fields that say anything, a signature as the word alone."""
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case dt.datetime():
            return value.isoformat(timespec="minutes")
        case msgspec.Struct() if hasattr(value, "strokes"):
            return "signed"
        case msgspec.Struct():
            told = (_told(getattr(value, name)) for name in value.__struct_fields__)
            return ", ".join(one for one in told if one not in (None, "", "no"))
    return str(value)

r"""Bounds of everything that comes from outside; each type here is safe to store and to read back.

PostgreSQL refuses NUL in text, and a moment near the end of the calendar breaks every read of its row once a
time zone is applied: both are refused before they are stored. Patterns end in ``$(?!\n)``: a bare ``$`` also fits
before a last line break, and two logins that differ by one look alike.
"""

import datetime as dt
import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$(?!\n)"
NO_NUL = r"^[^\x00]*$(?!\n)"

CLOCKS_BEGIN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Where a phone counts from that lost its clock with its battery: what it recorded then is no less true."""
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+\-]*$(?!\n)")]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9\-_]*$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
OptionalLine = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]
Note = Annotated[str, Meta(max_length=4000, pattern=NO_CONTROL)]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=NO_CONTROL)]
ScannedText = Annotated[str, Meta(min_length=1, max_length=4096, pattern=NO_NUL)]
Serial = Annotated[str, Meta(min_length=1, max_length=128, pattern=NO_CONTROL)]
Symbology = Annotated[str, Meta(max_length=16, pattern=r"^[\x21-\x7e]*$(?!\n)")]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9+()\-./ x]*$(?!\n)")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^(|[^@\s\x00]+@[^@\s\x00]+)$(?!\n)")]
Login = Annotated[str, Meta(min_length=2, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+\-]*$(?!\n)")]
Password = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
NewPassword = Annotated[str, Meta(min_length=10, max_length=200, pattern=NO_NUL)]
Token = Annotated[str, Meta(min_length=16, max_length=400, pattern=r"^[A-Za-z0-9_\-.]+$(?!\n)")]
Key = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$(?!\n)")]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+\-/]+$(?!\n)")]
Currency = Annotated[str, Meta(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$(?!\n)")]
Language = Annotated[str, Meta(min_length=2, max_length=5, pattern=r"^(en|zh)$(?!\n)")]
Sha256 = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$(?!\n)")]
Cursor = Annotated[str, Meta(max_length=400, pattern=r"^[A-Za-z0-9_\-=]*$(?!\n)")]

Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Quantity = Annotated[int, Meta(ge=1, le=100_000)]
AmountMinor = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Priority = Annotated[int, Meta(ge=1, le=5)]
PageSize = Annotated[int, Meta(ge=1, le=200)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
LatitudeE6 = Annotated[int, Meta(ge=-90_000_000, le=90_000_000)]
LongitudeE6 = Annotated[int, Meta(ge=-180_000_000, le=180_000_000)]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]

_UNTIL = {"x-maximum": LATEST.isoformat()}
Moment = Annotated[dt.datetime, Meta(tz=True, extra_json_schema={"x-minimum": CLOCKS_BEGIN.isoformat(), **_UNTIL})]
Day = Annotated[dt.date, Meta(extra_json_schema={"x-minimum": EARLIEST.isoformat(), **_UNTIL})]
Id = UUID

page_size_default = 50
body_bytes_max = 256 * 1024
form_fields_max = 50
photo_bytes_max = 25 * 1024 * 1024
import_bytes_max = 1024 * 1024 * 1024
idempotency_key_max = 128
_NAMED_FIELD = re.compile(r"(?:missing required|contains unknown) field `(.*)`$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def misfit(error: msgspec.MsgspecError | ValueError) -> tuple[str, str]:
    """Return what a value breaks, in words, and the path of its field; an empty one is the value itself."""
    message, _, place = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(error)).partition(" - at `")
    path = place.rstrip("`").removeprefix("$").removeprefix(".")
    named = _NAMED_FIELD.search(message)
    return message[:300], ".".join(filter(None, (path, named[1] if named else "")))[:100]


def check_moments(value: Any, name: str = "") -> None:
    """Raise ValueError for a moment outside 1970-2100 or without time zone, a day outside 1990-2100, at any depth."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            check_moments(getattr(value, field), field)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            check_moments(part, name)
    elif isinstance(value, dict):
        for part in value.values():
            check_moments(part, name)
    elif isinstance(value, dt.datetime):
        if value.tzinfo is None or not CLOCKS_BEGIN <= value <= LATEST:
            raise ValueError(f"{name} must lie between 1970 and 2100, with its time zone")
    elif isinstance(value, dt.date) and not EARLIEST.date() <= value <= LATEST.date():
        raise ValueError(f"{name} must lie between 1990 and 2100")

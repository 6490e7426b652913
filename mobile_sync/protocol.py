"""What phones and server say to each other, message by message. The commands themselves are those of the HTTP API."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.kit.limits import Count, Line, Moment, OptionalLine, Token, Version

operations_max = 200
operation_bytes_max = 32 * 1024
push_bytes_max = 256 * 1024
rows_max = 500
page_bytes_max = 1024 * 1024
SCHEMA = 1
MIN_APP = "0.1.0"
"""The oldest app that shows everything; an older one is told so, and its push is never refused."""

Tag = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9.\-_]*$(?!\n)")]
Mark = Annotated[str, Meta(max_length=16, pattern=r"^([0-9a-f]{16})?$(?!\n)")]
Number = Annotated[int, Meta(ge=1, le=2**53)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53)]
Limit = Annotated[int, Meta(ge=1, le=rows_max)]
OperationVersion = Annotated[int, Meta(ge=1, le=1000)]


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a phone has read a feed: its position, and the newest number it has seen with the mark of that number.

    The mark proves that both come from this database and not from one that was restored away.
    """

    pos: Count = 0
    head: Count = 0
    tag: Mark = ""


class Acked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last operation that the server acknowledged to this phone: its number, its id, and when it was taken.

    A server that was put back from a backup may know the operation again, from a copy of this phone, and otherwise
    than this phone was told: the moment says so.
    """

    seq: Count = 0
    op: UUID | None = None
    at: Moment | None = None


class FeedsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feeds to read on, each from its cursor: the technician's own, the catalogue, the codes."""

    me: Cursor | None = None
    catalogue: Cursor | None = None
    codes: Cursor | None = None


class PullRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for what changed; ``sent_at`` is the phone's clock."""

    device: UUID
    app: OptionalLine
    schema: Version
    sent_at: Moment
    acked: Acked
    feeds: FeedsAsked
    limit: Limit = rows_max


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entity as it now is, whole (``d``), or that it left the phone's scope and why (``removed``)."""

    k: str
    id: UUID
    ver: int
    d: Any = None
    removed: str | None = None


class FeedAnswer(msgspec.Struct, frozen=True):
    """Rows of one feed. ``reset``: drop what is held of it first. ``snapshot``: load the snapshot instead of rows."""

    reset: bool
    rows: list[Row]
    token: Cursor
    more: bool
    snapshot: bool = False


PullStatus = Literal["ok", "unknown_device", "rewound"]


class PullAnswer(msgspec.Struct, frozen=True):
    """What changed, and how many of the phone's operations were taken: read in one snapshot.

    ``status``: ok, or why the phone must enrol anew (unknown_device, rewound).
    """

    server_time: dt.datetime
    status: PullStatus
    last_seq: int
    min_app: str
    feeds: dict[str, FeedAnswer]


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command in a phone's queue.

    ``t`` and ``v`` name the command and its version; ``job`` and ``base`` what it was made for and on; ``at`` is the
    phone's clock, ``mono`` its monotonic clock within one ``boot``.
    """

    op: UUID
    seq: Number
    t: Tag
    v: OperationVersion
    at: Moment
    body: msgspec.Raw
    job: UUID | None = None
    base: Count | None = None
    mono: Milliseconds | None = None
    boot: OptionalLine | None = None


class OperationHead(msgspec.Struct, frozen=True):
    """What must be readable of an operation for it to be answered at all."""

    op: UUID
    seq: Number


class PushRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hand in queued operations, in the order of their numbers."""

    device: UUID
    app: OptionalLine
    sent_at: Moment
    boot: OptionalLine
    acked: Acked
    ops: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=operations_max)]
    mono: Milliseconds | None = None


Status = Literal["applied", "applied_flagged", "recorded", "superseded", "rejected", "mismatch", "undecodable", "retry"]


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one operation; every status but ``retry`` is final. ``answer`` is what HTTP would have told.

    ``taken_at`` is for ``Acked.at``, to the letter.
    """

    op: UUID
    seq: int
    status: Status
    reason: str | None = None
    replayed: bool = False
    taken_at: dt.datetime | None = None
    answer: Any = None


PushStatus = Literal["ok", "gap", "forked", "rewound", "unknown_device", "retry"]


class PushAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fate of each operation up to where it stopped.

    ``status``: ok; gap (send again from ``last_seq`` + 1); retry (later); forked, rewound, unknown_device (enrol anew).
    """

    server_time: dt.datetime
    last_seq: int
    status: PushStatus
    results: list[Result]
    retry_after: int | None = None


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new id that the phone made for itself, its name and its app's version."""

    device: UUID
    name: Line
    app: OptionalLine = ""


class HandInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a phone still holds that was revoked: kept as it is, and nothing is given for it."""

    refresh_token: Token
    device: UUID
    ops: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=operations_max)]


class HandedIn(msgspec.Struct, frozen=True):
    """How many operations are now kept for the office to look at."""

    kept: int

"""The messages of sync as the API's description shows them: every operation and every row with its own shape.

The server itself reads operations one by one and writes rows as they come; these types say the same in one piece.
"""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.commands import ACTIONS
from domain.kit.actor import Role
from domain.kit.command import Command
from domain.kit.limits import Count, Moment, OptionalLine, Token
from domain.operations.queries import OpResult
from mobile_sync.catalogue_rows import FaultCodeRow, LabourOperationRow, ModelRow, PartRow
from mobile_sync.protocol import (
    Acked,
    Cursor,
    Milliseconds,
    Number,
    OperationVersion,
    PullStatus,
    PushStatus,
    Status,
    operations_max,
)
from mobile_sync.rows import JobRow, VisitRow

Removed = Annotated[str, Meta(max_length=32)]


def _operation(command: type[msgspec.Struct], tag: str) -> Any:
    """Return the operation that carries a command."""
    shape = msgspec.defstruct(
        f"{command.__name__}Operation",
        [
            ("op", UUID),
            ("seq", Number),
            ("v", OperationVersion),
            ("at", Moment),
            ("body", command),
            ("job", UUID | None, None),
            ("base", Count | None, None),
            ("mono", Milliseconds | None, None),
            ("boot", OptionalLine | None, None),
        ],
        tag_field="t",
        tag=tag,
        frozen=True,
        forbid_unknown_fields=True,
        module=__name__,
    )
    shape.__doc__ = f"{command.__name__} in a phone's queue: number, clocks, and the command as HTTP takes it."
    return shape


def _row(shown: type[msgspec.Struct], kind: str) -> Any:
    """Return the row that carries an entity, or says why it left."""
    shape = msgspec.defstruct(
        f"{shown.__name__}Sent",
        [("id", UUID), ("ver", int), ("d", shown | None, None), ("removed", Removed | None, None)],
        tag_field="k",
        tag=kind,
        frozen=True,
        module=__name__,
    )
    shape.__doc__ = "One entity as it now is (`d`), or that it left the phone's scope and why (`removed`)."
    return shape


_OPERATIONS: dict[type[Command], Any] = {
    action.command: _operation(action.command, action.tag)
    for action in sorted(ACTIONS.values(), key=lambda one: one.tag)
    if Role.TECHNICIAN in action.by
}
QueuedOperation: Any = reduce(or_, _OPERATIONS.values())
SentRow: Any = reduce(
    or_,
    [
        _row(JobRow, "job"),
        _row(VisitRow, "visit"),
        _row(OpResult, "op_result"),
        _row(PartRow, "part"),
        _row(ModelRow, "model"),
        _row(FaultCodeRow, "fault_code"),
        _row(LabourOperationRow, "labour_operation"),
    ],
)


def queued_operation(command: Command, **envelope: Any) -> Any:
    """Return a command as it stands in a phone's queue."""
    return _OPERATIONS[type(command)](body=command, **envelope)


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queued operations in the order of their numbers; ``sent_at`` and ``mono`` are the phone's clocks at sending."""

    device: UUID
    app: OptionalLine
    sent_at: Moment
    boot: OptionalLine
    acked: Acked
    ops: Annotated[tuple[QueuedOperation, ...], Meta(max_length=operations_max)]
    mono: Milliseconds | None = None


class OperationResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one operation; every status but ``retry`` is final. ``answer`` is what HTTP would have told."""

    op: UUID
    seq: int
    status: Status
    reason: str | None = None
    replayed: bool = False
    answer: dict[str, Any] | None = None


class Pushed(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fate of each operation up to where it stopped.

    ``status``: ok; gap (send again from ``last_seq`` + 1); retry (later); forked, rewound, unknown_device (enrol anew).
    """

    server_time: dt.datetime
    last_seq: int
    status: PushStatus
    results: list[OperationResult]
    retry_after: int | None = None


class Feed(msgspec.Struct, frozen=True):
    """Rows of one feed. ``reset``: drop what is held of it first. ``snapshot``: load the snapshot instead of rows."""

    reset: bool
    rows: list[SentRow]
    token: Cursor
    more: bool
    snapshot: bool = False


class Feeds(msgspec.Struct, frozen=True, omit_defaults=True):
    """The feeds that were asked for."""

    me: Feed | None = None
    catalogue: Feed | None = None
    codes: Feed | None = None


class Pulled(msgspec.Struct, frozen=True):
    """What changed, and how many of the phone's operations were taken: read at one moment.

    ``status``: ok, or why the phone must enrol anew. ``min_app``: the oldest app that shows everything.
    """

    server_time: dt.datetime
    status: PullStatus
    last_seq: int
    min_app: str
    feeds: Feeds


class HandIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token last received, and everything in the outbox as it is."""

    refresh_token: Token
    device: UUID
    ops: Annotated[tuple[Any, ...], Meta(max_length=operations_max)]

"""Operations as they arrive: read one by one, so that one nobody can read does not stop the others."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.kit.command import Command, Register
from domain.kit.journal import canonical
from domain.kit.limits import EARLIEST, check_moments
from domain.kit.problem import InvalidRequest
from domain.operations.problems import UnknownVersion
from mobile_sync.protocol import Operation, OperationHead, PushRequest, operation_bytes_max

COMMITTED_FIELDS = ("t", "v", "job", "base", "at", "body")
"""What an operation is committed to: not its number and device, so that it may be renumbered; and as it was sent, so
that an upgrade of the server does not turn a repeat into other content."""
Unreadable = Literal["undecodable", "too-large"]
_HIGH, _LOW = rb"u[dD][89abAB][0-9a-fA-F]{2}", rb"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _HIGH + rb"\\" + _LOW + rb"|(?P<half>" + _HIGH + rb"|" + _LOW + rb")|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Queued:
    """One operation of a push: what was sent, and what could be read of it."""

    op_id: UUID
    seq: int
    raw: bytes
    sent: bytes
    operation: Operation | None
    unreadable: Unreadable | None = None


def whole_characters(raw: bytes) -> bytes:
    """Return JSON in which halves of characters are the mark of an unreadable one.

    A script may cut an emoji in two, and write the half that is left as JSON that no strict reader takes: one such note
    would keep the whole queue from being read.
    """
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], raw)


def read_operations(request: PushRequest) -> list[Queued]:
    """Return the operations of a push.

    Raises: InvalidRequest for one without id or number, which could not even be answered.
    """
    return [_read(bytes(raw), place) for place, raw in enumerate(request.ops)]


def _read(raw: bytes, place: int) -> Queued:
    try:
        head = msgspec.json.decode(raw, type=OperationHead)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"Operation {place} has no readable op and seq: {str(error)[:200]}", field="ops") from None
    if len(raw) > operation_bytes_max:
        return Queued(head.op, head.seq, raw, raw, None, "too-large")
    try:
        fields = msgspec.json.decode(raw)
        operation = msgspec.json.decode(raw, type=Operation)
        check_moments(operation)
        sent = canonical({name: fields.get(name) for name in COMMITTED_FIELDS})
    except (ValueError, RecursionError):
        return Queued(head.op, head.seq, raw, raw, None, "undecodable")
    return Queued(head.op, head.seq, raw, sent, operation)


def command_from(tag: str, version: int, body: bytes, register: Register) -> Command:
    """Return the command of an operation, brought up to the version that is understood here.

    Raises: UnknownVersion for what a newer app sends, InvalidRequest for fields that do not fit.
    """
    command = register.by_tag.get(tag)
    action = None if command is None else register.actions[command]
    if action is None or version > action.version:
        raise UnknownVersion("This is kept and carried out when the office has a newer release.", kind=tag)
    try:
        fields: Any = msgspec.json.decode(body)
        if not isinstance(fields, dict):
            raise msgspec.ValidationError("the body is no object")
        found = action.command_from(version, fields)
        check_moments(found)
        return found
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRequest(str(error)[:300]) from None


def estimated_at(operation: Operation, request: PushRequest, now: dt.datetime) -> dt.datetime:
    """Return when an operation was recorded, by the server's clock: never later than now, whatever the phone says.

    Within one boot the phone's monotonic clock says how long ago that was, whatever was done to its clock since;
    otherwise its clock is corrected by how far off it is at this push.
    """
    if operation.mono is not None and request.mono is not None and operation.boot == request.boot:
        ago = dt.timedelta(milliseconds=request.mono - operation.mono)
    else:
        ago = request.sent_at - operation.at
    return now - min(max(ago, dt.timedelta()), now - EARLIEST)

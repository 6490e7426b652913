"""Whole rows down: what changed in a phone's feeds since its cursors, read at one moment of the database."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor
from domain.kit.database import Database, snapshot
from domain.kit.problem import NotAllowed, NotSignedIn
from domain.kit.read import driver_of
from mobile_sync.kinds import READERS
from mobile_sync.protocol import (
    MIN_APP,
    Cursor,
    FeedAnswer,
    PullAnswer,
    PullRequest,
    Row,
    page_bytes_max,
)
from mobile_sync.snapshots import snapshot_instead

# One round trip tells an idle phone that there is nothing: its device, whether its last operation is known here, and
# of each feed the newest number with its mark and the mark of the number the phone has seen.
_STATE = """
SELECT device.last_seq, device.revoked_at IS NOT NULL OR account.disabled_at IS NOT NULL AS shut_out,
       $3::uuid IS NULL
         OR EXISTS (SELECT FROM journal WHERE journal.op_id = $3 AND received_at = coalesce($6, received_at))
         OR EXISTS (SELECT FROM quarantine WHERE quarantine.op_id = $3) AS acked,
       asked.feed, coalesce(counter.n, 0), coalesce(counter.floor, 0), newest.tag, seen.tag
FROM unnest($4::text[], $5::bigint[]) AS asked(feed, head)
LEFT JOIN feed_counter AS counter ON counter.feed = asked.feed
LEFT JOIN feed_mark AS newest ON newest.feed = counter.feed AND newest.seq = counter.n
LEFT JOIN feed_mark AS seen ON seen.feed = asked.feed AND seen.seq = asked.head
LEFT JOIN device ON device.id = $1 AND device.account_id = $2
LEFT JOIN account ON account.id = $2
"""
# From the beginning nobody needs to be told what is gone.
_ENTRIES = """
SELECT kind, entity_id, seq, removed FROM feed_entry
WHERE feed = $1 AND seq > $2 AND (removed IS NULL OR $2 > 0) ORDER BY seq LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed stands: its newest number, the oldest a cursor may continue from, marks of the newest and the seen."""

    n: int
    floor: int
    newest: int | None
    seen: int | None


def feed_name(asked: str, actor: Actor) -> str:
    """Return the name under which a feed is kept."""
    return f"t:{actor.account_id}" if asked == "me" else asked


def mark_text(tag: int | None) -> str:
    """Return a mark as phones carry it: a script's number cannot hold all of its bits."""
    return "" if tag is None else f"{tag:016x}"


def continues(cursor: Cursor, state: FeedState) -> bool:
    """Decide whether a cursor comes from this database and may be read on from."""
    if cursor.head > state.n or cursor.pos > cursor.head or cursor.pos < state.floor:
        return False
    return cursor.head > 0 and state.seen is not None and mark_text(state.seen) == cursor.tag


async def pull(database: Database, actor: Actor, request: PullRequest, *, now: dt.datetime) -> PullAnswer:
    """Return what changed; nothing is written, and a revoked phone is given nothing.

    Raises: NotAllowed for another session's phone, NotSignedIn when phone or account were shut out meanwhile.
    """
    if actor.session_id is not None and actor.device_id != request.device:
        raise NotAllowed("This session is another phone's.")
    asked = {
        name: cursor for name in ("me", "catalogue", "codes") if (cursor := getattr(request.feeds, name)) is not None
    }
    names = {name: feed_name(name, actor) for name in asked or {"me": None}}
    async with snapshot(database, actor) as db:
        heads = [asked[name].head if name in asked else 0 for name in names]
        found = await driver_of(db).fetch(
            _STATE,
            request.device,
            actor.account_id,
            request.acked.op,
            list(names.values()),
            heads,
            request.acked.at,
        )
        last_seq, shut_out, acked = found[0][:3]
        if last_seq is None:
            return _answer(now, "unknown_device", 0)
        if shut_out:
            raise NotSignedIn("This phone was revoked; it keeps its unsent work. Ask the office.")
        if request.acked.seq > last_seq or not acked:
            return _answer(now, "rewound", last_seq)
        states = {row[3]: FeedState(*row[4:]) for row in found}
        feeds = {
            name: await _feed(db, actor, name, cursor, states[names[name]], request.limit)
            for name, cursor in asked.items()
        }
    return msgspec.structs.replace(_answer(now, "ok", last_seq), feeds=feeds)


def _answer(now: dt.datetime, status: Any, last_seq: int) -> PullAnswer:
    return PullAnswer(server_time=now, status=status, last_seq=last_seq, min_app=MIN_APP, feeds={})


async def _feed(
    db: AsyncConnection, actor: Actor, name: str, cursor: Cursor, state: FeedState, limit: int
) -> FeedAnswer:
    reset = cursor != Cursor() and not continues(cursor, state)
    start = 0 if reset else cursor.pos
    head = Cursor(state.n, state.n, mark_text(state.newest))
    if start == state.n:
        return FeedAnswer(reset=reset, rows=[], token=head, more=False)
    if name != "me" and await snapshot_instead(db, name, start, state.n):
        return FeedAnswer(reset=reset, rows=[], token=Cursor(), more=True, snapshot=True)
    entries = await driver_of(db).fetch(_ENTRIES, feed_name(name, actor), start, limit + 1)
    rows = await _rows(db, actor, entries[:limit])
    if len(rows) == len(entries):
        return FeedAnswer(reset=reset, rows=rows, token=head, more=False)
    return FeedAnswer(reset=reset, rows=rows, token=Cursor(rows[-1].ver, head.head, head.tag), more=True)


async def _rows(db: AsyncConnection, actor: Actor, entries: list[Any]) -> list[Row]:
    """Return the entities of feed entries, in their order, as many as one page may weigh but at least one."""
    wanted: dict[str, list[UUID]] = {}
    for kind, entity_id, _, removed in entries:
        if removed is None:
            wanted.setdefault(kind, []).append(entity_id)
    found = {kind: await READERS[kind](db, actor, ids) for kind, ids in wanted.items() if kind in READERS}
    rows: list[Row] = []
    weight = 0
    for kind, entity_id, seq, removed in entries:
        entity = found.get(kind, {}).get(entity_id) if removed is None else None
        if entity is None:
            rows.append(Row(kind, entity_id, seq, removed=removed or "window"))
            continue
        content = msgspec.json.encode(entity)
        weight += len(content)
        if rows and weight > page_bytes_max:
            break
        rows.append(Row(kind, entity_id, seq, d=msgspec.Raw(content)))
    return rows

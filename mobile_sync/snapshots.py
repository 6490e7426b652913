"""Snapshots of the shared feeds: a new phone loads compressed chunks once instead of paging through every row.

A chunk never changes. It is named by the SHA-256 of its JSON, so one that a later snapshot still has is neither built
nor loaded again: rows stand in order of their ids, and what is added later comes at the end.
"""

# ruff: noqa: S608 - the statements are put together from the constants below
import asyncio
import datetime as dt
import hashlib
from typing import Any
from uuid import UUID

import brotli
import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import SYSTEM
from domain.kit.database import Database, snapshot
from domain.kit.feeds import FeedSnapshot
from domain.kit.ids import new_id
from domain.kit.ports import Blobs
from domain.kit.problem import Busy
from domain.kit.read import driver_of
from domain.kit.work import Work, begin
from mobile_sync.catalogue_rows import SHARED_KINDS, SharedKind
from mobile_sync.protocol import Cursor

BUILD = "snapshot.build"
FEEDS = tuple(dict.fromkeys(kind.feed for kind in SHARED_KINDS))
rows_per_chunk = 5_000
worth_from_rows = 1_000
"""A smaller feed comes down in two pages of a pull."""
stale_after_changes = 500
stale_after_share = 0.02
kept_newest = 3
kept_for = dt.timedelta(hours=1)
"""A phone that is loading an older snapshot is given the time to end."""
renewed_after = dt.timedelta(days=30)
"""Well before the mark that its cursor rests on may be forgotten."""
QUALITY = 10
"""Of brotli: the best takes two and a half times as long for a fortieth less."""
_NEVER_IDLE = text("SELECT set_config('idle_in_transaction_session_timeout', '15min', true)")
_ONE_BUILDER = text("SELECT pg_try_advisory_xact_lock(hashtextextended('snapshots', 0))")
_USABLE = """
FROM feed_snapshot AS snapshot JOIN feed_counter AS counter USING (feed)
JOIN feed_mark AS mark ON mark.feed = snapshot.feed AND mark.seq = snapshot.head AND mark.tag = snapshot.tag
WHERE snapshot.feed = $1 AND snapshot.pos BETWEEN counter.floor AND counter.n
ORDER BY snapshot.pos DESC, snapshot.built_at DESC LIMIT 1
"""
_MANIFEST = (
    "SELECT snapshot.pos, snapshot.head, lpad(to_hex(snapshot.tag), 16, '0'), snapshot.built_at, "
    f"snapshot.chunks::text, counter.n {_USABLE}"
)
_EXTENT = f"SELECT snapshot.pos, (SELECT sum((one ->> 'rows')::int) FROM jsonb_array_elements(chunks) AS one) {_USABLE}"
_BEHIND = "SELECT count(*) FROM (SELECT FROM feed_entry WHERE feed = $1 AND seq > $2 LIMIT $3) AS entry"
_HEAD = """
SELECT counter.n, mark.tag FROM feed_counter AS counter JOIN feed_mark AS mark USING (feed)
WHERE counter.feed = $1 AND mark.seq = counter.n
"""
_BLOB = """
SELECT one ->> 'blob' FROM feed_snapshot, jsonb_array_elements(chunks) AS one
WHERE chunks @> jsonb_build_array(jsonb_build_object('sha256', $1::text)) AND one ->> 'sha256' = $1
ORDER BY built_at DESC LIMIT 1
"""


class ChunkLine(msgspec.Struct, frozen=True):
    """A chunk of a snapshot: the SHA-256 of its JSON, its rows, and its bytes as brotli sends them."""

    sha256: str
    rows: int
    bytes: int


class StoredChunk(ChunkLine, frozen=True):
    """A chunk with the blob that holds it, compressed."""

    blob: str


class Chunk(msgspec.Struct, frozen=True):
    """Rows of one kind, a list for each column: the same text stands together, and takes less room so."""

    k: str
    columns: list[str]
    values: list[list[Any]]


class Manifest(msgspec.Struct, frozen=True):
    """The chunks of a shared feed, and the cursor from which to pull on once they are loaded."""

    feed: str
    token: Cursor
    built_at: dt.datetime
    rows: int
    chunks: list[ChunkLine]


async def newest_snapshot(db: AsyncConnection, feed: str) -> Manifest | None:
    """Return the newest snapshot of a feed whose cursor a pull continues from, or None."""
    row = await driver_of(db).fetchrow(_MANIFEST, feed)
    if row is None:
        return None
    chunks = msgspec.json.decode(row[4], type=list[ChunkLine])
    return Manifest(feed, Cursor(row[0], row[1], row[2]), row[3], sum(one.rows for one in chunks), chunks)


async def snapshot_instead(db: AsyncConnection, feed: str, start: int, head: int) -> bool:
    """Decide whether a phone at ``start`` of a feed that is at ``head`` had better load its snapshot than page on.

    So it is when it lacks more than half of a feed worth a snapshot. Only a snapshot that leads further counts, else
    the phone would be sent back to it for ever.
    """
    row = await driver_of(db).fetchrow(_EXTENT, feed)
    if row is None:
        return False
    pos, rows = row[0], row[1] or 0
    if rows <= worth_from_rows or pos <= start or head - start <= rows // 2:
        return False
    return start == 0 or await driver_of(db).fetchval(_BEHIND, feed, start, rows // 2 + 1) > rows // 2


async def blob_of_chunk(db: AsyncConnection, sha256: str) -> str | None:
    """Return the blob of a chunk of any snapshot that is kept, or None: no other blob is given out by this."""
    found: str | None = await driver_of(db).fetchval(_BLOB, sha256)
    return found


async def build_snapshots(database: Database, blobs: Blobs, *, now: dt.datetime | None = None) -> list[str]:
    """Build the snapshot of each shared feed that has none or has moved on from it; return those feeds.

    Rows and cursor are read at one moment, so whoever imports meanwhile is found by pulling on. Old snapshots go, with
    the blobs that no other has.
    Raises: Busy while another builder is at work.
    """
    built = []
    async with begin(database, SYSTEM, now=now) as work:
        await work.db.execute(_NEVER_IDLE)
        if not await work.db.scalar(_ONE_BUILDER):
            raise Busy("Snapshots are being built already.", retry_after=15)
        for feed in FEEDS:
            if await _is_due(work, blobs, feed) and await _build(database, work, blobs, feed):
                built.append(feed)
            await _forget_old(work, blobs, feed)
    return built


async def _is_due(work: Work, blobs: Blobs, feed: str) -> bool:
    row = await work.driver.fetchrow(_MANIFEST, feed)
    if row is None:
        return True
    pos, _, _, built_at, stored, n = row
    chunks = msgspec.json.decode(stored, type=list[StoredChunk])
    changes = n - pos
    if changes > min(stale_after_changes, stale_after_share * sum(one.rows for one in chunks)):
        return True
    if changes and built_at < work.now - renewed_after:
        return True
    return not all([await _is_there(blobs, one.blob) for one in chunks])


async def _build(database: Database, work: Work, blobs: Blobs, feed: str) -> bool:
    async with snapshot(database, SYSTEM) as db:
        head = await driver_of(db).fetchrow(_HEAD, feed)
        if head is None:
            return False
        contents = [content for kind in SHARED_KINDS if kind.feed == feed for content in await _contents(db, kind)]
    known = {one.sha256: one for _, chunks in await _kept(work, feed) for one in chunks}
    chunks = [await _stored(blobs, rows, content, known) for rows, content in contents]
    n, tag = head
    found = {"pos": n, "head": n, "tag": tag, "chunks": msgspec.to_builtins(chunks)}
    work.db.add(FeedSnapshot(id=new_id(), feed=feed, built_at=work.now, **found))
    await work.flush()
    return True


async def _contents(db: AsyncConnection, kind: SharedKind) -> list[tuple[int, bytes]]:
    """Return every live row of a kind as the JSON of chunks, each with how many rows it has."""
    contents = []
    last = UUID(int=0)
    while rows := await kind.after(db, last, rows_per_chunk):
        columns = list(rows[0].__struct_fields__)
        values = [[getattr(row, column) for row in rows] for column in columns]
        contents.append((len(rows), msgspec.json.encode(Chunk(kind.name, columns, values))))
        last = rows[-1].id
    return contents


async def _stored(blobs: Blobs, rows: int, content: bytes, known: dict[str, StoredChunk]) -> StoredChunk:
    sha256 = hashlib.sha256(content).hexdigest()
    earlier = known.get(sha256)
    if earlier is not None and await _is_there(blobs, earlier.blob):
        return earlier
    compressed = await asyncio.to_thread(brotli.compress, content, mode=brotli.MODE_TEXT, quality=QUALITY)
    return StoredChunk(sha256, rows, len(compressed), await blobs.put(compressed))


async def _is_there(blobs: Blobs, sha256: str) -> bool:
    async with blobs.file(sha256) as path:
        return path is not None


async def _kept(work: Work, feed: str) -> list[tuple[FeedSnapshot, list[StoredChunk]]]:
    newest_first = select(FeedSnapshot).where(FeedSnapshot.feed == feed).order_by(FeedSnapshot.built_at.desc())
    found = (await work.db.scalars(newest_first)).all()
    return [(one, msgspec.convert(one.chunks, list[StoredChunk])) for one in found]


async def _forget_old(work: Work, blobs: Blobs, feed: str) -> None:
    kept = await _kept(work, feed)
    old = [one for one in kept[kept_newest:] if one[0].built_at < work.now - kept_for]
    if not old:
        return
    await work.db.execute(delete(FeedSnapshot).where(FeedSnapshot.id.in_([one.id for one, _ in old])))
    blobs_of = {one.id: {chunk.blob for chunk in chunks} for one, chunks in kept}
    gone = {one.id for one, _ in old}
    needed = set().union(*(found for id_, found in blobs_of.items() if id_ not in gone))
    # Before the lock is given back: a next builder may want the same content again.
    for blob in set().union(*(blobs_of[id_] for id_ in gone)) - needed:
        await blobs.remove(blob)

"""Feeds: what the phones must be told, numbered by one counter row per feed that is locked last.

A sequence or a timestamp as cursor loses rows to readers while slow writers are under way; a counter that stays locked
until the commit does not. Feeds are ``t:<technician>``, ``catalogue`` and ``codes``.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain.kit.base import Big, Pk, Record
from domain.kit.ids import random_tag
from domain.kit.read import driver_of


class FeedCounter(Record):
    """The newest number of a feed; ``floor`` is the oldest number a cursor may still continue from."""

    __tablename__ = "feed_counter"
    feed: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID | None]
    n: Mapped[Big]
    floor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class FeedEntry(Record):
    """The last change of one entity in one feed; a later change replaces it, so a feed never grows beyond its scope."""

    __tablename__ = "feed_entry"
    __table_args__ = (
        PrimaryKeyConstraint("feed", "kind", "entity_id"),
        Index("ix_feed_entry_feed_seq", "feed", "seq"),
    )
    feed: Mapped[str]
    kind: Mapped[str]
    entity_id: Mapped[UUID]
    partner_id: Mapped[UUID | None]
    seq: Mapped[Big]
    removed: Mapped[str | None]


class FeedMark(Record):
    """A random tag with every bump: proof that a cursor comes from this database and not from one restored away."""

    __tablename__ = "feed_mark"
    __table_args__ = (PrimaryKeyConstraint("feed", "seq"),)
    feed: Mapped[str]
    seq: Mapped[Big]
    partner_id: Mapped[UUID | None]
    tag: Mapped[Big]
    at: Mapped[dt.datetime]


class FeedSnapshot(Record):
    """A shared feed as immutable compressed chunks, and the cursor to pull on from."""

    __tablename__ = "feed_snapshot"
    __table_args__ = (Index("ix_feed_snapshot_feed_pos", "feed", "pos"),)
    id: Mapped[Pk]
    feed: Mapped[str]
    pos: Mapped[Big]
    head: Mapped[Big]
    tag: Mapped[Big]
    built_at: Mapped[dt.datetime]
    chunks: Mapped[list[Any]]


@dataclass(slots=True)
class Changes:
    """What one transaction must tell phones and worker, copied before a savepoint.

    At most one line per entity and feed; tasks by kind and payload, in the order in which they came.
    """

    lines: dict[tuple[str, str, UUID], tuple[UUID | None, str | None]] = field(default_factory=dict)
    tasks: list[tuple[str, bytes]] = field(default_factory=list)

    def touch(self, technician_id: UUID, partner_id: UUID | None, kind: str, entity_id: UUID) -> None:
        """Say that an entity in a technician's scope is new or changed."""
        self.lines[f"t:{technician_id}", kind, entity_id] = (partner_id, None)

    def remove(self, technician_id: UUID, partner_id: UUID | None, kind: str, entity_id: UUID, why: str) -> None:
        """Say that an entity left a technician's scope, and why."""
        self.lines[f"t:{technician_id}", kind, entity_id] = (partner_id, why)

    def touch_shared(self, feed: str, kind: str, entity_id: UUID) -> None:
        """Say that an entity of a shared feed (``catalogue``, ``codes``) is new or changed."""
        self.lines[feed, kind, entity_id] = (None, None)

    def touch_all(self, feed: str, kind: str, entity_ids: Iterable[UUID]) -> None:
        """Say that many entities of a shared feed are new or changed."""
        self.lines.update(((feed, kind, entity_id), (None, None)) for entity_id in entity_ids)

    def copy(self) -> "Changes":
        """Return a copy to go back to when a savepoint is rolled back."""
        return Changes(dict(self.lines), list(self.tasks))


_WRITE = """
WITH line AS (
    SELECT *, row_number() OVER (PARTITION BY feed ORDER BY no) AS rank, count(*) OVER (PARTITION BY feed) AS lines
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::text[]) WITH ORDINALITY
        AS line(feed, kind, entity_id, partner_id, removed, no)
), bump AS (
    INSERT INTO feed_counter AS counter (feed, partner_id, n)
    SELECT feed, partner_id, lines FROM line WHERE rank = 1 ORDER BY feed
    ON CONFLICT (feed) DO UPDATE SET n = counter.n + excluded.n
    RETURNING feed, n
), mark AS (
    INSERT INTO feed_mark (feed, seq, partner_id, tag, at)
    SELECT bump.feed, bump.n, line.partner_id, $6::bigint, $7::timestamptz
    FROM bump JOIN line USING (feed) WHERE rank = 1
)
INSERT INTO feed_entry (feed, kind, entity_id, partner_id, seq, removed)
SELECT feed, kind, entity_id, partner_id, n - lines + rank, removed FROM line JOIN bump USING (feed)
ON CONFLICT (feed, kind, entity_id) DO UPDATE SET seq = excluded.seq, removed = excluded.removed
"""


async def write_changes(db: AsyncConnection, changes: Changes, at: dt.datetime) -> None:
    """Write what the feeds must tell in one statement; the counters are locked in order of their names, last of all."""
    if not changes.lines:
        return
    keys = sorted(changes.lines)
    await driver_of(db).execute(
        _WRITE,
        [feed for feed, _, _ in keys],
        [kind for _, kind, _ in keys],
        [entity_id for _, _, entity_id in keys],
        [changes.lines[key][0] for key in keys],
        [changes.lines[key][1] for key in keys],
        random_tag(63),
        at,
    )


tombstones_kept = dt.timedelta(days=60)
"""How long a phone may stay away and still be told what left its scope; after that it starts from the beginning."""
_FEEDS_AT_ONCE = 100
# A feed is looked at when its oldest mark is a day past its time: once a day, whatever calls this.
_PRUNE = text(
    """
    WITH next AS (
        SELECT feed FROM feed_counter WHERE feed > :after ORDER BY feed LIMIT :feeds FOR NO KEY UPDATE
    ), due AS (
        SELECT feed FROM next WHERE
            (SELECT at FROM feed_mark WHERE feed_mark.feed = next.feed ORDER BY seq LIMIT 1)
            < CAST(:until AS timestamptz) - interval '1 day'
    ), old AS (
        SELECT feed, max(feed_mark.seq) AS seq FROM due JOIN feed_mark USING (feed) WHERE at < :until GROUP BY feed
    ), forgotten AS (
        DELETE FROM feed_mark USING old JOIN feed_counter USING (feed)
        WHERE feed_mark.feed = old.feed AND at < :until AND feed_mark.seq < n
    ), gone AS (
        DELETE FROM feed_entry USING old
        WHERE feed_entry.feed = old.feed AND removed IS NOT NULL AND feed_entry.seq <= old.seq
        RETURNING old.feed, old.seq
    ), raised AS (
        UPDATE feed_counter SET floor = greatest(floor, gone.seq) FROM gone WHERE feed_counter.feed = gone.feed
    )
    SELECT max(feed) FROM next HAVING count(*) = :feeds
    """
)


async def prune_feeds(db: AsyncConnection, after: str, now: dt.datetime) -> str | None:
    """Forget removals and marks that are past their time, for the next feeds by name; a feed keeps its newest mark.

    Returns the feed to go on after, None when nothing is left. Locks: the counters of those feeds.
    """
    given = {"after": after, "feeds": _FEEDS_AT_ONCE, "until": now - tombstones_kept}
    found: str | None = await db.scalar(_PRUNE, given)
    return found

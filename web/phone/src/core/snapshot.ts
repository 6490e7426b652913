/** The catalogue's first load: immutable pieces, each stored when it has come; the old catalogue serves until the end. */

import type { AccountDatabase, StoredChunk } from "./database";
import { sha256 } from "./hashing";
import { type Network, NoAnswer, Refused } from "./network";
import type { SessionKeeper } from "./session";
import { type FeedName, KINDS, type LiveRow, type RowKind, type SnapshotChunk, type SnapshotManifest } from "./wire";

const chunkSeconds = 120;

type SharedFeed = Exclude<FeedName, "me">;

export class SnapshotLoader {
  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly session: SessionKeeper,
    private readonly progress: (loaded: number, total: number) => void,
  ) {}

  /** Load the next piece of a feed's snapshot; returns whether there are more. Raises what asking raises. */
  async step(feed: SharedFeed): Promise<boolean> {
    const manifest = (await this.db.setting(`loading:${feed}`)) ?? (await this.begin(feed));
    const held = new Set((await this.db.chunks.where("feed").equals(feed).primaryKeys()).map(([, name]) => name));
    const missing = manifest.chunks.filter((chunk) => !held.has(chunk.sha256));
    this.progress(manifest.chunks.length - missing.length, manifest.chunks.length);
    const next = missing[0];
    if (!next) {
      await this.finish(feed, manifest);
      return false;
    }
    await this.keep(feed, next.sha256, await this.fetched(feed, next.sha256));
    return true;
  }

  private async begin(feed: SharedFeed): Promise<SnapshotManifest> {
    const manifest = await this.session.withAccess((bearer) =>
      this.network.plain<SnapshotManifest>(`/sync/snapshots/${feed}`, { method: "GET", bearer }),
    );
    await this.db.set(`loading:${feed}`, manifest);
    return manifest;
  }

  private async fetched(feed: SharedFeed, name: string): Promise<SnapshotChunk> {
    try {
      const text = await this.session.withAccess((bearer) =>
        this.network.text(`/sync/chunks/${name}`, { method: "GET", bearer, seconds: chunkSeconds }),
      );
      // A piece is named by its hash: what a portal or a cut made of it is not stored.
      if ((await sha256(text)) !== name) throw new NoAnswer("cut");
      return JSON.parse(text) as SnapshotChunk;
    } catch (error) {
      // A newer snapshot has replaced this one: begin again with that; pieces they share are kept.
      if (error instanceof Refused && error.status === 404) await this.db.settings.delete(`loading:${feed}`);
      throw error;
    }
  }

  private async keep(feed: SharedFeed, name: string, { k, columns, values }: SnapshotChunk): Promise<void> {
    await this.db.chunks.put({ feed, name, k, columns, values });
  }

  /** Change over: the rows held so far go, the token is the snapshot's, and pulling goes on from there. */
  private async finish(feed: SharedFeed, manifest: SnapshotManifest): Promise<void> {
    const { db } = this;
    const names = manifest.chunks.map((chunk) => chunk.sha256);
    await db.transaction("rw", [db.chunks, db.rows, db.feeds, db.settings], async () => {
      const now = await db.setting(`loading:${feed}`);
      if (now?.token.tag !== manifest.token.tag) return;
      await db.rows.where("feed").equals(feed).delete();
      const held = await db.chunks.where("feed").equals(feed).primaryKeys();
      await db.chunks.bulkDelete(held.filter(([, name]) => !names.includes(name)));
      await db.feeds.put({ name: feed, token: manifest.token, applied_at: manifest.built_at });
      await db.set(`chunks:${feed}`, names);
      await db.settings.delete(`loading:${feed}`);
    });
  }
}

/** Return all rows of a kind: those of the snapshot in use, with what changed since laid over them. */
export async function sharedRows(db: AccountDatabase, kind: RowKind): Promise<LiveRow[]> {
  const feed = KINDS.codes.includes(kind) ? "codes" : "catalogue";
  return db.transaction("r", [db.chunks, db.rows, db.settings], async () => {
    const names = new Set(await db.setting(`chunks:${feed}`));
    const rows = new Map<string, LiveRow>();
    for (const chunk of await db.chunks.where("feed").equals(feed).toArray()) {
      if (names.has(chunk.name) && chunk.k === kind) for (const row of rowsOf(chunk)) rows.set(row.id, row);
    }
    for (const row of await db.rows.where("feed").equals(feed).toArray()) {
      if (row.k !== kind) continue;
      if (row.removed) rows.delete(row.id);
      else rows.set(row.id, { k: row.k, id: row.id, ver: row.ver, d: row.d });
    }
    return [...rows.values()];
  });
}

function rowsOf({ k, columns, values }: StoredChunk): LiveRow[] {
  const ids = (values[columns.indexOf("id")] ?? []) as string[];
  return ids.map((id, place) => {
    const d: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) d[column] = values[index]?.[place];
    return { k, id, ver: 0, d };
  });
}

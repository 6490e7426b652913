/** Whole rows down: each page is applied with its token in one transaction, and only if nothing moved meanwhile. */

import type { AccountDatabase, StoredRow } from "./database";
import type { Network } from "./network";
import { isLive } from "./outbox";
import { EnrolAnew } from "./push";
import type { SessionKeeper } from "./session";
import type { Surroundings } from "./surroundings";
import {
  APP_VERSION,
  type FeedName,
  type FeedPage,
  type PullAnswer,
  type PullRequest,
  type Row,
  rowsPerPull,
  type Token,
  ZERO_TOKEN,
} from "./wire";

const FEEDS: readonly FeedName[] = ["me", "catalogue", "codes"];

export interface Pulled {
  /** Feeds that are to be loaded from their snapshots. */
  snapshots: FeedName[];
  serverTime: string;
  minApp: string;
}

export class Puller {
  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly session: SessionKeeper,
    private readonly surroundings: Surroundings,
  ) {}

  /** Read all feeds up to their heads. Raises EnrolAnew and what asking raises. */
  async pullAll(): Promise<Pulled> {
    const snapshots: FeedName[] = [];
    let asked = FEEDS;
    for (;;) {
      const request = await this.request(asked);
      const answer = await this.session.withAccess((bearer) =>
        this.network.sync<PullAnswer>("/sync/pull", { body: request, bearer }),
      );
      if (answer.status !== "ok") throw new EnrolAnew(answer.status);
      await this.apply(request, answer);
      const pages = Object.entries(answer.feeds) as [FeedName, FeedPage][];
      snapshots.push(...pages.filter(([, page]) => page.snapshot).map(([name]) => name));
      asked = pages.filter(([, page]) => page.more && !page.snapshot).map(([name]) => name);
      if (asked.length === 0) return { snapshots, serverTime: answer.server_time, minApp: answer.min_app };
    }
  }

  private async request(asked: readonly FeedName[]): Promise<PullRequest> {
    return this.db.transaction("r", [this.db.feeds, this.db.settings], async () => {
      const numbering = await this.db.setting("numbering");
      if (!numbering) throw new EnrolAnew("storage-wiped");
      const feeds: PullRequest["feeds"] = {};
      for (const name of asked) feeds[name] = (await this.db.feeds.get(name))?.token ?? ZERO_TOKEN;
      return {
        device: numbering.device,
        app: APP_VERSION,
        schema: 1,
        sent_at: new Date(this.surroundings.now()).toISOString(),
        acked: numbering.acked,
        feeds,
        limit: rowsPerPull,
      };
    });
  }

  private async apply(request: PullRequest, answer: PullAnswer): Promise<void> {
    const { db } = this;
    await db.transaction("rw", [db.rows, db.feeds, db.chunks, db.outbox, db.settings], async () => {
      if ((await db.setting("numbering"))?.device !== request.device) return;
      // Nothing is put back for somebody who has signed out meanwhile.
      if (!(await db.setting("session"))) return;
      for (const [name, page] of Object.entries(answer.feeds) as [FeedName, FeedPage][]) {
        const from = request.feeds[name];
        const stored = (await db.feeds.get(name))?.token ?? ZERO_TOKEN;
        if (page.snapshot || !from || !same(from, stored)) continue;
        // Who reads from the beginning is told of nothing that is gone: what is held may not be there any more.
        if (page.reset || same(from, ZERO_TOKEN)) await this.drop(name);
        await this.store(name, page.rows);
        await db.feeds.put({ name, token: page.token, applied_at: answer.server_time });
        if (name === "me" && !page.more) await this.uncover(answer.last_seq);
      }
      await db.set("last_sync_at", new Date(this.surroundings.now()).toISOString());
    });
  }

  private async drop(feed: FeedName): Promise<void> {
    await this.db.rows.where("feed").equals(feed).delete();
    if (feed === "me") return;
    await this.db.chunks.where("feed").equals(feed).delete();
    await this.db.settings.bulkDelete([`loading:${feed}`, `chunks:${feed}`]);
  }

  private async store(feed: FeedName, rows: Row[]): Promise<void> {
    const live: StoredRow[] = [];
    const gone: [Row["k"], string][] = [];
    for (const row of rows) {
      if (!("removed" in row)) live.push({ k: row.k, id: row.id, ver: row.ver, feed, d: row.d });
      // A row that a snapshot holds stays in its chunk: beside it stands that it is gone.
      else if (feed !== "me") live.push({ k: row.k, id: row.id, ver: row.ver, feed, removed: row.removed });
      else gone.push([row.k, row.id]);
    }
    await this.db.rows.bulkPut(live);
    await this.db.rows.bulkDelete(gone);
    const decided = live.filter((row) => row.k === "op_result").map((row) => row.id);
    if (decided.length === 0) return;
    await this.db.outbox
      .where("op")
      .anyOf(decided)
      .modify((entry) => {
        entry.live = isLive(entry, true);
      });
  }

  /** Take what the server had applied before these rows were read out of the overlay. */
  private async uncover(lastSeq: number): Promise<void> {
    const decided = new Set(
      (await this.db.rows.where("feed").equals("me").primaryKeys())
        .filter(([k]) => k === "op_result")
        .map(([, id]) => id),
    );
    await this.db.outbox
      .where("live")
      .equals(1)
      .filter((entry) => !entry.covered && entry.seq <= lastSeq)
      .modify((entry) => {
        entry.covered = 1;
        entry.live = isLive(entry, decided.has(entry.op));
      });
  }
}

export function same(one: Token, other: Token): boolean {
  return one.pos === other.pos && one.head === other.head && one.tag === other.tag;
}

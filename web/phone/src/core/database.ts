/**
 * What is kept on the phone: one database an account, and a small one that knows whose turn it is.
 *
 * The device's id, the numbering of its operations and its session live beside the outbox, so that enrolling anew
 * changes all of them in one transaction.
 */

import { type Collection, Dexie, type DexieOptions, type EntityTable, type Table } from "dexie";
import type { Surroundings } from "./surroundings";
import type { CollectionSecret } from "./views";
import type { Acknowledged, FeedName, Moment, Op, Result, RowKind, SnapshotManifest, Token, Tokens } from "./wire";

export interface StoredRow {
  k: RowKind;
  id: string;
  ver: number;
  feed: FeedName;
  d?: unknown;
  /** Kept only in feeds with a snapshot, to say that one of its rows is gone. */
  removed?: string;
}

export interface StoredFeed {
  name: FeedName;
  token: Token;
  applied_at: Moment;
}

/** What the catalogue called the things a command names, when it was recorded: lines are shown with it. */
export interface Shown {
  number?: string;
  name?: string;
  code?: string;
  no_fault_found?: boolean;
  component?: string;
  component_name?: string;
  operation?: string;
  operation_name?: string;
  standard_minutes?: number;
}

/** One queued command. The fields of `Op` except `seq` never change once stored. */
export interface Entry extends Op {
  visit: string | null;
  shown: Shown | null;
  secret: CollectionSecret | null;
  job_number: number | null;
  /** 1 when its result is known under the present numbering. */
  acked: 0 | 1;
  acked_at: Moment | null;
  /** 1 when the rows on the phone contain its effect: it has left the overlay. */
  covered: 0 | 1;
  /** 1 while the screens need it: unacknowledged, in the overlay, or a conflict nobody has decided. */
  live: 0 | 1;
  result: Result | null;
  reason: string | null;
  answer: unknown;
  /** 1 when a revoked phone has given it to the office's quarantine. */
  handed_in: 0 | 1;
}

export interface Attachment {
  id: string;
  visit: string;
  kind: string;
  sha256: string;
  type: string;
  bytes: number;
  /** 1 when the server has all bytes, or will never take them: `refused` says why. */
  done: 0 | 1;
  refused: string | null;
}

/** Bytes apart from what is said of them, so that looking at a list of photos reads no photo. */
export interface Content {
  id: string;
  content: ArrayBuffer;
}

/** A stored piece of a snapshot, named by its hash: one that a later snapshot still has is not loaded again. */
export interface StoredChunk {
  feed: FeedName;
  name: string;
  k: RowKind;
  columns: string[];
  values: unknown[][];
}

/** `until` is the phone's clock: after it the access token need not be tried. */
export interface StoredSession extends Tokens {
  until: number;
  partner: string | null;
}

export interface Settings {
  /** Random name of this database; localStorage knows it too and so notices when it is gone. */
  born: string;
  numbering: { device: string; next: number; acked: Acknowledged };
  session: StoredSession;
  /** Enrolling anew has begun: under which id, and why. */
  recovery: { device: string; why: string };
  /** Why nothing is sent any more until somebody signs in. */
  ended: "signed-out" | "revoked";
  last_sync_at: Moment;
  /** The snapshot that is being loaded. */
  "loading:catalogue": SnapshotManifest;
  "loading:codes": SnapshotManifest;
  /** The pieces of the snapshot in use. */
  "chunks:catalogue": string[];
  "chunks:codes": string[];
}

function optionsOf(surroundings: Surroundings): DexieOptions {
  return {
    ...surroundings.databases,
    // The browser writes to the disk before it says that a transaction is complete: saved means saved.
    chromeTransactionDurability: "strict",
    // Nothing is shown from memory that a transaction has not completed.
    cache: "disabled",
  };
}

export class AccountDatabase extends Dexie {
  declare rows: Table<StoredRow, [RowKind, string]>;
  declare feeds: EntityTable<StoredFeed, "name">;
  declare chunks: Table<StoredChunk, [FeedName, string]>;
  declare outbox: Table<Entry, string>;
  declare attachments: EntityTable<Attachment, "id">;
  declare contents: EntityTable<Content, "id">;
  declare settings: Table<{ key: keyof Settings; value: unknown }, keyof Settings>;

  constructor(account: string, surroundings: Surroundings) {
    super(`fieldstone-${account}`, optionsOf(surroundings));
    this.version(1).stores({
      rows: "[k+id], feed",
      feeds: "name",
      chunks: "[feed+name], feed",
      outbox: "op, &seq, live, [acked+seq], acked_at, t",
      attachments: "id, done, visit",
      contents: "id",
      settings: "key",
    });
  }

  /** What the server has not acknowledged, in the order of its numbers. */
  unsent(): Collection<Entry, string, Entry> {
    return this.outbox.where("[acked+seq]").between([0, Dexie.minKey], [0, Dexie.maxKey]);
  }

  /** Read one setting; inside a transaction that includes `settings` it is part of it. */
  async setting<K extends keyof Settings>(key: K): Promise<Settings[K] | undefined> {
    return (await this.settings.get(key))?.value as Settings[K] | undefined;
  }

  async set<K extends keyof Settings>(key: K, value: Settings[K]): Promise<void> {
    await this.settings.put({ key, value });
  }
}

/** Who signed in on this phone, by login; `current` is who works with it now. */
export class DeviceDatabase extends Dexie {
  declare accounts: EntityTable<{ login: string; account: string }, "login">;
  declare current: Table<{ key: "current"; account: string }, "current">;

  constructor(surroundings: Surroundings) {
    super("fieldstone-device", optionsOf(surroundings));
    this.version(1).stores({ accounts: "login", current: "key" });
    this.on("versionchange", () => this.close());
  }
}

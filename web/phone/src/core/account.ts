/** Everything of the account that works with this phone: its database, its runner, and what is shown of it. */

import { type Signal, signal } from "@preact/signals";
import { liveQuery } from "dexie";
import { Catalogue } from "./catalogue";
import { AccountDatabase } from "./database";
import { sha256 } from "./hashing";
import { type Memory, writeMemory } from "./memory";
import type { Network } from "./network";
import { enqueue, makeRoom, type Recording } from "./outbox";
import { Puller } from "./pull";
import { Pusher } from "./push";
import { isQuota, readHeld, readStored, type Stored } from "./reading";
import { Recovery } from "./recovery";
import { type Round, Runner } from "./runner";
import { SessionKeeper } from "./session";
import { type Held, jobViews, outboxItems } from "./shown";
import { SnapshotLoader } from "./snapshot";
import type { Surroundings } from "./surroundings";
import { Uploader } from "./uploads";
import {
  type JobView,
  NotSaved,
  type OutboxItem,
  type Session,
  type SyncProblem,
  type SyncState,
  type Where,
} from "./views";

const reopenTries = 4;
const reopenMs = 100;

interface Local {
  online: boolean;
  syncing: boolean;
  problem: SyncProblem;
  storage: SyncProblem;
  catalogue: SyncState["catalogue"];
}

export class Account {
  readonly db: AccountDatabase;
  readonly runner: Runner;
  readonly catalogue: Catalogue;
  readonly session = signal<Session | null>(null);
  readonly jobs = signal<JobView[]>([]);
  readonly outbox = signal<OutboxItem[]>([]);
  readonly stored = signal<Stored>({ unsent: 0, photosUnsent: 0, lastSyncAt: null, ended: null });
  readonly local: Signal<Local>;
  private readonly pusher: Pusher;
  private readonly endings: (() => void)[] = [];
  private held: Held = { rows: [], entries: [], attachments: [] };
  private memory: Memory = { account: "", born: "", unsent: 0, photos: 0 };
  private closed = false;
  private looking: Promise<void> | null = null;

  constructor(
    readonly id: string,
    network: Network,
    private readonly surroundings: Surroundings,
    private readonly wiped: (memory: Memory) => void,
  ) {
    const db = new AccountDatabase(id, surroundings);
    this.db = db;
    this.local = signal<Local>({
      online: surroundings.online(),
      syncing: false,
      problem: null,
      storage: null,
      catalogue: null,
    });
    const session = new SessionKeeper(db, network, surroundings);
    this.pusher = new Pusher(db, network, session, surroundings, () => this.show());
    const crew = {
      db,
      pusher: this.pusher,
      puller: new Puller(db, network, session, surroundings),
      recovery: new Recovery(db, network, session, surroundings),
      snapshots: new SnapshotLoader(db, network, session, (loaded, total) => {
        this.patch({ catalogue: loaded < total ? { loaded, total } : null });
      }),
      uploader: new Uploader(db, network, session),
    };
    this.runner = new Runner(crew, surroundings, (running, round) => this.told(running, round));
    this.catalogue = new Catalogue(db);
    db.on("close", () => void this.lookAtStorage());
  }

  async start(born: string): Promise<void> {
    this.memory = { ...this.memory, account: this.id, born };
    await Promise.all([
      this.watch(
        () => readHeld(this.db),
        (held) => {
          this.held = held;
          this.show();
        },
      ),
      this.watch(
        () => readStored(this.db),
        ({ session, stored }) => {
          this.session.value = session;
          this.stored.value = stored;
          this.memory = { ...this.memory, unsent: stored.unsent, photos: stored.photosUnsent };
          writeMemory(this.surroundings.notes, this.memory);
        },
      ),
      this.watch(
        () => this.db.feeds.toArray(),
        (feeds) => this.catalogue.moved(feeds),
      ),
    ]);
    this.runner.now();
  }

  close(): void {
    this.closed = true;
    this.runner.stop();
    for (const end of this.endings) end();
    this.db.close();
  }

  /** Follow a query over the database, also when another tab writes; resolved with its first answer. */
  private watch<T>(query: () => Promise<T>, then: (found: T) => void): Promise<void> {
    return new Promise((resolve) => {
      const subscription = liveQuery(query).subscribe({
        next: (found) => {
          then(found);
          resolve();
        },
        error: () => resolve(),
      });
      this.endings.push(() => {
        subscription.unsubscribe();
        resolve(); // a query on a closed database never answers
      });
    });
  }

  private show(): void {
    this.jobs.value = jobViews(this.held, this.pusher.sending);
    this.outbox.value = outboxItems(this.held, this.pusher.sending);
  }

  private patch(changed: Partial<Local>): void {
    this.local.value = { ...this.local.peek(), ...changed };
  }

  private told(syncing: boolean, round: Round | null): void {
    this.patch({ syncing });
    if (!round) return;
    if (round.end === "done") {
      const problem = round.updateNeeded ? "update-needed" : null;
      this.patch({ online: true, problem, storage: null, catalogue: null });
    } else if (round.end === "failed") {
      if (round.why === "storage") void this.failedToStore(round.error);
      else {
        const problem = round.why === "captive-portal" ? round.why : null;
        this.patch({ online: round.why === "busy", problem });
      }
    }
  }

  private async failedToStore(error: unknown): Promise<void> {
    if (this.closed) return;
    if (isQuota(error)) {
      this.patch({ storage: "storage-full" });
      return;
    }
    console.error("syncing failed", error);
    await this.lookAtStorage();
  }

  /** The browser closed our database, or something strange happened: is it there, newer than this app, or gone? */
  private lookAtStorage(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async look(): Promise<void> {
    try {
      const born = await this.reopened();
      if (!this.closed && born !== this.memory.born) this.wiped(this.memory);
    } catch {
      if (!this.closed) this.patch({ storage: "update-needed" });
    }
  }

  /** Which database there is, once it opens: while the browser clears it, opening fails, and Dexie would stay with that. */
  private async reopened(): Promise<string | undefined> {
    for (let tries = 1; ; tries += 1) {
      if (this.closed) return undefined;
      try {
        await Promise.resolve(); // closing ends first
        await this.db.open();
        return await this.db.setting("born");
      } catch (error) {
        if (tries === reopenTries || (error as { name?: string }).name === "VersionError") throw error;
        await new Promise<void>((resolve) => this.surroundings.later(reopenMs * tries, resolve));
      }
    }
  }

  async onlyHere(): Promise<{ unsent: number; photos: number }> {
    const photos = await this.db.attachments.where("done").equals(0).count();
    return { unsent: await this.db.unsent().count(), photos };
  }

  async record(t: string, body: Record<string, unknown>, where: Where): Promise<string> {
    const shown = await this.catalogue.shownBy(t, body).catch(() => null);
    return this.save({ t, body, where, shown });
  }

  async addPhoto(visitId: string, blob: Blob, kind: string, caption: string): Promise<string> {
    const content = await blob.arrayBuffer();
    const hash = await sha256(content);
    const taken_at = new Date(this.surroundings.now()).toISOString();
    const body = { visit_id: visitId, kind, sha256: hash, caption, taken_at };
    const photo = { content, sha256: hash, type: blob.type, kind, visit: visitId };
    return this.save({ t: "photo.add", body, where: { visit: visitId }, shown: null, photo });
  }

  private async save(made: Recording): Promise<string> {
    let op: string;
    try {
      op = await this.enqueued(made);
    } catch (error) {
      if (error instanceof NotSaved) {
        if (error.code === "storage-wiped") this.wiped(this.memory);
        throw error;
      }
      await this.lookAtStorage();
      throw this.closed ? new NotSaved("storage-wiped") : error;
    }
    if (this.local.peek().storage === "storage-full") this.patch({ storage: null });
    this.runner.soon();
    return op;
  }

  private async enqueued(made: Recording): Promise<string> {
    const { db, surroundings } = this;
    try {
      return await enqueue(db, surroundings, made);
    } catch (error) {
      if (!isQuota(error)) throw error;
    }
    try {
      if (await makeRoom(db)) return await enqueue(db, surroundings, made);
    } catch (error) {
      if (!isQuota(error)) throw error;
    }
    this.patch({ storage: "storage-full" });
    throw new NotSaved("storage-full");
  }
}

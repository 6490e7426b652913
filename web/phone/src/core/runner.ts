/** When to sync, and what when it fails: one runner among all tabs, and always a timer. */

import type { AccountDatabase } from "./database";
import { NoAnswer, Refused } from "./network";
import { forgetOld } from "./outbox";
import type { Puller } from "./pull";
import { EnrolAnew, type Pusher, TryLater } from "./push";
import type { Recovery } from "./recovery";
import { alone, SignedOut } from "./session";
import type { SnapshotLoader } from "./snapshot";
import type { Surroundings } from "./surroundings";
import type { Uploader } from "./uploads";
import { APP_VERSION, type FeedName } from "./wire";

export const coalesceMs = 1_000;
export const idleMs = 60_000;
export const backOffFirstMs = 2_000;
export const backOffLastMs = 5 * 60_000;
const backOffLeastMs = 200;

export interface Crew {
  db: AccountDatabase;
  pusher: Pusher;
  puller: Puller;
  recovery: Recovery;
  snapshots: SnapshotLoader;
  uploader: Uploader;
}

/** How a round of syncing ended. */
export type Round =
  | { end: "done"; updateNeeded: boolean }
  | { end: "stopped" }
  | { end: "failed"; why: "offline" | "captive-portal" | "busy" | "storage"; error: unknown };

export class Runner {
  private running = false;
  private again = false;
  private failures = 0;
  private cancel: (() => void) | null = null;
  private due = Number.POSITIVE_INFINITY;
  private stopped = false;
  private tidied = false;
  private updateNeeded = false;

  constructor(
    private readonly crew: Crew,
    private readonly surroundings: Surroundings,
    private readonly told: (running: boolean, round: Round | null) => void,
  ) {}

  /** Something was recorded: sync in a second, together with what else comes until then. */
  soon(): void {
    this.arm(coalesceMs);
  }

  /** Sync at once, whatever failed before. */
  now(): void {
    this.failures = 0;
    this.arm(0);
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private arm(ms: number): void {
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    const due = this.surroundings.mono() + ms;
    if (this.cancel && this.due <= due) return;
    this.cancel?.();
    this.due = due;
    this.cancel = this.surroundings.later(ms, () => {
      this.cancel = null;
      void this.run();
    });
  }

  /** One round, alone among all tabs. */
  async run(): Promise<Round> {
    this.running = true;
    this.again = false;
    this.told(true, null);
    let round: Round;
    try {
      round = await alone(this.surroundings, `${this.crew.db.name}-sync`, () => this.round());
      this.failures = 0;
    } catch (error) {
      round = { end: "failed", why: reasonOf(error), error };
      this.failures += 1;
    }
    this.running = false;
    this.told(false, round);
    this.arm(round.end === "failed" ? this.pause(round.error) : this.again ? coalesceMs : idleMs);
    return round;
  }

  /** Full jitter: phones that lost the server together do not come back together. */
  private pause(error: unknown): number {
    const told = error instanceof NoAnswer || error instanceof Refused || error instanceof TryLater ? error : null;
    const limit = Math.min(backOffLastMs, backOffFirstMs * 2 ** Math.min(this.failures - 1, 10));
    const least = Math.min((told?.retryAfter ?? 0) * 1000, backOffLastMs);
    return Math.max(least, backOffLeastMs) + this.surroundings.random() * limit;
  }

  private async round(): Promise<Round> {
    const { db, recovery } = this.crew;
    const ended = await db.setting("ended");
    if (ended === "signed-out") return { end: "stopped" };
    try {
      if (ended === "revoked") await recovery.handIn();
      else await this.everything();
    } catch (error) {
      if (!(error instanceof SignedOut)) throw error;
      await db.set("ended", await recovery.handIn());
    }
    return (await db.setting("ended")) ? { end: "stopped" } : { end: "done", updateNeeded: this.updateNeeded };
  }

  private async everything(): Promise<void> {
    const { db, uploader, snapshots } = this.crew;
    let feeds = await this.commandsAndRows();
    // Photos and the catalogue are large: whatever is recorded meanwhile goes before their next piece.
    for (;;) {
      if ((await db.unsent().count()) > 0) feeds = await this.commandsAndRows();
      if (await uploader.step()) continue;
      const feed = feeds[0];
      if (!feed) return;
      if (!(await snapshots.step(feed))) feeds = await this.commandsAndRows();
    }
  }

  /** Push, pull, and enrol anew if need be; returns the feeds that are to be loaded from a snapshot. */
  private async commandsAndRows(): Promise<Exclude<FeedName, "me">[]> {
    const { pusher, puller, recovery } = this.crew;
    for (let enrolled = false; ; enrolled = true) {
      try {
        await recovery.finish();
        const later = await postponed(pusher.pushAll());
        const pulled = await puller.pullAll();
        this.updateNeeded = isOlder(APP_VERSION, pulled.minApp);
        await this.tidy(pulled.serverTime);
        if (later) throw later;
        return pulled.snapshots.filter((feed) => feed !== "me");
      } catch (error) {
        if (!(error instanceof EnrolAnew)) throw error;
        await recovery.begin(error.why);
        // Twice in one round is no accident of ours: go on after a pause.
        if (enrolled) throw new TryLater(null);
      }
    }
  }

  private async tidy(serverTime: string): Promise<void> {
    if (this.tidied) return;
    await forgetOld(this.crew.db, serverTime);
    this.tidied = true;
  }
}

/** An operation that must wait for its turn keeps no rows from coming down. */
async function postponed(pushing: Promise<void>): Promise<TryLater | null> {
  try {
    await pushing;
    return null;
  } catch (error) {
    if (error instanceof TryLater) return error;
    throw error;
  }
}

function reasonOf(error: unknown): "offline" | "captive-portal" | "busy" | "storage" {
  if (error instanceof NoAnswer)
    return error.why === "captive-portal" ? error.why : error.why === "busy" ? "busy" : "offline";
  if (error instanceof Refused || error instanceof TryLater) return "busy";
  return "storage";
}

/** Decide whether one dotted version comes before another. */
export function isOlder(own: string, least: string): boolean {
  const [one, other] = [own, least].map((text) => text.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let place = 0; place < 3; place++) {
    const difference = (one?.[place] ?? 0) - (other?.[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

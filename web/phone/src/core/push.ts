/** Commands up: batches in the order of their numbers; results are taken in by operation id. */

import type { AccountDatabase, Entry, Settings } from "./database";
import type { Network } from "./network";
import { asSent, batchOf, isLive } from "./outbox";
import type { SessionKeeper } from "./session";
import type { Surroundings } from "./surroundings";
import { APP_VERSION, type OpResultLine, opsPerPush, type PushAnswer, type PushRequest, type Result } from "./wire";

/** The server does not know this phone as it knows itself: it has to be enrolled anew. */
export class EnrolAnew extends Error {
  constructor(readonly why: string) {
    super(why);
    this.name = "EnrolAnew";
  }
}

/** The server asks to come again later. */
export class TryLater extends Error {
  constructor(readonly retryAfter: number | null) {
    super("retry");
    this.name = "TryLater";
  }
}

interface Batch {
  numbering: Settings["numbering"];
  entries: Entry[];
}

export class Pusher {
  /** Ids that are on their way now: the outbox shows them as being sent. */
  readonly sending = new Set<string>();

  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly session: SessionKeeper,
    private readonly surroundings: Surroundings,
    private readonly changed: () => void,
  ) {}

  /** Send until everything is acknowledged. Raises EnrolAnew, TryLater, and what asking raises. */
  async pushAll(): Promise<void> {
    let from: number | null = null;
    for (;;) {
      const batch = await this.next(from);
      if (!batch) return;
      if (from !== null && batch.entries[0]?.seq !== from) throw new EnrolAnew("gap");
      const answer = await this.send(batch);
      if (!answer) continue;
      await this.takeIn(batch.numbering.device, answer);
      const first = batch.entries[0]?.seq ?? 0;
      switch (answer.status) {
        case "ok":
          // An answer that settles nothing would be asked for for ever.
          if (!answer.results.some((result) => batch.entries.some((entry) => entry.op === result.op))) {
            throw new TryLater(null);
          }
          from = null;
          break;
        case "gap":
          // The server is behind: it is sent again what it lacks. If it lacks just that number after all, it is confused.
          if (answer.last_seq + 1 === first) throw new TryLater(null);
          from = answer.last_seq + 1;
          break;
        case "retry":
          throw new TryLater(answer.retry_after ?? null);
        default:
          throw new EnrolAnew(answer.status);
      }
    }
  }

  private async next(from: number | null): Promise<Batch | null> {
    return this.db.transaction("r", [this.db.outbox, this.db.settings], async () => {
      const numbering = await this.db.setting("numbering");
      const first = from ?? (await firstUnsent(this.db));
      if (!numbering || first === null) return null;
      const waiting = await this.db.outbox.where("seq").aboveOrEqual(first).limit(opsPerPush).toArray();
      return { numbering, entries: batchOf(waiting) };
    });
  }

  private async send({ numbering, entries }: Batch): Promise<PushAnswer | null> {
    const { surroundings } = this;
    for (const entry of entries) this.sending.add(entry.op);
    this.changed();
    try {
      return await this.session.withAccess((bearer) => {
        const request: PushRequest = {
          device: numbering.device,
          app: APP_VERSION,
          sent_at: new Date(surroundings.now()).toISOString(),
          boot: surroundings.boot,
          mono: surroundings.mono(),
          acked: numbering.acked,
          ops: entries.map(asSent),
        };
        return this.network.sync<PushAnswer>("/sync/push", { body: request, bearer, gzip: true });
      });
    } finally {
      for (const entry of entries) this.sending.delete(entry.op);
      this.changed();
    }
  }

  /** Store results by operation id; those for another device id than the present one are not ours to count. */
  private async takeIn(device: string, answer: PushAnswer): Promise<void> {
    await this.db.transaction("rw", [this.db.outbox, this.db.settings, this.db.rows], async () => {
      const numbering = await this.db.setting("numbering");
      if (!numbering || numbering.device !== device) return;
      let acked = numbering.acked;
      for (const line of answer.results) {
        if (line.status === "retry") continue;
        const entry = await this.db.outbox.get(line.op);
        if (!entry) continue;
        const decided = (await this.db.rows.get(["op_result", line.op])) !== undefined;
        await this.db.outbox.put(settled(entry, line, line.status, answer.server_time, decided));
        // What is kept as unreadable has no entry in the journal: the server could not find it again.
        if (line.status !== "undecodable" && entry.seq > acked.seq) {
          acked = { seq: entry.seq, op: entry.op, at: line.taken_at ?? null };
        }
      }
      if (acked !== numbering.acked) await this.db.set("numbering", { ...numbering, acked });
    });
  }
}

async function firstUnsent(db: AccountDatabase): Promise<number | null> {
  return (await db.unsent().first())?.seq ?? null;
}

function settled(entry: Entry, line: OpResultLine, result: Result, at: string, decided: boolean): Entry {
  const known: Entry = {
    ...entry,
    acked: 1,
    acked_at: entry.acked_at ?? at,
    result,
    reason: line.reason ?? null,
    answer: line.answer ?? null,
  };
  return { ...known, live: isLive(known, decided) };
}

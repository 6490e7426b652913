/** The outbox: what was recorded on this phone, numbered without a gap, kept until long after the server has it. */

import { uuidv7 } from "uuidv7";
import type { AccountDatabase, Entry, Settings, Shown, StoredSession } from "./database";
import { hasLine } from "./overlay";
import type { Surroundings } from "./surroundings";
import { NotSaved, type Where } from "./views";
import { type JobRow, type Op, opBytesMax, opsPerPush, pushBytesMax, type VisitRow } from "./wire";

export const daysKept = 30;
/** Bytes of photos the server has are kept a shorter time: they are what fills a phone. */
export const photoDaysKept = 7;
/** Room for what surrounds the operations of a message. */
const envelopeBytes = 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface Photo {
  content: ArrayBuffer;
  sha256: string;
  type: string;
  kind: string;
  visit: string;
}

export interface Recording {
  t: string;
  body: Record<string, unknown>;
  where: Where;
  shown: Shown | null;
  photo?: Photo;
}

/**
 * Store a command, its number and the bytes of its photo in one transaction; returns its op id.
 *
 * Resolved when the transaction is complete, never before. Raises NotSaved: then nothing is stored.
 */
export async function enqueue(db: AccountDatabase, surroundings: Surroundings, made: Recording): Promise<string> {
  const op = uuidv7();
  const tables = [db.outbox, db.settings, db.rows, db.attachments, db.contents];
  await db.transaction("rw", tables, async () => {
    const numbering = await db.setting("numbering");
    if (!numbering) throw new NotSaved("storage-wiped");
    const visit = await visitOf(db, made);
    const about = await whatItIsAbout(db, visit, made.where.job ?? textOf(made.body.job_id));
    const queued: Op = {
      op,
      seq: numbering.next,
      t: made.t,
      v: 1,
      job: about.job,
      base: made.where.base ?? about.base,
      at: new Date(surroundings.now()).toISOString(),
      mono: surroundings.mono(),
      boot: surroundings.boot,
      body: { type: made.t, ...made.body },
    };
    if (bytesOf(queued) > opBytesMax) throw new NotSaved("too-large");
    await db.outbox.add({
      ...queued,
      visit,
      shown: made.shown,
      secret: made.where.secret ?? null,
      job_number: about.number,
      acked: 0,
      acked_at: null,
      covered: 0,
      live: 1,
      result: null,
      reason: null,
      answer: null,
      handed_in: 0,
    });
    const photo = made.photo;
    if (photo) {
      const { content, sha256, type, kind, visit: on } = photo;
      await db.contents.add({ id: op, content });
      const bytes = content.byteLength;
      await db.attachments.add({ id: op, visit: on, kind, sha256, type, bytes, done: 0, refused: null });
    }
    await db.set("numbering", { ...numbering, next: numbering.next + 1 });
  });
  return op;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

async function whatItIsAbout(db: AccountDatabase, visitId: string | null, jobId: string | null) {
  const visit = visitId ? ((await db.rows.get(["visit", visitId]))?.d as VisitRow | undefined) : undefined;
  const id = jobId ?? visit?.job_id ?? null;
  const job = id ? ((await db.rows.get(["job", id]))?.d as JobRow | undefined) : undefined;
  return { job: id, base: visit?.version ?? job?.version ?? null, number: job?.number ?? null };
}

/** Which visit a command is about: it says so itself, or the line does that it takes back. */
async function visitOf(db: AccountDatabase, made: Recording): Promise<string | null> {
  const said = made.where.visit ?? textOf(made.body.visit_id);
  const line = textOf(made.body.line_id);
  if (said || !line) return said;
  const own = await db.outbox.get(line);
  if (own) return own.visit;
  const rows = await db.rows.where("feed").equals("me").toArray();
  return rows.find((row) => row.k === "visit" && hasLine(row.d as VisitRow, line))?.id ?? null;
}

/** Bytes of an operation as it travels. */
export function bytesOf(op: Op): number {
  return new TextEncoder().encode(JSON.stringify(op)).length;
}

/** The operation as it travels, without what the phone keeps beside it. */
export function asSent(entry: Entry): Op {
  const { op, seq, t, v, job, base, at, mono, boot, body } = entry;
  return { op, seq, t, v, job, base, at, mono, boot, body };
}

/** The first of these entries, as many as one message may carry; one at least. */
export function batchOf(entries: Entry[]): Entry[] {
  let bytes = envelopeBytes;
  const tooMuch = entries.findIndex((entry, place) => {
    bytes += bytesOf(asSent(entry)) + 1;
    return place >= opsPerPush || (place > 0 && bytes > pushBytesMax);
  });
  return tooMuch < 0 ? entries : entries.slice(0, tooMuch);
}

/** Decide whether an operation is no part of the sheet: the server kept it without applying it. */
export function isOffTheSheet(entry: Entry): boolean {
  switch (entry.result) {
    case "rejected":
    case "mismatch":
    case "undecodable":
      return true;
    case "recorded":
      // Without a reason it was written down as it should be, only for the office to look at.
      return entry.reason !== null;
    default:
      return false;
  }
}

/** Decide whether the screens still need an entry; `decided` says that the office has accepted or declined it. */
export function isLive(entry: Entry, decided: boolean): 0 | 1 {
  if (!entry.acked) return 1;
  return isOffTheSheet(entry) ? (decided ? 0 : 1) : entry.covered ? 0 : 1;
}

/**
 * Take over a new device id with its session: everything retained is numbered anew from 1 and will be sent again, and
 * all feeds are read from the beginning. One transaction; the rows stay readable until new ones come.
 */
export async function takeOver(db: AccountDatabase, device: string, session: StoredSession): Promise<void> {
  await db.transaction("rw", [db.outbox, db.feeds, db.attachments, db.contents, db.settings], async () => {
    const retained = await db.outbox.orderBy("seq").toArray();
    // Ascending, so that no number is given that another entry still has: the i-th smallest number is at least i.
    for (const [index, entry] of retained.entries()) {
      await db.outbox.put({ ...entry, seq: index + 1, acked: 0, acked_at: null, covered: 0, live: 1 });
    }
    const numbering: Settings["numbering"] = { device, next: retained.length + 1, acked: { seq: 0, op: null } };
    await db.set("numbering", numbering);
    await db.set("session", session);
    await db.feeds.clear();
    // A server that was restored may have lost files too: it says at once how much of each it holds.
    const held = new Set((await db.contents.toCollection().primaryKeys()) as string[]);
    await db.attachments
      .filter((one) => held.has(one.id))
      .modify((one) => {
        Object.assign(one, { done: 0, refused: null });
      });
    await db.settings.bulkDelete(["recovery", "ended"]);
  });
}

/** Forget what the server has had for 30 days, and photos' bytes after 7; `serverTime` because phones' clocks jump. */
export async function forgetOld(db: AccountDatabase, serverTime: string): Promise<void> {
  const before = (days: number) => new Date(Date.parse(serverTime) - days * DAY_MS).toISOString();
  const entriesBefore = before(daysKept);
  await db.transaction("rw", [db.outbox, db.attachments, db.contents], async () => {
    const onlyHere = new Set((await db.attachments.where("done").equals(0).primaryKeys()) as string[]);
    const settled = await db.outbox
      .where("acked_at")
      .below(before(photoDaysKept))
      .filter((entry) => isSettled(entry) && !onlyHere.has(entry.op))
      .toArray();
    await db.contents.bulkDelete(settled.filter((entry) => entry.t === "photo.add").map((entry) => entry.op));
    const old = settled.filter((entry) => entry.acked_at !== null && entry.acked_at < entriesBefore);
    await db.attachments.bulkDelete(old.map((entry) => entry.op));
    await db.outbox.bulkDelete(old.map((entry) => entry.op));
  });
}

/** Recorded work waits for the office as long as it takes; what was refused is not decided by anybody. */
function isSettled(entry: Entry): boolean {
  return entry.live === 0 || (entry.acked === 1 && entry.result !== "recorded" && isOffTheSheet(entry));
}

/** Give back the room that bytes take which the server has; returns whether there were any. */
export async function makeRoom(db: AccountDatabase): Promise<boolean> {
  return db.transaction("rw", [db.attachments, db.contents], async () => {
    const arrived = (await db.attachments.where("done").equals(1).primaryKeys()) as string[];
    const held = await db.contents.where("id").anyOf(arrived).primaryKeys();
    await db.contents.bulkDelete(held as string[]);
    return held.length > 0;
  });
}

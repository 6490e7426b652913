/** What the screens need, read from the phone's database in one transaction each; and when that is full. */

import type { AccountDatabase, Entry } from "./database";
import type { Held } from "./shown";
import type { Session } from "./views";

/** So many of the newest operations are listed, besides all that are unsent or undecided. */
const listedMax = 300;

export interface Stored {
  unsent: number;
  photosUnsent: number;
  lastSyncAt: string | null;
  ended: "signed-out" | "revoked" | null;
}

/** Return the rows, the operations the screens show, and the photos that are on the phone only. */
export async function readHeld(db: AccountDatabase): Promise<Held> {
  return db.transaction("r", [db.rows, db.outbox, db.attachments], async () => {
    const found = [
      ...(await db.outbox.where("live").equals(1).toArray()),
      // A customer may come back for the code of an earlier visit.
      ...(await db.outbox.where("t").equals("visit.complete").toArray()),
      ...(await db.outbox.orderBy("op").reverse().limit(listedMax).toArray()),
    ];
    const entries = new Map<string, Entry>(found.map((entry) => [entry.op, entry]));
    return {
      rows: await db.rows.where("feed").equals("me").toArray(),
      entries: [...entries.values()].sort((one, other) => one.seq - other.seq),
      attachments: await db.attachments.where("done").equals(0).toArray(),
    };
  });
}

/** Return who works with this phone, and what is still to be sent. */
export async function readStored(db: AccountDatabase): Promise<{ session: Session | null; stored: Stored }> {
  return db.transaction("r", [db.settings, db.outbox, db.attachments], async () => {
    const held = await db.setting("session");
    const session = held && {
      accountId: held.account_id,
      name: held.name,
      role: held.role,
      language: held.language,
      partner: held.partner,
    };
    return {
      session: session ?? null,
      stored: {
        unsent: await db.unsent().count(),
        photosUnsent: await db.attachments.where("done").equals(0).count(),
        lastSyncAt: (await db.setting("last_sync_at")) ?? null,
        ended: (await db.setting("ended")) ?? null,
      },
    };
  });
}

/** Decide whether the phone's storage is full; the browser says so of one write, of several, or of a transaction. */
export function isQuota(error: unknown): boolean {
  const { name, inner, failures } = (error ?? {}) as { name?: string; inner?: unknown; failures?: unknown[] };
  if (name === "QuotaExceededError") return true;
  return (
    (inner !== undefined && inner !== null && isQuota(inner)) || (Array.isArray(failures) && failures.some(isQuota))
  );
}

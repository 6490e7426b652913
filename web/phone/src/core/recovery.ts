/** When the server knows this phone otherwise than it knows itself: enrol under a new id and send everything again. */

import type { AccountDatabase, Entry } from "./database";
import { type Network, Refused } from "./network";
import { asSent, batchOf, takeOver } from "./outbox";
import { kept, type SessionKeeper } from "./session";
import type { Surroundings } from "./surroundings";
import { APP_VERSION, type Tokens } from "./wire";

export class Recovery {
  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly session: SessionKeeper,
    private readonly surroundings: Surroundings,
  ) {}

  /** Note that this phone has to enrol anew, and under which id: a crash before the end changes neither. */
  async begin(why: string): Promise<void> {
    await this.db.set("recovery", { device: crypto.randomUUID(), why });
  }

  /** Finish enrolling anew if it has begun. */
  async finish(): Promise<void> {
    const under = await this.db.setting("recovery");
    if (!under) return;
    const partner = (await this.db.setting("session"))?.partner ?? null;
    const tokens = await this.session.withAccess((bearer) =>
      this.network.sync<Tokens>("/sync/enrol", {
        body: { device: under.device, name: this.surroundings.phoneName, app: APP_VERSION },
        bearer,
      }),
    );
    await takeOver(this.db, under.device, kept(tokens, partner, this.surroundings.now()));
  }

  /**
   * The session has ended: find out whether the phone was revoked, and if so hand in what it holds.
   *
   * The server takes a revoked phone's work for 30 days and gives nothing for it. The phone keeps what it recorded and
   * forgets what it was told of customers.
   */
  async handIn(): Promise<"revoked" | "signed-out"> {
    const { db } = this;
    const session = await db.setting("session");
    const numbering = await db.setting("numbering");
    if (!session || !numbering) return "signed-out";
    // All that is retained, for a server that was restored may lack what it once acknowledged.
    let held = await db.outbox
      .orderBy("seq")
      .filter((entry) => !entry.handed_in)
      .toArray();
    if (held.length === 0 && (await db.setting("ended")) === "revoked") return "revoked";
    do {
      const batch = batchOf(held);
      try {
        await this.network.sync<{ kept: number }>("/sync/quarantine", {
          body: { refresh_token: session.refresh_token, device: numbering.device, ops: batch.map(asSent) },
        });
      } catch (error) {
        if (error instanceof Refused && error.status < 500 && error.status !== 429) return "signed-out";
        throw error;
      }
      await this.noteHandedIn(batch);
      held = held.slice(batch.length);
    } while (held.length > 0);
    return "revoked";
  }

  private async noteHandedIn(batch: Entry[]): Promise<void> {
    const { db } = this;
    await db.transaction("rw", [db.outbox, db.rows, db.feeds], async () => {
      await db.outbox
        .where("op")
        .anyOf(batch.map((entry) => entry.op))
        .modify({ handed_in: 1 });
      await db.rows.where("feed").equals("me").delete();
      await db.feeds.delete("me");
    });
  }
}

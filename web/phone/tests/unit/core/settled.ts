/** What must hold of any phone once it had a quiet connection: nothing lost, nothing twice, phone = server. */

import { expect } from "vitest";
import type { Bench } from "./bench";

/** Expect that everything recorded on the phone is on the server once, and that the phone shows what the server has. */
export async function expectSettled(bench: Bench): Promise<void> {
  const { server } = bench;
  const held = await bench.look(async (db) => ({
    outbox: await db.outbox.orderBy("seq").toArray(),
    rows: await db.rows.where("feed").equals("me").toArray(),
    recovery: await db.setting("recovery"),
    contents: await db.contents.count(),
  }));
  expect(held.outbox.map((entry) => entry.seq)).toEqual(held.outbox.map((_, place) => place + 1));
  for (const entry of held.outbox) {
    expect(entry.acked, `${entry.t} ${entry.seq}`).toBe(1);
    expect(server.state.journal[entry.op]?.status).toBe(entry.result);
  }
  expect(held.recovery).toBeUndefined();
  const rows = Object.fromEntries(held.rows.map((row) => [`${row.k} ${row.id}`, row.d]));
  const scope = Object.fromEntries(Object.entries(server.state.rows.me).map(([key, row]) => [key, row.d]));
  expect(rows).toEqual(scope);
  const applied = held.outbox.filter((entry) => entry.result === "applied" && !/^(visit|job|line)\./.test(entry.t));
  for (const entry of applied) {
    const lines = Object.values(server.state.rows.me).filter((row) => row.k === "visit");
    const times = lines.map((row) => JSON.stringify(row.d).split(`"id":"${entry.op}"`).length - 1);
    const gone = server.state.takenAway.includes(entry.visit ?? "");
    expect(
      times.reduce((sum, one) => sum + one, 0),
      entry.t,
    ).toBe(gone ? 0 : 1);
  }
  for (const job of bench.phone.jobs.value) {
    for (const { pending, photosWaiting, collection, ...sheet } of job.visits) {
      expect(sheet).toEqual(server.visit(sheet.id));
      expect([pending.size, photosWaiting]).toEqual([0, 0]);
    }
  }
  for (const entry of held.outbox.filter((one) => one.t === "photo.add")) {
    const upload = server.state.uploads[entry.op];
    expect(upload?.received).toHaveLength(upload?.length ?? -1);
  }
  expect(bench.phone.sync.value).toMatchObject({ unsent: 0, photosUnsent: 0, problem: null });
}

/** A day of thirty steps; the phone dies after each write to its storage and after each answer, and starts again. */

import { describe, expect, it } from "vitest";
import { afterEachCommit, Bench, JOB, VISIT } from "./bench";
import { Server } from "./server";
import { expectSettled } from "./settled";

const ONE = { job: JOB, visit: VISIT };
const TWO = { job: "00000000-0000-7000-8000-0000000000b2", visit: "00000000-0000-7000-8000-0000000000c2" };

type Step =
  | { record: string; body: Record<string, unknown> }
  | { photo: string }
  | { do: (bench: Bench) => Promise<void> };

const sync: Step = {
  do: async (bench) => {
    bench.phone.syncNow();
    await bench.pass(1);
  },
};

const at = (minutes: number) => new Date(Date.parse("2026-03-02T06:00:00Z") + minutes * 60_000).toISOString();
const step = (name: string, minutes: number, visit = ONE.visit): Step => {
  return { record: `visit.${name}`, body: { visit_id: visit, at: at(minutes), ...(name === "complete" && DONE) } };
};
const DONE = { result: "repaired", summary: "Pump replaced", no_signature_reason: "absent" };
const reading = (name: string, visit = ONE.visit): Step => {
  return { record: "reading.record", body: { visit_id: visit, name, value: "1" } };
};
const elsewhere = (then: (server: Server) => void): Step => ({ do: async (bench) => then(bench.server) });

/** The day; what happens at the office is part of it. */
function day(): Step[] {
  let backup: ReturnType<Server["backup"]>;
  return [
    {
      do: async (bench) => {
        if (!bench.phone.session.value) await bench.signIn();
      },
    },
    sync,
    { record: "job.accept", body: { job_id: ONE.job } },
    step("travel", 1),
    sync,
    step("arrive", 20),
    reading("before"),
    { photo: "label of one" },
    sync,
    elsewhere((server) => {
      backup = server.backup();
    }),
    step("start", 22),
    {
      record: "part.use",
      body: { visit_id: ONE.visit, kind: "used", part_id: ONE.job, quantity: 1, unit_of_measure: "pcs" },
    },
    { record: "time.log", body: { visit_id: ONE.visit, kind: "travel", minutes: 19 } },
    sync,
    step("pause", 40),
    step("resume", 50),
    { photo: "after" },
    { record: "fault.record", body: { visit_id: ONE.visit, fault_code_id: ONE.job, symptom: "Noise" } },
    sync,
    elsewhere((server) => server.restore(backup)),
    reading("while the server is yesterday's"),
    sync,
    elsewhere((server) => server.addJob(TWO.job, TWO.visit)),
    step("complete", 60),
    sync,
    { record: "scan.record", body: { visit_id: TWO.visit, source: "camera", scanned_text: "S1", scanned_at: at(70) } },
    reading("refuse me", TWO.visit),
    elsewhere((server) => server.takeAway(TWO.job, TWO.visit)),
    {
      record: "expense.add",
      body: { visit_id: TWO.visit, direction: "spent", kind: "parking", amount_minor: 450, currency: "EUR" },
    },
    sync,
  ];
}

async function hasRecorded(bench: Bench, wanted: Step): Promise<boolean> {
  return bench.look(async (db) => {
    const entries = await db.outbox.toArray();
    if ("photo" in wanted) return entries.some((entry) => entry.body.caption === wanted.photo);
    if (!("record" in wanted)) return false;
    const body = JSON.stringify({ type: wanted.record, ...wanted.body });
    return entries.some((entry) => JSON.stringify(entry.body) === body);
  });
}

async function carryOut(bench: Bench, wanted: Step): Promise<void> {
  if ("do" in wanted) await wanted.do(bench);
  else if ("photo" in wanted) {
    await bench.phone.addPhoto(ONE.visit, new Blob([wanted.photo.repeat(20)]), "label", wanted.photo);
  } else await bench.phone.record(wanted.record, wanted.body);
}

/** Run the day with a crash at the nth moment; returns the bench, and whether the day had so many moments. */
async function runDay(crashAt: number): Promise<{ bench: Bench; crashed: boolean; steps: Step[] }> {
  const server = new Server();
  server.addJob(ONE.job, ONE.visit);
  server.pieceMax = 100;
  const bench = new Bench(server);
  let moments = 0;
  let crashed = false;
  const moment = () => {
    moments += 1;
    if (moments !== crashAt) return;
    crashed = true;
    bench.crash();
  };
  const stop = afterEachCommit(moment);
  bench.onAnswer = moment;
  const steps = day();
  if (!(await bench.alive(bench.phone.start()))) await bench.restart();
  for (const one of steps) {
    for (;;) {
      if (await bench.alive(carryOut(bench, one))) break;
      await bench.restart();
      // What was on the screen as saved is there; what was not may be, and then it is not entered again.
      if (await hasRecorded(bench, one)) break;
      if ("do" in one && one !== sync && bench.phone.session.value) break;
    }
  }
  if (!(await bench.alive(bench.calm()))) {
    await bench.restart();
    await bench.calm();
  }
  stop();
  bench.onAnswer = null;
  return { bench, crashed, steps };
}

async function checkDay(bench: Bench, steps: Step[]): Promise<void> {
  const { server } = bench;
  const journal = Object.values(server.state.journal);
  for (const one of steps) {
    if ("do" in one) continue;
    const marker = "photo" in one ? `"caption":"${one.photo}"` : JSON.stringify({ type: one.record, ...one.body });
    expect(
      journal.filter((entry) => entry.sent.includes(marker)),
      marker,
    ).toHaveLength(1);
  }
  await expectSettled(bench);
  expect(bench.phone.outbox.value).toHaveLength(steps.filter((one) => !("do" in one)).length);
  // Screen = server, line by line, for nothing is pending any more.
  const shown = bench.phone.jobs.value.find((job) => job.id === ONE.job);
  const { pending, photosWaiting, collection, ...sheet } = shown?.visits[0] ?? ({} as never);
  expect(sheet).toEqual(server.visit(ONE.visit));
  expect(pending.size).toBe(0);
  expect(sheet.steps.map((line) => line.step)).toEqual(["travel", "arrive", "start", "pause", "resume", "complete"]);
  expect([photosWaiting, collection]).toEqual([0, null]);
  expect(Object.keys(server.state.uploads)).toHaveLength(2);
  const fates = Object.fromEntries(bench.phone.outbox.value.map((item) => [item.body.name ?? item.t, item.fate]));
  expect(fates).toMatchObject({ "refuse me": expect.stringMatching(/rejected|recorded/), "expense.add": "recorded" });
  expect(bench.phone.sync.value).toMatchObject({ unsent: 0, photosUnsent: 0, problem: null });
}

describe("a day of thirty steps", () => {
  it("ends with everything there once when the phone dies after any write or answer", {
    timeout: 120_000,
  }, async () => {
    let moments = 0;
    for (;;) {
      const { bench, crashed, steps } = await runDay(moments + 1);
      try {
        await checkDay(bench, steps);
      } catch (error) {
        throw new Error(`after a crash at moment ${moments + 1}`, { cause: error });
      } finally {
        bench.phone.stop();
      }
      if (!crashed) break;
      moments += 1;
    }
    expect(moments).toBeGreaterThan(60);
    console.info(`${moments} moments to die at`);
  });
});

/** Random days with random faults: whatever happens, after a quiet hour everything is there once. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bench, type Fault } from "./bench";
import { Server } from "./server";
import { expectSettled } from "./settled";

const JOBS = [1, 2].map((n) => ({
  job: `00000000-0000-7000-8000-0000000000b${n}`,
  visit: `00000000-0000-7000-8000-0000000000c${n}`,
}));
const FAULTS: Fault[] = ["none", "none", "none", "lost", "answer lost", "twice", "cut", "portal"];
const STEPS = ["travel", "arrive", "start", "pause", "resume", "complete"];

const anAction = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("reading" as const), on: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("step" as const), on: fc.nat(1), step: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("photo" as const), on: fc.nat(1), size: fc.integer({ min: 1, max: 900 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("void" as const), which: fc.nat(5) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 900 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("backup" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clone" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("office" as const), on: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take away" as const), on: fc.nat(1) }) },
);
type Action = typeof anAction extends fc.Arbitrary<infer A> ? A : never;

class Day {
  readonly server: Server;
  readonly bench: Bench;
  readonly recorded: string[] = [];
  private backup: ReturnType<Server["backup"]>;
  private asked = 0;

  constructor(faults: number[], pageSize: number) {
    let drawn = 0;
    this.server = new Server(() => {
      drawn += 7919;
      return (drawn % 65_536) / 65_536;
    });
    this.server.pageSize = pageSize;
    this.server.pieceMax = 300;
    for (const { job, visit } of JOBS) this.server.addJob(job, visit);
    this.bench = new Bench(this.server);
    this.backup = this.server.backup();
    this.bench.fault = () => FAULTS[faults[this.asked++ % faults.length] ?? 0] ?? "none";
  }

  async begin(): Promise<void> {
    const { fault } = this.bench;
    this.bench.fault = () => "none";
    await this.bench.phone.start();
    await this.bench.signIn();
    await this.bench.calm();
    this.backup = this.server.backup();
    this.bench.fault = fault;
  }

  /** Whatever happens between, a reading that is not refused is on its sheet exactly once as long as the job is here. */
  async expectShown(): Promise<void> {
    await this.bench.rest();
    const refused = new Set(["recorded", "rejected"]);
    for (const item of this.bench.phone.outbox.value) {
      if (item.t !== "reading.record" || refused.has(item.fate)) continue;
      const visits = this.bench.phone.jobs.value.flatMap((job) => job.visits);
      const visit = visits.find((one) => one.id === item.visit);
      if (!visit) continue;
      const times = visit.readings.filter((line) => line.id === item.op).length;
      // While the phone reads a restored server from the beginning, what that had lost may be missing for a moment.
      if (item.fate === "waiting" || item.fate === "sending") expect(times, `${item.fate} ${item.body.name}`).toBe(1);
      else expect(times).toBeLessThanOrEqual(1);
    }
  }

  async carryOut(action: Action): Promise<void> {
    const { bench, server } = this;
    const { phone } = bench;
    switch (action.do) {
      case "reading": {
        const body = { visit_id: JOBS[action.on]?.visit, name: `reading ${this.recorded.length}`, value: "1" };
        this.recorded.push(await phone.record("reading.record", body));
        return;
      }
      case "step": {
        const body = { visit_id: JOBS[action.on]?.visit, at: new Date(bench.clock).toISOString(), result: "repaired" };
        bench.clock += 1000;
        this.recorded.push(await phone.record(`visit.${STEPS[action.step]}`, body));
        return;
      }
      case "photo":
        this.recorded.push(
          await phone.addPhoto(
            JOBS[action.on]?.visit ?? "",
            new Blob([`${this.recorded.length}`.repeat(action.size)]),
            "after",
          ),
        );
        return;
      case "void": {
        const line = this.recorded[action.which];
        if (!line) return;
        const body = { line_id: line, kind: "reading", reason: "mistyped" };
        this.recorded.push(await phone.record("line.void", body));
        return;
      }
      case "pass":
        await bench.pass(action.seconds * 1000);
        return;
      case "crash":
        bench.crash();
        await bench.restart();
        return;
      case "backup":
        this.backup = server.backup();
        return;
      case "restore":
        server.restore(this.backup);
        return;
      case "clone":
        server.clonePushes((await bench.look((db) => db.setting("numbering")))?.device ?? "");
        return;
      case "expire":
        server.expireAccess();
        return;
      case "office": {
        const { job, visit } = JOBS[action.on] ?? { job: "", visit: "" };
        const held = server.visit(visit);
        if (held) server.put("me", "visit", visit, { ...held, version: held.version + 1 });
        else server.addJob(job, visit);
        return;
      }
      case "take away": {
        const { job, visit } = JOBS[action.on] ?? { job: "", visit: "" };
        if (server.visit(visit)) server.takeAway(job, visit);
      }
    }
  }
}

describe("whatever the network, the server and the phone do", () => {
  const days = Number(process.env.FIELDSTONE_DAYS ?? 12);
  it("nothing recorded is lost or counted twice", { timeout: 120_000 + days * 5_000 }, async () => {
    const aDay = fc.record({
      actions: fc.array(anAction, { minLength: 5, maxLength: 40 }),
      faults: fc.array(fc.nat(FAULTS.length - 1), { minLength: 1, maxLength: 30 }),
      pageSize: fc.constantFrom(1, 2, 50),
    });
    await fc.assert(
      fc.asyncProperty(aDay, async ({ actions, faults, pageSize }) => {
        const day = new Day(faults, pageSize);
        await day.begin();
        for (const action of actions) {
          await day.carryOut(action);
          await day.expectShown();
        }
        await day.bench.calm();
        if (day.bench.phone.sync.value.problem === "signed-out") {
          await day.bench.signIn();
          await day.bench.calm();
        }
        await expectSettled(day.bench);
        const kept = await day.bench.look((db) => db.outbox.toCollection().primaryKeys());
        expect(kept.sort()).toEqual([...day.recorded].sort());
        day.bench.phone.stop();
      }),
      { numRuns: days, seed: Number(process.env.FIELDSTONE_SEED ?? 1), endOnFailure: false },
    );
  });
});

import { describe, expect, it } from "vitest";
import { JOB, signedIn, VISIT } from "./bench";

describe("a phone", () => {
  it("shows the jobs of its technician after signing in", async () => {
    const bench = await signedIn();
    expect(bench.phone.session.value?.name).toBe("Ann");
    expect(bench.phone.jobs.value.map((job) => job.id)).toEqual([JOB]);
    expect(bench.phone.jobs.value[0]?.visits[0]?.state).toBe("planned");
    expect(bench.phone.sync.value).toMatchObject({ unsent: 0, problem: null, online: true, persisted: true });
    bench.phone.stop();
  });

  it("shows a reading at once, sends it a second later, and shows it once afterwards", async () => {
    const bench = await signedIn();
    const op = await bench.phone.record("reading.record", { visit_id: VISIT, name: "current", value: "0.4" });
    await bench.rest();
    expect(bench.phone.sync.value.unsent).toBe(1);
    expect(bench.phone.jobs.value[0]?.visits[0]?.readings).toMatchObject([{ id: op, value: "0.4" }]);
    expect(bench.phone.jobs.value[0]?.visits[0]?.pending.has(op)).toBe(true);
    await bench.pass(1_500);
    expect(bench.phone.sync.value.unsent).toBe(0);
    expect(bench.server.visit(VISIT).readings).toHaveLength(1);
    expect(bench.phone.jobs.value[0]?.visits[0]?.readings).toHaveLength(1);
    expect(bench.phone.jobs.value[0]?.visits[0]?.pending.size).toBe(0);
    expect(bench.phone.outbox.value[0]).toMatchObject({ op, fate: "applied", jobNumber: 1042 });
    bench.phone.stop();
  });
});

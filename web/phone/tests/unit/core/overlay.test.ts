import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/core/database";
import { isOffTheSheet } from "../../../src/core/outbox";
import { overlay } from "../../../src/core/overlay";
import { jobViews, outboxItems } from "../../../src/core/shown";
import type { VisitRow } from "../../../src/core/wire";
import { JOB, VISIT } from "./bench";
import { job, visit } from "./server";

let made = 0;

function entry(t: string, body: Record<string, unknown> = {}, more: Partial<Entry> = {}): Entry {
  made += 1;
  return {
    op: `op-${String(made).padStart(6, "0")}`,
    seq: made,
    t,
    v: 1,
    job: JOB,
    base: 1,
    at: "2026-03-02T09:00:00Z",
    mono: 0,
    boot: "b",
    body: { type: t, visit_id: VISIT, ...body },
    visit: VISIT,
    shown: null,
    secret: null,
    job_number: 1042,
    acked: 0,
    acked_at: null,
    covered: 0,
    live: 1,
    result: null,
    reason: null,
    answer: null,
    handed_in: 0,
    ...more,
  };
}

const stepped = (step: string, at = "2026-03-02T09:00:00Z", more: Record<string, unknown> = {}) =>
  entry(`visit.${step}`, { at, ...more });

function shown(pending: Entry[], more: Partial<VisitRow> = {}, others: VisitRow[] = []) {
  const sheet = overlay(job(JOB), [visit(VISIT, JOB, more), ...others], pending);
  return { job: sheet.job, visit: sheet.visits[0] as (typeof sheet.visits)[number], visits: sheet.visits };
}

describe("steps", () => {
  it("move the visit and begin the job before the server knows", () => {
    const { visit: seen, job: of } = shown([stepped("travel"), stepped("arrive", "2026-03-02T09:20:00Z")]);
    expect(seen).toMatchObject({
      state: "arrived",
      travelled_at: "2026-03-02T09:00:00Z",
      arrived_at: "2026-03-02T09:20:00Z",
    });
    expect(of.state).toBe("in_progress");
    expect(seen.pending.has(VISIT)).toBe(true);
    expect(seen.steps.map((line) => line.step)).toEqual(["travel", "arrive"]);
  });

  it("that are past already stay in the time line and change nothing", () => {
    const { visit: seen } = shown([stepped("start"), stepped("arrive", "2026-03-02T09:30:00Z")]);
    expect(seen.state).toBe("working");
    expect(seen.steps.map((line) => [line.step, line.superseded])).toEqual([
      ["start", false],
      ["arrive", true],
    ]);
  });

  it("that the rows contain already are not shown twice", () => {
    const at = "2026-03-02T09:00:00Z";
    const known = { step: "start", at: "2026-03-02T08:59:00Z", client_at: at, received_at: at, superseded: false };
    const { visit: seen } = shown([stepped("start", "2026-03-02T10:00:00+01:00")], {
      state: "working",
      steps: [known],
    });
    expect(seen.steps).toHaveLength(1);
    expect(seen.state).toBe("working");
    expect(seen.pending.size).toBe(0);
  });

  it("that cannot be are left to the server to record", () => {
    const { visit: seen } = shown([stepped("complete", undefined, { result: "repaired" })]);
    expect(seen.state).toBe("planned");
    expect(seen.steps).toEqual([]);
  });

  it("complete the job, and give back the slots of visits planned in case of need", () => {
    const spare = visit("spare", JOB, { number: 2 });
    const done = stepped("complete", "2026-03-02T11:00:00Z", {
      result: "repaired",
      summary: "New pump",
      signed_by: "Eva",
    });
    const { job: of, visit: seen, visits } = shown([stepped("start"), done], {}, [spare]);
    expect(of.state).toBe("completed");
    expect(seen).toMatchObject({ state: "completed", result: "repaired", summary: "New pump", signed_by: "Eva" });
    expect(visits[1]).toMatchObject({ state: "abandoned", abandoned_reason: "job-completed" });
  });

  it("leave the job open when nothing was repaired, or the visit was given up", () => {
    const done = stepped("complete", "2026-03-02T11:00:00Z", { result: "not_repaired", no_signature_reason: "absent" });
    expect(shown([stepped("start"), done]).job.state).toBe("in_progress");
    const given = shown([stepped("abandon", undefined, { reason: "nobody there" })]);
    expect(given.visit).toMatchObject({ state: "abandoned", abandoned_reason: "nobody there" });
    expect(given.job.state).toBe("assigned");
  });

  it("accept a job that waits for it, and no other", () => {
    const accept = entry("job.accept", { job_id: JOB });
    expect(overlay(job(JOB), [], [accept]).job.state).toBe("accepted");
    expect(overlay(job(JOB, { state: "in_progress" }), [], [accept]).job.state).toBe("in_progress");
    expect(overlay(job("other"), [], [accept]).job.state).toBe("assigned");
  });
});

describe("lines", () => {
  it("of every kind have the id of their operation, the catalogue's words, and are marked pending", () => {
    const lines = [
      entry(
        "time.log",
        { kind: "labour", minutes: 45 },
        { shown: { operation: "L1", operation_name: "Pump", standard_minutes: 40 } },
      ),
      entry(
        "part.use",
        { kind: "used", part_id: "p", quantity: 2, unit_of_measure: "pcs" },
        { shown: { number: "P-1", name: "Pump", component: "M3" } },
      ),
      entry("expense.add", { direction: "spent", kind: "parking", amount_minor: 450, currency: "EUR" }),
      entry(
        "fault.record",
        { fault_code_id: "f", symptom: "Noise" },
        { shown: { code: "F1", name: "Noisy", no_fault_found: false } },
      ),
      entry("reading.record", { name: "current", value: "0.4", unit_of_measure: "A" }),
      entry("photo.add", { kind: "label", sha256: "0".repeat(64) }),
      entry("scan.record", { source: "camera", scanned_text: "S1", scanned_at: "2026-03-02T09:00:00Z" }),
    ];
    const { visit: seen } = shown(lines);
    expect(seen.times[0]).toMatchObject({
      minutes: 45,
      operation: "L1",
      standard_minutes: 40,
      note: "",
      voided_at: null,
    });
    expect(seen.parts[0]).toMatchObject({
      number: "P-1",
      name: "Pump",
      component: "M3",
      quantity: 2,
      used_on: "2026-03-02",
    });
    expect(seen.expenses[0]).toMatchObject({ amount_minor: 450, currency: "EUR", photo_id: null });
    expect(seen.faults[0]).toMatchObject({ code: "F1", symptom: "Noise", cause: "", component: null });
    expect(seen.readings[0]).toMatchObject({ name: "current", value: "0.4", unit_of_measure: "A" });
    expect(seen.photos[0]).toMatchObject({ kind: "label", arrived: true });
    expect(seen.scans[0]).toMatchObject({ scanned_text: "S1", told: null, matches_job: null });
    expect([...seen.pending]).toEqual(lines.map((line) => line.op));
  });

  it("are dated by the day where the machine stands", () => {
    const late = entry(
      "part.use",
      { kind: "used", part_id: "p", quantity: 1, unit_of_measure: "pcs" },
      { at: "2026-03-02T23:30:00Z" },
    );
    const arrived = { arrived_at: "2026-03-02T23:10:00Z" };
    expect(shown([late], arrived).visit.parts[0]).toMatchObject({ used_on: "2026-03-03", entered_on: "2026-03-03" });
    const nowhere = job(JOB, { site: { ...job(JOB).site, time_zone: "Nowhere/Land" } });
    const sheet = overlay(nowhere, [visit(VISIT, JOB, arrived)], [late]);
    expect(sheet.visits[0]?.parts[0]?.used_on).toBe("2026-03-02");
  });

  it("say that their photo is still on the phone", () => {
    const photo = entry("photo.add", { kind: "label", sha256: "0".repeat(64) });
    const seen = overlay(job(JOB), [visit(VISIT, JOB)], [photo], new Set([photo.op])).visits[0];
    expect(seen).toMatchObject({ photosWaiting: 1, photos: [{ arrived: false }] });
  });

  it("taken back are struck out, of the server's and of the phone's own, and once", () => {
    const own = entry("reading.record", { name: "current", value: "0.4" });
    const back = (id: string) =>
      entry("line.void", { line_id: id, kind: "reading", reason: "mistyped", visit_id: undefined }, { visit: null });
    const { visit: seen } = shown([own, back(own.op), back("unknown")]);
    expect(seen.readings[0]).toMatchObject({ voided_at: "2026-03-02T09:00:00Z", void_reason: "mistyped" });
    const line = {
      id: "r",
      entered_at: "x",
      voided_at: null,
      void_reason: null,
      name: "n",
      value: "1",
      unit_of_measure: "",
    };
    const base = visit(VISIT, JOB, { readings: [line] });
    const over = overlay(job(JOB), [base], [back("r")]);
    expect(over.visits[0]?.readings[0]?.voided_at).not.toBeNull();
    expect(over.visits[0]?.pending.has("r")).toBe(true);
    expect(base.readings[0]?.voided_at).toBeNull();
  });

  it("of kinds a newer app knows, or of visits that are not here, are left alone", () => {
    const { visit: seen } = shown([entry("robot.dance"), entry("reading.record", {}, { visit: "elsewhere" })]);
    expect(seen.pending.size).toBe(0);
  });
});

describe("whatever the rows contain already", () => {
  const anEntry = fc.oneof(
    fc.constantFrom("travel", "arrive", "start", "pause", "resume").map((step) => ({ step })),
    fc.nat(5).map((value) => ({ value })),
  );

  it("no line and no step is shown twice, and the end is the same", () => {
    fc.assert(
      fc.property(fc.array(anEntry, { maxLength: 12 }), fc.nat(12), (actions, taken) => {
        const entries = actions.map((action, place) =>
          "step" in action
            ? stepped(action.step, new Date(Date.UTC(2026, 2, 2, 9, place)).toISOString())
            : entry("reading.record", { name: `n${place}`, value: String(action.value) }),
        );
        const all = shown(entries).visit;
        // The rows as the server would send them after it has applied the first few.
        const some = shown(entries.slice(0, taken)).visit;
        const { pending: _, photosWaiting: __, collection: ___, ...base } = some;
        const again = shown(entries, base).visit;
        expect(again.readings.map((line) => line.id)).toEqual(all.readings.map((line) => line.id));
        expect(again.steps.map((line) => [line.step, line.at])).toEqual(all.steps.map((line) => [line.step, line.at]));
        expect(again.state).toBe(all.state);
      }),
    );
  });
});

describe("the outbox", () => {
  const rows = [
    { k: "job" as const, id: JOB, ver: 1, feed: "me" as const, d: job(JOB) },
    { k: "visit" as const, id: VISIT, ver: 1, feed: "me" as const, d: visit(VISIT, JOB) },
  ];

  it("shows refused work as a conflict of its job and not on its sheet, until it is decided", () => {
    const recorded = entry(
      "reading.record",
      { name: "x", value: "1" },
      { acked: 1, result: "recorded", reason: "visit-closed" },
    );
    const held = { rows, entries: [recorded], attachments: [] };
    expect(jobViews(held, new Set())[0]).toMatchObject({
      unsent: 0,
      conflicts: [{ fate: "recorded", reason: "visit-closed" }],
    });
    expect(jobViews(held, new Set())[0]?.visits[0]?.readings).toEqual([]);
    const d = { op: recorded.op, kind: "reading.record", decision: "declined", note: "Not this one", decided_at: "x" };
    const decided = {
      ...held,
      rows: [...rows, { k: "op_result" as const, id: recorded.op, ver: 2, feed: "me" as const, d }],
    };
    expect(jobViews(decided, new Set())[0]?.conflicts).toEqual([]);
    expect(outboxItems(decided, new Set())[0]).toMatchObject({ fate: "declined", note: "Not this one" });
  });

  it("does not take a scan that the office will look at for a conflict", () => {
    const scan = entry("scan.record", { scanned_text: "S1" }, { acked: 1, result: "recorded" });
    expect(isOffTheSheet(scan)).toBe(false);
    const view = jobViews({ rows, entries: [scan], attachments: [] }, new Set())[0];
    expect(view?.conflicts).toEqual([]);
    expect(view?.visits[0]?.scans).toHaveLength(1);
  });

  it("says what waits, what is being sent, and what was handed in", () => {
    const [one, two, three] = [
      entry("visit.travel"),
      entry("visit.arrive"),
      entry("visit.start", {}, { handed_in: 1 }),
    ];
    const items = outboxItems({ rows, entries: [one, two, three], attachments: [] }, new Set([two.op]));
    expect(items.map((item) => [item.t, item.fate, item.handedIn ?? false])).toEqual([
      ["visit.start", "waiting", true],
      ["visit.arrive", "sending", false],
      ["visit.travel", "waiting", false],
    ]);
    expect(jobViews({ rows, entries: [one, two, three], attachments: [] }, new Set())[0]?.unsent).toBe(3);
  });

  it("shows what left the rows as applied, and the customer's code as long as it keeps the completion", () => {
    const done = entry(
      "visit.complete",
      {},
      { acked: 1, covered: 1, live: 0, result: "applied", secret: { code: "C", pin: "123456" } },
    );
    const held = { rows, entries: [done], attachments: [] };
    expect(jobViews(held, new Set())[0]?.visits[0]).toMatchObject({
      state: "planned",
      collection: { code: "C", pin: "123456" },
    });
    expect(outboxItems(held, new Set())[0]?.fate).toBe("applied");
    const refused = { ...held, entries: [{ ...done, result: "recorded" as const, reason: "sheet-incomplete" }] };
    expect(jobViews(refused, new Set())[0]?.visits[0]?.collection).toBeNull();
  });

  it("puts the job that is due next first", () => {
    const later = job("later", { number: 7, required_from: "2026-03-09T08:00:00Z" });
    const sorted = jobViews(
      { rows: [{ k: "job", id: "later", ver: 1, feed: "me", d: later }, ...rows], entries: [], attachments: [] },
      new Set(),
    );
    expect(sorted.map((one) => one.id)).toEqual([JOB, "later"]);
  });
});

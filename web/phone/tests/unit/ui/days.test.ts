import { describe, expect, it } from "vitest";
import type { JobView, VisitView } from "../../../src/core/views";
import { byDay, dayAfter, promised, visitToOpen } from "../../../src/parts/days";

const NOW = Date.parse("2026-11-21T10:00:00Z");

function visit(facts: Partial<VisitView>): VisitView {
  return { id: "v", number: 1, state: "planned", planned_from: "", planned_to: "", ...facts } as VisitView;
}

function job(number: number, facts: Partial<JobView>, from?: string, to?: string): JobView {
  const visits = from ? [visit({ planned_from: from, planned_to: to ?? from })] : [];
  const site = { time_zone: "Europe/Berlin" } as JobView["site"];
  return { id: String(number), number, priority: 3, state: "accepted", site, visits, ...facts } as JobView;
}

const headings = (jobs: JobView[]) =>
  byDay(jobs, NOW).map(({ heading, day, jobs: held }) => [heading, day, ...held.map((one) => one.number)]);

describe("jobs by day", () => {
  it("puts what is late first, then today by the promised time, tomorrow, and each later day", () => {
    const jobs = [
      job(1, {}, "2026-11-24T08:00:00Z"),
      job(2, {}, "2026-11-21T15:00:00Z"),
      job(3, {}, "2026-11-21T08:00:00+01:00"),
      job(4, {}, "2026-11-22T08:00:00Z"),
      job(5, {}, "2026-11-19T08:00:00Z"),
    ];
    expect(headings(jobs)).toEqual([
      ["earlier", "", 5],
      ["today", "2026-11-21", 3, 2],
      ["tomorrow", "2026-11-22", 4],
      ["day", "2026-11-24", 1],
    ]);
  });

  it("counts days as the site does, wherever the phone is", () => {
    const late = job(1, { site: { time_zone: "Asia/Shanghai" } as JobView["site"] }, "2026-11-21T17:00:00Z");
    expect(headings([late])).toEqual([["tomorrow", "2026-11-22", 1]]);
  });

  it("puts the visit under way above all, and finished jobs below all", () => {
    const begun = job(1, {
      state: "in_progress",
      visits: [visit({ state: "working", planned_from: "2026-11-20T08:00:00Z" })],
    });
    const done = job(2, { state: "completed" }, "2026-11-21T08:00:00Z");
    expect(headings([done, begun])).toEqual([
      ["under-way", "", 1],
      ["done", "", 2],
    ]);
  });

  it("takes what the customer requires where no visit is planned, and is late only when that window has closed", () => {
    const week = { required_from: "2026-11-19T08:00:00Z", required_to: "2026-11-25T16:00:00Z" };
    const over = { required_from: "2026-11-18T08:00:00Z", required_to: "2026-11-19T16:00:00Z" };
    expect(headings([job(1, week), job(2, over), job(3, {})])).toEqual([
      ["earlier", "", 2],
      ["today", "2026-11-21", 1],
      ["no-day", "", 3],
    ]);
  });

  it("sorts jobs of one time by their priority", () => {
    const from = "2026-11-21T15:00:00Z";
    expect(headings([job(1, { priority: 3 }, from), job(2, { priority: 1 }, from)])[0]).toEqual([
      "today",
      "2026-11-21",
      2,
      1,
    ]);
  });
});

describe("the visit that is opened", () => {
  it("is the one under way, else the next, else the last", () => {
    const [gone, next, now] = [
      visit({ id: "a", state: "abandoned" }),
      visit({ id: "b" }),
      visit({ id: "c", state: "paused" }),
    ];
    expect(visitToOpen({ visits: [gone, next, now] })?.id).toBe("c");
    expect(visitToOpen({ visits: [gone, next] })?.id).toBe("b");
    expect(visitToOpen({ visits: [gone] })?.id).toBe("a");
  });

  it("promises nothing after a visit that was given up", () => {
    const given = job(1, { visits: [visit({ state: "abandoned", planned_from: "2026-11-21T08:00:00Z" })] });
    expect(promised(given)).toBeNull();
  });
});

it("knows the day after the last of a month", () => {
  expect(dayAfter("2028-02-28")).toBe("2028-02-29");
  expect(dayAfter("2026-12-31")).toBe("2027-01-01");
});

import { describe, expect, it } from "vitest";
import type { StepLine, TimeLine } from "../../../src/core/wire";
import { runningNow, stretches, unlogged } from "../../../src/parts/timer";

const at = (clock: string) => `2026-11-21T${clock}:00Z`;
const ms = (clock: string) => Date.parse(at(clock));

function steps(...pressed: [string, string][]): StepLine[] {
  return pressed.map(([step, clock]) => ({
    step,
    at: at(clock),
    client_at: at(clock),
    received_at: at(clock),
    superseded: false,
  }));
}

function logged(kind: string, until: string, voided = false): TimeLine {
  const line = { kind, minutes: 1, ended_at: at(until), entered_at: at(until), voided_at: voided ? at(until) : null };
  return line as TimeLine;
}

const DAY = steps(
  ["travel", "08:00"],
  ["arrive", "08:25"],
  ["start", "08:30"],
  ["pause", "09:00"],
  ["resume", "09:20"],
);

describe("the clock of a visit", () => {
  it("runs from setting out to arriving, and from starting to pausing", () => {
    expect(stretches({ steps: DAY }, "travel")).toEqual([{ from: ms("08:00"), to: ms("08:25") }]);
    expect(stretches({ steps: DAY }, "labour")).toEqual([
      { from: ms("08:30"), to: ms("09:00") },
      { from: ms("09:20"), to: null },
    ]);
  });

  it("goes on with what was counted before a pause", () => {
    const runs = runningNow({ steps: DAY });
    expect(runs?.kind).toBe("labour");
    expect(runs?.ms(ms("09:30"))).toBe(40 * 60_000);
  });

  it("stands still while nobody travels or works", () => {
    expect(runningNow({ steps: DAY.slice(0, 2) })).toBeNull();
    expect(runningNow({ steps: [] })).toBeNull();
  });

  it("pays no heed to a step that was past already", () => {
    const past = steps(["travel", "08:10"]).map((step) => ({ ...step, superseded: true }));
    expect(stretches({ steps: [...DAY, ...past] }, "travel")).toHaveLength(1);
  });

  it("ends travel where work starts and arriving was forgotten", () => {
    expect(stretches({ steps: steps(["travel", "08:00"], ["start", "08:40"]) }, "travel")).toEqual([
      { from: ms("08:00"), to: ms("08:40") },
    ]);
  });

  it("takes the steps in the order of their time, however they arrived", () => {
    expect(stretches({ steps: [...DAY].reverse() }, "labour")).toHaveLength(2);
  });
});

describe("time that is not on the sheet yet", () => {
  it("is the sum without pauses", () => {
    expect(unlogged({ steps: DAY, times: [] }, "labour", ms("09:30"))).toEqual({
      kind: "labour",
      minutes: 40,
      from: ms("08:30"),
      to: ms("09:30"),
    });
  });

  it("begins after the last line of its kind", () => {
    const found = unlogged({ steps: DAY, times: [logged("labour", "09:00")] }, "labour", ms("09:30"));
    expect(found).toMatchObject({ minutes: 10, from: ms("09:20") });
    expect(unlogged({ steps: DAY, times: [logged("travel", "08:25")] }, "travel", ms("09:30"))).toBeNull();
  });

  it("comes back when the line is taken back", () => {
    const times = [logged("travel", "08:25", true)];
    expect(unlogged({ steps: DAY, times }, "travel", ms("09:30"))?.minutes).toBe(25);
  });

  it("is nothing below half a minute", () => {
    expect(unlogged({ steps: steps(["start", "08:00"]), times: [] }, "labour", ms("08:00") + 20_000)).toBeNull();
  });
});

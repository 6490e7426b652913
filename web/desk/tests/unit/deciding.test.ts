import { expect, test } from "vitest";
import { type Deciding, EMPTY, lacks, much, pressed, type Ruling } from "../../src/core/deciding";

const line = (id: string, kind: string, given: Partial<Deciding> = {}): Deciding => ({
  id,
  kind,
  label: "",
  currency: "EUR",
  minutes: null,
  quantity: null,
  ...given,
});
const LINES = [line("1", "fault"), line("2", "labour", { minutes: 90 }), line("3", "part", { quantity: 2 })];
const typed = (keys: string) => [...keys].reduce((desk, key) => pressed(desk, key, LINES), EMPTY);
const ruling = (given: Partial<Ruling>): Ruling => ({ decision: "approve", reason: "", note: "", much: "", ...given });

test("j and k go from line to line and stop at the ends", () => {
  expect(typed("jj").at).toBe(2);
  expect(typed("jjjjk").at).toBe(1);
  expect(typed("kk").at).toBe(0);
});

test("a key decides the line one is at, with the reason that is usual", () => {
  const desk = typed("ajpjb");
  expect(desk.rulings["1"]).toMatchObject({ decision: "approve", reason: "evidence-convincing" });
  expect(desk.rulings["2"]).toMatchObject({ decision: "approve_in_part", reason: "excessive-labour" });
  expect(desk.rulings["3"]).toMatchObject({ decision: "send_back", reason: "evidence-missing" });
});

test("nobody is refused without a reason that was chosen, by its number", () => {
  const refused = typed("r").rulings["1"];
  expect(refused?.reason).toBe("");
  expect(lacks(LINES[0] as Deciding, refused as Ruling)).toBe("reason");
  expect(typed("r4").rulings["1"]?.reason).toBe("duplicate");
});

test("a number without a decision, and any other key, does nothing", () => {
  expect(typed("4")).toBe(EMPTY);
  expect(typed("x")).toBe(EMPTY);
});

test("what is approved in part is said in the line's own measure", () => {
  const part = ruling({ decision: "approve_in_part", reason: "goodwill", much: "45" });
  expect(much(LINES[1] as Deciding, part)).toEqual({ approved_minutes: 45 });
  expect(much(LINES[2] as Deciding, part)).toEqual({ approved_quantity: 45 });
  expect(much(line("4", "expense"), { ...part, much: "4,50" })).toEqual({ approved_minor: 450 });
  for (const wrong of ["", "many", "-1", "1.5"])
    expect(much(LINES[1] as Deciding, { ...part, much: wrong })).toBeNull();
  expect(lacks(LINES[1] as Deciding, { ...part, much: "" })).toBe("part");
});

test("other needs a note", () => {
  expect(lacks(LINES[0] as Deciding, ruling({ reason: "other", note: " " }))).toBe("other");
  expect(lacks(LINES[0] as Deciding, ruling({ reason: "other", note: "seen by phone" }))).toBeNull();
});

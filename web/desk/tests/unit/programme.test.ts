import { expect, test } from "vitest";
import { changes, settled, versionOn } from "../../src/core/programme";

const version = (from_on: string, set_at: string) => ({ from_on, set_at, limits: {}, modes: {} });

test("the latest that has begun holds, and of one day the one that was set later", () => {
  const old = version("2026-01-01", "2025-12-01T00:00:00Z");
  const late = version("2026-01-01", "2025-12-02T00:00:00Z");
  const coming = version("2026-06-01", "2025-12-03T00:00:00Z");
  expect(versionOn([old, coming, late], "2026-05-31")).toBe(late);
  expect(versionOn([old, coming, late], "2026-06-01")).toBe(coming);
  expect(versionOn([coming], "2026-05-31")).toBeUndefined();
});

test("a change is told with what was usual where nothing was set", () => {
  const before = settled({ D5: "review", D6: null });
  expect(changes(before, { D6: "warn" }, () => "block")).toEqual([
    { name: "D5", before: "review", after: "block" },
    { name: "D6", before: "block", after: "warn" },
  ]);
  expect(changes({ D5: "block" }, {}, () => "block")).toEqual([]);
});

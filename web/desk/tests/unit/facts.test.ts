import { beforeAll, describe, expect, it } from "vitest";
import { factsIn } from "../../src/words/facts";
import { chooseLanguage } from "../../src/words/words";

const ID = "01a2045d-a5d3-74e8-8409-eb8d3c382d2d";

describe("what a rule looked at", () => {
  beforeAll(() => chooseLanguage("en"));

  it("is told by its words, without ids", () => {
    expect(factsIn({ quantity: 4, quantity_max: null, scan: ID, photos: [{ photo_id: ID, job: 100252 }] })).toEqual([
      ["quantity", "4"],
      ["quantity at most", "–"],
      ["photos", "job 100252"],
    ]);
  });

  it("tells moments by this browser's clock and days as they are", () => {
    const at = "2026-11-22T05:53:33Z";
    const [[, visits] = [], [, day] = []] = factsIn({
      visits: [{ visit_id: ID, arrived_at: at }],
      start: "2026-11-22",
    });
    expect(visits).toMatch(/^arrived 2[12] Nov 2026, \d\d:\d\d$/);
    expect(day).toBe("2026-11-22");
  });

  it("leaves out what holds nothing", () => {
    expect(factsIn({ twice: [], components: [{ part_id: ID }] })).toEqual([]);
  });
});

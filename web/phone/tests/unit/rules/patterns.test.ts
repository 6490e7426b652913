import { expect, it } from "vitest";
import { pattern } from "../../../src/rules/patterns";
import { vectors } from "./vectors";

interface Row {
  why: string;
  pattern: string;
  unreadable?: true;
  fits?: string[];
  does_not_fit?: string[];
}

it.each(vectors<Row[]>("patterns"))("a pattern fits what the table says: $why", (row) => {
  const read = pattern(row.pattern);

  expect(read === null).toBe(row.unreadable === true);
  expect(row.fits?.filter((text) => !read?.test(text)) ?? []).toEqual([]);
  expect(row.does_not_fit?.filter((text) => read?.test(text)) ?? []).toEqual([]);
});

it("gives a pattern's named parts", () => {
  const parts = pattern(String.raw`HT(?P<model>\d{3})-(?P<serial>\d{2}W)`)?.exec("HT900-24W")?.groups;

  expect({ ...parts }).toEqual({ model: "900", serial: "24W" });
});

it("comes to an end with the worst pattern the catalogue may hold", () => {
  expect(pattern(String.raw`(?P<serial>\w+\w+\w+)A?A?A?A?A?A?!`)?.test("A".repeat(64))).toBe(false);
});

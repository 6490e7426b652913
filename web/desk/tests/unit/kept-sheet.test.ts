import { beforeEach, expect, test, vi } from "vitest";
import { forgetSheets, KeptSheet } from "../../src/core/kept-sheet";
import { rowsShown } from "../../src/parts/sheet";

/** A window's storage: what was put into it are its own keys, as in a browser. */
function emptyStorage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null;
    },
    setItem(this: Record<string, string>, key: string, text: string) {
      this[key] = text;
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key];
    },
  };
  return Object.create(methods) as Storage;
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", emptyStorage());
});

test("what was typed is there again, for the same person and visit alone", () => {
  new KeptSheet("dora", "v1").keep({ fields: { labour: "45" } });
  const again = new KeptSheet("dora", "v1");
  expect([again.isThere, again.now.fields.labour]).toEqual([true, "45"]);
  expect(new KeptSheet("dora", "v2").isThere).toBe(false);
  expect(new KeptSheet("rex", "v1").isThere).toBe(false);
});

test("one change leaves the others as they were", () => {
  const kept = new KeptSheet("dora", "v1");
  kept.keep({ fields: { labour: "45" } });
  kept.keep({ photo: "ab" });
  expect(new KeptSheet("dora", "v1").now).toEqual({ fields: { labour: "45" }, photo: "ab", lines: [] });
});

test("a sheet that was handed in is forgotten, with the person who left all of them", () => {
  for (const [who, visit] of [
    ["dora", "v1"],
    ["dora", "v2"],
    ["rex", "v1"],
  ] as const)
    new KeptSheet(who, visit).keep({ photo: "ab" });
  sessionStorage.setItem("something else", "stays");
  new KeptSheet("dora", "v1").forget();
  expect(Object.keys(sessionStorage)).toHaveLength(3);
  forgetSheets("rex");
  expect([new KeptSheet("dora", "v2").isThere, new KeptSheet("rex", "v1").isThere]).toEqual([false, true]);
  forgetSheets();
  expect(Object.keys(sessionStorage)).toEqual(["something else"]);
});

test("without a storage it is kept as long as the page is open", () => {
  vi.stubGlobal("sessionStorage", undefined);
  const kept = new KeptSheet("dora", "v1");
  kept.keep({ photo: "ab" });
  expect(kept.now.photo).toBe("ab");
  expect(new KeptSheet("dora", "v1").isThere).toBe(false);
});

test("as many rows are shown again as there were, empty ones too", () => {
  const fields = { "part.0.quantity": "1", "part.1.quantity": "", summary: "", "reading.0.name": "volts" };
  expect([rowsShown(fields, "part"), rowsShown(fields, "reading"), rowsShown(fields, "fault")]).toEqual([2, 1, 0]);
});

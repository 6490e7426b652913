import { beforeEach, describe, expect, it, vi } from "vitest";

const stored = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
});
/** The app, started anew. */
const started = async () => {
  vi.resetModules();
  return import("../../../src/parts/drafts");
};

beforeEach(() => stored.clear());

describe("the draft of a completion", () => {
  it("is there again after the app was closed before the signature", async () => {
    (await started()).keepDraft("v1", { result: "repaired", summary: "new pump" });
    expect((await started()).draftOf("v1")).toEqual({ result: "repaired", summary: "new pump" });
  });

  it("is gone once it was recorded, and the others stay", async () => {
    const { draftOf, keepDraft } = await started();
    keepDraft("v1", { result: "repaired", summary: "" });
    keepDraft("v2", { result: "not_repaired", summary: "" });
    keepDraft("v1", null);
    expect([draftOf("v1").result, draftOf("v2").result]).toEqual(["", "not_repaired"]);
  });

  it("is of no use to the next person, nor is what cannot be read", async () => {
    const first = await started();
    first.keepDraft("v1", { result: "repaired", summary: "" });
    first.forgetDrafts();
    expect((await started()).draftOf("v1").result).toBe("");
    stored.set("fieldstone-drafts", "[[");
    expect((await started()).draftOf("v1").result).toBe("");
  });
});

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/words/words";
import { zhTold } from "../../src/words/zh-evidence";

type Item = Parameters<typeof zhTold>[0];
const told = (kind: Item["kind"], what: string, facts: object) =>
  zhTold({ kind, what, summary: "as the server says it", facts: facts as Item["facts"] });

describe("the time line in Chinese", () => {
  beforeAll(() => chooseLanguage("zh"));

  it("is put together from the facts", () => {
    expect(told("step", "arrive", {})).toBe("到达");
    expect(told("old-part", "received-other", { number: "PU-100", serial: "77" })).toBe("PU-100 77，退回的是另一备件");
    expect(told("part", "used", { number: "PU-100", quantity: 2, old_serial: "77" })).toContain("旧件 77");
    expect(told("photo", "before", { caption: "机壳" })).toBe("维修前：机壳");
    expect(told("photo", "other", {})).toBe("无说明");
    expect(
      told("scan", "other", { text: "7", source: "camera", reasons: ["unknown-serial", "tag-wrong"] }),
    ).not.toMatch("。");
    expect(told("signature", "unsigned", { why: "remote" })).toMatch(/^无签名：/);
    expect(told("claim", "review", { hits: [{ rule: "D8", reason: "submitted-late" }] })).toMatch(/待审：D8 /);
    expect(
      told("decision", "refuse", { line: { kind: "expense", label: "parking" }, reason: "not-covered", note: "n" }),
    ).toMatch(/^费用 停车费，已拒绝，.*，n$/);
  });

  it("says why a line was taken back", () => {
    expect(told("time", "travel", { minutes: 25, void_reason: "typed twice" })).toMatch(/25.*；已撤回：typed twice$/);
  });

  it("leaves what was typed in as it was", () => {
    expect(told("reading", "measured", {})).toBe("as the server says it");
  });

  it("knows every kind there is but those that hold typed text alone", () => {
    const { schemas } = JSON.parse(
      readFileSync(new URL("../../../../openapi/openapi.json", import.meta.url), "utf8"),
    ).components;
    const silent = schemas.EvidenceItem.properties.kind.enum.filter(
      (kind: Item["kind"]) => told(kind, "x", {}) === "as the server says it",
    );
    expect(silent.sort()).toEqual(["fault", "reading"]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/core/deciding";
import { en } from "../../src/words/en";
import { perhaps } from "../../src/words/words";
import { zh } from "../../src/words/zh";
import { ZH_PROBLEMS } from "../../src/words/zh-problems";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
/** What no person can bring about: mistakes of the program that sends. */
const OF_PROGRAMS = [
  "body-too-large",
  "idempotency-key-missing",
  "malformed-request",
  "no-such-route",
  "operation-id-reused",
  "wrong-media-type",
];
const contract = readFileSync(new URL("../../../../openapi/openapi.json", import.meta.url), "utf8");
const screens = new URL("../../src/screens/", import.meta.url);

describe("words", () => {
  it("have the same places in both languages", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, places(zh[key])]).toEqual([key, places(en[key])]);
  });

  it("are Chinese in the Chinese table", () => {
    const alike = Object.entries(zh).filter(([, text]) => !/[\u3000-\u9fff\uff00-\uffef]/.test(text));
    expect(alike.map(([key]) => key)).toEqual([]);
  });

  it("name every reason that can be chosen", () => {
    for (const reason of new Set(Object.values(REASONS).flat()))
      expect([reason, perhaps(`reason.${reason}`)]).not.toContain(undefined);
  });

  it("name every reason that a rule finds, every unusual thing and every alert", () => {
    const source = (name: string) =>
      readFileSync(new URL(`../../../../domain/claims/${name}.py`, import.meta.url), "utf8");
    const found = (group: string, text: string, call: RegExp) =>
      [...text.matchAll(call)].map((one) => [`${group}.${one[1]}`, typeof perhaps(`${group}.${one[1]}`)]);
    const all = [
      ...found("reason", source("rules"), /Finding\(\s*"([a-z-]+)"/g),
      ...found(
        "score",
        source("scoring") + source("scoring_evidence"),
        /(?:Points|_share_points)\(\s*[^",]+,\s*"([a-z-]+)"/g,
      ),
      ...found("alert", source("watching"), /raise_alert\(\s*work, "([a-z-]+)"/g),
    ];
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter(([, type]) => type !== "string")).toEqual([]);
  });

  it("name every kind of thing on the time line", () => {
    const { schemas } = JSON.parse(contract).components;
    const kinds: string[] = schemas.EvidenceItem.properties.kind.enum;
    expect(kinds.filter((kind) => !perhaps(`evidence.${kind}`))).toEqual([]);
  });

  it("tell in Chinese of every problem that what the desk sends can have", () => {
    const { paths } = JSON.parse(contract);
    const names = readdirSync(screens).map((name) => readFileSync(new URL(name, screens), "utf8"));
    const sent = new Set([...names.join("\n").matchAll(/post\(\s*"(\/[^"]+)"/g)].map((found) => found[1] ?? ""));
    const problemsOf = (of: unknown) =>
      [...JSON.stringify(of).matchAll(/\/problems\/([a-z-]+)/g)].map((found) => found[1] ?? "");
    const met = new Set([...sent].flatMap((path) => problemsOf(paths[path]?.post ?? {})));
    expect(sent.size).toBeGreaterThan(20);
    expect([...met].filter((code) => !(code in ZH_PROBLEMS) && !OF_PROGRAMS.includes(code))).toEqual([]);
    const all = problemsOf(paths);
    expect(Object.keys(ZH_PROBLEMS).filter((code) => !all.includes(code))).toEqual([]);
  });

  it("stand in the tables and nowhere in the screens", () => {
    for (const name of readdirSync(screens)) {
      const bare = readFileSync(new URL(name, screens), "utf8").match(/>\s*[A-Z][a-z]+ [a-z]+[^<>{}()=]*</g) ?? [];
      expect([name, bare]).toEqual([name, []]);
    }
  });
});

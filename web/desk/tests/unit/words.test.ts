import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/core/deciding";
import { en } from "../../src/words/en";
import { perhaps } from "../../src/words/words";
import { zh } from "../../src/words/zh";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
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

  it("stand in the tables and nowhere in the screens", () => {
    for (const name of readdirSync(screens)) {
      const bare = readFileSync(new URL(name, screens), "utf8").match(/>\s*[A-Z][a-z]+ [a-z]+[^<>{}()=]*</g) ?? [];
      expect([name, bare]).toEqual([name, []]);
    }
  });
});

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

  it("stand in the tables and nowhere in the screens", () => {
    for (const name of readdirSync(screens)) {
      const bare = readFileSync(new URL(name, screens), "utf8").match(/>\s*[A-Z][a-z]+ [a-z]+[^<>{}()=]*</g) ?? [];
      expect([name, bare]).toEqual([name, []]);
    }
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../../common/money";
import { filled } from "../../../../common/texts";
import { example } from "../../../src/parts/component";
import { callLink, mapLink } from "../../../src/parts/reach";
import { en } from "../../../src/words/en";
import { money, running } from "../../../src/words/format";
import { perhaps } from "../../../src/words/words";
import { zh } from "../../../src/words/zh";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("words", () => {
  it("have the same places in both languages", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, places(zh[key])]).toEqual([key, places(en[key])]);
  });

  it("are Chinese in the Chinese table, but for what has no Chinese", () => {
    const alike = Object.entries(zh).filter(([, text]) => !/[\u3000-\u9fff\uff00-\uffef]/.test(text));
    expect(alike.map(([key]) => key)).toEqual([]);
  });

  it("say for every problem that the server keeps or refuses why, and what to do", () => {
    const table = readFileSync(new URL("../../../../../openapi/problems.md", import.meta.url), "utf8");
    const kept = [...table.matchAll(/^\| `([\w-]+)` \|.*\| recorded \|$/gm)].map((found) => found[1]);
    expect(kept.length).toBeGreaterThan(8);
    for (const code of kept) {
      expect([code, Boolean(perhaps(`problem.${code}`)), Boolean(perhaps(`todo.${code}`))]).toEqual([code, true, true]);
    }
  });

  it("leave a place alone that nobody fills", () => {
    expect(filled("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  });
});

describe("money", () => {
  it("is read with a comma or a point, in the currency's own digits", () => {
    expect(minorUnits("4,50", "EUR")).toBe(450);
    expect(minorUnits(" 12.5 ", "EUR")).toBe(1250);
    expect(minorUnits("7", "CNY")).toBe(700);
    expect(minorUnits("1200", "JPY")).toBe(1200);
    for (const wrong of ["", "4,555", "12.5.1", "-3", "4.50 EUR", "999999999"])
      expect(minorUnits(wrong, "EUR")).toBeNull();
    expect(minorUnits("1.5", "JPY")).toBeNull();
  });

  it("is shown with its currency", () => {
    expect(money(450, "EUR")).toBe("4.50 EUR");
    expect(money(1200, "JPY")).toBe("1200 JPY");
  });
});

it("shows a clock that runs", () => {
  expect(running(0)).toBe("0:00:00");
  expect(running((2 * 3600 + 3 * 60 + 4) * 1000)).toBe("2:03:04");
});

it("gives an example of a designator only where it fits the pattern", () => {
  expect(example("[A-Z]{1,2}[0-9]{1,3}")).toBe("A1");
  expect(example("R\\d+")).toBe("R1");
  expect(example("(?:A|B)-\\d")).toBe("");
});

it("calls and navigates by links that the phone opens", () => {
  expect(callLink("+49 (40) 555-01 / 2")).toBe("tel:+4940555012");
  const site = { name: "Annex", address: "Am Sandtorkai 107", city: "Hamburg" };
  expect(mapLink(site, "Android 15")).toBe("geo:0,0?q=Am%20Sandtorkai%20107%2C%20Hamburg");
  expect(mapLink(site, "iPhone")).toMatch(/^https:\/\/maps\.apple\.com\/\?q=Am/);
});

import { beforeEach, expect, it, vi } from "vitest";
import type { FaultCodeRow, PartRow } from "../../../src/core/wire";

type Search = typeof import("../../../src/catalogue/search");
type Recent = typeof import("../../../src/catalogue/recent");

let catalogue: Search;
let recent: Recent;

function part(number: string, name: string, name_zh = ""): { k: "part"; d: PartRow } {
  const rest = { unit_of_measure: "piece", claimable: true, key_part: false, serialised: false };
  return { k: "part", d: { id: `id-${number}`, number, name, name_zh, ...rest } };
}

function fault(code: string, name: string, name_zh: string, group: string): { k: "fault_code"; d: FaultCodeRow } {
  const groups = { group_code: group, group_name: group, group_name_zh: "", no_fault_found: false };
  return { k: "fault_code", d: { id: `id-${code}`, code, name, name_zh, ...groups } };
}

const PARTS = [
  part("RB-1240-07", "Drain pump, 30 W", "排水泵 30W"),
  part("RB-1240-08", "Drain pump, 40 W", "排水泵 40W"),
  part("RB-1240", "Pump housing", "泵壳"),
  part("PM 77", "O-ring for drain-pump", "排水泵密封圈（小）"),
  part("PM-78", "Heater", "加热器"),
  part("QQ-1240", "Impump", ""),
];

beforeEach(async () => {
  vi.resetModules();
  catalogue = await import("../../../src/catalogue/search");
  recent = await import("../../../src/catalogue/recent");
  await catalogue.load(PARTS);
});

const numbers = (text: string, limit?: number): string[] => catalogue.searchParts(text, limit).map((one) => one.number);

it.each([
  ["a number with its dashes", "RB-1240-07", ["RB-1240-07"]],
  ["a number without them, in small letters", "rb124007", ["RB-1240-07"]],
  ["a number with blanks", "RB 1240 07", ["RB-1240-07"]],
  ["a number that has a blank itself", "pm77", ["PM 77"]],
  ["a whole number before those that begin so", "rb1240", ["RB-1240", "RB-1240-07", "RB-1240-08"]],
  ["a part of a number", "1240-08", ["RB-1240-08"]],
  ["words in any order", "40 pump", ["RB-1240-08", "QQ-1240", "RB-1240", "RB-1240-07"]],
  ["beginnings of words before parts of words", "pump", ["RB-1240", "RB-1240-07", "RB-1240-08", "PM 77", "QQ-1240"]],
  ["a name with a dash", "o-ring", ["PM 77"]],
  ["part of a Chinese name", "水泵", ["PM 77", "RB-1240-07", "RB-1240-08"]],
  ["Chinese and Latin together", "排水泵 40", ["RB-1240-08", "RB-1240-07"]],
  ["what a Chinese keyboard types", "ＲＢ－１２４０－０７", ["RB-1240-07"]],
  ["brackets of either width", "密封圈(小", ["PM 77"]],
  ["nothing that fits", "gearbox", []],
])("finds parts by %s", (_why, text, expected) => {
  expect(numbers(text)).toEqual(expected);
});

it("shows so many as were asked for, and all by number without a word", () => {
  expect(numbers("pump", 2)).toEqual(["RB-1240", "RB-1240-07"]);
  expect(numbers("  ")).toEqual(["PM 77", "PM-78", "QQ-1240", "RB-1240", "RB-1240-07", "RB-1240-08"]);
});

it("puts what was used last first, where it fits", () => {
  recent.noteUse("id-PM-78");
  recent.noteUse("id-QQ-1240");
  recent.noteUse("id-gone");

  expect(numbers("pump", 2)).toEqual(["QQ-1240", "RB-1240"]);
  expect(numbers("", 3)).toEqual(["QQ-1240", "PM-78", "PM 77"]);
});

it("finds fault codes by code, name and group", async () => {
  await catalogue.load([
    fault("E18", "Drain blocked", "排水堵塞", "WATER"),
    fault("E-19", "Door open", "门未关", "DOOR"),
  ]);
  const codes = (text: string): string[] => catalogue.searchFaults(text).map((one) => one.code);

  expect(codes("e19")).toEqual(["E-19"]);
  expect(codes("堵塞")).toEqual(["E18"]);
  expect(codes("water blocked")).toEqual(["E18"]);
  expect(numbers("rb1240", 1)).toEqual(["RB-1240"]);
});

it("finds the rows of the last load only, even when two run at once", async () => {
  const first = catalogue.load(many(20_000));
  await Promise.all([first, catalogue.load([part("NEW-1", "New")])]);

  expect(numbers("")).toEqual(["NEW-1"]);
});

it("is not led astray by a row with signs of its own kind in it", async () => {
  await catalogue.load([part("A-1", "odd\u0001name\u0002here"), part("A-2", "next")]);

  expect(numbers("next")).toEqual(["A-2"]);
});

const WORDS = "drain pump motor valve filter seal ring bearing board control door gasket heater sensor fan belt".split(
  " ",
);
const CHINESE = "排水泵 电机 阀门 过滤器 密封圈 轴承 控制板 门封 加热器 传感器 温控器 压缩机 风扇 皮带".split(" ");

function many(count: number): { k: "part"; d: PartRow }[] {
  const pick = (list: string[], n: number): string => list[n % list.length] ?? "";
  return Array.from({ length: count }, (_, n) => {
    const spread = (n * 2_654_435_761) % 1_000_003;
    const name = `${pick(WORDS, spread)} ${pick(WORDS, spread >> 4)} ${pick(WORDS, n)}, ${spread % 200} mm`;
    const number = `FS-${String(spread % 10_000).padStart(4, "0")}-${String(n).padStart(5, "0")}`;
    return part(number, name, `${pick(CHINESE, spread)}${pick(CHINESE, spread >> 3)} ${spread % 99}`);
  });
}

it("finds the one row of many that holds all the words", async () => {
  await catalogue.load([...many(20_000), part("LAST", "pump of a rare kind")]);

  expect(numbers("pump rare")).toEqual(["LAST"]);
  expect(numbers("last", 1)).toEqual(["LAST"]);
});

it("makes 50,000 parts findable in slices, so that a screen goes on meanwhile", async () => {
  let [slices, isLoaded] = [0, false];
  const loading = catalogue.load(many(50_000)).then(() => {
    isLoaded = true;
  });
  while (!isLoaded) {
    slices += 1;
    await new Promise(setImmediate);
  }
  await loading;

  expect(slices).toBeGreaterThan(2);
  expect(numbers("fs-12", 30)).toHaveLength(30);
  expect(numbers("zzzz")).toEqual([]);
});

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Format, type MakerFormat, normalise, parse } from "../../../src/rules/serials";
import { vectors } from "./vectors";

interface Vector {
  why: string;
  text: string;
  symbology?: string;
  makers?: MakerFormat[];
  format: Format;
  gtin: string | null;
  serial: string | null;
  identifiers: Record<string, string>;
  sure?: boolean;
  model?: string | null;
  tag?: string | null;
  alternatives?: { gtin: string | null; serial: string | null; model: string | null }[];
}

it.each(vectors<Vector[]>("serials"))("reads what the text says and no more: $why", (row) => {
  const parsed = parse(row.text, row.symbology, row.makers);

  expect(parsed.format).toBe(row.format);
  expect(parsed.gtin ?? null).toBe(row.gtin);
  expect(parsed.serial ?? null).toBe(row.serial);
  expect(parsed.identifiers).toEqual(row.identifiers);
  if (row.sure !== undefined) expect(parsed.sure).toBe(row.sure);
  if (row.model !== undefined) expect(parsed.model ?? null).toBe(row.model);
  if (row.tag !== undefined) expect(parsed.tag ?? null).toBe(row.tag);
  if (row.alternatives !== undefined) {
    const offered = parsed.alternatives.map(({ gtin = null, serial = null, model = null }) => ({
      gtin,
      serial,
      model,
    }));
    expect(offered).toEqual(row.alternatives);
  }
});

it("has one key for one serial, however it is written", () => {
  for (const written of [
    "sn-0012a",
    "ＳＮ００１２Ａ",
    " SN 0012 A ",
    "sn–00\u00ad12a",
    "SN0012A\r\n",
    "sn\u2212\u200b0012a",
  ]) {
    expect(normalise(written)).toBe("SN0012A");
  }
});

it("never throws, whatever is scanned", () => {
  for (let n = 0; n < 3000; n += 1) {
    const signs = [0x1d, 0x1e, 4, 0x28, 0x29, 0x25, 0x5d, 0x2f, 0x30, 0x31, 0x39, 0x41, 0xff11, 0xd83d, 0x4e00];
    const codes = Array.from({ length: n % 40 }, (_, at) => signs[(n * 7919 + at * (n + 31)) % signs.length] ?? 0);
    const parsed = parse(String.fromCharCode(...codes), ["]C1", "]Q1", "]E0", undefined][n % 4]);
    if (parsed.format === "invalid") expect([parsed.gtin, parsed.serial]).toEqual([undefined, undefined]);
  }
});

const SHARED = new URL("../../../../../../shared/gs1_vectors.csv", import.meta.url);
const CONTROLS: Record<string, string> = { "<GS>": "\x1d", "<RS>": "\x1e", "<EOT>": "\x04" };
const present = existsSync(SHARED);
if (!present) console.warn(`${fileURLToPath(SHARED)} is missing`);

it.skipIf(!present && process.env.CI !== "true")("reads every published example and nothing from a broken one", () => {
  const [head = [], ...rows] = csv(readFileSync(SHARED, "utf8"));
  const wrong = rows.filter((cells) => {
    const row = Object.fromEntries(head.map((name, n) => [name, cells[n] ?? ""]));
    const parsed = parse((row.input ?? "").replace(/<(?:GS|RS|EOT)>/g, (spelled) => CONTROLS[spelled] ?? ""));
    const isValid = row.valid === "true";
    const expected = isValid
      ? [row.expected_gtin || undefined, row.expected_serial || undefined, JSON.parse(row.other_ais || "{}")]
      : [undefined, undefined, {}];
    return !equal([parsed.gtin, parsed.serial, parsed.identifiers], expected);
  });

  expect(rows.length).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});

function equal(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}

/** Rows of cells; a cell in quotation marks may hold commas, and quotation marks written twice. */
function csv(text: string): string[][] {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
      ),
    );
}

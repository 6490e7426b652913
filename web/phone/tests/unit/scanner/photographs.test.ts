import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, expect, it } from "vitest";
import { readGrey } from "../../../src/scanner/looks";
import type { Code } from "../../../src/scanner/sightings";
import { prepare } from "../../../src/scanner/zxing";
import { missing, type Photograph, photographs } from "./photographs";

const RIGHT_SHARE_MIN = 0.8;
const why = missing();
if (why) console.warn(why);

beforeAll(() => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm"));
  prepare({ wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer });
});

function says(code: Code, photograph: Photograph): boolean {
  if (/EAN|UPC/.test(code.kind) && photograph.gtin) return code.text.padStart(14, "0") === photograph.gtin;
  return code.text === photograph.text;
}

it.skipIf(why && process.env.CI !== "true")(
  "photographs are read, and hardly any wrongly",
  async () => {
    const [missed, wrong]: [string[], string[]] = [[], []];
    let [all, right, slowest] = [0, 0, 0];
    const began = performance.now();
    for (const photograph of photographs()) {
      const started = performance.now();
      const codes = await readGrey(photograph.picture);
      slowest = Math.max(slowest, performance.now() - started);
      const accepted = codes.filter((code) => code.accepted);
      all += 1;
      if (photograph.kind === "NONE" ? !accepted.length : accepted.some((code) => says(code, photograph))) right += 1;
      else missed.push(`${photograph.file} ${photograph.text} ${JSON.stringify(codes)}`);
      // A second label that is truly on the picture is named in the note.
      const others = accepted.filter((code) => !says(code, photograph) && !photograph.note.includes(code.text));
      wrong.push(...others.map((code) => `${photograph.file}: ${code.kind} ${code.text}`));
    }
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    console.info(`${right} of ${all} right, ${wrong.length} wrong, ${seconds} s, slowest ${Math.round(slowest)} ms`);
    console.info(missed.map((one) => `missed ${one}`).join("\n"), wrong.map((one) => `wrong ${one}`).join("\n"));

    expect(right / all).toBeGreaterThan(RIGHT_SHARE_MIN);
    expect(wrong.length).toBeLessThanOrEqual(1);
  },
  300_000,
);

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Grey } from "../../../src/scanner/grey";

const PROJECT = fileURLToPath(new URL("../../../../../", import.meta.url));
const FOLDER = join(PROJECT, "..", "shared", "barcodes");
const PYTHON = join(PROJECT, ".venv", "bin", "python");
// Node opens no pictures; the project's own Python does, for tests only.
const SCRIPT = `
import sys, pathlib
from PIL import Image, ImageOps
folder, out = map(pathlib.Path, sys.argv[1:])
for n, name in enumerate(sys.stdin.read().split()):
    picture = ImageOps.exif_transpose(Image.open(folder / name))
    if picture.mode in ("RGBA", "LA", "P"):
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture.convert("L").save(out / f"{n}.pgm")
`;

export interface Photograph {
  file: string;
  kind: string;
  text: string;
  gtin: string;
  note: string;
  picture: Grey;
}

/** Why the photographs cannot be read here, or nothing. */
export function missing(): string | undefined {
  return [join(FOLDER, "manifest.csv"), PYTHON]
    .filter((path) => !existsSync(path))
    .map((path) => `${path} is missing`)[0];
}

/** The photographs with what their codes say, one after the other. */
export function* photographs(): Generator<Photograph> {
  const [head = [], ...rows] = readFileSync(join(FOLDER, "manifest.csv"), "utf8").trim().split(/\r?\n/).map(cells);
  const at = (row: string[], name: string): string => row[head.indexOf(name)] ?? "";
  const out = mkdtempSync(join(tmpdir(), "fieldstone-photographs-"));
  try {
    const input = rows.map((row) => at(row, "file")).join("\n");
    execFileSync(PYTHON, ["-c", SCRIPT, FOLDER, out], { input });
    for (const [n, row] of rows.entries()) {
      const picture = pgm(readFileSync(join(out, `${n}.pgm`)));
      const [file, kind, text] = [at(row, "file"), at(row, "symbology"), at(row, "expected_text")];
      yield { file, kind, text, gtin: at(row, "expected_gtin14"), note: at(row, "note"), picture };
    }
  } finally {
    rmSync(out, { recursive: true });
  }
}

function pgm(bytes: Buffer): Grey {
  const [head = "", width = 0, height = 0] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString("latin1", 0, 40)) ?? [];
  return { width: Number(width), height: Number(height), data: new Uint8ClampedArray(bytes.subarray(head.length)) };
}

/** The cells of a line; one in quotation marks may hold commas. */
export function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
  );
}
